"""What the parts of one invocation share: settings, clients of Spotify and S3, and state."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from typing import TYPE_CHECKING

from common.alerts import SnsClient
from common.events import FetchRequest
from common.secrets import SecretsClient
from fetch_spotify.alerts import Alerts
from fetch_spotify.clock import Clock
from fetch_spotify.config import Config
from fetch_spotify.playlists.reader import PlaylistReader
from fetch_spotify.spotify.api_mode import ApiMode
from fetch_spotify.spotify.auth import Credentials, Tokens, save_rotated_token
from fetch_spotify.spotify.client import Calls, SpotifyClient
from fetch_spotify.spotify.rate_limit import RateLimitGate
from fetch_spotify.spotify.shapes import MARKETS
from fetch_spotify.spotify.transport import HttpTransport, build_session
from fetch_spotify.storage.bucket import RawBucket
from fetch_spotify.storage.drift import Drift
from fetch_spotify.storage.playlist_index import PlaylistIndex, Retention
from fetch_spotify.storage.privacy import Privacy
from fetch_spotify.storage.run_state import AppMemory, RunState, StateStore
from fetch_spotify.storage.snapshots import SnapshotStore
from fetch_spotify.storage.writer import RawWriter
from spotify_lake.contract.raw_zone import ITEM_SOURCES, PLAYLISTS, run_prefix

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclasses.dataclass(frozen=True)
class Clients:
    """Injectable clients of AWS, and the clock.

    Attributes:
        sns: for alerts; None where there is no topic for them.
    """

    s3: S3Client
    secrets: SecretsClient
    clock: Clock
    sns: SnsClient | None = None


@dataclasses.dataclass
class FetchContext:
    """The run's settings, its clients of Spotify and S3, and its state.

    Attributes:
        memory: what earlier runs found out about the app and the account.
    """

    config: Config
    request: FetchRequest
    clock: Clock
    gate: RateLimitGate
    client: SpotifyClient
    mode: ApiMode
    writer: RawWriter
    reader: PlaylistReader
    retention: Retention
    store: StateStore
    state: RunState
    memory: AppMemory


def build_context(
    config: Config,
    request: FetchRequest,
    clients: Clients,
    *,
    credentials: Credentials,
    salt: bytes,
    store: StateStore,
) -> FetchContext:
    """Load the state of the run and build what its parts share."""
    clock, bucket = clients.clock, RawBucket(clients.s3, config.raw_bucket)
    state = store.load(clock.timestamp())
    state.rounds += 1
    memory = store.load_memory()
    _forget_other_consent(memory, credentials)
    gate = RateLimitGate(clock, _safety_seconds(config, clock))
    client = _build_client(config, request, clients, credentials, gate=gate, store=store, state=state)
    mode = ApiMode(memory.mode, memory.evidence, clock)
    privacy = Privacy(config.user_id_privacy, config.owner_id_privacy, salt)
    writer = RawWriter(bucket, request.run_id, privacy, Drift(state.drift))
    stored = [
        key
        for source in (*ITEM_SOURCES, PLAYLISTS)
        for key in bucket.keys(run_prefix(source, request.snapshot_date, request.run_id))
    ]
    retention = Retention(config.raw_retention_days, config.reference_margin_days)
    reader = PlaylistReader(
        config,
        request,
        clock=clock,
        calls=client.calls,
        mode=mode,
        snapshots=SnapshotStore(writer, request, clock, stored),
        index=PlaylistIndex.load_or_rebuild(bucket, privacy.fingerprint()),
        retention=retention,
    )
    return FetchContext(
        config=config,
        request=request,
        clock=clock,
        gate=gate,
        client=client,
        mode=mode,
        writer=writer,
        reader=reader,
        retention=retention,
        store=store,
        state=state,
        memory=memory,
    )


def _build_client(
    config: Config,
    request: FetchRequest,
    clients: Clients,
    credentials: Credentials,
    *,
    gate: RateLimitGate,
    store: StateStore,
    state: RunState,
) -> SpotifyClient:
    transport = HttpTransport(
        build_session(config.fetch_concurrency + 1, config.spotify_api_url),
        gate,
        max_concurrent_calls=max(1, config.fetch_concurrency),
        max_inline_wait_seconds=config.max_inline_wait_seconds,
        excluded_key=None if config.keep_available_markets else MARKETS,
    )
    machine = config.state_machine_arn
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{request.run_id}" if machine else ""
    alerts = Alerts(clients.sns, execution, state, clients.clock)
    save_rotated = functools.partial(
        save_rotated_token, clients.secrets, config.spotify_secret_arn, alerts.token_not_stored
    )
    tokens = Tokens(credentials, config, transport, save_rotated)
    budget = config.max_calls if request.max_calls is None else request.max_calls
    checkpoint = functools.partial(_save_calls, store, state)
    calls = Calls(budget, state.calls, checkpoint, workers=config.workers)
    return SpotifyClient(transport, tokens, calls, config)


def _save_calls(store: StateStore, state: RunState, calls: dict[str, int]) -> None:
    state.calls = calls
    store.save(state)


def _forget_other_consent(memory: AppMemory, credentials: Credentials) -> None:
    """Drop what depends on the user's consent when it has changed: the account or its scopes may differ.

    A rotated refresh token belongs to the same consent, so the time of consent identifies it if it is known.
    """
    consent = credentials.consented_at or credentials.refresh_token or ""
    digest = hashlib.sha256(f"{credentials.client_id} {consent}".encode()).hexdigest()[:16]
    if memory.consent != digest:
        memory.consent, memory.refusals, memory.listed = digest, {}, []


def _safety_seconds(config: Config, clock: Clock) -> float:
    """Seconds to stop before the end; a function with little time must still be able to begin."""
    return min(config.safety_seconds, clock.remaining() / 4)
