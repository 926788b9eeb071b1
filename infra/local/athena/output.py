"""What a statement gives: columns with Trino's types, and rows of Python values.

Python values are None, bool, int, float, Decimal, str, bytes, date, time, datetime without tzinfo,
`ZonedTime`, `DayToSecond`, `YearToMonth`, lists for arrays, dictionaries for maps and tuples for rows. A map
whose keys cannot be those of a dictionary is a list of pairs. A time that Python cannot hold is a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from infra.local.athena.errors import NotSupportedHere
from infra.local.athena.types import TIME_ZONED, VARCHAR, Type
from infra.local.athena.types import field as field_name
from infra.local.athena.values import DayToSecond, YearToMonth, ZonedTime

Row = tuple[Any, ...]
Convert = Callable[[Any], Any]
_AFTER_9999: Final = re.compile(r"\d{5,}-[\d-]+ [\d:.]+")
_FIRST_YEAR: Final = 1
_LAST_YEAR: Final = 9999
_NOT_HASHABLE: Final = ("array", "map", "row")


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result."""

    name: str
    type: Type


@dataclass(frozen=True)
class Output:
    """What a statement gave.

    Attributes:
        columns: the result's columns.
        rows: the rows, as Python values.
        scanned_bytes: what was read of the tables' files.
        is_query: whether it was a query; else the rows are lines of text, as of SHOW TABLES.
        update_count: how many rows were written.
        written: `s3://` URIs of the files with the rows that the statement wrote; None if it writes no rows.
        note: what a person should know about the statement's effect; Athena does not say it.
    """

    columns: Sequence[ResultColumn] = ()
    rows: Sequence[Row] = field(default_factory=list)
    scanned_bytes: int = 0
    is_query: bool = True
    update_count: int = 0
    written: tuple[str, ...] | None = None
    note: str = ""


def lines(column: str, texts: Iterable[str]) -> Output:
    """Return the output of a statement that lists something, such as SHOW TABLES."""
    return Output([ResultColumn(column, VARCHAR)], [(text,) for text in texts], is_query=False)


NOTHING: Final = Output(is_query=False)
"""The output of a statement that only has an effect."""


def python_rows(types: Sequence[Type], rows: list[Row]) -> list[Row]:
    """Make rows that DuckDB gave into rows of an output.

    Raises:
        NotSupportedHere: a date is of a year that Python has not.
    """
    converts = [_convert(kind) for kind in types]
    if not any(converts):
        return rows
    columns = list(zip(*rows, strict=True)) or [() for _ in types]
    changed = [
        column if convert is None else [None if value is None else convert(value) for value in column]
        for convert, column in zip(converts, columns, strict=True)
    ]
    return list(zip(*changed, strict=True))


def _convert(kind: Type) -> Convert | None:
    """What makes DuckDB's value the output's; None if it is already."""
    match kind.base:
        case "timestamp":
            return lambda value: _far_time(value, kind.precision) if isinstance(value, str) else value
        case "char":
            length = kind.length or 1
            return lambda text: str(text).ljust(length)
        case "array":
            item = _convert(kind.element)
            return item and (lambda values: [None if each is None else item(each) for each in values])
        case "map":
            return _convert_map(kind)
        case "row":
            return _convert_row(kind)
    return _SCALARS.get(kind.base)


def _convert_map(kind: Type) -> Convert:
    key, item = (_convert(part) or _same for part in kind.types)
    is_dictionary = kind.types[0].base not in _NOT_HASHABLE

    def convert(value: Any) -> Any:
        pairs = value.items() if is_dictionary else zip(value["key"], value["value"], strict=True)
        found = [(key(name), None if each is None else item(each)) for name, each in pairs]
        return dict(found) if is_dictionary else found

    return convert


def _convert_row(kind: Type) -> Convert:
    parts = [(field_name(place), _convert(part) or _same) for place, part in enumerate(kind.types)]

    def convert(value: Any) -> Row:
        return tuple(None if value[name] is None else change(value[name]) for name, change in parts)

    return convert


def _same(value: Any) -> Any:
    return value


def _far_time(text: str, precision: int) -> str:
    """Return a time that Python cannot hold as Trino writes it: +10000-01-01 00:00:00.000."""
    if not _AFTER_9999.match(text):
        raise NotSupportedHere("years before 1 or after 9999")
    seconds, _, fraction = text.partition(".")
    return f"+{seconds}.{fraction[:precision]:0<{precision}}" if precision else f"+{seconds}"


def _zoned(value: Any) -> ZonedTime:
    found = ZonedTime(_within_years(value["instant"]), value["zone"])
    if not _FIRST_YEAR < found.instant.year < _LAST_YEAR:
        try:
            _ = found.local
        except OverflowError as error:
            raise NotSupportedHere("years before 1 or after 9999") from error
    return found


def _within_years(value: Any) -> Any:
    if isinstance(value, str):
        raise NotSupportedHere("years before 1 or after 9999")
    return value


_SCALARS: Final[dict[str, Convert]] = {
    "date": _within_years,
    TIME_ZONED: _zoned,
    "interval day to second": DayToSecond,
    "interval year to month": YearToMonth,
}
