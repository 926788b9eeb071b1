"""One invocation of the fetch: read what the run lacks and write the manifest, or stop in time."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Iterator, Mapping

import msgspec

from common.events import FetchRequest
from common.observability import logger
from common.playlist_file import read_playlist_file
from fetch_spotify.answer import Finished, Unfinished, finished, unfinished
from fetch_spotify.config import Config
from fetch_spotify.context import Clients, FetchContext, build_context
from fetch_spotify.errors import (
    CallBudgetSpent,
    FetchError,
    LimitReached,
    NoPlaylistReadable,
    OutOfTime,
    PlaylistSkipped,
    SourceFailed,
)
from fetch_spotify.full_records import KINDS, FullRecordReader, RecordKind, RecordsRead
from fetch_spotify.playlists.heads import HeadReader, HeadsRead
from fetch_spotify.playlists.playlist import FINAL_REFUSALS
from fetch_spotify.playlists.registry import chosen
from fetch_spotify.playlists.source import Source
from fetch_spotify.spotify.auth import load_credentials
from fetch_spotify.spotify.rate_limit import run_all
from fetch_spotify.storage.bucket import RawBucket
from fetch_spotify.storage.playlist_index import KnownPlaylist
from fetch_spotify.storage.record_index import RecordIndex
from fetch_spotify.storage.run_state import Refusal, StateStore
from spotify_lake.contract import raw_zone
from spotify_lake.contract.raw_zone import FetchDetails, RawObject, RunManifest, SkippedPlaylist


def fetch(config: Config, request: FetchRequest, clients: Clients) -> Finished | Unfinished:
    """Run one invocation and return the function's answer.

    Raises:
        FetchError: one of `errors`. What was read until then is stored and is not read again.
    """
    bucket = RawBucket(clients.s3, config.raw_bucket)
    key = raw_zone.manifest_key(request.snapshot_date, request.run_id)
    if stored := bucket.manifest(key):  # this is a retry of the run's last invocation
        return finished(stored, bucket.uri(key))
    request = _with_listed_playlists(request, clients)
    credentials, salt = load_credentials(clients.secrets, config)
    store = StateStore(bucket, request.run_id, credentials.client_id)
    store.check_block(clients.clock, max_inline_wait_seconds=config.max_inline_wait_seconds)
    context = build_context(config, request, clients, credentials=credentials, salt=salt, store=store)
    run = _Run(context)
    try:
        run.read_playlists()
        manifest = run.complete()
        bucket.put(key, manifest.to_json().encode())  # makes the run visible
    except OutOfTime:
        calls = sum(context.client.calls.by_kind().values())
        return unfinished(request, playlists=run.playlists_done, calls=calls)
    except LimitReached as error:
        store.block(error)
        raise
    finally:
        run.save_state()
    return finished(manifest, bucket.uri(key))


def _with_listed_playlists(request: FetchRequest, clients: Clients) -> FetchRequest:
    if request.playlists_file is None:
        return request
    listed, _ = read_playlist_file(clients.s3, request.playlists_file)
    return msgspec.structs.replace(request, playlists=list(dict.fromkeys((*request.playlists, *listed))))


@dataclasses.dataclass(frozen=True)
class _Playlist:
    """A playlist to read; `name` is the id or link that the operator knows."""

    source_name: str
    source: Source
    name: str


class _Run:
    """Reads the playlists of a run's sources, then their full records and heads."""

    def __init__(self, context: FetchContext) -> None:
        self._context = context
        self._state, self._memory = context.state, context.memory
        self._bucket = context.writer.bucket
        day = context.request.snapshot_date
        self._indexes = {
            kind.source: RecordIndex.load_or_rebuild(self._bucket, kind.source, day) for kind in KINDS
        }
        self._found: list[KnownPlaylist] = []
        self._records: list[RawObject] = []
        self._skipped: list[SkippedPlaylist] = []
        self._over_budget: set[str] = set()
        self._lock = threading.Lock()

    @property
    def playlists_done(self) -> int:
        """The number of playlists that were read or skipped."""
        return len(self._found) + len(self._skipped)

    def read_playlists(self) -> None:
        """Read the playlists; those that an earlier run left for its budget come first, the first one alone.

        The order gives every playlist its turn. Alone, the first one shares its budget with no other.

        Raises:
            CallBudgetSpent: some playlists are left to the next run.
            NoPlaylistReadable: none of the playlists could be read.
        """
        context, memory = self._context, self._memory
        playlists = self._list_playlists()
        logger.info("playlists to read", extra={"playlists": len(playlists), "round": self._state.rounds})
        order = {playlist: number for number, playlist in enumerate(memory.over_budget)}
        playlists.sort(key=lambda each: order.get(each.name, len(order)))
        alone = 1 if order else 0
        for part in (playlists[:alone], playlists[alone:]):
            run_all(self._read_playlist, part, context.gate, context.config.workers)
        memory.over_budget = [each.name for each in playlists if each.name in self._over_budget]
        if memory.over_budget:
            raise CallBudgetSpent(context.client.calls.budget)
        if not self._found:
            self._state.refused.clear()  # so that a retry after a fix reads the playlists again
            note = "" if self._skipped else "The account lists no playlist: there is nothing to read."
            raise NoPlaylistReadable([(skip.playlist, skip.message) for skip in self._skipped], note=note)

    def _list_playlists(self) -> list[_Playlist]:
        context = self._context
        playlists: list[_Playlist] = []
        for spec in chosen(context.config.sources):
            with _bugs_as_source_failed(spec.name):
                source = spec.build(context)
                listing = source.list_playlists()
            playlists += [_Playlist(spec.name, source, playlist) for playlist in listing.playlists]
            self._records += listing.records
            self._skipped += listing.skipped
        return playlists

    def complete(self) -> RunManifest:
        """Read the full records and heads; return the manifest."""
        records = {kind.source: self._read_records(kind) for kind in KINDS}
        heads = HeadReader(self._context, self._stored_keys(raw_zone.PLAYLISTS)).read(self._found)
        return self._manifest(records, heads)

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

    def _read_playlist(self, playlist: _Playlist) -> None:
        """Read one playlist on a worker."""
        if refusal := self._state.refused.get(playlist.name):  # by an earlier invocation
            self._skip(playlist, PlaylistSkipped(refusal.reason, refusal.message))
            return
        try:
            with _bugs_as_source_failed(playlist.source_name):
                result = playlist.source.read(playlist.name)
        except PlaylistSkipped as skipped:
            self._skip(playlist, skipped)
        except CallBudgetSpent:
            with self._lock:
                self._over_budget.add(playlist.name)
        else:
            with self._lock:
                self._found.append(result.contents)
            if result.problem:
                self._skip(playlist, result.problem)

    def _skip(self, playlist: _Playlist, skipped: PlaylistSkipped) -> None:
        with self._lock:
            self._skipped.append(SkippedPlaylist(playlist.name, skipped.reason, skipped.message))
            if skipped.reason in FINAL_REFUSALS:
                self._state.refused[playlist.name] = Refusal(skipped.reason, skipped.message)

    def _read_records(self, kind: RecordKind) -> RecordsRead:
        wanted = {each for known in self._found for each in known.record_ids.get(kind.source, ())}
        stored = self._stored_keys(kind.source)
        return FullRecordReader(kind, self._context, self._indexes[kind.source], stored).read(wanted)

    def _stored_keys(self, source: str) -> list[str]:
        request = self._context.request
        return self._bucket.keys(raw_zone.run_prefix(source, request.snapshot_date, request.run_id))

    def _manifest(self, records: Mapping[str, RecordsRead], heads: HeadsRead) -> RunManifest:
        context, client = self._context, self._context.client
        found = sorted(self._found, key=lambda known: (known.entry.source, known.entry.playlist_id))
        of_playlists = [obj for known in found for obj in known.records]
        days_left = client.tokens.credentials.days_left(context.clock.now())
        return RunManifest(
            run_id=context.request.run_id,
            snapshot_date=context.request.snapshot_date,
            started_at=self._state.started_at,
            completed_at=context.clock.timestamp(),
            api_mode=context.mode.name,
            playlists=tuple(known.entry for known in found),
            playlist_records=(*self._records, *of_playlists, *heads.objects),
            artist_records=records[raw_zone.ARTISTS].objects,
            album_records=records[raw_zone.ALBUMS].objects,
            skipped=tuple(sorted(self._skipped, key=lambda skip: skip.playlist)),
            details=FetchDetails(
                grant=client.tokens.grant,
                calls={**client.calls.by_kind(), "token": self._state.token_calls + client.tokens.calls},
                artists=records[raw_zone.ARTISTS].figures(),
                albums=records[raw_zone.ALBUMS].figures(),
                heads=heads.figures(),
                rounds=self._state.rounds,
                drift=context.writer.drift.report(),
                privacy=context.writer.privacy.fingerprint(),
                authorization={"days_left": days_left},
            ),
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
