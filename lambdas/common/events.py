"""What the state machine passes between the functions, and the one decoder for it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, TypeVar

import msgspec

from common.errors import LakeError
from common.playlist_file import PlaylistFile

T = TypeVar("T")

_Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:=-]{1,200}$")]
_Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class InvalidEvent(LakeError):
    """A function was called with an event that it does not understand."""

    def __init__(self, kind: str, problem: str) -> None:
        self.kind = kind
        super().__init__(
            f"The function's event is not a {kind}: {problem}. Start the state machine instead, which creates"
            " the event, or correct it as described in lambdas/common/events.py."
        )


def read_event(event: Any, kind: type[T]) -> T:
    """Decode a function's event.

    Args:
        event: the JSON value that Lambda passes to the handler. Unknown keys are ignored.
        kind: one of the structs below.

    Raises:
        InvalidEvent: a key is missing or has an invalid value.
    """
    try:
        return msgspec.convert(event, kind)
    except msgspec.ValidationError as error:
        raise InvalidEvent(kind.__name__, str(error)) from error


class ResolveRequest(msgspec.Struct, frozen=True):
    """The event of `resolve_run`.

    Attributes:
        input: the execution's input, unchecked.
        run_id: the execution's name.
        started_at: when the state was entered. A run that waited for another one starts then.
    """

    input: Any
    run_id: str
    started_at: dt.datetime


class Run(msgspec.Struct, frozen=True):
    """A run. Also the event of `build_report`.

    Attributes:
        run_id: the execution's name.
        snapshot_date: the day (YYYY-MM-DD); for a rebuild also a range of days, or all.
        is_rebuild: whether it rebuilds days from the raw zone and does not fetch.
        with_tables: whether it makes tables; false for a rebuild of the marts only.
        with_marts: whether it builds marts.
    """

    run_id: str
    snapshot_date: str
    is_rebuild: bool
    with_tables: bool = True
    with_marts: bool = False


class PublishRequest(Run, frozen=True):
    """The event of `publish_catalog`: the run, and what it did.

    Attributes:
        execution_arn: the run's execution.
        normalize_run: the id of its run of the first Glue job; "" without.
        marts_run: the id of its run of the second Glue job; "" without.
    """

    execution_arn: str = ""
    normalize_run: str = ""
    marts_run: str = ""


class Progress(msgspec.Struct, frozen=True):
    """The progress of an unfinished fetch, for information: it resumes from the raw zone.

    Attributes:
        round: the number of invocations so far.
        playlists: the number of playlists that are read or skipped.
        calls: the number of calls of the Web API.
    """

    round: int = 0
    playlists: int = 0
    calls: int = 0


class FetchRequest(msgspec.Struct, frozen=True):
    """The event of `fetch_spotify`.

    Attributes:
        run_id: the execution's name; with the same id a fetch resumes where an earlier invocation stopped.
        snapshot_date: the day of the snapshot.
        playlists: ids, links or URIs; none for the configured ones, else the account's own.
        playlists_file: a file with more of them. A list of any length is passed by reference, because an
            execution passes at most 256 KB from state to state.
        max_calls: overrides the function's `MAX_CALLS`.
        cursor: the progress of the last invocation.
    """

    run_id: _Name
    snapshot_date: _Day
    playlists: list[str] = []
    max_calls: Annotated[int, msgspec.Meta(ge=1)] | None = None
    cursor: Progress | None = None
    playlists_file: PlaylistFile | None = None


class JobRequest(msgspec.Struct, frozen=True):
    """The arguments of the Glue job, which are strings, and its time-out."""

    snapshot_date: str
    tables: str
    reprocess_rejected: str
    accept_shrink: str
    timeout_minutes: int


class ResolvedRun(msgspec.Struct, frozen=True):
    """The answer of `resolve_run`.

    Attributes:
        lease_seconds: how long the run's lease lasts.
        max_wait_seconds: the maximum sum of waits for Spotify's limits.
    """

    run: Run
    fetch_request: FetchRequest
    job_request: JobRequest
    lease_seconds: int
    max_wait_seconds: int


class ExecutionEnded(msgspec.Struct, frozen=True, rename="camel"):
    """The `detail` of the event of `explain_failure`.

    Attributes:
        status: FAILED, TIMED_OUT or ABORTED.
        start_date, stop_date: epoch milliseconds.
    """

    execution_arn: str
    state_machine_arn: str
    name: str
    status: str
    start_date: int
    stop_date: int


class ScheduledCheck(msgspec.Struct, frozen=True):
    """The event of `check_schedule`.

    Attributes:
        scheduled_at: the time of the schedule.
    """

    scheduled_at: dt.datetime
