"""Normalise a whole day: select the lines, make the rows of every table, and account for every line."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from spotify_lake.contract import raw_zone, tables
from spotify_lake.contract.raw_zone import RunManifest
from tests.spark.reference.entities import artist_rows, full_albums, playlist_rows
from tests.spark.reference.gate import check_rows
from tests.spark.reference.items import (
    Item,
    albums_seen,
    credited,
    episode_row,
    track_row,
    tracks_and_episodes,
)
from tests.spark.reference.reading import RawLine, Record, Reject, Row, read
from tests.spark.reference.winners import winners


@dataclasses.dataclass(frozen=True)
class Day:
    """The expected result.

    Attributes:
        rows: by table, in any order.
        reconciliation: by source, the counts of its lines.
        rejected: the number of rejected records by reason.
        items: the number of accepted items by playlist.
        failing: the number of rows that break a rule, by rule, without zeros.
        values: by table and nullable column, the number of rows with a value.
    """

    rows: dict[str, list[Row]]
    reconciliation: dict[str, dict[str, int]]
    rejected: dict[str, int]
    items: dict[str, int]
    failing: dict[str, int]
    values: dict[str, dict[str, int]]


@dataclasses.dataclass(frozen=True)
class Zones:
    """The roots of the two zones, each with its closing slash, and the day."""

    raw_uri: str
    curated_uri: str
    snapshot_date: str


def normalised(manifests: Sequence[RunManifest], lines: Mapping[str, Sequence[RawLine]], zones: Zones) -> Day:
    """Normalise a day.

    Args:
        manifests: of every run of the day, in any order.
        lines: the lines of each object, by its key.
        zones: the roots of the zones.
    """
    keys, playlists = _selected(manifests)
    found = {key: [read(line) for line in lines[key] if not line.is_blank] for key in keys}
    rejects = [each for results in found.values() for each in results if isinstance(each, Reject)]
    accepted = _AcceptedLines(
        each for results in found.values() for each in results if isinstance(each, Record)
    )
    gate = check_rows(accepted.rows(), zones.curated_uri, zones.snapshot_date)
    rejected = [*(each.row(zones.raw_uri) for each in rejects), *gate.rejects]
    return Day(
        rows={**gate.kept, tables.REJECTED_RECORDS.name: rejected},
        reconciliation=_account(accepted, rejects, gate.rejects),
        rejected=dict(Counter(row["reason"] for row in rejected)),
        items={
            playlist: sum(isinstance(each, Record) for key in named for each in found[key])
            for playlist, named in playlists.items()
        },
        failing=dict(+gate.failing) | _miscounted(manifests, found, gate.kept[tables.PLAYLISTS.name]),
        values={name: _values(name, rows) for name, rows in gate.kept.items() if _counted_columns(name)},
    )


def _miscounted(
    manifests: Sequence[RunManifest],
    found: Mapping[str, Sequence[Record | Reject]],
    playlists: Sequence[Row],
) -> dict[str, int]:
    """Count the playlists whose item_count differs from the lines that were read of the same version.

    A playlist is not compared if its contents were not read or are of another version.
    """
    lines_read = {}
    for run in _in_order(manifests):
        for entry in run.playlists:
            lines = sum(len(found.get(each.key, ())) for each in entry.objects)
            lines_read[entry.source, entry.playlist_id] = (entry.snapshot_id, lines)
    versions = {(playlist, version): lines for (_, playlist), (version, lines) in lines_read.items()}
    wrong = 0
    for row in playlists:
        version = row["playlist_id"], row["snapshot_id"]
        if row["item_count"] is not None and version in versions:
            wrong += versions[version] != row["item_count"]
    return {"playlists.item_count:stored_items": wrong} if wrong else {}


def _in_order(manifests: Sequence[RunManifest]) -> list[RunManifest]:
    return sorted(manifests, key=lambda run: (run.completed_at, run.run_id))


def _values(name: str, rows: Sequence[Row]) -> dict[str, int]:
    """Count the rows with a value in each nullable column, without zeros."""
    return dict(Counter(each for row in rows for each in _counted_columns(name) if row[each] is not None))


def _counted_columns(name: str) -> list[str]:
    """The nullable columns, except those that describe restrictions."""
    of_restrictions = {"restriction_reason", "linked_from_id"}
    columns = tables.table(name).columns
    return [each.name for each in columns if each.nullable and each.name not in of_restrictions]


def _selected(manifests: Sequence[RunManifest]) -> tuple[set[str], dict[str, list[str]]]:
    """The keys of the objects to read, and the keys of each playlist's items.

    A playlist's items are those of the run that completed last. All other records are read from every run.
    """
    records: set[str] = set()
    playlists: dict[tuple[str, str], list[str]] = {}
    for run in _in_order(manifests):
        records |= {each.key for each in (*run.playlist_records, *run.artist_records, *run.album_records)}
        for entry in run.playlists:
            playlists[entry.source, entry.playlist_id] = [each.key for each in entry.objects]
    keys = records.union(*playlists.values())
    return keys, {playlist: named for (_, playlist), named in playlists.items()}


class _AcceptedLines:
    """The accepted lines of a day, and what follows from them.

    Attributes:
        lines: by source.
        distinct: the number of distinct keys by source.
        unused: by source, the number of full records that no track of the day refers to.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self.lines: dict[str, list[Record]] = {source: [] for source in raw_zone.SOURCES}
        for each in records:
            self.lines[each.source].append(each)
        items = [Item.of(line) for source in raw_zone.ITEM_SOURCES for line in self.lines[source]]
        self._playlists = playlist_rows(self.lines[raw_zone.PLAYLISTS])
        self._places = list(winners(items, Item.place, Item.order_at_place).values())
        chosen = tracks_and_episodes(items)
        self._tracks, self._episodes = chosen["track"], chosen["episode"]
        self._albums = albums_seen(items)
        self._credits = [
            *(each for item in self._tracks.values() for each in credited("track", item)),
            *(each for album in self._albums.values() for each in credited("album", album)),
        ]
        credited_ids = {each.artist_id for each in self._credits}
        artists = artist_rows(self.lines[raw_zone.ARTISTS], self._credits)
        self._artists = [row for name, row in artists.items() if name in credited_ids]
        full = full_albums(self.lines[raw_zone.ALBUMS])
        self._album_rows = [album.row() | full.get(album_id, {}) for album_id, album in self._albums.items()]
        self.unused = {
            raw_zone.ARTISTS: len(artists) - len(self._artists),
            raw_zone.ALBUMS: len(full.keys() - self._albums.keys()),
        }
        at_places = Counter(item.line.source for item in self._places)
        self.distinct = {
            raw_zone.PLAYLISTS: len(self._playlists),
            raw_zone.ARTISTS: sum(row["is_full"] for row in artists.values()),
            raw_zone.ALBUMS: len(full),
            **{source: at_places[source] for source in raw_zone.ITEM_SOURCES},
        }

    def rows(self) -> dict[str, list[Row]]:
        """The rows of every table before the quality rules are applied."""
        return {
            tables.PLAYLISTS.name: self._playlists,
            tables.PLAYLIST_ITEMS.name: [item.row() for item in self._places],
            tables.TRACKS.name: [track_row(item) for item in self._tracks.values()],
            tables.ALBUMS.name: self._album_rows,
            tables.ARTISTS.name: self._artists,
            tables.TRACK_ARTISTS.name: [each.row() for each in self._credits if each.kind == "track"],
            tables.ALBUM_ARTISTS.name: [each.row() for each in self._credits if each.kind == "album"],
            tables.EPISODES.name: [episode_row(item) for item in self._episodes.values()],
        }


def _account(
    accepted: _AcceptedLines, rejects: Sequence[Reject], quarantined: Sequence[Row]
) -> dict[str, dict[str, int]]:
    """The counts of each source's lines. All but `read` add up to `read`."""
    rejected = Counter(each.line.folder for each in rejects)
    quarantined_from = Counter(row["source"] for row in quarantined)
    account = {}
    for source, lines in accepted.lines.items():
        unused = accepted.unused.get(source, 0)
        account[source] = {
            "read": len(lines) + rejected[source],
            "written": accepted.distinct[source] - unused - quarantined_from[source],
            "duplicates": len(lines) - accepted.distinct[source],
            "rejected": rejected[source] + quarantined_from[source],
            "unused": unused,
        }
    return account
