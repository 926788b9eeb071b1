"""The contract held against the columns that are published, before a run touches anything.

A table's columns may only be added to, at its end: older partitions read as null there. Of a partition whose
columns differ otherwise Athena reads nothing at all. See infra/decisions/0007.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from spotify_lake.errors import SchemaChangeRefused
from spotify_lake.publish import CuratedPaths
from spotify_lake.reports import Columns, PublishedDay, Reports, days_with_reports, published_day
from spotify_lake.tables import TABLES, Table


def check_columns(files: Reports, curated_uri: str, contract: Sequence[Table] = TABLES) -> None:
    """Refuse a contract that does not go on from the published columns.

    The newest published day is looked at: what it was published with has passed this check as well. Where a
    table's partition of that day was deleted, the table begins anew.

    Args:
        files: the curated zone's files.
        curated_uri: its root.
        contract: the tables as they are to be.

    Raises:
        SchemaChangeRefused: naming the column, its types and the way out.
    """
    stands = next(_published_days(files, curated_uri), None)
    if stands is None:
        return
    for table in contract:
        difference = _difference(table, stands.columns.get(table.name, ()))
        folder = CuratedPaths(curated_uri, "", stands.snapshot_date).target(table.name)
        if difference and files.exists(folder):
            raise SchemaChangeRefused(table.name, stands.snapshot_date, difference, curated_uri)


def _published_days(files: Reports, curated_uri: str) -> Iterator[PublishedDay]:
    for day in reversed(days_with_reports(files, curated_uri)):
        stands = published_day(files, curated_uri, day)
        if stands is not None:
            yield stands


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
