"""The quality rules that compare a day with another snapshot, or with the version that it replaces."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from spotify_lake.contract.tables import PLAYLIST_ITEMS, Table
from spotify_lake.quality.rules import MIN_WATCHED_ROWS, Result, Rule, examples

NOTED_LOSS_PERCENT: Final = 10
"""A version of a day with this much less than the one it replaces causes a warning."""


@dataclasses.dataclass(frozen=True)
class LastSeen:
    """The newest day that had a playlist, and its number of items on that day."""

    snapshot_date: str
    items: int


@dataclasses.dataclass(frozen=True)
class PreviousSnapshot:
    """The counts of the newest earlier snapshot.

    Attributes:
        snapshot_date: its day.
        rows: by table.
        items: by playlist.
        absent: playlists that only days before it had, and their items when last seen.
    """

    snapshot_date: str
    rows: Mapping[str, int]
    items: Mapping[str, int]
    absent: Mapping[str, LastSeen] = dataclasses.field(default_factory=dict)

    def last_seen(self) -> dict[str, LastSeen]:
        """Return the last day and the number of items of each playlist."""
        here = {playlist: LastSeen(self.snapshot_date, count) for playlist, count in self.items.items()}
        return {**self.absent, **here}

    def absent_from(self, items: Mapping[str, int]) -> dict[str, LastSeen]:
        """Return the playlists that a later day does not have."""
        return {playlist: seen for playlist, seen in self.last_seen().items() if playlist not in items}


@dataclasses.dataclass(frozen=True)
class DayCounts:
    """The counts of one version of a day.

    Attributes:
        rows: by table.
        values: by table, by column of `Table.counted_columns`, the number of values that are not null.
            Reports of earlier releases do not have them.
    """

    rows: Mapping[str, int]
    values: Mapping[str, Mapping[str, int]]


def row_count_results(
    tables: Iterable[Table],
    rows: Mapping[str, int],
    previous: PreviousSnapshot | None,
    max_shrink_percent: int,
) -> list[Result]:
    """Compare the tables' sizes with the previous snapshot. A greater loss than the share is a warning."""
    results = []
    for table in tables:
        if not table.row_count_is_watched:
            continue
        rule = Rule(
            table.name,
            (),
            "row_count",
            "warn",
            f"at most {max_shrink_percent} % fewer rows than in the previous snapshot",
        )
        before = previous.rows.get(table.name, 0) if previous else 0
        if previous and _is_shrunk(before, rows[table.name], max_shrink_percent):
            detail = f"{rows[table.name]} rows, {before} on {previous.snapshot_date}"
            results.append(Result(rule, before - rows[table.name], detail))
        else:
            results.append(Result(rule, 0))
    return results


def shrunk_playlists(
    items: Mapping[str, int], previous: PreviousSnapshot | None, max_shrink_percent: int
) -> dict[str, LastSeen]:
    """Return the playlists that lost more than a share of their items, and their items before.

    A playlist that the day does not have is not a loss: it was not requested, or the fetch reports it as
    skipped. When it returns it is compared with the last day that had it.

    Args:
        items: accepted items by playlist, empty playlists included.
        previous: the previous snapshot, if there is one.
        max_shrink_percent: how much of its items a playlist may lose.
    """
    before = previous.last_seen() if previous else {}
    return {
        playlist: before[playlist]
        for playlist, now in sorted(items.items())
        if playlist in before and _is_shrunk(before[playlist].items, now, max_shrink_percent)
    }


def playlist_shrink_result(
    items: Mapping[str, int],
    shrunk: Mapping[str, LastSeen],
    max_shrink_percent: int,
    *,
    accepted: Collection[str],
) -> Result:
    """Return the result of the rule on playlists that shrank.

    Args:
        items: accepted items by playlist.
        shrunk: the playlists that lost too many items, from `shrunk_playlists`.
        max_shrink_percent: the greatest loss allowed.
        accepted: the playlists whose loss is accepted. If all are, the result is a warning.
    """
    halts = Rule(
        PLAYLIST_ITEMS.name,
        ("playlist_id",),
        "playlist_shrink",
        "halt",
        f"no playlist of {MIN_WATCHED_ROWS} items or more loses more than {max_shrink_percent} % of them",
    )
    if not shrunk:
        return Result(halts, 0)
    refused = {playlist: seen for playlist, seen in shrunk.items() if playlist not in accepted}
    rule = halts if refused else dataclasses.replace(halts, severity="warn")
    losses = [
        f"{playlist} {seen.items} -> {items[playlist]} since {seen.snapshot_date}"
        for playlist, seen in (refused or shrunk).items()
    ]
    return Result(rule, len(losses), examples(losses))


def same_day_results(
    tables: Iterable[Table],
    counts: DayCounts,
    published: DayCounts | None,
    max_shrink_percent: int,
    *,
    is_accepted: bool,
) -> list[Result]:
    """Compare a day with the published version of the same day, which it replaces.

    Another fetch of the day may have less data than the published one: an app in development mode gets no
    popularity, for example. Replacing the day would lose that data.

    Args:
        tables: the contract.
        counts: those of the new version.
        published: those of the published version. None if there is none, or if both are made from the same
            fetches, so that only the job can have changed.
        max_shrink_percent: how much of its rows a table, or of its values a column, may lose.
        is_accepted: whether a greater loss is accepted. It is a warning then.
    """
    results = []
    for table in tables:
        if not table.row_count_is_watched:
            continue
        rule = Rule(
            table.name,
            (),
            "same_day",
            "halt",
            f"at most {max_shrink_percent} % fewer rows, or values in a column, than the published version",
        )
        noted = min(NOTED_LOSS_PERCENT, max_shrink_percent)
        lost = _lost(table, counts, published, noted) if published else {}
        halting = {
            name for name, (before, now) in lost.items() if _is_shrunk(before, now, max_shrink_percent)
        }
        if not halting or is_accepted:
            rule = dataclasses.replace(rule, severity="warn" if lost else "halt")
        most = sorted(lost.items(), key=lambda each: each[1][1] - each[1][0])
        shown = [f"{name} {before} -> {now}" for name, (before, now) in most]
        failing = max((before - now for before, now in lost.values()), default=0)
        results.append(Result(rule, failing, examples(shown)))
    return results


def _lost(table: Table, counts: DayCounts, published: DayCounts, percent: int) -> dict[str, tuple[int, int]]:
    """The counts before and now of rows and column values that fell by more than a percentage."""
    before = {"rows": published.rows.get(table.name, 0)}
    now = {"rows": counts.rows[table.name], **counts.values.get(table.name, {})}
    values = published.values.get(table.name, {})
    before |= {column: values[column] for column in table.counted_columns if column in values}
    return {
        name: (count, now.get(name, 0))
        for name, count in before.items()
        if _is_shrunk(count, now.get(name, 0), percent)
    }


def _is_shrunk(before: int, now: int, max_shrink_percent: int) -> bool:
    return before >= MIN_WATCHED_ROWS and (before - now) * 100 > before * max_shrink_percent
