"""When the music of the day was released."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from build_report.layout import Chart, Column, Line, Panel, Table, View, number, text
from build_report.report import ReleaseYear, Report
from build_report.wording import count, percent, sentence

_RECENT_YEARS: Final = 5
_LONGEST_AXIS: Final = 130


def panel(report: Report) -> Panel:
    """Return the panel of release years."""
    known = {each.release_year: each for each in report.release_years if each.release_year is not None}
    return Panel(
        id="years",
        title="Release years",
        short="Years",
        sentence=_sentence(known, report),
        charts=(_chart(known),) if known else (),
        tables=(_table(report.release_years),) if report.release_years else (),
        absent="" if report.release_years else "Nothing yet: no track of the day has a release year.",
    )


def _sentence(known: dict[int, ReleaseYear], report: Report) -> Markup:
    if not known:
        return Markup("No release year is known.")
    total = sum(each.placements for each in known.values())
    newest = int(report.snapshot_date[:4])
    first = newest - _RECENT_YEARS + 1
    recent = sum(each.placements for year, each in known.items() if year >= first)
    peak = max(known.values(), key=lambda each: each.placements)
    unknown = sum(each.placements for each in report.release_years if each.release_year is None)
    return sentence(
        Markup("{} of placements are from {} or later.").format(
            percent(recent / total if total else 0), first
        ),
        f"The most common year is {peak.release_year}, with {count(peak.placements, 'placement')}.",
        f"The release year of {count(unknown, 'placement')} is not known." if unknown else None,
    )


def _chart(known: dict[int, ReleaseYear]) -> Chart:
    last = max(known)
    years = range(max(min(known), last - _LONGEST_AXIS), last + 1)
    return Chart(
        id="years-chart",
        kind="columns",
        label="Columns: placements by release year",
        caption="Placements by release year",
        views=(
            View(
                categories=tuple(map(str, years)),
                series=(
                    Line(
                        "Placements",
                        tuple(known[year].placements if year in known else 0 for year in years),
                    ),
                ),
                unit="placements",
            ),
        ),
        height=280,
    )


def _table(release_years: tuple[ReleaseYear, ...]) -> Table:
    newest_first = sorted(release_years, key=lambda each: each.release_year or 0, reverse=True)
    return Table(
        caption="Placements by release year",
        columns=(Column("Year"), Column("Placements", is_number=True), Column("Tracks", is_number=True)),
        rows=tuple(
            (
                text("not known" if each.release_year is None else str(each.release_year)),
                number(each.placements),
                number(each.tracks),
            )
            for each in newest_first
        ),
        is_sortable=True,
        source="release_profile_daily",
    )
