"""Files of JSON lines as a table of Arrow, which DuckDB reads in memory."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from infra.local.athena.data_files import DataFile
from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.json_lines import LineReader
from infra.local.athena.type_text import to_hive
from infra.local.athena.types import Type

FILE_NUMBER: Final = "$file_number"
_OTHER_COMPRESSIONS: Final = (".bz2", ".lz4", ".snappy", ".zst", ".deflate", ".lzo")
_ARROW: Final = {
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double": pa.float64(),
    "varchar": pa.string(),
    "char": pa.string(),
    "varbinary": pa.binary(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}


def load(files: Sequence[DataFile], columns: Sequence[tuple[str, Type]]) -> pa.Table:
    """Read the rows of files.

    Args:
        files: the files, of one table.
        columns: names and types of the columns that are wanted.

    Returns:
        The columns, and the number of each row's file, from 0, as `FILE_NUMBER`.

    Raises:
        QueryRefused: a line is malformed, or the SerDe is not supported.
    """
    schema = pa.schema([*((name, arrow_type(kind)) for name, kind in columns), (FILE_NUMBER, pa.int64())])
    tables = [schema.empty_table()]
    for number, file in enumerate(files):
        reader = LineReader(file.format.serde, columns, file.format.parameters)
        rows = list(reader.rows(_content(file), file.stored.uri))
        values: list[Any] = list(zip(*rows, strict=True)) or [() for _ in columns]
        arrays = [pa.array(each, column.type) for each, column in zip(values, schema, strict=False)]
        arrays.append(pa.array([number] * len(rows), pa.int64()))
        tables.append(pa.Table.from_arrays(arrays, schema=schema))
    return pa.concat_tables(tables)


def arrow_type(kind: Type) -> pa.DataType:
    """Return the Arrow type of what `LineReader` makes of a JSON value.

    Raises:
        NotSupportedHere: there is none.
    """
    parts = [arrow_type(part) for part in kind.types]
    match kind.base:
        case "decimal":
            return pa.decimal128(kind.precision, kind.scale)
        case "array":
            return pa.list_(parts[0])
        case "map":
            return pa.map_(parts[0], parts[1])
        case "row":
            return pa.struct([(name or "", part) for name, part in zip(kind.names, parts, strict=True)])
    if kind.base not in _ARROW:
        raise NotSupportedHere(f"a JSON column of type {to_hive(kind)}")
    return _ARROW[kind.base]


def _content(file: DataFile) -> bytes:
    name = file.stored.key.lower()
    if name.endswith(_OTHER_COMPRESSIONS):
        raise NotSupportedHere(f"JSON files such as {file.stored.uri}, which are neither gzip nor plain text")
    with open(file.path, "rb") as opened:  # noqa: PTH123  # thousands of small files
        content = opened.read()
    if not name.endswith(".gz"):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise QueryRefused(
            "HIVE_CURSOR_ERROR", f"Failed to read file at {file.stored.uri}: {error}"
        ) from error
