"""The bundled synthetic catalog: twelve playlists, about 850 items, all edge cases, changing from day to day.

Everything is a pure function of the seed, a number and the day; nothing is stored or downloaded, and the
same seed gives the same bytes on every machine.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from typing import Final

from infra.local.spotify_api import edge_cases, ids
from infra.local.spotify_api import synthetic_records as records
from infra.local.spotify_api.catalog import JsonObject, StoredPlaylist
from infra.local.spotify_api.synthetic_playlists import (
    ACCOUNT_ID,
    ACCOUNT_NAME,
    NULL_ENTRY_BEFORE,
    PLANS,
    ChangeSchedule,
    Filling,
    Plan,
    Slot,
    playlist_record,
    private_user,
    slots_in_revision,
)
from infra.local.spotify_api.synthetic_records import Universe

DEFAULT_SEED: Final = 20_261_122
_SAVED: Final = 73
_SAVED_EPISODES: Final = 54
_EPISODES: Final = 120
_PLAYS: Final = 50
_FIRST_PLAIN_TRACK: Final = 50  # the tracks before it have edge cases
_EVERY_FIFTH: Final = 5
_EVERY_NINTH: Final = 9


class SyntheticCatalog:
    """The bundled catalog (see the module). `seed` changes every id and name."""

    def __init__(self, seed: int = DEFAULT_SEED) -> None:
        self.universe = Universe(seed=seed, artists=240, tracks=800)
        self._plans = {ids.encode(seed, "playlist", number): plan for number, plan in enumerate(PLANS)}
        self._slots = functools.lru_cache(maxsize=1_000)(self._slots_of_revision)

    def days(self) -> Sequence[dt.date]:
        """Any day can be asked for."""
        return ()

    def me(self, day: dt.date) -> JsonObject:
        """The account that owns most of the playlists."""
        return private_user(ACCOUNT_ID, ACCOUNT_NAME, day)

    def my_playlists(self, day: dt.date) -> Sequence[str | None]:  # noqa: ARG002 - the library does not change
        """The playlists that the account owns or follows, with a null entry among them."""
        library: list[str | None] = [key for key, plan in self._plans.items() if plan.in_library]
        library.insert(NULL_ENTRY_BEFORE, None)
        return library

    def playlist(self, playlist_id: str, day: dt.date) -> StoredPlaylist | None:
        """A playlist's metadata; the snapshot_id is a digest of the contents, so it moves when they do."""
        plan = self._plans.get(playlist_id)
        if plan is None:
            return None
        slots = self._slots_on(playlist_id, day)
        snapshot_id = ids.snapshot_id(playlist_id, [(slot.index, slot.generation) for slot in slots])
        total = len(slots) + len(self._pinned(plan, day))
        return StoredPlaylist(
            playlist_record(playlist_id, plan, snapshot_id, day),
            total,
            is_collaborator=plan.collaborative,
        )

    def playlist_items(
        self, playlist_id: str, day: dt.date, offset: int, limit: int
    ) -> list[JsonObject | None]:
        """A slice of the contents: the pinned edge cases first, then the slots of the day."""
        plan = self._plans[playlist_id]
        pinned = self._pinned(plan, day)
        slots = self._slots_on(playlist_id, day)
        first = max(0, offset - len(pinned))
        last = max(0, offset + limit - len(pinned))
        moving = [self._item(playlist_id, plan, slot, day) for slot in slots[first:last]]
        return [*pinned[offset : offset + limit], *moving]

    def saved_tracks(self, day: dt.date) -> Sequence[JsonObject]:
        """The last 73 saves: one more every other day."""
        latest = day.toordinal() // 2
        return [
            {
                "added_at": f"{dt.date.fromordinal(max(1, number * 2)).isoformat()}T21:04:{number % 60:02d}Z",
                "track": self._track(number * 37 % self.universe.tracks, day),
            }
            for number in range(latest, latest - _SAVED, -1)
        ]

    def saved_episodes(self, day: dt.date) -> Sequence[JsonObject]:
        """The last 54 saves: one more each Sunday."""
        latest = day.toordinal() // 7
        return [
            {
                "added_at": f"{dt.date.fromordinal(week * 7).isoformat()}T06:30:{week % 60:02d}Z",
                "episode": edge_cases.episode(self.universe, week % _EPISODES),
            }
            for week in range(latest, latest - _SAVED_EPISODES, -1)
        ]

    def recently_played(self, day: dt.date) -> Sequence[JsonObject]:
        """The last 50 plays before the day's midnight (UTC), five minutes apart; a third has no context."""
        midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), dt.UTC)
        playlist_id = next(iter(self._plans))
        context = {"type": "playlist", **records.linked("playlist", playlist_id)}
        plays = []
        for number in range(1, _PLAYS + 1):
            played = midnight - dt.timedelta(minutes=5 * number, milliseconds=number * 7 % 1_000)
            stamp = played.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            track = self._track((day.toordinal() * 50 - number) % self.universe.tracks, day)
            plays.append({"track": track, "played_at": stamp, "context": context if number % 3 else None})
        return plays

    def artist(self, artist_id: str, day: dt.date) -> JsonObject | None:
        """A full artist of the catalog."""
        number = self._number("artist", artist_id, self.universe.artists)
        if number is None:
            return None
        artist = records.full_artist(self.universe, number, day)
        if number in edge_cases.FLOAT_FOLLOWERS:
            total = float(artist["followers"]["total"])
            artist = {**artist, "followers": {"href": None, "total": total}}
        return artist

    def album(self, album_id: str, day: dt.date) -> JsonObject | None:
        """A full album of the catalog."""
        number = self._number("album", album_id, self.universe.albums)
        return None if number is None else records.full_album(self.universe, number, day)

    def track(self, track_id: str, day: dt.date) -> JsonObject | None:
        """A full track of the catalog."""
        number = self._number("track", track_id, self.universe.tracks)
        return None if number is None else self._track(number, day)

    def _number(self, kind: str, object_id: str, count: int) -> int | None:
        number = ids.decode(self.universe.seed, kind, object_id)
        return number if number is not None and number < count else None

    def _track(self, number: int, day: dt.date) -> JsonObject:
        return edge_cases.track(self.universe, number, day)

    def _pinned(self, plan: Plan, day: dt.date) -> list[JsonObject | None]:
        if plan.filling is not Filling.EDGE_CASES:
            return []
        return edge_cases.edge_case_items(self.universe, day, plan.owner_id)

    def _slots_on(self, playlist_id: str, day: dt.date) -> list[Slot]:
        return self._slots(playlist_id, self._plans[playlist_id].schedule.revision(day))

    def _slots_of_revision(self, playlist_id: str, revision: int) -> list[Slot]:
        plan = self._plans[playlist_id]
        return slots_in_revision(plan.slots, plan.schedule, revision, playlist_id)

    def _item(self, playlist_id: str, plan: Plan, slot: Slot, day: dt.date) -> JsonObject:
        key = ids.digest(playlist_id)
        time_of_day = f"{7 + slot.index % 15:02d}:{slot.index % 60:02d}:{key % 60:02d}"
        added_at: str | None = f"{slot.added.isoformat()}T{time_of_day}Z"
        added_by: JsonObject | None = records.added_by(plan.owner_id)
        if plan.owner_id == "spotify":
            added_by = records.added_by("")
        elif plan.collaborative and slot.index % 2:
            added_by = records.added_by(ACCOUNT_ID)
        if plan.filling is Filling.UNKNOWN_DATES:
            is_null = slot.index % 2
            added_at, added_by = (None, None) if is_null else ("1970-01-01T00:00:00Z", records.added_by(""))
        if plan.filling is Filling.EPISODES and slot.index % _EVERY_FIFTH == 0:
            number = slot.index // _EVERY_FIFTH + slot.generation % 100
            return records.item(edge_cases.episode(self.universe, number), added_at, added_by)
        # Every ninth slot repeats the track of the slot before it: a track may be in a playlist twice.
        index = slot.index - (slot.index % _EVERY_NINTH == _EVERY_NINTH - 1)
        plain_tracks = self.universe.tracks - _FIRST_PLAIN_TRACK
        number = _FIRST_PLAIN_TRACK + (key + index + slot.generation * 101) % plain_tracks
        return records.item(self._track(number, day), added_at, added_by)


_ITEMS_PER_TRACK = 4  # a track is in about four playlists
_TRACKS_PER_ARTIST = 10


class ScaledCatalog:
    """`playlists` playlists of `items` items each, all of the account's own, with no edge_cases.

    One playlist in ten changes from one day to the next: its contents move up by one. Only the last 20,000
    tracks are cached.
    """

    def __init__(self, playlists: int, items: int, *, seed: int = DEFAULT_SEED) -> None:
        self._playlists = playlists
        self._items = items
        tracks = max(100, playlists * items // _ITEMS_PER_TRACK)
        self.universe = Universe(seed, max(10, tracks // _TRACKS_PER_ARTIST), tracks, has_edge_cases=False)

    def days(self) -> Sequence[dt.date]:
        """Any day can be asked for."""
        return ()

    def me(self, day: dt.date) -> JsonObject:
        """The account that owns every playlist."""
        return private_user(ACCOUNT_ID, ACCOUNT_NAME, day)

    def my_playlists(self, day: dt.date) -> Sequence[str | None]:  # noqa: ARG002 - the library does not change
        """Every playlist."""
        return [ids.encode(self.universe.seed, "playlist", number) for number in range(self._playlists)]

    def playlist(self, playlist_id: str, day: dt.date) -> StoredPlaylist | None:
        """A playlist's metadata."""
        number = self._number("playlist", playlist_id, self._playlists)
        if number is None:
            return None
        plan = Plan(f"Benchmark {number:05d}", self._items, ChangeSchedule(period=10))
        snapshot_id = ids.snapshot_id(playlist_id, self._revision(number, day))
        return StoredPlaylist(playlist_record(playlist_id, plan, snapshot_id, day), self._items)

    def playlist_items(self, playlist_id: str, day: dt.date, offset: int, limit: int) -> list[JsonObject]:
        """A slice of a playlist's contents."""
        number = ids.decode(self.universe.seed, "playlist", playlist_id) or 0
        first = number * 7_919 + self._revision(number, day)
        added_by = records.added_by(ACCOUNT_ID)
        return [
            records.item(
                records.full_track(self.universe, (first + index) % self.universe.tracks, day),
                f"2026-03-01T{index // 3600 % 24:02d}:{index // 60 % 60:02d}:{index % 60:02d}Z",
                added_by,
            )
            for index in range(offset, min(offset + limit, self._items))
        ]

    def saved_tracks(self, day: dt.date) -> Sequence[JsonObject]:  # noqa: ARG002 - there are none on any day
        """None."""
        return ()

    def saved_episodes(self, day: dt.date) -> Sequence[JsonObject]:  # noqa: ARG002 - likewise
        """None."""
        return ()

    def recently_played(self, day: dt.date) -> Sequence[JsonObject]:  # noqa: ARG002 - likewise
        """None."""
        return ()

    def artist(self, artist_id: str, day: dt.date) -> JsonObject | None:
        """A full artist."""
        number = self._number("artist", artist_id, self.universe.artists)
        return None if number is None else records.full_artist(self.universe, number, day)

    def album(self, album_id: str, day: dt.date) -> JsonObject | None:
        """A full album."""
        number = self._number("album", album_id, self.universe.albums)
        return None if number is None else records.full_album(self.universe, number, day)

    def track(self, track_id: str, day: dt.date) -> JsonObject | None:
        """A full track."""
        number = self._number("track", track_id, self.universe.tracks)
        return None if number is None else records.full_track(self.universe, number, day)

    def _number(self, kind: str, object_id: str, count: int) -> int | None:
        number = ids.decode(self.universe.seed, kind, object_id)
        return number if number is not None and number < count else None

    def _revision(self, number: int, day: dt.date) -> int:
        return ChangeSchedule(period=10, phase=number).revision(day)
