"""Which overload of a function a call means, and the types that it then has: Trino's rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from infra.local.athena.checking.casts import invalid_parameters
from infra.local.athena.checking.signatures import Signature, calculate
from infra.local.athena.coercions import can_coerce, coerced_to_base, common_type
from infra.local.athena.errors import QueryRefused
from infra.local.athena.types import UNKNOWN, Type

_ROUNDS: Final = 4


@dataclass(frozen=True)
class LambdaArgument:
    """A lambda whose type depends on the types of its parameters.

    Attributes:
        result: gives the type of its body, for the types of its parameters. It raises QueryRefused if the
            lambda has another number of parameters.
    """

    result: Callable[[tuple[Type, ...]], Type]


Actual = Type | LambdaArgument


@dataclass(frozen=True)
class Bound:
    """A signature with the types of one call."""

    signature: Signature
    arguments: tuple[Type, ...]
    result: Type


class AmbiguousCall(ValueError):
    """Several overloads fit a call equally well."""


def resolve(overloads: Sequence[Signature], actuals: Sequence[Actual]) -> Bound | None:
    """Return the overload that a call means; None when none fits.

    Raises:
        AmbiguousCall: several fit equally well.
        QueryRefused: the body of a lambda is wrong.
    """
    for is_generic in (False, True):
        candidates = [each for each in overloads if each.is_generic == is_generic]
        exact = [found for each in candidates if (found := bind(each, actuals, is_exact=True))]
        if len(exact) == 1:
            return exact[0]
        if exact:
            raise AmbiguousCall
    fitting = [found for each in overloads if (found := bind(each, actuals))]
    chosen = _most_specific(fitting)
    if len(chosen) > 1:
        chosen = _for_unknown(fitting, chosen, actuals)
    if len(chosen) > 1:
        raise AmbiguousCall
    return chosen[0] if chosen else None


def bind(signature: Signature, actuals: Sequence[Actual], *, is_exact: bool = False) -> Bound | None:
    """Bind the variables of a signature to the arguments of a call; None when they do not fit."""
    formals = signature.expanded(len(actuals))
    if formals is None:
        return None
    solver = _Solver(signature)
    for _ in range(_ROUNDS):
        before = (dict(solver.types), dict(solver.numbers))
        if not all(map(solver.unify, formals, actuals)):
            return None
        if before == (solver.types, solver.numbers):
            break
    return solver.bound(formals, actuals, is_exact=is_exact)


@dataclass
class _Solver:
    signature: Signature
    types: dict[str, Type] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def unify(self, formal: Type, actual: Actual) -> bool:
        """Widen the variables so that the pattern takes the type; False when that cannot be."""
        if formal.base == "function":
            return self._unify_lambda(formal, actual)
        if isinstance(actual, LambdaArgument):
            return False
        if formal.base in self.signature.type_variables:
            return self._unify_variable(formal.base, actual)
        if formal.types:
            parts = (UNKNOWN,) * len(formal.types) if actual == UNKNOWN else actual.types
            return len(parts) == len(formal.types) and all(map(self.unify, formal.types, parts))
        return self._unify_numbers(formal, actual) if formal.parameters else True

    def _unify_lambda(self, formal: Type, actual: Actual) -> bool:
        *parameters, result = formal.types
        known = [self._applied(parameter) for parameter in parameters]
        if not isinstance(actual, LambdaArgument):
            return actual == UNKNOWN
        types = tuple(kind for kind in known if kind is not None)
        return len(types) < len(parameters) or self.unify(result, actual.result(types))

    def _unify_variable(self, name: str, actual: Type) -> bool:
        variable = self.signature.type_variables[name]
        common = common_type(self.types[name], actual) if name in self.types else actual
        if common is None or not variable.allows(common):
            return False
        self.types[name] = common
        return True

    def _unify_numbers(self, formal: Type, actual: Type) -> bool:
        coerced = coerced_to_base(actual, formal.base)
        if coerced is None:
            return False
        if formal.base == "varchar" and coerced.length is None:
            coerced = Type("varchar", (_UNBOUNDED,))
        numbers = [
            self.numbers.get(part, number) if isinstance(part, str) else part
            for part, number in zip(formal.parameters, coerced.numbers, strict=True)
        ]
        common = common_type(Type(formal.base, tuple(numbers)), coerced)
        if common is None:
            return False
        for part, number in zip(formal.parameters, common.numbers, strict=True):
            if isinstance(part, str):
                self.numbers[part] = number
            elif part != number:
                return False
        return True

    def bound(self, formals: Sequence[Type], actuals: Sequence[Actual], *, is_exact: bool) -> Bound | None:
        """Return the signature with its variables replaced, if each argument fits."""
        for name, formula in self.signature.formulas.items():
            self.numbers[name] = calculate(formula, self.numbers)
        arguments = [self._applied(formal) for formal in formals]
        result = self._applied(self.signature.result)
        known = tuple(kind for kind in arguments if kind is not None)
        if result is None or len(known) < len(arguments):
            return None
        if not all(_fits(actual, kind, is_exact) for actual, kind in zip(actuals, known, strict=True)):
            return None
        if wrong := invalid_parameters(result):  # of a product of decimals
            raise QueryRefused("INVALID_FUNCTION_ARGUMENT", wrong)
        return Bound(self.signature, known, result)

    def _applied(self, pattern: Type) -> Type | None:
        """Return a pattern with its variables replaced; None when one is not known."""
        if pattern.base in self.signature.type_variables:
            return self.types.get(pattern.base)
        parameters: list[Type | int] = []
        for part in pattern.parameters:
            known = self._applied(part) if isinstance(part, Type) else self._number(part)
            if known is None:
                return None
            parameters.append(known)
        if pattern.base == "varchar" and parameters and parameters[0] == _UNBOUNDED:
            parameters = []
        return Type(pattern.base, tuple(parameters), pattern.names)

    def _number(self, part: int | str) -> int | None:
        return self.numbers.get(part) if isinstance(part, str) else part


_UNBOUNDED: Final = 2**31 - 1
"""The length that a varchar without one has in formulas."""


def _fits(actual: Actual, kind: Type, is_exact: bool) -> bool:
    if isinstance(actual, LambdaArgument):
        # A lambda's result is not converted.
        return actual.result(kind.types[:-1]) == kind.types[-1]
    return actual == kind if is_exact else can_coerce(actual, kind)


def _most_specific(fitting: Sequence[Bound]) -> list[Bound]:
    return [
        one
        for one in fitting
        if not any(other is not one and _is_more_specific(other, one) for other in fitting)
    ]


def _is_more_specific(one: Bound, other: Bound) -> bool:
    """Whether the other could take all that the one takes, and not the other way round."""
    return _takes(other, one) and not _takes(one, other)


def _takes(one: Bound, other: Bound) -> bool:
    actuals = [_as_actual(kind) for kind in other.arguments]
    return bind(one.signature, actuals) is not None


def _as_actual(kind: Type) -> Actual:
    if kind.base != "function":
        return kind
    return LambdaArgument(lambda _: kind.types[-1])


def _for_unknown(fitting: list[Bound], chosen: list[Bound], actuals: Sequence[Actual]) -> list[Bound]:
    """Choose when nulls make a call ambiguous: one that converts nulls only, or any of the same result."""
    if UNKNOWN not in actuals:
        return chosen
    only_nulls = [
        each
        for each in fitting
        if all(actual in (kind, UNKNOWN) for actual, kind in zip(actuals, each.arguments, strict=True))
    ]
    chosen = only_nulls or chosen
    if len({each.result for each in chosen}) == 1 and all(_is_null_of_null(each, actuals) for each in chosen):
        return sorted(chosen, key=lambda each: str(each.signature))[-1:]
    return chosen


def _is_null_of_null(bound: Bound, actuals: Sequence[Actual]) -> bool:
    takes_null = bound.signature.takes_null + (False,) * len(actuals)
    return bound.signature.kind != "scalar" or any(
        actual == UNKNOWN and not takes for actual, takes in zip(actuals, takes_null, strict=False)
    )
