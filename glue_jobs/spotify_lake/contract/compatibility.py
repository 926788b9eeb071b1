"""The contract held against the columns that are published, before a run touches anything.

A table's columns may only be added to, at its end: older partitions read as null there. Of a partition whose
columns differ otherwise Athena reads nothing at all. See infra/decisions/0007.
"""

from __future__ import annotations

from collections.abc import Sequence

from spotify_lake.contract.tables import TABLES, Table
from spotify_lake.errors import SchemaChangeRefused
from spotify_lake.publishing.reports import Reports, published_columns
from spotify_lake.publishing.run_report import Columns


def check_columns(files: Reports, curated_uri: str, contract: Sequence[Table] = TABLES) -> None:
    """Refuse a contract that does not go on from the published columns.

    What each table was published with last is looked at, of whatever day: that has passed this check as well.
    A table without a partition begins anew.

    Args:
        files: the curated zone's files.
        curated_uri: its root.
        contract: the tables as they are to be.

    Raises:
        SchemaChangeRefused: naming the column, its types and the way out.
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
