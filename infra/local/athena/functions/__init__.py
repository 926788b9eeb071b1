"""Trino's functions in DuckDB's terms: only what is listed here is supported, everything else is refused.

The checker has done its part before a translation is asked: the call fits one of Trino's own signatures
(`trino_functions.json`), each argument has been cast to the type that the signature asks for, and the type
of the result is known. The translation gives DuckDB's expression, whose value must be exactly Trino's.
Values are held as `types.py` says; for example a `timestamp with time zone` is a STRUCT. The result is cast
to its type by the caller, so `length({0})` may give a BIGINT or an INTEGER.

A group of functions is a module with a dictionary `FUNCTIONS` (and `AGGREGATES`, `WINDOWS`), which is
listed in `_GROUPS` below. An entry is one of:

A template, when one expression of DuckDB does it. An argument that occurs twice is evaluated once:

    "lower": "lower({0})",
    "codepoint": "unicode({0})",
    "slice": "list_slice({0}, {1}, {1} + {2} - 1)",

A macro or a Python function, when no such expression exists. Only a query that uses it defines it.
A Python function gets None only with takes_null=True, and a DOUBLE that it returns must not be NaN, which
DuckDB takes for null. It raises `QueryRefused(kind, message)` when Trino's function fails; in a template,
`trino_fail('KIND: message')` does the same:

    @python_function("VARCHAR", "VARCHAR", returns="BOOLEAN")
    def _regexp_like(text: str, pattern: str) -> bool: ...

    "regexp_like": "trino_regexp_like({0}, {1})",

A choice by the number of arguments or the type of one of them; what is not listed is refused, as Athena's:

    "split": by_arity({2: "trino_split({0}, {1})", 3: "trino_split_limited({0}, {1}, {2})"}),
    "length": by_type({"varchar": "length({0})", "varbinary": "octet_length({0})"}),

A function of a `Call`, for everything else, such as lambdas of two parameters or arguments that have to be
literals:

    def _transform_values(call: Call) -> str:
        entries, function = call.arguments
        entry = call.variable()
        value = function.apply(f"{entry}.key", f"{entry}.value")
        pairs = f"lambda {entry}: struct_pack(key := {entry}.key, value := {value})"
        return f"map_from_entries(list_transform(map_entries({entries.sql}), {pairs}))"

    def _date_trunc(call: Call) -> str:
        unit = call.arguments[0]
        if not unit.is_constant:
            raise call.refuse("a unit that is not a literal")
        ...

A lambda of one parameter needs none: `"transform": "list_transform({0}, {1})"`.

An `Aggregate`, or a function of a `Call` that gives one: DuckDB's function, its arguments, and what is made
of its value. Window functions are templates, or functions that give one, with `{nulls}` for IGNORE NULLS:

    "sum": Aggregate("sum"),
    "count_if": Aggregate("count", "*", condition="{0}"),
    "geometric_mean": Aggregate("avg", "ln({0})", "exp({value})"),
    "lag": "lag({all}{nulls})",
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Final

from infra.local.athena.functions import (
    aggregates,
    arithmetic,
    array_building,
    arrays,
    binary,
    conditions,
    constructors,
    conversion,
    date_formats,
    dates,
    fdlibm,
    java_format,
    json_conversion,
    json_extraction,
    lambdas,
    maps,
    numbers,
    regexp,
    rounding,
    sql_json,
    sql_json_construction,
    statistics,
    text,
    time_conversion,
    time_zones,
    urls,
    windows,
)
from infra.local.athena.functions.api import Aggregate, Call, Entry

_GROUPS: Final[tuple[ModuleType, ...]] = (
    aggregates,
    arithmetic,
    array_building,
    arrays,
    binary,
    conditions,
    constructors,
    date_formats,
    dates,
    conversion,
    fdlibm,
    java_format,
    json_conversion,
    json_extraction,
    lambdas,
    maps,
    numbers,
    regexp,
    rounding,
    sql_json,
    sql_json_construction,
    statistics,
    text,
    time_conversion,
    time_zones,
    urls,
    windows,
)


def _merged(kind: str) -> dict[str, object]:
    return {name: entry for group in _GROUPS for name, entry in getattr(group, kind, {}).items()}


FUNCTIONS: Final[Mapping[str, Entry]] = _merged("FUNCTIONS")  # type: ignore[assignment]
AGGREGATES: Final[Mapping[str, Aggregate | Callable[[Call], Aggregate]]] = _merged("AGGREGATES")  # type: ignore[assignment]
WINDOWS: Final[Mapping[str, Entry]] = _merged("WINDOWS")  # type: ignore[assignment]
