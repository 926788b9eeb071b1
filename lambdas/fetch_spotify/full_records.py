"""Reads the full records that the day's items refer to, in batches where allowed, when unknown or too old."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final, TypeAlias

from fetch_spotify.context import FetchContext
from fetch_spotify.errors import ApiRefused, BrokenAnswer, CallBudgetSpent
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
class RecordKind:
    """A kind of full record.

    Attributes:
        source: the raw source; also the path of the API and the name of the list in a batch's answer.
        batch_size: the maximum number of ids per call.
        may_read_singly: whether to use one call per record where batches are refused.
    """

    source: str
    batch_size: int
    may_read_singly: bool


KINDS: Final = (
    RecordKind(raw_zone.ARTISTS, batch_size=50, may_read_singly=True),
    # One call per album would spend a development app's whole budget on three columns.
    RecordKind(raw_zone.ALBUMS, batch_size=20, may_read_singly=False),
)
"""All kinds, in the order of reading: the first ones get the budget of calls."""


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
            self._run(self._read_one, todo)
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
        batches = [todo[start : start + size] for start in range(0, len(todo), size)]
        if self._mode.batch_allowed(self._kind.source) is None:  # the first call decides for all
            self._run(self._read_batch, batches[:1])
            batches = batches[1:]
        self._run(self._read_batch, batches)
        return sorted(self._not_in_batches)

    def _read_batch(self, record_ids: list[str]) -> None:
        kind, source = self._kind, self._kind.source
        if self._mode.batch_allowed(source) is False:
            self._leave(record_ids)
            return
        try:
            found = self._context.client.get(
                source,
                lambda body, is_last: _checked(kind, record_ids, body.get(source), is_last=is_last),
                kind=source,
                ids=",".join(record_ids),
            )
        except CallBudgetSpent:
            self._postpone(len(record_ids))
            return
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

    def _read_one(self, record_id: str) -> None:
        kind, source = self._kind, self._kind.source
        try:
            found = self._context.client.get(
                f"{source}/{record_id}",
                lambda body, is_last: _checked(
                    kind, [record_id], [body] if _has_id(body) else None, is_last=is_last
                ),
                kind=source,
            )
        except CallBudgetSpent:
            self._postpone(1)
            return
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
            obj = self._context.writer.write(f"{self._prefix}{name}", self._kind.source, part)
            self._index.add(obj, self._read_at(part))

    def _read_at(self, lines: Iterable[JsonObject]) -> dict[str, str]:
        return {line[self._id_name]: line["fetched_at"] for line in lines}

    def _run(self, read: Callable[[Any], None], parts: Sequence[Any]) -> None:
        run_all(read, parts, self._context.gate, self._context.config.workers)

    def _postpone(self, records: int) -> None:
        with self._lock:
            self._postponed += records


def _checked(
    kind: RecordKind, record_ids: Sequence[str], records: Any, *, is_last: bool
) -> list[JsonObject | None]:
    """Return the records of an answer; the last one is used even if it has other records than requested.

    Raises:
        BrokenAnswer: the call should be retried, because the answer lacks its list or an id, or has other
            records than those requested, in their order.
    """
    if not isinstance(records, list) or not all(_has_id(record) for record in records if record):
        if is_last:
            return []
        raise BrokenAnswer(f"an answer of {kind.source} without its list or an id")
    # A record that is null in a batch is read by itself where that is possible.
    is_as_requested = len(records) == len(record_ids) and all(
        record["id"] == record_id if record else kind.may_read_singly
        for record, record_id in zip(records, record_ids, strict=True)
    )
    if not (is_last or is_as_requested):
        raise BrokenAnswer(f"other records of {kind.source} than were requested")
    return [record or None for record in records]


def _has_id(record: Any) -> bool:
    return isinstance(record, dict) and isinstance(record.get("id"), str)


def _digest(record_ids: Iterable[str]) -> str:
    return hashlib.sha256(",".join(record_ids).encode()).hexdigest()[:16]
