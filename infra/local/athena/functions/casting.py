"""CAST: finds the translation for a pair of types, which the modules of conversions register."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from infra.local.athena.errors import NotSupportedHere
from infra.local.athena.functions.api import Argument, Call, Entry, render, translate
from infra.local.athena.types import Type, duckdb_type

_CASTS: Final[dict[tuple[str, str], Entry]] = {}


def register(casts: Mapping[tuple[str, str], Entry]) -> None:
    """Make translations known, by the bases of source and target."""
    _CASTS.update(casts)


def cast(operand: Argument, kind: Type, names: Iterator[int]) -> str:
    """Return a value converted to a type.

    Raises:
        NotSupportedHere: there is no translation for the pair of types.
    """
    source = operand.type
    if source == kind:
        return operand.sql
    if source.base == "unknown":
        return f"CAST(NULL AS {duckdb_type(kind)})"
    entry = _CASTS.get((source.base, kind.base))
    if entry is None:
        raise NotSupportedHere(f"CAST({source} AS {kind})")
    return translate(entry, Call("cast", (operand,), kind, names))


def fitting(template: str) -> Entry:
    """A text that has to fit into a varchar."""

    def translation(call: Call) -> str:
        text = render(template, call)
        return text if call.type.length is None else f"trino_fitting({text}, {call.type.length})"

    return translation


def cast_value(value: str, source: Type, kind: Type, call: Call) -> str:
    """Return an expression of a type converted to another, as part of a call."""
    return cast(Argument(value, source), kind, call.names)
