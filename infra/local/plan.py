"""What `make run` is going to do: which Spotify, which days, which inputs. Nothing is started here."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import shlex
from collections.abc import Mapping, Sequence
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
    """The command line's options; "" or None where one was left out."""

    date: str
    playlists: str
    recorded: str
    mode: Mode
    today: dt.date
    max_calls: int | None = None
    accept_shrink: bool = False

    def run_input(self) -> dict[str, Any]:
        """Return what the options add to an execution's input, the day apart."""
        given = {
            "playlists": self.playlists,
            "max_calls": self.max_calls,
            "accept_shrink": self.accept_shrink,
        }
        return {key: value for key, value in given.items() if value}


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
        again: the variables of `make run` that ask the same Spotify for the same.
        another_day: a day that may be run beside these; None when there is none.
    """

    runs: tuple[PlannedRun, ...]
    mode: Mode
    recorded: RecordedContent | None = None
    credentials: Mapping[str, str] | None = None
    again: str = ""
    another_day: dt.date | None = None

    @property
    def source(self) -> str:
        """What the runs read: synthetic, recorded or spotify."""
        if self.recorded:
            return "recorded"
        return "spotify" if self.credentials else "synthetic"


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
    day_given = {"snapshot_date": settings.date} if settings.date else {}
    if credentials and not settings.playlists and "refresh_token" not in credentials:
        raise PlanError(
            "Without SPOTIFY_REFRESH_TOKEN there is no account whose playlists could be read: "
            "name some with PLAYLISTS=<url or id>,... or authorise an account with `make authorize`."
        )
    # A date that is none is refused by the state machine, as on AWS; Spotify then plays today.
    day = _date(settings.date) or settings.today
    return Plan(
        (PlannedRun(day, day_given | settings.run_input()),),
        settings.mode,
        credentials=credentials,
        again=_again(settings),
        # The real Spotify tells what is, not what was.
        another_day=None if credentials else day - dt.timedelta(days=1),
    )


def _plan_recorded(settings: Settings) -> Plan:
    folder = Path(settings.recorded)
    try:
        recorded = RecordedContent.read(folder)
    except RecordingUnreadableError as error:
        file = f" {error.path.relative_to(folder)}:" if error.path != folder else ""
        raise PlanError(f"RECORDED={folder}:{file} {error.reason}.") from error
    recorded_days = tuple(recorded.replay_days())
    days = (_recorded_day(settings, recorded_days),) if settings.date else recorded_days
    return Plan(
        tuple(PlannedRun(day, {"snapshot_date": day.isoformat(), **settings.run_input()}) for day in days),
        settings.mode,
        recorded=recorded,
        again=_again(settings),
        another_day=next((day for day in recorded_days if day not in days), None),
    )


def _recorded_day(settings: Settings, days: Sequence[dt.date]) -> dt.date:
    wanted = _date(settings.date)
    if wanted and wanted in days:
        return wanted
    problem = "" if wanted else " is no date of the form YYYY-MM-DD"
    known = ", ".join(map(str, days))
    raise PlanError(f"DATE={settings.date}{problem}: the answers in {settings.recorded} are of {known}.")


def _again(settings: Settings) -> str:
    given = {
        "RECORDED": settings.recorded,
        "MODE": settings.mode.value if settings.mode is not Mode.EXTENDED else "",
        "PLAYLISTS": settings.playlists,
    }
    return "".join(f" {name}={shlex.quote(value)}" for name, value in given.items() if value)


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
