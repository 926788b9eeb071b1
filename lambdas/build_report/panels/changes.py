"""What was added to, removed from and moved in each playlist."""

from __future__ import annotations

import dataclasses
from typing import Final

from markupsafe import Markup

from build_report.layout import Cell, Chart, Column, Line, Panel, Table, View, number, title
from build_report.report import Change, PlaylistChanges, Report
from build_report.wording import count, day_before, label, listed, name, plural, sentence

_CHARTED: Final = 12
_LISTED_PLAYLISTS: Final = 12
_LISTED_ITEMS: Final = 25
_OPEN_PLAYLISTS: Final = 1
_FIRST_DAY: Final = "Nothing yet: changes appear after the run of a second day."
_NOTHING_TO_COMPARE: Final = "Nothing to compare: no playlist that was read on the day has earlier contents."


@dataclasses.dataclass(frozen=True)
class Item:
    """A changed item as it is listed."""

    sign: str
    tone: str
    word: str
    name: str
    artists: str
    place: str


@dataclasses.dataclass(frozen=True)
class Listing:
    """The changed items of a playlist. `hidden` says how many are left out."""

    name: str
    counts: tuple[tuple[str, str], ...]
    items: tuple[Item, ...]
    hidden: int
    is_open: bool


def panel(report: Report) -> Panel:
    """Return the panel of changes since the previous day."""
    shown = report.changes
    return Panel(
        id="changes",
        title="What changed",
        short="Changes",
        sentence=_sentence(report),
        charts=(_chart(shown),) if shown else (),
        tables=(_table(report),) if shown else (),
        absent="" if report.previous_day else _FIRST_DAY if report.is_first_day else _NOTHING_TO_COMPARE,
        is_wide=True,
        template="changes.html.j2",
        extra=[
            _listing(each, is_open=place < _OPEN_PLAYLISTS)
            for place, each in enumerate(shown[:_LISTED_PLAYLISTS])
        ],
    )


def _sentence(report: Report) -> Markup:
    if report.previous_day is None:
        if report.is_first_day:
            return Markup("This is the first day, so there is nothing to compare it with.")
        return Markup("No change of the day is known.")
    since = day_before(report.previous_day, report.snapshot_date)
    if not report.playlists_with_changes:
        return Markup("No playlist changed since {}.").format(since)
    counts = ((report.items_added, "added"), (report.items_removed, "removed"), (report.items_moved, "moved"))
    first, *others = [(number, verb) for number, verb in counts if number]
    parts = [f"{count(first[0], 'item')} {plural('was', first[0])} {first[1]}"]
    parts += [f"{number:,} {verb}" for number, verb in others]
    where = count(report.playlists_with_changes, "playlist")
    most = report.changes[0] if len(report.changes) > 1 else None
    return sentence(
        Markup("{} in {} since {}.").format(listed(parts), where, since),
        Markup("{} changed most.").format(name(most.playlist_name)) if most else None,
    )


def _chart(shown: tuple[PlaylistChanges, ...]) -> Chart:
    top = shown[:_CHARTED]
    return Chart(
        id="changes-chart",
        kind="bars",
        label="Bars: items added, removed and moved per playlist",
        caption=f"Items per playlist, the {count(len(top), 'playlist')} with most changes"
        if len(top) > 1
        else "Items per kind of change",
        views=(
            View(
                categories=tuple(label(each.playlist_name) for each in top),
                series=(
                    Line("Added", tuple(each.added for each in top), "up"),
                    Line("Removed", tuple(-each.removed for each in top), "down"),
                    Line("Moved", tuple(each.moved for each in top), "muted"),
                ),
                unit="items",
                is_mirrored=True,
            ),
        ),
        height=70 + 26 * len(top),
    )


def _table(report: Report) -> Table:
    return Table(
        caption="Changes per playlist",
        columns=(
            Column("Playlist"),
            Column("Added", is_number=True),
            Column("Removed", is_number=True),
            Column("Moved", is_number=True),
            Column("Compared with"),
        ),
        rows=tuple(
            (
                title(each.playlist_name),
                number(each.added),
                number(each.removed),
                number(each.moved),
                Cell(each.previous_day, kind="day"),
            )
            for each in report.changes
        ),
        is_sortable=True,
        total=report.playlists_with_changes,
        source="playlist_changes",
    )


def _listing(each: PlaylistChanges, *, is_open: bool) -> Listing:
    listed_items = each.changes[:_LISTED_ITEMS]
    numbers = ((each.added, "added", "up"), (each.removed, "removed", "down"), (each.moved, "moved", "muted"))
    return Listing(
        name=label(each.playlist_name),
        counts=tuple((f"{number:,} {word}", tone) for number, word, tone in numbers if number),
        items=tuple(map(_item, listed_items)),
        hidden=each.added + each.removed + each.moved - len(listed_items),
        is_open=is_open,
    )


def _item(change: Change) -> Item:
    sign, tone = {"added": ("+", "up"), "removed": ("\N{MINUS SIGN}", "down")}.get(
        change.change, ("\N{UP DOWN ARROW}", "muted")
    )
    place = f"#{change.position + 1:,}"
    if change.change == "moved" and change.previous_position is not None:
        place = f"#{change.previous_position + 1:,} \N{RIGHTWARDS ARROW} {place}"
    return Item(
        sign=sign,
        tone=tone,
        word=change.change,
        name=label(change.item_name),
        artists=label(change.artist_names) if change.artist_names else "",
        place=place,
    )
