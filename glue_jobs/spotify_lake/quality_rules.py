"""The quality rules, as the contract states them beside its columns, and the verdict on what they found.

Plain figures in, results out; how the figures are come by stands in `quality.py`. A rule warns, quarantines
its rows, or halts the run before anything is published.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from spotify_lake.errors import QualityGateError
from spotify_lake.tables import PLAYLIST_ITEMS, Column, Severity, Table

Check = Literal["not_null", "unique", "range", "values", "foreign_key", "row_count", "playlist_shrink"]

MIN_WATCHED_ROWS: Final = 20
"""Of a smaller table or playlist any share may go: a list of three that loses two is no accident."""
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
class Former:
    """What the newest earlier snapshot held: rows by table and items by playlist, and its day."""

    snapshot_date: str
    rows: Mapping[str, int]
    items: Mapping[str, int]


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
        but_for = f", but for {column.references.but_for}" if column.references.but_for else ""
        yield Rule(*named, "foreign_key", column.references.severity, f"found in {other}{but_for}")


def row_results(rules: Iterable[Rule], failing: Mapping[str, int], rows: Mapping[str, int]) -> list[Result]:
    """Return a result for each rule that columns and keys state.

    Args:
        rules: the rules.
        failing: rows that break each, by its name; 0 when it is not named.
        rows: rows looked at, by table.
    """
    results = []
    for rule in rules:
        count = failing.get(rule.name, 0)
        detail = f"{count} of {rows.get(rule.table, 0)} rows" if count else None
        results.append(Result(rule, count, detail))
    return results


def row_count_results(
    tables: Iterable[Table], rows: Mapping[str, int], former: Former | None, max_shrink_percent: int
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


def playlist_shrink_result(
    items: Mapping[str, int], former: Former | None, max_shrink_percent: int, *, accepted: bool
) -> Result:
    """Compare the playlists' sizes with the snapshot before.

    A playlist that the day does not have is no loss: it was not asked for, or the fetch reports it skipped.

    Args:
        items: accepted items by playlist, empty playlists included.
        former: the snapshot before, where there is one.
        max_shrink_percent: how much of its items a playlist may lose.
        accepted: whether the execution's input accepts any loss; it is then a warning.
    """
    halts = Rule(
        PLAYLIST_ITEMS.name,
        ("playlist_id",),
        "playlist_shrink",
        "halt",
        f"no playlist of {MIN_WATCHED_ROWS} items or more loses more than {max_shrink_percent} %",
    )
    before = former.items if former else {}
    shrunk = [
        f"{playlist} {before[playlist]} -> {now}"
        for playlist, now in sorted(items.items())
        if _is_shrunk(before.get(playlist, 0), now, max_shrink_percent)
    ]
    if not (shrunk and former):
        return Result(halts, 0)
    rule = dataclasses.replace(halts, severity="warn") if accepted else halts
    more = f" and {len(shrunk) - _SHOWN} more" if len(shrunk) > _SHOWN else ""
    told = f"{', '.join(shrunk[:_SHOWN])}{more} since {former.snapshot_date}"
    return Result(rule, len(shrunk), told)


def _is_shrunk(before: int, now: int, max_shrink_percent: int) -> bool:
    return before >= MIN_WATCHED_ROWS and (before - now) * 100 > before * max_shrink_percent


def halt_on(results: Iterable[Result]) -> None:
    """Raise `QualityGateError` naming every rule that halts and did not hold."""
    broken = [each for each in results if each.failing and each.rule.severity == "halt"]
    if broken:
        raise QualityGateError(
            [f"{each.rule.name}: {each.detail or f'{each.failing} rows'}" for each in broken],
            is_shrink=any(each.rule.check == "playlist_shrink" for each in broken),
        )


def summary(results: Iterable[Result]) -> dict[str, Any]:
    """Return what the run's report says: how many rules were checked, and those that did not hold."""
    every = list(results)
    return {
        "rules": len(every),
        "failed": [
            {
                "rule": each.rule.name,
                "severity": each.rule.severity,
                "failing": each.failing,
                "detail": each.detail,
            }
            for each in every
            if each.failing
        ],
    }
