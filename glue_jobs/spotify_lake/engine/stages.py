"""The three steps of a day, as plain functions from tables to tables; Spark spreads them over tasks.

1. `observe`: raw objects in, observations out: what each line says of a playlist, a place in it, a track ...
2. `decide`: all observations of a thing in, its row out; the credits on tracks and albums become sightings.
3. `decide_artists`: all sightings and records of an artist in, its row out; foreign keys meet their partners.

Between the steps every table is spread by the column that `SPREAD_BY` names, so that what belongs together
meets in one task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotify_lake.contract import raw_zone, tables
from spotify_lake.contract.tables import Table
from spotify_lake.engine.exchange import Tables, combined, hashes
from spotify_lake.engine.outcome import CLAIMS, PARTNERS, Outcome
from spotify_lake.quality import row_checks
from spotify_lake.reading.lines import judge
from spotify_lake.reading.parsing import RawContent, decompress, parse
from spotify_lake.transforms import albums, artists, episodes, playlist_items, playlists, tracks
from spotify_lake.transforms.columns import array
from spotify_lake.transforms.credited import credited_artists
from spotify_lake.transforms.latest import TIE_BREAK, latest

OBJECTS: Final = "objects"
ARTIST_RECORDS: Final = "artist_records"
ALBUM_RECORDS: Final = "album_records"
SIGHTINGS: Final = "sightings"
SPREAD_BY: Final = {
    tables.PLAYLISTS.name: "playlist_id",
    tables.PLAYLIST_ITEMS.name: "playlist_id",
    tables.TRACKS.name: "track_id",
    tables.ALBUMS.name: "album_id",
    tables.EPISODES.name: "episode_id",
    ARTIST_RECORDS: "artist_id",
    ALBUM_RECORDS: "album_id",
    SIGHTINGS: "artist_id",
    CLAIMS: "hash",
    PARTNERS: "hash",
    tables.REJECTED_RECORDS.name: "object_uri",
}
"""The column by which a table is spread before the next step; one that is not named may lie anywhere."""
FOR_ARTISTS: Final = (ARTIST_RECORDS, SIGHTINGS, CLAIMS, PARTNERS)
"""The tables that `decide_artists` takes."""

_CHUNK_BYTES: Final = 32 * 1024 * 1024
"""So many bytes of JSON are parsed at once; in memory they take about twice as much for a while."""


def observe(objects: Iterable[tuple[str, bytes]]) -> Tables:
    """Parse and judge raw objects, and return what they say.

    Args:
        objects: the key of each and its stored bytes.

    Returns:
        Observations by table (of tracks, albums and episodes one a key), `artist_records`, `album_records`,
        `rejected_records` and `objects` (see `lines.Judged`).
    """
    pieces: dict[str, list[pa.Table]] = {}
    for source, chunk in _chunks(objects):
        for name, rows in _observations(source, chunk).items():
            pieces.setdefault(name, []).append(rows)
    observed = {name: pa.concat_tables(each).combine_chunks() for name, each in pieces.items()}
    for table in (tables.TRACKS, tables.ALBUMS, tables.EPISODES):
        if table.name in observed:
            observed[table.name] = latest(observed[table.name], table.key)
    return observed


def _chunks(objects: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, list[RawContent]]]:
    """Group objects by their source, so many that parsing them at once is worth it."""
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
    judged = judge(source, parse(source, contents))
    made = {OBJECTS: judged.objects, tables.REJECTED_RECORDS.name: judged.rejected}
    if source == raw_zone.PLAYLISTS:
        made[tables.PLAYLISTS.name] = playlists.playlists(judged.accepted)
    elif source == raw_zone.ARTISTS:
        made[ARTIST_RECORDS] = artists.artist_records(judged.accepted)
    elif source == raw_zone.ALBUMS:
        made[ALBUM_RECORDS] = albums.album_records(judged.accepted)
    else:
        items = playlist_items.classified_items(judged.accepted)
        made[tables.PLAYLIST_ITEMS.name] = playlist_items.playlist_items(items)
        made[tables.TRACKS.name] = tracks.tracks(items)
        made[tables.ALBUMS.name] = albums.albums(items)
        made[tables.EPISODES.name] = episodes.episodes(items)
    return made


def decide(observed: Tables) -> Tables:
    """Choose the row of each playlist, place, track, album and episode, and check the rows.

    Args:
        observed: all that `observe` found of the things in it.

    Returns:
        Rows by table of the contract, `figures`, what `decide_artists` takes, and `objects`.
    """
    outcome = Outcome()
    for name in (OBJECTS, ARTIST_RECORDS):
        outcome.add(name, observed.get(name))
    outcome.reject(observed.get(tables.REJECTED_RECORDS.name))
    album_records = observed.get(ALBUM_RECORDS, albums.NO_RECORDS)
    used_albums = 0
    for table, choose in _CHOICE.items():
        if table.name in observed:
            winners = choose(observed[table.name])
            if table is tables.ALBUMS:
                winners = albums.with_full_records(winners, album_records)
                used_albums = pc.sum(array(winners, "full_record_observed_at").is_valid()).as_py() or 0
            outcome.publish(table, winners)
            if table in _CREDITED:
                _publish_credits(outcome, table, winners)
            if table in (tables.PLAYLISTS, tables.PLAYLIST_ITEMS):
                outcome.count_each("observed", array(observed[table.name], "_source"))
                outcome.count_each("distinct", _distinct_sources(table, observed[table.name]))
                outcome.count_each("written", array(winners, "_source"))
    _count_full_records(outcome, raw_zone.ALBUMS, album_records, used_albums)
    return outcome.tables()


def _latest(table: Table, tie_break: tuple[str, ...] = TIE_BREAK) -> Callable[[pa.Table], pa.Table]:
    return lambda rows: latest(rows, table.key, tie_break)


_CHOICE: Final = {
    tables.PLAYLISTS: playlists.latest_playlists,
    tables.PLAYLIST_ITEMS: _latest(tables.PLAYLIST_ITEMS, playlist_items.BESIDE),
    tables.TRACKS: _latest(tables.TRACKS),
    tables.ALBUMS: _latest(tables.ALBUMS),
    tables.EPISODES: _latest(tables.EPISODES),
}
_CREDITED: Final = {
    tables.TRACKS: ("track", tables.TRACK_ARTISTS),
    tables.ALBUMS: ("album", tables.ALBUM_ARTISTS),
}


def _publish_credits(outcome: Outcome, table: Table, winners: pa.Table) -> None:
    kind, credit_table = _CREDITED[table]
    credited = credited_artists(winners, f"{kind}_id")
    outcome.publish(credit_table, credited)
    outcome.add(SIGHTINGS, artists.sightings(credited, kind))


def _distinct_sources(table: Table, rows: pa.Table) -> pa.Array:
    """The source of each different thing, found apart from the code that picks the winners."""
    _, firsts = np.unique(
        combined(hashes(array(rows, name)) for name in ("_source", *table.key)), return_index=True
    )
    return array(rows, "_source").take(pa.array(firsts))


def decide_artists(decided: Tables) -> Tables:
    """Choose the row of each artist, check the rows, and find foreign keys without a partner.

    Args:
        decided: what `decide` made of the tables of `FOR_ARTISTS`.

    Returns:
        artists, rejected_records and `figures`.
    """
    outcome = Outcome()
    for name in (CLAIMS, PARTNERS):
        outcome.add(name, decided.get(name))
    records = decided.get(ARTIST_RECORDS, artists.NO_RECORDS)
    rows = artists.artists(records, decided.get(SIGHTINGS, artists.NO_SIGHTINGS))
    outcome.publish(tables.ARTISTS, rows)
    claims, partners = outcome.take(CLAIMS), outcome.take(PARTNERS)
    if claims is not None and partners is not None:
        missing, quarantined = row_checks.unmatched(claims, partners)
        for kind, found in (("failing", missing), ("orphaned", quarantined)):
            for rule, rows_of_rule in found.items():
                outcome.count(kind, rule, rows_of_rule)
    _count_full_records(outcome, raw_zone.ARTISTS, records, pc.sum(array(rows, "is_full")).as_py() or 0)
    return outcome.tables()


def _count_full_records(outcome: Outcome, source: str, records: pa.Table, written: int) -> None:
    """Count what became of the full records of a source, `written` of which are in a row of the day."""
    distinct = len(np.unique(hashes(array(records, raw_zone.ID_NAMES[source]))))
    outcome.count("observed", source, records.num_rows)
    outcome.count("distinct", source, distinct)
    outcome.count("written", source, written)
    outcome.count("unused", source, distinct - written)
