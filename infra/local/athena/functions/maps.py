"""Functions of maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from infra.local.athena.errors import CallRefused
from infra.local.athena.functions.api import Call, Entry, bind, macro, render
from infra.local.athena.functions.nested import null_inside
from infra.local.athena.types import Type

_ZONED: Final = "timestamp with time zone"

macro(
    "trino_map",
    "names, items",
    "CASE WHEN CASE WHEN len(names) <> len(items) THEN trino_fail('INVALID_FUNCTION_ARGUMENT: Key and value "
    "arrays must be the same length') WHEN trino_has_null(names) THEN trino_fail('INVALID_FUNCTION_ARGUMENT: "
    "map key cannot be null') WHEN list_unique(names) < len(names) THEN trino_fail("
    "'INVALID_FUNCTION_ARGUMENT: Duplicate map keys (' || CAST(list_filter(names, "
    "lambda x, i: list_position(names, x) < i)[1] AS VARCHAR) || ') are not allowed') END IS NULL "
    "THEN map(names, items) END",
)
macro(
    "trino_known_entries",
    "entries",
    "CASE WHEN trino_has_null(entries) THEN trino_fail('INVALID_FUNCTION_ARGUMENT: map entry cannot be null')"
    " WHEN trino_has_null(list_transform(entries, lambda e: e.f0)) "
    "THEN trino_fail('INVALID_FUNCTION_ARGUMENT: map key cannot be null') END IS NULL",
)


macro(
    "trino_united_entries",
    "entries",
    "map_from_entries(list_filter(entries, "
    "lambda x, i: list_position(list_transform(entries, lambda y: y.key), x.key) = i))",
)


def _check_keys(call: Call, kind: Type) -> None:
    if kind.contains("map", _ZONED):
        raise call.refuse()


def _map(call: Call) -> str:
    if not call.arguments:
        return render("CAST(map([], []) AS {type})", call)
    kind = call.type.types[0]
    _check_keys(call, kind)
    name = call.variable()
    inner = null_inside(name, kind, call)
    if not inner:
        return render("trino_map({0}, {1})", call)
    reason = "'INVALID_FUNCTION_ARGUMENT: map key cannot be indeterminate'"
    has_null = f"len(list_filter({{0}}, lambda {name}: {inner})) > 0"
    check = f"CASE WHEN {has_null} THEN trino_fail({reason}) END IS NULL"
    return render(f"CASE WHEN {check} THEN trino_map({{0}}, {{1}}) END", call)


def _from_entries(template: str) -> Entry:
    def translation(call: Call) -> str:
        _check_keys(call, call.type.types[0])
        return render(f"CASE WHEN trino_known_entries({{0}}) THEN {template} END", call)

    return translation


def _concat(call: Call) -> str:
    if len(call.arguments) == 1:
        reason = "There must be two or more concatenation arguments to map_concat"
        raise CallRefused("INVALID_FUNCTION_ARGUMENT", reason)
    _check_keys(call, call.type.types[0])
    names = {call.variable(): argument.sql for argument in call.arguments}
    given = " AND ".join(f"{name} IS NOT NULL" for name in names)
    # The entries of the last map come first, as Trino has them.
    entries = ", ".join(f"map_entries({name})" for name in reversed(names))
    body = f"CASE WHEN {given} THEN trino_united_entries(flatten([{entries}])) END"
    return bind(names, body, call.variable)


def _filter(call: Call) -> str:
    entries, function = call.arguments
    entry = call.variable()
    condition = function.apply(f"{entry}.key", f"{entry}.value")
    return f"map_from_entries(list_filter(map_entries({entries.sql}), lambda {entry}: {condition}))"


def _transform_values(call: Call) -> str:
    entries, function = call.arguments
    entry = call.variable()
    value = function.apply(f"{entry}.key", f"{entry}.value")
    pairs = f"lambda {entry}: struct_pack(key := {entry}.key, value := {value})"
    return f"map_from_entries(list_transform(map_entries({entries.sql}), {pairs}))"


def _transform_keys(call: Call) -> str:
    _check_keys(call, call.type.types[0])
    entries, function = call.arguments
    name, entry = call.variable(), call.variable()
    key = function.apply(f"{entry}.key", f"{entry}.value")
    keys = f"list_transform(map_entries({name}), lambda {entry}: {key})"
    return bind({name: entries.sql}, f"trino_map({keys}, map_values({name}))", call.variable)


def _zip_with(call: Call) -> str:
    *maps, function = call.arguments
    _check_keys(call, call.type.types[0])
    names = {call.variable(): argument.sql for argument in maps}
    keys, key = call.variable(), call.variable()
    first, second = names
    value = function.apply(key, f"{first}[{key}]", f"{second}[{key}]")
    found = f"trino_distinct(list_concat(map_keys({first}), map_keys({second})))"
    body = bind({keys: found}, f"map({keys}, list_transform({keys}, lambda {key}: {value}))", call.variable)
    return bind(
        names, f"CASE WHEN {first} IS NOT NULL AND {second} IS NOT NULL THEN {body} END", call.variable
    )


_KEYS: Final = "list_transform({0}, lambda e: e.f0)"
_VALUES: Final = "list_transform({0}, lambda e: e.f1)"
_PAIRS: Final = "list_transform({0}, lambda e: struct_pack(key := e.f0, value := e.f1))"

FUNCTIONS: Final[Mapping[str, Entry]] = {
    "map": _map,
    "map_keys": "map_keys({0})",
    "map_values": "map_values({0})",
    "map_entries": "list_transform(map_entries({0}), lambda e: struct_pack(f0 := e.key, f1 := e.value))",
    "map_from_entries": _from_entries(f"trino_map({_KEYS}, {_VALUES})"),
    "multimap_from_entries": _from_entries(f"trino_multimap({_PAIRS})"),
    "map_concat": _concat,
    "map_filter": _filter,
    "map_zip_with": _zip_with,
    "transform_keys": _transform_keys,
    "transform_values": _transform_values,
}
