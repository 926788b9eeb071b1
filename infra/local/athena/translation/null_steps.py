"""Calls whose arguments are evaluated one by one, as Trino does: after a null one, the others are not.

DuckDB evaluates all arguments of a function. So an argument that fails lets a call fail that Trino takes for
null. A query that failed is written in this way and runs again; see `QueryRunner.use`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from infra.local.athena import tree
from infra.local.athena.checking.signatures import signatures
from infra.local.athena.functions.api import Argument, Call, bind, is_simple

_STRICT = (
    "negation",
    "add",
    "subtract",
    "multiply",
    "divide",
    "modulus",
    "subscript",
    "=",
    "<>",
    "<",
    "<=",
    ">",
    ">=",
)
_DECIDING = {"operator and": "false", "operator or": "true"}
_OPERATORS = {f"operator {name}" for name in _STRICT}


def in_steps(
    node: tree.Call,
    call: Call,
    write: Callable[[Call], str],
    sql: Callable[[tree.Expression], str],
    *,
    is_interpreted: bool = False,
) -> str:
    """Return a call that evaluates no argument after a null one.

    Trino knows the constants before it runs a query: a null one makes the call null, whichever place it has.
    What is not constant in a query without FROM, such as a call with a lambda, is interpreted, not compiled:
    all of its arguments are evaluated, also after a null one.

    Args:
        node: the call.
        call: the same, with its arguments translated.
        write: translates the call.
        sql: translates an expression.
        is_interpreted: whether it is interpreted.
    """
    if node.function in _DECIDING:
        return _connected(call, node, _DECIDING[node.function])
    if node.function == "operator in" and not is_constant(node):
        return _member(call, node, write)
    strict = strict_places(node)
    arguments = list(call.arguments)
    steps: list[tuple[str, str]] = []
    is_eager = is_interpreted and not is_constant(node)
    for place in strict:
        argument = arguments[place]
        variable = argument.sql
        if not is_simple(argument.sql):
            variable = call.variable()
            arguments[place] = Argument(variable, argument.type)
        steps.append((variable, argument.sql))
    written = write(replace(call, arguments=tuple(arguments)))
    if is_eager:
        written, steps = _eager(written, steps, call), []
    for variable, value in reversed(steps):
        written = f"CASE WHEN {variable} IS NOT NULL THEN {written} END"
        if variable != value:
            written = bind({variable: value}, written, call.variable)
    for test in _constant_tests(node, call, strict, sql):
        written = f"(CASE WHEN {test} THEN NULL ELSE {written} END)"
    return f"({written})"


def _eager(written: str, steps: Sequence[tuple[str, str]], call: Call) -> str:
    """Return a call that is null if an argument is, after all of them are evaluated."""
    if not steps:
        return written
    given = " AND ".join(f"{variable} IS NOT NULL" for variable, _ in steps)
    written = f"CASE WHEN {given} THEN {written} END"
    values = {variable: value for variable, value in steps if variable != value}
    return bind(values, written, call.variable) if values else written


def as_comparisons(node: tree.Call) -> tree.Call:
    """Return BETWEEN as two comparisons, of which the second is not evaluated when the first decides."""
    value, low, high = node.arguments
    return replace(
        node,
        function="operator and",
        arguments=(
            replace(node, function="operator >=", arguments=(value, low)),
            replace(node, function="operator <=", arguments=(value, high)),
        ),
    )


def _connected(call: Call, node: tree.Call, decisive: str) -> str:
    """AND or OR: after a decisive value, the others are not evaluated; a constant one decides in advance."""
    *others, written = (argument.sql for argument in call.arguments)
    word = node.function.removeprefix("operator ").upper()
    for value in reversed(others):
        variable = call.variable()
        step = f"CASE WHEN {variable} = {decisive} THEN {decisive} ELSE ({variable} {word} {written}) END"
        written = bind({variable: value}, step, call.variable)
    constants = (
        argument.sql
        for argument, part in zip(call.arguments, node.arguments, strict=True)
        if is_constant(part)
    )
    for value in constants:
        written = f"CASE WHEN TRY({value}) = {decisive} THEN {decisive} ELSE {written} END"
    return f"({written})"


def _member(call: Call, node: tree.Call, write: Callable[[Call], str]) -> str:
    """IN: first the constants are compared, then the others, until one is equal."""
    value, *items = call.arguments
    name = call.variable()
    known = [is_constant(part) for part in node.arguments[1:]]

    def test(*listed: Argument) -> str:
        return write(replace(call, arguments=(Argument(name, value.type), *listed)))

    tests = [f"TRY({test(item)})" for item, is_known in zip(items, known, strict=True) if is_known]
    tests += map(test, items)
    branches = " ".join(f"WHEN {each} THEN true" for each in tests)
    found = f"CASE WHEN {name} IS NOT NULL THEN CASE {branches} ELSE {test(*items)} END END"
    return bind({name: value.sql}, f"({found})", call.variable)


def strict_places(node: tree.Call) -> list[int]:
    """Return the places of the arguments that make a call null."""
    if node.function == "operator in":
        return [0]
    overloads = signatures().get(node.function, ())
    if node.function not in _OPERATORS and not any(each.kind == "scalar" for each in overloads):
        return []
    nullable = {place for each in overloads for place, takes in enumerate(each.takes_null) if takes}
    if any(each.has_variable_arity for each in overloads) and nullable:
        nullable |= set(range(max(nullable), len(node.arguments)))
    return [
        place
        for place, argument in enumerate(node.arguments)
        if place not in nullable and not isinstance(argument, tree.Lambda)
    ]


def _constant_tests(
    node: tree.Call, call: Call, strict: Sequence[int], sql: Callable[[tree.Expression], str]
) -> list[str]:
    """Whether an argument is null that Trino knows before it runs the query; those that fail are not."""
    computed = [place for place in strict if not is_simple(call.arguments[place].sql)]
    tested = [place for place in strict if computed not in ([], [place])]
    return [test for place in tested for test in _null_tests(node.arguments[place], sql)]


def _null_tests(node: tree.Expression, sql: Callable[[tree.Expression], str]) -> list[str]:
    if is_constant(node):
        return [f"TRY({sql(node)} IS NULL)"]
    if isinstance(node, tree.Cast):
        return _null_tests(node.operand, sql)
    if not isinstance(node, tree.Call):
        return []
    return [test for place in strict_places(node) for test in _null_tests(node.arguments[place], sql)]


def is_constant(node: tree.Expression) -> bool:
    """Return whether Trino computes an expression before it runs the query: there are no lambdas in it."""
    changing = (
        tree.Column,
        tree.Parameter,
        tree.Lambda,
        tree.Aggregate,
        tree.ScalarQuery,
        tree.Exists,
        tree.Quantified,
    )
    return not any(isinstance(part, changing) for part in tree.walk(node))
