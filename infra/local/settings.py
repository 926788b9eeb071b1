"""What a user asks for on the command line, checked before anything starts."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from infra.local.problems import UserProblem
from resolve_run.errors import InvalidInput
from resolve_run.run_input import parse_run_input
from spotify_lake.rebuild.days import parse_days

_VARIABLES: Final = {"snapshot_date": "DATE", "rebuild": "DAYS"}
"""The variables of `make` for input keys that have another name there."""
_LISTED_DAYS: Final = 10
_Choice = TypeVar("_Choice", bound=enum.StrEnum)


class PlanError(UserProblem):
    """The request cannot be run; the message says how to fix it."""


class Mode(enum.StrEnum):
    """The kind of Spotify app that the local Spotify simulates."""

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
    forecast: bool = False

    def run_input(self) -> dict[str, Any]:
        """Return what the options add to an execution's input, except for the day."""
        given = {
            "playlists": self.playlists,
            "max_calls": self.max_calls,
            "accept_shrink": self.accept_shrink,
        }
        return {key: value for key, value in given.items() if value}


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
        PlanError: the value is not one of them.
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
