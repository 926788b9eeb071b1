"""What DuckDB's errors are called in Trino."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import duckdb

from infra.local.athena.errors import CallRefused, NotSupportedHere, QueryRefused
from infra.local.athena.functions.json_text import java_double

_RAISED: Final = re.compile(r"(QueryRefused|CallRefused|NotSupportedHere): ([A-Z][A-Z_]+): (.*)", re.DOTALL)
_REFUSED: Final = re.compile(r"the local Athena does not support (.*); Athena does", re.DOTALL)
_PREFIX: Final = re.compile(r"^[A-Za-z ]+ Error: ")
_INTEGERS: Final = {"INT8": "tinyint", "INT16": "smallint", "INT32": "integer", "INT64": "bigint"}
_OUT_OF_RANGE: Final = "NUMERIC_VALUE_OUT_OF_RANGE"
_CAST: Final = "INVALID_CAST_ARGUMENT"
_KINDS: Final = (
    (duckdb.InterruptException, "USER_CANCELED", "Query was canceled"),
    (duckdb.OutOfRangeException, _OUT_OF_RANGE, "A value is out of range"),
    (duckdb.ConversionException, _CAST, "A value cannot be cast"),
)
_NOT_TRANSLATED: Final = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.NotImplementedException,
    duckdb.ParserException,
)


_TRY_CATCHES: Final = {"DIVISION_BY_ZERO", "INVALID_FUNCTION_ARGUMENT", _CAST, _OUT_OF_RANGE}


def is_caught_by_try(refused: QueryRefused) -> bool:
    """Return whether Trino's TRY gives null instead of an error; DuckDB's does for every error."""
    return refused.kind in _TRY_CATCHES and not isinstance(refused, CallRefused)


def check_refusals(refused: Iterable[QueryRefused], *, has_try: bool, has_try_cast: bool = False) -> None:
    """Raise what DuckDB's TRY has made into null although Trino's would not.

    Args:
        refused: the refusals of Python functions while a query ran to its end.
        has_try: whether the query has TRY.
        has_try_cast: whether it has TRY_CAST, which makes every error of the cast into null.
    """
    for error in refused:
        found = _raised(error.kind, error.message)
        if isinstance(error, NotSupportedHere):
            raise error
        # The translation has TRY of constants, too, which Trino does not compute if they fail.
        is_internal = error.kind == "GENERIC_INTERNAL_ERROR" and not has_try_cast
        if isinstance(found, NotSupportedHere) or is_internal or (has_try and not is_caught_by_try(error)):
            raise found


def _raised(kind: str, message: str) -> QueryRefused:
    refused = _REFUSED.match(message)
    return NotSupportedHere(refused[1]) if refused else QueryRefused(kind, message.strip())


def refusal_of(error: duckdb.Error) -> QueryRefused:
    """Return the failure of a running query as Trino would report it."""
    message = _PREFIX.sub("", str(error))
    if raised := _RAISED.search(message):
        return _raised(raised[2], raised[3])
    for pattern, kind, text in _KNOWN:
        if found := pattern.search(message):
            return QueryRefused(
                kind, text.format(**{name: _in_trino(each) for name, each in found.groupdict().items()})
            )
    if isinstance(error, _NOT_TRANSLATED):
        # The query has been checked before, so that DuckDB only refuses what the translation made of it.
        return NotSupportedHere("a combination of functions in this query")
    for each, kind, text in _KINDS:
        if isinstance(error, each):
            return QueryRefused(kind, text)
    return QueryRefused("GENERIC_INTERNAL_ERROR", "The query failed at a value")


def _in_trino(text: str) -> str:
    """Return a type's name, or a number, as Trino writes it."""
    if text in _INTEGERS:
        return _INTEGERS[text]
    if decimal := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", text):
        return f"DECIMAL({decimal[1]}, {decimal[2]})"
    return java_double(float(text)) if re.fullmatch(r"-?[\d.]+e[+-]\d+", text) else text


_KNOWN: Final = tuple(
    (re.compile(pattern, re.DOTALL), kind, text)
    for pattern, kind, text in (
        (
            r"Overflow in (?P<verb>addition|subtraction|multiplication) of (?P<type>INT(?:8|16|32|64)) "
            r"\((?P<terms>[^)]*)\)",
            _OUT_OF_RANGE,
            "{type} {verb} overflow: {terms}",
        ),
        (
            r"Overflow on abs\((?P<value>-\d+)\)",
            _OUT_OF_RANGE,
            "Value {value} is out of range for abs",
        ),
        (
            r"(?:Casting value|Could not convert string|Could not cast value) \"?(?P<value>[^\"]*?)\"? to "
            r"(?:type )?(?P<type>DECIMAL\(\d+,\d+\))",
            _CAST,
            "Cannot cast '{value}' to {type}",
        ),
        ("Map keys must be unique", "INVALID_FUNCTION_ARGUMENT", "Duplicate map keys are not allowed"),
        ("Map keys can not be NULL", "INVALID_FUNCTION_ARGUMENT", "map key cannot be null"),
        ("Overflow in SUM of DECIMAL", "GENERIC_INTERNAL_ERROR", "Decimal overflow"),
        (r"Overflow in \w+ of DECIMAL", _OUT_OF_RANGE, "Decimal overflow"),
        ("Division by zero", "DIVISION_BY_ZERO", "Division by zero"),
        (
            r"(Window \w+|Invalid RANGE) (PRECEDING|FOLLOWING) (expression cannot be|value)",
            "INVALID_WINDOW_FRAME",
            "Window frame offset value must not be negative or null",
        ),
        (
            r"More than one row returned by a subquery",
            "SUBQUERY_MULTIPLE_ROWS",
            "Scalar sub-query has returned multiple rows",
        ),
        (
            r"Type (?:DOUBLE|FLOAT) with value nan can't be cast.*type (?P<type>\w+)",
            _CAST,
            "Cannot cast NaN to {type}",
        ),
        (
            r"Type (?:DOUBLE|FLOAT) with value (?P<value>\S+) can't be cast.*type (?P<type>INT(?:8|16|32))\b",
            _OUT_OF_RANGE,
            "Out of range for {type}: {value}",
        ),
        (
            r"Type (?:DOUBLE|FLOAT) with value (?P<value>\S+) can't be cast.*type (?P<type>\w+)",
            _CAST,
            "Unable to cast {value} to {type}",
        ),
        (
            r"Type (?:INT|HUGEINT)\w* with value (?P<value>\S+) can't be cast.*type (?P<type>INT\w+)",
            _OUT_OF_RANGE,
            "Out of range for {type}: {value}",
        ),
    )
)
