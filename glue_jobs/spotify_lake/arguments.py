"""Reads and checks the arguments of the Glue jobs.

Each check takes the argument's name and text, and raises `ArgumentsInvalid` with both.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from typing import Final, NoReturn

from spotify_lake.errors import ArgumentsInvalid
from spotify_lake.rebuild.days import DaysInvalid, parse_days

_URI: Final = re.compile(r"[a-z][a-z0-9+.-]*://.*", re.DOTALL)
_RUN_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_HUNDRED_PERCENT: Final = 100


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ArgumentsInvalid(message)


def read_arguments(argv: Sequence[str], required: Sequence[str], optional: Iterable[str]) -> dict[str, str]:
    """Return the values by name from `--name value` or `--name=value`. An empty value is left out.

    Glue adds arguments of its own (`--JOB_ID`, `--TempDir`, ...). Of these only `JOB_NAME` is returned.

    Raises:
        ArgumentsInvalid: a required argument is missing.
    """
    parser = _Parser(allow_abbrev=False, add_help=False)
    for name in (*required, *optional, "JOB_NAME"):
        parser.add_argument(f"--{name}", nargs="?", const="", default="")
    known, _ = parser.parse_known_args(argv)
    texts: dict[str, str] = {name: value for name, value in vars(known).items() if value}
    if missing := [f"--{name}" for name in required if name not in texts]:
        raise ArgumentsInvalid(f"missing: {', '.join(missing)}")
    return texts


def root_uri(name: str, value: str) -> str:
    """Return a URI with its closing slash."""
    if not _URI.fullmatch(value):
        raise ArgumentsInvalid(f"--{name} must be a URI such as s3://bucket/, got {value!r}")
    return value.rstrip("/") + "/"


def run_id(name: str, value: str) -> str:
    """Return a run id, which is a part of paths."""
    if not _RUN_ID.fullmatch(value):
        raise ArgumentsInvalid(f"--{name} must consist of letters, digits and _.:- only, got {value!r}")
    return value


def percent(name: str, value: str) -> int:
    """Return a share in percent."""
    if not re.fullmatch(r"\d{1,3}", value) or int(value) > _HUNDRED_PERCENT:
        raise ArgumentsInvalid(f"--{name} must be an integer from 0 to {_HUNDRED_PERCENT}, got {value!r}")
    return int(value)


def flag(name: str, value: str) -> bool:
    """Return whether the value is true."""
    if value not in ("true", "false"):
        raise ArgumentsInvalid(f"--{name} must be true or false, got {value!r}")
    return value == "true"


def days(name: str, value: str) -> str:
    """Return a day, a range of days or all, see `parse_days`."""
    try:
        return parse_days(value).text
    except DaysInvalid as error:
        raise ArgumentsInvalid(f"--{name} {error}") from error
