"""Trino's types: how they are written, and how DuckDB, Hive and Python hold their values.

| Trino | DuckDB |
|---|---|
| `varchar(n)`, `char(n)`, `json`, `uuid` | VARCHAR; a `char` without the spaces at its end |
| `timestamp(p)` | TIMESTAMP (microseconds) |
| `timestamp(p) with time zone` | STRUCT(instant TIMESTAMP, zone VARCHAR), the instant in UTC |
| `interval day to second` | BIGINT, in milliseconds |
| `interval year to month` | INTEGER, in months |
| `row(...)` | STRUCT(f0 ..., f1 ...); the names of the fields are in the type only |
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_MAX_PRECISION: Final = 38
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


_SPELLED: Final = {"joniregexp": "JoniRegExp", "jsonpath": "JsonPath", "codepoints": "CodePoints"}


@dataclass(frozen=True)
class Type:
    """A type, or in a function's signature a pattern of types.

    Attributes:
        base: its name without parameters, in lower case: `decimal`, `timestamp with time zone`, `function`.
        parameters: element types, lengths, precisions; in a pattern also names of number variables.
        names: the names of a row's fields, None for those without one.
    """

    base: str
    parameters: tuple[Type | int | str, ...] = ()
    names: tuple[str | None, ...] = ()

    def __str__(self) -> str:
        if self.base == "row":
            return f"row({', '.join(map(_field_text, self.names, self.types))})"
        if not self.parameters:
            return _SPELLED.get(self.base, self.base)
        first, space, rest = self.base.partition(" ")
        comma = "," if self.numbers else ", "
        return f"{first}({comma.join(map(str, self.parameters))}){space}{rest}"

    @property
    def types(self) -> tuple[Type, ...]:
        """The parameters that are types: of an array, a map, a row or a function."""
        return tuple(parameter for parameter in self.parameters if isinstance(parameter, Type))

    @property
    def numbers(self) -> tuple[int, ...]:
        """The parameters that are numbers: length, precision, scale."""
        return tuple(parameter for parameter in self.parameters if isinstance(parameter, int))

    @property
    def element(self) -> Type:
        """The element type of an array."""
        return self.types[0]

    @property
    def precision(self) -> int:
        """Digits of a decimal, or of a second's fraction."""
        return self.numbers[0]

    @property
    def scale(self) -> int:
        """Digits of a decimal after the point."""
        return self.numbers[1]

    @property
    def length(self) -> int | None:
        """The length of a varchar or char; None when it is not bounded."""
        return self.numbers[0] if self.parameters else None

    @property
    def is_comparable(self) -> bool:
        """Whether values can be compared for equality."""
        return self.base not in _NOT_COMPARABLE and all(part.is_comparable for part in self.types)

    @property
    def is_orderable(self) -> bool:
        """Whether values can be sorted."""
        return self.base not in _NOT_ORDERABLE and all(part.is_orderable for part in self.types)

    def contains(self, *bases: str) -> bool:
        """Return whether the type or a part of it is one of these."""
        return self.base in bases or any(part.contains(*bases) for part in self.types)


BOOLEAN: Final = Type("boolean")
TINYINT: Final = Type("tinyint")
SMALLINT: Final = Type("smallint")
INTEGER: Final = Type("integer")
BIGINT: Final = Type("bigint")
REAL: Final = Type("real")
DOUBLE: Final = Type("double")
VARCHAR: Final = Type("varchar")
VARBINARY: Final = Type("varbinary")
JSON: Final = Type("json")
DATE: Final = Type("date")
DAY_TO_SECOND: Final = Type("interval day to second")
YEAR_TO_MONTH: Final = Type("interval year to month")
UNKNOWN: Final = Type("unknown")

INTEGERS: Final = ("tinyint", "smallint", "integer", "bigint")
TIME_ZONED: Final = "timestamp with time zone"
ARGUMENTS_ONLY: Final = frozenset({"joniregexp", "jsonpath", "codepoints"})
"""Types of arguments of functions. A query may compute their values, but cannot return them."""
_NOT_COMPARABLE: Final = ARGUMENTS_ONLY | {
    "function",
    "hyperloglog",
    "qdigest",
    "tdigest",
    "p4hyperloglog",
    "setdigest",
}
_NOT_ORDERABLE: Final = _NOT_COMPARABLE | {"map", "json", "color"}


def decimal(precision: int, scale: int) -> Type:
    """A decimal; a precision over 38 is 38."""
    return Type("decimal", (min(precision, _MAX_PRECISION), scale))


def varchar(length: int | None = None) -> Type:
    """A varchar, bounded or not."""
    return VARCHAR if length is None else Type("varchar", (length,))


def timestamp(precision: int = 3) -> Type:
    """A timestamp without a zone."""
    return Type("timestamp", (precision,))


def timestamp_with_zone(precision: int = 3) -> Type:
    """A timestamp with a zone."""
    return Type(TIME_ZONED, (precision,))


def array(element: Type) -> Type:
    """An array."""
    return Type("array", (element,))


def map_of(key: Type, value: Type) -> Type:
    """A map."""
    return Type("map", (key, value))


def row(types: Iterable[Type], names: Iterable[str | None] = ()) -> Type:
    """A row; without names its fields have none."""
    types = tuple(types)
    return Type("row", types, tuple(names) or (None,) * len(types))


def function(parameters: Iterable[Type], result: Type) -> Type:
    """The type of a lambda."""
    return Type("function", (*parameters, result))


_DUCKDB: Final = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "varchar": "VARCHAR",
    "char": "VARCHAR",
    "json": "VARCHAR",
    "uuid": "VARCHAR",
    "joniregexp": "VARCHAR",
    "jsonpath": "VARCHAR",
    "codepoints": "VARCHAR",
    "varbinary": "BLOB",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    TIME_ZONED: "STRUCT(instant TIMESTAMP, zone VARCHAR)",
    "interval day to second": "BIGINT",
    "interval year to month": "INTEGER",
    "unknown": "INTEGER",
}
_MICROSECONDS: Final = 6


def duckdb_type(kind: Type) -> str | None:
    """Return the DuckDB type that holds a Trino type; None when none does."""
    parts = [duckdb_type(part) for part in kind.types]
    if None in parts or (kind.base in {"time", "timestamp", TIME_ZONED} and kind.precision > _MICROSECONDS):
        return None
    match kind.base:
        case "decimal":
            return f"DECIMAL({kind.precision}, {kind.scale})"
        case "array":
            return f"{parts[0]}[]"
        case "map":
            return f"MAP({parts[0]}, {parts[1]})"
        case "row":
            return f"STRUCT({', '.join(f'{field(place)} {part}' for place, part in enumerate(parts))})"
    return _DUCKDB.get(kind.base)


def field(place: int) -> str:
    """The name that DuckDB has for a row's field, by its place from 0."""
    return f"f{place}"


def _field_text(name: str | None, kind: Type) -> str:
    if name is None:
        return str(kind)
    doubled = name.replace('"', '""')
    return f"{name if _PLAIN_NAME.fullmatch(name) else chr(34) + doubled + chr(34)} {kind}"
