"""The quality rules of the contract, and their results for a day.

Pure functions from counts to results. `row_checks` counts the rows. A rule warns, quarantines its rows, or
halts the run before anything is published.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from spotify_lake.contract.tables import PLAYLIST_ITEMS, REJECTED_RECORDS, Column, Severity, Table
from spotify_lake.errors import QualityGateError
from spotify_lake.quality.reconciliation import SourceFigures

Check = Literal[
    "not_null",
    "unique",
    "range",
    "values",
    "foreign_key",
    "row_count",
    "playlist_shrink",
    "rejected_share",
    "same_day",
]

MIN_WATCHED_ROWS: Final = 20
"""Smaller tables and playlists are not compared: losing two of three rows is normal."""
NOTED_LOSS_PERCENT: Final = 10
"""A version of a day with this much less than the one it replaces causes a warning."""
_SHOWN: Final = 5


@dataclasses.dataclass(frozen=True)
class Rule:
    """One rule of the contract.

    Attributes:
        table: the name of the table.
        columns: the columns it applies to; none for a rule on the table's size.
        check: what is checked.
        severity: what breaking it leads to.
        expected: what must hold, for people.
    """

    table: str
    columns: tuple[str, ...]
    check: Check
    severity: Severity
    expected: str

    @property
    def name(self) -> str:
        """Its name: table.column:check."""
        return f"{'.'.join((self.table, *(['+'.join(self.columns)] if self.columns else [])))}:{self.check}"


@dataclasses.dataclass(frozen=True)
class Result:
    """The result of a rule: the number of `failing` rows (or missing rows, or playlists), and the details."""

    rule: Rule
    failing: int
    detail: str | None = None

    def as_row(self) -> dict[str, Any]:
        """Return the row of quality_results."""
        return {
            "rule": self.rule.name,
            "table_name": self.rule.table,
            "column_name": ", ".join(self.rule.columns) or None,
            "check_name": self.rule.check,
            "expected": self.rule.expected,
            "severity": self.rule.severity,
            "is_passed": not self.failing,
            "failing": self.failing,
            "detail": self.detail,
        }


@dataclasses.dataclass(frozen=True)
class LastSeen:
    """The newest day that had a playlist, and its number of items on that day."""

    snapshot_date: str
    items: int


@dataclasses.dataclass(frozen=True)
class PreviousSnapshot:
    """The counts of the newest earlier snapshot.

    Attributes:
        snapshot_date: its day.
        rows: by table.
        items: by playlist.
        absent: playlists that only days before it had, and their items when last seen.
    """

    snapshot_date: str
    rows: Mapping[str, int]
    items: Mapping[str, int]
    absent: Mapping[str, LastSeen] = dataclasses.field(default_factory=dict)

    def last_seen(self) -> dict[str, LastSeen]:
        """Return the last day and the number of items of each playlist."""
        here = {playlist: LastSeen(self.snapshot_date, count) for playlist, count in self.items.items()}
        return {**self.absent, **here}

    def absent_from(self, items: Mapping[str, int]) -> dict[str, LastSeen]:
        """Return the playlists that a later day does not have."""
        return {playlist: seen for playlist, seen in self.last_seen().items() if playlist not in items}


@dataclasses.dataclass(frozen=True)
class DayCounts:
    """The counts of one version of a day.

    Attributes:
        rows: by table.
        values: by table, by column of `Table.counted_columns`, the number of values that are not null.
            Reports of earlier releases do not have them.
    """

    rows: Mapping[str, int]
    values: Mapping[str, Mapping[str, int]]


def rules_of(table: Table) -> tuple[Rule, ...]:
    """Return the rules of a table's columns and key, without those on its size."""
    rules = [rule for column in table.columns for rule in _column_rules(table, column)]
    # The key of rejected_records is the position of a line, which a quarantined row does not have.
    if not any(table.column(name).nullable for name in table.key):
        rules.insert(0, Rule(table.name, table.key, "unique", "halt", "no two rows alike"))
    return tuple(rules)


def _column_rules(table: Table, column: Column) -> Iterator[Rule]:
    named = (table.name, (column.name,))
    if not column.nullable:
        yield Rule(*named, "not_null", "halt", "a value in every row")
    if column.values:
        yield Rule(*named, "values", column.severity, f"one of {', '.join(column.values)}")
    if column.minimum is not None or column.maximum is not None:
        most = "" if column.maximum is None else f" to {column.maximum}"
        least = f"{column.minimum}{most or ' or more'}" if column.minimum is not None else f"up{most}"
        yield Rule(*named, "range", column.severity, least)
    if column.references:
        other = f"{column.references.table}.{column.references.column}"
        yield Rule(*named, "foreign_key", column.references.severity, f"found in {other}")


def row_results(
    rules: Iterable[Rule],
    failing: Mapping[str, int],
    rows: Mapping[str, int],
    *,
    orphaned: Mapping[str, int],
) -> list[Result]:
    """Return a result for each rule on columns and keys.

    Args:
        rules: the rules.
        failing: the rows that break each rule, by its name; 0 if it is missing.
        rows: the checked rows, by table.
        orphaned: by name of the rule, rows that refer to a quarantined row. These only cause a warning,
            because the quarantined row is reported already.
    """
    results = []
    for rule in rules:
        count, of = failing.get(rule.name, 0), f"of {rows.get(rule.table, 0)} rows"
        orphans = orphaned.get(rule.name, 0)
        if count:
            results.append(Result(rule, count, f"{count} {of}"))
        elif orphans:
            warns = dataclasses.replace(rule, severity="warn")
            results.append(Result(warns, orphans, f"{orphans} {of} refer to a row in quarantine"))
        else:
            results.append(Result(rule, 0))
    return results


def row_count_results(
    tables: Iterable[Table],
    rows: Mapping[str, int],
    previous: PreviousSnapshot | None,
    max_shrink_percent: int,
) -> list[Result]:
    """Compare the tables' sizes with the previous snapshot. A greater loss than the share is a warning."""
    results = []
    for table in tables:
        if not table.row_count_is_watched:
            continue
        rule = Rule(
            table.name,
            (),
            "row_count",
            "warn",
            f"at most {max_shrink_percent} % fewer than the snapshot before",
        )
        before = previous.rows.get(table.name, 0) if previous else 0
        if previous and _is_shrunk(before, rows[table.name], max_shrink_percent):
            detail = f"{rows[table.name]} rows, {before} on {previous.snapshot_date}"
            results.append(Result(rule, before - rows[table.name], detail))
        else:
            results.append(Result(rule, 0))
    return results


def shrunk_playlists(
    items: Mapping[str, int], previous: PreviousSnapshot | None, max_shrink_percent: int
) -> dict[str, LastSeen]:
    """Return the playlists that lost more than a share of their items, and what each held before.

    A playlist that the day does not have is not a loss: it was not requested, or the fetch reports it as
    skipped. When it returns it is compared with the last day that had it.

    Args:
        items: accepted items by playlist, empty playlists included.
        previous: the previous snapshot, if there is one.
        max_shrink_percent: how much of its items a playlist may lose.
    """
    before = previous.last_seen() if previous else {}
    return {
        playlist: before[playlist]
        for playlist, now in sorted(items.items())
        if playlist in before and _is_shrunk(before[playlist].items, now, max_shrink_percent)
    }


def playlist_shrink_result(
    items: Mapping[str, int],
    shrunk: Mapping[str, LastSeen],
    max_shrink_percent: int,
    *,
    accepted: Collection[str],
) -> Result:
    """Return the result of the rule on playlists that shrank.

    Args:
        items: accepted items by playlist.
        shrunk: the playlists that lost too many items, from `shrunk_playlists`.
        max_shrink_percent: the greatest loss allowed.
        accepted: the playlists whose loss is accepted. If all are, the result is a warning.
    """
    halts = Rule(
        PLAYLIST_ITEMS.name,
        ("playlist_id",),
        "playlist_shrink",
        "halt",
        f"no playlist of {MIN_WATCHED_ROWS} items or more loses more than {max_shrink_percent} %",
    )
    if not shrunk:
        return Result(halts, 0)
    refused = {playlist: seen for playlist, seen in shrunk.items() if playlist not in accepted}
    rule = halts if refused else dataclasses.replace(halts, severity="warn")
    losses = [
        f"{playlist} {seen.items} -> {items[playlist]} since {seen.snapshot_date}"
        for playlist, seen in (refused or shrunk).items()
    ]
    more = f" and {len(losses) - _SHOWN} more" if len(losses) > _SHOWN else ""
    return Result(rule, len(losses), f"{', '.join(losses[:_SHOWN])}{more}")


def rejected_share_result(
    figures: Mapping[str, SourceFigures],
    quarantined: Mapping[str, tuple[int, int]],
    max_rejected_percent: int,
) -> Result:
    """Compare the rejected records of each source, and the quarantined rows of each table, with all of them.

    A few invalid records are no reason to stop. A field whose type changed in every record is.

    Args:
        figures: by source; quarantined rows count as rejected.
        quarantined: by table, the quarantined rows and all rows.
        max_rejected_percent: how many of a source's records, or of a table's rows, may be rejected.
    """
    rule = Rule(
        REJECTED_RECORDS.name,
        ("source",),
        "rejected_share",
        "halt",
        f"of no source of {MIN_WATCHED_ROWS} records, and no table of as many rows, are more than"
        f" {max_rejected_percent} % rejected",
    )
    shares = {f"records of {source}": (each.rejected, each.read) for source, each in figures.items()}
    shares |= {f"rows of {table}": counts for table, counts in quarantined.items()}
    over = {
        name: (rejected, of)
        for name, (rejected, of) in shares.items()
        if of >= MIN_WATCHED_ROWS and rejected * 100 > of * max_rejected_percent
    }
    shares_over = ", ".join(f"{rejected} of {of} {name}" for name, (rejected, of) in over.items())
    return Result(rule, sum(rejected for rejected, _ in over.values()), shares_over or None)


def same_day_results(
    tables: Iterable[Table],
    counts: DayCounts,
    published: DayCounts | None,
    max_shrink_percent: int,
    *,
    is_accepted: bool,
) -> list[Result]:
    """Compare a day with the published version of the same day, which it replaces.

    Another fetch of the day may have less data than the published one: an app in development mode gets no
    popularity, for example. Replacing the day would lose that data.

    Args:
        tables: the contract.
        counts: those of the new version.
        published: those of the published version. None if there is none, or if both are made from the same
            fetches, so that only the job can have changed.
        max_shrink_percent: how much of its rows a table, or of its values a column, may lose.
        is_accepted: whether a greater loss is accepted. It is a warning then.
    """
    results = []
    for table in tables:
        if not table.row_count_is_watched:
            continue
        rule = Rule(
            table.name,
            (),
            "same_day",
            "halt",
            f"at most {max_shrink_percent} % fewer rows, or values in a column, than this day had before",
        )
        noted = min(NOTED_LOSS_PERCENT, max_shrink_percent)
        lost = _lost(table, counts, published, noted) if published else {}
        halting = {
            name for name, (before, now) in lost.items() if _is_shrunk(before, now, max_shrink_percent)
        }
        if not halting or is_accepted:
            rule = dataclasses.replace(rule, severity="warn" if lost else "halt")
        most = sorted(lost.items(), key=lambda each: each[1][1] - each[1][0])
        shown = [f"{name} {before} -> {now}" for name, (before, now) in most[:_SHOWN]]
        more = f" and {len(most) - _SHOWN} more" if len(most) > _SHOWN else ""
        failing = max((before - now for before, now in lost.values()), default=0)
        results.append(Result(rule, failing, f"{', '.join(shown)}{more}" if lost else None))
    return results


def _lost(table: Table, counts: DayCounts, published: DayCounts, percent: int) -> dict[str, tuple[int, int]]:
    """The counts before and now of rows and column values that fell by more than a percentage."""
    before = {"rows": published.rows.get(table.name, 0)}
    now = {"rows": counts.rows[table.name], **counts.values.get(table.name, {})}
    values = published.values.get(table.name, {})
    before |= {column: values[column] for column in table.counted_columns if column in values}
    return {
        name: (count, now.get(name, 0))
        for name, count in before.items()
        if _is_shrunk(count, now.get(name, 0), percent)
    }


def _is_shrunk(before: int, now: int, max_shrink_percent: int) -> bool:
    return before >= MIN_WATCHED_ROWS and (before - now) * 100 > before * max_shrink_percent


def halt_on(results: Iterable[Result]) -> None:
    """Raise `QualityGateError` if a rule that halts is broken, naming all of them."""
    broken = [each for each in results if each.failing and each.rule.severity == "halt"]
    if broken:
        raise QualityGateError(
            [f"{each.rule.name}: {each.detail or f'{each.failing} rows'}" for each in broken],
            is_shrink=any(each.rule.check == "playlist_shrink" for each in broken),
            is_rejected_share=any(each.rule.check == "rejected_share" for each in broken),
            is_same_day=any(each.rule.check == "same_day" for each in broken),
        )


def summary(results: Iterable[Result]) -> dict[str, Any]:
    """Return the number of checked rules and the broken ones, for the run's report."""
    every = list(results)
    return {
        "rules": len(every),
        "failed": [
            {
                "rule": each.rule.name,
                "table": each.rule.table,
                "severity": each.rule.severity,
                "failing": each.failing,
                "detail": each.detail,
            }
            for each in every
            if each.failing
        ],
    }
