"""One invocation of the fetch: what is left of the run, then the manifest, or an orderly stop."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from common.observability import logger
from common.secrets import SecretsClient
from fetch_spotify import answer
from fetch_spotify.clock import Clock
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
from fetch_spotify.full_records import KINDS, FullRecordReader, RecordKind, RecordsRead
from fetch_spotify.playlists.heads import HeadReader, HeadsRead
from fetch_spotify.playlists.playlist import FINAL_REFUSALS
from fetch_spotify.playlists.registry import chosen
from fetch_spotify.playlists.snapshot_reader import ContentsReader
from fetch_spotify.playlists.source import EarlierReadingStandsIn, FetchContext, Source, Task
from fetch_spotify.privacy import Privacy
from fetch_spotify.spotify.api_mode import ApiMode
from fetch_spotify.spotify.auth import Tokens
from fetch_spotify.spotify.client import Calls, SpotifyClient
from fetch_spotify.spotify.credentials import Credentials, load_credentials, save_rotated_token
from fetch_spotify.spotify.shapes import MARKETS
from fetch_spotify.spotify.transport import HttpTransport, RateLimitGate, build_session
from fetch_spotify.spotify.workers import run_all
from fetch_spotify.storage import index_rebuild
from fetch_spotify.storage.bucket import RawBucket
from fetch_spotify.storage.drift import Drift
from fetch_spotify.storage.playlist_index import KnownPlaylist, PlaylistIndex, Retention
from fetch_spotify.storage.record_index import RecordIndex
from fetch_spotify.storage.run_state import StateStore
from fetch_spotify.storage.writer import RawWriter
from spotify_lake.contract import raw_zone
from spotify_lake.contract.raw_zone import RawObject, RunManifest, SkippedPlaylist

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

JsonObject: TypeAlias = dict[str, Any]
T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Clients:
    """What lies outside: AWS and time."""

    s3: S3Client
    secrets: SecretsClient
    clock: Clock


def fetch(config: Config, request: FetchRequest, clients: Clients) -> JsonObject:
    """Run one invocation; return the Lambda's answer (see `answer`).

    Raises:
        FetchError: one of `errors`; whatever was read until then is stored and is not read again.
    """
    bucket = RawBucket(clients.s3, config.raw_bucket)
    if done := answer.of_finished_run(bucket, request):
        return done
    credentials, salt = load_credentials(clients.secrets, config)
    store = StateStore(bucket, request.run_id, credentials.client_id)
    store.check_block(clients.clock, max_inline_wait_seconds=config.max_inline_wait_seconds)
    invocation = _Invocation(
        config, request, clients, credentials=credentials, salt=salt, bucket=bucket, store=store
    )
    try:
        return invocation.complete()
    except OutOfTime:
        return answer.to_be_continued(request, invocation.figures())
    except LimitReached as error:
        store.block(error)
        raise
    finally:
        invocation.remember()


class _Invocation:
    """The parts of one invocation, put together."""

    def __init__(
        self,
        config: Config,
        request: FetchRequest,
        clients: Clients,
        *,
        credentials: Credentials,
        salt: bytes,
        bucket: RawBucket,
        store: StateStore,
    ) -> None:
        self._config, self._request, self._clock = config, request, clients.clock
        self._credentials, self._bucket, self._store = credentials, bucket, store
        self._state = store.load(clients.clock.timestamp())
        self._state.rounds += 1
        self._memory = store.app_memory()
        self._consent = _consent_mark(credentials)
        self._drift = Drift(self._state.drift)
        self._gate = RateLimitGate(clients.clock, _safety(config, clients.clock))
        session = build_session(config.fetch_concurrency + 1, config.spotify_api_url)
        transport = HttpTransport(
            session,
            self._gate,
            calls_at_once=max(1, config.fetch_concurrency),
            max_inline_wait_seconds=config.max_inline_wait_seconds,
            leave_out=None if config.keep_available_markets else MARKETS,
        )
        arn = config.spotify_secret_arn
        self._tokens = Tokens(
            credentials,
            config,
            transport,
            lambda used, rotated: save_rotated_token(clients.secrets, arn, used, rotated),
        )
        budget = config.max_calls if request.max_calls is None else request.max_calls
        self._calls = Calls(budget, self._state.calls, self._note_calls, workers=config.workers)
        self._indexes = {
            kind: RecordIndex.load(bucket, kind.source, request.snapshot_date)
            or index_rebuild.record_index(bucket, kind.source, request.snapshot_date)
            for kind in KINDS
        }
        self._left: list[str] = self._memory.get("left", [])
        self._found: list[KnownPlaylist] = []
        self._skipped: list[SkippedPlaylist] = []
        self._lock = threading.Lock()
        self._privacy = Privacy(config.user_id_privacy, config.owner_id_privacy, salt)
        self._context = self._build_context(transport)

    def complete(self) -> JsonObject:
        """Read everything, write the manifest, return the answer."""
        sources = {
            spec.name: _run_source(spec.name, functools.partial(spec.build, self._context))
            for spec in chosen(self._config.sources)
        }
        tasks = [(name, task) for name, source in sources.items() for task in _run_source(name, source.tasks)]
        logger.info("playlists to look at", extra={"playlists": len(tasks), "round": self._state.rounds})
        self._read_contents(self._in_order(tasks))
        if self._left:
            raise CallBudgetSpent(self._calls.budget)
        if not self._found:
            self._state.refused.clear()  # whoever mends the cause and tries again shall not be told the same
            note = "" if self._skipped else "The account lists no playlist: there is nothing to read."
            raise NoPlaylistReadable([(skip.playlist, skip.message) for skip in self._skipped], note=note)
        records = {kind.source: self._read_records(kind) for kind in KINDS}
        heads = HeadReader(self._context, self._stored(raw_zone.PLAYLISTS)).read(self._found, self._run)
        return self._finish(sources, records, heads)

    def figures(self) -> JsonObject:
        """How far the run got, for the cursor and the logs."""
        return {
            "round": self._request.round + 1,
            "playlists": len(self._found) + len(self._skipped),
            "calls": sum(self._calls.by_kind().values()),
        }

    def remember(self) -> None:
        """Store what the next invocation or the next run should not have to find out again."""
        self._state.calls = self._calls.by_kind()
        self._state.token_calls += self._tokens.calls
        self._state.drift = self._drift.counts()
        self._store.save(self._state)
        self._store.remember_app(
            {
                **self._context.mode.memory(),
                "consent": self._consent,
                "unreadable": self._context.unreadable,
                "listed": self._context.listed,
                "left": self._left,
            }
        )
        for index in self._indexes.values():
            index.save(self._bucket)

    def _note_calls(self, calls: JsonObject) -> None:
        self._state.calls = calls
        self._store.save(self._state)

    def _build_context(self, transport: HttpTransport) -> FetchContext:
        config, request = self._config, self._request
        writer = RawWriter(self._bucket, request.run_id, self._privacy, self._drift)
        treatment = self._privacy.fingerprint()
        stored = [
            key for source in (*raw_zone.ITEM_SOURCES, raw_zone.PLAYLISTS) for key in self._stored(source)
        ]
        return FetchContext(
            config=config,
            request=request,
            clock=self._clock,
            client=SpotifyClient(transport, self._tokens, self._calls, config),
            mode=ApiMode(self._memory, self._clock),
            writer=writer,
            contents=ContentsReader(
                writer,
                request.run_id,
                request.snapshot_date,
                clock=self._clock,
                calls=self._calls,
                stored=stored,
            ),
            index=PlaylistIndex(self._bucket, treatment)
            or index_rebuild.playlist_index(self._bucket, treatment),
            retention=Retention(config.raw_retention_days, config.reference_margin_days),
            store=self._store,
            state=self._state,
            unreadable=self._memory.get("unreadable", {}) if self._is_same_consent() else {},
            listed=self._memory.get("listed", []) if self._is_same_consent() else [],
        )

    def _is_same_consent(self) -> bool:
        return bool(self._memory.get("consent") == self._consent)

    def _stored(self, source: str) -> list[str]:
        return self._bucket.keys(
            raw_zone.run_prefix(source, self._request.snapshot_date, self._request.run_id)
        )

    def _read_contents(self, tasks: list[tuple[str, Task]]) -> None:
        """Run the tasks; those that the budget does not allow are left, in their order."""
        left: set[str] = set()
        jobs = [self._job(name, task, left) for name, task in tasks]
        alone = 1 if self._left else 0  # no other may take the calls that the first one waits for
        self._run(jobs[:alone])
        self._run(jobs[alone:])
        self._left = [task.playlist for _, task in tasks if task.playlist in left]

    def _in_order(self, tasks: list[tuple[str, Task]]) -> list[tuple[str, Task]]:
        """Put what an earlier run left first, so that no playlist waits for ever for others to be read."""
        place = {playlist: number for number, playlist in enumerate(self._left)}
        return sorted(tasks, key=lambda named: place.get(named[1].playlist, len(place)))

    def _job(self, source: str, task: Task, left: set[str]) -> Callable[[], None]:
        """A job that reads a playlist, or adds it to `left` when the budget does not allow it."""

        def job() -> None:
            if told := self._state.refused.get(task.playlist):  # by an earlier invocation
                self._skip(task, PlaylistSkipped(**told))
                return
            try:
                found = _run_source(source, task.work)
            except PlaylistSkipped as skipped:
                self._skip(task, skipped)
            except CallBudgetSpent:
                with self._lock:
                    left.add(task.playlist)
            else:
                with self._lock:
                    self._found.append(found)

        return job

    def _skip(self, task: Task, skipped: PlaylistSkipped) -> None:
        with self._lock:
            self._skipped.append(SkippedPlaylist(task.playlist, skipped.reason, skipped.message))
            if isinstance(skipped, EarlierReadingStandsIn):
                self._found.append(skipped.known)
            if skipped.reason in FINAL_REFUSALS:
                self._state.refused[task.playlist] = {"reason": skipped.reason, "message": skipped.message}

    def _run(self, jobs: Sequence[Callable[[], None]]) -> None:
        run_all(jobs, self._gate, self._config.workers)

    def _read_records(self, kind: RecordKind) -> RecordsRead:
        wanted = {each for known in self._found for each in known.record_ids.get(kind.source, ())}
        reader = FullRecordReader(kind, self._context, self._indexes[kind], self._stored(kind.source))
        return reader.read(wanted, self._run)

    def _finish(
        self, sources: Mapping[str, Source], read: Mapping[str, RecordsRead], heads: HeadsRead
    ) -> JsonObject:
        found = sorted(self._found, key=lambda known: (known.entry.source, known.entry.playlist_id))
        records: list[RawObject] = [
            obj for name, source in sources.items() for obj in _run_source(name, source.record_objects)
        ]
        records += [obj for known in found for obj in known.records]
        records += heads.objects
        manifest = RunManifest(
            run_id=self._request.run_id,
            snapshot_date=self._request.snapshot_date,
            started_at=self._state.started_at,
            completed_at=self._clock.timestamp(),
            api_mode=self._context.mode.name,
            playlists=tuple(known.entry for known in found),
            playlist_records=tuple(records),
            artist_records=read[raw_zone.ARTISTS].objects,
            album_records=read[raw_zone.ALBUMS].objects,
            skipped=tuple(sorted(self._skipped, key=lambda skip: skip.playlist)),
            details={
                "grant": self._tokens.grant,
                "calls": {**self._calls.by_kind(), "token": self._state.token_calls + self._tokens.calls},
                **{source: each.figures() for source, each in read.items()},
                "heads": heads.figures(),
                "rounds": self._state.rounds,
                "drift": self._drift.report(),
                "privacy": self._privacy.fingerprint(),
                "authorization": {"days_left": self._credentials.days_left(self._clock.now())},
            },
        )
        return answer.finish(self._bucket, self._request, manifest)


def _run_source(source: str, work: Callable[[], T]) -> T:
    """Run code of a source.

    Raises:
        FetchError: what the code raises of it.
        SourceFailed: it raised anything else, which is logged with its traceback.
    """
    try:
        return work()
    except FetchError:
        raise
    except Exception as error:
        logger.exception("a source failed", extra={"source": source})
        raise SourceFailed(source, error) from error


def _consent_mark(credentials: Credentials) -> str:
    """Tells one consent from the next: another account, or the same one with more scopes, reads other things.

    A rotated refresh token is still of the same consent, so the time of consent counts where it is known.
    """
    consent = credentials.consented_at or credentials.refresh_token or ""
    return hashlib.sha256(f"{credentials.client_id} {consent}".encode()).hexdigest()[:16]


def _safety(config: Config, clock: Clock) -> float:
    """Seconds to stop before the end; a function with little time must still be able to begin."""
    return min(config.safety_seconds, clock.remaining() / 4)
