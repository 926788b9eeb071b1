"""Time zones, and seconds since 1970."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from infra.local.athena.errors import QueryRefused
from infra.local.athena.functions.api import Call, Entry, by_arity, by_type, macro, python_function, render
from infra.local.athena.values import zone_named

_NO_NAME: Final = ("GENERIC_INTERNAL_ERROR", "Zone id is an empty string")
_ZONED: Final = "timestamp with time zone"

macro("trino_offset", "z", "(epoch_us(trino_local(z)) - epoch_us(z.instant)) // 60000000")
macro(
    "trino_valid_offset",
    "minutes",
    "CASE WHEN minutes BETWEEN -840 AND 840 THEN minutes WHEN minutes BETWEEN -2147483648 AND 2147483647 "
    "THEN CAST(trino_fail('INVALID_FUNCTION_ARGUMENT: Invalid offset minutes ' || minutes) AS BIGINT) "
    "WHEN minutes IS NOT NULL "
    "THEN CAST(trino_fail('GENERIC_INTERNAL_ERROR: integer overflow') AS BIGINT) END",
)
macro(
    "trino_unix_instant",
    "seconds",
    "CASE WHEN isnan(seconds) THEN TIMESTAMP '1970-01-01' WHEN abs(seconds) >= 2251799813685.248e0 "
    "THEN CAST(trino_fail('GENERIC_INTERNAL_ERROR: Millis overflow: ' || seconds || ' s') AS TIMESTAMP) "
    "ELSE make_timestamp(CAST(floor(seconds * 1000 + 0.5) AS BIGINT) * 1000) END",
)


@python_function("VARCHAR", "VARCHAR", returns="VARCHAR")
def _zone(text: str, kind: str) -> str:
    """Return Trino's name of a zone."""
    if not text:
        raise QueryRefused(*_NO_NAME)
    try:
        return zone_named(text)
    except KeyError as error:
        raise _not_a_zone(text, kind) from error


def _not_a_zone(text: str, kind: str) -> QueryRefused:
    is_support = kind == "NOT_SUPPORTED"
    message = f"Time zone not supported: {text}" if is_support else f"'{text}' is not a valid time zone"
    return QueryRefused(kind, message)


def _checked_zone(call: Call, kind: str = "INVALID_FUNCTION_ARGUMENT") -> str:
    """Return the zone that the second argument names."""
    zone = call.arguments[1]
    if not zone.is_constant or zone.constant is None:
        return f"trino_zone({zone.sql}, '{kind}')"
    if not zone.constant:
        raise QueryRefused(*_NO_NAME)
    try:
        return f"'{zone_named(zone.constant)}'"
    except KeyError as error:
        raise _not_a_zone(zone.constant, kind) from error


def _at_timezone(call: Call) -> str:
    return render("trino_zoned({0}.instant, {zone})", call, zone=_checked_zone(call))


def _with_timezone(call: Call) -> str:
    return render("trino_zoned(trino_instant({0}, {zone}), {zone})", call, zone=_checked_zone(call))


def _from_unixtime(call: Call) -> str:
    zone = _checked_zone(call, "NOT_SUPPORTED")
    return render("trino_zoned(trino_unix_instant({0}), {zone})", call, zone=zone)


_OF_OFFSET: Final = (
    "trino_zoned(trino_unix_instant({0}), "
    "trino_offset_text(trino_valid_offset(trino_wrapped(CAST({1} AS HUGEINT) * 60 + {2})), 'UTC'))"
)
_UNIX: Final = "epoch_us({t}) / 1000000.0e0"

FUNCTIONS: Final[Mapping[str, Entry]] = {
    "at_timezone": _at_timezone,
    "with_timezone": _with_timezone,
    "current_timezone": "'UTC'",
    "timezone_hour": by_type({_ZONED: "trino_offset({0}) // 60"}),
    "timezone_minute": by_type({_ZONED: "trino_offset({0}) % 60"}),
    "from_unixtime": by_arity(
        {
            1: "trino_zoned(trino_unix_instant({0}), 'UTC')",
            2: _from_unixtime,
            3: _OF_OFFSET,
        }
    ),
    "to_unixtime": by_type(
        {"timestamp": _UNIX.replace("{t}", "{0}"), _ZONED: _UNIX.replace("{t}", "{0}.instant")}
    ),
}
