"""Parts of dates and times, truncation, addition and differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from infra.local.athena.errors import QueryRefused
from infra.local.athena.functions.api import Call, Entry, macro, render
from infra.local.athena.functions.casting import cast
from infra.local.athena.functions.time_conversion import rounded, timestamp_text
from infra.local.athena.types import DATE

_ZONED: Final = "timestamp with time zone"
_MICROSECONDS: Final = 6
# Units as DuckDB's intervals: a number of months, of days, or of milliseconds.
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_DAYS: Final = {"day": 1, "week": 7}
_MILLISECONDS: Final = {"millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000}
_UNITS: Final = {
    "date": (*_DAYS, *_MONTHS),
    "time": tuple(_MILLISECONDS),
    "timestamp": (*_MILLISECONDS, *_DAYS, *_MONTHS),
    _ZONED: (*_MILLISECONDS, *_DAYS, *_MONTHS),
}
_NAMES: Final = {"date": "DATE", "time": "TIME", "timestamp": "TIMESTAMP", _ZONED: "TIMESTAMP"}

macro(
    "trino_months",
    "a, b",
    "CAST(CASE WHEN b >= a THEN trino_whole_months(a, b) ELSE -trino_whole_months(b, a) END AS BIGINT)",
)
macro(
    "trino_whole_months",
    "a, b",
    "trino_calendar_months(a, b) - "
    "CASE WHEN a + to_months(CAST(trino_calendar_months(a, b) AS INTEGER)) > b THEN 1 ELSE 0 END",
)
macro(
    "trino_int",
    "n, kind",
    "CASE WHEN n BETWEEN -2147483648 AND 2147483647 THEN CAST(n AS INTEGER) "
    "WHEN n IS NOT NULL THEN CAST(trino_fail(kind || ': integer overflow') AS INTEGER) END",
)
macro("trino_calendar_months", "a, b", "(year(b) - year(a)) * 12 + month(b) - month(a)")
macro("trino_microsecond", "t", "((epoch_us(t) % 1000000) + 1000000) % 1000000")


def local(call: Call, place: int = -1) -> str:
    """Return an argument as a TIMESTAMP (or TIME) that clocks in its zone show."""
    argument = call.arguments[place]
    if argument.type.base == _ZONED:
        return f"trino_local({argument.sql})"
    return f"CAST({argument.sql} AS TIMESTAMP)" if argument.type.base == "date" else argument.sql


def _part(template: str) -> Entry:
    """A number of a date or time, in which `{t}` is the local time."""
    return lambda call: render(template, call, t=local(call))


def _interval_part(per: int, modulus: int = 0) -> str:
    """A number of an interval, rounded towards zero."""
    return f"({{0}} // {per}) % {modulus}" if modulus else f"{{0}} // {per}"


def _of_interval(base: str, interval: str, otherwise: Entry) -> Entry:
    def translation(call: Call) -> str:
        if call.arguments[0].type.base == base:
            return render(interval, call)
        return otherwise(call) if callable(otherwise) else render(otherwise, call)

    return translation


def _in_zone(value: str, call: Call, place: int = -1) -> str:
    """Return a local time as a value of the argument's type."""
    argument = call.arguments[place]
    match argument.type.base:
        case "date":
            return f"CAST({value} AS DATE)"
        case "timestamp with time zone":
            return f"trino_zoned(trino_instant({value}, {argument.sql}.zone), {argument.sql}.zone)"
    return value


def _unit(call: Call, place: int) -> str:
    """Return the unit that the first argument names."""
    unit = call.arguments[0]
    if not unit.is_constant:
        raise call.refuse("a unit that is not a literal")
    name = str(unit.constant).lower()
    base = call.arguments[place].type.base
    if name not in _UNITS[base]:
        message = f"'{unit.constant}' is not a valid {_NAMES[base]} field"
        raise QueryRefused("INVALID_FUNCTION_ARGUMENT", message)
    return name


def _truncated(call: Call) -> str:
    if call.arguments[0].constant is None:
        return render("CAST(NULL AS {type})", call)
    unit = _unit(call, 1)
    argument = call.arguments[1]
    if argument.type.base == "time":
        return render(f"CAST(date_trunc('{unit}', DATE '2000-01-01' + {{1}}) AS TIME)", call)
    if argument.type.base == _ZONED and unit in _MILLISECONDS:
        cut = f"t - date_trunc('{unit}', t)"
        body = f"list_transform([trino_local({{1}})], lambda t: {{1}}.instant - ({cut}))[1]"
        return render(f"trino_zoned({body}, {{1}}.zone)", call)
    return _in_zone(f"date_trunc('{unit}', {local(call)})", call)


def _interval(unit: str, number: str) -> str:
    """Return a number of units as an interval of DuckDB's."""
    number = f"CAST({number} AS BIGINT)"
    if unit in _MONTHS:
        return f"to_months(CAST({number} * {_MONTHS[unit]} AS INTEGER))"
    if unit in _DAYS:
        return f"to_days(CAST({number} * {_DAYS[unit]} AS INTEGER))"
    return f"to_milliseconds({number} * {_MILLISECONDS[unit]})"


def _added(call: Call) -> str:
    if call.arguments[0].constant is None:
        return render("CAST(NULL AS {type})", call)
    unit = _unit(call, 2)
    number, moment = call.arguments[1].sql, call.arguments[2]
    if moment.type.base == "time":
        return f"({moment.sql} + to_milliseconds({number} * {_MILLISECONDS[unit]} % 86400000))"
    kind = "GENERIC_INTERNAL_ERROR" if moment.type.base == "date" else "INVALID_FUNCTION_ARGUMENT"
    span = _interval(unit, f"trino_int({number}, '{kind}')")
    if moment.type.base == _ZONED and unit in _MILLISECONDS:
        instant = rounded(f"{moment.sql}.instant + {span}", moment.type.precision, _MICROSECONDS)
        return f"trino_zoned({instant}, {moment.sql}.zone)"
    value = f"({local(call)} + {span})"
    if moment.type.base == "timestamp":
        value = rounded(value, moment.type.precision, _MICROSECONDS if unit == "millisecond" else 0)
    return _in_zone(value, call)


def _difference(call: Call) -> str:
    if call.arguments[0].constant is None:
        return "CAST(NULL AS BIGINT)"
    unit = _unit(call, 1)
    base = call.arguments[1].type.base
    if base == "time":
        return render(f"(epoch_us({{2}}) - epoch_us({{1}})) // {_MILLISECONDS[unit] * 1000}", call)
    if base == _ZONED and unit in _MILLISECONDS:
        per = _MILLISECONDS[unit] * 1000
        return render(f"(epoch_us({{2}}.instant) - epoch_us({{1}}.instant)) // {per}", call)
    first = local(call, 1)
    # Days are those of the first one's zone.
    second = (
        render("trino_local(trino_zoned({2}.instant, {1}.zone))", call) if base == _ZONED else local(call, 2)
    )
    if unit in _MONTHS:
        template = f"trino_months({{a}}, {{b}}) // {_MONTHS[unit]}"
    else:
        days = _DAYS[unit] * 86_400_000 if unit in _DAYS else _MILLISECONDS[unit]
        template = f"(epoch_us({{b}}) - epoch_us({{a}})) // {days * 1000}"
    return render(template, call, a=first, b=second)


def _iso8601(call: Call) -> str:
    """TO_ISO8601."""
    argument = call.arguments[0]
    if argument.type.base == "date":
        return render("CAST({0} AS VARCHAR)", call)
    text = f"replace({timestamp_text('t', argument.type.precision)}, ' ', 'T')"
    if argument.type.base == _ZONED:
        text += f" || trino_offset_text((epoch_us(t) - epoch_us({argument.sql}.instant)) // 60000000, 'Z')"
    return f"list_transform([{local(call)}], lambda t: {text})[1]"


def _to_date(call: Call) -> str:
    return cast(call.arguments[0], DATE, call.names)


macro(
    "trino_offset_text",
    "minutes, utc",
    "CASE WHEN minutes = 0 THEN utc ELSE CASE WHEN minutes < 0 THEN '-' ELSE '+' END || "
    "lpad(CAST(abs(minutes) // 60 AS VARCHAR), 2, '0') || ':' || "
    "lpad(CAST(abs(minutes) % 60 AS VARCHAR), 2, '0') END",
)

_DAY: Final = "interval day to second"
_YEAR: Final = "interval year to month"
FUNCTIONS: Final[Mapping[str, Entry]] = {
    "year": _of_interval(_YEAR, _interval_part(12), _part("year({t})")),
    "month": _of_interval(_YEAR, _interval_part(1, 12), _part("month({t})")),
    "quarter": _part("quarter({t})"),
    **dict.fromkeys(("week", "week_of_year"), _part("weekofyear({t})")),
    **dict.fromkeys(
        ("day", "day_of_month"), _of_interval(_DAY, _interval_part(86_400_000), _part("day({t})"))
    ),
    **dict.fromkeys(("day_of_week", "dow"), _part("isodow({t})")),
    **dict.fromkeys(("day_of_year", "doy"), _part("dayofyear({t})")),
    **dict.fromkeys(("year_of_week", "yow"), _part("isoyear({t})")),
    "hour": _of_interval(_DAY, _interval_part(3_600_000, 24), _part("hour({t})")),
    "minute": _of_interval(_DAY, _interval_part(60_000, 60), _part("minute({t})")),
    "second": _of_interval(_DAY, _interval_part(1000, 60), _part("second({t})")),
    "millisecond": _of_interval(_DAY, _interval_part(1, 1000), _part("trino_microsecond({t}) // 1000")),
    "last_day_of_month": _part("last_day({t})"),
    "date": _to_date,
    "date_trunc": _truncated,
    "date_add": _added,
    "date_diff": _difference,
    "to_milliseconds": "{0}",
    "to_iso8601": _iso8601,
}
