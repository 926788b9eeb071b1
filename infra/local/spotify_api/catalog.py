"""The bundled synthetic catalog: twelve playlists, about 850 items, every oddity, changing from day to day.

Everything is a pure function of the seed, a number and the day; nothing is stored or downloaded, and the
same seed gives the same bytes on every machine.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from typing import Final

from infra.local.spotify_api import days as calendar
from infra.local.spotify_api import ids, oddities, records
from infra.local.spotify_api.content import JsonObject, StoredPlaylist
from infra.local.spotify_api.playlists import (
    ACCOUNT_ID,
    ACCOUNT_NAME,
    DISPLAY_NAMES,
    NULL_ENTRY_BEFORE,
    PLANS,
    Filling,
    Plan,
)
from infra.local.spotify_api.records import Universe

DEFAULT_SEED: Final = 20_261_122
_SAVED: Final = 73
_SAVED_EPISODES: Final = 54
_EPISODES: Final = 120
_PLAYS: Final = 50
_FIRST_PLAIN_TRACK: Final = 50  # the tracks before it are the odd ones
_EVERY_FIFTH: Final = 5
_EVERY_NINTH: Final = 9


def playlist_record(playlist_id: str, plan: Plan, snapshot_id: str, day: dt.date) -> JsonObject:
    """A playlist object without its contents page."""
    key = ids.digest(playlist_id)
    base = 0 if plan.public is False else 10 ** (key % 5) + key % 97
    return {
        "collaborative": plan.collaborative,
        "description": plan.description,
        "followers": {"href": None, "total": calendar.followers(base, playlist_id, day) if base else 0},
        # A user's collage comes without sizes; a playlist without pictures has null, not an empty list.
        "images": [{"url": f"https://mosaic.scdn.co/640/{key:032x}", "height": None, "width": None}]
        if plan.has_images
        else None,
        "name": plan.name,
        "owner": records.user(plan.owner_id, DISPLAY_NAMES.get(plan.owner_id)),
        "primary_color": None,
        "public": plan.public,
        "snapshot_id": snapshot_id,
        "type": "playlist",
        **records.linked("playlist", playlist_id),
    }


def private_user(user_id: str, display_name: str, day: dt.date) -> JsonObject:
    """The account as GET /me shows it with every scope (an extended app's view)."""
    return {
        "account_id": f"{ids.digest('account', user_id):016x}",
        "country": "SE",
        "email": "odalie@example.com",
        "explicit_content": {"filter_enabled": False, "filter_locked": False},
        "followers": {"href": None, "total": calendar.followers(40, user_id, day)},
        "images": [],
        "product": "premium",
        **records.user(user_id, display_name),
    }


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
        """A slice of the contents: the pinned oddities first, then the slots of the day."""
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
                "episode": oddities.episode(self.universe, week % _EPISODES),
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
        if number in oddities.FLOAT_FOLLOWERS:
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
        return oddities.track(self.universe, number, day)

    def _pinned(self, plan: Plan, day: dt.date) -> list[JsonObject | None]:
        if plan.filling is not Filling.ODDITIES:
            return []
        return oddities.odd_items(self.universe, day, plan.owner_id)

    def _slots_on(self, playlist_id: str, day: dt.date) -> list[calendar.Slot]:
        return self._slots(playlist_id, self._plans[playlist_id].rhythm.revision(day))

    def _slots_of_revision(self, playlist_id: str, revision: int) -> list[calendar.Slot]:
        plan = self._plans[playlist_id]
        return calendar.slots(plan.slots, plan.rhythm, revision, playlist_id)

    def _item(self, playlist_id: str, plan: Plan, slot: calendar.Slot, day: dt.date) -> JsonObject:
        key = ids.digest(playlist_id)
        time_of_day = f"{7 + slot.index % 15:02d}:{slot.index % 60:02d}:{key % 60:02d}"
        added_at: str | None = f"{slot.added.isoformat()}T{time_of_day}Z"
        added_by: JsonObject | None = oddities.added_by(plan.owner_id)
        if plan.owner_id == "spotify":
            added_by = oddities.added_by("")
        elif plan.collaborative and slot.index % 2:
            added_by = oddities.added_by(ACCOUNT_ID)
        if plan.filling is Filling.UNKNOWN_DATES:
            is_null = slot.index % 2
            added_at, added_by = (None, None) if is_null else ("1970-01-01T00:00:00Z", oddities.added_by(""))
        if plan.filling is Filling.EPISODES and slot.index % _EVERY_FIFTH == 0:
            number = slot.index // _EVERY_FIFTH + slot.generation % 100
            return oddities.item(oddities.episode(self.universe, number), added_at, added_by)
        # Every ninth slot repeats the track of the slot before it: a track may be in a playlist twice.
        index = slot.index - (slot.index % _EVERY_NINTH == _EVERY_NINTH - 1)
        plain_tracks = self.universe.tracks - _FIRST_PLAIN_TRACK
        number = _FIRST_PLAIN_TRACK + (key + index + slot.generation * 101) % plain_tracks
        return oddities.item(self._track(number, day), added_at, added_by)
