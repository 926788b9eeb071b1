"""Full artist records for the day's rows: only those not known yet or too old, in batches where allowed."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final, TypeAlias

from fetch_spotify.artist_index import ArtistIndex
from fetch_spotify.context import FetchContext
from fetch_spotify.errors import ApiRefused, BrokenAnswer, CallBudgetSpent
from fetch_spotify.raw_writer import read_object
from spotify_lake.raw_zone import ARTISTS, RawObject, run_prefix

JsonObject: TypeAlias = dict[str, Any]
RunAll: TypeAlias = Callable[[Sequence[Callable[[], None]]], None]

BATCH: Final = 50
_TOGETHER: Final = 500
_BAD_REQUEST: Final = 400  # one bad id spoils the whole batch that it is in
# What Spotify refuses for one artist; a refusal of the app as a whole is another error (`SpotifyClient.get`).
_ARTIST_REFUSED: Final = frozenset({400, 403, 404, 410, 451})
_BATCHES_REFUSED: Final = frozenset({403, 404, 410})
_SINGLE: Final = "artist_id="
_MISSING_MARK: Final = "missing/"


@dataclasses.dataclass(frozen=True)
class ArtistsRead:
    """What became of the day's artists.

    Attributes:
        objects: those that hold the records, of this run and of earlier ones.
        fetched: artists read by this run.
        known: artists that needed no call.
        postponed: artists left to the next run because the budget of calls is spent.
    """

    objects: tuple[RawObject, ...]
    fetched: int
    known: int
    postponed: int


class ArtistReader:
    """Reads artists for one run.

    Args:
        context: the run.
        index: what is known; it is added to.
        stored: keys of this run's artist objects that lie in the bucket already.
    """

    def __init__(self, context: FetchContext, index: ArtistIndex, stored: Iterable[str]) -> None:
        self._context = context
        self._index = index
        self._prefix = run_prefix(ARTISTS, context.request.snapshot_date, context.request.run_id)
        self._done: set[str] = set()
        self._single_lines: dict[str, JsonObject] = {}
        self._lock = threading.Lock()
        self._left: list[str] = []
        self._postponed = 0
        for key in stored:
            self._take_in(key)

    def read(self, artist_ids: Collection[str], run_all: RunAll) -> ArtistsRead:
        """Read what is not known yet. `run_all` has the workers do a list of jobs."""
        config, now = self._context.config, self._context.clock.now()
        max_age = self._max_age_days(config.artist_refresh_days)
        todo = sorted(
            artist_id
            for artist_id in artist_ids
            if artist_id not in self._done and not self._index.is_fresh(artist_id, now, max_age)
        )
        if todo and self._context.mode.may_read_batches:
            todo = self._read_batches(todo, run_all)
        run_all([self._job(self._read_one, artist_id) for artist_id in todo])
        self._put_singles_together()
        fetched = len(self._done & set(artist_ids))
        return ArtistsRead(
            objects=tuple(self._index.objects_of([key for key in artist_ids if self._is_kept(key)])),
            fetched=fetched,
            known=len(artist_ids) - fetched - self._postponed,
            postponed=self._postponed,
        )

    def _is_kept(self, artist_id: str) -> bool:
        """Whether the object with an artist's record outlives the runs that refer to it."""
        known = self._index.artists.get(artist_id)
        return known is not None and self._context.retention.covers(known.read_at, self._context.clock.now())

    def _max_age_days(self, refresh_days: float) -> float:
        retention = self._context.retention
        if not retention.days:
            return refresh_days
        return min(refresh_days, retention.days - min(retention.margin_days, retention.days / 2))

    def _read_batches(self, todo: list[str], run_all: RunAll) -> list[str]:
        """Read in batches while they are allowed; return what is left to be read singly."""
        jobs = [
            self._job(self._read_batch, todo[start : start + BATCH]) for start in range(0, len(todo), BATCH)
        ]
        untried = 1 if self._context.mode.batch_allowed is None else 0  # one call tells for all
        run_all(jobs[:untried])
        run_all(jobs[untried:])
        return sorted(self._left)

    def _read_batch(self, artist_ids: list[str]) -> None:
        mode = self._context.mode
        if mode.batch_allowed is False:
            self._leave(artist_ids)
            return
        try:
            found = self._context.client.get("artists", _listed, kind="artists", ids=",".join(artist_ids))
        except ApiRefused as error:
            if error.status in _BATCHES_REFUSED:
                mode.saw_batch(allowed=False)
            elif error.status != _BAD_REQUEST:
                raise
            self._leave(artist_ids)
            return
        mode.saw_batch(allowed=True)
        digest = hashlib.sha256(",".join(artist_ids).encode()).hexdigest()[:16]
        self._store(f"batch={digest}", artist_ids, [artist for artist in found if artist])

    def _leave(self, artist_ids: list[str]) -> None:
        with self._lock:
            self._left += artist_ids

    def _read_one(self, artist_id: str) -> None:
        try:
            artist = self._context.client.get(f"artists/{artist_id}", _identified, kind="artists")
        except ApiRefused as error:
            if error.status not in _ARTIST_REFUSED:
                raise
            self._store(f"{_SINGLE}{artist_id}", [artist_id], [])
        else:
            self._store(f"{_SINGLE}{artist_id}", [artist_id], [artist])

    def _store(self, name: str, asked: list[str], found: list[JsonObject]) -> None:
        at = self._context.clock.timestamp()
        ids = {str(artist["id"]) for artist in found}
        missing = [artist_id for artist_id in asked if artist_id not in ids]
        obj = self._context.writer.artists(f"{self._prefix}{name}.ndjson.gz", found, at) if found else None
        for artist_id in missing:  # an empty mark, so that a resumed run does not ask again
            self._context.writer.bucket.put(f"{self._prefix}{_MISSING_MARK}{artist_id}", gzip.compress(b""))
        with self._lock:
            if obj:
                self._index.add(obj, dict.fromkeys(ids, at))
            self._index.add_missing(missing, at)
            self._done.update(asked)
            if name.startswith(_SINGLE) and found:
                self._single_lines[found[0]["id"]] = {
                    "source": ARTISTS,
                    "artist_id": found[0]["id"],
                    "fetched_at": at,
                    "run_id": self._context.request.run_id,
                    "record": found[0],
                }

    def _take_in(self, key: str) -> None:
        """Learn from an object that an earlier invocation of this run stored."""
        name = key.removeprefix(self._prefix)
        if name.startswith(_MISSING_MARK):
            artist_id = name.removeprefix(_MISSING_MARK)
            self._index.add_missing([artist_id], self._context.clock.timestamp())
            self._done.add(artist_id)
            return
        stored = read_object(self._context.writer.bucket, key, ARTISTS)
        if stored is None:
            return
        obj, lines = stored
        self._index.add(obj, {line["artist_id"]: line["fetched_at"] for line in lines})
        self._done.update(line["artist_id"] for line in lines)
        if name.startswith(_SINGLE):
            self._single_lines.update((line["artist_id"], line) for line in lines)

    def _put_singles_together(self) -> None:
        """Copy artists stored one by one into a few objects: readers dread thousands of small ones."""
        lines = [self._single_lines[artist_id] for artist_id in sorted(self._single_lines)]
        if len(lines) <= 1:
            return
        for start in range(0, len(lines), _TOGETHER):
            part = lines[start : start + _TOGETHER]
            digest = hashlib.sha256(",".join(line["artist_id"] for line in part).encode()).hexdigest()[:16]
            obj = self._context.writer.copy(f"{self._prefix}together={digest}.ndjson.gz", ARTISTS, part)
            self._index.add(obj, {line["artist_id"]: line["fetched_at"] for line in part})

    def _job(self, read: Callable[[Any], None], what: Any) -> Callable[[], None]:
        """A job for the workers; a spent budget postpones it, for the playlists are whole by now."""

        def job() -> None:
            try:
                read(what)
            except CallBudgetSpent:
                with self._lock:
                    self._postponed += len(what) if isinstance(what, list) else 1

        return job


def _listed(body: JsonObject) -> list[JsonObject | None]:
    artists = body.get("artists")
    if not isinstance(artists, list):
        raise BrokenAnswer("a batch of artists without its list")
    return [_identified(artist) if artist else None for artist in artists]


def _identified(artist: JsonObject) -> JsonObject:
    if not isinstance(artist, dict) or not isinstance(artist.get("id"), str):
        raise BrokenAnswer("an artist without its id")
    return artist
