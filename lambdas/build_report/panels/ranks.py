"""Top tracks and artists with their ranks over the days, and their reach."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from build_report.layout import (
    Cell,
    Chart,
    Column,
    Line,
    Panel,
    Table,
    View,
    not_supplied,
    number,
    title,
)
from build_report.report import Ranked, Report
from build_report.wording import compact, count, known, label, listed, name, sentence, short_day

_CHARTED: Final = 10
_REACH: Final = (
    "Reach is the sum of the known followers of the playlists that have it. Users who follow several of them"
    " count several times."
)


def tracks(report: Report) -> Panel:
    """Return the panel of top tracks."""
    return _panel("tracks", report.top_tracks, report)


def artists(report: Report) -> Panel:
    """Return the panel of top artists."""
    return _panel("artists", report.top_artists, report)


def _panel(kind: str, ranked: tuple[Ranked, ...], report: Report) -> Panel:
    has_history = len(report.rank_days) > 1 and bool(ranked)
    return Panel(
        id=kind,
        title=f"Top {kind}",
        short=kind.capitalize(),
        sentence=_sentence(kind, ranked, report.ranked_by),
        charts=(_bump(kind, ranked[:_CHARTED], report),) if has_history else (),
        tables=(_table(kind, ranked),) if ranked else (),
        absent="" if ranked else f"Nothing yet: no playlist of the day has {kind}.",
        method=_REACH if known(each.reach for each in ranked) else "",
    )


def _sentence(kind: str, ranked: tuple[Ranked, ...], ranked_by: str) -> Markup:
    if not ranked:
        return Markup("There are no {} to rank.").format(kind)
    first = ranked[0]
    by = Markup(" by {}").format(name(first.artist_name)) if first.artist_name else ""
    reach = f" and a reach of {compact(first.reach)}" if first.reach is not None else ""
    is_tied = any(each.rank == first.rank for each in ranked[1:])
    verb = f"shares the first rank by {ranked_by} with other {kind}" if is_tied else f"leads by {ranked_by}"
    leads = Markup("{}{} {}, in {}{}.").format(
        name(first.name), by, verb, count(first.playlists, "playlist"), reach
    )
    new = [each for each in ranked if each.rank_7_days_before is None]
    climbs = [
        (each.rank_7_days_before - each.rank, each) for each in ranked if each.rank_7_days_before is not None
    ]
    if not climbs:
        return leads
    gain, climber = max(climbs, key=lambda pair: pair[0])
    return sentence(
        leads,
        Markup("{} climbed most in 7 days, by {}.").format(name(climber.name), count(gain, "place"))
        if gain > 0
        else "Nobody climbed in 7 days."
        if kind == "artists"
        else "No track climbed in 7 days.",
        f"{count(len(new), kind[:-1])} had no rank 7 days ago." if new else None,
    )


def _bump(kind: str, top: tuple[Ranked, ...], report: Report) -> Chart:
    days = report.rank_days
    return Chart(
        id=f"{kind}-chart",
        kind="bump",
        label=f"Lines: rank of the top {len(top)} {kind} on each day",
        caption=f"Rank by {report.ranked_by} over {count(len(days), 'day')}, 1 is the top",
        views=(
            View(
                categories=tuple(map(short_day, days)),
                series=tuple(Line(label(each.name), each.ranks) for each in top),
                format="rank",
            ),
        ),
        height=360,
    )


def _table(kind: str, ranked: tuple[Ranked, ...]) -> Table:
    has_reach = bool(known(each.reach for each in ranked))
    has_popularity = bool(known(each.popularity for each in ranked))
    has_week = bool(known(each.rank_7_days_before for each in ranked))
    columns = [Column("Rank", is_number=True)]
    if has_week:
        columns.append(Column("7 days", explanation="Change of the rank in 7 days"))
    columns += [Column(kind.capitalize()[:-1]), Column("Playlists", is_number=True)]
    if has_reach:
        columns.append(Column("Reach", is_number=True))
    if has_popularity:
        columns.append(Column("Popularity", is_number=True, explanation="0 to 100, by Spotify"))

    def row(each: Ranked) -> tuple[Cell, ...]:
        cells = [number(each.rank), *([_move(each)] if has_week else [])]
        cells += [title(each.name, each.artist_name), number(each.playlists)]
        if has_reach:
            cells.append(number(each.reach))
        if has_popularity:
            cells.append(number(each.popularity))
        return tuple(cells)

    return Table(
        caption=f"Top {kind}",
        columns=tuple(columns),
        rows=tuple(map(row, ranked)),
        is_open=True,
        is_sortable=True,
        source=f"{kind[:-1]}_daily",
    )


def _move(each: Ranked) -> Cell:
    if each.rank_7_days_before is None:
        return Cell("new", tone="muted", sort=-1e9)
    gain = each.rank_7_days_before - each.rank
    if gain == 0:
        return Cell("=", tone="muted", sort=0)
    if gain > 0:
        return Cell(f"\N{BLACK UP-POINTING TRIANGLE} {gain}", tone="up", sort=gain)
    return Cell(f"\N{BLACK DOWN-POINTING TRIANGLE} {-gain}", tone="down", sort=gain)


def reach(report: Report) -> Panel:
    """Return the panel of reach over the days."""
    supplied = [series for series in report.reach if known(series.values)]
    absent = ""
    if not supplied:
        absent = (
            not_supplied("the followers of playlists", report.mode) if report.playlists else "Nothing yet."
        )
    latest = [(series.name, series.values[-1]) for series in supplied]
    parts = [
        Markup("{} ({})").format(name(artist), compact(value))
        for artist, value in latest
        if value is not None
    ]
    return Panel(
        id="reach",
        title="Reach",
        short="Reach",
        sentence=Markup("The reach of the first artists on {}: {}.").format(
            short_day(report.snapshot_date), listed(parts)
        )
        if parts
        else Markup("The reach of the day is not known."),
        charts=(
            Chart(
                id="reach-chart",
                kind="lines",
                label="Lines: reach of the first artists on each day",
                caption=f"Reach of the first artists over {count(len(report.rank_days), 'day')}",
                views=(
                    View(
                        categories=tuple(map(short_day, report.rank_days)),
                        series=tuple(Line(label(series.name), series.values) for series in supplied),
                        unit="followers",
                    ),
                ),
            ),
        )
        if supplied and len(report.rank_days) > 1
        else (),
        tables=(
            Table(
                caption="Reach per day",
                columns=(Column("Day"), *(Column(label(series.name), is_number=True) for series in supplied)),
                rows=tuple(
                    (Cell(day, kind="day"), *(number(series.values[place]) for series in supplied))
                    for place, day in enumerate(report.rank_days)
                ),
            ),
        )
        if supplied
        else (),
        absent=absent,
        method=_REACH if supplied else "",
    )
