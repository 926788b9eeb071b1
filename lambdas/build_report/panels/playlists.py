"""The playlists by size, age and followers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from markupsafe import Markup

from build_report.layout import Cell, Chart, Column, Line, Panel, Table, View, not_supplied, number, title
from build_report.report import Playlist, Report
from build_report.wording import count, figure, known, label, name, plural, sentence, signed

_CHARTED: Final = 15
_LISTED: Final = 500


def panel(report: Report) -> Panel:
    """Return the panel of playlists."""
    shown = report.playlists[:_LISTED]
    views = _views(report.playlists)
    followers_known = known(each.followers for each in shown)
    return Panel(
        id="playlists",
        title="Playlists",
        short="Playlists",
        sentence=_sentence(report),
        charts=(
            Chart(
                id="playlists-chart",
                kind="bars",
                label="Bars: playlists by size, age of their tracks, or followers",
                caption=f"The first {_CHARTED} by the chosen figure"
                if max(len(view.categories) for view in views) < len(report.playlists)
                else "",
                views=views,
                height=50 + 24 * max(len(view.categories) for view in views),
            ),
        )
        if views
        else (),
        tables=(_table(shown, report.playlists_total),) if shown else (),
        absent="" if shown else "Nothing yet: no playlist was read.",
        method="" if followers_known or not shown else not_supplied("followers", report.mode),
    )


def _sentence(report: Report) -> Markup:
    if not report.playlists:
        return Markup("There are no playlists.")
    sizes = [(each.items, each) for each in report.playlists if each.items is not None]
    old = [each for each in report.playlists if each.days_without_contents]
    largest = max(sizes, key=lambda pair: pair[0]) if sizes else None
    return sentence(
        f"{count(report.playlists_total, 'playlist')}.",
        Markup("The largest is {}, with {}.").format(name(largest[1].name), count(largest[0], "item"))
        if largest
        else None,
        f"{count(len(old), 'playlist')} {plural('was', len(old))} not read on the day:"
        f" {plural('it', len(old))} {plural('has', len(old))} earlier contents."
        if old
        else None,
    )


def _views(playlists: tuple[Playlist, ...]) -> tuple[View, ...]:
    choices: tuple[tuple[str, str, Callable[[Playlist], float | None]], ...] = (
        ("Size", "items", lambda each: each.items),
        ("Average age", "years", lambda each: each.average_age_years),
        ("Followers", "followers", lambda each: each.followers),
    )
    return tuple(
        view for what, unit, value in choices if (view := _view(what, unit, value, playlists)).categories
    )


def _view(
    view: str, unit: str, value: Callable[[Playlist], float | None], playlists: tuple[Playlist, ...]
) -> View:
    pairs = [(figure_, each) for each in playlists if (figure_ := value(each)) is not None]
    top = sorted(pairs, key=lambda pair: pair[0], reverse=True)[:_CHARTED]
    return View(
        name=view,
        categories=tuple(label(each.name) for _, each in top),
        series=(Line(view, tuple(round(figure_, 1) for figure_, _ in top)),),
        unit=unit,
    )


def _table(shown: tuple[Playlist, ...], total: int) -> Table:
    has_followers = bool(known(each.followers for each in shown))
    columns = [
        Column("Playlist"),
        Column("Items", is_number=True),
        Column("7 days", is_number=True, explanation="Change of the items in 7 days"),
        Column("Average age", is_number=True, explanation="Years since the release of its tracks"),
    ]
    if has_followers:
        columns += [
            Column("Followers", is_number=True),
            Column("7 days", is_number=True, explanation="Change of the followers in 7 days"),
        ]
    has_old_contents = any(each.days_without_contents != 0 for each in shown)
    if has_old_contents:
        columns.append(Column("Contents", explanation="Days since the contents were read"))

    def row(each: Playlist) -> tuple[Cell, ...]:
        cells = [title(each.name), number(each.items), _change(each.items_change_7d)]
        cells.append(number(each.average_age_years, _years(each.average_age_years)))
        if has_followers:
            cells += [number(each.followers), _change(each.followers_change_7d)]
        if has_old_contents:
            cells.append(_contents(each.days_without_contents))
        return tuple(cells)

    return Table(
        caption="Playlists",
        columns=tuple(columns),
        rows=tuple(map(row, shown)),
        is_sortable=True,
        total=total,
        source="playlist_daily",
    )


def _years(value: float | None) -> str:
    return figure(value) if value is None else f"{value:.1f} y"


def _change(value: int | None) -> Cell:
    return number(value, signed(value), tone="muted" if not value else "up" if value > 0 else "down")


def _contents(days: int | None) -> Cell:
    if days is None:
        return Cell("never readable", tone="warn", sort=1e9)
    if not days:
        return Cell("of this day", tone="muted", sort=0)
    return Cell(f"{count(days, 'day')} old", tone="warn", sort=days)
