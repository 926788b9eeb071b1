"""Translates a typed tree into DuckDB's SQL."""

from __future__ import annotations

from dataclasses import dataclass

from infra.local.athena import tree
from infra.local.athena.checking import CheckedQuery
from infra.local.athena.errors import NotSupportedHere
from infra.local.athena.sources import Scan
from infra.local.athena.translation import queries
from infra.local.athena.translation.expressions import TRY
from infra.local.athena.translation.writer import Writer
from infra.local.athena.types import Type, duckdb_type


@dataclass(frozen=True)
class Translated:
    """A query for DuckDB.

    Attributes:
        sql: the query; its columns are those of the result, of DuckDB's types for Trino's.
        columns: name and Trino type of each column.
        scans: the tables that it reads.
        has_try: whether it has TRY, which is not TRY_CAST.
        has_try_cast: whether it has TRY_CAST.
        is_in_steps: whether it is to be evaluated as it is written, so that no value is computed in vain.
    """

    sql: str
    columns: tuple[tuple[str, Type], ...]
    scans: tuple[Scan, ...]
    has_try: bool = False
    has_try_cast: bool = False
    is_in_steps: bool = False


def translate(checked: CheckedQuery, *, is_in_steps: bool = False) -> Translated:
    """Return a checked query in DuckDB's SQL.

    Args:
        checked: the query.
        is_in_steps: whether to evaluate no argument after a null one, which is slower; see `null_steps`.

    Raises:
        NotSupportedHere: it uses what cannot be translated faithfully.
    """
    expressions = (node for node in tree.walk(checked.query) if isinstance(node, tree.Expression))
    if unknown := [node for node in expressions if not _is_representable(node)]:
        at = next(filter(None, (getattr(node, "at", None) for node in unknown)), None)
        raise NotSupportedHere(f"values of type {unknown[0].type}", at)
    parts = list(tree.walk(checked.query))
    has_try = any(isinstance(node, tree.Call) and node.function == TRY for node in parts)
    has_try_cast = any(isinstance(node, tree.Cast) and node.is_try for node in parts)
    # TRY makes null of a failure that Trino may not come to.
    is_in_steps = is_in_steps or has_try
    writer = Writer(checked.query, is_in_steps=is_in_steps)
    sql = queries.query(checked.query, writer)
    return Translated(sql, checked.columns, tuple(writer.scans), has_try, has_try_cast, is_in_steps)


def _is_representable(node: tree.Expression) -> bool:
    is_null = isinstance(node, tree.Constant) and node.value is None
    return is_null or node.type.base == "function" or duckdb_type(node.type) is not None
