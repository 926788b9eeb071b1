"""What stands in FROM: tables, views, joins, UNNEST and queries, with the columns that they have."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from infra.local.athena import tree
from infra.local.athena.checking import expressions, queries, views
from infra.local.athena.checking.coercing import coerce, to_common_type
from infra.local.athena.checking.context import Env, Field, Scope
from infra.local.athena.checking.operators import mismatch
from infra.local.athena.coercions import can_coerce
from infra.local.athena.errors import NotSupportedHere, Position, QueryRefused, did_you_mean
from infra.local.athena.parsing import syntax
from infra.local.athena.sources import Source, ViewQuery
from infra.local.athena.tree import Call, Column, Expression
from infra.local.athena.types import BIGINT, BOOLEAN, DOUBLE, Type, array
from infra.local.athena.view_definition import CATALOG

_WHOLE: Final = 100  # percent


@dataclass(frozen=True)
class Relation:
    """A relation of the tree, and the columns that may be named."""

    tree: tree.Relation
    fields: tuple[Field, ...]


def relation(node: syntax.Relation, env: Env) -> Relation:
    """Check a relation. The scope of `env` has no columns of this FROM clause, but may have outer ones."""
    return _CHECKS[type(node)](node, env)


def _table(node: syntax.Table, env: Env) -> Relation:
    name = ".".join(node.parts)
    if len(node.parts) == 1 and name in env.tables:
        return _common_table(name, env)
    *prefix, table = node.parts
    database = prefix[-1] if prefix else env.database
    sources = env.statement.sources
    if len(prefix) > 1 and prefix[0] != CATALOG:
        raise QueryRefused("CATALOG_NOT_FOUND", f"Catalog '{prefix[0]}' does not exist", node.at)
    if not sources.has_database(database):
        raise QueryRefused("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist", node.at)
    source = sources.find(database, table)
    if source is None:
        hint = did_you_mean(table, sources.names(database))
        message = f"Table '{CATALOG}.{database}.{table}' does not exist{hint}"
        raise QueryRefused("TABLE_NOT_FOUND", message, node.at)
    found = _view(source, source.view, node.at, env) if source.view else _scan(source, env)
    return _qualified(found, (database, table))


def _common_table(name: str, env: Env) -> Relation:
    alias = env.statement.alias()
    entry = env.tables[name]
    found = Relation(tree.CommonTable(alias, entry.name), _fields(alias, entry.columns))
    return _qualified(found, (name,))


def _scan(source: Source, env: Env) -> Relation:
    alias = env.statement.alias()
    fields = tuple(
        Field(column.name, column.name, Column(column.type, alias, f"c{place}"), (), column.is_hidden)
        for place, column in enumerate(source.columns)
    )
    return Relation(tree.TableScan(alias, source, tuple(range(len(fields)))), fields)


def _view(source: Source, view: ViewQuery, at: Position, env: Env) -> Relation:
    return derived(views.view_query(source, view, at, env), env)


def derived(checked: queries.Checked, env: Env, *, is_lateral: bool = False) -> Relation:
    """Return a query as a relation."""
    alias = env.statement.alias()
    columns = [(output.text, kind) for output, kind in zip(checked.outputs, checked.query.types, strict=True)]
    return Relation(tree.Derived(alias, checked.query, is_lateral), _fields(alias, columns))


def _fields(alias: str, columns: Sequence[tuple[str | None, Type]]) -> tuple[Field, ...]:
    return tuple(
        Field(text and text.lower(), text, Column(kind, alias, f"c{place}"))
        for place, (text, kind) in enumerate(columns)
    )


def _qualified(found: Relation, qualifier: tuple[str, ...]) -> Relation:
    fields = tuple(dataclasses.replace(field, qualifier=qualifier) for field in found.fields)
    return Relation(found.tree, fields)


def _aliased(node: syntax.Aliased, env: Env) -> Relation:
    return with_alias(relation(node.relation, env), node, node.at)


def with_alias(found: Relation, node: syntax.Aliased, at: Position) -> Relation:
    """Return a relation under an alias, with other names of columns if the alias has them."""
    found = _qualified(found, (node.alias.name,))
    if not node.columns:
        return found
    visible = [field for field in found.fields if not field.is_hidden]
    if len(visible) != len(node.columns):
        message = (
            f"Column alias list has {len(node.columns)} entries but '{node.alias.text}' has {len(visible)} "
            "columns available"
        )
        raise QueryRefused("MISMATCHED_COLUMN_ALIASES", message, at)
    renamed = (
        dataclasses.replace(field, name=name.name, text=name.name)
        for field, name in zip(visible, node.columns, strict=True)
    )
    return Relation(found.tree, tuple(renamed))


def _sampled(node: syntax.Sampled, env: Env) -> Relation:
    found = relation(node.relation, env)
    fields = tuple(field for field in found.fields if not field.is_hidden)
    alias = env.statement.alias()
    values = tuple(field.value for field in fields)
    kinds = tuple(value.type for value in values)
    is_chosen = Call(BOOLEAN, "operator sample", (_percentage(node.percentage, env),))
    query = tree.Select(kinds, values, found.tree, is_chosen)
    renamed = (
        dataclasses.replace(field, value=Column(field.type, alias, f"c{place}"))
        for place, field in enumerate(fields)
    )
    return Relation(tree.Derived(alias, query), tuple(renamed))


def _percentage(node: syntax.Expression, env: Env) -> Expression:
    value = expressions.check(node, env)
    if not can_coerce(value.type, DOUBLE):
        raise mismatch("Sample percentage should be a numeric expression", node.at)
    if not isinstance(value, tree.Constant):
        raise QueryRefused("EXPRESSION_NOT_CONSTANT", "Sample percentage must be a constant", node.at)
    if not 0 <= value.value <= _WHOLE:
        bound = "greater than or equal to 0" if value.value < 0 else f"less than or equal to {_WHOLE}"
        raise QueryRefused("NUMERIC_VALUE_OUT_OF_RANGE", f"Sample percentage must be {bound}", node.at)
    return coerce(value, DOUBLE)


def _subquery(node: syntax.Subquery, env: Env) -> Relation:
    return derived(queries.query(node.query, env), env)


def _unnest_alone(node: syntax.Unnest, env: Env) -> Relation:
    return _unnest(node, env, keeps_empty=False)


def _lateral_alone(node: syntax.Lateral, env: Env) -> Relation:
    return derived(queries.query(node.query, env), env)


def _join(node: syntax.Join, env: Env) -> Relation:
    left = relation(node.left, env)
    inner, alias = _without_alias(node.right)
    if isinstance(inner, syntax.Unnest | syntax.Lateral):
        right = _dependent(inner, node, left, env)
        right = with_alias(right, alias, alias.at) if alias else right
        return Relation(tree.Join(_kind_of(node), left.tree, right.tree, None), left.fields + right.fields)
    right = relation(node.right, env)
    if node.using:
        return _join_using(node, left, right)
    fields = left.fields + right.fields
    if node.on is None:
        return Relation(tree.Join("cross", left.tree, right.tree), fields)
    place = env.within(Scope(fields, env.scope.outer)).scalar("JOIN clause", node.on.at)
    condition = expressions.check(node.on, place)
    if not can_coerce(condition.type, BOOLEAN):
        message = f"JOIN ON clause must evaluate to a boolean: actual type {condition.type}"
        raise mismatch(message, node.on.at)
    return Relation(tree.Join(node.kind, left.tree, right.tree, condition), fields)


def _without_alias(node: syntax.Relation) -> tuple[syntax.Relation, syntax.Aliased | None]:
    return (node.relation, node) if isinstance(node, syntax.Aliased) else (node, None)


def _kind_of(node: syntax.Join) -> str:
    return "left" if node.kind == "left" else "cross"


def _dependent(
    inner: syntax.Unnest | syntax.Lateral, node: syntax.Join, left: Relation, env: Env
) -> Relation:
    """Check UNNEST or LATERAL on the right side of a join, which may name columns of the left side."""
    name = "UNNEST" if isinstance(inner, syntax.Unnest) else "LATERAL"
    if node.kind in {"right", "full"}:
        message = f"LATERAL reference not allowed in {node.kind.upper()} JOIN"
        raise QueryRefused("INVALID_COLUMN_REFERENCE", message, _reference(inner, left) or node.at)
    is_true = isinstance(node.on, syntax.Literal) and node.on.value is True
    if node.kind != "cross" and not is_true:
        message = f"{node.kind.upper()} JOIN involving {name} is only supported with condition ON TRUE"
        raise QueryRefused("NOT_SUPPORTED", message, (node.on or node).at)
    place = env.within(Scope(left.fields, env.scope.outer))
    if isinstance(inner, syntax.Lateral):
        return derived(queries.query(inner.query, place.query()), env, is_lateral=True)
    return _unnest(inner, place, keeps_empty=node.kind == "left")


def _reference(node: syntax.Relation, left: Relation) -> Position | None:
    """Return where a relation first names a column of another one."""
    scope = Scope(left.fields)
    named = (part for part in syntax.walk(node) if isinstance(part, syntax.Identifier | syntax.Dereference))
    return next((part.at for part in named if scope.has(expressions.parts(part))), None)


def _unnest(node: syntax.Unnest, env: Env, *, keeps_empty: bool) -> Relation:
    alias = env.statement.alias()
    lists: list[Expression] = []
    fields: list[Field] = []
    for each in node.expressions:
        for values in _lists(expressions.check(each, env)):
            column = Column(values.type.element, alias, f"c{len(lists)}")
            lists.append(values)
            fields += _elements(column)
    if node.with_ordinality:
        fields.append(Field(None, None, Column(BIGINT, alias, f"c{len(lists)}")))
    return Relation(tree.Unnest(alias, tuple(lists), node.with_ordinality, keeps_empty), tuple(fields))


def _lists(value: Expression) -> Iterator[Expression]:
    """Give the lists that UNNEST goes through: two for a map."""
    if value.type.base == "array":
        yield value
    elif value.type.base == "map":
        yield Call(array(value.type.types[0]), "map_keys", (value,))
        yield Call(array(value.type.types[1]), "map_values", (value,))
    else:
        raise QueryRefused("INVALID_FUNCTION_ARGUMENT", f"Cannot unnest type: {value.type}")


def _elements(column: Column) -> list[Field]:
    """Return the columns that an element gives: those of a row, or itself."""
    if column.type.base != "row":
        return [Field(None, None, column)]
    return [
        Field(name and name.lower(), name, expressions.row_field(column, place))
        for place, name in enumerate(column.type.names)
    ]


def _join_using(node: syntax.Join, left: Relation, right: Relation) -> Relation:
    conditions: list[Expression] = []
    shared: list[Field] = []
    used: list[Field] = []
    for name in node.using:
        pair = [_of_side(name, side, where) for side, where in ((left, "left"), (right, "right"))]
        typed = to_common_type([field.value for field in pair])
        if typed is None:
            raise mismatch(f"Column '{name.text}' has types {pair[0].type} and {pair[1].type}", name.at)
        conditions.append(Call(BOOLEAN, "operator =", typed))
        value = Call(typed[0].type, "operator coalesce", typed)
        shared.append(Field(name.name, pair[0].text, value))
        used += pair
    others = tuple(field for field in left.fields + right.fields if not any(field is each for each in used))
    condition = conditions[0] if len(conditions) == 1 else Call(BOOLEAN, "operator and", tuple(conditions))
    return Relation(tree.Join(node.kind, left.tree, right.tree, condition), (*shared, *others))


def _of_side(name: syntax.Identifier, side: Relation, where: str) -> Field:
    found = Scope(side.fields).find((name.name,), name.at)
    if found is None:
        message = f"Column '{name.text}' is missing from {where} side of join"
        raise QueryRefused("COLUMN_NOT_FOUND", message, name.at)
    return found


def _not_here(node: syntax.Relation, _: Env) -> Relation:
    raise NotSupportedHere(f"{type(node).__name__} in FROM", node.at)


_CHECKS: Final[Mapping[type, Callable[[Any, Env], Relation]]] = {
    syntax.Table: _table,
    syntax.Aliased: _aliased,
    syntax.Sampled: _sampled,
    syntax.Subquery: _subquery,
    syntax.Unnest: _unnest_alone,
    syntax.Lateral: _lateral_alone,
    syntax.Join: _join,
}
