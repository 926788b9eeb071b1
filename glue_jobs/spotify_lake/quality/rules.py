"""The quality rules of the contract, and their results for a day.

Pure functions from counts to results. `row_checks` counts the rows. A rule warns, quarantines its rows, or
halts the run before anything is published.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from spotify_lake.contract.tables import REJECTED_RECORDS, Column, Severity, Table
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
    "stored_items",
]

MIN_WATCHED_ROWS: Final = 20
"""Smaller tables and playlists are not compared: losing two of three rows is normal."""
_SHOWN: Final = 5
"""The number of failures that a result lists."""


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


def rules_of(table: Table) -> tuple[Rule, ...]:
    """Return the rules of a table's columns and key, without those on its size."""
    rules = [rule for column in table.columns for rule in _column_rules(table, column)]
    # The key of rejected_records is the position of a line, which a quarantined row does not have.
    if not any(table.column(name).nullable for name in table.key):
        rules.insert(0, Rule(table.name, table.key, "unique", "halt", "no duplicate keys"))
    return tuple(rules)


def _column_rules(table: Table, column: Column) -> Iterator[Rule]:
    named = (table.name, (column.name,))
    if not column.nullable:
        yield Rule(*named, "not_null", "halt", "no nulls")
    if column.values:
        yield Rule(*named, "values", column.severity, f"one of {', '.join(column.values)}")
    if column.minimum is not None or column.maximum is not None:
        most = "" if column.maximum is None else f" to {column.maximum}"
        least = f"{column.minimum}{most or ' or more'}" if column.minimum is not None else f"up{most}"
        yield Rule(*named, "range", column.severity, least)
    if column.references:
        other = f"{column.references.table}.{column.references.column}"
        yield Rule(*named, "foreign_key", column.references.severity, f"exists in {other}")


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


def examples(cases: Sequence[str]) -> str | None:
    """The first cases in which a rule was broken, and the number of further ones; None without any case."""
    more = f" and {len(cases) - _SHOWN} more" if len(cases) > _SHOWN else ""
    return f"{', '.join(cases[:_SHOWN])}{more}" if cases else None


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
        f"at most {max_rejected_percent} % of the records of each source and of the rows of each table are"
        f" rejected (from {MIN_WATCHED_ROWS} records or rows on)",
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
