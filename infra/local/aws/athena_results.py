"""A query's rows in Athena's form: text, with each column's type beside it."""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

_TYPES = {
    "BIGINT": "bigint",
    "BLOB": "varbinary",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double",
    "FLOAT": "float",
    "HUGEINT": "bigint",  # DuckDB's sum of integers
    "INTEGER": "integer",
    "JSON": "json",
    "SMALLINT": "smallint",
    "TIME": "time",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "TINYINT": "tinyint",
    "UBIGINT": "bigint",
    "UINTEGER": "bigint",
    "UUID": "uuid",
    "VARCHAR": "varchar",
}
_TYPE_STARTS = {
    "TIMESTAMPTZ": "timestamp with time zone",
    "TIMESTAMP": "timestamp",
    "DECIMAL": "decimal",
    "STRUCT": "row",
    "MAP": "map",
    "INTERVAL": "interval day to second",
}
_PRECISIONS = {
    "bigint": 19,
    "integer": 10,
    "smallint": 5,
    "tinyint": 3,
    "double": 17,
    "float": 17,
    "varchar": 2147483647,
    "timestamp": 3,
    "timestamp with time zone": 3,
}
_PLAIN_FROM, _PLAIN_TO = 1e-3, 1e7  # where Java writes a double without an exponent
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_ATHENA_TO_HIVE = {"varchar": "string", "integer": "int", "varbinary": "binary", "json": "string"}


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result: its name, and the name that DuckDB has for its type."""

    name: str
    duckdb_type: str

    @property
    def athena_type(self) -> str:
        """The type as GetQueryResults names it: without the parts of an array, a row or a decimal."""
        if self.duckdb_type.endswith("]"):
            return "array"
        if self.duckdb_type in _TYPES:
            return _TYPES[self.duckdb_type]
        named = (named for start, named in _TYPE_STARTS.items() if self.duckdb_type.startswith(start))
        return next(named, "varchar")

    @property
    def full_type(self) -> str:
        """The type in full, as a view's definition has it: `array(varchar)`, `decimal(10,2)`."""
        if self.duckdb_type.endswith("[]"):
            return f"array({ResultColumn('', self.duckdb_type[:-2]).full_type})"
        decimal = _DECIMAL.match(self.duckdb_type)
        if decimal:
            return f"decimal({decimal[1]},{decimal[2]})"
        return "timestamp(3)" if self.athena_type == "timestamp" else self.athena_type

    @property
    def hive_type(self) -> str:
        """The type as the Glue catalog has it for a view's column."""
        if self.duckdb_type.endswith("[]"):
            return f"array<{ResultColumn('', self.duckdb_type[:-2]).hive_type}>"
        named = self.full_type.removesuffix("(3)")
        return _ATHENA_TO_HIVE.get(named, named)

    def described(self) -> dict[str, Any]:
        """The column's entry in ResultSetMetadata."""
        decimal = _DECIMAL.match(self.duckdb_type)
        precision = int(decimal[1]) if decimal else _PRECISIONS.get(self.athena_type, 0)
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": self.athena_type,
            "Precision": precision,
            "Scale": int(decimal[2]) if decimal else 0,
            "Nullable": "UNKNOWN",
            "CaseSensitive": self.athena_type == "varchar",
        }


@dataclass(frozen=True)
class QueryOutput:
    """What a statement gave.

    Attributes:
        columns: the result's columns.
        rows: the values as text; None is null.
        scanned_bytes: the size of the files that were read.
        is_query: whether it was a query; else its output is lines of text, as of SHOW TABLES.
    """

    columns: Sequence[ResultColumn] = ()
    rows: Sequence[Sequence[str | None]] = field(default_factory=list)
    scanned_bytes: int = 0
    is_query: bool = True

    def result_rows(self) -> list[dict[str, Any]]:
        """The rows as GetQueryResults gives them; a query's first row has the names of the columns."""
        header = [[column.name for column in self.columns]] if self.is_query else []
        return [
            {"Data": [{} if value is None else {"VarCharValue": value} for value in row]}
            for row in [*header, *self.rows]
        ]

    def file_content(self) -> bytes:
        """The result file: CSV with every value quoted and null empty, or tab-separated text."""
        if self.is_query:
            lines = [",".join(_quoted(column.name) for column in self.columns)]
            lines += [",".join("" if value is None else _quoted(value) for value in row) for row in self.rows]
        else:
            lines = ["\t".join(value or "" for value in row) for row in self.rows]
        return "".join(f"{line}\n" for line in lines).encode()


def text_of(value: Any) -> str | None:
    """A value of DuckDB's as Athena writes it; None is null."""
    if value is None:
        return None
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value)
    return str(value)


def _timestamp_text(value: dt.datetime) -> str:
    text = value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03d}"
    return f"{text} UTC" if value.tzinfo else text


def _inner(value: Any) -> str:
    text = text_of(value)
    return "null" if text is None else text


def _float_text(value: float) -> str:
    """As Java writes a double: 1.0E10, NaN, Infinity."""
    if value != value:  # noqa: PLR0124  # NaN is the one that differs from itself
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or _PLAIN_FROM <= abs(value) < _PLAIN_TO:
        return repr(value)
    mantissa, _, exponent = f"{Decimal(repr(value)).normalize():E}".partition("E")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def _quoted(value: str) -> str:
    doubled = value.replace('"', '""')
    return f'"{doubled}"'


_WRITERS: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = (
    (bool, lambda value: "true" if value else "false"),
    (float, _float_text),
    (dt.datetime, _timestamp_text),
    (Decimal, lambda value: f"{value:f}"),
    ((list, tuple), lambda value: "[" + ", ".join(map(_inner, value)) + "]"),
    (dict, lambda value: "{" + ", ".join(f"{name}={_inner(part)}" for name, part in value.items()) + "}"),
    (bytes, lambda value: value.hex(" ")),
)
