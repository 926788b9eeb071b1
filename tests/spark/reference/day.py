"""A whole day: which lines make it up, the rows of every table, and the account of every line."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from spotify_lake.contract import raw_zone, tables
from spotify_lake.contract.raw_zone import RunManifest
from tests.spark.reference.entities import artist_rows, full_albums, playlist_rows
from tests.spark.reference.gate import gated
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
    """What has to be published.

    Attributes:
        rows: by table, in no order.
        reconciliation: by source, how many lines were read and what became of them.
        rejected: how many, by reason.
        items: accepted items by playlist, as the manifests call it.
        failing: by rule, how many rows break it, where any do.
        values: by table, by column that may be null, the rows that have a value in it.
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
        zones: where they lie.
    """
    keys, playlists = _chosen(manifests)
    found = {key: [read(line) for line in lines[key] if not line.is_blank] for key in keys}
    rejects = [each for judged in found.values() for each in judged if isinstance(each, Reject)]
    whole = _Accepted(each for judged in found.values() for each in judged if isinstance(each, Record))
    gate = gated(whole.rows(), zones.curated_uri, zones.snapshot_date)
    rejected = [*(each.row(zones.raw_uri) for each in rejects), *gate.rejects]
    return Day(
        rows={**gate.kept, tables.REJECTED_RECORDS.name: rejected},
        reconciliation=_account(whole, rejects, gate.rejects),
        rejected=dict(Counter(row["reason"] for row in rejected)),
        items={
            playlist: sum(isinstance(each, Record) for key in named for each in found[key])
            for playlist, named in playlists.items()
        },
        failing=dict(+gate.failing) | _miscounted(manifests, found, gate.kept[tables.PLAYLISTS.name]),
        values={name: _values(name, rows) for name, rows in gate.kept.items() if _countable(name)},
    )


def _miscounted(
    manifests: Sequence[RunManifest],
    found: Mapping[str, Sequence[Record | Reject]],
    playlists: Sequence[Row],
) -> dict[str, int]:
    """How many playlists say another number of items than lines were read of the same version; of 0 nothing.

    Of a playlist whose contents nobody read, or of another version, there is nothing to compare.
    """
    read_of = {}
    for run in _in_order(manifests):
        for entry in run.playlists:
            lines = sum(len(found.get(each.key, ())) for each in entry.objects)
            read_of[entry.source, entry.playlist_id] = (entry.snapshot_id, lines)
    versions = {(playlist, version): lines for (_, playlist), (version, lines) in read_of.items()}
    wrong = 0
    for row in playlists:
        version = row["playlist_id"], row["snapshot_id"]
        if row["item_count"] is not None and version in versions:
            wrong += versions[version] != row["item_count"]
    return {"playlists.item_count:stored_items": wrong} if wrong else {}


def _in_order(manifests: Sequence[RunManifest]) -> list[RunManifest]:
    return sorted(manifests, key=lambda run: (run.completed_at, run.run_id))


def _values(name: str, rows: Sequence[Row]) -> dict[str, int]:
    """How many rows have a value in each column that may be null; of 0 nothing is said."""
    return dict(Counter(each for row in rows for each in _countable(name) if row[each] is not None))


def _countable(name: str) -> list[str]:
    """The columns that may be null, but for those that tell of restrictions."""
    of_restrictions = {"restriction_reason", "linked_from_id"}
    columns = tables.table(name).columns
    return [each.name for each in columns if each.nullable and each.name not in of_restrictions]


def _chosen(manifests: Sequence[RunManifest]) -> tuple[set[str], dict[str, list[str]]]:
    """The keys of the objects to read, and of those the ones that hold each playlist's items.

    The run that completed last decides about a playlist; all other records are read.
    """
    records: set[str] = set()
    playlists: dict[tuple[str, str], list[str]] = {}
    for run in _in_order(manifests):
        records |= {each.key for each in (*run.playlist_records, *run.artist_records, *run.album_records)}
        for entry in run.playlists:
            playlists[entry.source, entry.playlist_id] = [each.key for each in entry.objects]
    keys = records.union(*playlists.values())
    return keys, {playlist: named for (_, playlist), named in playlists.items()}


class _Accepted:
    """The accepted lines of a day, and what was found out about them.

    Attributes:
        lines: by source.
        things: how many different things they are about, by source.
        unused: by source, full records of what no track of the day refers to.
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
        self.things = {
            raw_zone.PLAYLISTS: len(self._playlists),
            raw_zone.ARTISTS: sum(row["is_full"] for row in artists.values()),
            raw_zone.ALBUMS: len(full),
            **{source: at_places[source] for source in raw_zone.ITEM_SOURCES},
        }

    def rows(self) -> dict[str, list[Row]]:
        """The rows of every table of content."""
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


def _account(whole: _Accepted, rejects: Sequence[Reject], taken: Sequence[Row]) -> dict[str, dict[str, int]]:
    """What became of the lines of each source; all but `read` adds up to `read`."""
    refused = Counter(each.line.folder for each in rejects)
    quarantined_from = Counter(row["source"] for row in taken)
    account = {}
    for source, lines in whole.lines.items():
        unused = whole.unused.get(source, 0)
        account[source] = {
            "read": len(lines) + refused[source],
            "written": whole.things[source] - unused - quarantined_from[source],
            "duplicates": len(lines) - whole.things[source],
            "rejected": refused[source] + quarantined_from[source],
            "unused": unused,
        }
    return account
