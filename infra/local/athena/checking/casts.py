"""Which types CAST converts to which, by Trino's own cast operators."""

from __future__ import annotations

from functools import cache
from typing import Final

from infra.local.athena.checking.signatures import signatures
from infra.local.athena.types import Type

_MAX_PRECISION: Final = 38
_TO_ANY_LENGTH: Final = ("uuid", "ipaddress")
_STRUCTURED: Final = ("array", "map", "row")
_MORE_BASES: Final = {
    "time with time zone",
    "ipaddress",
    "uuid",
    "json",
    "varbinary",
    "unknown",
    *_STRUCTURED,
}


@cache
def _pairs() -> frozenset[tuple[str, str]]:
    """The bases of types that are converted, without those of type variables."""
    return frozenset(
        (each.arguments[0].base, each.result.base)
        for each in signatures()["operator cast"]
        if each.arguments[0].base not in each.type_variables and each.result.base not in each.type_variables
    )


def invalid_parameters(kind: Type) -> str | None:
    """Return what is wrong with the numbers of a type, if something is."""
    if kind.base == "decimal" and not 1 <= kind.precision <= _MAX_PRECISION:
        return f"DECIMAL precision must be in range [1, {_MAX_PRECISION}]: {kind.precision}"
    if kind.base == "decimal" and not 0 <= kind.scale <= kind.precision:
        return f"DECIMAL scale must be in range [0, precision ({kind.precision})]: {kind.scale}"
    return next(filter(None, map(invalid_parameters, kind.types)), None)


def is_known(kind: Type) -> bool:
    """Return whether Trino has such a type."""
    return (kind.base in _MORE_BASES or any(kind.base in pair for pair in _pairs())) and all(
        map(is_known, kind.types)
    )


def can_cast(source: Type, target: Type) -> bool:
    """Return whether CAST takes a value of a type to another."""
    if source == target or source.base == "unknown":
        return True
    if source.base in _STRUCTURED and target.base == source.base:
        return len(source.types) == len(target.types) and all(map(can_cast, source.types, target.types))
    if source.base in _STRUCTURED and target.base == "json":
        return _to_json(source)
    if source.base == "json" and target.base in _STRUCTURED:
        return _from_json(target)
    if target.base == "varchar" and target.length is not None and source.base in _TO_ANY_LENGTH:
        return False
    return (source.base, target.base) in _pairs()


def _to_json(kind: Type) -> bool:
    if kind.base == "map":
        key, value = kind.types
        return (
            can_cast(key, Type("varchar")) and key.base not in _STRUCTURED and can_cast(value, Type("json"))
        )
    return all(can_cast(part, Type("json")) for part in kind.types)


def _from_json(kind: Type) -> bool:
    if kind.base == "map":
        key, value = kind.types
        return key.base == "unknown" or (can_cast(Type("varchar"), key) and _part_from_json(value))
    return all(map(_part_from_json, kind.types))


def _part_from_json(kind: Type) -> bool:
    return kind.base == "unknown" or can_cast(Type("json"), kind)
