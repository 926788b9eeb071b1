"""DuckDB's connections, and the macros and Python functions that a translated query needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, Final

import duckdb

from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.functions.api import HELPERS, PREFIX, Macro, PythonFunction

_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    # DuckDB must neither fetch an extension, nor read a file, nor take a Python variable for a table.
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}
_EAGER_OPTIMIZERS: Final = "expression_rewriter,statistics_propagation,common_subexpressions"
_FAR_TIME: Final = re.compile(r"date value out of range|\(BC\)|^-?\d{4,}-\d\d-\d\d")
_HELPER: Final = re.compile(rf"\b{PREFIX}\w+")


def open_connection(*, is_lazy: bool = False) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB of its own, in memory and in UTC.

    Args:
        is_lazy: whether nothing is computed before it is needed. Else DuckDB computes conditions that are
            constant in advance, and fails at them even in a branch that is never taken (DuckDB 2.0).
    """
    connection = duckdb.connect(config=_SETTINGS)
    if is_lazy:
        connection.execute(f"SET disabled_optimizers = '{_EAGER_OPTIMIZERS}'")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def define_helpers(
    connection: duckdb.DuckDBPyConnection, sql: str, refused: list[QueryRefused] | None = None
) -> None:
    """Define the macros and Python functions that a query names.

    Args:
        connection: where they are defined.
        sql: the query.
        refused: gets every refusal of a Python function, also one that DuckDB's TRY makes into null.
    """
    for helper in _needed(sql):
        if isinstance(helper, Macro):
            connection.execute(f"CREATE MACRO {helper.name}({helper.parameters}) AS {helper.body}")
        else:
            _define_function(connection, helper, [] if refused is None else refused)


def _needed(sql: str) -> Iterator[Macro | PythonFunction]:
    """Give the helpers that a query names, and those that these name, before the ones that need them."""
    found: dict[str, None] = {}

    def visit(text: str) -> None:
        for name in _HELPER.findall(text):
            helper = HELPERS.get(name)
            if helper is not None and name not in found:
                if isinstance(helper, Macro):
                    visit(helper.body)
                found.setdefault(name)

    visit(sql)
    for name in found:
        yield HELPERS[name]


def _define_function(
    connection: duckdb.DuckDBPyConnection, helper: PythonFunction, refused: list[QueryRefused]
) -> None:
    # DuckDB's own handling of null does not allow that a function returns it.
    function = helper.function if helper.takes_null else _null_for_null(helper.function)
    function = _noting_refusals(function, refused)
    options: dict[str, Any] = {"null_handling": "special"}
    connection.create_function(helper.name, function, list(helper.parameters), helper.returns, **options)


def _noting_refusals(function: Callable[..., Any], refused: list[QueryRefused]) -> Callable[..., Any]:
    @wraps(function)
    def wrapped(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except QueryRefused as error:
            refused.append(error)
            raise
        except OverflowError as error:
            if not _FAR_TIME.search(str(error)):
                raise
            refused.append(NotSupportedHere("years before 1 or after 9999"))
            raise refused[-1] from error

    return wrapped


def _null_for_null(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def wrapped(*arguments: Any) -> Any:
        return None if None in arguments else function(*arguments)

    return wrapped
