"""What `make run` is going to do: which Spotify, which days, which inputs. Nothing is started here."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import re
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from fetch_spotify.errors import InvalidRequest
from fetch_spotify.playlists.registry import chosen
from fetch_spotify.playlists.source import SourceSpec
from infra.local.credentials import SECRET_KEYS
from infra.local.problems import UserProblem
from infra.local.spotify_api import RecordedCatalog, RecordingUnreadableError
from resolve_run.errors import InvalidInput
from resolve_run.run_input import parse_run_input
from spotify_lake.rebuild.days import parse_days

_VARIABLES: Final = {"snapshot_date": "DATE", "rebuild": "DAYS"}
"""How `make` calls the input keys that it does not call by their own name in upper case."""
_LISTED_DAYS: Final = 10
_Choice = TypeVar("_Choice", bound=enum.StrEnum)


_DEFAULT_SOURCES: Final = ("playlists",)
"""The default of the template's parameter Sources."""


class PlanError(UserProblem):
    """What was asked for cannot be run; the message says how to fix it."""


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
    sources: str = ""
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
        sources: what to read; empty for the template's default.
    """

    runs: tuple[PlannedRun, ...]
    mode: Mode
    recorded: RecordedCatalog | None = None
    credentials: Mapping[str, str] | None = None
    again: str = ""
    sources: tuple[str, ...] = ()

    @property
    def lake_name(self) -> str:
        """The name of the lake for these runs: one for each source and, but for extended, each mode.

        A development app sees less than one with extended quota, so one day in one lake cannot hold both.
        """
        if self.credentials:
            return "spotify"
        source = "recorded" if self.recorded else "synthetic"
        return source if self.mode is Mode.EXTENDED else f"{source}-{self.mode.value.replace('_', '-')}"

    def another_day(self, in_lake: Collection[dt.date]) -> dt.date | None:
        """Return a day that could be run and is not in the lake yet; None when there is none.

        The real Spotify has none: it returns the present only.
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
        again=_again(settings),
        sources=tuple(spec.name for spec in sources),
    )


def check_run_input(run_input: Mapping[str, Any], today: dt.date) -> None:
    """Refuse an execution's input that the state machine would refuse, before anything is deployed.

    Args:
        run_input: the input.
        today: no day after it can be run.

    Raises:
        PlanError: naming the variable of `make`, what is wrong with it, and how to fix it.
    """
    try:
        parse_run_input(run_input, today=today)
    except InvalidInput as error:
        variable = _VARIABLES.get(error.key, error.key.upper())
        raise PlanError(f"{variable} {error.problem}. {error.remedy}") from error


def check_days_fetched(days: str, fetched: Sequence[str], lake: Path) -> None:
    """Refuse a rebuild when none of its days can be in the raw zone of the lake.

    Args:
        days: a day, a range or all; `check_run_input` accepted it.
        fetched: the days with a complete fetch in the lake, oldest first.
        lake: the lake's folder.

    Raises:
        PlanError: naming the days that the lake has.
    """
    requested = parse_days(days)
    if any(day in requested for day in fetched):
        return
    if not fetched:
        raise PlanError(
            f"The lake {lake} has no complete fetch of any day. Fetch a day first with `make run`, "
            "or name another lake with LAKE=<folder>."
        )
    known = ", ".join(fetched)
    if len(fetched) > _LISTED_DAYS:
        known = f"{len(fetched)} days from {fetched[0]} to {fetched[-1]}"
    missing = "it" if requested.one else "these days"
    raise PlanError(
        f"DAYS is {days}, and the lake {lake} has no complete fetch of {missing}. "
        f"Choose from the days that it has: {known}."
    )


def choice(variable: str, value: str, choices: type[_Choice]) -> _Choice:
    """Return the member of an enumeration that a variable of `make` names.

    Raises:
        PlanError: it names none.
    """
    try:
        return choices(value)
    except ValueError as error:
        *others, last = choices
        raise PlanError(f"{variable} is {value!r}. Write {', '.join(others)} or {last}.") from error


def number_of_calls(value: str) -> int | None:
    """Return the number that MAX_CALLS gives; None where it was left out.

    Raises:
        PlanError: it is not a whole number of 1 or more.
    """
    if not value:
        return None
    if not re.fullmatch(r"[0-9]+", value) or not int(value):
        raise PlanError(f"MAX_CALLS is {value!r}. Write a whole number of 1 or more.")
    return int(value)


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
    wanted = sources or chosen(_DEFAULT_SOURCES)
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
        again=_again(settings),
        sources=tuple(spec.name for spec in sources),
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


def _again(settings: Settings) -> str:
    given = {
        "RECORDED": settings.recorded,
        "MODE": settings.mode.value if settings.mode is not Mode.EXTENDED else "",
        "PLAYLISTS": settings.playlists,
        "SOURCES": settings.sources,
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
