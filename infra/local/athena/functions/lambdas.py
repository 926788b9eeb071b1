"""Functions of arrays that take a lambda."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from infra.local.athena.functions.api import Call, Entry, bind
from infra.local.athena.functions.array_building import zipped
from infra.local.athena.types import duckdb_type


def _match(start: str, body: str) -> Entry:
    """A test of the elements one after the other, which ends with the first that decides.

    Args:
        start: the answer for no elements.
        body: the template of the answer so far (`{state}`) together with the next (`{next}`).
    """

    def translation(call: Call) -> str:
        items, function = call.arguments
        state, item = call.variable(), call.variable()
        answer = body.format(state=state, next=function.apply(item))
        return f"list_reduce({items.sql}, lambda {state}, {item}: {answer}, {start})"

    return translation


def _reduce(call: Call) -> str:
    items, start, step, finish = call.arguments
    kind = duckdb_type(start.type)
    state, item, result = call.variable(), call.variable(), call.variable()
    body = f"CAST({step.apply(state, item)} AS {kind})"
    value = f"list_reduce({items.sql}, lambda {state}, {item}: {body}, CAST({start.sql} AS {kind}))"
    whole = f"CASE WHEN {items.sql} IS NOT NULL THEN {finish.apply(result)} END"
    return bind({result: value}, whole, call.variable)


def _zip_with(call: Call) -> str:
    *lists, function = call.arguments
    names = {call.variable(): argument.sql for argument in lists}
    place = call.variable()
    value = function.apply(*(f"{name}[{place}]" for name in names))
    return bind(names, zipped(tuple(names), value, place), call.variable)


_ANY: Final = "CASE WHEN {state} THEN true ELSE {state} OR {next} END"

FUNCTIONS: Final[Mapping[str, Entry]] = {
    "transform": "list_transform({0}, {1})",
    "filter": "list_filter({0}, {1})",
    "reduce": _reduce,
    "any_match": _match("false", _ANY),
    "none_match": _match("true", "CASE WHEN NOT {state} THEN false ELSE {state} AND NOT {next} END"),
    "all_match": _match("true", "CASE WHEN NOT {state} THEN false ELSE {state} AND {next} END"),
    "zip_with": _zip_with,
}
