"""The quality rules that take rows out of a day, as the contract states them beside its columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from spotify_lake import raw_zone, tables
from spotify_lake.tables import Column, Table
from tests.spark.reference.reading import Row


def gated(
    day: Mapping[str, list[Row]], curated_uri: str, snapshot_date: str
) -> tuple[dict[str, list[Row]], list[Row]]:
    """Return the rows that keep to the rules, by table, and the others as rejected records."""
    kept: dict[str, list[Row]] = {name: [] for name in day}
    taken = []
    for name, rows in day.items():
        table = tables.table(name)
        for row in rows:
            broken = [told for column in table.columns for told in _broken(table, column, row[column.name])]
            if broken:
                partition = f"{curated_uri}{name}/{tables.PARTITION.name}={snapshot_date}"
                taken.append(_reject(table, row, ", ".join(broken), partition))
            else:
                kept[name].append(row)
    return kept, taken


def _broken(table: Table, column: Column, value: Any) -> Iterator[str]:
    """What is said of a number beyond its bounds; no other rule takes rows out of a normalised day."""
    low, high = column.minimum, column.maximum
    if value is None or (low is None and high is None):
        return
    if (low is not None and value < low) or (high is not None and value > high):
        yield f"{table.name}.{column.name}:range wants {low} {'or more' if high is None else f'to {high}'}"


def _reject(table: Table, row: Row, detail: str, partition: str) -> Row:
    nothing = dict.fromkeys(tables.REJECTED_RECORDS.column_names)
    return nothing | {
        "source": _source(table, row),
        "reason": tables.QUALITY_RULE,
        "detail": detail,
        "raw_text": as_json(row),
        "object_uri": partition,
        "playlist_id": row["playlist_id"] if table is tables.PLAYLISTS else None,
    }


def _source(table: Table, row: Row) -> str | None:
    """The source of a row that is one record; a row made of parts of many has none."""
    if table is tables.ARTISTS:
        return raw_zone.ARTISTS if row["is_full"] else None
    return raw_zone.PLAYLISTS if table is tables.PLAYLISTS else None


def as_json(row: Mapping[str, Any]) -> str:
    """A row as JSON text, without what is null; days and times as in ISO 8601."""
    told = {name: value for name, value in row.items() if value is not None}
    return json.dumps(told, default=lambda value: value.isoformat())
