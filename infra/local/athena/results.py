"""A result as Athena gives it: text for each value, a CSV file, and pages of GetQueryResults."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from datetime import time
from decimal import Decimal
from typing import Any, Final

from infra.local.athena.output import Output, ResultColumn
from infra.local.athena.types import Type

Write = Callable[[Any], str]
_PRECISIONS: Final = {
    "bigint": 19,
    "integer": 10,
    "smallint": 5,
    "tinyint": 3,
    "double": 17,
    "real": 17,
    "varchar": 2147483647,
}
_NAMES: Final = {"real": "float"}
_PLAIN_FROM, _PLAIN_TO = 1e-3, 1e7  # where Java writes a double without an exponent
_FLOAT_DIGITS: Final = 9  # which tell any two of Java's floats apart
_TIME_UNITS: Final = ((0, "seconds"), (3, "milliseconds"), (6, "microseconds"))
_CHUNK: Final = 1000


def text_rows(output: Output) -> Iterator[tuple[str | None, ...]]:
    """Return the rows as Athena's text; None is null."""
    writers = [None if column.type.base == "varchar" else writer(column.type) for column in output.columns]
    for start in range(0, len(output.rows), _CHUNK):
        columns = zip(*output.rows[start : start + _CHUNK], strict=True)
        yield from zip(*map(_texts, writers, columns), strict=True)


def _texts(write: Write | None, values: Sequence[Any]) -> Sequence[str | None]:
    return values if write is None else [None if value is None else write(value) for value in values]


def result_file(output: Output) -> Iterator[str]:
    """Return the lines of the result file: CSV with quoted values and empty nulls, or tab-separated text."""
    if not output.is_query:
        for row in text_rows(output):
            yield "\t".join(value or "" for value in row) + "\n"
        return
    yield ",".join(_quoted(column.name) for column in output.columns) + "\n"
    for row in text_rows(output):
        yield ",".join("" if value is None else _quoted(value) for value in row) + "\n"


def result_page(output: Output, start: int, count: int) -> tuple[list[dict[str, Any]], int | None]:
    """Return a page of GetQueryResults, and where the next one starts (None after the last).

    Args:
        output: the result.
        start: the first row's place. The first row of a query has the names of the columns.
        count: the most rows.
    """
    header = [[column.name for column in output.columns]] if output.is_query else []
    shift = len(header)
    part = output.rows[max(start - shift, 0) : max(start + count - shift, 0)]
    rows = [*header[start : start + count], *text_rows(Output(output.columns, part))]
    end = start + count
    described = [
        {"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in rows
    ]
    return described, end if end < len(output.rows) + shift else None


def described_column(column: ResultColumn, *, is_query: bool) -> dict[str, Any]:
    """Return the column's entry in ResultSetMetadata."""
    kind = column.type
    precision = _PRECISIONS.get(kind.base, kind.numbers[0] if kind.numbers else 0)
    if kind.base in {"varchar", "char"} and kind.length is not None:
        precision = kind.length
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": column.name,
        "Label": column.name,
        "Type": _NAMES.get(kind.base, kind.base) if is_query else "string",
        "Precision": precision if is_query else 0,
        "Scale": kind.scale if kind.base == "decimal" else 0,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind.base in {"varchar", "char"},
    }


def writer(kind: Type) -> Write:
    """Return what writes a value of a type that is not null."""
    match kind.base:
        case "array":
            item = _inner(kind.element)
            return lambda values: f"[{', '.join(map(item, values))}]"
        case "map":
            return _map_writer(*(_inner(part) for part in kind.types))
        case "row":
            return _row_writer(kind)
        case "time" | "timestamp":
            return _time_writer(kind.precision)
        case "timestamp with time zone":
            local = _time_writer(kind.precision)
            return lambda value: f"{local(value.local)} {value.zone}"
    return _WRITERS.get(kind.base, str)


def _inner(kind: Type) -> Write:
    write = writer(kind)
    return lambda value: "null" if value is None else write(value)


def _map_writer(key: Write, item: Write) -> Write:
    def write(value: Any) -> str:
        pairs = value.items() if isinstance(value, dict) else value
        return "{" + ", ".join(f"{key(name)}={item(each)}" for name, each in pairs) + "}"

    return write


def _row_writer(kind: Type) -> Write:
    named = [(name or f"field{place}") for place, name in enumerate(kind.names)]
    writers = [_inner(part) for part in kind.types]

    def write(value: Sequence[Any]) -> str:
        fields = zip(named, writers, value, strict=True)
        return "{" + ", ".join(f"{name}={item(each)}" for name, item, each in fields) + "}"

    return write


def _time_writer(precision: int) -> Write:
    digits, unit = next(found for found in _TIME_UNITS if found[0] >= precision)
    cut = precision - digits or None

    def write(value: Any) -> str:
        if isinstance(value, str):  # beyond Python's years
            return value
        text: str = value.isoformat(timespec=unit) if isinstance(value, time) else value.isoformat(" ", unit)
        return text[:cut]

    return write


def _double_text(value: float) -> str:
    digits = repr(value)
    return digits if _PLAIN_FROM <= abs(value) < _PLAIN_TO else _java_text(value, digits)


def _real_text(value: float) -> str:
    texts = (f"{value:.{digits}g}" for digits in range(1, _FLOAT_DIGITS))
    wanted = struct.pack("f", value)
    shortest = next((text for text in texts if struct.pack("f", float(text)) == wanted), f"{value:.9g}")
    return _java_text(value, shortest)


def _java_text(value: float, digits: str) -> str:
    """As Java writes a double that these digits stand for: 1.0E10, NaN, Infinity."""
    if value != value:  # noqa: PLR0124  # NaN is the one that differs from itself
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or _PLAIN_FROM <= abs(value) < _PLAIN_TO:
        text = f"{Decimal(digits):f}"
        return text if "." in text else f"{text}.0"
    mantissa, _, exponent = f"{Decimal(digits).normalize():E}".partition("E")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def _quoted(value: str) -> str:
    doubled = value.replace('"', '""')
    return f'"{doubled}"'


_WRITERS: Final[dict[str, Write]] = {
    "boolean": lambda value: "true" if value else "false",
    "double": _double_text,
    "real": _real_text,
    "decimal": lambda value: f"{value:f}",
    "varbinary": lambda value: value.hex(" "),
}
