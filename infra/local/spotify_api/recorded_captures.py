"""Put recorded pages together: pages read in one go make a capture, and captures are never mixed."""

from __future__ import annotations

import bisect
import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from infra.local.spotify_api.content import JsonObject
from infra.local.spotify_api.recorded_answers import Kind, Recorded, moment_of
from infra.local.spotify_api.recorded_files import Answer, Moment

T = TypeVar("T")
Refuse: TypeAlias = Callable[[Answer, str], None]


@dataclasses.dataclass(frozen=True, eq=False)
class Capture:
    """A list as recorded at one moment.

    Attributes:
        moment: when.
        parts: the answers that it consists of; a playlist's own answer is the first.
        items: the entries from position 0 up to the first one that was not recorded.
        total: the recorded length of the list; None where no answer holds it.
    """

    moment: Moment
    parts: tuple[Recorded, ...]
    items: list[JsonObject | None]
    total: int | None


class Entry(NamedTuple, Generic[T]):
    """A value, when it was recorded, the answers that were recorded for its sake, and its file."""

    moment: Moment
    value: T
    parts: tuple[Recorded, ...]
    file: str


class History(Generic[T]):
    """What was recorded of one thing, in the order of time."""

    def __init__(self, entries: Iterable[Entry[T]]) -> None:
        self.entries = sorted(entries, key=lambda entry: entry.moment)

    def on(self, day: dt.date) -> Entry[T] | None:
        """Return the latest entry at or before a day."""
        later = bisect.bisect_right(self.entries, day, key=lambda entry: entry.moment.day)
        return self.entries[later - 1] if later else None

    @property
    def days(self) -> set[dt.date]:
        """The days of its entries."""
        return {entry.moment.day for entry in self.entries}


def playlist_captures(parts: Sequence[Recorded], refuse: Refuse) -> list[Capture]:
    """Return the captures of one playlist: its own answer, with the contents in it or in pages of their own.

    A page belongs to the playlist's answer that was recorded last before it on the same day, else first
    after it. Every part that enters no capture is refused with a reason.
    """
    heads = [part for part in parts if part.kind is Kind.PLAYLIST]
    pages: dict[Recorded, list[Recorded]] = {head: [] for head in heads}
    for page in parts:
        if page.kind is Kind.CONTENTS and (head := _head_of(page, heads, refuse)):
            pages[head].append(page)
    captures = [_playlist_capture(head, pages[head], refuse) for head in heads]
    return [capture for capture in captures if capture]


def saved_captures(parts: Sequence[Recorded], refuse: Refuse) -> list[Capture]:
    """Return the captures of the saved tracks; a page whose first page is missing is refused."""
    captures = []
    for day in {part.answer.day for part in parts}:
        for reading in _readings(part for part in parts if part.answer.day == day):
            if _is_from_start(reading):
                captures.append(_capture(reading, reading, refuse))
            else:
                _refuse_all(reading, "the first page was not recorded with it", refuse)
    return captures


def _head_of(page: Recorded, heads: Sequence[Recorded], refuse: Refuse) -> Recorded | None:
    day = page.answer.day
    candidates = [head for head in heads if head.answer.day == day]
    # Where only one of the two has a date in its name, nothing says that they are of different days.
    candidates = candidates or [head for head in heads if day is None or head.answer.day is None]
    if not candidates:
        on_day = f" on {day}" if heads else ""
        refuse(page.answer, f"the playlist {page.playlist_id} itself was not recorded{on_day}")
        return None
    candidates.sort(key=_time_of_day)
    before = [head for head in candidates if _time_of_day(head) < _time_of_day(page)]
    return before[-1] if before else candidates[0]


def _playlist_capture(head: Recorded, pages: Sequence[Recorded], refuse: Refuse) -> Capture | None:
    fitting = [page for page in pages if _is_same_length(head, page)]
    for page in pages:
        if page not in fitting:
            lengths = f"{page.page.total} items, and the recorded one has {head.page.total}"
            refuse(page.answer, f"it is of a version of the playlist with {lengths}")
    readings = _readings(fitting)
    from_start = [reading for reading in readings if _is_from_start(reading)]
    chosen = from_start[-1] if from_start else readings[-1] if readings else []
    for reading in readings:
        if reading is not chosen:
            _refuse_all(reading, "the same pages were recorded again later", refuse)
    if not from_start and not head.has_contents:
        refuse(head.answer, f"the contents of the playlist {head.playlist_id} were not recorded with it")
        _refuse_all(chosen, "the first page was not recorded with it", refuse)
        return None
    return _capture([head, *chosen], chosen if from_start else [head, *chosen], refuse)


def _capture(parts: Sequence[Recorded], contents: Sequence[Recorded], refuse: Refuse) -> Capture:
    by_position: dict[int, JsonObject | None] = {}
    for part in contents:
        by_position.update(zip(part.page.positions, part.page.items, strict=True))
    items: list[JsonObject | None] = []
    while len(items) in by_position:
        items.append(by_position[len(items)])
    for part in contents:
        if part.page.offset > len(items):
            missing = f"{len(items)} to {part.page.offset - 1}"
            refuse(part.answer, f"the items before it, at positions {missing}, were not recorded")
    return Capture(moment_of(parts), tuple(parts), items, contents[-1].page.total)


def _readings(pages: Iterable[Recorded]) -> list[list[Recorded]]:
    """Divide pages, in the order of time, where a list was read again: its first page, say, comes twice."""
    readings: list[list[Recorded]] = []
    for page in sorted(pages, key=_time_of_day):
        last = readings[-1] if readings else []
        overlapping = [other for other in last if _overlap(other, page)]
        is_repeated = page.page.offset > 0 and all(other.page == page.page for other in overlapping)
        is_same_version = all(_is_same_length(other, page) for other in last)
        if last and is_same_version and (not overlapping or is_repeated):
            last.append(page)
        else:
            readings.append([page])
    return readings


def _is_same_length(one: Recorded, other: Recorded) -> bool:
    totals = {one.page.total, other.page.total}
    return len(totals) == 1 or None in totals


def _overlap(one: Recorded, other: Recorded) -> bool:
    first, second = one.page.positions, other.page.positions
    return first.start == second.start or (first.start < second.stop and second.start < first.stop)


def _is_from_start(reading: Sequence[Recorded]) -> bool:
    return any(part.page.offset == 0 for part in reading)


def _refuse_all(reading: Sequence[Recorded], reason: str, refuse: Refuse) -> None:
    for part in reading:
        refuse(part.answer, reason)


def _time_of_day(part: Recorded) -> tuple[dt.time, int]:
    return part.answer.time, part.answer.order
