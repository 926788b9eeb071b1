"""CAST from and to JSON."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from infra.local.athena.errors import CallRefused, NotSupportedHere, QueryRefused
from infra.local.athena.functions.api import Argument, Call, Entry, python_function, render
from infra.local.athena.functions.casting import cast_value, fitting, register
from infra.local.athena.functions.constants import text
from infra.local.athena.functions.json_text import (
    Members,
    as_it_is,
    canonical,
    java_double,
    parse,
    quoted,
    scientific,
    storable,
    with_whole_pairs,
)
from infra.local.athena.types import INTEGERS, JSON, VARCHAR, Type, field


def _parsed(text: str) -> Any:
    try:
        return parse(text)
    except (ValueError, RecursionError) as error:
        raise QueryRefused("INVALID_CAST_ARGUMENT", f"Cannot cast '{text}' from JSON") from error


@python_function("VARCHAR", "VARCHAR", "BOOLEAN", returns="VARCHAR")
def _json_to_cast(text: str, kind: str, is_constant: bool) -> str:
    """Return a JSON text for its CAST to a type: Trino converts it without a value of type json between.

    So it is malformed for the cast, and has its members in the order in which they are written. A constant
    text is parsed before the query runs.
    """
    try:
        value = parse(text)
    except (ValueError, RecursionError) as error:
        raise QueryRefused("INVALID_CAST_ARGUMENT", f"Cannot cast to {kind}.\n{text}") from error
    if is_constant:
        return canonical(value)
    if _has_duplicates(value):
        raise NotSupportedHere("CAST of a JSON text with duplicate names")
    if "json" in kind and as_it_is(value) != canonical(value):
        raise NotSupportedHere(f"CAST(json_parse(...) AS {kind}) of members that are not sorted by name")
    return canonical(value)


def _has_duplicates(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_has_duplicates, value))
    if not isinstance(value, Members):
        return False
    return len(dict(value)) < len(value) or any(_has_duplicates(each) for _, each in value)


def _bad(text: str, kind: str) -> QueryRefused:
    return QueryRefused("INVALID_CAST_ARGUMENT", f"Cannot cast '{text}' to {kind}")


@python_function("VARCHAR", returns="VARCHAR")
def _json_of_text(text: str) -> str:
    return quoted(text)


@python_function("DOUBLE", returns="VARCHAR")
def _json_of_double(value: float) -> str:
    return java_double(value)


@python_function("VARCHAR", returns="VARCHAR")
def _json_scalar(text: str) -> str | None:
    """Return a scalar as text, as CAST(json AS varchar) does."""
    value = _parsed(text)
    if value is None or isinstance(value, str):
        return value and storable(value)
    if isinstance(value, Members | list):
        raise _bad(text, "varchar")
    return scientific(repr(value)) if isinstance(value, float) else as_it_is(value)


@python_function("VARCHAR", "VARCHAR", returns="VARCHAR")
def _json_number(text: str, kind: str) -> str | None:
    """Return a scalar as the text of a number of a type."""
    value = _parsed(text)
    if value is None:
        return None
    if isinstance(value, Members | list):
        raise _bad(text, kind)
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, str):
        return value.strip() if kind in {"double", "real"} else value
    if kind in {"double", "real"}:
        return repr(float(value))
    if kind.startswith("decimal"):
        return f"{Decimal(repr(value)):f}"
    return str(Decimal(value).quantize(Decimal(1), ROUND_HALF_UP))


@python_function("VARCHAR", returns="BOOLEAN")
def _json_boolean(text: str) -> bool | None:
    value = _parsed(text)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value != 0
    if isinstance(value, str) and value.lower() in {"t", "true", "1", "f", "false", "0"}:
        return value.lower() in {"t", "true", "1"}
    raise _bad(text, "boolean")


def _part(value: Any) -> str:
    """Return a part of a value as JSON."""
    return with_whole_pairs(as_it_is(value))


@python_function("VARCHAR", "VARCHAR", returns="VARCHAR[]")
def _json_elements(text: str, kind: str) -> list[str | None] | None:
    value = _parsed(text)
    if value is None:
        return None
    if not isinstance(value, list):
        message = f"Cannot cast to {kind}. Expected a json array, but got {text[:1]}\n{text}"
        raise QueryRefused("INVALID_CAST_ARGUMENT", message)
    return [_part(each) for each in value]


@python_function("VARCHAR", "VARCHAR", returns="MAP(VARCHAR, VARCHAR)")
def _json_members(text: str, kind: str) -> dict[str, Any] | None:
    value = _parsed(text)
    if value is None:
        return None
    if not isinstance(value, Members):
        message = f"Cannot cast to {kind}. Expected a json object, but got {text[:1]}\n{text}"
        raise QueryRefused("INVALID_CAST_ARGUMENT", message)
    if len(dict(value)) < len(value):
        message = f"Cannot cast to {kind}. Duplicate map keys are not allowed\n{text}"
        raise QueryRefused("INVALID_CAST_ARGUMENT", message)
    return {"key": [name for name, _ in value], "value": [_part(each) for _, each in value]}


@python_function("VARCHAR", "VARCHAR[]", "VARCHAR", returns="VARCHAR[]")
def _json_fields(text: str, names: list[str], kind: str) -> list[str | None] | None:
    """Return the values of a row's fields, by their places or, without regard to case, their names."""
    value = _parsed(text)
    if value is None:
        return None
    if isinstance(value, list):
        if len(value) != len(names):
            raise QueryRefused("INVALID_CAST_ARGUMENT", f"Cannot cast to {kind}. {text}")
        return [_part(each) for each in value]
    if not isinstance(value, Members):
        message = f"Cannot cast to {kind}. Expected a json array or object, but got {text[:1]}\n{text}"
        raise QueryRefused("INVALID_CAST_ARGUMENT", message)
    members: dict[str, list[Any]] = {name.lower(): [] for name in names}
    for name, member in value:
        members.get(name.lower(), []).append(member)
    twice = next((name for name, found in members.items() if len(found) > 1), None)
    if twice is not None:
        message = f"Cannot cast to {kind}. Duplicate field: {twice}\n{text}"
        raise QueryRefused("INVALID_CAST_ARGUMENT", message)
    found = (members[name.lower()] for name in names)
    return [_part(each[0]) if each else None for each in found]


def _to_number(call: Call) -> str:
    kind = call.type.base if call.type.base != "integer" else "INT"
    if call.type.base in INTEGERS:
        number = f"trino_json_number({{0}}, '{kind}')"
        return render(f"CAST(trino_matching({number}, '[+-]?[0-9]+', '{kind.upper()}') AS {{type}})", call)
    return render(f"CAST(trino_json_number({{0}}, '{call.type}') AS {{type}})", call)


def _to_array(call: Call) -> str:
    name = call.variable()
    elements = render(f"trino_json_elements({{0}}, {text(str(call.type))})", call)
    inner = call.type.element
    return f"list_transform({elements}, lambda {name}: {_of_json(name, inner, call)})"


_KEYS: Final = {*INTEGERS, "boolean", "real", "double", "decimal", "varchar", "unknown"}


def _to_map(call: Call) -> str:
    key, value = call.type.types
    if key.base not in _KEYS:
        raise CallRefused("INVALID_CAST_ARGUMENT", f"Cannot cast JSON to {call.type}")
    entry = call.variable()
    members = render(f"trino_json_members({{0}}, {text(str(call.type))})", call)
    new_key = cast_value(f"{entry}.key", VARCHAR, key, call)
    if key.base == "varchar" and key.length is not None:
        new_key = f"trino_json_fitting({entry}.key, {key.length})"
    new_value = _of_json(f"{entry}.value", value, call)
    pairs = f"lambda {entry}: struct_pack(key := {new_key}, value := {new_value})"
    return f"map_from_entries(list_transform(map_entries({members}), {pairs}))"


def _to_row(call: Call) -> str:
    names = ", ".join(text(name or "") for name in call.type.names)
    values = call.variable()
    fields = ", ".join(
        f"{field(place)} := {_of_json(f'{values}[{place + 1}]', kind, call)}"
        for place, kind in enumerate(call.type.types)
    )
    found = render(f"trino_json_fields({{0}}, [{names}], {text(str(call.type))})", call)
    body = f"CASE WHEN {values} IS NULL THEN NULL ELSE struct_pack({fields}) END"
    return f"list_transform([{found}], lambda {values}: {body})[1]"


def _of_json(value: str, kind: Type, call: Call) -> str:
    if kind.base == "varchar" and kind.length is not None:
        # Trino does not look at the length, and fails when it writes the result.
        return f"trino_json_fitting(trino_json_scalar({value}), {kind.length})"
    return cast_value(value, JSON, kind, call)


def to_json(value: str, kind: Type, call: Call) -> str:
    """Return a value as JSON; null is null."""
    entry = _TO_JSON.get(kind.base)
    if entry is None:
        raise NotSupportedHere(f"CAST({kind} AS json)")
    inner = Call("cast", (Argument(value, kind),), JSON, call.names)
    return render(entry, inner) if isinstance(entry, str) else entry(inner)


def _of_array(call: Call) -> str:
    name = call.variable()
    item = f"coalesce({to_json(name, call.arguments[0].type.element, call)}, 'null')"
    return render(f"('[' || array_to_string(list_transform({{0}}, lambda {name}: {item}), ',') || ']')", call)


def _of_map(call: Call) -> str:
    key, value = call.arguments[0].type.types
    entry = call.variable()
    if key.base not in _NAMES:
        raise QueryRefused("INVALID_CAST_ARGUMENT", f"Cannot cast {call.arguments[0].type} to JSON")
    name = cast_value(f"{entry}.key", key, VARCHAR, call)
    if key.base in {"real", "double"}:
        name = f"trim({to_json(f'{entry}.key', key, call)}, '\"')"
    item = f"coalesce({to_json(f'{entry}.value', value, call)}, 'null')"
    pairs = f"lambda {entry}: struct_pack(k := {name}, v := {item})"
    members = f"list_sort(list_transform(map_entries({{0}}), {pairs}))"
    joined = (
        f"array_to_string(list_transform({members}, lambda e: trino_json_of_text(e.k) || ':' || e.v), ',')"
    )
    return render(f"('{{' || {joined} || '}}')", call)


def _of_row(call: Call) -> str:
    (operand,) = call.arguments
    members = [
        f"{text(quoted(name or '') + ':')} || "
        f"coalesce({to_json(f'{operand.sql}.{field(place)}', part, call)}, 'null')"
        for place, (name, part) in enumerate(zip(operand.type.names, operand.type.types, strict=True))
    ]
    listed = " || ',' || ".join(members)
    return f"(CASE WHEN {operand.sql} IS NULL THEN NULL ELSE '{{' || {listed} || '}}' END)"


def _of_text_form(call: Call) -> str:
    operand = call.arguments[0]
    text = cast_value(operand.sql, operand.type, VARCHAR, call)
    return f"trino_json_of_text({text})"


_NAMES: Final = (*INTEGERS, "boolean", "decimal", "real", "double", "varchar", "unknown")
_TO_JSON: Final[Mapping[str, Entry]] = {
    "boolean": "CAST({0} AS VARCHAR)",
    **dict.fromkeys(INTEGERS, "CAST({0} AS VARCHAR)"),
    "decimal": "trino_decimal_text({0})",
    "double": "trino_json_of_double({0})",
    "real": "trino_json_of_double(CAST(CAST({0} AS VARCHAR) AS DOUBLE))",
    "varchar": "trino_json_of_text({0})",
    "json": "{0}",
    "date": _of_text_form,
    "timestamp": _of_text_form,
    "array": _of_array,
    "map": _of_map,
    "row": _of_row,
}

register(
    {
        **{(base, "json"): entry for base, entry in _TO_JSON.items() if base != "json"},
        **{("json", base): _to_number for base in (*INTEGERS, "decimal", "double", "real")},
        ("json", "varchar"): fitting("trino_json_scalar({0})"),
        ("json", "boolean"): "trino_json_boolean({0})",
        ("json", "array"): _to_array,
        ("json", "map"): _to_map,
        ("json", "row"): _to_row,
    }
)
