"""JSON_OBJECT and JSON_ARRAY."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from infra.local.athena.errors import QueryRefused
from infra.local.athena.functions.api import Argument, Call, Entry, python_function
from infra.local.athena.functions.casting import cast_value
from infra.local.athena.functions.json_conversion import to_json
from infra.local.athena.functions.json_text import quoted, value_at
from infra.local.athena.functions.sql_json import plain, written
from infra.local.athena.types import INTEGERS, VARCHAR

_MEMBERS: Final = (
    *INTEGERS,
    *("decimal", "double", "real", "boolean", "varchar", "char", "date", "timestamp"),
)


@python_function("VARCHAR[]", "VARCHAR[]", "BOOLEAN", returns="VARCHAR")
def _json_object(names: list[str | None], values: list[str | None], leaves_out_null: bool) -> str:
    members: dict[str, str] = {}
    for name, value in zip(names, values, strict=True):
        if name is None:
            message = "null value passed for JSON object key to JSON_OBJECT function"
            raise QueryRefused("INVALID_FUNCTION_ARGUMENT", message)
        if value is None and leaves_out_null:
            continue
        if name in members:
            raise QueryRefused("NOT_SUPPORTED", "cannot construct a JSON object with duplicate key")
        members[name] = "null" if value is None else value
    return "{" + ",".join(f"{quoted(name)}:{members[name]}" for name in _hashed_order(members)) + "}"


def _hashed_order(names: Collection[str]) -> list[str]:
    """Return names in the order in which Java's HashMap has them."""
    size = 16
    while len(names) > size * 3 // 4:
        size *= 2

    def bucket(name: str) -> int:
        units = name.encode("utf-16-be", "surrogatepass")
        found = 0
        for place in range(0, len(units), 2):
            found = (31 * found + int.from_bytes(units[place : place + 2])) % 2**32
        return (found ^ found >> 16) % size

    return sorted(names, key=bucket)


@python_function("VARCHAR", returns="VARCHAR")
def _json_input(text: str) -> str:
    try:
        return written(plain(value_at(text, 0)[0])) if text.strip() else "null"
    except (ValueError, RecursionError) as error:
        raise QueryRefused("JSON_INPUT_CONVERSION_ERROR", "conversion to JSON failed: ") from error


def _json_of(argument: Argument, call: Call) -> str:
    if argument.type.base == "unknown":
        return "CAST(NULL AS VARCHAR)"
    if argument.type.base == "json":  # what FORMAT JSON makes
        return argument.sql
    if argument.type.base not in _MEMBERS:
        raise call.refuse()
    if argument.type.base == "char":
        return to_json(cast_value(argument.sql, argument.type, VARCHAR, call), VARCHAR, call)
    return to_json(argument.sql, argument.type, call)


def _leaves_out_null(call: Call) -> str:
    if call.type != VARCHAR:
        raise call.refuse(f"RETURNING {call.type}")
    return "true" if call.arguments[0].constant == "ABSENT" else "false"


def _object(call: Call) -> str:
    parts = call.arguments[1:]
    for name in parts[::2]:
        if name.type.base not in {"varchar", "char"}:
            reason = f"Invalid type of JSON object key: {name.type}"
            raise QueryRefused("INVALID_FUNCTION_ARGUMENT", reason)
    names = ", ".join(cast_value(name.sql, name.type, VARCHAR, call) for name in parts[::2])
    values = ", ".join(_json_of(value, call) for value in parts[1::2])
    lists = f"CAST([{names}] AS VARCHAR[]), CAST([{values}] AS VARCHAR[])"
    return f"trino_json_object({lists}, {_leaves_out_null(call)})"


def _array(call: Call) -> str:
    values = [_json_of(value, call) for value in call.arguments[1:]]
    if _leaves_out_null(call) == "false":
        values = [f"coalesce({value}, 'null')" for value in values]
    items = f"list_filter(CAST([{', '.join(values)}] AS VARCHAR[]), lambda x: x IS NOT NULL)"
    return f"('[' || coalesce(array_to_string({items}, ','), '') || ']')"


FUNCTIONS: Final[Mapping[str, Entry]] = {
    "operator json_object": _object,
    "operator json_array": _array,
    "operator json_input": "trino_json_input({0})",
}
