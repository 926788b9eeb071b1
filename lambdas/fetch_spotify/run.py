"""One invocation of the fetch: read what the run lacks and write the manifest, or stop in time."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from common.observability import logger
from fetch_spotify import answer
from fetch_spotify.config import Config, FetchRequest
from fetch_spotify.errors import (
    CallBudgetSpent,
    FetchError,
    LimitReached,
    NoPlaylistReadable,
    OutOfTime,
    PlaylistSkipped,
    SourceFailed,
)
from fetch_spotify.full_records import FullRecordReader, RecordsRead
from fetch_spotify.playlists.heads import HeadReader, HeadsRead
from fetch_spotify.playlists.playlist import FINAL_REFUSALS
from fetch_spotify.playlists.registry import chosen
from fetch_spotify.playlists.source import FetchContext, Source, Task
from fetch_spotify.record_kinds import KINDS, RecordKind
from fetch_spotify.setup import Clients, build_context
from fetch_spotify.spotify.auth import load_credentials
from fetch_spotify.spotify.rate_limit import run_all
from fetch_spotify.storage.bucket import RawBucket
from fetch_spotify.storage.playlist_index import KnownPlaylist
from fetch_spotify.storage.record_index import RecordIndex
from fetch_spotify.storage.run_state import Refusal, StateStore
from spotify_lake.contract import raw_zone
from spotify_lake.contract.raw_zone import RawObject, RunManifest, SkippedPlaylist

JsonObject: TypeAlias = dict[str, Any]


def fetch(config: Config, request: FetchRequest, clients: Clients) -> JsonObject:
    """Run one invocation and return the function's answer (see `answer`).

    Raises:
        FetchError: one of `errors`. What was read until then is stored and is not read again.
    """
    bucket = RawBucket(clients.s3, config.raw_bucket)
    if finished := answer.of_finished_run(bucket, request):
        return finished
    credentials, salt = load_credentials(clients.secrets, config)
    store = StateStore(bucket, request.run_id, credentials.client_id)
    store.check_block(clients.clock, max_inline_wait_seconds=config.max_inline_wait_seconds)
    invocation = _Invocation(
        build_context(config, request, clients, credentials=credentials, salt=salt, store=store)
    )
    try:
        return invocation.complete()
    except OutOfTime:
        return answer.to_be_continued(request, invocation.progress())
    except LimitReached as error:
        store.block(error)
        raise
    finally:
        invocation.save_state()


class _Invocation:
    """Reads the sources of one run, then the full records and heads, and writes the manifest."""

    def __init__(self, context: FetchContext) -> None:
        self._context = context
        self._state, self._memory = context.state, context.memory
        self._bucket = context.writer.bucket
        day = context.request.snapshot_date
        self._indexes = {
            kind.source: RecordIndex.load_or_rebuild(self._bucket, kind.source, day) for kind in KINDS
        }
        self._found: list[KnownPlaylist] = []
        self._skipped: list[SkippedPlaylist] = []
        self._over_budget: set[str] = set()
        self._lock = threading.Lock()

    def complete(self) -> JsonObject:
        """Read everything, write the manifest, return the answer."""
        context = self._context
        sources: dict[str, Source] = {}
        tasks: list[tuple[str, Task]] = []
        for spec in chosen(context.config.sources):
            with _bugs_as_source_failed(spec.name):
                sources[spec.name] = spec.build(context)
                tasks += [(spec.name, task) for task in sources[spec.name].tasks()]
        logger.info("playlists to read", extra={"playlists": len(tasks), "round": self._state.rounds})
        self._read_playlists(tasks)
        if self._memory.over_budget:
            raise CallBudgetSpent(context.client.calls.budget)
        if not self._found:
            self._state.refused.clear()  # so that a retry after a fix reads the playlists again
            note = "" if self._skipped else "The account lists no playlist: there is nothing to read."
            raise NoPlaylistReadable([(skip.playlist, skip.message) for skip in self._skipped], note=note)
        records = {kind.source: self._read_records(kind) for kind in KINDS}
        heads = HeadReader(context, self._stored_keys(raw_zone.PLAYLISTS)).read(self._found)
        return answer.finish(self._bucket, context.request, self._manifest(sources, records, heads))

    def progress(self) -> JsonObject:
        """The progress of the run, for the cursor and the logs."""
        return {
            "round": self._context.request.round + 1,
            "playlists": len(self._found) + len(self._skipped),
            "calls": sum(self._context.client.calls.by_kind().values()),
        }

    def save_state(self) -> None:
        """Store the state for the next invocation and the next run."""
        context = self._context
        self._state.calls = context.client.calls.by_kind()
        self._state.token_calls += context.client.tokens.calls
        self._state.drift = context.writer.drift.counts()
        context.store.save(self._state)
        self._memory.mode, self._memory.evidence = context.mode.name, context.mode.evidence
        context.store.save_memory(self._memory)
        for index in self._indexes.values():
            index.save(self._bucket)

    def _read_playlists(self, tasks: list[tuple[str, Task]]) -> None:
        """Read the playlists; those that an earlier run left for its budget come first, the first one alone.

        The order gives every playlist its turn. Alone, the first one shares its budget with no other.
        """
        order = {playlist: number for number, playlist in enumerate(self._memory.over_budget)}
        tasks = sorted(tasks, key=lambda named: order.get(named[1].playlist, len(order)))
        jobs = [functools.partial(self._read_playlist, source, task) for source, task in tasks]
        alone = 1 if order else 0
        run_all(jobs[:alone], self._context.gate, self._context.config.workers)
        run_all(jobs[alone:], self._context.gate, self._context.config.workers)
        self._memory.over_budget = [task.playlist for _, task in tasks if task.playlist in self._over_budget]

    def _read_playlist(self, source: str, task: Task) -> None:
        """Read one playlist on a worker."""
        if refusal := self._state.refused.get(task.playlist):  # by an earlier invocation
            self._skip(task, PlaylistSkipped(refusal.reason, refusal.message))
            return
        try:
            with _bugs_as_source_failed(source):
                result = task.read()
        except PlaylistSkipped as skipped:
            self._skip(task, skipped)
        except CallBudgetSpent:
            with self._lock:
                self._over_budget.add(task.playlist)
        else:
            with self._lock:
                self._found.append(result.contents)
            if result.problem:
                self._skip(task, result.problem)

    def _skip(self, task: Task, skipped: PlaylistSkipped) -> None:
        with self._lock:
            self._skipped.append(SkippedPlaylist(task.playlist, skipped.reason, skipped.message))
            if skipped.reason in FINAL_REFUSALS:
                self._state.refused[task.playlist] = Refusal(skipped.reason, skipped.message)

    def _read_records(self, kind: RecordKind) -> RecordsRead:
        wanted = {each for known in self._found for each in known.record_ids.get(kind.source, ())}
        stored = self._stored_keys(kind.source)
        return FullRecordReader(kind, self._context, self._indexes[kind.source], stored).read(wanted)

    def _stored_keys(self, source: str) -> list[str]:
        request = self._context.request
        return self._bucket.keys(raw_zone.run_prefix(source, request.snapshot_date, request.run_id))

    def _manifest(
        self, sources: Mapping[str, Source], records: Mapping[str, RecordsRead], heads: HeadsRead
    ) -> RunManifest:
        context, client = self._context, self._context.client
        found = sorted(self._found, key=lambda known: (known.entry.source, known.entry.playlist_id))
        playlist_records: list[RawObject] = []
        for name, source in sources.items():
            with _bugs_as_source_failed(name):
                playlist_records += source.record_objects()
        playlist_records += [obj for known in found for obj in known.records]
        playlist_records += heads.objects
        days_left = client.tokens.credentials.days_left(context.clock.now())
        return RunManifest(
            run_id=context.request.run_id,
            snapshot_date=context.request.snapshot_date,
            started_at=self._state.started_at,
            completed_at=context.clock.timestamp(),
            api_mode=context.mode.name,
            playlists=tuple(known.entry for known in found),
            playlist_records=tuple(playlist_records),
            artist_records=records[raw_zone.ARTISTS].objects,
            album_records=records[raw_zone.ALBUMS].objects,
            skipped=tuple(sorted(self._skipped, key=lambda skip: skip.playlist)),
            details={
                "grant": client.tokens.grant,
                "calls": {
                    **client.calls.by_kind(),
                    "token": self._state.token_calls + client.tokens.calls,
                },
                **{source: read.figures() for source, read in records.items()},
                "heads": heads.figures(),
                "rounds": self._state.rounds,
                "drift": context.writer.drift.report(),
                "privacy": context.writer.privacy.fingerprint(),
                "authorization": {"days_left": days_left},
            },
        )


@contextlib.contextmanager
def _bugs_as_source_failed(source: str) -> Iterator[None]:
    """Log any exception but a `FetchError` with its traceback, and raise `SourceFailed` instead."""
    try:
        yield
    except FetchError:
        raise
    except Exception as error:
        logger.exception("a source failed", extra={"source": source})
        raise SourceFailed(source, error) from error
