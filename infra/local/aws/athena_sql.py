"""Athena's SQL in terms of DuckDB: which statement it is, which tables it reads, and its translation.

What DuckDB would answer differently without saying so is either corrected here or refused.
"""

import logging
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

# A dialect that is only named is imported by the first query, and a second one beside it is given half of it.
from sqlglot.dialects.athena import Athena
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import traverse_scope

from infra.local.aws.athena_errors import syntax_error

CATALOG = "awsdatacatalog"
PATH_COLUMN = "$path"
# A table with this at its name's end has its files' names as a column more.
WITH_PATH = "$with_path"
PARTITIONS = "$partitions"

_DAY_UNITS = {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}
# Functions that have the type of what they are given.
_OF_ITS_ARGUMENT = (
    *(exp.Paren, exp.Min, exp.Max, exp.AnyValue, exp.Coalesce, exp.Window),
    *(exp.DateTrunc, exp.TimestampTrunc),
)
_FIRST_WORD = re.compile(r"\s*(?:(?:--[^\n]*\n|/\*.*?\*/)\s*)*\(*\s*(\w+)", re.DOTALL)
_QUERY_WORDS = {"SELECT", "WITH", "VALUES", "TABLE"}
# How the other statements of Athena begin.
_VERBS = {
    *("ALTER", "ANALYZE", "CREATE", "DEALLOCATE", "DELETE", "DESC", "DESCRIBE", "DROP", "EXECUTE", "EXPLAIN"),
    *("INSERT", "MERGE", "MSCK", "OPTIMIZE", "PREPARE", "SHOW", "UNLOAD", "UPDATE", "VACUUM"),
}

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of each statement that it does not parse


class QueryRefused(ValueError):
    """A statement that cannot be run; the message is the query's StateChangeReason."""


@dataclass(frozen=True, order=True)
class TableName:
    """A table or view of the catalog, in lower case as the catalog keeps names."""

    database: str
    name: str

    def __str__(self) -> str:
        return f"{self.database}.{self.name}"


def first_word(sql: str) -> str:
    """The statement's first keyword, in upper case; "" when there is none."""
    found = _FIRST_WORD.match(sql)
    return found.group(1).upper() if found else ""


class Query:
    """A SELECT (or WITH, or VALUES) of Athena.

    Args:
        sql: the query.
        database: where a table without a database is.
        parameters: SQL literals in place of the question marks.

    Raises:
        QueryRefused: it cannot be parsed, is no query, or uses what cannot be translated faithfully.
    """

    def __init__(self, sql: str, database: str, parameters: Sequence[str] = ()) -> None:
        if first_word(sql) not in _QUERY_WORDS:
            raise QueryRefused(_not_supported(sql))
        self._tree = _parse(sql)
        _fill_parameters(self._tree, parameters)
        self._reads_paths = any(column.name == PATH_COLUMN for column in self._tree.find_all(exp.Column))
        if self._reads_paths and any(_is_star(star) for star in self._tree.find_all(exp.Star)):
            raise QueryRefused(
                'The local Athena has no "$path" beside SELECT *: name the columns that are wanted.'
            )
        self._tables = list(_tables(self._tree, database))
        _name_columns(self._tree)

    @property
    def tables(self) -> list[TableName]:
        """The tables and views that the query itself names, each once; `t$partitions` counts as a name."""
        return sorted({TableName(table.db, table.name) for table in self._tables})

    def to_duckdb(self, date_columns: Collection[str] = (), views: Collection[TableName] = ()) -> str:
        """The query for DuckDB.

        Args:
            date_columns: names of the columns of type date in the query's tables; arithmetic with them has to
                give dates, where DuckDB gives timestamps.
            views: those of `tables` that are views, which have no "$path".
        """
        if self._reads_paths:
            for table in self._tables:
                if TableName(table.db, table.name) not in views:
                    alias = table.alias or table.name
                    table.set("this", exp.to_identifier(table.name + WITH_PATH, quoted=True))
                    table.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
        _keep_dates(self._tree, {name.lower() for name in date_columns})
        return self._tree.sql(DuckDB)


def _parse(sql: str) -> exp.Expr:
    try:
        statements = [tree for tree in sqlglot.parse(sql, read=Athena) if tree is not None]
    except SqlglotError as error:
        raise QueryRefused(syntax_error(error)) from error
    if len(statements) != 1:
        raise QueryRefused("SYNTAX_ERROR: Only one sql statement is allowed.")
    if not isinstance(statements[0], exp.Query | exp.Values):
        raise QueryRefused(_not_supported(sql))
    if isinstance(statements[0], exp.Values):
        return exp.select("*").from_(exp.alias_(statements[0], "t", table=True))
    return statements[0]


def _not_supported(sql: str) -> str:
    word, hint = first_word(sql), ""
    if not sql.strip():
        return "SYNTAX_ERROR: the statement is empty"
    if word not in _VERBS | _QUERY_WORDS:
        begin = word.lower() or sql.split(maxsplit=1)[0]
        return (
            f"SYNTAX_ERROR: mismatched input '{begin}': a statement begins with SELECT, WITH, VALUES, SHOW, "
            "DESCRIBE, CREATE VIEW or DROP VIEW"
        )
    if word == "CREATE":
        word, hint = "CREATE other than CREATE VIEW", " (awswrangler: pass ctas_approach=False)"
    return f"NOT_SUPPORTED: {word} is not supported by the local Athena{hint}; run it on AWS."


def _fill_parameters(tree: exp.Expr, parameters: Sequence[str]) -> None:
    places = list(tree.find_all(exp.Placeholder, bfs=False))
    if len(places) != len(parameters):
        raise QueryRefused(
            f"INVALID_PARAMETER_USAGE: Incorrect number of parameters: expected {len(places)} "
            f"but found {len(parameters)}"
        )
    for place, parameter in zip(places, parameters, strict=True):
        value = sqlglot.parse_one(parameter, read=Athena)
        if any(value.find_all(exp.Column, exp.Query)):
            raise QueryRefused(f"INVALID_PARAMETER_USAGE: {parameter} is no literal; a string needs quotes.")
        place.replace(value)


def _tables(tree: exp.Expr, database: str) -> Iterator[exp.Table]:
    """The tables that are no common table expressions, with the database filled in and the catalog gone."""
    seen: set[int] = set()
    for scope in traverse_scope(tree):
        for source in scope.sources.values():
            if not isinstance(source, exp.Table) or not isinstance(source.this, exp.Identifier):
                continue
            if id(source) in seen:
                continue
            seen.add(id(source))
            if source.catalog and source.catalog.lower() != CATALOG:
                raise QueryRefused(f"CATALOG_NOT_FOUND: Catalog '{source.catalog}' does not exist")
            source.set("catalog", None)
            source.set("db", exp.to_identifier((source.db or database).lower(), quoted=True))
            if not source.alias:  # columns may be qualified as the query writes the name
                source.set("alias", exp.TableAlias(this=source.this.copy()))
            source.set("this", exp.to_identifier(source.name.lower(), quoted=True))
            yield source


def _is_star(star: exp.Star) -> bool:
    return not isinstance(star.parent, exp.Count)


def _name_columns(tree: exp.Expr) -> None:
    """Columns without a name are called `_col0`, `_col1`, ... by their place."""
    select = tree
    while isinstance(select, exp.SetOperation | exp.Subquery):
        select = select.this
    if not isinstance(select, exp.Select):
        return
    for position, column in enumerate(select.expressions):
        if isinstance(column, exp.Star) or (isinstance(column, exp.Column) and column.name == "*"):
            return  # the places after it are not known
        if not column.alias_or_name or not isinstance(column, exp.Alias | exp.Column):
            column.replace(exp.alias_(column.copy(), f"_col{position}"))


def _keep_dates(tree: exp.Expr, date_columns: set[str]) -> None:
    """Give the type date to arithmetic and truncation of dates."""
    # Several passes, because a column may be named after an expression of a subquery.
    names = set(date_columns)
    while (
        found := {alias.alias.lower() for alias in tree.find_all(exp.Alias) if _is_date(alias.this, names)}
        - names
    ):
        names |= found
    nodes = tree.find_all(exp.Add, exp.Sub, exp.DateAdd, exp.DateSub, exp.DateTrunc, exp.TimestampTrunc)
    for node in reversed(list(nodes)):  # the inner ones first: a replaced node is a copy
        if isinstance(node, exp.Sub) and _is_date(node.this, names) and _is_date(node.expression, names):
            raise QueryRefused(
                "NOT_SUPPORTED: The local Athena does not subtract dates: use date_diff('day', ..., ...)."
            )
        if _is_date(node, names):
            node.replace(exp.cast(node.copy(), "DATE"))


def _is_date(node: exp.Expr | None, names: set[str]) -> bool:
    """Whether Athena gives an expression the type date, where DuckDB might give it another."""
    match node:
        case exp.Column():
            return node.name.lower() in names
        case exp.Cast() | exp.TryCast():
            return bool(node.to.is_type("date"))
        case exp.Add() | exp.Sub():
            interval = node.expression
            is_days = isinstance(interval, exp.Interval) and _unit(interval) in _DAY_UNITS
            return is_days and _is_date(node.this, names)
        case exp.DateAdd() | exp.DateSub():
            return _unit(node) in _DAY_UNITS and _is_date(node.this, names)
        case _ if isinstance(node, _OF_ITS_ARGUMENT):
            return _is_date(node.this, names)
    return isinstance(node, exp.CurrentDate | exp.Date | exp.TsOrDsToDate)


def _unit(node: exp.Expr) -> str:
    unit = node.args.get("unit")
    return unit.name.upper() if unit else "DAY"
