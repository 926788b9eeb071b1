"""The quality rules on rows: those that quarantine rows, and foreign keys."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from spotify_lake.contract import raw_zone, tables
from spotify_lake.contract.tables import Column, Table
from tests.spark.reference.reading import Row


@dataclasses.dataclass
class Gate:
    """The result of the rules.

    Attributes:
        kept: the rows to publish, by table.
        quarantined: the other rows, by table.
        rejects: the rows of rejected_records for the quarantined ones.
        failing: by rule, the number of rows that break it, without zeros.
    """

    kept: dict[str, list[Row]] = dataclasses.field(default_factory=dict)
    quarantined: dict[str, list[Row]] = dataclasses.field(default_factory=dict)
    rejects: list[Row] = dataclasses.field(default_factory=list)
    failing: Counter[str] = dataclasses.field(default_factory=Counter)


def check_rows(day: Mapping[str, list[Row]], curated_uri: str, snapshot_date: str) -> Gate:
    """Check the rows of every table against the rules."""
    gate = Gate({name: [] for name in day}, {name: [] for name in day})
    for name, rows in day.items():
        table = tables.table(name)
        partition = f"{curated_uri}{name}/{tables.PARTITION.name}={snapshot_date}"
        for row in rows:
            broken = dict(
                rule for column in table.columns for rule in _broken_rules(table, column, row[column.name])
            )
            (gate.quarantined if broken else gate.kept)[name].append(row)
            gate.failing.update(broken.keys())
            if broken:
                detail = ", ".join(f"{rule} requires {expected}" for rule, expected in broken.items())
                gate.rejects.append(_reject(table, row, detail, partition))
    for name in day:
        _check_foreign_keys(gate, tables.table(name))
    return gate


def _broken_rules(table: Table, column: Column, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the rule and its condition for a number out of bounds. Normalised rows break no other rule."""
    low, high = column.minimum, column.maximum
    if value is None or (low is None and high is None):
        return
    if (low is not None and value < low) or (high is not None and value > high):
        yield f"{table.name}.{column.name}:range", f"{low} {'or more' if high is None else f'to {high}'}"


def _check_foreign_keys(gate: Gate, table: Table) -> None:
    """Count the published rows of a table whose foreign keys do not exist.

    If all of these keys exist in quarantine, the rows that refer to quarantined rows are counted instead.
    """
    for column in table.columns:
        if (other := column.references) is None:
            continue
        published, quarantined = (
            {row[other.column] for row in rows[other.table]} for rows in (gate.kept, gate.quarantined)
        )
        keys = [row[column.name] for row in gate.kept[table.name]]
        orphans = [key for key in keys if key is not None and key not in published]
        missing = [key for key in orphans if key not in quarantined]
        gate.failing[f"{table.name}.{column.name}:foreign_key"] += len(missing or orphans)


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
    """The source of a row that is made from one record; None if it is made from parts of several."""
    if table is tables.ARTISTS:
        return raw_zone.ARTISTS if row["is_full"] else None
    if table is tables.ALBUMS:
        return raw_zone.ALBUMS if row["full_record_observed_at"] else None
    return raw_zone.PLAYLISTS if table is tables.PLAYLISTS else None


def as_json(row: Mapping[str, Any]) -> str:
    """A row as JSON without nulls. Days and times are in ISO 8601."""
    values = {name: value for name, value in row.items() if value is not None}
    return json.dumps(values, default=lambda value: value.isoformat())
