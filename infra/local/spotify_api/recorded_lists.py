"""Join recorded pages to lists, without mixing pages from different passes over a list."""

from __future__ import annotations

import bisect
import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from infra.local.spotify_api.catalog import JsonObject
from infra.local.spotify_api.recorded_answers import Kind, RecordedAnswer, moment_of
from infra.local.spotify_api.recorded_files import Answer, Moment

T = TypeVar("T")
Refuse: TypeAlias = Callable[[Answer, str], None]


@dataclasses.dataclass(frozen=True, eq=False)
class RecordedList:
    """A list as recorded at one moment.

    Attributes:
        moment: when.
        parts: the answers that it consists of; a playlist's own answer is the first.
        items: the entries from position 0 up to the first one that was not recorded.
        total: the recorded length of the list; None where no answer holds it.
    """

    moment: Moment
    parts: tuple[RecordedAnswer, ...]
    items: list[JsonObject | None]
    total: int | None


class Entry(NamedTuple, Generic[T]):
    """A value, when it was recorded, the answers that were requested for it, and its file."""

    moment: Moment
    value: T
    parts: tuple[RecordedAnswer, ...]
    file: str


class History(Generic[T]):
    """The recorded values of one object or list, in order of time."""

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


def recorded_playlists(parts: Sequence[RecordedAnswer], refuse: Refuse) -> list[RecordedList]:
    """Return one playlist as recorded at each time: its own answer, and the contents in it or in pages.

    A page belongs to the last answer of the playlist before it on the same day, else to the first one after
    it. Every answer that is not used is refused with a reason.
    """
    heads = [part for part in parts if part.kind is Kind.PLAYLIST]
    pages: dict[RecordedAnswer, list[RecordedAnswer]] = {head: [] for head in heads}
    for page in parts:
        if page.kind is Kind.CONTENTS and (head := _head_of(page, heads, refuse)):
            pages[head].append(page)
    lists = [_recorded_playlist(head, pages[head], refuse) for head in heads]
    return [one for one in lists if one]


def recorded_saved_tracks(parts: Sequence[RecordedAnswer], refuse: Refuse) -> list[RecordedList]:
    """Return the saved tracks as recorded at each time. Pages are refused if the first page is missing."""
    lists = []
    for day in {part.answer.day for part in parts}:
        for one_pass in _split_into_passes(part for part in parts if part.answer.day == day):
            if _is_from_start(one_pass):
                lists.append(_join(one_pass, one_pass, refuse))
            else:
                _refuse_all(one_pass, "the first page was not recorded with it", refuse)
    return lists


def _head_of(page: RecordedAnswer, heads: Sequence[RecordedAnswer], refuse: Refuse) -> RecordedAnswer | None:
    day = page.answer.day
    candidates = [head for head in heads if head.answer.day == day]
    # A file without a date in its name may be of any day.
    candidates = candidates or [head for head in heads if day is None or head.answer.day is None]
    if not candidates:
        on_day = f" on {day}" if heads else ""
        refuse(page.answer, f"the playlist {page.playlist_id} itself was not recorded{on_day}")
        return None
    candidates.sort(key=_time_of_day)
    before = [head for head in candidates if _time_of_day(head) < _time_of_day(page)]
    return before[-1] if before else candidates[0]


def _recorded_playlist(
    head: RecordedAnswer, pages: Sequence[RecordedAnswer], refuse: Refuse
) -> RecordedList | None:
    fitting = [page for page in pages if _is_same_length(head, page)]
    for page in pages:
        if page not in fitting:
            lengths = f"{page.page.total} items, and the recorded one has {head.page.total}"
            refuse(page.answer, f"it is of a version of the playlist with {lengths}")
    passes = _split_into_passes(fitting)
    from_start = [one_pass for one_pass in passes if _is_from_start(one_pass)]
    chosen = from_start[-1] if from_start else passes[-1] if passes else []
    for one_pass in passes:
        if one_pass is not chosen:
            _refuse_all(one_pass, "the same pages were recorded again later", refuse)
    if not from_start and not head.has_contents:
        refuse(head.answer, f"the contents of the playlist {head.playlist_id} were not recorded with it")
        _refuse_all(chosen, "the first page was not recorded with it", refuse)
        return None
    return _join([head, *chosen], chosen if from_start else [head, *chosen], refuse)


def _join(
    parts: Sequence[RecordedAnswer], contents: Sequence[RecordedAnswer], refuse: Refuse
) -> RecordedList:
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
    return RecordedList(moment_of(parts), tuple(parts), items, contents[-1].page.total)


def _split_into_passes(pages: Iterable[RecordedAnswer]) -> list[list[RecordedAnswer]]:
    """Split pages, in order of time, where a list was read again (its first page repeats, for example)."""
    passes: list[list[RecordedAnswer]] = []
    for page in sorted(pages, key=_time_of_day):
        last = passes[-1] if passes else []
        overlapping = [other for other in last if _overlap(other, page)]
        is_repeated = page.page.offset > 0 and all(other.page == page.page for other in overlapping)
        is_same_version = all(_is_same_length(other, page) for other in last)
        if last and is_same_version and (not overlapping or is_repeated):
            last.append(page)
        else:
            passes.append([page])
    return passes


def _is_same_length(one: RecordedAnswer, other: RecordedAnswer) -> bool:
    totals = {one.page.total, other.page.total}
    return len(totals) == 1 or None in totals


def _overlap(one: RecordedAnswer, other: RecordedAnswer) -> bool:
    first, second = one.page.positions, other.page.positions
    return first.start == second.start or (first.start < second.stop and second.start < first.stop)


def _is_from_start(parts: Sequence[RecordedAnswer]) -> bool:
    return any(part.page.offset == 0 for part in parts)


def _refuse_all(parts: Sequence[RecordedAnswer], reason: str, refuse: Refuse) -> None:
    for part in parts:
        refuse(part.answer, reason)


def _time_of_day(part: RecordedAnswer) -> tuple[dt.time, int]:
    return part.answer.time, part.answer.order
