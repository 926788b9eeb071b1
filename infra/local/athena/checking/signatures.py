"""Trino's own signatures of functions and operators, from `trino_functions.json`."""

from __future__ import annotations

import ast
import json
import operator
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from infra.local.athena.type_text import parse_type
from infra.local.athena.types import Type

_FILE: Final = Path(__file__).parents[1] / "trino_functions.json"


@dataclass(frozen=True)
class TypeVariable:
    """What a type variable may stand for.

    Attributes:
        base: the only base that is allowed, for example `row`; "" for any.
        is_comparable: whether values have to be comparable.
        is_orderable: whether values have to be sortable.
    """

    base: str = ""
    is_comparable: bool = False
    is_orderable: bool = False

    def allows(self, kind: Type) -> bool:
        """Return whether it may stand for a type."""
        return (
            (not self.base or kind.base in {self.base, "unknown"})
            and (kind.is_comparable or not self.is_comparable)
            and (kind.is_orderable or not self.is_orderable)
        )


@dataclass(frozen=True)
class Signature:
    """A function's overload.

    Attributes:
        name: the function's name.
        kind: `scalar`, `aggregate`, `window` or `operator`.
        arguments: patterns of the arguments.
        result: the pattern of the result.
        has_variable_arity: whether the last argument may be repeated, or left out.
        type_variables: by their names in lower case.
        formulas: how numbers of the result follow from those of the arguments.
        takes_null: whether an argument may be null without making the result null.
    """

    name: str
    kind: str
    arguments: tuple[Type, ...]
    result: Type
    has_variable_arity: bool = False
    type_variables: Mapping[str, TypeVariable] = field(default_factory=dict)
    formulas: Mapping[str, str] = field(default_factory=dict)
    takes_null: tuple[bool, ...] = ()

    @property
    def is_generic(self) -> bool:
        """Whether variables have to be bound."""
        return bool(self.type_variables) or any(_has_numbers(each) for each in self.arguments)

    def expanded(self, count: int) -> tuple[Type, ...] | None:
        """Return the patterns of so many arguments; None when the signature does not take as many."""
        if not self.has_variable_arity:
            return self.arguments if len(self.arguments) == count else None
        extra = count - len(self.arguments)
        if extra < -1:
            return None
        return self.arguments[:-1] if extra == -1 else self.arguments + self.arguments[-1:] * extra

    def __str__(self) -> str:
        variables = ", ".join(sorted(name.upper() for name in self.type_variables))
        arguments = ", ".join(map(str, self.arguments))
        return f"{self.name}({arguments}){variables and f' {variables}'}"


@cache
def signatures() -> Mapping[str, tuple[Signature, ...]]:
    """Return the overloads of each function; those of operators by names such as `operator add`."""
    found: dict[str, dict[Signature, None]] = defaultdict(dict)
    for line in json.loads(_FILE.read_text(encoding="utf-8")):
        prefix = "operator " if line["kind"] == "operator" else ""
        signature = _signature(line)
        found[prefix + line["name"]].setdefault(signature)
    return {name: tuple(overloads) for name, overloads in found.items()}


def calculate(formula: str, numbers: Mapping[str, int]) -> int:
    """Return the value of a formula such as `min(38, p + 1)`."""
    return _value(ast.parse(formula.lower(), mode="eval").body, numbers)


_OPERATORS: Final[Mapping[type[ast.AST], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.floordiv,
}


def _value(node: ast.AST, numbers: Mapping[str, int]) -> int:
    match node:
        case ast.Constant(value=int() as value):
            return value
        case ast.Name(id=name):
            return numbers[name]
        case ast.BinOp(left=left, op=sign, right=right):
            return int(_OPERATORS[type(sign)](_value(left, numbers), _value(right, numbers)))
        case ast.Call(func=ast.Name(id="min" | "max" as name), args=arguments):
            values = [_value(argument, numbers) for argument in arguments]
            return min(values) if name == "min" else max(values)
    raise ValueError(ast.dump(node))


def _signature(line: Mapping[str, Any]) -> Signature:
    variables = {
        each["name"].lower(): TypeVariable(
            each.get("kind", ""), each.get("comparable", False), each.get("orderable", False)
        )
        for each in line.get("type_variables", ())
    }
    return Signature(
        line["name"],
        line["kind"],
        tuple(map(parse_type, line["arguments"])),
        parse_type(line["returns"]),
        line.get("variable_arity", False),
        _Frozen(variables),
        _Frozen({name.lower(): formula for name, formula in line.get("formulas", {}).items()}),
        tuple(line.get("takes_null", ())),
    )


class _Frozen(dict[str, Any]):
    """A dictionary that is not changed any more, and can be a part of a set's elements."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self.items()))


def _has_numbers(kind: Type) -> bool:
    return any(
        isinstance(part, str) or (isinstance(part, Type) and _has_numbers(part)) for part in kind.parameters
    )
