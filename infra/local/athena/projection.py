"""Partition projection: the partitions of a table that follow from its properties instead of the catalog.

See "Partition projection with Amazon Athena" in Athena's guide for the properties.
"""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from infra.local.athena.catalog import Partition, Table, partition_location
from infra.local.athena.errors import NotSupportedHere, QueryRefused

_MOST_PARTITIONS: Final = 200_000
_ENABLED: Final = "projection.enabled"
_TEMPLATE: Final = "storage.location.template"
_NOW: Final = re.compile(r"NOW\s*(?:([+-])\s*(\d+)\s*([A-Z]+?)S?)?", re.IGNORECASE)
_SECONDS: Final = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400, "WEEK": 604_800}
_MONTHS: Final = {"MONTH": 1, "YEAR": 12}
# Java's date patterns by token: Python's directive, and how many digits it reads.
_PATTERN: Final = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+")
_DIRECTIVES: Final = {
    "yyyy": "%Y",
    "uuuu": "%Y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
}


def is_projected(table: Table) -> bool:
    """Return whether a table's partitions are projected; those in the catalog are ignored then."""
    return bool(table.partition_keys) and table.parameters.get(_ENABLED, "").strip().lower() == "true"


def projected_partitions(
    table: Table, wanted: Mapping[str, frozenset[str]], now: dt.datetime
) -> Iterator[Partition]:
    """Return the partitions that a table's properties describe.

    Args:
        table: the table, with projection enabled.
        wanted: by partition column, the only values that the query can use; needed for an injected column.
        now: the time that `NOW` is, in UTC.

    Raises:
        QueryRefused: a property is missing or wrong, or an injected column has no wanted values.
    """
    values = [_values(table, key.name, wanted.get(key.name), now) for key in table.partition_keys]
    if math.prod(map(len, values)) > _MOST_PARTITIONS:
        raise NotSupportedHere(
            f"a query over more than {_MOST_PARTITIONS:,} projected partitions of {table.name} (with an "
            "equality on a partition column it does)"
        )
    template = table.parameters.get(_TEMPLATE)
    for combination in itertools.product(*values):
        location = _location(table, template, combination) if template else None
        yield Partition(combination, location or partition_location(table, combination), table.format)


def _values(table: Table, key: str, wanted: frozenset[str] | None, now: dt.datetime) -> list[str]:
    properties = _Properties(table, key)
    match properties.required("type").strip().lower():
        case "enum":
            values = properties.required("values").split(",")
        case "integer":
            values = _integers(properties)
        case "date":
            values = _dates(properties, now)
        case "injected":
            if not wanted:
                raise QueryRefused(
                    "CONSTRAINT_VIOLATION",
                    f"For the injected projected partition column {key}, the WHERE clause must contain only "
                    "static equality conditions, and at least one such condition must be present.",
                )
            return sorted(wanted)
        case other:
            raise properties.wrong("type", f"{other!r} is not enum, integer, date or injected")
    return [value for value in values if wanted is None or value in wanted]


@dataclass(frozen=True)
class _Properties:
    """The properties of one projected column."""

    table: Table
    column: str

    def get(self, name: str) -> str | None:
        """Return a property, if it is set."""
        return self.table.parameters.get(f"projection.{self.column}.{name}")

    def required(self, name: str) -> str:
        """Return a property that must be set."""
        value = self.get(name)
        if value is None:
            raise self.wrong(name, "it is missing")
        return value

    def ends(self) -> tuple[str, str]:
        """Return the two ends of the range."""
        ends = [end.strip() for end in self.required("range").split(",")]
        if len(ends) != 2:  # noqa: PLR2004  # the first and the last
            raise self.wrong("range", "it must be two values with a comma between them")
        return ends[0], ends[1]

    def number(self, name: str) -> int:
        """Return a positive number, by default 1."""
        value = (self.get(name) or "1").strip()
        if not value.isdigit() or not int(value):
            raise self.wrong(name, f"{value!r} is not a positive number")
        return int(value)

    def wrong(self, name: str, reason: str) -> QueryRefused:
        """Return the refusal of a property."""
        where = f"projection.{self.column}.{name}"
        return QueryRefused(
            "INVALID_TABLE_PROPERTY", f"Table {self.table.database}.{self.table.name}, {where}: {reason}"
        )


def _integers(properties: _Properties) -> list[str]:
    try:
        first, last = map(int, properties.ends())
    except ValueError as error:
        raise properties.wrong("range", str(error)) from error
    digits = properties.number("digits") if properties.get("digits") else 0
    numbers = range(first, last + 1, properties.number("interval"))
    return [f"{'-' if number < 0 else ''}{abs(number):0{digits}d}" for number in numbers]


def _dates(properties: _Properties, now: dt.datetime) -> list[str]:
    pattern = _strftime(properties)
    first, last = (_moment(properties, end, pattern, now) for end in properties.ends())
    unit = (properties.get("interval.unit") or _default_unit(properties, pattern)).strip().upper()
    step = properties.number("interval")
    found: dict[str, None] = {}  # in order; several moments may have one text
    for count in range(_MOST_PARTITIONS + 1):
        moment = _plus(properties, first, count * step, unit.removesuffix("S"))
        if moment > last:
            break
        found[moment.strftime(pattern)] = None
    return list(found)


def _strftime(properties: _Properties) -> str:
    """The format as Python writes it: `yyyy-MM-dd` is `%Y-%m-%d`."""
    directives = []
    for token in (found[0] for found in _PATTERN.finditer(properties.required("format"))):
        if token[0].isalpha():
            if token not in _DIRECTIVES:
                raise NotSupportedHere(f"{token!r} in projection.{properties.column}.format")
            directives.append(_DIRECTIVES[token])
        else:
            text = token[1:-1].replace("''", "'") or "'" if token[0] == "'" else token
            directives.append(text.replace("%", "%%"))
    return "".join(directives)


def _default_unit(properties: _Properties, pattern: str) -> str:
    if any(finer in pattern for finer in ("%H", "%M", "%S")) or "%m" not in pattern:
        raise properties.wrong("interval.unit", "it is required, because the format is not of days or months")
    return "DAYS" if "%d" in pattern else "MONTHS"


def _moment(properties: _Properties, text: str, pattern: str, now: dt.datetime) -> dt.datetime:
    relative = _NOW.fullmatch(text)
    try:
        if relative is None:
            return dt.datetime.strptime(text, pattern)  # noqa: DTZ007  # of no zone, as the values are
        begun = dt.datetime.strptime(now.strftime(pattern), pattern)  # noqa: DTZ007
    except ValueError as error:
        raise properties.wrong("range", str(error)) from error
    sign, count, unit = relative.groups()
    return _plus(properties, begun, int(f"{sign}{count}"), unit.upper()) if sign else begun


def _plus(properties: _Properties, moment: dt.datetime, count: int, unit: str) -> dt.datetime:
    if unit in _SECONDS:
        return moment + dt.timedelta(seconds=count * _SECONDS[unit])
    if unit not in _MONTHS:
        raise properties.wrong("interval.unit", f"{unit!r} is not YEARS, MONTHS, WEEKS, DAYS, HOURS, ...")
    year, month = divmod(moment.year * 12 + moment.month - 1 + count * _MONTHS[unit], 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _location(table: Table, template: str, values: tuple[str, ...]) -> str:
    location = template
    for key, value in zip(table.partition_keys, values, strict=True):
        location = location.replace(f"${{{key.name}}}", value)
    return location
