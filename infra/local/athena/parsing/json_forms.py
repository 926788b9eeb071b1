"""Reads the JSON functions of the SQL standard, such as JSON_VALUE and JSON_OBJECT."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from infra.local.athena.errors import NotSupportedHere, Position
from infra.local.athena.parsing import expressions
from infra.local.athena.parsing.cursor import Cursor
from infra.local.athena.parsing.syntax import Expression, SpecialForm

_WRAPPERS: Final = (
    "WITHOUT ARRAY WRAPPER",
    "WITHOUT WRAPPER",
    "WITH CONDITIONAL ARRAY WRAPPER",
    "WITH CONDITIONAL WRAPPER",
    "WITH UNCONDITIONAL ARRAY WRAPPER",
    "WITH UNCONDITIONAL WRAPPER",
    "WITH ARRAY WRAPPER",
    "WITH WRAPPER",
)
_BEHAVIORS: Final = ("NULL", "ERROR", "EMPTY ARRAY", "EMPTY OBJECT", "DEFAULT", "TRUE", "FALSE", "UNKNOWN")


def _exists(cursor: Cursor, at: Position) -> Expression:
    arguments, options = _path_call(cursor)
    options |= _behaviors(cursor)
    cursor.expect(")")
    return SpecialForm(at, "json_exists", arguments, tuple(options.items()))


def _value(cursor: Cursor, at: Position) -> Expression:
    arguments, options = _path_call(cursor)
    options |= _returning(cursor)
    options |= _behaviors(cursor)
    cursor.expect(")")
    return SpecialForm(at, "json_value", arguments, tuple(options.items()))


def _query(cursor: Cursor, at: Position) -> Expression:
    arguments, options = _path_call(cursor)
    options |= _returning(cursor)
    wrapper = _one_phrase(cursor, _WRAPPERS)
    if wrapper:
        options["wrapper"] = wrapper
    if cursor.sees_any("KEEP", "OMIT"):
        options["quotes"] = cursor.take().word
        cursor.expect("QUOTES")
        cursor.skip("ON", "SCALAR", "STRING")
    options |= _behaviors(cursor)
    cursor.expect(")")
    return SpecialForm(at, "json_query", arguments, tuple(options.items()))


def _path_call(cursor: Cursor) -> tuple[tuple[Expression, ...], dict[str, Any]]:
    """Read the value and the path."""
    cursor.expect("(")
    value = expressions.expression(cursor)
    _refuse_format(cursor)
    cursor.expect(",")
    path_at = cursor.at
    path = cursor.string()
    if cursor.sees("PASSING"):
        raise NotSupportedHere("PASSING in a JSON function", cursor.at)
    return (value,), {"path": path, "path_at": path_at}


def _returning(cursor: Cursor) -> dict[str, Any]:
    if not cursor.skip("RETURNING"):
        return {}
    kind = cursor.type()
    _refuse_format(cursor)
    return {"returning": kind}


def _behaviors(cursor: Cursor) -> dict[str, Any]:
    """Read `... ON EMPTY` and `... ON ERROR`."""
    found: dict[str, Any] = {}
    while phrase := _one_phrase(cursor, _BEHAVIORS):
        default = expressions.expression(cursor) if phrase == "DEFAULT" else None
        cursor.expect("ON")
        event = cursor.one_of("EMPTY", "ERROR").lower()
        found[f"on_{event}"] = phrase
        found[f"{event}_default"] = default
    return found


def _object(cursor: Cursor, at: Position) -> Expression:
    cursor.expect("(")
    members = [] if cursor.sees_any(")", "NULL", "ABSENT") and not _is_member(cursor) else _members(cursor)
    options = _construction(cursor)
    return SpecialForm(at, "json_object", tuple(members), options)


def _is_member(cursor: Cursor) -> bool:
    return cursor.sees("NULL") and cursor.ahead().word in {":", "VALUE"}


def _members(cursor: Cursor) -> list[Expression]:
    found: list[Expression] = []
    for key, value in cursor.list_of(lambda: _member(cursor)):
        found += [key, value]
    return found


def _member(cursor: Cursor) -> tuple[Expression, Expression]:
    if cursor.sees("KEY") and cursor.ahead().word not in {":", "VALUE", "(", "."}:
        cursor.take()
    key = expressions.expression(cursor)
    if not cursor.skip(":"):
        cursor.expect("VALUE")
    return key, _formatted(cursor)


def _array(cursor: Cursor, at: Position) -> Expression:
    cursor.expect("(")
    is_empty = cursor.sees_any(")", "ABSENT") or cursor.sees("NULL", "ON", "NULL")
    items = () if is_empty else cursor.list_of(lambda: _formatted(cursor))
    return SpecialForm(at, "json_array", items, _construction(cursor))


def _construction(cursor: Cursor) -> tuple[tuple[str, Any], ...]:
    options: dict[str, Any] = {}
    if cursor.sees_any("NULL", "ABSENT"):
        options["on_null"] = cursor.take().word
        cursor.expect("ON", "NULL")
    if cursor.sees_any("WITH", "WITHOUT"):
        options["unique"] = cursor.take().word == "WITH"
        cursor.expect("UNIQUE")
        cursor.skip("KEYS")
    options |= _returning(cursor)
    cursor.expect(")")
    return tuple(options.items())


def _formatted(cursor: Cursor) -> Expression:
    """Read a value, which is a JSON text if FORMAT JSON follows."""
    at = cursor.at
    value = expressions.expression(cursor)
    if not cursor.skip("FORMAT", "JSON"):
        return value
    if cursor.sees("ENCODING"):
        raise NotSupportedHere("FORMAT JSON ENCODING", cursor.at)
    return SpecialForm(at, "json_input", (value,))


def _refuse_format(cursor: Cursor) -> None:
    if cursor.sees("FORMAT"):
        raise NotSupportedHere("FORMAT JSON", cursor.at)


def _one_phrase(cursor: Cursor, phrases: tuple[str, ...]) -> str | None:
    return next((phrase for phrase in phrases if cursor.skip(*phrase.split())), None)


FORMS: Final[Mapping[str, Callable[[Cursor, Position], Expression]]] = {
    "JSON_EXISTS": _exists,
    "JSON_VALUE": _value,
    "JSON_QUERY": _query,
    "JSON_OBJECT": _object,
    "JSON_ARRAY": _array,
}
