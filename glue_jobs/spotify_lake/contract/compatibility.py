"""Check that the contract is compatible with the published columns, before a run changes anything.

Columns may only be added at the end of a table: they are null in older partitions. Athena cannot read a
partition whose columns differ in any other way. See infra/decisions/0007.
"""

from __future__ import annotations

from collections.abc import Sequence

from spotify_lake.contract.tables import TABLES, Table
from spotify_lake.errors import SchemaChangeRefused
from spotify_lake.publishing.reports import Reports, published_columns
from spotify_lake.publishing.run_report import Columns


def check_columns(files: Reports, curated_uri: str, contract: Sequence[Table] = TABLES) -> None:
    """Refuse an incompatible contract.

    Each table is compared with the columns it was last published with, on any day; earlier ones were
    compatible with those. A table without a partition may have any columns.

    Args:
        files: the curated zone's files.
        curated_uri: its root.
        contract: the tables.

    Raises:
        SchemaChangeRefused: naming the column, its types and how to fix it.
    """
    published = published_columns(files, curated_uri, [table.name for table in contract])
    for table in contract:
        difference = _difference(table, published.get(table.name, ()))
        if difference and files.names(f"{curated_uri}{table.name}/"):
            raise SchemaChangeRefused(table.name, difference, curated_uri)


def _difference(table: Table, published: Columns) -> str | None:
    for place, (name, kind) in enumerate(published):
        wanted = dict(table.types).get(name)
        if wanted is None:
            return f"column {name} ({kind}) is not in the contract any more"
        if wanted != kind:
            return f"column {name} is {kind}, and {wanted} in the contract"
        if table.types[place] != (name, kind):
            return f"column {name} is at place {place + 1}, and elsewhere in the contract"
    return None
