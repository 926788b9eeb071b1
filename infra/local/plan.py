"""What `make run` is going to do: which Spotify, which days, which inputs. Nothing is started here."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.local.credentials import SECRET_KEYS
from infra.local.spotify_api import RecordedContent, RecordingUnreadableError


class PlanError(ValueError):
    """What was asked for cannot be run; the message says the way out."""


class Mode(enum.StrEnum):
    """The kind of Spotify app that the local Spotify takes the pipeline for."""

    EXTENDED = "extended"
    LEGACY_DEVELOPMENT = "legacy_development"
    DEVELOPMENT = "development"


@dataclasses.dataclass(frozen=True)
class Settings:
    """The command line's options; "" where one was left out."""

    date: str
    playlists: str
    recorded: str
    mode: Mode
    today: dt.date


@dataclasses.dataclass(frozen=True)
class PlannedRun:
    """One execution: the day that Spotify plays, and the execution's input."""

    day: dt.date
    run_input: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Plan:
    """The executions to start, one after the other, and the Spotify they go to.

    Attributes:
        runs: at least one.
        mode: of the local Spotify.
        recorded: recorded answers for the local Spotify to play back; None for its own catalog.
        credentials: of the real Spotify, as the secret holds them; None for the local one.
    """

    runs: tuple[PlannedRun, ...]
    mode: Mode
    recorded: RecordedContent | None = None
    credentials: Mapping[str, str] | None = None


def plan_runs(settings: Settings, environment: Mapping[str, str]) -> Plan:
    """Decide what to run.

    Args:
        settings: the command line's options.
        environment: the process's environment, and what a `.env` file adds to it.

    Raises:
        PlanError: naming the option or variable, and the way out.
    """
    if settings.recorded:
        return _plan_recorded(settings)
    credentials = _credentials(environment)
    run_input: dict[str, Any] = {}
    if settings.date:
        run_input["snapshot_date"] = settings.date
    if settings.playlists:
        run_input["playlists"] = settings.playlists
    if credentials and not settings.playlists and "refresh_token" not in credentials:
        raise PlanError(
            "Without SPOTIFY_REFRESH_TOKEN there is no account whose playlists could be read: "
            "name some with PLAYLISTS=<url or id>,... or authorise an account with `make authorize`."
        )
    # A date that is none is refused by the state machine, as on AWS; Spotify then plays today.
    day = _date(settings.date) or settings.today
    return Plan((PlannedRun(day, run_input),), settings.mode, credentials=credentials)


def _plan_recorded(settings: Settings) -> Plan:
    folder = Path(settings.recorded)
    try:
        recorded = RecordedContent.read(folder)
    except RecordingUnreadableError as error:
        raise PlanError(f"RECORDED={folder}: {error}") from error
    days = tuple(recorded.replay_days())
    wanted = _date(settings.date)
    if settings.date:
        if wanted not in days:
            known = ", ".join(map(str, days))
            raise PlanError(f"DATE={settings.date}: the answers in {folder} are of {known}.")
        days = (wanted,)
    more = {"playlists": settings.playlists} if settings.playlists else {}
    runs = (PlannedRun(day, {"snapshot_date": day.isoformat(), **more}) for day in days)
    return Plan(tuple(runs), settings.mode, recorded=recorded)


def _credentials(environment: Mapping[str, str]) -> Mapping[str, str] | None:
    given = {key: environment[name] for name, key in SECRET_KEYS.items() if environment.get(name)}
    if not given:
        return None
    for name in ("SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET"):
        if SECRET_KEYS[name] not in given:
            raise PlanError(f"{name} is missing: the real Spotify needs an app's id and its secret.")
    return given


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
