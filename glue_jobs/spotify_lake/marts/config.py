"""The arguments of the job `build_marts`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

from spotify_lake.arguments import days, flag, read_arguments, root_uri, run_id
from spotify_lake.rebuild.days import Days, parse_days

_REQUIRED: Final = ("curated_uri", "run_id", "snapshot_date")


@dataclasses.dataclass(frozen=True)
class MartsConfig:
    """The configuration of one run of the job.

    Attributes:
        curated_uri: the root of the curated zone, with its closing slash.
        run_id: names the run in the curated zone's `_runs` and `_staging`.
        snapshot_date: the day whose marts are built (YYYY-MM-DD), a range of days, or all.
        forecast_popularity: whether the marts of forecasts are built as well.
        job_name: the name of the Glue job, for the log.
    """

    curated_uri: str
    run_id: str
    snapshot_date: str
    forecast_popularity: bool = False
    job_name: str = "build_marts"

    @property
    def days(self) -> Days:
        """The days that `snapshot_date` names."""
        return parse_days(self.snapshot_date)


def parse_arguments(argv: Sequence[str]) -> MartsConfig:
    """Return the configuration from the arguments of the job.

    Raises:
        ArgumentsInvalid: naming the first invalid argument.
    """
    texts = read_arguments(argv, _REQUIRED, ("forecast_popularity",))
    return MartsConfig(
        curated_uri=root_uri("curated_uri", texts["curated_uri"]),
        run_id=run_id("run_id", texts["run_id"]),
        snapshot_date=days("snapshot_date", texts["snapshot_date"]),
        forecast_popularity=flag("forecast_popularity", texts.get("forecast_popularity", "false")),
        job_name=texts.get("JOB_NAME", MartsConfig.job_name),
    )
