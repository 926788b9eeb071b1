"""`\\d` and `\\d table` of the shell: the lake's tables, and the columns of one."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table as Shown
from rich.text import Text

from infra.local.athena.catalog import Table
from infra.local.athena.errors import did_you_mean
from infra.local.athena.output import Output, ResultColumn
from infra.local.athena.type_text import UnreadableType, from_hive
from infra.local.athena.types import VARCHAR
from infra.local.problems import UserProblem


class NoSuchTable(UserProblem):
    """The database has no table of this name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no table '{name}'{did_you_mean(name, known) or '.'}")


def described_tables(tables: Sequence[Table]) -> Output:
    """Return the tables and views with their descriptions."""
    rows = [(table.name, "view" if table.is_view else "table", table.description) for table in tables]
    return _output("table", "kind", rows)


def described_table(name: str, tables: Sequence[Table]) -> Output:
    """Return the columns of a table or view with their types and descriptions.

    Raises:
        NoSuchTable: there is none of this name.
    """
    found = next((table for table in tables if table.name == name.lower()), None)
    if found is None:
        raise NoSuchTable(name, [table.name for table in tables])
    types = dict(found.view.columns) if found.view else {}
    rows = [(each.name, types.get(each.name) or _type(each.type), each.comment) for each in found.columns]
    rows += [(key.name, _type(key.type), f"Partition. {key.comment}".strip()) for key in found.partition_keys]
    return _output("column", "type", rows)


def folded(described: Output) -> Shown:
    """Return a description as a table that folds its types and descriptions to the terminal's width."""
    shown = Shown()
    for place, column in enumerate(described.columns):
        shown.add_column(column.name, no_wrap=place == 0, overflow="fold")
    for row in described.rows:
        shown.add_row(*map(Text, row))
    return shown


def _output(first: str, second: str, rows: Sequence[tuple[str, str, str]]) -> Output:
    columns = [ResultColumn(name, VARCHAR) for name in (first, second, "description")]
    return Output(columns, rows, is_query=False)


def _type(hive: str) -> str:
    try:
        return str(from_hive(hive))
    except UnreadableType:
        return hive
