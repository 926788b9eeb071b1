"""CAST of dates, times, timestamps and intervals."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

from infra.local.athena.errors import QueryRefused
from infra.local.athena.functions.api import Call, Entry, macro, python_function, render
from infra.local.athena.functions.casting import fitting, register
from infra.local.athena.values import DayToSecond, YearToMonth, instant_at, zone_named

_ZONED: Final = "timestamp with time zone"
_MICROSECONDS: Final = 6
_TIMESTAMP: Final = re.compile(
    r"\s*([+-]?\d{4,6})-(\d{1,2})-(\d{1,2})"
    r"(?: (\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,12}))?)?)?\s*([^\d\s]\S*)?\s*"
)
_TIME: Final = re.compile(r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,12}))?)?")
_DATE: Final = re.compile(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*")
_STRUCT: Final = "STRUCT(instant TIMESTAMP, zone VARCHAR)"


@python_function("VARCHAR", "INTEGER", returns="TIMESTAMP")
def _timestamp(text: str, precision: int) -> dt.datetime:
    """Read a timestamp; a zone at its end does not count."""
    return _read(text, precision, "timestamp")[0]


@python_function("VARCHAR", "INTEGER", returns=_STRUCT)
def _zoned_timestamp(text: str, precision: int) -> dict[str, Any]:
    local, zone = _read(text, precision, _ZONED)
    return {"instant": instant_at(local, zone), "zone": zone}


def _read(text: str, precision: int, kind: str) -> tuple[dt.datetime, str]:
    found = _TIMESTAMP.fullmatch(text)
    if not found:
        raise _not_a(kind, text)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        moment = dt.datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  # its zone is given
        return moment + _fraction(found[7] or "", precision), zone_named(found[8] or "UTC")
    except (ValueError, KeyError) as error:
        raise _not_a(kind, text) from error


def _not_a(kind: str, text: str) -> QueryRefused:
    return QueryRefused("INVALID_CAST_ARGUMENT", f"Value cannot be cast to {kind}: {text}")


def _fraction(digits: str, precision: int) -> dt.timedelta:
    """The fraction of a second, rounded to digits."""
    value = int(digits.ljust(12, "0"))
    unit = 10 ** (12 - precision)
    return dt.timedelta(microseconds=(value + unit // 2) // unit * unit // 10**6)


@python_function("VARCHAR", "INTEGER", returns="TIME")
def _time(text: str, precision: int) -> dt.time:
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise _not_a("time", text)
    hour, minute, second = (int(part or 0) for part in found.groups()[:3])
    try:
        any_day = dt.datetime(2000, 1, 1, hour, minute, second)  # noqa: DTZ001
    except ValueError as error:
        raise _not_a("time", text) from error
    return (any_day + _fraction(found[4] or "", precision)).time()


@python_function("VARCHAR", returns="DATE")
def _date(text: str) -> dt.date:
    found = _DATE.fullmatch(text)
    if not found:
        raise _not_a("date", text)
    year, month, day = map(int, found.groups())
    try:
        return dt.date(year, month, day)
    except ValueError as error:
        raise _not_a("date", text) from error


@python_function("BIGINT", returns="VARCHAR")
def _day_to_second_text(milliseconds: int) -> str:
    return str(DayToSecond(milliseconds))


@python_function("INTEGER", returns="VARCHAR")
def _year_to_month_text(months: int) -> str:
    return str(YearToMonth(months))


def rounded(value: str, precision: int, source: int) -> str:
    """Return a TIMESTAMP with fewer digits of a second's fraction."""
    if precision >= source or precision >= _MICROSECONDS:
        return value
    return f"trino_round_timestamp({value}, {10 ** (_MICROSECONDS - precision)})"


macro(
    "trino_sign_of_year",
    "t",
    "CASE WHEN t < TIMESTAMP '0001-01-01 00:00:00' THEN trino_fail('NOT_SUPPORTED: the local Athena does not "
    "support years before 1; Athena does') WHEN t >= TIMESTAMP '10000-01-01 00:00:00' THEN '+' ELSE '' END",
)


def timestamp_text(value: str, precision: int) -> str:
    """Return a TIMESTAMP as text; the value is repeated."""
    fraction = f" || '.' || left(strftime({value}, '%f'), {precision})" if precision else ""
    return f"(trino_sign_of_year({value}) || strftime({value}, '%Y-%m-%d %H:%M:%S'){fraction})"


def _local(call: Call) -> str:
    return f"trino_local({call.arguments[0].sql})"


def _timestamp_to_timestamp(call: Call) -> str:
    return rounded(call.arguments[0].sql, call.type.precision, call.arguments[0].type.precision)


def _timestamp_to_time(call: Call) -> str:
    return f"CAST({_timestamp_to_timestamp(call)} AS TIME)"


def _timestamp_to_zoned(call: Call) -> str:
    return f"trino_zoned({_timestamp_to_timestamp(call)}, 'UTC')"


def _timestamp_to_text(call: Call) -> str:
    return _bounded(render(timestamp_text("{0}", call.arguments[0].type.precision), call), call)


def _zoned_to_text(call: Call) -> str:
    text = timestamp_text("{0}.instant", call.arguments[0].type.precision)
    local = "trino_zoned(trino_local({0}), {0}.zone)"
    value = render(local, call)
    return _bounded(
        f"list_transform([{value}], lambda z: {text.replace('{0}', 'z')} || ' ' || z.zone)[1]", call
    )


def _time_to_text(call: Call) -> str:
    precision = call.arguments[0].type.precision
    length = 8 + bool(precision) + precision
    return _bounded(render(f"left(strftime(DATE '2000-01-01' + {{0}}, '%H:%M:%S.%f'), {length})", call), call)


def _bounded(text: str, call: Call) -> str:
    return text if call.type.length is None else f"trino_fitting({text}, {call.type.length})"


def _zoned_to_timestamp(call: Call) -> str:
    return rounded(_local(call), call.type.precision, call.arguments[0].type.precision)


def _zoned_to_zoned(call: Call) -> str:
    value = rounded("{0}.instant", call.type.precision, call.arguments[0].type.precision)
    return (
        call.arguments[0].sql if value == "{0}.instant" else render(f"trino_zoned({value}, {{0}}.zone)", call)
    )


def _time_to_time(call: Call) -> str:
    if call.type.precision >= call.arguments[0].type.precision:
        return call.arguments[0].sql
    step = 10 ** (_MICROSECONDS - call.type.precision)
    return render(f"CAST(trino_round_timestamp(DATE '2000-01-01' + {{0}}, {step}) AS TIME)", call)


def _of_text(name: str) -> Entry:
    return lambda call: render(f"{name}({{0}}, {call.type.precision})", call)


register(
    {
        ("varchar", "date"): "trino_date({0})",
        ("varchar", "time"): _of_text("trino_time"),
        ("varchar", "timestamp"): _of_text("trino_timestamp"),
        ("varchar", _ZONED): _of_text("trino_zoned_timestamp"),
        ("date", "timestamp"): "CAST({0} AS TIMESTAMP)",
        ("date", _ZONED): "trino_zoned(CAST({0} AS TIMESTAMP), 'UTC')",
        ("timestamp", "date"): "CAST({0} AS DATE)",
        ("timestamp", "time"): _timestamp_to_time,
        ("timestamp", "timestamp"): _timestamp_to_timestamp,
        ("timestamp", _ZONED): _timestamp_to_zoned,
        ("timestamp", "varchar"): _timestamp_to_text,
        (_ZONED, "date"): lambda call: f"CAST({_local(call)} AS DATE)",
        (_ZONED, "time"): lambda call: f"CAST({_zoned_to_timestamp(call)} AS TIME)",
        (_ZONED, "timestamp"): _zoned_to_timestamp,
        (_ZONED, _ZONED): _zoned_to_zoned,
        (_ZONED, "varchar"): _zoned_to_text,
        ("time", "time"): _time_to_time,
        ("time", "varchar"): _time_to_text,
        ("interval day to second", "varchar"): fitting("trino_day_to_second_text({0})"),
        ("interval year to month", "varchar"): fitting("trino_year_to_month_text({0})"),
    }
)
