"""Items that cannot be played, and recordings that are in a playlist more than once."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from build_report.layout import Cell, Column, Panel, Table, number, text, title
from build_report.report import Report
from build_report.wording import count, plural, sentence

_LISTED: Final = 200
_SHOWN_POSITIONS: Final = 8


def panel(report: Report) -> Panel:
    """Return the panel of unavailable and duplicate items."""
    tables = []
    if report.unavailable:
        tables.append(_unavailable(report))
    if report.duplicates:
        tables.append(_duplicates(report))
    return Panel(
        id="problems",
        title="Unavailable and duplicate items",
        short="Problems",
        sentence=_sentence(report),
        tables=tuple(tables),
        absent="" if report.playlists else "Nothing yet: no playlist was read.",
        is_wide=True,
    )


def _sentence(report: Report) -> Markup:
    unavailable, duplicates = report.unavailable_total, report.duplicates_total
    if not report.playlists:
        return Markup("There are no items to check.")
    if not unavailable and not duplicates:
        return Markup("Every item can be played, and no recording is in a playlist twice.")
    return sentence(
        f"{count(unavailable, 'item')} cannot be played." if unavailable else "Every item can be played.",
        f"{count(duplicates, 'recording')} {plural('is', duplicates)} in a playlist more than once."
        if duplicates
        else "No recording is in a playlist twice.",
    )


def _unavailable(report: Report) -> Table:
    return Table(
        caption="Unavailable items",
        columns=(
            Column("Item"),
            Column("Playlist"),
            Column("Position", is_number=True),
            Column("Reason"),
        ),
        rows=tuple(
            (
                title(each.item_name),
                title(each.playlist_name),
                number(each.position + 1),
                text(each.reason),
            )
            for each in report.unavailable[:_LISTED]
        ),
        is_sortable=True,
        total=report.unavailable_total,
        source="playlist_items",
    )


def _duplicates(report: Report) -> Table:
    return Table(
        caption="Duplicate recordings",
        columns=(
            Column("Recording"),
            Column("Playlist"),
            Column("Times", is_number=True),
            Column("Positions"),
        ),
        rows=tuple(
            (
                title(each.track_name, each.isrc),
                title(each.playlist_name),
                number(len(each.positions)),
                Cell(_positions(each.positions)),
            )
            for each in report.duplicates[:_LISTED]
        ),
        is_sortable=True,
        total=report.duplicates_total,
        source="duplicates",
    )


def _positions(positions: tuple[int, ...]) -> str:
    shown = ", ".join(f"{position + 1:,}" for position in positions[:_SHOWN_POSITIONS])
    hidden = len(positions) - _SHOWN_POSITIONS
    return f"{shown} and {hidden} more" if hidden > 0 else shown
