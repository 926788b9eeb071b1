"""The job's arguments."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Final

from spotify_lake.arguments import days, flag, percent, read_arguments, root_uri, run_id
from spotify_lake.contract.tables import TABLES
from spotify_lake.errors import ArgumentsInvalid
from spotify_lake.rebuild.days import ALL, Days, parse_days

_REQUIRED: Final = ("raw_uri", "curated_uri", "run_id", "snapshot_date")
_TABLES: Final = tuple(table.name for table in TABLES)


@dataclasses.dataclass(frozen=True)
class JobConfig:
    """The configuration of one run of the job.

    Attributes:
        raw_uri, curated_uri: the roots of the two zones, each with its closing slash.
        run_id: names the run in the curated zone's `_runs` and `_staging`.
        snapshot_date: the day to normalise (YYYY-MM-DD), a range of days, or all (`days.parse_days`).
        job_name: the name of the Glue job, for the log.
        max_shrink_percent: the share of its items that a playlist may lose since the previous snapshot.
        max_rejected_percent: the share of a source's records, or of a table's rows, that may be rejected.
        accept_shrink: whether this run accepts any loss.
        tables: the names of the tables to publish, in the order of the contract.
        reprocess_rejected: whether only days with rejected records are rebuilt.
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
        """The days that `snapshot_date` names."""
        return parse_days(self.snapshot_date)

    @property
    def changed_settings(self) -> dict[str, bool | list[str]]:
        """The settings that differ from their defaults, besides the days, as in an execution's input."""
        settings: dict[str, bool | list[str]] = {
            "tables": [] if self.has_all_tables else list(self.tables),
            "accept_shrink": self.accept_shrink,
            "reprocess_rejected": self.reprocess_rejected,
        }
        return {name: value for name, value in settings.items() if value}

    @property
    def has_all_tables(self) -> bool:
        """Whether every table is published."""
        return self.tables == _TABLES


def parse_arguments(argv: Sequence[str]) -> JobConfig:
    """Return the configuration from the job's arguments. An empty value means the default.

    Raises:
        ArgumentsInvalid: naming the first invalid argument.
    """
    texts = read_arguments(argv, _REQUIRED, _OPTIONAL)
    config = JobConfig(
        raw_uri=root_uri("raw_uri", texts["raw_uri"]),
        curated_uri=root_uri("curated_uri", texts["curated_uri"]),
        run_id=run_id("run_id", texts["run_id"]),
        snapshot_date=days("snapshot_date", texts["snapshot_date"]),
        job_name=texts.get("JOB_NAME", JobConfig.job_name),
        **{name: parse(name, texts[name]) for name, parse in _OPTIONAL.items() if name in texts},
    )
    if config.reprocess_rejected and not config.has_all_tables:
        raise ArgumentsInvalid("--reprocess_rejected true rebuilds whole days. Leave --tables out")
    return config


def _table_names(name: str, value: str) -> tuple[str, ...]:
    if value == ALL:
        return _TABLES
    requested = [each.strip() for each in value.split(",") if each.strip()]
    unknown = [each for each in requested if each not in _TABLES]
    if unknown or not requested:
        problem = f"there is no table {unknown[0]}" if unknown else "no table is named"
        raise ArgumentsInvalid(f"--{name} {value!r}: {problem}. The tables are {', '.join(_TABLES)}")
    return tuple(each for each in _TABLES if each in requested)


_OPTIONAL: Final[dict[str, Callable[[str, str], Any]]] = {
    "max_shrink_percent": percent,
    "max_rejected_percent": percent,
    "accept_shrink": flag,
    "tables": _table_names,
    "reprocess_rejected": flag,
}
