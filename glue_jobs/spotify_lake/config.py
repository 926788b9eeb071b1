"""The job's arguments, read into a frozen record."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Final

from spotify_lake.contract.tables import TABLES
from spotify_lake.errors import ArgumentsInvalid
from spotify_lake.rebuild.days import ALL, Days, DaysInvalid, parse_days

REQUIRED: Final = ("raw_uri", "curated_uri", "run_id", "snapshot_date")
_OPTION: Final = re.compile(r"--([A-Za-z][A-Za-z0-9_-]*)(?:=(.*))?", re.DOTALL)
_URI: Final = re.compile(r"[a-z][a-z0-9+.-]*://.*", re.DOTALL)
_HUNDRED_PERCENT: Final = 100
_RUN_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_TABLES: Final = tuple(table.name for table in TABLES)


@dataclasses.dataclass(frozen=True)
class JobConfig:
    """What one run of the job is asked to do.

    Attributes:
        raw_uri, curated_uri: the roots of the two zones, each with its closing slash.
        run_id: names the run in the curated zone's `_runs` and `_staging`.
        snapshot_date: the day to normalise, YYYY-MM-DD; or a range of days, or all (`days.parse_days`).
        tables: the names of the tables to publish, in the order of the contract.
        max_shrink_percent: how much of its items a playlist may lose since the snapshot before.
        max_rejected_percent: how many of a source's records, or of a table's rows, may be rejected.
        accept_shrink: whether any loss is accepted this time.
        reprocess_rejected: whether only days are made anew that have rejected records.
        job_name: as Glue calls the job; for the log only.
    """

    raw_uri: str
    curated_uri: str
    run_id: str
    snapshot_date: str
    job_name: str = "normalize_spotify"
    max_shrink_percent: int = 50
    max_rejected_percent: int = 20
    accept_shrink: bool = False
    tables: tuple[str, ...] = _TABLES
    reprocess_rejected: bool = False

    @property
    def days(self) -> Days:
        """The days that `snapshot_date` asks for."""
        return parse_days(self.snapshot_date)

    @property
    def given(self) -> dict[str, bool | list[str]]:
        """What was asked for besides the days, as in an execution's input, where it is not the default."""
        asked: dict[str, bool | list[str]] = {
            "tables": [] if self.is_whole else list(self.tables),
            "accept_shrink": self.accept_shrink,
            "reprocess_rejected": self.reprocess_rejected,
        }
        return {name: value for name, value in asked.items() if value}

    @property
    def is_whole(self) -> bool:
        """Whether every table is published."""
        return self.tables == _TABLES


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
    config = JobConfig(
        raw_uri=options["raw_uri"].rstrip("/") + "/",
        curated_uri=options["curated_uri"].rstrip("/") + "/",
        run_id=options["run_id"],
        snapshot_date=_days(options["snapshot_date"]),
        job_name=options.get("JOB_NAME") or "normalize_spotify",
        max_shrink_percent=_percent("max_shrink_percent", options.get("max_shrink_percent") or "50"),
        max_rejected_percent=_percent("max_rejected_percent", options.get("max_rejected_percent") or "20"),
        accept_shrink=_flag("accept_shrink", options.get("accept_shrink") or "false"),
        tables=_tables(options.get("tables") or ALL),
        reprocess_rejected=_flag("reprocess_rejected", options.get("reprocess_rejected") or "false"),
    )
    if config.reprocess_rejected and not config.is_whole:
        raise ArgumentsInvalid("--reprocess_rejected true makes whole days anew: leave --tables out")
    return config


def _percent(name: str, value: str) -> int:
    if not re.fullmatch(r"\d{1,3}", value) or int(value) > _HUNDRED_PERCENT:
        raise ArgumentsInvalid(f"--{name} {value!r} is no whole number from 0 to {_HUNDRED_PERCENT}")
    return int(value)


def _flag(name: str, value: str) -> bool:
    if value not in ("true", "false"):
        raise ArgumentsInvalid(f"--{name} {value!r} is neither true nor false")
    return value == "true"


def _days(text: str) -> str:
    try:
        return parse_days(text).text
    except DaysInvalid as error:
        raise ArgumentsInvalid(f"--snapshot_date {error}") from error


def _tables(text: str) -> tuple[str, ...]:
    if text == ALL:
        return _TABLES
    asked = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in asked if name not in _TABLES]
    if unknown or not asked:
        raise ArgumentsInvalid(
            f"--tables {text!r} names no table {unknown[0] if unknown else 'at all'};"
            f" there are {', '.join(_TABLES)}"
        )
    return tuple(name for name in _TABLES if name in asked)
