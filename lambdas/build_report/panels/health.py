"""Data quality and freshness: failed rules, unread records, days without data."""

from __future__ import annotations

import dataclasses
from typing import Final

from markupsafe import Markup

from build_report.layout import Cell, Column, Panel, Table, Tone, number, text
from build_report.report import FailedRule, Report
from build_report.wording import count, plural, sentence, short_day

_SAMPLE_LENGTH: Final = 400
_SEVERITIES: dict[str, tuple[str, Tone]] = {
    "halt": ("\N{BALLOT X} stops the run", "bad"),
    "quarantine": ("\N{WARNING SIGN} leaves rows out", "warn"),
    "warn": ("\N{WARNING SIGN} warning", "warn"),
}


@dataclasses.dataclass(frozen=True)
class Day:
    """A day of the calendar strip."""

    title: str
    is_published: bool


def panel(report: Report) -> Panel:
    """Return the panel of data quality and freshness."""
    tables = []
    if report.failed_rules:
        tables.append(_failed(report.failed_rules))
    if report.rejected:
        tables.append(_rejected(report))
    published = set(report.published_days)
    return Panel(
        id="quality",
        title="Data quality and freshness",
        short="Quality",
        sentence=_sentence(report),
        tables=tuple(tables),
        absent="" if report.rules_checked else "Nothing yet: no quality rule was checked on the day.",
        is_wide=True,
        template="days.html.j2",
        extra=[Day(short_day(day), day in published) for day in report.freshness_days],
    )


def _sentence(report: Report) -> Markup:
    unread = sum(each.records for each in report.rejected)
    missing = len(set(report.freshness_days) - set(report.published_days))
    if not report.rules_checked and not unread:
        return Markup("Nothing was checked.")
    return sentence(
        _rules(len(report.failed_rules), report.rules_checked),
        f"{count(unread, 'record')} could not be read." if unread else "Every record could be read.",
        f"{count(missing, 'day')} of the last {len(report.freshness_days)} {plural('has', missing)} no data."
        if missing
        else None,
    )


def _rules(failed: int, checked: int) -> str | None:
    if not checked:
        return None
    if failed:
        return f"{failed:,} of {count(checked, 'quality rule')} failed."
    return f"{'The' if checked == 1 else 'All'} {count(checked, 'quality rule')} passed."


def _failed(rules: tuple[FailedRule, ...]) -> Table:
    return Table(
        caption="Failed quality rules",
        columns=(
            Column("Rule"),
            Column("Table"),
            Column("Consequence"),
            Column("Rows", is_number=True),
            Column("Sample rows"),
        ),
        rows=tuple(
            (
                text(each.rule, detail=each.detail or ""),
                text(each.table),
                _severity(each.severity),
                number(each.failed_rows),
                Cell("\n".join(map(_start, each.samples)), kind="code"),
            )
            for each in rules
        ),
        is_open=True,
        source="quality_results",
    )


def _start(sample: str) -> str:
    """Return the start of a row or record: a raw record can be long."""
    return sample if len(sample) <= _SAMPLE_LENGTH else f"{sample[:_SAMPLE_LENGTH]}\N{HORIZONTAL ELLIPSIS}"


def _severity(severity: str) -> Cell:
    words, tone = _SEVERITIES.get(severity, (severity, "warn"))
    return text(words, tone=tone)


def _rejected(report: Report) -> Table:
    return Table(
        caption="Records that could not be read",
        columns=(Column("Reason"), Column("Records", is_number=True), Column("Sample")),
        rows=tuple(
            (text(each.reason), number(each.records), Cell(_start(each.sample or ""), kind="code"))
            for each in report.rejected
        ),
        is_open=True,
        source="rejected_records",
    )
