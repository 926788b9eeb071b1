"""The genres' shares over the days."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from build_report.layout import Cell, Chart, Column, Line, Panel, Table, View, not_supplied, number
from build_report.report import Report, Series
from build_report.wording import MINUS, count, day_before, known, name, percent, sentence, short_day

_NO_GENRE: Final = "(no genre)"
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
    latest = {series.name: series.values[-1] for series in supplied}
    present = {genre: share for genre, share in latest.items() if share is not None and genre != _NO_GENRE}
    without = latest.get(_NO_GENRE)
    unknown = f"{percent(without)} of placements have no genre." if without else None
    if not present:
        return sentence("The genres of the day are not known.", unknown)
    largest = max(present, key=lambda genre: present[genre])
    return sentence(
        Markup("The largest share is {}, {} of placements.").format(name(largest), percent(present[largest])),
        _mover(supplied, present, report),
        unknown,
    )


def _mover(supplied: list[Series], present: dict[str, float], report: Report) -> Markup | None:
    """Say which share changed most since the first day."""
    days = report.genre_days
    before = {series.name: series.values[0] for series in supplied}
    changes = {
        genre: round(100 * (share - first), 1)
        for genre, share in present.items()
        if (first := before[genre]) is not None
    }
    if len(days) < 2 or not changes:  # noqa: PLR2004
        return None
    mover = max(changes, key=lambda genre: abs(changes[genre]))
    if not changes[mover]:
        return Markup("No share changed since {}.").format(day_before(days[0], report.snapshot_date))
    points = f"{changes[mover]:+.1f}".replace("-", MINUS)
    return Markup("The largest change since {} is {}, {} percentage points.").format(
        day_before(days[0], report.snapshot_date), name(mover), points
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
                Cell(day, kind="day"),
                *(number(series.values[place], percent(series.values[place])) for series in supplied),
            )
            for place, day in enumerate(days)
        ),
        source="genre_daily",
    )
