"""Reads the full records that the day's items refer to, in batches where allowed, when unknown or too old."""

from __future__ import annotations

import dataclasses
import functools
import gzip
import hashlib
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final, TypeAlias

from fetch_spotify.errors import ApiRefused, CallBudgetSpent
from fetch_spotify.playlists.source import FetchContext
from fetch_spotify.record_kinds import RecordCheck, RecordKind
from fetch_spotify.spotify.rate_limit import run_all
from fetch_spotify.storage.record_index import RecordIndex
from fetch_spotify.storage.writer import read_object
from spotify_lake.contract import raw_zone
from spotify_lake.contract.raw_zone import RawObject, run_prefix

JsonObject: TypeAlias = dict[str, Any]

_COMPACTED_ROWS: Final = 500
_BAD_REQUEST: Final = 400  # one malformed id makes Spotify refuse the whole batch
# Refusals of one record; a refusal of the app as a whole is another error (`SpotifyClient.get`).
_RECORD_REFUSED: Final = frozenset({400, 403, 404, 410, 451})
_BATCHES_REFUSED: Final = frozenset({403, 404, 410})
_MISSING_MARK: Final = "missing/"


@dataclasses.dataclass(frozen=True)
class RecordsRead:
    """The full records of one kind that the day refers to.

    Attributes:
        objects: the objects with the records, of this run and of earlier ones.
        fetched: records read by this run.
        known: records that needed no call.
        postponed: records left to the next run, because the budget of calls is spent or answers lack them.
    """

    objects: tuple[RawObject, ...]
    fetched: int
    known: int
    postponed: int

    def figures(self) -> dict[str, int]:
        """The counts for the manifest and the answer."""
        return {"fetched": self.fetched, "known": self.known, "postponed": self.postponed}


class FullRecordReader:
    """Reads records of one kind for one run.

    Args:
        kind: the kind of record.
        context: the run.
        index: the known records; new ones are added.
        stored: this run's keys of the kind that are in the bucket already.
    """

    def __init__(
        self, kind: RecordKind, context: FetchContext, index: RecordIndex, stored: Iterable[str]
    ) -> None:
        self._kind = kind
        self._id_name = raw_zone.ID_NAMES[kind.source]
        self._single_prefix = f"{self._id_name}="
        self._context = context
        self._mode = context.mode
        self._index = index
        self._prefix = run_prefix(kind.source, context.request.snapshot_date, context.request.run_id)
        self._done: set[str] = set()
        self._single_lines: dict[str, JsonObject] = {}
        self._lock = threading.Lock()
        self._not_in_batches: list[str] = []
        self._postponed = 0
        for key in stored:
            self._load_stored(key)

    def read(self, record_ids: Collection[str]) -> RecordsRead:
        """Read the records that are unknown or too old."""
        wanted = set(record_ids) - self._done
        known = {record_id for record_id in wanted if self._is_current(record_id)}
        # Unknown records come first, then those read longest ago, so that a small budget reaches all in time.
        todo = sorted(wanted - known, key=lambda record_id: (self._index.read_at(record_id), record_id))
        source = self._kind.source
        if todo and self._mode.may_read_batches(source):
            todo = self._read_batches(todo)
        if self._kind.may_read_singly:
            self._run([self._job(self._read_one, [each]) for each in todo])
            self._compact_singles()
        elif self._mode.may_read_batches(source):
            self._postponed += len(todo)
        return RecordsRead(
            objects=tuple(self._index.objects_of([key for key in record_ids if self._still_exists(key)])),
            fetched=len(self._done & set(record_ids)),
            known=len(known),
            postponed=self._postponed,
        )

    def _is_current(self, record_id: str) -> bool:
        context, known = self._context, self._index.usable.get(record_id)
        is_fresh = self._index.is_fresh(record_id, context.config.artist_refresh_days)
        return known is not None and is_fresh and context.retention.covers(known.read_at, context.clock.now())

    def _still_exists(self, record_id: str) -> bool:
        """Whether the manifest may name the object with a record.

        The last record is named while its object exists, even when it is too old and could not be read again,
        so that a record that was known one day is not unknown the next.
        """
        context, known = self._context, self._index.usable.get(record_id)
        return known is not None and context.retention.still_holds(known.read_at, context.clock.now())

    def _read_batches(self, todo: list[str]) -> list[str]:
        """Read in batches while they are allowed; return the ids that remain."""
        size = self._kind.batch_size
        jobs = [
            self._job(self._read_batch, todo[start : start + size]) for start in range(0, len(todo), size)
        ]
        if self._mode.batch_allowed(self._kind.source) is None:  # the first call decides for all
            self._run(jobs[:1])
            jobs = jobs[1:]
        self._run(jobs)
        return sorted(self._not_in_batches)

    def _read_batch(self, record_ids: list[str]) -> None:
        source = self._kind.source
        if self._mode.batch_allowed(source) is False:
            self._leave(record_ids)
            return
        try:
            found = self._context.client.get(
                source,
                RecordCheck(self._kind, record_ids).check_batch,
                kind=source,
                ids=",".join(record_ids),
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
        """Store the requested records of an answer, which may be incomplete or contain others.

        Ids that the answer lacks are left to be read one by one. So are nulls where single calls are
        possible, because they are certain.
        """
        records = {record["id"]: record for record in reversed(found) if record}  # the first of duplicates
        missing: list[str] = []
        # A null can be assigned to an id only if the answer is complete.
        if len(found) == len(record_ids) and not self._kind.may_read_singly:
            places = zip(record_ids, found, strict=True)
            missing = [each for each, record in places if record is None and each not in records]
        answered = [records[each] for each in record_ids if each in records]
        self._store(f"batch={_digest(record_ids)}", answered, missing)
        self._leave([each for each in record_ids if each not in records and each not in missing])

    def _leave(self, record_ids: list[str]) -> None:
        with self._lock:
            self._not_in_batches += record_ids

    def _read_one(self, record_ids: list[str]) -> None:
        source, [record_id] = self._kind.source, record_ids
        check = RecordCheck(self._kind, record_ids).check_one
        try:
            found = self._context.client.get(f"{source}/{record_id}", check, kind=source)
        except ApiRefused as error:
            if error.status not in _RECORD_REFUSED:
                raise
            self._store(f"{self._single_prefix}{record_id}", [], [record_id])
            return
        matching = [record for record in found if record and record["id"] == record_id]
        if matching:
            self._store(f"{self._single_prefix}{record_id}", matching, [])
        else:
            self._postpone(1)

    def _store(self, name: str, found: list[JsonObject], missing: list[str]) -> None:
        at, writer = self._context.clock.timestamp(), self._context.writer
        ids = [str(record["id"]) for record in found]
        key = f"{self._prefix}{name}.ndjson.gz"
        obj = writer.full_records(key, self._kind.source, found, at) if found else None
        for record_id in missing:  # an empty object, so that a resumed run does not request it again
            writer.bucket.put(f"{self._prefix}{_MISSING_MARK}{record_id}", gzip.compress(b""))
        with self._lock:
            if obj:
                self._index.add(obj, dict.fromkeys(ids, at))
            self._index.add_missing(missing, at)
            self._done.update((*ids, *missing))
            if name.startswith(self._single_prefix) and found:
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
        if name.startswith(self._single_prefix):
            self._single_lines.update((line[self._id_name], line) for line in lines)

    def _compact_singles(self) -> None:
        """Compact the records that were stored one by one: thousands of small objects are slow to read."""
        lines = [self._single_lines[record_id] for record_id in sorted(self._single_lines)]
        if len(lines) <= 1:
            return
        for start in range(0, len(lines), _COMPACTED_ROWS):
            part = lines[start : start + _COMPACTED_ROWS]
            name = f"together={_digest([line[self._id_name] for line in part])}.ndjson.gz"
            obj = self._context.writer.copy(f"{self._prefix}{name}", self._kind.source, part)
            self._index.add(obj, self._read_at(part))

    def _read_at(self, lines: Iterable[JsonObject]) -> dict[str, str]:
        return {line[self._id_name]: line["fetched_at"] for line in lines}

    def _run(self, jobs: Sequence[Callable[[], None]]) -> None:
        run_all(jobs, self._context.gate, self._context.config.workers)

    def _job(self, read: Callable[[list[str]], None], record_ids: list[str]) -> Callable[[], None]:
        return functools.partial(self._read_or_postpone, read, record_ids)

    def _read_or_postpone(self, read: Callable[[list[str]], None], record_ids: list[str]) -> None:
        """Read records; when the budget is spent, leave them to the next run."""
        try:
            read(record_ids)
        except CallBudgetSpent:
            self._postpone(len(record_ids))

    def _postpone(self, records: int) -> None:
        with self._lock:
            self._postponed += records


def _digest(record_ids: Iterable[str]) -> str:
    return hashlib.sha256(",".join(record_ids).encode()).hexdigest()[:16]
