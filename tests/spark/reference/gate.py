"""The quality rules that take rows out of a day, as the contract states them beside its columns."""

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
    """What the rules make of a day.

    Attributes:
        kept: the rows that keep to them, by table.
        taken: the others, by table.
        rejects: these as rejected records.
        failing: by rule, how many rows break it; a rule that holds is not named.
    """

    kept: dict[str, list[Row]] = dataclasses.field(default_factory=dict)
    taken: dict[str, list[Row]] = dataclasses.field(default_factory=dict)
    rejects: list[Row] = dataclasses.field(default_factory=list)
    failing: Counter[str] = dataclasses.field(default_factory=Counter)


def gated(day: Mapping[str, list[Row]], curated_uri: str, snapshot_date: str) -> Gate:
    """Hold the rows of every table against the rules."""
    gate = Gate({name: [] for name in day}, {name: [] for name in day})
    for name, rows in day.items():
        table = tables.table(name)
        partition = f"{curated_uri}{name}/{tables.PARTITION.name}={snapshot_date}"
        for row in rows:
            broken = dict(
                told for column in table.columns for told in _broken(table, column, row[column.name])
            )
            (gate.taken if broken else gate.kept)[name].append(row)
            gate.failing.update(broken.keys())
            if broken:
                detail = ", ".join(f"{rule} wants {expected}" for rule, expected in broken.items())
                gate.rejects.append(_reject(table, row, detail, partition))
    for name in day:
        _look_for_partners(gate, tables.table(name))
    return gate


def _broken(table: Table, column: Column, value: Any) -> Iterator[tuple[str, str]]:
    """The rule, and what it wants, of a number beyond its bounds; nothing else breaks a normalised row."""
    low, high = column.minimum, column.maximum
    if value is None or (low is None and high is None):
        return
    if (low is not None and value < low) or (high is not None and value > high):
        yield f"{table.name}.{column.name}:range", f"{low} {'or more' if high is None else f'to {high}'}"


def _look_for_partners(gate: Gate, table: Table) -> None:
    """Count the published rows of a table whose foreign keys find nothing.

    Where all of them find at least a row in quarantine, it is those that are told of.
    """
    for column in table.columns:
        if (other := column.references) is None:
            continue
        published, quarantined = (
            {row[other.column] for row in rows[other.table]} for rows in (gate.kept, gate.taken)
        )
        asked = [row[column.name] for row in gate.kept[table.name]]
        lonely = [each for each in asked if each is not None and each not in published]
        missing = [each for each in lonely if each not in quarantined]
        gate.failing[f"{table.name}.{column.name}:foreign_key"] += len(missing or lonely)


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
    if table is tables.ALBUMS:
        return raw_zone.ALBUMS if row["full_record_observed_at"] else None
    return raw_zone.PLAYLISTS if table is tables.PLAYLISTS else None


def as_json(row: Mapping[str, Any]) -> str:
    """A row as JSON text, without what is null; days and times as in ISO 8601."""
    told = {name: value for name, value in row.items() if value is not None}
    return json.dumps(told, default=lambda value: value.isoformat())
