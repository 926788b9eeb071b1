"""The job's arguments, read into a frozen record."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Final

from spotify_lake.errors import ArgumentsInvalid

REQUIRED: Final = ("raw_uri", "curated_uri", "run_id", "snapshot_date")
_OPTION: Final = re.compile(r"--([A-Za-z][A-Za-z0-9_-]*)(?:=(.*))?", re.DOTALL)
_URI: Final = re.compile(r"[a-z][a-z0-9+.-]*://.*", re.DOTALL)
_ALL: Final = 100
_RUN_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}")


@dataclasses.dataclass(frozen=True)
class JobConfig:
    """What one run of the job is asked to do.

    Attributes:
        raw_uri, curated_uri: the roots of the two zones, each with its closing slash.
        run_id: names the run in the curated zone's `_runs` and `_staging`.
        snapshot_date: the day to normalise, YYYY-MM-DD.
        max_shrink_percent: how much of its items a playlist may lose since the snapshot before.
        accept_shrink: whether any loss is accepted this time.
        job_name: as Glue calls the job; for the log only.
    """

    raw_uri: str
    curated_uri: str
    run_id: str
    snapshot_date: str
    job_name: str = "normalize_spotify"
    max_shrink_percent: int = 50
    accept_shrink: bool = False


def parse_options(argv: Sequence[str]) -> dict[str, str]:
    """Read `--key value` and `--key=value`, as awsglue does; an option without a value reads as "".

    What Glue itself puts among the arguments (`--JOB_ID`, `--TempDir`, ...) is read and left alone.
    """
    options: dict[str, str] = {}
    waiting: str | None = None
    for word in argv:
        option = _OPTION.fullmatch(word)
        if option is None:
            if waiting is not None:
                options[waiting] = word
                waiting = None
            continue
        name, value = option.groups()
        options[name] = value or ""
        waiting = name if value is None else None
    return options


def config_from(options: Mapping[str, str]) -> JobConfig:
    """Check the options and return the configuration; raise `ArgumentsInvalid` naming the first fault."""
    missing = [name for name in REQUIRED if not options.get(name)]
    if missing:
        raise ArgumentsInvalid(f"missing: {', '.join(f'--{name}' for name in missing)}")
    for name in ("raw_uri", "curated_uri"):
        if not _URI.fullmatch(options[name]):
            raise ArgumentsInvalid(f"--{name} {options[name]!r} is no URI such as s3://bucket/")
    if not _RUN_ID.fullmatch(options["run_id"]):
        raise ArgumentsInvalid(f"--run_id {options['run_id']!r} may hold letters, digits and _.:- only")
    return JobConfig(
        raw_uri=options["raw_uri"].rstrip("/") + "/",
        curated_uri=options["curated_uri"].rstrip("/") + "/",
        run_id=options["run_id"],
        snapshot_date=_day(options["snapshot_date"]),
        job_name=options.get("JOB_NAME") or "normalize_spotify",
        max_shrink_percent=_percent("max_shrink_percent", options.get("max_shrink_percent") or "50"),
        accept_shrink=_flag("accept_shrink", options.get("accept_shrink") or "false"),
    )


def _percent(name: str, value: str) -> int:
    if not re.fullmatch(r"\d{1,3}", value) or int(value) > _ALL:
        raise ArgumentsInvalid(f"--{name} {value!r} is no whole number from 0 to {_ALL}")
    return int(value)


def _flag(name: str, value: str) -> bool:
    if value not in ("true", "false"):
        raise ArgumentsInvalid(f"--{name} {value!r} is neither true nor false")
    return value == "true"


def _day(text: str) -> str:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ArgumentsInvalid(f"--snapshot_date {text!r} is no date of the form YYYY-MM-DD")
    return text
