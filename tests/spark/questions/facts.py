"""The tables and marts of several days, made from the raw records by the reference implementations."""

from __future__ import annotations

import dataclasses
import datetime as dt
import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from spotify_lake.contract.raw_zone import RunManifest
from tests.spark.marts.reference import History as MartsReference
from tests.spark.reference.day import Zones, normalised
from tests.spark.reference.reading import RawLine, Row

SAVED: Final = "saved_tracks"


@dataclasses.dataclass(frozen=True)
class Placement:
    """A track at a position of a playlist, with what is known of it on the day."""

    playlist_id: str
    playlist_name: str
    position: int
    added_at: dt.datetime
    track: Row
    artist_names: str | None
    artist_name: str | None
    album: Row

    @property
    def recording(self) -> str:
        """What tracks of the same recording share."""
        return str(self.track["isrc"] or self.track["track_id"])


class Facts:
    """What the raw records say.

    Attributes:
        days: in order.
        tables: by day and table, the rows.
        marts: by day and mart, the rows by their keys, as `MartsReference` gives them.
    """

    def __init__(
        self, lines: Mapping[str, tuple[Sequence[RunManifest], Any]], roots: tuple[Path, Path]
    ) -> None:
        self.days = sorted(lines)
        self.tables: dict[str, dict[str, list[Row]]] = {}
        self.marts: dict[str, dict[str, dict[Any, Row]]] = {}
        counted = MartsReference()
        raw_uri, curated_uri = (f"{root.as_uri()}/" for root in roots)
        for day in self.days:
            manifests, by_key = lines[day]
            rows = normalised(manifests, by_key, Zones(raw_uri, curated_uri, day)).rows
            self.tables[day] = rows
            self.marts[day] = {
                name: {key: dict(row) for key, row in found.items()}
                for name, found in counted.add(day, rows).items()
            }

    @property
    def newest(self) -> str:
        """The newest day."""
        return self.days[-1]

    def after(self, days: int) -> list[str]:
        """The days that are later than so many days before the newest one."""
        first = dt.date.fromisoformat(self.newest) - dt.timedelta(days)
        return [day for day in self.days if day > first.isoformat()]

    def since(self, days: int) -> list[str]:
        """The days from so many days before the newest one."""
        return self.after(days + 1)

    def rows(self, day: str, table: str, key: str) -> dict[str, Row]:
        """The rows of a table by their key."""
        return {row[key]: row for row in self.tables[day][table]}

    def artist_names(self, day: str, track_id: str | None) -> str | None:
        """The names of a track's artists in the order of the credits; None without any."""
        names = self._credited(day, track_id)
        return ", ".join(name for name in names if name is not None) if names else None

    def _credited(self, day: str, track_id: str | None) -> list[str | None]:
        artists = self.rows(day, "artists", "artist_id")
        credited = [row for row in self.tables[day]["track_artists"] if row["track_id"] == track_id]
        credited.sort(key=lambda row: int(row["artist_position"]))
        return [artists[row["artist_id"]]["name"] for row in credited]

    def placements(self, day: str) -> list[Placement]:
        """The placements of known tracks on a day."""
        tracks, albums = self.rows(day, "tracks", "track_id"), self.rows(day, "albums", "album_id")
        playlists = self.rows(day, "playlists", "playlist_id")
        return [
            Placement(
                row["playlist_id"],
                playlists[row["playlist_id"]]["name"],
                row["position"],
                row["added_at"],
                track,
                self.artist_names(day, row["track_id"]),
                next(iter(self._credited(day, row["track_id"])), None),
                albums[track["album_id"]],
            )
            for row in self.tables[day]["playlist_items"]
            if (track := tracks.get(row["track_id"]))
        ]

    def largest_playlist(self) -> str:
        """The playlist with most items on the newest day."""
        playlists = self.tables[self.newest]["playlists"]
        return str(min((-(row["item_count"] or 0), row["playlist_id"]) for row in playlists)[1])


def raw_lines(raw: Path, manifests: Sequence[RunManifest]) -> dict[str, list[RawLine]]:
    """Read the lines of the objects that manifests list, by the object's key."""
    objects = {
        each.key
        for run in manifests
        for each in (
            *run.playlist_records,
            *run.artist_records,
            *run.album_records,
            *(each for entry in run.playlists for each in entry.objects),
        )
    }
    return {key: _read(raw, key) for key in objects}


def _read(raw: Path, key: str) -> list[RawLine]:
    texts = gzip.decompress((raw / key).read_bytes()).decode().splitlines()
    return [RawLine(key, number, text) for number, text in enumerate(texts, start=1)]
