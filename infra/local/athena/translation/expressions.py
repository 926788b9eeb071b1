"""Writes expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from infra.local.athena import functions, tree
from infra.local.athena.errors import CallRefused, NotSupportedHere, QueryRefused, placing
from infra.local.athena.functions.api import (
    NOT_CONSTANT,
    Argument,
    Call,
    Entry,
    bind,
    is_simple,
    translate,
)
from infra.local.athena.functions.casting import cast
from infra.local.athena.functions.conditions import compare
from infra.local.athena.functions.constants import constant, text
from infra.local.athena.translation import aggregates, queries
from infra.local.athena.translation.null_steps import as_comparisons, in_steps, is_constant, strict_places
from infra.local.athena.translation.writer import Writer
from infra.local.athena.types import ARGUMENTS_ONLY, BOOLEAN, TIME_ZONED, duckdb_type

TRY: Final = "operator try"
_QUERIES: Final = (tree.ScalarQuery, tree.Exists, tree.Quantified)
_Write = Callable[[tree.Expression, Writer], str]
_CONDITIONS: Final = {"operator case", "operator coalesce", "operator and", "operator or"}


def expression(node: tree.Expression, writer: Writer) -> str:
    """Return an expression that can stand anywhere.

    Raises:
        NotSupportedHere: it uses a function that has no translation.
    """
    return _WRITERS[type(node)](node, writer)


def whole(node: tree.Expression, writer: Writer) -> str:
    """Return an expression that is not part of another one.

    In steps, its queries are evaluated before it, as Trino does: TRY does not catch what fails in them. The
    steps are lambdas, in which DuckDB does not allow a query.

    Raises:
        NotSupportedHere: it uses a function that has no translation.
    """
    if not writer.is_in_steps or isinstance(node, _QUERIES):
        return expression(node, writer)
    values: dict[str, str] = {}

    def name_query(part: Any) -> Any:
        if isinstance(part, tree.Aggregate):  # its rows are not those of the expression
            return part
        if not isinstance(part, _QUERIES):
            return None
        name = f"v{next(writer.names)}"
        values[name] = expression(part, writer)
        return tree.Parameter(part.type, name)

    written = expression(tree.rewrite(node, name_query), writer)
    return bind(values, written, lambda: f"v{next(writer.names)}") if values else written


def _constant(node: tree.Constant, _: Writer) -> str:
    return constant(node.value, node.type)


def _column(node: tree.Column, _: Writer) -> str:
    return f"{node.relation}.{node.name}"


def _parameter(node: tree.Parameter, _: Writer) -> str:
    return node.name


def _cast(node: tree.Cast, writer: Writer) -> str:
    operand = argument(node.operand, writer)
    if isinstance(node.operand, tree.Call) and _is_parsed_in_cast(node, writer):
        json, known = expression(node.operand.arguments[0], writer), str(is_constant(node.operand)).lower()
        operand = replace(operand, sql=f"trino_json_to_cast({json}, {text(str(node.type))}, {known})")
    if node.type.base in ARGUMENTS_ONLY and node.is_try:
        raise NotSupportedHere(f"TRY_CAST to {node.type}")
    if not node.is_try:
        return _converted(operand, node, writer)
    if is_simple(operand.sql):
        return f"TRY({cast(operand, node.type, writer.names)})"
    # An error of the operand is not one of the cast.
    name = f"v{next(writer.names)}"
    converted = cast(replace(operand, sql=name), node.type, writer.names)
    return bind({name: operand.sql}, f"TRY({converted})", lambda: f"v{next(writer.names)}")


def _converted(operand: Argument, node: tree.Cast, writer: Writer) -> str:
    try:
        return cast(operand, node.type, writer.names)
    except CallRefused as refused:
        if writer.has_source and not _is_null(node.operand):
            raise
        fail = f"trino_fail({text(f'{refused.kind}: {refused.message}')})"
        return f"CASE WHEN {operand.sql} IS NOT NULL THEN CAST({fail} AS {duckdb_type(node.type)}) END"


def _is_parsed_in_cast(node: tree.Cast, writer: Writer) -> bool:
    """Whether Trino makes one function of CAST and the JSON_PARSE within it."""
    is_parsed = isinstance(node.operand, tree.Call) and node.operand.function == "json_parse"
    return is_parsed and bool(node.type.types) and not node.is_try and not writer.is_interpreted


def _call(node: tree.Call, writer: Writer) -> str:
    if node.function == TRY:
        with writer.interpreting(False):
            return f"TRY({expression(node.arguments[0], writer)})"
    entry = functions.FUNCTIONS.get(_entry_name(node.function))
    if entry is None:
        raise NotSupportedHere(f"the function {node.function.removeprefix('operator ')}", node.at)
    with placing(node.at):
        return _translated(node, entry, writer)


def _translated(node: tree.Call, entry: Entry, writer: Writer) -> str:
    if node.function == "operator in" and not writer.is_interpreted and (known := _known_member(node)):
        return expression(known, writer)

    def write(call: Call) -> str:
        is_operator = call.name.startswith("operator ")
        written = _failing_late(entry, call, node, writer) if writer.is_in_steps else translate(entry, call)
        return written if is_operator else f"CAST({written} AS {duckdb_type(call.type)})"

    if writer.is_in_steps and node.function == "operator between" and not is_constant(node):
        return expression(as_comparisons(node), writer)
    if not writer.is_in_steps:
        return write(_call_of(node.function, node.arguments, node.type, writer))
    is_null = any(_is_null(node.arguments[place]) for place in strict_places(node))
    with writer.within_constant(is_part=is_null or (node.function in _CONDITIONS and is_constant(node))):
        call = _call_of(node.function, node.arguments, node.type, writer)
    return in_steps(
        node, call, write, lambda part: expression(part, writer), is_interpreted=writer.is_interpreted
    )


def _known_member(node: tree.Call) -> tree.Expression | None:
    """Return IN of a constant without the constant items that are null: Trino forgets them.

    So `5 IN (a, NULL)` is `5 = a`, which is false, not null, if `a` is something else.
    """
    value, *items = node.arguments
    known = tuple(item for item in items if _is_known(item))
    if not known or len(known) == len(items) or not _is_known(value):
        return None
    others = tuple(item for item in items if not _is_known(item))
    found = replace(node, arguments=(value, *known))
    is_found = replace(
        node, function="operator coalesce", arguments=(found, tree.Constant(BOOLEAN, value=False))
    )
    return replace(
        node, function="operator or", arguments=(is_found, replace(node, arguments=(value, *others)))
    )


def _is_null(node: tree.Expression) -> bool:
    """Return whether an expression is null for a reason that can be seen."""
    if isinstance(node, tree.Cast):
        return _is_null(node.operand)
    if isinstance(node, tree.Call):
        return any(_is_null(node.arguments[place]) for place in strict_places(node))
    return isinstance(node, tree.Constant) and node.value is None


def _is_known(node: tree.Expression) -> bool:
    """Return whether Trino computes an expression while it plans a query; TRY is like a lambda."""
    return is_constant(node) and not any(
        isinstance(part, tree.Call) and part.function == TRY for part in tree.walk(node)
    )


def _failing_late(entry: Entry, call: Call, node: tree.Call, writer: Writer) -> str:
    """Return a call in DuckDB's SQL, which fails when it is evaluated if it is always wrong.

    What Trino refuses when it compiles a query fails even if it is never evaluated, unless it is null or part
    of a constant condition.
    """
    try:
        return translate(entry, call)
    except NotSupportedHere:
        raise
    except QueryRefused as refused:
        is_compiled = isinstance(refused, CallRefused) and writer.has_source
        if is_compiled and not writer.is_constant and not any(map(_is_null, node.arguments)):
            raise
        fail = "trino_refuse_call" if is_compiled else "trino_fail"
        return f"CAST({fail}({text(f'{refused.kind}: {refused.message}')}) AS {duckdb_type(call.type)})"


def _entry_name(name: str) -> str:
    return "operator field" if name.startswith("operator field ") else name


def _call_of(name: str, arguments: Sequence[tree.Expression], kind: Any, writer: Writer) -> Call:
    return Call(name, tuple(argument(each, writer) for each in arguments), kind, writer.names)


def argument(node: tree.Expression, writer: Writer, write: _Write = expression) -> Argument:
    """Return an expression as an argument of a translation."""
    if isinstance(node, tree.Lambda):
        with writer.interpreting(False):
            body = expression(node.body, writer)
        return Argument(
            f"lambda {', '.join(node.parameters)}: {body}", node.type, NOT_CONSTANT, node.parameters, body
        )
    value = node.value if isinstance(node, tree.Constant) else NOT_CONSTANT
    return Argument(write(node, writer), node.type, value)


def _aggregate(node: tree.Aggregate, writer: Writer) -> str:
    return aggregates.aggregate(node, writer)


def _scalar_query(node: tree.ScalarQuery, writer: Writer) -> str:
    return f"({queries.query(node.query, writer)})"


def _exists(node: tree.Exists, writer: Writer) -> str:
    return f"(EXISTS ({queries.query(node.query, writer)}))"


def _quantified(node: tree.Quantified, writer: Writer) -> str:
    query = queries.query(node.query, writer)
    operand = whole(node.operand, writer)
    if not node.operand.type.contains("real", "double", "array", "map", "row", TIME_ZONED):
        return f"({operand} {node.operator} {'ALL' if node.is_all else 'ANY'} ({query}))"
    # DuckDB compares NaN, and nulls within a value, differently: count the values of each answer.
    alias = f"m{next(writer.names)}"
    call = Call("a comparison with a query's values", (), BOOLEAN, writer.names)
    test = compare(node.operator, operand, f"{alias}.c0", call, node.operand.type)
    decisive = f"NOT {test}" if node.is_all else test
    answer = (
        f"CASE WHEN count(*) FILTER (WHERE {decisive}) > 0 THEN {not node.is_all} "
        f"WHEN count(*) FILTER (WHERE {test} IS NULL) > 0 THEN NULL ELSE {node.is_all} END"
    )
    return f"(SELECT {answer} FROM ({query}) AS {alias})"


_WRITERS: Final[Mapping[type, Callable[[Any, Writer], str]]] = {
    tree.Constant: _constant,
    tree.Column: _column,
    tree.Parameter: _parameter,
    tree.Cast: _cast,
    tree.Call: _call,
    tree.Aggregate: _aggregate,
    tree.ScalarQuery: _scalar_query,
    tree.Exists: _exists,
    tree.Quantified: _quantified,
}
