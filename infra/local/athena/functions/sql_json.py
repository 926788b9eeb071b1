"""JSON_EXISTS, JSON_VALUE and JSON_QUERY."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.functions.api import Call, Entry, bind, python_function
from infra.local.athena.functions.casting import cast_value
from infra.local.athena.functions.constants import text as literal
from infra.local.athena.functions.json_text import java_double, quoted, skip_blanks, storable, value_at
from infra.local.athena.functions.sql_json_numbers import PathError
from infra.local.athena.functions.sql_json_paths import Missing, evaluate
from infra.local.athena.functions.sql_json_syntax import parse_path
from infra.local.athena.types import BIGINT, BOOLEAN, DOUBLE, INTEGERS, VARCHAR, Type, duckdb_type

_VALUE_ERROR: Final = "JSON_VALUE_RESULT_ERROR: cannot extract SQL scalar from JSON: "
_OUTPUT_ERROR: Final = "JSON_OUTPUT_CONVERSION_ERROR: conversion from JSON failed: "
_SCALARS: Final = {"varchar": VARCHAR, "bigint": BIGINT, "double": DOUBLE, "boolean": BOOLEAN}
_RETURNED: Final = (*INTEGERS, "decimal", "double", "real", "boolean", "varchar", "char", "date")
_BIGINT: Final = 2**63
_NAME_GOES_ON: Final = re.compile(r"[\w$]")


class _Failed(ValueError):
    """Why a value could not be found, as `KIND: message`."""


def _items(text: str, path: str) -> list[Any]:
    """Return what a path finds in a JSON text; what follows the value in the text does not count."""
    is_strict, parsed = parse_path(path)
    try:
        value = plain(_first_value(text)) if text.strip() else Missing()
    except (ValueError, RecursionError) as error:
        raise _Failed("JSON_INPUT_CONVERSION_ERROR: conversion to JSON failed: ") from error
    try:
        return evaluate(parsed, value, is_strict=is_strict)
    except PathError as error:
        raise _Failed(f"PATH_EVALUATION_ERROR: path evaluation failed: {error}") from error


def _first_value(text: str) -> Any:
    """Return the value at the beginning of a text, which must be apart from what follows it."""
    value, end = value_at(text, 0)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if (is_number and text[end:] and skip_blanks(text, end) == end) or (
        (value is None or isinstance(value, bool)) and _NAME_GOES_ON.match(text, end)
    ):
        raise ValueError(text)
    return value


def plain(value: Any) -> Any:
    """Return a value with dictionaries for objects; the last of members with the same name counts."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    return {name: plain(each) for name, each in value} if isinstance(value, tuple) else value


def written(value: Any) -> str:
    """Return an item as JSON."""
    match value:
        case dict():
            return "{" + ",".join(f"{quoted(name)}:{written(each)}" for name, each in value.items()) + "}"
        case list():
            return "[" + ",".join(map(written, value)) + "]"
        case str():
            return quoted(value)
        case float():
            return java_double(value)
        case Decimal():
            return f"{value:f}"
        case Missing():
            raise NotSupportedHere("the output of an empty JSON text")
    return json.dumps(value)


def _refusal(reason: str) -> QueryRefused:
    kind, _, message = reason.partition(": ")
    return QueryRefused(kind, message)


@python_function("VARCHAR", "VARCHAR", "VARCHAR", returns="BOOLEAN")
def _json_exists(text: str, path: str, on_error: str) -> bool | None:
    try:
        return bool(_items(text, path))
    except _Failed as error:
        if on_error == "ERROR":
            raise _refusal(str(error)) from error
        return {"TRUE": True, "FALSE": False}.get(on_error)


@python_function("VARCHAR", "VARCHAR", returns="STRUCT(kind VARCHAR, text VARCHAR)")
def _json_item(text: str, path: str) -> dict[str, str | None]:
    """Return the scalar that a path finds and its type; else `null`, `empty` or `error` and the reason."""
    try:
        items = _items(text, path)
    except _Failed as error:
        return {"kind": "error", "text": str(error)}
    if not items:
        return {"kind": "empty", "text": None}
    kind = "error" if len(items) > 1 else _scalar_kind(items[0])
    if kind == "error":
        text = f"{_VALUE_ERROR}JSON path found an item that cannot be converted to an SQL value"
        return {"kind": kind, "text": text}
    if kind == "varchar":
        return {"kind": kind, "text": storable(items[0])}
    return {"kind": kind, "text": repr(items[0]) if kind == "double" else written(items[0])}


def _scalar_kind(item: Any) -> str:
    """Return the SQL type of a scalar, or `null`; `error` for what is none."""
    kinds = {str: "varchar", bool: "boolean", int: "bigint", float: "double", Decimal: "decimal"}
    if isinstance(item, int) and not -_BIGINT <= item < _BIGINT:
        return "error"
    return "null" if item is None else kinds.get(type(item), "error")


@python_function("VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR", returns="VARCHAR")
def _json_query(text: str, path: str, output: str, on_empty: str, on_error: str) -> str | None:
    """Return what a path finds as JSON.

    Args:
        text: a JSON text.
        path: a path.
        output: `wrapped`, `wrapped if needed`, `unquoted` or `plain`.
        on_empty: what to return for nothing.
        on_error: what to return after an error.
    """
    try:
        items = _items(text, path)
    except _Failed as error:
        return _instead(on_error, str(error))
    if not items:
        return _instead(on_empty, f"{_OUTPUT_ERROR}JSON path found no items")
    is_alone = len(items) == 1 and (output != "wrapped if needed" or isinstance(items[0], list | dict))
    if output == "wrapped" or (output == "wrapped if needed" and not is_alone):
        return written(items)
    if not is_alone:
        return _instead(on_error, f"{_OUTPUT_ERROR}JSON path found multiple items")
    return storable(items[0]) if output == "unquoted" and isinstance(items[0], str) else written(items[0])


def _instead(behavior: str, reason: str) -> str | None:
    if behavior == "ERROR":
        raise _refusal(reason)
    return {"EMPTY ARRAY": "[]", "EMPTY OBJECT": "{}"}.get(behavior)


def _option(call: Call, place: int, default: str) -> str:
    value = call.arguments[place].constant
    return value if isinstance(value, str) else default


def _path(call: Call) -> str:
    """The path, which is checked before the query runs."""
    parse_path(_option(call, 1, ""))
    return call.arguments[1].sql


def _exists(call: Call) -> str:
    on_error = _option(call, 3, "FALSE")
    return f"trino_json_exists({call.arguments[0].sql}, {_path(call)}, '{on_error}')"


def _value(call: Call) -> str:
    if call.type.base not in _RETURNED:
        raise call.refuse(f"RETURNING {call.type}")
    kind = duckdb_type(call.type)
    found = call.variable()
    on_error = _otherwise(call, 3, 7, f"{found}.text")
    on_empty = _otherwise(call, 2, 6, literal(f"{_VALUE_ERROR}JSON path found no items"))
    mismatch = literal(f"{_VALUE_ERROR}Cannot cast value to declared return type of function JSON_VALUE")
    branches = [
        f"WHEN '{name}' THEN {_converted(found, source, call, _otherwise(call, 3, 7, mismatch))}"
        for name, source in _SCALARS.items()
    ]
    decimal = f"{found}.text"
    if call.type.base != "varchar" or call.type.length is not None:
        reason = f"NOT_SUPPORTED: the local Athena does not support RETURNING {call.type} of a decimal; "
        decimal = f"CAST(trino_fail('{reason}Athena does') AS {kind})"
    body = (
        f"CASE {found}.kind WHEN 'empty' THEN {on_empty} WHEN 'error' THEN {on_error} {' '.join(branches)} "
        f"WHEN 'decimal' THEN {decimal} END"
    )
    item = f"trino_json_item({call.arguments[0].sql}, {_path(call)})"
    return f"CAST({bind({found: item}, body, call.variable)} AS {kind})"


def _converted(found: str, source: Type, call: Call, otherwise: str) -> str:
    if call.type.base == "date" and source != VARCHAR:
        return otherwise
    value = f"{found}.text" if source == VARCHAR else f"CAST({found}.text AS {duckdb_type(source)})"
    if call.type.base == "varchar" and call.type.length is None:
        return cast_value(value, source, VARCHAR, call)
    return f"coalesce(TRY({cast_value(value, source, call.type, call)}), {otherwise})"


def _otherwise(call: Call, place: int, default: int, reason: str) -> str:
    """What ON EMPTY or ON ERROR asks for; `reason` is the error's text."""
    behavior, kind = _option(call, place, "NULL"), duckdb_type(call.type)
    if behavior == "ERROR":
        return f"CAST(trino_fail({reason}) AS {kind})"
    return call.arguments[default].sql if behavior == "DEFAULT" else f"CAST(NULL AS {kind})"


def _query(call: Call) -> str:
    if call.type.base != "varchar":
        raise call.refuse(f"RETURNING {call.type}")
    words = _option(call, 4, "WITHOUT").split()
    output = "wrapped if needed" if "CONDITIONAL" in words else "wrapped"
    quotes = _option(call, 5, "")
    if "WITHOUT" in words:
        output = "unquoted" if quotes == "OMIT" else "plain"
    elif quotes:
        reason = f"{quotes} QUOTES behavior specified with WITH ... WRAPPER behavior"
        raise QueryRefused("INVALID_FUNCTION_ARGUMENT", reason)
    behaviors = f"'{_option(call, 2, 'NULL')}', '{_option(call, 3, 'NULL')}'"
    found = f"trino_json_query({call.arguments[0].sql}, {_path(call)}, '{output}', {behaviors})"
    return cast_value(found, VARCHAR, call.type, call)


FUNCTIONS: Final[Mapping[str, Entry]] = {
    "operator json_exists": _exists,
    "operator json_value": _value,
    "operator json_query": _query,
}
