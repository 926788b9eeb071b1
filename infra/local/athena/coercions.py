"""Which types Trino converts by itself, and the type that two types have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from infra.local.athena.types import (
    BIGINT,
    DOUBLE,
    INTEGER,
    REAL,
    SMALLINT,
    UNKNOWN,
    Type,
    decimal,
    timestamp,
    timestamp_with_zone,
    varchar,
)

_MAX_CHAR: Final = 65536
_OF_TEXT: Final = (Type("joniregexp"), Type("jsonpath"), Type("codepoints"))  # types of arguments only
_OF_UNKNOWN: Final = {
    "varchar": varchar(0),
    "char": Type("char", (0,)),
    "decimal": decimal(1, 0),
    "time": Type("time", (3,)),
    "time with time zone": Type("time with time zone", (3,)),
    "timestamp": timestamp(3),
    "timestamp with time zone": timestamp_with_zone(3),
}
_DIGITS: Final = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
_WIDER: Final = {
    "tinyint": (SMALLINT, INTEGER, BIGINT, REAL, DOUBLE),
    "smallint": (INTEGER, BIGINT, REAL, DOUBLE),
    "integer": (BIGINT, REAL, DOUBLE),
    "bigint": (REAL, DOUBLE),
    "decimal": (REAL, DOUBLE),
    "real": (DOUBLE,),
    "date": (timestamp(0), timestamp_with_zone(0)),
    "varchar": _OF_TEXT,
    "char": _OF_TEXT,
}


def coerced_to_base(source: Type, base: str) -> Type | None:
    """Return the type of this base that a type is converted to without a cast; None when there is none."""
    if source.base == base:
        return source
    if source == UNKNOWN:
        return _OF_UNKNOWN.get(base, Type(base))
    if base == "decimal" and source.base in _DIGITS:
        return decimal(_DIGITS[source.base], 0)
    if base == "char" and source.base == "varchar":
        return Type("char", (_MAX_CHAR if source.length is None else min(source.length, _MAX_CHAR),))
    if base == f"{source.base} with time zone":
        return Type(base, source.parameters)
    return next((wider for wider in _WIDER.get(source.base, ()) if wider.base == base), None)


def common_type(first: Type, second: Type) -> Type | None:
    """Return the type that two types are both converted to; None when there is none."""
    if second in (first, UNKNOWN):
        return first
    if first == UNKNOWN:
        return second
    if first.base == second.base:
        return _common_of_base(first, second)
    if (coerced := coerced_to_base(first, second.base)) is not None:
        return common_type(coerced, second)
    if (coerced := coerced_to_base(second, first.base)) is not None:
        return common_type(first, coerced)
    return None


def common_type_of(types: Iterable[Type]) -> Type | None:
    """Return the type that all types are converted to; None when there is none."""
    common: Type | None = UNKNOWN
    for each in types:
        common = common and common_type(common, each)
    return common


def can_coerce(source: Type, target: Type) -> bool:
    """Return whether Trino converts a value to the target without a cast."""
    if source == UNKNOWN:
        return True
    if source.base == target.base == "row":
        parts = zip(source.types, target.types, strict=False)
        return len(source.types) == len(target.types) and all(can_coerce(one, other) for one, other in parts)
    if target == UNKNOWN:
        return False
    if source.base != target.base and coerced_to_base(source, target.base) is None:
        return False
    return common_type(source, target) == target


def can_insert(source: Type, target: Type) -> bool:
    """Return whether INSERT converts a value to a column's type: in either direction, also with a loss."""
    if target.types and _has_length(target):
        return can_coerce(source, target)
    return common_type(source, target) is not None


def _has_length(kind: Type) -> bool:
    """Whether a text within a type has a length."""
    return (kind.base in {"varchar", "char"} and kind.length is not None) or any(map(_has_length, kind.types))


def _common_of_base(first: Type, second: Type) -> Type | None:
    match first.base:
        case "decimal":
            scale = max(first.scale, second.scale)
            return decimal(max(first.precision - first.scale, second.precision - second.scale) + scale, scale)
        case "varchar" | "char":
            lengths = (first.length, second.length)
            return Type(first.base, () if None in lengths else (max(first.length or 0, second.length or 0),))
        case "time" | "timestamp" | "time with time zone" | "timestamp with time zone":
            return Type(first.base, (max(first.precision, second.precision),))
        case "array" | "map" | "row" if len(first.types) == len(second.types):
            parts = [common_type(one, other) for one, other in zip(first.types, second.types, strict=True)]
            names = tuple(
                one if one == other else None for one, other in zip(first.names, second.names, strict=True)
            )
            known = tuple(part for part in parts if part is not None)
            return Type(first.base, known, names) if len(known) == len(parts) else None
    return None
