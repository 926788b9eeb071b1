"""The settings of the deployment, from the environment."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from fetch_spotify.errors import InvalidRequest
from fetch_spotify.storage.privacy import TREATMENTS

_BOOLEANS: Final = {
    "true": True,
    "1": True,
    "yes": True,
    "false": False,
    "0": False,
    "no": False,
    "": False,
}
DEFAULT_SOURCES: Final = ("playlists",)
REREAD_NONE: Final = "none"
REREAD_HEADS: Final = "heads"
REREAD_CONTENTS: Final = "contents"
_CHOICES: Final = {
    "user_id_privacy": TREATMENTS,
    "owner_id_privacy": TREATMENTS,
    "reread_unchanged": (REREAD_NONE, REREAD_HEADS, REREAD_CONTENTS),
}
_PREVIOUS_VALUES: Final = {"reread_unchanged": {"true": REREAD_CONTENTS, "false": REREAD_HEADS}}


@dataclasses.dataclass(frozen=True)
class Config:
    """The deployment's settings; the environment variable is the attribute's name in capitals.

    The defaults are those of the template's parameters.

    Attributes:
        raw_bucket: the bucket of the raw zone.
        spotify_secret_arn: the secret with client_id, client_secret, refresh_token and consented_at.
        spotify_api_url, spotify_accounts_url: with the closing slash.
        default_playlists: ids, links or URIs, if the event names none; by default the account's own.
        sources: names in `playlists.registry`; `playlists` and, when wanted, `saved_tracks`.
        fetch_concurrency: calls in flight at a time.
        max_calls: maximum number of API calls per run (0: no limit).
        artist_refresh_days: days after which a full record is read again.
        reread_unchanged: which part of an unchanged playlist an app that may have extended quota reads each
            day: none; heads, its own record, for followers; or contents, for popularity as well.
        keep_available_markets: keep the lists of markets, half of all bytes.
        raw_retention_days: days after which the raw bucket deletes objects (0: never).
        reference_margin_days: contents that are deleted within this many days are read again if possible.
        user_id_privacy: treatment of the ids in `added_by`: keep, hash or drop.
        owner_id_privacy: the same for playlist owners.
        privacy_salt_secret_arn: a secret with the `salt` of the hashes; by default the Spotify secret.
        state_machine_arn: the state machine, for links to executions.
        max_inline_wait_seconds: a longer Retry-After ends the invocation.
        safety_seconds: seconds before its time-out at which the function stops.
        request_timeout_seconds: read time-out of one call.
        clock_tolerance_seconds: allowed difference between this machine's clock and Spotify's.
    """

    raw_bucket: str
    spotify_secret_arn: str
    spotify_api_url: str = "https://api.spotify.com/v1/"
    spotify_accounts_url: str = "https://accounts.spotify.com/"
    default_playlists: tuple[str, ...] = ()
    sources: tuple[str, ...] = DEFAULT_SOURCES
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
    state_machine_arn: str = ""
    max_inline_wait_seconds: int = 60
    safety_seconds: int = 45
    request_timeout_seconds: int = 20
    clock_tolerance_seconds: int = 900

    @property
    def workers(self) -> int:
        """Worker threads: 1.5 per concurrent call, because a worker that stores a page makes no call."""
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
