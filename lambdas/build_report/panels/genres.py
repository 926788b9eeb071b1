"""The genres' shares over the days."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from build_report.layout import Chart, Column, Line, Panel, Table, View, not_supplied, number, text
from build_report.report import Report, Series
from build_report.wording import MINUS, count, known, name, percent, sentence, short_day

_METHOD: Final = "A track counts for every genre of its artists, so the shares add up to more than 100 %."


def panel(report: Report) -> Panel:
    """Return the panel of genre shares."""
    supplied = [series for series in report.genres if known(series.values)]
    absent = ""
    if not supplied:
        absent = not_supplied("the genres of artists", report.mode) if report.playlists else "Nothing yet."
    return Panel(
        id="genres",
        title="Genres over time",
        short="Genres",
        sentence=_sentence(supplied, report),
        charts=(_chart(supplied, report.genre_days),) if supplied and len(report.genre_days) > 1 else (),
        tables=(_table(supplied, report.genre_days),) if supplied else (),
        absent=absent,
        method=_METHOD if supplied else "",
    )


def _sentence(supplied: list[Series], report: Report) -> Markup:
    latest = [(series, series.values[-1]) for series in supplied]
    present = [(series, value) for series, value in latest if value is not None]
    if not present:
        return Markup("The genres of the day are not known.")
    largest, share = max(present, key=lambda pair: pair[1])
    leads = Markup("The largest share is {}, {} of placements.").format(name(largest.name), percent(share))
    changes = [
        (value - series.values[0], series) for series, value in present if series.values[0] is not None
    ]
    if len(report.genre_days) < 2 or not changes:  # noqa: PLR2004
        return leads
    change, mover = max(changes, key=lambda pair: abs(pair[0]))
    if not round(100 * change, 1):
        return sentence(leads, f"No share changed since {short_day(report.genre_days[0])}.")
    return sentence(
        leads,
        Markup("The largest change since {} is {}, {} percentage points.").format(
            short_day(report.genre_days[0]), name(mover.name), f"{100 * change:+.1f}".replace("-", MINUS)
        ),
    )


def _chart(supplied: list[Series], days: tuple[str, ...]) -> Chart:
    return Chart(
        id="genres-chart",
        kind="lines",
        label="Lines: share of placements by genre on each day",
        caption=f"Share of placements over {count(len(days), 'day')}",
        views=(
            View(
                categories=tuple(map(short_day, days)),
                series=tuple(Line(series.name, series.values) for series in supplied),
                format="percent",
            ),
        ),
        height=340,
    )


def _table(supplied: list[Series], days: tuple[str, ...]) -> Table:
    return Table(
        caption="Genre shares per day",
        columns=(Column("Day"), *(Column(series.name, is_number=True) for series in supplied)),
        rows=tuple(
            (
                text(day),
                *(number(series.values[place], percent(series.values[place])) for series in supplied),
            )
            for place, day in enumerate(days)
        ),
        source="genre_daily",
    )
