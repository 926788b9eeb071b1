"""What `make run` is going to do: which Spotify, which days, which inputs. Nothing starts here."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fetch_spotify.config import DEFAULT_SOURCES
from fetch_spotify.errors import InvalidRequest
from fetch_spotify.playlists.registry import chosen
from fetch_spotify.playlists.source import SourceSpec
from infra.local.credentials import SECRET_KEYS
from infra.local.settings import Mode, PlanError, Settings, check_run_input
from infra.local.spotify_api import RecordedCatalog, RecordingUnreadableError


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
        variables: the variables of `make run` that repeat these options for another day.
        sources: what to read; empty for the template's default.
        forecast: whether the marts have forecasts of popularity.
    """

    runs: tuple[PlannedRun, ...]
    mode: Mode
    recorded: RecordedCatalog | None = None
    credentials: Mapping[str, str] | None = None
    variables: str = ""
    sources: tuple[str, ...] = ()
    forecast: bool = False

    @property
    def lake_name(self) -> str:
        """The name of the lake for these runs: one per source and, except for extended, per mode.

        A development app sees less than one with extended quota, so one day in one lake cannot hold both.
        """
        if self.credentials:
            return "spotify"
        source = "recorded" if self.recorded else "synthetic"
        return source if self.mode is Mode.EXTENDED else f"{source}-{self.mode.value.replace('_', '-')}"

    def another_day(self, in_lake: Collection[dt.date]) -> dt.date | None:
        """Return a day that could be run and is not in the lake yet; None when there is none.

        The real Spotify has none, because it returns only the current state.
        """
        if self.credentials:
            return None
        before = (self.runs[0].day - dt.timedelta(days=number) for number in range(1, len(in_lake) + 2))
        days: Iterable[dt.date] = self.recorded.replay_days() if self.recorded else before
        return next((day for day in days if day not in in_lake), None)


def plan_runs(settings: Settings, environment: Mapping[str, str]) -> Plan:
    """Decide what to run.

    Args:
        settings: the command line's options.
        environment: the process's environment, and what a `.env` file adds to it.

    Raises:
        PlanError: naming the option or variable, and how to fix it.
    """
    day_given = {"snapshot_date": settings.date} if settings.date else {}
    check_run_input(day_given | settings.run_input(), settings.today)
    sources = _sources(settings)
    if settings.recorded:
        return _plan_recorded(settings, sources)
    credentials = _credentials(environment)
    if credentials and "refresh_token" not in credentials:
        _refuse_without_account(sources)
    if credentials and not settings.playlists and "refresh_token" not in credentials:
        raise PlanError(
            "Without SPOTIFY_REFRESH_TOKEN there is no account whose playlists could be read: "
            "name some with PLAYLISTS=<url or id>,... or authorise an account with `make authorize`."
        )
    day = dt.date.fromisoformat(settings.date) if settings.date else settings.today
    return Plan(
        (PlannedRun(day, day_given | settings.run_input()),),
        settings.mode,
        credentials=credentials,
        variables=_variables(settings),
        sources=tuple(spec.name for spec in sources),
        forecast=settings.forecast,
    )


def _sources(settings: Settings) -> list[SourceSpec]:
    try:
        return chosen(settings.sources.split(",")) if settings.sources else []
    except InvalidRequest as error:
        raise PlanError(f"SOURCES={settings.sources}: {error}") from error


def _refuse_without_account(sources: Sequence[SourceSpec]) -> None:
    names = ",".join(spec.name for spec in sources)
    for spec in sources:
        if spec.needs_account:
            raise PlanError(
                f"Without SPOTIFY_REFRESH_TOKEN there is no account whose {spec.purpose} could be read. "
                f"Authorise one with `make authorize SOURCES={names}`, or leave {spec.name} out of SOURCES."
            )


def _plan_recorded(settings: Settings, sources: Sequence[SourceSpec]) -> Plan:
    folder = Path(settings.recorded)
    wanted = sources or chosen(DEFAULT_SOURCES)
    try:
        recorded = RecordedCatalog.read(folder, [spec.name for spec in wanted])
    except RecordingUnreadableError as error:
        file = f" {error.path.relative_to(folder)}:" if error.path != folder else ""
        raise PlanError(f"RECORDED={folder}:{file} {error.reason}. {error.remedy}") from error
    recorded_days = tuple(recorded.replay_days())
    if recorded_days[-1] > settings.today:
        raise PlanError(
            f"RECORDED={folder}: some answers are of {recorded_days[-1]}, a day in the future. "
            "Correct the date in the name of their file; without one, their day is their latest added_at."
        )
    days = (_recorded_day(settings, recorded_days),) if settings.date else recorded_days
    _refuse_unrecorded(wanted, recorded, folder, days[-1])
    return Plan(
        tuple(PlannedRun(day, {"snapshot_date": day.isoformat(), **settings.run_input()}) for day in days),
        settings.mode,
        recorded=recorded,
        variables=_variables(settings),
        sources=tuple(spec.name for spec in sources),
        forecast=settings.forecast,
    )


def _refuse_unrecorded(
    sources: Sequence[SourceSpec], recorded: RecordedCatalog, folder: Path, last_day: dt.date
) -> None:
    for spec in sources:
        if not recorded.has_source(spec.name, last_day):
            raise PlanError(
                f"SOURCES={spec.name}: no {spec.purpose} are recorded in {folder} on or before {last_day}. "
                f"Record them there (see docs/recorded.md), or leave {spec.name} out of SOURCES."
            )


def _recorded_day(settings: Settings, days: Sequence[dt.date]) -> dt.date:
    wanted = dt.date.fromisoformat(settings.date)
    if wanted in days:
        return wanted
    known = ", ".join(map(str, days))
    raise PlanError(
        f"DATE={settings.date}: the answers in {settings.recorded} are of {known}. "
        "Choose one of these days, or leave DATE out to run all of them."
    )


def _variables(settings: Settings) -> str:
    given = {
        "RECORDED": settings.recorded,
        "MODE": settings.mode.value if settings.mode is not Mode.EXTENDED else "",
        "PLAYLISTS": settings.playlists,
        "SOURCES": settings.sources,
        "FORECAST": "1" if settings.forecast else "",
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
