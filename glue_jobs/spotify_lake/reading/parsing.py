"""Parse the bytes of raw objects to lines in Arrow, each with its position.

A group of objects is parsed at once. If that fails, some line is not a JSON object or has a field of another
type than documented. Each object is then parsed separately, and those that still fail line by line in Python,
so that only the bad line is rejected. Both ways give the same values.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.json

from spotify_lake.contract import tables
from spotify_lake.contract.raw_schema import line_schema

OBJECT: Final = "object_number"
LINE: Final = "line_number"
_BLOCK_BYTES: Final = 2 * 1024 * 1024  # fits a CPU cache; objects with longer lines are parsed in Python
_GZIP: Final = 31  # zlib's code for a gzip header around the window of 15 bits
_Json = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class RawContent:
    """The decompressed content of a raw object.

    Attributes:
        key: the object's key.
        text: its lines.
        is_cut_off: whether the stored bytes are truncated or damaged.
        sha256: hex digest of the stored bytes.
    """

    key: str
    text: bytes
    is_cut_off: bool = False
    sha256: str = ""

    def line(self, number: int) -> str:
        """Return a line (from 1), with replacement characters for invalid UTF-8."""
        return self.text.split(b"\n")[number - 1].removesuffix(b"\r").decode("utf-8", "replace")


@dataclasses.dataclass(frozen=True)
class RejectedLine:
    """A line that was rejected, with its reason and the readable part of its envelope."""

    object_number: int
    line_number: int
    reason: str
    detail: str | None
    envelope: _Json


@dataclasses.dataclass(frozen=True)
class ParsedObjects:
    """Objects of one source, parsed.

    Attributes:
        contents: the objects, in the order of their numbers.
        lines: columns of `raw_schema.line_schema`, and `object_number` (from 0) and `line_number` (from 1).
        unreadable: the other lines.
    """

    contents: Sequence[RawContent]
    lines: pa.Table
    unreadable: list[RejectedLine]


def decompress(key: str, stored: bytes) -> RawContent:
    """Return an object's lines. If it is truncated or damaged, `is_cut_off` is set and the rest is kept."""
    parts, rest, is_whole = [], stored, True
    while rest and is_whole:
        member = zlib.decompressobj(_GZIP)
        try:
            parts.append(member.decompress(rest))
            is_whole = member.eof
        except zlib.error:
            is_whole = False
        rest = member.unused_data
    digest = hashlib.sha256(stored).hexdigest()
    return RawContent(key, b"".join(parts), is_cut_off=not (is_whole and stored), sha256=digest)


def parse(source: str, contents: Sequence[RawContent]) -> ParsedObjects:
    """Parse all lines of objects of one source, skipping blank lines."""
    together = _parse_fast(source, contents)
    if together is not None:
        return ParsedObjects(contents, together, [])
    pieces, unreadable = [], []
    for number, content in enumerate(contents):
        lines = _parse_fast(source, [content])
        if lines is None:
            lines, bad = _parse_slowly(source, content, number)
            unreadable += bad
        else:
            lines = _numbered(lines, pa.array([number] * lines.num_rows, pa.int32()), lines[LINE])
        pieces.append(lines)
    return ParsedObjects(contents, pa.concat_tables(pieces).combine_chunks(), unreadable)


def _numbered(lines: pa.Table, objects: Any, numbers: Any) -> pa.Table:
    kept = lines.drop_columns([name for name in (OBJECT, LINE) if name in lines.column_names])
    return kept.append_column(OBJECT, objects).append_column(LINE, numbers)


def _parse_fast(source: str, contents: Sequence[RawContent]) -> pa.Table | None:
    """Parse objects at once; None unless each line is one JSON object with the documented types."""
    texts = [_ended(each.text) for each in contents]
    counts = [_count_objects(text) for text in texts]
    if -1 in counts:
        return None
    schema = line_schema(source)
    rows = sum(counts)
    if not rows:
        return _numbered(schema.empty_table(), pa.array([], pa.int32()), pa.array([], pa.int32()))
    try:
        lines = pyarrow.json.read_json(
            pa.BufferReader(b"".join(texts)),
            read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES),
            parse_options=pyarrow.json.ParseOptions(
                explicit_schema=schema, unexpected_field_behavior="ignore"
            ),
        )
        lines.validate(full=True)  # Arrow does not check text; this finds invalid UTF-8
    except pa.ArrowInvalid:
        return None
    if lines.num_rows != rows:
        return None
    objects = [number for number, count in enumerate(counts) for _ in range(count)]
    numbers = [line for count in counts for line in range(1, count + 1)]
    return _numbered(lines.combine_chunks(), pa.array(objects, pa.int32()), pa.array(numbers, pa.int32()))


def _ended(text: bytes) -> bytes:
    return text + b"\n" if text and not text.endswith(b"\n") else text


def _count_objects(text: bytes) -> int:
    """Count the lines of an object; -1 unless each begins and ends like a JSON object.

    Arrow skips blank lines and reads two objects on one line, so line numbers would be wrong.
    """
    octets = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(octets == ord("\n"))
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    are_objects = (octets[starts] == ord("{")).all() and (octets[ends - 1] == ord("}")).all()
    return len(ends) if are_objects else -1


def _parse_slowly(source: str, content: RawContent, number: int) -> tuple[pa.Table, list[RejectedLine]]:
    schema = line_schema(source)
    rows: list[_Json] = []
    numbers: list[int] = []
    unreadable: list[RejectedLine] = []
    for line_number, line in enumerate(content.text.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line.decode("utf-8"))
        except json.JSONDecodeError:
            value = None
        except (ValueError, RecursionError):
            value = _beyond_python(source, content, line.strip())
        if not isinstance(value, dict):
            unreadable.append(RejectedLine(number, line_number, tables.NOT_JSON, None, {}))
            continue
        wrong: list[str] = []
        row = {field.name: _read(value.get(field.name), field.type, field.name, wrong) for field in schema}
        if wrong:
            detail = f"not as the API documents it: {', '.join(dict.fromkeys(wrong))}"
            unreadable.append(RejectedLine(number, line_number, tables.WRONG_TYPE, detail, row))
        else:
            rows.append(row)
            numbers.append(line_number)
    lines = pa.Table.from_pylist(rows, schema=schema)
    objects = pa.array([number] * len(rows), pa.int32())
    return _numbered(lines, objects, pa.array(numbers, pa.int32())), unreadable


def _beyond_python(source: str, content: RawContent, line: bytes) -> _Json | None:
    """Parse one line with Arrow; None if Arrow refuses it too.

    Python refuses integers of more than 4,300 digits, a thousand levels of nesting, and invalid UTF-8 even in
    unused fields. Arrow accepts them, so without this the other lines would decide whether such a line is
    accepted. It takes a millisecond, too long for every line.
    """
    lines = _parse_fast(source, [dataclasses.replace(content, text=line)])
    return None if lines is None else lines.drop_columns([OBJECT, LINE]).to_pylist()[0]


def _read(value: Any, kind: pa.DataType, path: str, wrong: list[str]) -> Any:
    """Return a JSON value as the type in the schema. Add its path to `wrong` if it has another type."""
    if value is None or pa.types.is_string(kind):
        return None if value is None else _text(value)
    if pa.types.is_struct(kind) and isinstance(value, dict):
        return {f.name: _read(value.get(f.name), f.type, f"{path}.{f.name}", wrong) for f in _fields(kind)}
    if pa.types.is_list(kind) and isinstance(value, list):
        return [_read(each, kind.value_type, path, wrong) for each in value]
    is_flag = isinstance(value, bool)
    if pa.types.is_boolean(kind) and is_flag:
        return value
    if pa.types.is_floating(kind) and isinstance(value, int | float) and not is_flag:
        return _double(value)
    wrong.append(path)
    return None


def _fields(kind: pa.DataType) -> Iterator[pa.Field]:
    return (kind.field(number) for number in range(kind.num_fields))


def _text(value: Any) -> str:
    """A string, or the JSON text of any other value. Lone surrogates, invalid in UTF-8, are replaced."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
