"""The figures of a run against those of the runs of earlier days: calls, seconds, rows, and what it costs."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from build_report.report import RunFigure
from spotify_lake.contract.raw_zone import RunManifest

from .lake import PublishedRun

# Prices of us-east-1 in USD, see docs/costs.md: https://aws.amazon.com/glue/pricing/
_DPU_HOUR: Final = {"STANDARD": 0.44, "FLEX": 0.29}
_JOB_MINIMUM_SECONDS: Final = 60
# A crawl is billed for at least ten minutes. AWS does not document its DPUs; docs/costs.md assumes up to two.
_CRAWL: Final = 0.44 * 2 * 10 / 60


@dataclasses.dataclass(frozen=True)
class GlueSize:
    """What a Glue job costs depends on its workers of one DPU, and on its execution class."""

    workers: int
    execution_class: str

    def usd(self, seconds: float) -> float:
        """Return the estimated cost of a job."""
        billed = max(seconds, _JOB_MINIMUM_SECONDS)
        return billed / 3600 * self.workers * _DPU_HOUR[self.execution_class]


@dataclasses.dataclass(frozen=True)
class Figures:
    """The figures of a run. None: it did not do this, or its manifest has expired."""

    calls: int | None
    fetch_seconds: float | None
    tables_seconds: float | None
    marts_seconds: float | None
    rows: int | None
    usd: float | None


def figures_of(
    run: PublishedRun, manifests: Mapping[tuple[str, str], RunManifest], size: GlueSize
) -> Figures:
    """Return the figures of the run that published a day.

    The seconds of the tables and of the marts include the start of their job. A rebuild has no seconds of a
    fetch or of the tables, because it began with the job.
    """
    report = run.report
    manifest = manifests.get((report.snapshot_date, report.run_id))
    fetch = _seconds(manifest.started_at, manifest.completed_at) if manifest else None
    tables = _seconds(manifest.completed_at, report.published_at) if manifest else None
    marts = _seconds(report.published_at, run.marts_published_at) if run.marts_published_at else None
    jobs = [seconds for seconds in (tables, marts) if seconds is not None]
    return Figures(
        calls=sum(manifest.details.calls.values()) if manifest else None,
        fetch_seconds=fetch,
        tables_seconds=tables,
        marts_seconds=marts,
        rows=sum(report.rows.values()),
        usd=sum(map(size.usd, jobs)) + _CRAWL if tables is not None else None,
    )


_NAMES: Final[tuple[tuple[str, str, Callable[[Figures], float | None]], ...]] = (
    ("Calls to Spotify", "calls", lambda each: each.calls),
    ("Fetch", "seconds", lambda each: each.fetch_seconds),
    ("Tables", "seconds", lambda each: each.tables_seconds),
    ("Marts", "seconds", lambda each: each.marts_seconds),
    ("Rows published", "rows", lambda each: each.rows),
    ("Cost on AWS (estimate)", "USD", lambda each: each.usd),
)


def run_figures(now: Figures | None, earlier: Sequence[Figures]) -> tuple[RunFigure, ...]:
    """Return each figure with its band, the lowest and highest value of the runs of earlier days.

    Args:
        now: of the run that published the day; None if its report is missing.
        earlier: of the runs before it, oldest first.
    """
    found = []
    for name, unit, value in _NAMES:
        before = tuple(value(each) for each in earlier)
        known = [each for each in before if each is not None]
        found.append(
            RunFigure(
                name=name,
                unit=unit,
                value=value(now) if now else None,
                low=min(known, default=None),
                high=max(known, default=None),
                earlier=before,
            )
        )
    return tuple(found)


def _seconds(start: str, end: str) -> float:
    return (dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(start)).total_seconds()
