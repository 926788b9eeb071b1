"""The three stages of a day, as plain functions from tables to tables. Spark distributes them over tasks.

1. `observe`: from raw objects to observations of playlists, items, tracks, albums ...
2. `decide`: from all observations of an entity to its row; credits on tracks and albums become sightings.
3. `decide_artists`: from all sightings and full records of an artist to its row; foreign keys are checked.

Between the stages every table is distributed by the column in `DISTRIBUTE_BY`, so that the same task gets all
rows of a key. The entities are those of `transforms.registry`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotify_lake.contract import raw_zone, tables
from spotify_lake.contract.tables import Table
from spotify_lake.engine.exchange import Tables, combined, hashes
from spotify_lake.engine.stage_output import FOREIGN_KEYS, REFERENCED_KEYS, StageOutput, StageOutputBuilder
from spotify_lake.quality import item_counts, row_checks
from spotify_lake.reading.lines import validate_lines
from spotify_lake.reading.parsing import RawContent, decompress, parse
from spotify_lake.transforms import artists, playlist_items
from spotify_lake.transforms.columns import array
from spotify_lake.transforms.credited import credited_artists
from spotify_lake.transforms.entity import Entity
from spotify_lake.transforms.latest import latest
from spotify_lake.transforms.registry import ENTITIES, FULL_RECORDS

OBJECTS: Final = "objects"
SIGHTINGS: Final = "sightings"
DISTRIBUTE_BY: Final = {
    **{entity.table.name: entity.distribute_by for entity in ENTITIES},
    **{records.name: records.distribute_by for records in FULL_RECORDS},
    SIGHTINGS: "artist_id",
    FOREIGN_KEYS: "hash",
    REFERENCED_KEYS: "hash",
    tables.REJECTED_RECORDS.name: "object_uri",
}
"""The column by which a table is distributed before the next stage; other tables go to any task."""

_CHUNK_BYTES: Final = 32 * 1024 * 1024
"""The bytes of JSON that are parsed at once; in memory they take about twice as much for a while."""


def observe(objects: Iterable[tuple[str, bytes]]) -> Tables:
    """Parse and validate raw objects, and return the observations in them.

    Args:
        objects: the key of each and its stored bytes.

    Returns:
        Observations by table (one per key of an entity that `is_combined`) or by name of the full records,
        `rejected_records` and `objects` (see `lines.ValidatedLines`).
    """
    pieces: dict[str, list[pa.Table]] = {}
    for source, chunk in _chunks(objects):
        for name, rows in _observations(source, chunk).items():
            pieces.setdefault(name, []).append(rows)
    observed = {name: pa.concat_tables(each).combine_chunks() for name, each in pieces.items()}
    for entity in ENTITIES:
        if entity.is_combined and entity.table.name in observed:
            observed[entity.table.name] = latest(observed[entity.table.name], entity.table.key)
    return observed


def _chunks(objects: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, list[RawContent]]]:
    """Group objects by their source, up to `_CHUNK_BYTES` each."""
    waiting: dict[str, list[RawContent]] = {}
    sizes: dict[str, int] = {}
    for key, stored in objects:
        source, content = raw_zone.source_of(key), decompress(key, stored)
        waiting.setdefault(source, []).append(content)
        sizes[source] = sizes.get(source, 0) + len(content.text)
        if sizes[source] >= _CHUNK_BYTES:
            yield source, waiting.pop(source)
            sizes[source] = 0
    yield from waiting.items()


def _observations(source: str, contents: list[RawContent]) -> Tables:
    validated = validate_lines(source, parse(source, contents))
    accepted = validated.accepted
    if source in raw_zone.ITEM_SOURCES:
        accepted = playlist_items.classified_items(accepted)
    return {
        OBJECTS: validated.objects,
        tables.REJECTED_RECORDS.name: validated.rejected,
        **{each.table.name: each.observe(accepted) for each in ENTITIES if source in each.sources},
        **{each.name: each.observe(accepted) for each in FULL_RECORDS if source == each.source},
    }


def decide(observed: Tables) -> StageOutput:
    """Choose the row of each key of each entity, and check the rows.

    Args:
        observed: all that `observe` found of these keys.

    Returns:
        Rows by table of the contract, the input of `decide_artists`, and for the driver `objects` and
        `figures`.
    """
    output = StageOutputBuilder()
    output.to_driver(OBJECTS, observed.get(OBJECTS))
    output.to_next_stage(artists.FULL_RECORDS.name, observed.get(artists.FULL_RECORDS.name))
    output.reject(observed.get(tables.REJECTED_RECORDS.name))
    for entity in ENTITIES:
        _decide_entity(output, entity, observed)
    return output.build()


def _decide_entity(output: StageOutputBuilder, entity: Entity, observed: Tables) -> None:
    table, observations = entity.table, observed.get(entity.table.name)
    rows = None if observations is None else entity.rows(observations)
    if entity.completion is not None:
        records = observed.get(entity.completion.records.name, entity.completion.records.nothing)
        used = 0
        if rows is not None:
            rows = entity.completion.complete(rows, records)
            used = len(rows) - rows[entity.completion.observed_at].null_count
        _count_full_records(output, entity.completion.records.source, records, used)
    if rows is None or observations is None:
        return
    published = output.publish(table, rows)
    if table is tables.PLAYLISTS:
        for stated in item_counts.stated_items(published):
            output.count(item_counts.STATED, stated, 1)
    if entity.credits is not None:
        (owner, *_) = entity.table.key
        credited = credited_artists(rows, owner)
        output.publish(entity.credits, credited)
        output.to_next_stage(SIGHTINGS, artists.sightings(credited, owner))
    if entity.is_reconciled:
        output.count_each("observed", array(observations, "_source"))
        output.count_each("distinct", _distinct_sources(table, observations))
        output.count_each("written", array(rows, "_source"))


def _distinct_sources(table: Table, rows: pa.Table) -> pa.Array:
    """The source of each distinct key, found independently of the code that chooses the rows."""
    _, firsts = np.unique(
        combined(hashes(array(rows, name)) for name in ("_source", *table.key)), return_index=True
    )
    return array(rows, "_source").take(pa.array(firsts))


def decide_artists(decided: Tables) -> StageOutput:
    """Choose the row of each artist, check the rows, and find foreign keys that refer to nothing.

    Args:
        decided: the input for this stage that `decide` made.

    Returns:
        Rows of artists and rejected_records, and `figures` for the driver.
    """
    output = StageOutputBuilder()
    for name in (FOREIGN_KEYS, REFERENCED_KEYS):
        output.to_next_stage(name, decided.get(name))
    records = decided.get(artists.FULL_RECORDS.name, artists.NO_RECORDS)
    rows = artists.artists(records, decided.get(SIGHTINGS, artists.NO_SIGHTINGS))
    output.publish(tables.ARTISTS, rows)
    keys = output.take_next_stage()
    if FOREIGN_KEYS in keys and REFERENCED_KEYS in keys:
        missing, quarantined = row_checks.count_orphans(keys[FOREIGN_KEYS], keys[REFERENCED_KEYS])
        for kind, found in (("failing", missing), ("orphaned", quarantined)):
            for rule, rows_of_rule in found.items():
                output.count(kind, rule, rows_of_rule)
    _count_full_records(output, raw_zone.ARTISTS, records, pc.sum(array(rows, "is_full")).as_py() or 0)
    return output.build()


def _count_full_records(output: StageOutputBuilder, source: str, records: pa.Table, written: int) -> None:
    """Count the full records of a source, `written` of which are in a row of the day."""
    distinct = len(np.unique(hashes(array(records, raw_zone.ID_NAMES[source]))))
    output.count("observed", source, records.num_rows)
    output.count("distinct", source, distinct)
    output.count("written", source, written)
    output.count("unused", source, distinct - written)
