"""The job's errors. Each message says what is wrong, where, and how to fix it.

None is retryable: the same input fails the same way. Except for `PublishFailed` and `RebuildStopped` the
curated tables are unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

_SHOWN = 5


def shortened(names: Collection[str]) -> str:
    """Return the first few names, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(list(names)[:_SHOWN])}{more}"


def reason_of(error: Exception) -> str:
    """Return an error's message as one line.

    Glue reports only the first line of the job's error. The first line of a py4j error names the Python call,
    the second the Java exception, and its stack trace follows.
    """
    first, *rest = str(error).splitlines() or [""]
    java = rest[0].removeprefix(": ") if rest and rest[0].startswith(": ") else ""
    return (java or first).strip() or type(error).__name__


class JobError(Exception):
    """The base of the job's own errors."""


class ArgumentsInvalid(JobError):
    """An argument of a job is missing or invalid."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(
            f"{problem}. A job takes --curated_uri s3://bucket/ --run_id ID --snapshot_date YYYY-MM-DD, or"
            " YYYY-MM-DD..YYYY-MM-DD, or all. normalize_spotify also takes --raw_uri s3://bucket/"
        )


class NoCompleteRun(JobError):
    """There is no manifest for the day: nothing was fetched, or no fetch was completed."""

    def __init__(self, snapshot_date: str, where: str) -> None:
        self.snapshot_date, self.where = snapshot_date, where
        super().__init__(
            f"no complete fetch for {snapshot_date}: there is no manifest under {where}. Run the pipeline for"
            " that day, or give a day that was fetched"
        )


class NoDayToRebuild(JobError):
    """None of the requested days can be rebuilt. What is published is unchanged."""

    def __init__(self, requested: str, reason: str, skipped: Mapping[str, str]) -> None:
        self.requested, self.reason, self.skipped = requested, reason, dict(skipped)
        why = f" ({next(iter(skipped.values()))})" if len(set(skipped.values())) == 1 else ""
        unchanged = f". Left unchanged: {shortened(skipped)}{why}" if skipped else ""
        super().__init__(f"there is no day to rebuild in {requested}: {reason}{unchanged}")


class RebuildStopped(JobError):
    """One of several days could not be rebuilt. The days before it are published, later ones unchanged."""

    def __init__(
        self, day: str, days: Sequence[str], settings: Mapping[str, bool | list[str]], error: Exception
    ) -> None:
        self.day, self.days, self.error = day, tuple(days), error
        at, rest = self.days.index(day), f"{day}..{days[-1]}"
        skip = f", or from {days[at + 1]} to leave {day} unchanged" if day != days[-1] else ""
        options = "".join(f" --{name} {_as_option(value)}" for name, value in settings.items())
        run_input = json.dumps({"rebuild": rest, **settings})
        super().__init__(
            f"day {at + 1} of {len(days)}, {day}, failed with {type(error).__name__}: {reason_of(error)}."
            f" The days before it are rebuilt. To continue, run again with --snapshot_date {rest}{options}"
            f" (in an execution's input: {run_input}){skip}"
        )


def _as_option(value: bool | list[str]) -> str:
    return ",".join(value) if isinstance(value, list) else str(value).lower()


class TablesWouldDisagree(JobError):
    """Some tables of a day cannot be rebuilt alone, because they would not agree with the other tables."""

    def __init__(self, snapshot_date: str, tables: Sequence[str], reason: str) -> None:
        self.snapshot_date, self.tables, self.reason = snapshot_date, tuple(tables), reason
        super().__init__(
            f"{', '.join(tables)} of {snapshot_date} cannot be rebuilt without the other tables: {reason}."
            " Nothing was published. Leave --tables out to rebuild the whole day"
        )


class SchemaChangeRefused(JobError):
    """The contract changes or removes a published column. Columns can only be added, at a table's end."""

    def __init__(self, table: str, difference: str, curated_uri: str) -> None:
        self.table, self.difference = table, difference
        super().__init__(
            f"the contract is not compatible with the published columns of {table}: {difference}."
            " Nothing was published. Revert the change, and add a column with another name at the end."
            f" If the raw records of all days still exist, you can instead delete {curated_uri}{table}/ and"
            f" the table {table} in the Glue catalog (its partitions have the previous columns; the pipeline"
            f" registers it again), and rebuild it with --snapshot_date all --tables {table}"
        )


class ManifestUnreadable(JobError):
    """A manifest is invalid."""

    def __init__(self, where: str, problem: str) -> None:
        self.where, self.problem = where, problem
        super().__init__(
            f"the manifest {where} cannot be used: {problem}. Fetch the day again under a new run_id"
            " and delete this manifest"
        )


class FetchGone(JobError):
    """The manifest of a published day's fetch is missing, and no other fetch has its playlists."""

    def __init__(self, snapshot_date: str, runs: Sequence[str], *, where: str, reports: str) -> None:
        self.snapshot_date, self.runs, self.where = snapshot_date, tuple(runs), where
        super().__init__(
            f"{snapshot_date} was published from fetches whose manifests are no longer under {where}:"
            f" {shortened(runs)}. The day is unchanged. Restore the manifests (a retention rule may have"
            " deleted them). To publish the day from the remaining fetches only, without the playlists that"
            f" the missing ones had, delete {reports} and run again"
        )


class RawObjectMissing(JobError):
    """A manifest names an object that does not exist in the raw zone."""

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(
            f"a manifest names {where}, which does not exist. Restore it (an earlier version, or a retention"
            " rule that ran too early), or fetch the day again and read every playlist again"
        )


class ReconciliationError(JobError):
    """The records read and the rows made of them do not add up. Nothing was published."""

    def __init__(self, problems: Sequence[str], figures: Mapping[str, Mapping[str, int]]) -> None:
        self.problems, self.figures = tuple(problems), figures
        shown = "; ".join(self.problems[:_SHOWN])
        more = f" (and {len(self.problems) - _SHOWN} more)" if len(self.problems) > _SHOWN else ""
        table = "; ".join(
            f"{source}: {', '.join(f'{name} {count}' for name, count in counts.items())}"
            for source, counts in figures.items()
        )
        super().__init__(
            f"the figures do not add up, nothing was published: {shown}{more}."
            f"{f' All figures: {table}.' if table else ''} Either raw objects differ from their manifest, or"
            " the job has a bug. Compare the named objects with the manifest, or fetch the day again"
        )


class QualityGateError(JobError):
    """Staged rows break a quality rule that halts. Nothing was published."""

    def __init__(
        self,
        problems: Sequence[str],
        *,
        is_shrink: bool = False,
        is_rejected_share: bool = False,
        is_same_day: bool = False,
    ) -> None:
        self.problems, self.is_shrink = tuple(problems), is_shrink
        if is_same_day:
            remedy = (
                "This fetch has less data than the published version of the day, which is unchanged. To"
                " replace it anyway, run again with accept_shrink: true in the input"
            )
        elif is_shrink:
            remedy = "If the loss is real, run again with accept_shrink: true in the input"
        elif is_rejected_share:
            remedy = (
                "Spotify has probably changed a field. The raw records are kept: update spotify-lake and"
                " rebuild the day, or raise MaxRejectedPercent to publish without the rejected records"
            )
        else:
            remedy = "The rules are in spotify_lake/contract/tables.py. Check the raw records and the job"
        super().__init__(
            f"quality rules were broken, nothing was published: {'; '.join(self.problems)}. {remedy}"
        )


class PublishFailed(JobError):
    """A table could not be replaced. The staged files are kept, and the next run publishes them."""

    def __init__(self, table: str, reason: str) -> None:
        self.table, self.reason = table, reason
        super().__init__(
            f"publishing {table} failed ({reason}). Each table is consistent, but some have the previous rows"
            " and some the new ones. Run the job again: the next run, for any day, completes this one first"
        )


class NoDayForMarts(JobError):
    """None of the requested days is published, so there is nothing to make marts of."""

    def __init__(self, requested: str, published: Sequence[str]) -> None:
        self.requested, self.published = requested, tuple(published)
        known = f"The lake has {shortened(published)}" if published else "The lake has no published day"
        super().__init__(
            f"there is no published day in {requested} to build marts of. {known}. Run the pipeline for a day"
            " that is missing, or rebuild it"
        )


class TablesMissing(JobError):
    """A published day lacks the partition of a table that the marts are made of."""

    def __init__(self, snapshot_date: str, tables: Sequence[str]) -> None:
        self.snapshot_date, self.tables = snapshot_date, tuple(tables)
        run_input = json.dumps({"rebuild": snapshot_date, "tables": list(tables)})
        super().__init__(
            f"{', '.join(tables)} of {snapshot_date} cannot be read: there is no such partition. Rebuild it:"
            f" {run_input} in the input of an execution"
        )


class MartRulesBroken(JobError):
    """The marts of a day break their rules. They were not published; the tables of the day are."""

    def __init__(self, snapshot_date: str, problems: Sequence[str]) -> None:
        self.snapshot_date, self.problems = snapshot_date, tuple(problems)
        super().__init__(
            f"the marts of {snapshot_date} break quality rules and were not published: {'; '.join(problems)}."
            " The tables of the day are published. The job build_marts has a bug: update spotify-lake, or"
            " set BuildMarts to false until it is fixed"
        )


class MartsStopped(JobError):
    """The marts of one of several days could not be built. The days before it are done."""

    def __init__(self, day: str, days: Sequence[str], error: Exception) -> None:
        self.day, self.days, self.error = day, tuple(days), error
        rest = f"{day}..{days[-1]}"
        run_input = json.dumps({"rebuild": rest, "tables": ["marts"]})
        super().__init__(
            f"the marts of {day} failed with {type(error).__name__}: {reason_of(error).rstrip('.')}. Those of"
            f" the days before it are built. To continue, run again with --snapshot_date {rest} (in an"
            f" execution's input: {run_input})"
        )
