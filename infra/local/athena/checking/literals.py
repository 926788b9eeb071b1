"""Types and values of literals."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from infra.local.athena.checking import calls
from infra.local.athena.checking.casts import can_cast, is_known
from infra.local.athena.checking.context import Env
from infra.local.athena.errors import NotSupportedHere, Position, QueryRefused
from infra.local.athena.functions.json_text import parse as parse_json
from infra.local.athena.parsing import syntax
from infra.local.athena.tree import Cast, Constant, Expression
from infra.local.athena.types import (
    ARGUMENTS_ONLY,
    BIGINT,
    BOOLEAN,
    DATE,
    DAY_TO_SECOND,
    DOUBLE,
    INTEGER,
    INTEGERS,
    REAL,
    UNKNOWN,
    VARBINARY,
    VARCHAR,
    YEAR_TO_MONTH,
    Type,
    decimal,
    duckdb_type,
    timestamp,
    timestamp_with_zone,
    varchar,
)
from infra.local.athena.values import ZonedTime, instant_at, zone_named

_INTEGER_LIMIT: Final = 2**31
_BIGINT_LIMIT: Final = 2**63
_MICROSECONDS: Final = 6
_DATE: Final = re.compile(r"\s*([+-]?\d{1,6})-(\d{1,2})-(\d{1,2})\s*")
_TIME: Final = re.compile(r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?")
_TIMESTAMP: Final = re.compile(
    r"\s*([+-]?\d{4,6}-\d{1,2}-\d{1,2})(?: (\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d+)?)?))?\s*([^\d\s]\S*)?\s*"
)
_UNITS: Final = {
    "year": 12,
    "month": 1,
    "day": 86_400_000,
    "hour": 3_600_000,
    "minute": 60_000,
    "second": 1000,
}
_ORDER: Final = tuple(_UNITS)
_TYPES_OF_TYPES: Final = ("array", "map", "row", "qdigest")
_SIMPLE: Final = {type(None): UNKNOWN, bool: BOOLEAN, float: DOUBLE, bytes: VARBINARY}


def literal(node: syntax.Literal, _: Env) -> Expression:
    """Return a number, text, binary, boolean or null."""
    value = node.value
    if isinstance(value, str):
        return Constant(varchar(len(value)), value)
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _integer(value)
    return Constant(_SIMPLE[type(value)], value)


def _integer(value: int) -> Expression:
    if not -_BIGINT_LIMIT <= value < _BIGINT_LIMIT:
        raise QueryRefused("SYNTAX_ERROR", f"Invalid numeric literal: {value}", Position(1, 1))
    return Constant(INTEGER if -_INTEGER_LIMIT <= value < _INTEGER_LIMIT else BIGINT, value)


def _decimal(value: Decimal) -> Expression:
    _, digits, exponent = value.as_tuple()
    scale = -int(exponent)
    precision = max(len(digits) if any(digits[: len(digits) - scale]) else scale, 1)
    if precision > 38:  # noqa: PLR2004  # the longest decimal
        raise QueryRefused("SYNTAX_ERROR", f"Invalid numeric literal: {value}", Position(1, 1))
    return Constant(decimal(precision, scale), value)


def typed(node: syntax.TypedLiteral, env: Env) -> Expression:
    """Return `DATE '...'` and the like."""
    read = _TYPED.get(node.type.base)
    if read is not None:
        return read(node, env)
    if node.type.base == "decimal":
        return _decimal_of(node)
    if node.type.base not in _READERS:
        return _cast(node)
    try:
        return _READERS[node.type.base](node.text)
    except (ValueError, KeyError) as error:
        raise _invalid(node) from error


def _cast(node: syntax.TypedLiteral) -> Expression:
    """Return a literal of a type that has no notation of its own: its text is cast."""
    text = Constant(VARCHAR, node.text)
    if node.type.base in _TYPES_OF_TYPES or not is_known(node.type):
        raise QueryRefused("TYPE_NOT_FOUND", f"Unknown type: {node.type.base}", node.at)
    if not can_cast(text.type, node.type):
        raise QueryRefused("OPERATOR_NOT_FOUND", f"Cannot cast varchar to {node.type}")
    if node.type.base in ARGUMENTS_ONLY or duckdb_type(node.type) is None:
        raise NotSupportedHere(f"values of type {node.type}", node.at)
    return Cast(node.type, text)


def _whole(base: str) -> Callable[[str], Expression]:
    limit = 2 ** {"tinyint": 7, "smallint": 15, "integer": 31, "bigint": 63}[base]

    def read(text: str) -> Expression:
        value = int(text)
        if not -limit <= value < limit:
            raise ValueError(text)
        return Constant(Type(base), value)

    return read


_BOOLEANS: Final = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
_READERS: Final[Mapping[str, Callable[[str], Expression]]] = {
    **{base: _whole(base) for base in INTEGERS},
    "boolean": lambda text: Constant(BOOLEAN, _BOOLEANS[text.lower()]),
    "double": lambda text: Constant(DOUBLE, float(text)),
    "real": lambda text: Cast(REAL, Constant(DOUBLE, float(text))),
    "varchar": lambda text: Constant(VARCHAR, text),
    "char": lambda text: Constant(Type("char", (len(text),)), text),
    "uuid": lambda text: Cast(Type("uuid"), Constant(VARCHAR, str(uuid.UUID(text)))),
}


def _invalid(node: syntax.TypedLiteral) -> QueryRefused:
    message = f"'{node.text}' is not a valid {node.type.base.upper()} literal"
    return QueryRefused("INVALID_LITERAL", message, node.at)


def _decimal_of(node: syntax.TypedLiteral) -> Expression:
    try:
        return _decimal(Decimal(node.text.replace("_", "")))
    except InvalidOperation as error:
        raise _invalid(node) from error


def _date(node: syntax.TypedLiteral, _: Env) -> Expression:
    return Constant(DATE, _day(node.text, node))


def _day(text: str, node: syntax.TypedLiteral) -> dt.date:
    found = _DATE.fullmatch(text)
    if not found:
        raise _invalid(node)
    year, month, day = map(int, found.groups())
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        raise NotSupportedHere("years before 1 or after 9999", node.at)
    try:
        return dt.date(year, month, day)
    except ValueError as error:
        raise _invalid(node) from error


def _time(node: syntax.TypedLiteral, _: Env) -> Expression:
    if re.fullmatch(r"\s*\S+ ?[+-]\d\d:\d\d\s*", node.text):
        raise NotSupportedHere("time with time zone", node.at)
    fraction, clock = _clock(node.text.strip(), node)
    return Constant(Type("time", (len(fraction),)), clock)


def _clock(text: str, node: syntax.TypedLiteral) -> tuple[str, dt.time]:
    """Return the fraction of the second as it is written, and the time of the day."""
    found = _TIME.fullmatch(text)
    if not found:
        raise _invalid(node)
    hour, minute, second, fraction = (part or "" for part in found.groups())
    if len(fraction) > _MICROSECONDS:
        raise NotSupportedHere("fractions of a second with more than 6 digits", node.at)
    try:
        return fraction, dt.time(int(hour), int(minute), int(second or 0), int(fraction.ljust(6, "0")))
    except ValueError as error:
        raise _invalid(node) from error


def _timestamp(node: syntax.TypedLiteral, _: Env) -> Expression:
    found = _TIMESTAMP.fullmatch(node.text)
    if not found:
        raise _invalid(node)
    fraction, clock = _clock(found[2] or "00:00", node)
    value = dt.datetime.combine(_day(found[1], node), clock)
    precision = len(fraction)
    if not found[3]:
        return Constant(timestamp(precision), value)
    return Constant(timestamp_with_zone(precision), _zoned(value, found[3], node))


def _zoned(local: dt.datetime, zone: str, node: syntax.TypedLiteral) -> ZonedTime:
    try:
        found = ZonedTime(instant_at(local, zone_named(zone)), zone_named(zone))
    except KeyError as error:
        raise _invalid(node) from error
    if found.local != local:  # clocks skip this time
        raise _invalid(node)
    return found


def _json(node: syntax.TypedLiteral, env: Env) -> Expression:
    try:
        parse_json(node.text)
    except (ValueError, RecursionError) as error:
        raise _invalid(node) from error
    return calls.resolved("json_parse", (Constant(VARCHAR, node.text),), node.at, env)


_TYPED: Final = {"date": _date, "time": _time, "timestamp": _timestamp, "json": _json}


def interval(node: syntax.IntervalLiteral, _: Env) -> Expression:
    """Return `INTERVAL '1' DAY`, `INTERVAL '1-2' YEAR TO MONTH`, `INTERVAL '1 10:30' DAY TO MINUTE`."""
    units = _ORDER[_ORDER.index(node.start) : _ORDER.index(node.end or node.start) + 1]
    kind = YEAR_TO_MONTH if node.start in {"year", "month"} else DAY_TO_SECOND
    text = node.text.strip()
    is_negative = text.startswith("-")
    numbers = re.split(r"[-: ]", text.lstrip("+-"))
    pattern = r"\d+(\.\d{1,3})?" if units and units[-1] == "second" else r"\d+"
    is_valid = (
        units
        and len(numbers) == len(units)
        and (kind == DAY_TO_SECOND or units[-1] in {"year", "month"})
        and all(re.fullmatch(pattern, number) for number in numbers)
    )
    if not is_valid:
        raise QueryRefused("INVALID_LITERAL", f"'{node.text}' is not a valid INTERVAL literal", node.at)
    total = sum(int(Decimal(number) * _UNITS[unit]) for number, unit in zip(numbers, units, strict=True))
    return Constant(kind, -total if is_negative != node.is_negative else total)
