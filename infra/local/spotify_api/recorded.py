"""A folder of recorded answers as content: what was recorded is served as it was recorded.

Answers are told by their shape, not by their files' names, and captures of one playlist on several days are
kept apart: a capture's day is the date in its file's name, else the latest `added_at` in it. On a given day
a playlist stands as in its latest capture at or before that day; before its first it does not exist.

What was not recorded cannot be served, and is not made up:

* `total` of a playlist's contents is the number of items recorded without a gap from position 0: were it
  the recorded total, a client would page on for items that nobody has. The same holds for saved tracks.
* GET /me/playlists lists the playlists whose contents were recorded, those of a recorded library page
  first; a playlist known only from such a page is left out.
* An artist, album or track known only in its simplified form is 404, and null in a batch.
* The account is the recorded GET /me, else the owner of most playlists of the recorded library pages.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from infra.local.spotify_api import recorded_files as files
from infra.local.spotify_api.content import JsonObject, StoredPlaylist
from infra.local.spotify_api.recorded_files import RecordingUnreadableError

__all__ = ["RecordedContent", "RecordingUnreadableError"]

NOBODY: Final[JsonObject] = {
    "display_name": None,
    "external_urls": {},
    "href": "https://api.spotify.com/v1/users/recorded",
    "id": "recorded",
    "type": "user",
    "uri": "spotify:user:recorded",
}


@dataclasses.dataclass
class _Part:
    """Items recorded from some position on."""

    day: dt.date
    offset: int
    items: list[JsonObject]


@dataclasses.dataclass
class _Capture:
    """A playlist as recorded on a day, without its contents page, and the contents."""

    day: dt.date
    record: JsonObject
    keys: tuple[str, ...]
    items: list[JsonObject]


class RecordedContent:
    """A folder of recorded answers (see the module). Make it with `read`."""

    def __init__(self) -> None:
        self._captures: dict[str, list[_Capture]] = {}
        self._pages: dict[str, list[_Part]] = {}
        self._saved: list[_Part] = []
        self._plays: list[_Part] = []
        self._objects: dict[tuple[str, str], JsonObject] = {}
        self._library: dict[str, None] = {}
        self._owners: collections.Counter[str] = collections.Counter()
        self._users: dict[str, JsonObject] = {}
        self._me: JsonObject | None = None

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read a folder; raises RecordingUnreadableError, which names the file or the folder."""
        content = cls()
        for body, day in files.answers(folder):
            content._take(body, day)
        if not content._captures:
            raise RecordingUnreadableError(folder, "no file in it holds a playlist with its contents")
        content._join_pages()
        return content

    def days(self) -> Sequence[dt.date]:
        """The days of the playlists' captures, ascending; 1970-01-01 for one without any date."""
        return sorted({capture.day for captures in self._captures.values() for capture in captures})

    def replay_days(self) -> Sequence[dt.date]:
        """The days worth a run each: the captures of playlists recorded more than once, and the last day."""
        several = [captures for captures in self._captures.values() if len(captures) > 1]
        replayed = {capture.day for captures in several for capture in captures}
        return sorted({*replayed, self.days()[-1]})

    def me(self, day: dt.date) -> JsonObject:  # noqa: ARG002 - recorded once at most
        """The account whose library was recorded."""
        if self._me is None:
            most = self._owners.most_common(1)
            self._me = self._users[most[0][0]] if most else NOBODY
        return self._me

    def my_playlists(self, day: dt.date) -> Sequence[str | None]:
        """The playlists whose contents were recorded at or before the day."""
        known = [key for key in self._captures if self._capture(key, day) is not None]
        order = {key: number for number, key in enumerate(self._library)}
        return sorted(known, key=lambda key: (order.get(key, len(order)), key))

    def playlist(self, playlist_id: str, day: dt.date) -> StoredPlaylist | None:
        """A playlist's metadata as recorded."""
        capture = self._capture(playlist_id, day)
        if capture is None:
            return None
        is_shared = bool(capture.record.get("collaborative")) and playlist_id in self._library
        return StoredPlaylist(capture.record, len(capture.items), capture.keys, is_collaborator=is_shared)

    def playlist_items(self, playlist_id: str, day: dt.date, offset: int, limit: int) -> list[JsonObject]:
        """A slice of the recorded contents."""
        capture = self._capture(playlist_id, day)
        return capture.items[offset : offset + limit] if capture else []

    def saved_tracks(self, day: dt.date) -> Sequence[JsonObject]:
        """The saved tracks of the latest capture at or before the day."""
        return _contents(_of_latest_day(self._saved, day))

    def recently_played(self, day: dt.date) -> Sequence[JsonObject]:
        """The plays of the captures of the latest day at or before the day, latest first."""
        plays = [play for part in _of_latest_day(self._plays, day) for play in part.items]
        return sorted(plays, key=lambda play: str(play["played_at"]), reverse=True)

    def artist(self, artist_id: str, day: dt.date) -> JsonObject | None:  # noqa: ARG002 - not dated
        """A full artist, from whichever answer held it last."""
        return self._objects.get(("artist", artist_id))

    def album(self, album_id: str, day: dt.date) -> JsonObject | None:  # noqa: ARG002 - not dated
        """A full album, likewise."""
        return self._objects.get(("album", album_id))

    def track(self, track_id: str, day: dt.date) -> JsonObject | None:  # noqa: ARG002 - not dated
        """A full track, likewise."""
        return self._objects.get(("track", track_id))

    def _capture(self, playlist_id: str, day: dt.date) -> _Capture | None:
        captures = self._captures.get(playlist_id, [])
        return next((capture for capture in reversed(captures) if capture.day <= day), None)

    def _take(self, body: JsonObject, day: dt.date | None) -> None:
        for kind, record in files.full_objects(body):
            self._objects[kind, record["id"]] = record
        items = files.page_items(body) or []
        offset = int(body.get("offset") or 0)
        if keys := files.contents_keys(body):
            self._take_playlist(body, keys, day)
        elif playlist_id := files.contents_page_of(body):
            part = _Part(day or _added(items), offset, items)
            self._pages.setdefault(playlist_id, []).append(part)
        elif files.is_library_page(body):
            self._take_library(items)
        elif files.is_saved_page(body):
            self._saved.append(_Part(day or _added(items), offset, items))
        elif files.is_plays_page(body):
            played = files.latest_date(item["played_at"] for item in items)
            self._plays.append(_Part(day or played, offset, items))
        elif files.is_private_user(body):
            self._me = body

    def _take_playlist(self, body: JsonObject, keys: tuple[str, ...], day: dt.date | None) -> None:
        page = body[keys[0]]
        record = {key: value for key, value in body.items() if key not in keys}
        capture = _Capture(day or _added(page["items"]), record, keys, [])
        captures = self._captures.setdefault(body["id"], [])
        if all(other.day != capture.day for other in captures):  # of two on one day the first counts
            captures.append(capture)
        part = _Part(capture.day, int(page.get("offset") or 0), page["items"])
        self._pages.setdefault(body["id"], []).append(part)

    def _take_library(self, playlists: list[JsonObject | None]) -> None:
        for playlist in playlists:
            if playlist is not None:
                owner = playlist.get("owner") or NOBODY
                self._library.setdefault(playlist["id"])
                self._owners[owner["id"]] += 1
                self._users[owner["id"]] = owner

    def _join_pages(self) -> None:
        """Give every page to its playlist's capture nearest in time; without a capture it stays unused."""
        for playlist_id, captures in self._captures.items():
            captures.sort(key=lambda capture: capture.day)
            parts: dict[int, list[_Part]] = collections.defaultdict(list)
            for part in self._pages.get(playlist_id, []):
                distances = [abs(capture.day - part.day) for capture in captures]
                parts[distances.index(min(distances))].append(part)
            for index, capture in enumerate(captures):
                capture.items = _contents(parts[index])


def _added(items: list[JsonObject]) -> dt.date:
    return files.latest_date(item.get("added_at") for item in items)


def _of_latest_day(parts: list[_Part], day: dt.date) -> list[_Part]:
    days = [part.day for part in parts if part.day <= day]
    return [part for part in parts if part.day == max(days)] if days else []


def _contents(parts: list[_Part]) -> list[JsonObject]:
    """The items from position 0 up to the first gap; of two recordings of a position the first counts."""
    by_position: dict[int, JsonObject] = {}
    for part in parts:
        for index, item in enumerate(part.items):
            by_position.setdefault(part.offset + index, item)
    items: list[JsonObject] = []
    while len(items) in by_position:
        items.append(by_position[len(items)])
    return items
