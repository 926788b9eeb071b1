"""Statements of every kind: their syntax, and what each does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from infra.local.athena.output import Output
from infra.local.athena.statements import definitions, listing, prepared, syntax, writing
from infra.local.athena.statements.context import Context
from infra.local.athena.statements.syntax import Statement
from infra.local.lake_folder import LakeInUse

_Run = Callable[[Context, Any], Output]


def _select(context: Context, statement: syntax.Select) -> Output:
    return context.queries.run(context.queries.check(statement.query))


_READS: Final[dict[type[Statement], _Run]] = {
    syntax.Select: _select,
    syntax.ShowDatabases: listing.show_databases,
    syntax.ShowTables: listing.show_tables,
    syntax.ShowColumns: listing.show_columns,
    syntax.ShowPartitions: listing.show_partitions,
    syntax.ShowCreate: listing.show_create,
    syntax.ShowProperties: listing.show_properties,
    syntax.Describe: listing.describe,
    syntax.Explain: prepared.explain,
    # They change neither the catalog nor the storage.
    syntax.Prepare: prepared.prepare,
    syntax.Deallocate: prepared.deallocate,
}
_CHANGES: Final[dict[type[Statement], _Run]] = {
    syntax.CreateDatabase: definitions.create_database,
    syntax.DropDatabase: definitions.drop_database,
    syntax.CreateView: definitions.create_view,
    syntax.DropView: definitions.drop_view,
    syntax.CreateTable: definitions.create_table,
    syntax.DropTable: definitions.drop_table,
    syntax.ChangeRows: definitions.change_rows,
    syntax.RepairTable: definitions.repair_table,
    syntax.AddColumns: definitions.add_columns,
    syntax.SetProperties: definitions.set_properties,
    syntax.SetLocation: definitions.set_location,
    syntax.AddPartitions: definitions.add_partitions,
    syntax.DropPartitions: definitions.drop_partitions,
    syntax.RenamePartition: definitions.rename_partition,
    syntax.CreateTableAs: writing.create_table_as,
    syntax.InsertInto: writing.insert_into,
    syntax.Unload: writing.unload,
}


def run_statement(context: Context, statement: Statement) -> Output:
    """Run a statement. Only one at a time changes the catalog or the storage.

    Raises:
        QueryRefused: it fails.
        LakeInUse: something else changes the catalog or the storage.
    """
    read = _READS.get(type(statement))
    if read is not None:
        return read(context, statement)
    change = _CHANGES[type(statement)]
    try:
        with context.catalog.changing():
            return change(context, statement)
    except LakeInUse as refusal:
        # A statement that is wrong would still be wrong after the wait, so its own error comes first.
        return change(context.read_only(refusal), statement)
