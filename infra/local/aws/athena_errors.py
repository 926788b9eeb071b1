"""Why a query failed, in Athena's words: what the translator and DuckDB say, as a StateChangeReason.

Athena begins a reason with the name of the kind of error, one of Trino's `StandardErrorCode`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from typing import Final

import duckdb
from sqlglot.errors import ParseError, SqlglotError

_ERROR_PREFIX: Final = re.compile(r"^[A-Za-z ]+ Error: ")
_CANDIDATES: Final = re.compile(r'"([^"]+)"')
_TYPES: Final = {
    "INT8": "tinyint",
    "INT16": "smallint",
    "INT32": "integer",
    "INT64": "bigint",
    "FLOAT": "real",
    "BOOL": "boolean",
}
# What DuckDB's remaining errors are called, by their classes.
_NAMES: Final[tuple[tuple[type[duckdb.Error], str], ...]] = (
    (duckdb.ConversionException, "INVALID_CAST_ARGUMENT"),
    (duckdb.OutOfRangeException, "NUMERIC_VALUE_OUT_OF_RANGE"),
    (duckdb.PermissionException, "NOT_SUPPORTED"),
    (duckdb.ParserException, "SYNTAX_ERROR"),
    (duckdb.BinderException, "SYNTAX_ERROR"),
    (duckdb.CatalogException, "SYNTAX_ERROR"),
)


def reason_of(error: duckdb.Error) -> str:
    """Return DuckDB's error as a StateChangeReason: Athena's name for it, and one sentence."""
    if isinstance(error, duckdb.InterruptException):
        return "Query cancelled by user"
    message = _ERROR_PREFIX.sub("", str(error))
    for pattern, told in _KNOWN:
        if found := pattern.search(message):
            return told(found)
    name = next((name for kind, name in _NAMES if isinstance(error, kind)), "GENERIC_USER_ERROR")
    sentence = message.partition("\n")[0].strip()
    return f"{name}: {sentence}"


def syntax_error(error: SqlglotError) -> str:
    """Return the translator's refusal as a StateChangeReason: where the statement cannot be read."""
    if not isinstance(error, ParseError) or not error.errors:
        return "SYNTAX_ERROR: a quoted text, a quoted name or a comment is not closed"
    at = error.errors[0]
    token = at["highlight"] or ""
    # The translator counts to the token's end, Athena to its beginning.
    column = max((at["col"] or 1) - len(token) + 1, 1)
    return f"SYNTAX_ERROR: line {at['line'] or 1}:{column}: syntax error near '{token}'"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question with the known name that is closest, after a full stop; "" when none is close."""
    close = difflib.get_close_matches(name.lower(), sorted(known), n=1)
    return f". Did you mean '{close[0]}'?" if close else ""


def _missing_column(found: re.Match[str]) -> str:
    name = found["name"]
    candidates = _CANDIDATES.findall(found["candidates"] or "")
    return f"COLUMN_NOT_FOUND: Column '{name}' cannot be resolved{did_you_mean(name, candidates)}"


def _wrong_arguments(found: re.Match[str]) -> str:
    name, types = found["name"], found["types"].replace("_LITERAL", "").lower()
    if name.isidentifier():
        return f"FUNCTION_NOT_FOUND: Unexpected parameters ({types}) for function {name}"
    return f"TYPE_MISMATCH: '{name}' cannot be applied to {types}"


def _bad_cast(found: re.Match[str]) -> str:
    wanted = _TYPES.get(found["type"], found["type"].lower())
    return f"INVALID_CAST_ARGUMENT: Cannot cast {found['value']} to {wanted}"


_Told = Callable[[re.Match[str]], str]
_KNOWN: Final[tuple[tuple[re.Pattern[str], _Told], ...]] = tuple(
    (re.compile(pattern, re.DOTALL), told)
    for pattern, told in (
        ("Division by zero", lambda _: "DIVISION_BY_ZERO: Division by zero"),
        (
            r'Referenced column "(?P<name>.+?)" (?:was )?not found(?P<candidates>[^\n]*\n[^\n]*)?',
            _missing_column,
        ),
        (r'does not have a column named "(?P<name>.+?)"(?P<candidates>)', _missing_column),
        (
            r'Referenced table "(?P<name>.+?)" not found',
            lambda found: f"COLUMN_NOT_FOUND: '{found['name']}' is no table of the FROM clause",
        ),
        (
            r'column "(?P<name>.+?)" must appear in the GROUP BY',
            lambda found: (
                f"EXPRESSION_NOT_AGGREGATE: '{found['name']}' must be an aggregate expression or appear in "
                "GROUP BY clause"
            ),
        ),
        (
            r'Ambiguous reference to column name "(?P<name>.+?)"',
            lambda found: f"AMBIGUOUS_NAME: Column '{found['name']}' is ambiguous",
        ),
        (
            r"Function with name (?P<name>\S+) does not exist",
            lambda found: f"FUNCTION_NOT_FOUND: Function '{found['name']}' is not known to the local Athena",
        ),
        (r"No function matches .*?'(?P<name>[^\s(]+)\((?P<types>.*?)\)'", _wrong_arguments),
        (r"Could not convert string (?P<value>'.*') to (?P<type>\w+)", _bad_cast),
    )
)
