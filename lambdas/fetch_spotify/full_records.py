"""Full records of what the day's items refer to: read when unknown or too old, in batches where allowed."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final, TypeAlias

from fetch_spotify.errors import ApiRefused, BrokenAnswer, CallBudgetSpent
from fetch_spotify.playlists.source import FetchContext
from fetch_spotify.spotify.list_pages import TRIES
from fetch_spotify.storage.record_index import RecordIndex
from fetch_spotify.storage.writer import read_object
from spotify_lake.contract import raw_zone
from spotify_lake.contract.raw_zone import RawObject, run_prefix

JsonObject: TypeAlias = dict[str, Any]
RunAll: TypeAlias = Callable[[Sequence[Callable[[], None]]], None]

_MERGED_ROWS: Final = 500
_BAD_REQUEST: Final = 400  # one bad id spoils the whole batch that it is in
# What Spotify refuses for one record; a refusal of the app as a whole is another error (`SpotifyClient.get`).
_RECORD_REFUSED: Final = frozenset({400, 403, 404, 410, 451})
_BATCHES_REFUSED: Final = frozenset({403, 404, 410})
_MISSING_MARK: Final = "missing/"


@dataclasses.dataclass(frozen=True)
class RecordKind:
    """A kind of full record.

    Attributes:
        source: the raw source; also the path of the API and the name of the list in a batch's answer.
        batch_size: the most ids that one call takes.
        may_read_singly: whether one call per record is worth it where batches are refused.
    """

    source: str
    batch_size: int
    may_read_singly: bool


KINDS: Final = (
    RecordKind(raw_zone.ARTISTS, batch_size=50, may_read_singly=True),
    # One call per album would spend a development app's whole budget on three columns.
    RecordKind(raw_zone.ALBUMS, batch_size=20, may_read_singly=False),
)
"""Every kind, in the order in which they are read while the budget of calls lasts."""


@dataclasses.dataclass(frozen=True)
class RecordsRead:
    """What became of the records that the day refers to.

    Attributes:
        objects: those that hold the records, of this run and of earlier ones.
        fetched: records read by this run.
        known: records that needed no call.
        postponed: records left to the next run: the budget of calls is spent, or answers did not hold them.
    """

    objects: tuple[RawObject, ...]
    fetched: int
    known: int
    postponed: int

    def figures(self) -> dict[str, int]:
        """The counts, for the manifest and the answer."""
        return {"fetched": self.fetched, "known": self.known, "postponed": self.postponed}


class FullRecordReader:
    """Reads records of one kind for one run.

    Args:
        kind: what to read.
        context: the run.
        index: what is known; it is added to.
        stored: keys of this run's objects of the kind that are in the bucket already.
    """

    def __init__(
        self, kind: RecordKind, context: FetchContext, index: RecordIndex, stored: Iterable[str]
    ) -> None:
        self._kind = kind
        self._id_name = raw_zone.ID_NAMES[kind.source]
        self._single = f"{self._id_name}="
        self._context = context
        self._mode = context.mode
        self._index = index
        self._prefix = run_prefix(kind.source, context.request.snapshot_date, context.request.run_id)
        self._done: set[str] = set()
        self._single_lines: dict[str, JsonObject] = {}
        self._lock = threading.Lock()
        self._left: list[str] = []
        self._postponed = 0
        for key in stored:
            self._load_stored(key)

    def read(self, record_ids: Collection[str], run_all: RunAll) -> RecordsRead:
        """Read what is not known yet. `run_all` runs a list of jobs on the workers."""
        wanted = set(record_ids) - self._done
        known = {record_id for record_id in wanted if self._is_usable_as_it_is(record_id)}
        # What was never read comes first, then what was read longest ago: a budget that is always spent
        # leaves no record out for ever.
        todo = sorted(wanted - known, key=lambda record_id: (self._index.read_at(record_id), record_id))
        source = self._kind.source
        if todo and self._mode.may_read_batches(source):
            todo = self._read_batches(todo, run_all)
        if self._kind.may_read_singly:
            run_all([self._job(self._read_one, record_id) for record_id in todo])
            self._merge_singles()
        elif self._mode.may_read_batches(source):
            self._postponed += len(todo)
        return RecordsRead(
            objects=tuple(self._index.objects_of([key for key in record_ids if self._still_exists(key)])),
            fetched=len(self._done & set(record_ids)),
            known=len(known),
            postponed=self._postponed,
        )

    def _is_usable_as_it_is(self, record_id: str) -> bool:
        context, known = self._context, self._index.usable.get(record_id)
        is_fresh = self._index.is_fresh(record_id, context.config.artist_refresh_days)
        return known is not None and is_fresh and context.retention.covers(known.read_at, context.clock.now())

    def _still_exists(self, record_id: str) -> bool:
        """Whether the manifest may name the object with a record.

        The last record that was read is named as long as its object exists, also when it is due and could
        not be read again: nothing that was known in full one day is unknown the next because of the schedule.
        """
        context, known = self._context, self._index.usable.get(record_id)
        return known is not None and context.retention.still_holds(known.read_at, context.clock.now())

    def _read_batches(self, todo: list[str], run_all: RunAll) -> list[str]:
        """Read in batches while they are allowed; return the ids that remain."""
        size = self._kind.batch_size
        jobs = [
            self._job(self._read_batch, todo[start : start + size]) for start in range(0, len(todo), size)
        ]
        is_untried = self._mode.batch_allowed(self._kind.source) is None
        untried = 1 if is_untried else 0  # one call decides for all
        run_all(jobs[:untried])
        run_all(jobs[untried:])
        return sorted(self._left)

    def _read_batch(self, record_ids: list[str]) -> None:
        source = self._kind.source
        if self._mode.batch_allowed(source) is False:
            self._leave(record_ids)
            return
        try:
            found = self._context.client.get(
                source, self._check_of(record_ids, self._listed), kind=source, ids=",".join(record_ids)
            )
        except ApiRefused as error:
            if error.status in _BATCHES_REFUSED:
                self._mode.saw_batch(source, allowed=False)
            elif error.status != _BAD_REQUEST:
                raise
            self._leave(record_ids)
            return
        self._mode.saw_batch(source, allowed=True)
        self._store_batch(record_ids, found)

    def _store_batch(self, record_ids: list[str], found: list[JsonObject | None]) -> None:
        """Store the requested records of an answer, which may be too short, or hold a record twice or others.

        An id that the answer neither holds nor denies is left to be read otherwise. So is one that it denies
        where a call for the one record can tell for certain.
        """
        records = {record["id"]: record for record in reversed(found) if record}  # of two, the first
        missing: list[str] = []
        # Only then is it clear which id a null stands for.
        if len(found) == len(record_ids) and not self._kind.may_read_singly:
            places = zip(record_ids, found, strict=True)
            missing = [each for each, record in places if record is None and each not in records]
        answered = [records[each] for each in record_ids if each in records]
        self._store(f"batch={_digest(record_ids)}", answered, missing)
        self._leave([each for each in record_ids if each not in records and each not in missing])

    def _leave(self, record_ids: list[str]) -> None:
        with self._lock:
            self._left += record_ids

    def _read_one(self, record_id: str) -> None:
        source = self._kind.source
        check = self._check_of([record_id], lambda body: [self._identified(body)])
        try:
            found = self._context.client.get(f"{source}/{record_id}", check, kind=source)
        except ApiRefused as error:
            if error.status not in _RECORD_REFUSED:
                raise
            self._store(f"{self._single}{record_id}", [], [record_id])
            return
        right = [record for record in found if record and record["id"] == record_id]
        if right:
            self._store(f"{self._single}{record_id}", right, [])
        else:
            self._postpone(1)

    def _store(self, name: str, found: list[JsonObject], missing: list[str]) -> None:
        at, writer = self._context.clock.timestamp(), self._context.writer
        ids = [str(record["id"]) for record in found]
        key = f"{self._prefix}{name}.ndjson.gz"
        obj = writer.full_records(key, self._kind.source, found, at) if found else None
        for record_id in missing:  # an empty mark, so that a resumed run does not request it again
            writer.bucket.put(f"{self._prefix}{_MISSING_MARK}{record_id}", gzip.compress(b""))
        with self._lock:
            if obj:
                self._index.add(obj, dict.fromkeys(ids, at))
            self._index.add_missing(missing, at)
            self._done.update((*ids, *missing))
            if name.startswith(self._single) and found:
                self._single_lines[found[0]["id"]] = writer.full_record(self._kind.source, found[0], at)

    def _load_stored(self, key: str) -> None:
        """Load an object that an earlier invocation of this run stored."""
        name = key.removeprefix(self._prefix)
        if name.startswith(_MISSING_MARK):
            record_id = name.removeprefix(_MISSING_MARK)
            self._index.add_missing([record_id], self._context.clock.timestamp())
            self._done.add(record_id)
            return
        stored = read_object(self._context.writer.bucket, key, self._kind.source)
        if stored is None:
            return
        obj, lines = stored
        self._index.add(obj, self._read_at(lines))
        self._done.update(line[self._id_name] for line in lines)
        if name.startswith(self._single):
            self._single_lines.update((line[self._id_name], line) for line in lines)

    def _merge_singles(self) -> None:
        """Copy records stored one by one into a few objects: thousands of small ones are slow to read."""
        lines = [self._single_lines[record_id] for record_id in sorted(self._single_lines)]
        if len(lines) <= 1:
            return
        for start in range(0, len(lines), _MERGED_ROWS):
            part = lines[start : start + _MERGED_ROWS]
            name = f"together={_digest([line[self._id_name] for line in part])}.ndjson.gz"
            obj = self._context.writer.copy(f"{self._prefix}{name}", self._kind.source, part)
            self._index.add(obj, self._read_at(part))

    def _read_at(self, lines: Iterable[JsonObject]) -> dict[str, str]:
        return {line[self._id_name]: line["fetched_at"] for line in lines}

    def _job(self, read: Callable[[Any], None], what: Any) -> Callable[[], None]:
        """A job for the workers; a spent budget postpones it, because the playlists are complete by now."""

        def job() -> None:
            try:
                read(what)
            except CallBudgetSpent:
                self._postpone(len(what) if isinstance(what, list) else 1)

        return job

    def _postpone(self, records: int) -> None:
        with self._lock:
            self._postponed += records

    def _check_of(
        self, record_ids: Sequence[str], parse: Callable[[JsonObject], list[JsonObject | None]]
    ) -> Callable[[JsonObject], list[JsonObject | None]]:
        """Return a parser of the answers that one call gets, tries included.

        The parser has a call made again whose answer does not hold exactly the requested records, in their
        order. At the last try it returns what there is.
        """
        tries = 0

        def attempt(body: JsonObject) -> list[JsonObject | None]:
            nonlocal tries
            tries += 1
            try:
                found = parse(body)
            except BrokenAnswer:
                if tries < TRIES:
                    raise
                return []
            if tries < TRIES and not self._is_as_requested(found, record_ids):
                raise BrokenAnswer(f"other records of {self._kind.source} than were requested")
            return found

        return attempt

    def _is_as_requested(self, found: Sequence[JsonObject | None], record_ids: Sequence[str]) -> bool:
        # A record that a batch does not show is read by itself where that is possible.
        may_be_null = self._kind.may_read_singly
        return len(found) == len(record_ids) and all(
            may_be_null if record is None else record["id"] == record_id
            for record, record_id in zip(found, record_ids, strict=True)
        )

    def _listed(self, body: JsonObject) -> list[JsonObject | None]:
        records = body.get(self._kind.source)
        if not isinstance(records, list):
            raise BrokenAnswer(f"a batch of {self._kind.source} without its list")
        return [self._identified(record) if record else None for record in records]

    def _identified(self, record: JsonObject) -> JsonObject:
        if not isinstance(record, dict) or not isinstance(record.get("id"), str):
            raise BrokenAnswer(f"a record of {self._kind.source} without its id")
        return record


def _digest(record_ids: Iterable[str]) -> str:
    return hashlib.sha256(",".join(record_ids).encode()).hexdigest()[:16]
