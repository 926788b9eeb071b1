"""The quality rules, as the contract states them beside its columns, and the verdict on what they found.

Plain figures in, results out; how the figures are come by stands in `quality.py`. A rule warns, quarantines
its rows, or halts the run before anything is published.
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
"""Of a smaller table or playlist any share may go: a list of three that loses two is no accident."""
NOTED_LOSS_PERCENT: Final = 10
"""A version of a day that has so much less than the one it replaces is worth a warning."""
_SHOWN: Final = 5


@dataclasses.dataclass(frozen=True)
class Rule:
    """One rule of the contract.

    Attributes:
        table: the name of the table.
        columns: the columns it is about; none when it is about the table's size.
        check: what is checked.
        severity: what breaking it leads to.
        expected: what has to hold, for people.
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
    """What a rule found: `failing` rows (or rows missing, or playlists), and the figures behind them."""

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
    """The newest day that had a playlist, and its items then."""

    snapshot_date: str
    items: int


@dataclasses.dataclass(frozen=True)
class PreviousSnapshot:
    """What the newest earlier snapshot held.

    Attributes:
        snapshot_date: its day.
        rows: by table.
        items: by playlist.
        absent: by playlist that it did not have and an earlier day had, what that playlist held last.
    """

    snapshot_date: str
    rows: Mapping[str, int]
    items: Mapping[str, int]
    absent: Mapping[str, LastSeen] = dataclasses.field(default_factory=dict)

    def last_seen(self) -> dict[str, LastSeen]:
        """Return when each playlist was last there, and with how many items."""
        here = {playlist: LastSeen(self.snapshot_date, count) for playlist, count in self.items.items()}
        return {**self.absent, **here}

    def absent_from(self, items: Mapping[str, int]) -> dict[str, LastSeen]:
        """Return the playlists that a later day does not have."""
        return {playlist: seen for playlist, seen in self.last_seen().items() if playlist not in items}


@dataclasses.dataclass(frozen=True)
class DayCounts:
    """What one version of a day holds.

    Attributes:
        rows: by table.
        values: by table, by column of `Table.counted_columns`, the rows that are not null in it. A report of
            an earlier release does not have them.
    """

    rows: Mapping[str, int]
    values: Mapping[str, Mapping[str, int]]


def rules_of(table: Table) -> tuple[Rule, ...]:
    """Return the rules that a table's columns and key state; rules about its size are not among them."""
    rules = [rule for column in table.columns for rule in _column_rules(table, column)]
    # The key of a reject is the place of a line, which a quarantined row does not have.
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
    """Return a result for each rule that columns and keys state.

    Args:
        rules: the rules.
        failing: rows that break each, by its name; 0 when it is not named.
        rows: rows looked at, by table.
        orphaned: likewise, rows that refer to one in quarantine, which is told of already: a warning.
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
    tables: Iterable[Table], rows: Mapping[str, int], former: PreviousSnapshot | None, max_shrink_percent: int
) -> list[Result]:
    """Compare the tables' sizes with the snapshot before; a loss of more than the share is a warning."""
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
        before = former.rows.get(table.name, 0) if former else 0
        if former and _is_shrunk(before, rows[table.name], max_shrink_percent):
            detail = f"{rows[table.name]} rows, {before} on {former.snapshot_date}"
            results.append(Result(rule, before - rows[table.name], detail))
        else:
            results.append(Result(rule, 0))
    return results


def shrunk_playlists(
    items: Mapping[str, int], former: PreviousSnapshot | None, max_shrink_percent: int
) -> dict[str, LastSeen]:
    """Return the playlists that lost more than a share of their items, and what each held before.

    A playlist that the day does not have is no loss: it was not asked for, or the fetch reports it skipped.
    When it comes back it is compared with the last day that had it.

    Args:
        items: accepted items by playlist, empty playlists included.
        former: the snapshot before, where there is one.
        max_shrink_percent: how much of its items a playlist may lose.
    """
    before = former.last_seen() if former else {}
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
    """Return the verdict on playlists that shrank.

    Args:
        items: accepted items by playlist.
        shrunk: the playlists that lost too many of them, from `shrunk_playlists`.
        max_shrink_percent: how much that is.
        accepted: the playlists whose loss is accepted; where it is of all of them, it is a warning.
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
    told = [
        f"{playlist} {seen.items} -> {items[playlist]} since {seen.snapshot_date}"
        for playlist, seen in (refused or shrunk).items()
    ]
    more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return Result(rule, len(told), f"{', '.join(told[:_SHOWN])}{more}")


def rejected_share_result(
    figures: Mapping[str, SourceFigures], taken: Mapping[str, tuple[int, int]], max_rejected_percent: int
) -> Result:
    """Compare the records rejected with those read, source by source, and rows taken out table by table.

    A few odd records are no reason to stop; a field that changed its type in every record is.

    Args:
        figures: by source, rows that rules took out counted as rejected.
        taken: by table, the rows that rules took out, and all rows.
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
    shares |= {f"rows of {table}": counts for table, counts in taken.items()}
    over = {
        name: (rejected, of)
        for name, (rejected, of) in shares.items()
        if of >= MIN_WATCHED_ROWS and rejected * 100 > of * max_rejected_percent
    }
    told = ", ".join(f"{rejected} of {of} {name}" for name, (rejected, of) in over.items())
    return Result(rule, sum(rejected for rejected, _ in over.values()), told or None)


def same_day_results(
    tables: Iterable[Table],
    counts: DayCounts,
    published: DayCounts | None,
    max_shrink_percent: int,
    *,
    is_accepted: bool,
) -> list[Result]:
    """Compare a day with the published version of the same day, which it replaces.

    Another fetch of the day may see less than the published one did: an app in development mode gets no
    popularity, for example. The published figures could then not be had again.

    Args:
        tables: the contract.
        counts: what the day has now.
        published: what the published version has; None where there is none, or where both are made of the
            same fetches, so that only the job can have changed.
        max_shrink_percent: how much of its rows a table, or of its values a column, may lose.
        is_accepted: whether a greater loss is accepted; it is a warning then.
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
    """The rows, and the columns, of which more than the percentage is missing: how many before and now."""
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
    """Raise `QualityGateError` naming every rule that halts and did not hold."""
    broken = [each for each in results if each.failing and each.rule.severity == "halt"]
    if broken:
        raise QualityGateError(
            [f"{each.rule.name}: {each.detail or f'{each.failing} rows'}" for each in broken],
            is_shrink=any(each.rule.check == "playlist_shrink" for each in broken),
            is_rejected_share=any(each.rule.check == "rejected_share" for each in broken),
            is_same_day=any(each.rule.check == "same_day" for each in broken),
        )


def summary(results: Iterable[Result]) -> dict[str, Any]:
    """Return what the run's report says: how many rules were checked, and those that did not hold."""
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
