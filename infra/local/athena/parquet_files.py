"""Parquet files as a relation of DuckDB, with the columns and types that the catalog says.

A column that a file lacks is null; columns and the fields of rows are found by name. DuckDB would convert a
column of another type in silence, so that `check_types` compares the types of the files that were read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import duckdb

from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.type_text import to_hive
from infra.local.athena.types import INTEGERS, Type, duckdb_type

SERDE: Final = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
# The DuckDB types of a file's column that a column of the catalog may have, apart from arrays, maps and rows.
_READABLE: Final = {
    "boolean": {"BOOLEAN"},
    **{name: {"TINYINT", "SMALLINT", "INTEGER", "BIGINT"} for name in INTEGERS},
    "real": {"FLOAT"},
    "double": {"DOUBLE", "FLOAT"},
    "decimal": {"DECIMAL", "TINYINT", "SMALLINT", "INTEGER", "BIGINT"},
    "varchar": {"VARCHAR"},
    "char": {"VARCHAR"},
    "varbinary": {"BLOB"},
    "date": {"DATE"},
    "timestamp": {"TIMESTAMP", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"},
}
_TYPE_TOKEN: Final = re.compile(r'"(?:[^"]|"")*"|\w+(?: WITH TIME ZONE)?|\[\]|[(),]')


def read_parquet(paths: Sequence[str], columns: Sequence[tuple[str, Type]]) -> str:
    """Return a FROM item that reads files: the columns with DuckDB's types, `file_index` and `filename`."""
    listed = ", ".join(quoted(escaped(path)) for path in paths)
    schema = ", ".join(
        f"{quoted(name)}: {{name: {quoted(name)}, type: {quoted(named_type(kind))}, default_value: NULL}}"
        for name, kind in columns
    )
    # A file is read for its rows even if none of its columns is used.
    described = f", schema = MAP {{{schema}}}" if columns else ""
    return f"read_parquet([{listed}], hive_partitioning = false, binary_as_string = false{described})"


def column_value(name: str, kind: Type) -> str:
    """Return the expression that makes a column's value out of what `read_parquet` gives."""
    return _value(identifier(name), kind)


def check_types(
    connection: duckdb.DuckDBPyConnection, paths: Mapping[str, str], columns: Mapping[str, Type]
) -> None:
    """Compare the types of files with those of the catalog.

    Args:
        connection: may read the files.
        paths: the `s3://` URI of each file by its path.
        columns: the types of the catalog's columns.

    Raises:
        QueryRefused: a column of a file has a type that Trino does not read as the catalog's.
    """
    listed = ", ".join(quoted(escaped(path)) for path in paths)
    schemas = connection.execute(f"""
        SELECT any_value(file_name), nodes
        FROM (
            SELECT file_name, list({{name: name, children: num_children, type: duckdb_type}}
                ORDER BY column_id) AS nodes
            FROM parquet_schema([{listed}]) GROUP BY file_name
        )
        GROUP BY nodes
    """).fetchall()
    for path, nodes in schemas:
        for name, found in _top_level(nodes):
            kind = columns.get(name.lower())
            if kind is not None and not _is_readable(_parsed(found), kind):
                raise QueryRefused(
                    "HIVE_BAD_DATA",
                    f"Field {name}'s type {found} in parquet file {paths[path]} is incompatible with type "
                    f"{kind} defined in table schema",
                )


def quoted(text: str) -> str:
    """Return a text as a literal."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def identifier(name: str) -> str:
    """Return a name as a quoted identifier."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def escaped(path: str) -> str:
    """Return a path so that DuckDB does not take it for a pattern of file names."""
    return re.sub(r"[*?\[]", lambda found: f"[{found[0]}]", path)


def named_type(kind: Type) -> str:
    """Return the DuckDB type that a column is read as, with the fields of rows under their own names.

    Raises:
        NotSupportedHere: such a column cannot be read.
    """
    parts = [named_type(part) for part in kind.types]
    match kind.base:
        case "array":
            return f"{parts[0]}[]"
        case "map":
            return f"MAP({parts[0]}, {parts[1]})"
        case "row":
            fields = [
                f"{identifier(name or '')} {part}" for name, part in zip(kind.names, parts, strict=True)
            ]
            return f"STRUCT({', '.join(fields)})"
    found = duckdb_type(kind)
    if found is None or kind.base not in _READABLE:
        raise NotSupportedHere(f"a column of type {to_hive(kind)} in Parquet files")
    return found


def _value(text: str, kind: Type) -> str:
    length = kind.length if kind.base in {"varchar", "char"} else None
    cut = text if length is None else f"{text}[:{length}]"
    if kind.base == "char":
        return f"rtrim({cut}, ' ')"
    return _nested_value(text, kind) if _is_changed(kind) else cut


def _nested_value(text: str, kind: Type) -> str:
    if kind.base == "array":
        return f"list_transform({text}, lambda x: {_value('x', kind.element)})"
    if kind.base == "map":
        key, item = _value("x.key", kind.types[0]), _value("x.value", kind.types[1])
        entries = f"list_transform(map_entries({text}), lambda x: {{key: {key}, value: {item}}})"
        return f"CASE WHEN {text} IS NOT NULL THEN map_from_entries({entries}) END"
    names = [identifier(name or "") for name in kind.names]
    values = [_value(f"{text}.{name}", part) for name, part in zip(names, kind.types, strict=True)]
    fields = ", ".join(f"{name} := {value}" for name, value in zip(names, values, strict=True))
    return f"CASE WHEN {text} IS NOT NULL THEN struct_pack({fields}) END"


def _is_changed(kind: Type) -> bool:
    return any(_value("x", part) != "x" for part in kind.types)


def _top_level(nodes: Sequence[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    """Names and types of the columns, out of the nodes of a Parquet schema in depth-first order."""
    place = 1  # after the root
    while place < len(nodes):
        yield nodes[place]["name"], nodes[place]["type"]
        unread = 1
        while unread:
            unread += (nodes[place]["children"] or 0) - 1
            place += 1


_Parsed = tuple[str, tuple[Any, ...]]


def _parsed(text: str) -> _Parsed:
    """A type of DuckDB's, as its name and its parts: `("ARRAY", (...))`, `("STRUCT", (("a", ...), ...))`."""
    kind, rest = _read(_TYPE_TOKEN.findall(text))
    assert not rest, text  # noqa: S101  # DuckDB's own text
    return kind


def _read(tokens: list[str]) -> tuple[_Parsed, list[str]]:
    base, tokens = tokens[0], tokens[1:]
    parts: list[Any] = []
    if tokens[:1] == ["("]:
        while tokens[0] != ")":
            tokens = tokens[1:]
            if base == "STRUCT":
                name, tokens = tokens[0].strip('"').replace('""', '"').lower(), tokens[1:]
                part, tokens = _read(tokens)
                parts.append((name, part))
            else:
                part, tokens = _read(tokens)
                parts.append(part)
        tokens = tokens[1:]
    found: _Parsed = (base, tuple(parts))
    while tokens[:1] == ["[]"]:
        found, tokens = ("ARRAY", (found,)), tokens[1:]
    return found, tokens


def _is_readable(found: _Parsed, kind: Type) -> bool:
    base, parts = found
    match kind.base:
        case "array" | "map":
            return base == kind.base.upper() and all(map(_is_readable, parts, kind.types))
        case "row":
            fields = dict(parts) if base == "STRUCT" else {}
            return bool(fields) and all(
                (name or "") not in fields or _is_readable(fields[name or ""], part)
                for name, part in zip(kind.names, kind.types, strict=True)
            )
    return base in _READABLE[kind.base]
