"""Writes the rows of a query as files of a table: Parquet by DuckDB, JSON and delimited text by Python."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from infra.local.athena.catalog import NULL_PARTITION
from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.output import python_rows
from infra.local.athena.parquet_files import identifier, quoted
from infra.local.athena.results import writer
from infra.local.athena.translation import Translated
from infra.local.athena.types import Type
from infra.local.athena.types import field as field_name

PARQUET: Final = "PARQUET"
JSON: Final = "JSON"
TEXT: Final = "TEXTFILE"
_MOST_PARTITIONS: Final = 100
_STORABLE: Final = {
    *("boolean", "tinyint", "smallint", "integer", "bigint", "real", "double", "decimal"),
    *("varchar", "char", "varbinary", "date", "timestamp", "array", "map", "row"),
}
_PARQUET_COMPRESSIONS: Final = ("GZIP", "SNAPPY", "ZSTD", "NONE", "UNCOMPRESSED", "LZ4")
_JSON_NUMBERS: Final = {"boolean", "tinyint", "smallint", "integer", "bigint", "decimal"}
_FORMATS: Final = (PARQUET, JSON, TEXT, "ORC", "AVRO")
_OTHER_COMPRESSIONS: Final = ("GZIP", "NONE")


@dataclass(frozen=True)
class FileForm:
    """How files are written.

    Attributes:
        format: `PARQUET`, `JSON` or `TEXTFILE`.
        compression: such as `GZIP`.
        delimiter: between the fields of delimited text.
    """

    format: str
    compression: str
    delimiter: str = "\x01"

    def check(self) -> None:
        """Refuse what cannot be written.

        Raises:
            NotSupportedHere: a format or compression that Athena has.
            QueryRefused: a format that Athena does not have.
        """
        if self.format not in _FORMATS:
            raise QueryRefused(
                "INVALID_TABLE_PROPERTY", f"Invalid value for property 'format': {self.format}"
            )
        if self.format not in {PARQUET, JSON, TEXT}:
            raise NotSupportedHere(f"writing {self.format} files")
        known = _PARQUET_COMPRESSIONS if self.format == PARQUET else _OTHER_COMPRESSIONS
        if self.compression not in known:
            raise NotSupportedHere(f"{self.format} files with the compression {self.compression}")


@dataclass(frozen=True)
class RowWriter:
    """Writes the rows of a query.

    Attributes:
        columns: names for the query's columns, and their types.
        keys: how many of the columns, the last ones, are partition columns.
        form: how files are written.
        folder: the folder for the files.
    """

    columns: Sequence[tuple[str, Type]]
    keys: int
    form: FileForm
    folder: Path

    @property
    def stored(self) -> Sequence[tuple[str, Type]]:
        """The columns of the files."""
        return self.columns[: len(self.columns) - self.keys]

    def write(self, connection: duckdb.DuckDBPyConnection, query: Translated) -> NewFiles:
        """Write a file for each partition that has rows.

        Args:
            connection: where the query can run.
            query: the query.

        Raises:
            QueryRefused: there are too many partitions.
        """
        connection.execute(f"CREATE TEMP TABLE rows_to_write AS {query.sql}")
        (count,) = connection.execute("SELECT count(*) FROM rows_to_write").fetchone() or (0,)
        places = range(len(self.stored), len(self.columns))
        files = []
        for number, (values, condition) in enumerate(_partitions(connection, places)):
            path = self.folder / str(number)
            self._write_file(connection, f"FROM rows_to_write{condition}", path)
            files.append((path, values))
        return NewFiles(tuple(files), count)

    def _write_file(self, connection: duckdb.DuckDBPyConnection, source: str, path: Path) -> None:
        if self.form.format == PARQUET:
            values = ", ".join(
                f"{_stored_value(f'c{place}', kind)} AS {identifier(name)}"
                for place, (name, kind) in enumerate(self.stored)
            )
            compression = self.form.compression.replace("NONE", "UNCOMPRESSED")
            options = f"FORMAT parquet, COMPRESSION {compression}"
            connection.execute(f"COPY (SELECT {values} {source}) TO {quoted(str(path))} ({options})")
            return
        selected = ", ".join(f"c{place}" for place in range(len(self.stored)))
        rows = connection.execute(f"SELECT {selected} {source}").fetchall()
        is_json = self.form.format == JSON
        line = _json_line(self.stored) if is_json else _text_line(self.stored, self.form.delimiter)
        typed = python_rows([kind for _, kind in self.stored], rows)
        content = "".join(f"{line(row)}\n" for row in typed).encode()
        path.write_bytes(gzip.compress(content, mtime=0) if self.form.compression == "GZIP" else content)


@dataclass(frozen=True)
class NewFiles:
    """Files that were written, each with the values of its partition as text, and the number of rows."""

    files: tuple[tuple[Path, tuple[str, ...]], ...]
    rows: int


def check_storable(columns: Sequence[tuple[str, Type]]) -> None:
    """Check that the types can be those of a table's files.

    Raises:
        QueryRefused: one cannot.
    """
    for _, kind in columns:
        if not _is_storable(kind):
            raise QueryRefused("NOT_SUPPORTED", f"Unsupported Hive type: {kind}")


def _partitions(
    connection: duckdb.DuckDBPyConnection, places: Sequence[int]
) -> Iterable[tuple[tuple[str, ...], str]]:
    """The values of each partition that has rows, and the WHERE clause that selects them."""
    if not places:
        has_rows = connection.execute("SELECT 1 FROM rows_to_write LIMIT 1").fetchone()
        return [((), "")] if has_rows else []
    listed = ", ".join(f"CAST(c{place} AS VARCHAR)" for place in places)
    found = connection.execute(f"SELECT DISTINCT {listed} FROM rows_to_write ORDER BY ALL").fetchall()
    if len(found) > _MOST_PARTITIONS:
        message = f"Exceeded limit of {_MOST_PARTITIONS} open writers for partitions/buckets"
        raise QueryRefused("HIVE_TOO_MANY_OPEN_PARTITIONS", message)
    return [(tuple(map(_partition_text, row)), f" WHERE {_condition(places, row)}") for row in found]


def _partition_text(value: str | None) -> str:
    return value or NULL_PARTITION


def _condition(places: Iterable[int], row: Sequence[str | None]) -> str:
    return " AND ".join(
        f"CAST(c{place} AS VARCHAR) IS NOT DISTINCT FROM {'NULL' if value is None else quoted(value)}"
        for place, value in zip(places, row, strict=True)
    )


def _is_storable(kind: Type) -> bool:
    return kind.base in _STORABLE and None not in kind.names and all(map(_is_storable, kind.types))


def _stored_value(text: str, kind: Type) -> str:
    """A value with the fields of rows under their own names."""
    if not kind.contains("row"):
        return text
    if kind.base == "array":
        return f"list_transform({text}, lambda x: {_stored_value('x', kind.element)})"
    if kind.base == "map":
        key, item = _stored_value("x.key", kind.types[0]), _stored_value("x.value", kind.types[1])
        entries = f"list_transform(map_entries({text}), lambda x: {{key: {key}, value: {item}}})"
        return f"CASE WHEN {text} IS NOT NULL THEN map_from_entries({entries}) END"
    fields = ", ".join(
        f"{identifier(name or '')} := {_stored_value(f'{text}.{field_name(place)}', part)}"
        for place, (name, part) in enumerate(zip(kind.names, kind.types, strict=True))
    )
    return f"CASE WHEN {text} IS NOT NULL THEN struct_pack({fields}) END"


def _json_line(columns: Sequence[tuple[str, Type]]) -> Callable[[Sequence[Any]], str]:
    names = [name for name, _ in columns]
    types = [kind for _, kind in columns]
    return lambda row: _json_object(names, row, types)


def _json_object(names: Iterable[str], values: Iterable[Any], types: Iterable[Type]) -> str:
    parts = (
        f"{_json_string(name)}:{_json_text(value, kind)}"
        for name, value, kind in zip(names, values, types, strict=True)
    )
    return f"{{{','.join(parts)}}}"


def _json_text(value: Any, kind: Type) -> str:
    """A value as JSON; a decimal has all of its digits."""
    if value is None:
        return "null"
    if kind.types:
        return _json_nested(value, kind)
    if kind.base in _JSON_NUMBERS or (isinstance(value, float) and math.isfinite(value)):
        return writer(kind)(value)
    if kind.base == "varbinary":
        return _json_string(value.decode("utf-8", errors="replace"))
    return _json_string(value.isoformat(" ") if kind.base == "timestamp" else writer(kind)(value))


def _json_nested(value: Any, kind: Type) -> str:
    if kind.base == "array":
        return f"[{','.join(_json_text(each, kind.element) for each in value)}]"
    if kind.base == "row":
        return _json_object((name or "" for name in kind.names), value, kind.types)
    pairs = list(value.items() if isinstance(value, dict) else value)
    names = map(writer(kind.types[0]), (name for name, _ in pairs))
    return _json_object(names, (each for _, each in pairs), [kind.types[1]] * len(pairs))


def _json_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _text_line(columns: Sequence[tuple[str, Type]], delimiter: str) -> Callable[[Sequence[Any]], str]:
    if any(kind.types for _, kind in columns):
        raise NotSupportedHere("arrays, maps and rows in delimited text")
    writers = [writer(kind) for _, kind in columns]
    return lambda row: delimiter.join(
        "\\N" if value is None else write(value) for value, write in zip(row, writers, strict=True)
    )
