"""The top of the page: whether the day can be relied on, and its key figures."""

from __future__ import annotations

import dataclasses

from .layout import Tone
from .report import Report
from .wording import count, known, label, plural


@dataclasses.dataclass(frozen=True)
class Tile:
    """A key figure, with what it is and a remark on it. `target` is the panel that says more."""

    value: str
    label: str
    remark: str
    target: str
    tone: Tone = ""


@dataclasses.dataclass(frozen=True)
class Headline:
    """The verdict as it is shown. The icon and the word say the same as the colour.

    `skipped` are the first of the `skipped_total` playlists that were not read, with the reasons.
    """

    tone: Tone
    icon: str
    word: str
    summary: str
    skipped: tuple[tuple[str, str], ...]
    skipped_total: int
    tiles: tuple[Tile, ...]


def verdict_of(report: Report) -> Headline:
    """Return the verdict and the key figures of the day."""
    verdict = report.verdict
    needs_a_look = (
        verdict.skipped_playlists or verdict.failed_rules or verdict.rejected or not verdict.playlists
    )
    tone: Tone = "bad" if not verdict.is_fresh else "warn" if needs_a_look else "good"
    icon, word = {
        "bad": ("\N{BALLOT X}", "Out of date"),
        "warn": ("!", "Needs a look"),
        "good": ("\N{CHECK MARK}", "All is well"),
    }[tone]
    skipped = tuple((label(name), reason) for name, reason in verdict.skipped_playlists)
    return Headline(tone, icon, word, verdict.summary, skipped, _skipped(report), _tiles(report))


def _tiles(report: Report) -> tuple[Tile, ...]:
    verdict = report.verdict
    skipped = _skipped(report)
    passed = report.rules_checked - verdict.failed_rules
    tiles = [
        Tile(
            value=f"{verdict.playlists:,}",
            label=plural("playlist", verdict.playlists),
            remark=f"{skipped:,} not read" if skipped else "all read" if verdict.playlists else "none read",
            target="playlists",
            tone="warn" if skipped else "",
        ),
        *_change_tiles(report),
    ]
    if report.trends_tested:
        directions = [trend.direction for trend in report.trends]
        falling = f"{directions.count('falling'):,} falling"
        tiles.append(Tile(f"{directions.count('rising'):,}", "rising", falling, "trends"))
    if report.rules_checked:
        tone: Tone = "warn" if verdict.failed_rules else ""
        failed = f"{verdict.failed_rules:,} failed"
        tiles.append(Tile(f"{passed:,}", f"{plural('rule', passed)} passed", failed, "quality", tone))
    size = sum(known(each.items for each in report.playlists))
    if size and len(report.playlists) == report.playlists_total:
        tiles.insert(1, Tile(f"{int(size):,}", "items", "in all playlists", "playlists"))
    return tuple(tiles)


def _skipped(report: Report) -> int:
    return max(report.verdict.playlists_requested - report.verdict.playlists, 0)


def _change_tiles(report: Report) -> tuple[Tile, ...]:
    if report.previous_day is None:
        return ()
    where = f"in {count(report.playlists_with_changes, 'playlist')}"
    return (
        Tile(f"{report.items_added:,}", "added", where, "changes", "up" if report.items_added else ""),
        Tile(
            f"{report.items_removed:,}", "removed", where, "changes", "down" if report.items_removed else ""
        ),
    )
