"""What the fetch is told: by its environment (`Config`) and by the event (`FetchRequest`)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, Final

from fetch_spotify.errors import InvalidRequest
from fetch_spotify.privacy import TREATMENTS

_BOOLEANS: Final = {
    "true": True,
    "1": True,
    "yes": True,
    "false": False,
    "0": False,
    "no": False,
    "": False,
}
REREAD_NONE: Final = "none"
REREAD_HEADS: Final = "heads"
REREAD_CONTENTS: Final = "contents"
_CHOICES: Final = {
    "user_id_privacy": TREATMENTS,
    "owner_id_privacy": TREATMENTS,
    "reread_unchanged": (REREAD_NONE, REREAD_HEADS, REREAD_CONTENTS),
}
_PREVIOUS_VALUES: Final = {"reread_unchanged": {"true": REREAD_CONTENTS, "false": REREAD_HEADS}}
_NAME: Final = re.compile(r"[A-Za-z0-9._:=-]{1,200}")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclasses.dataclass(frozen=True)
class Config:
    """The deployment's settings; the environment variable is the attribute's name in capitals.

    The defaults are those of the template's parameters.

    Attributes:
        raw_bucket: where the raw zone lies.
        spotify_secret_arn: the secret with client_id, client_secret, refresh_token and consented_at.
        spotify_api_url, spotify_accounts_url: with the closing slash.
        default_playlists: ids, links or URIs read when the event names none; none of both: the account's own.
        sources: names in `playlists.registry`; `playlists` and, when wanted, `saved_tracks`.
        fetch_concurrency: calls on their way at a time.
        max_calls: calls of the API a run may make (0: no bound).
        artist_refresh_days: a full record is read again so many days after the day for which it was read.
        reread_unchanged: what of an unchanged playlist is read again each day, by an app that may have
            extended quota: none; heads, its own record, for followers; or contents, for popularity as well.
        keep_available_markets: keep the lists of markets, half of all bytes.
        raw_retention_days: when the raw bucket drops objects (0: never).
        reference_margin_days: what would be deleted within so many days is read again where possible.
        user_id_privacy: what becomes of the ids in `added_by`: keep, hash or drop.
        owner_id_privacy: the same for playlist owners.
        privacy_salt_secret_arn: a secret whose `salt` goes into the hashes; else the Spotify secret's.
        max_inline_wait_seconds: a shorter Retry-After is waited out in the function.
        safety_seconds: the function stops so long before it would be killed.
        request_timeout_seconds: the longest silence of Spotify within one call.
        clock_tolerance_seconds: how far this machine's clock may be from Spotify's.
    """

    raw_bucket: str
    spotify_secret_arn: str
    spotify_api_url: str = "https://api.spotify.com/v1/"
    spotify_accounts_url: str = "https://accounts.spotify.com/"
    default_playlists: tuple[str, ...] = ()
    sources: tuple[str, ...] = ("playlists",)
    fetch_concurrency: int = 4
    max_calls: int = 900
    artist_refresh_days: int = 30
    reread_unchanged: str = REREAD_HEADS
    keep_available_markets: bool = False
    raw_retention_days: int = 365
    reference_margin_days: int = 7
    user_id_privacy: str = "hash"
    owner_id_privacy: str = "keep"
    privacy_salt_secret_arn: str = ""
    max_inline_wait_seconds: int = 60
    safety_seconds: int = 45
    request_timeout_seconds: int = 20
    clock_tolerance_seconds: int = 900

    @property
    def workers(self) -> int:
        """Worker threads: half as many again as calls, because a worker that stores its page makes none."""
        return max(1, self.fetch_concurrency * 3 // 2)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Config:
        """Read the environment.

        Raises:
            InvalidRequest: a variable is missing or has a value that cannot be used.
        """
        values: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            text = env.get(field.name.upper(), "").strip()
            if text:
                values[field.name] = _value(field.name.upper(), str(field.type), text)
            elif field.default is dataclasses.MISSING:
                raise InvalidRequest(f"The environment variable {field.name.upper()} is not set.")
        for name, choices in _CHOICES.items():
            if name not in values:
                continue
            values[name] = _PREVIOUS_VALUES.get(name, {}).get(values[name].lower(), values[name])
            if values[name] not in choices:
                raise InvalidRequest(
                    f"{name.upper()} must be one of {', '.join(choices)}, got '{values[name]}'."
                )
        for name in ("spotify_api_url", "spotify_accounts_url"):
            if name in values:
                values[name] = values[name].rstrip("/") + "/"
        return cls(**values)


@dataclasses.dataclass(frozen=True)
class FetchRequest:
    """One run of the fetch.

    Attributes:
        run_id: the execution's name; the same id goes on where an earlier invocation stopped.
        snapshot_date: the day it stands for (YYYY-MM-DD).
        playlists: ids, links or URIs; empty for the configured ones, else the account's own.
        max_calls: overrides `Config.max_calls` (None: it stands).
        round: how many invocations this run has had before.
    """

    run_id: str
    snapshot_date: str
    playlists: tuple[str, ...] = ()
    max_calls: int | None = None
    round: int = 0

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> FetchRequest:
        """Read the Lambda's event.

        Raises:
            InvalidRequest: a key is missing or has a value that cannot be used.
        """
        run_id, day = event.get("run_id"), event.get("snapshot_date")
        if not isinstance(run_id, str) or not _NAME.fullmatch(run_id):
            raise InvalidRequest(f"run_id is {run_id!r}; it must be the execution's name.")
        if not isinstance(day, str) or not _DATE.fullmatch(day):
            raise InvalidRequest(f"snapshot_date is {day!r}; write it as YYYY-MM-DD.")
        playlists = event.get("playlists") or ()
        if isinstance(playlists, str) or not all(isinstance(text, str) for text in playlists):
            raise InvalidRequest("playlists must be a list of ids, links or URIs.")
        max_calls = event.get("max_calls")
        if max_calls is not None and (not isinstance(max_calls, int) or max_calls < 1):
            raise InvalidRequest(f"max_calls is {max_calls!r}; write a whole number of 1 or more.")
        cursor = event.get("cursor") or {}
        return cls(run_id, day, tuple(playlists), max_calls, int(cursor.get("round", 0)))


def _value(name: str, kind: str, text: str) -> Any:
    if kind == "int":
        if not text.isdecimal():
            raise InvalidRequest(f"{name} is '{text}'; write a whole number.")
        return int(text)
    if kind == "bool":
        if text.lower() not in _BOOLEANS:
            raise InvalidRequest(f"{name} is '{text}'; write true or false.")
        return _BOOLEANS[text.lower()]
    if kind.startswith("tuple"):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text
