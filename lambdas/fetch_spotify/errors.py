"""The errors of the fetch. The class name is the error's name in the state machine."""

from __future__ import annotations

import datetime as dt
import json
import os
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

from common.errors import LakeError

_MAX_LISTED: Final = 10


def authorize_command() -> str:
    """Return the command that renews the consent, for the secret and the sources that this function reads.

    It runs on the operator's machine, which does not know the deployment's secret; a local pipeline
    (the one with an endpoint of its own) takes its secret from the `.env` file.
    """
    arn = os.environ.get("SPOTIFY_SECRET_ARN", "")
    is_local = "AWS_ENDPOINT_URL" in os.environ
    sources = os.environ.get("SOURCES", "").replace(" ", "")
    secret = f" SECRET={arn}" if arn and not is_local else ""
    return f"make authorize{secret}" + (f" SOURCES={sources}" if sources not in {"", "playlists"} else "")


class FetchError(LakeError):
    """The base of the fetch's errors."""


class InvalidRequest(FetchError):
    """An event or an environment variable that cannot be used."""


class SpotifyCredentialsInvalid(FetchError):
    """The secret is missing or incomplete, or Spotify does not know the app."""


class PrivacySaltMissing(FetchError):
    """User ids are to be hashed, but there is no salt."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"{problem} User ids are hashed with the salt in it. Store the deployment's salt there as JSON, "
            '{"salt": "..."}; another salt gives every user another hash.'
        )


class SpotifyAuthorizationExpired(FetchError):
    """Spotify refuses the refresh token: it is six months old, or the user withdrew the consent."""

    def __init__(self, description: str | None) -> None:
        super().__init__(
            f"Spotify refuses the stored refresh token ({description or 'invalid_grant'}). A consent lasts "
            f"six months. Run `{authorize_command()}` to consent again, then start the execution again."
        )


class ScopeNotGranted(FetchError):
    """The user's consent lacks a scope that this run needs."""

    def __init__(self, scopes: Sequence[str], purpose: str) -> None:
        self.scopes = tuple(scopes)
        super().__init__(
            f"The stored consent lacks the scope {', '.join(scopes)}, needed to read {purpose}. "
            f"Run `{authorize_command()}` to consent again with it."
        )


class SpotifyAccessRefused(FetchError):
    """Spotify refuses the app or the account as a whole, not one playlist."""

    def __init__(self, message: str) -> None:
        super().__init__(
            f"Spotify refuses this app or account: {message}. A development-mode app needs an owner with "
            "Premium and every user on its allowlist (developer.spotify.com/dashboard)."
        )


class ClockIsWrong(FetchError):
    """This machine's clock differs too much from Spotify's."""

    def __init__(self, seconds_ahead: float) -> None:
        self.seconds_ahead = seconds_ahead
        direction = "ahead of" if seconds_ahead > 0 else "behind"
        super().__init__(
            f"This machine's clock is {abs(seconds_ahead) / 60:.0f} minutes {direction} Spotify's. "
            "Set it right: times in the lake and waits for Spotify's limits depend on it."
        )


class SpotifyUnavailable(FetchError):
    """Every attempt of a call failed or got no answer; a later run may succeed."""

    is_retryable: ClassVar[bool] = True


class SourceFailed(FetchError):
    """The code of a source raised an unexpected error: a bug, so a retry does not help.

    Attributes:
        source: the source's name.
    """

    def __init__(self, source: str, error: Exception) -> None:
        self.source = source
        frames = traceback.extract_tb(error.__traceback__)
        place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        super().__init__(
            f"The source '{source}' failed with {type(error).__name__}{place}: {error}. This is a bug in "
            "its code; the traceback is in the function's log. Fix it, or leave the source out of the "
            "parameter Sources, then start the execution again."
        )


class RedirectRefused(FetchError):
    """A call was redirected; following it would send the token or the secret to another address."""

    def __init__(self, path: str, host: str) -> None:
        super().__init__(
            f"{path} redirects to {host}. The fetch does not follow redirects, which would receive its "
            "credentials. Check SPOTIFY_API_URL, SPOTIFY_ACCOUNTS_URL and any proxy between here and Spotify."
        )


class RawZoneUnwritable(FetchError):
    """The raw bucket refuses a read or a write."""


class RawZoneUnavailable(FetchError):
    """S3 throttles, fails or cannot be reached; a later run may succeed."""

    is_retryable: ClassVar[bool] = True


class ManifestUnreadable(FetchError):
    """The manifest of this run, or of an earlier one that an index is rebuilt from, is invalid."""

    def __init__(self, uri: str, reason: str) -> None:
        self.uri = uri
        super().__init__(
            f"The manifest {uri} cannot be used: {reason}. Restore an earlier version of it, or delete it"
            " and fetch its day again under a new run_id."
        )


class CallBudgetSpent(FetchError):
    """The run has used its budget of calls; the next run continues with the stored state."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        super().__init__(
            f"The budget of {budget} calls to Spotify is spent before every playlist was read. What was read "
            "is kept: the next run reads the rest. For more, raise max_calls in the input, or the stack's "
            "parameter MaxCallsPerRun."
        )


class NoPlaylistReadable(FetchError):
    """None of the requested playlists could be read."""

    def __init__(self, refusals: Sequence[tuple[str, str]], *, note: str = "") -> None:
        self.refusals = tuple(refusals)
        named = "; ".join(f"{playlist}: {message}" for playlist, message in refusals[:_MAX_LISTED])
        more = len(refusals) - _MAX_LISTED
        super().__init__(
            note or f"No playlist could be read. {named}" + (f"; and {more} more" if more > 0 else "")
        )


class LimitReached(FetchError):
    """Spotify blocks the app for a while. `str()` is JSON, so that the state machine can wait.

    Attributes:
        retry_after_seconds: seconds from now.
        blocked_until: the same time as epoch seconds (UTC).
    """

    is_retryable: ClassVar[bool] = True
    limit: ClassVar[str]

    def __init__(self, retry_after_seconds: int, blocked_until: int) -> None:
        self.retry_after_seconds = retry_after_seconds
        self.blocked_until = blocked_until
        until = dt.datetime.fromtimestamp(blocked_until, dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        super().__init__(
            json.dumps(
                {
                    "message": f"Spotify's {self.limit} is reached; it asks to wait {retry_after_seconds} s, "
                    f"until {until}. What was read so far is kept and the run resumes from there.",
                    "retry_after_seconds": retry_after_seconds,
                    "blocked_until": blocked_until,
                }
            )
        )


class RateLimited(LimitReached):
    """Too many calls within 30 s, and the requested wait is longer than the function can spend."""

    limit: ClassVar[str] = "rate limit"


class QuotaExceeded(LimitReached):
    """The developer account has used its daily quota of calls."""

    limit: ClassVar[str] = "daily quota for this developer account"


class ApiRefused(FetchError):
    """One call was refused (400, 403, 404, ...); no retry helps. The caller decides what it means.

    Attributes:
        status: the HTTP status.
        message: Spotify's message.
        path: the requested path.
        code: Spotify's code of the error; "" when there is none.
    """

    def __init__(self, status: int, message: str, path: str, code: str = "") -> None:
        self.status = status
        self.message = message
        self.path = path
        self.code = code
        super().__init__(f"Spotify answered {status} to {path}: {message}")


class BrokenAnswer(FetchError):
    """A 200 whose body is empty, not JSON or incomplete; it counts as a failed call, not as an empty page."""

    is_retryable: ClassVar[bool] = True


class PlaylistSkipped(FetchError):
    """A single playlist cannot be read; the run continues with the others.

    Attributes:
        reason: a short name: NotReadable, NotFound, NoSnapshotId, CutShort, NeverEnds, WrongPage,
            PlaylistKeepsChanging, ListingKeepsChanging, LargerThanBudget, InvalidPlaylistReference.
        message: a sentence for the operator.
    """

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        self.message = message
        super().__init__(message)


class OutOfTime(FetchError):
    """The function's time is nearly over; the next invocation continues (never leaves `run`)."""


class Halted(FetchError):
    """Another worker's error ends the invocation (never leaves `run`)."""
