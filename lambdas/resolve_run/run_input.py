"""Parses and checks the execution's input."""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from common.playlist_file import PlaylistFile
from common.playlist_refs import InvalidPlaylistReference, playlist_id_of

from . import rebuild_input
from .errors import InvalidInput
from .rebuild_input import Rebuild, parse_rebuild
from .values import flag, names, whole_number

KEYS: Final = (
    *("snapshot_date", "playlists", "playlists_uri", "max_calls", "max_wait_seconds", "accept_shrink"),
    *rebuild_input.KEYS,
    *("wait_for_other_runs", "dropped"),
)
# Step Functions adds this to the input of an execution that another one started.
_ADDED_BY_STEP_FUNCTIONS: Final = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_S3_URI: Final = re.compile(r"s3://([^/]+)/(.+)", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class RunInput:
    """A checked input; missing keys are `None` or `()`.

    Attributes:
        snapshot_date: the day of the run; for a rebuild its days (`Rebuild.days`).
        playlists: ids; without any, and without `playlists_file`, the configured ones or the account's own.
        playlists_file: a text file with one playlist id or URL per line, and the key that names it.
        max_calls: the maximum number of calls to Spotify.
        max_wait_seconds: the maximum sum of waits for Spotify's limits.
        accept_shrink: whether to publish even if a playlist lost more items than the stack allows.
        rebuild: days to compute again from the raw zone, without a fetch.
    """

    snapshot_date: str
    playlists: tuple[str, ...]
    playlists_file: tuple[str, PlaylistFile] | None
    max_calls: int | None
    max_wait_seconds: int | None
    accept_shrink: bool = False
    rebuild: Rebuild | None = None


def parse_run_input(body: Any, *, today: dt.date) -> RunInput:
    """Check an execution's input.

    Args:
        body: the input from Step Functions.
        today: the day in the configured time zone.

    Raises:
        InvalidInput: a key or value is wrong.
    """
    if not isinstance(body, Mapping):
        raise InvalidInput("", f"is {json.dumps(body)}, which is not an object", "Write {} for a normal run.")
    _check_keys(body)
    flag(body, "wait_for_other_runs")  # the state machine reads it
    rebuild = parse_rebuild(body, today=today)
    return RunInput(
        snapshot_date=rebuild.days if rebuild else _snapshot_date(body.get("snapshot_date"), today),
        playlists=parse_playlists("playlists", names(body, "playlists", "<id or URL>")),
        playlists_file=_playlists_file(body),
        max_calls=whole_number(body, "max_calls", least=1),
        max_wait_seconds=whole_number(body, "max_wait_seconds", least=0),
        accept_shrink=flag(body, "accept_shrink"),
        rebuild=rebuild,
    )


def _check_keys(body: Mapping[str, Any]) -> None:
    for key in sorted(set(body) - set(KEYS) - {_ADDED_BY_STEP_FUNCTIONS}):
        close = difflib.get_close_matches(key, KEYS, n=1)
        hint = f"Did you mean '{close[0]}'? " if close else ""
        raise InvalidInput(key, "is an unknown key", f"{hint}The keys are {', '.join(KEYS)}.")


def parse_playlists(key: str, entries: Iterable[Any]) -> tuple[str, ...]:
    """Return the playlist ids of ids, URLs or URIs, without repeats, in their order."""
    ids: dict[str, None] = {}
    for entry in entries:
        try:
            ids[playlist_id_of(str(entry))] = None
        except InvalidPlaylistReference as error:
            raise InvalidInput(
                key, f"contains {str(entry)!r}, which is not a playlist", error.remedy
            ) from error
    return tuple(ids)


def _snapshot_date(value: Any, today: dt.date) -> str:
    if value in (None, ""):
        return today.isoformat()
    remedy = f"Write a day as YYYY-MM-DD, {today} or before, or leave it out for today."
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise InvalidInput("snapshot_date", f"is {value!r}, which is not a date", remedy)
    try:
        date = dt.date.fromisoformat(value)
    except ValueError as error:
        raise InvalidInput("snapshot_date", f"is {value!r}, a day that does not exist", remedy) from error
    if date > today:
        raise InvalidInput("snapshot_date", f"is {value}, a day in the future", remedy)
    return value


def _playlists_file(body: Mapping[str, Any]) -> tuple[str, PlaylistFile] | None:
    uri, dropped = body.get("playlists_uri"), body.get("dropped")
    if dropped is not None:
        if uri:
            raise InvalidInput("playlists_uri", "cannot be combined with 'dropped'", "Leave one of them out.")
        return "dropped", _dropped_file(dropped)
    if uri in (None, ""):
        return None
    match = _S3_URI.fullmatch(uri) if isinstance(uri, str) else None
    if not match:
        raise InvalidInput("playlists_uri", f"is {uri!r}", "Write it as s3://bucket/key.")
    return "playlists_uri", PlaylistFile(match[1], match[2])


def _dropped_file(dropped: Any) -> PlaylistFile:
    """Return the file of S3's event."""
    try:
        found = dropped["object"]
        return msgspec.convert(
            {"bucket": dropped["bucket"]["name"], "key": found["key"], "version": found.get("version-id")},
            PlaylistFile,
        )
    except (TypeError, KeyError, AttributeError, msgspec.ValidationError) as error:
        raise InvalidInput(
            "dropped", "is not the bucket and object of an S3 event", "Use playlists_uri instead."
        ) from error
