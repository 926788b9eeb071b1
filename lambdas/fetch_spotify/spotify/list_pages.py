"""Checks each page of a paginated list against the pages before it, so that no truncated list is accepted.

Spotify states a list's length (`total`) on every page. A page that contradicts itself or its list is
requested up to `MAX_CHECKS` times. A page with another total than the pages before it raises `TotalChanged`,
because the list may have changed in between.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from fetch_spotify.errors import BrokenAnswer, FetchError, PlaylistSkipped
from fetch_spotify.spotify.shapes import Page, parse_page, payload_of
from fetch_spotify.spotify.transport import MAX_CHECKS

JsonObject: TypeAlias = dict[str, Any]

CUT_SHORT: Final = "CutShort"
NEVER_ENDS: Final = "NeverEnds"
WRONG_PAGE: Final = "WrongPage"
_MIN_EVIDENCE: Final = 10
"""Fewer empty slots, or fewer items that also occur elsewhere in the list, are accepted."""
_MAX_LEFT_OUT: Final = 5
"""The most slots that may be missing on a page: Spotify leaves out some that it cannot show."""


class TotalChanged(FetchError):
    """A page states another total than the pages before it (never leaves `run`).

    Attributes:
        page: the page.
        name: whose list it is.
        expected: the total so far.
    """

    def __init__(self, page: Page, name: str, expected: int) -> None:
        self.page = page
        super().__init__(
            f"The page at {page.offset} of {name} states {page.total} items, the pages before it {expected}."
        )


class UnusablePage(PlaylistSkipped):
    """A page that contradicts itself or its list at every attempt.

    Attributes:
        page: the page.
    """

    def __init__(self, reason: str, message: str, page: Page) -> None:
        self.page = page
        super().__init__(reason, message)


@dataclasses.dataclass(frozen=True)
class _Problem:
    """A problem of a page; `reason` is None when the page is accepted after the last attempt."""

    reason: str | None
    text: str


class ListPages:
    """Checks one pass over a list: the stated total and the items so far. Not thread safe.

    Args:
        name: whose list it is, for messages.
        api_url: the Web API's address, where every `next` must lead.
        total: the length that an earlier answer stated.
        as_item: converts each entry.
    """

    def __init__(
        self,
        name: str,
        api_url: str,
        total: int | None = None,
        as_item: Callable[[JsonObject], JsonObject] | None = None,
    ) -> None:
        self.name = name
        self.total = total
        self._api_url = api_url
        self._as_item = as_item
        self._marks: dict[int, tuple[str, ...]] = {}

    def check(self, body: JsonObject, offset: int, limit: int | None, *, is_last: bool) -> Page:
        """Parse one answer to a call for a page.

        Args:
            body: the answer.
            offset: the requested position of the first item.
            limit: the requested number of items, if any.
            is_last: whether the page will not be requested again.

        Raises:
            BrokenAnswer: the page is wrong and the call should be retried.
            UnusablePage: the last answer is wrong as well.
            TotalChanged: it states another total than the pages before it.
        """
        try:
            page = parse_page(body, offset, self._api_url)
        except BrokenAnswer as error:
            page, problem = Page([], offset, None, None), _Problem(WRONG_PAGE, f"is {error}")
        else:
            if as_item := self._as_item:
                items = [as_item(entry) if isinstance(entry, dict) else entry for entry in page.items]
                page = dataclasses.replace(page, items=items)
            if self.total is not None and page.total not in {None, self.total}:
                raise TotalChanged(page, self.name, self.total)
            found = self._problem(page, limit)
            if found is None:
                return _with_next_checked(page, limit)
            problem = found
        if not is_last:
            raise BrokenAnswer(f"a page at {offset} that {problem.text}")
        if problem.reason is None:
            return _with_next_checked(page, limit)
        raise UnusablePage(
            problem.reason,
            f"What Spotify shows of {self.name} {problem.text} (the page at {offset}, {MAX_CHECKS} times)."
            " The next run tries again.",
            page,
        )

    def add(self, page: Page) -> None:
        """Count an accepted page among those that the next ones are checked against."""
        if self.total is None:
            self.total = page.total
        self._marks[page.offset] = _marks(page.items)

    def agrees_with(self, page: Page) -> bool:
        """Whether a page that was read separately can be part of this list."""
        has_same_total = None in {page.total, self.total} or page.total == self.total
        return has_same_total and not self._is_repeated(page)

    def _problem(self, page: Page, limit: int | None) -> _Problem | None:
        total = self.total if page.total is None else page.total
        most = min((each for each in (limit, page.limit) if each), default=len(page.items))
        problem = _next_problem(page, total) or _items_problem(page, total, most)
        if problem is None and self._is_repeated(page):
            problem = _Problem(WRONG_PAGE, "repeats items of another page")
        return problem or _end_problem(page, total, most)

    def _is_repeated(self, page: Page) -> bool:
        """Whether a page repeats the items of another one in the same order, wholly or in part.

        A track that was added many times at once makes identical pages. They are accepted when the list has a
        total.
        """
        marks = _marks(page.items)
        if len(marks) < _MIN_EVIDENCE or (self.total is not None and len(set(marks)) == 1):
            return False
        return any(
            _contains(marks, page.offset, other, offset) or _contains(other, offset, marks, page.offset)
            for offset, other in self._marks.items()
            if offset != page.offset
        )


def _next_problem(page: Page, total: int | None) -> _Problem | None:
    """Check that `next` leads forward and not past the end."""
    following = page.next_offset
    if following is None:
        return None
    if following <= page.offset:
        return _Problem(NEVER_ENDS, f"leads back from {page.offset} to {following}")
    if total is not None and following >= total:
        return _Problem(NEVER_ENDS, f"leads on to {following} of {total} items")
    if total is None and not page.items:
        return _Problem(NEVER_ENDS, f"is empty at {page.offset}, but leads on to {following}")
    return None


def _items_problem(page: Page, total: int | None, most: int) -> _Problem | None:
    """Check that the items are the requested ones and that the next page follows them."""
    count, end = len(page.items), page.offset + len(page.items)
    text = None
    if page.stated_offset not in {None, page.offset}:
        text = f"starts at {page.stated_offset}, not at {page.offset}"
    elif count > most:
        text = f"has {count} items on a page of {most}"
    elif total is not None and count and end > total:
        text = f"reaches {end} of {total} items"
    elif count >= _MIN_EVIDENCE and all(item is None for item in page.items):
        text = f"has {count} empty slots and no item"
    # Spotify may leave slots out of a page, so the next one starts where a full one would.
    elif count and page.next_offset is not None and not end <= page.next_offset <= page.offset + most:
        text = f"ends at {end}, but leads on to {page.next_offset}"
    return None if text is None else _Problem(WRONG_PAGE, text)


def _end_problem(page: Page, total: int | None, most: int) -> _Problem | None:
    """Check that the last page ends the list, that no slots are missing, and that there is a total."""
    count = len(page.items)
    reach = page.offset + most if count else page.offset
    if total is not None and reach < total and (page.next_offset is None or not count):
        return _Problem(CUT_SHORT, f"ends at {page.offset + count} of {total} items")
    end = page.next_offset or total
    missing = 0 if end is None else min(most, end - page.offset) - count
    if missing > 0:
        reason = CUT_SHORT if missing > _MAX_LEFT_OUT else None
        return _Problem(reason, f"leaves out {missing} of {count + missing} items at {page.offset}")
    if page.total is None and page.offset == 0:
        return _Problem(None, "does not state its total")
    return None


def _with_next_checked(page: Page, limit: int | None) -> Page:
    """Return the page; a full first page without `next` gets a next offset, so that it is checked.

    Nothing else would show that such a list was truncated after its first page.
    """
    count = len(page.items)
    is_all = page.offset == 0 and page.next_offset is None
    return dataclasses.replace(page, next_offset=count) if is_all and count == (limit or page.limit) else page


def _marks(items: Sequence[Any]) -> tuple[str, ...]:
    """Keys that tell the items of a list apart."""
    return tuple(_mark(item) for item in items)


def _mark(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    thing = payload_of(item) or item
    return f"{item.get('added_at')} {thing.get('uri') or thing.get('id')}"


def _contains(longer: tuple[str, ...], at: int, shorter: tuple[str, ...], offset: int) -> bool:
    """Whether `longer`, which starts at `at`, holds `shorter` at another offset than its own."""
    count = len(shorter)
    return count >= _MIN_EVIDENCE and any(
        longer[start] == shorter[0] and longer[start : start + count] == shorter
        for start in range(len(longer) - count + 1)
        if at + start != offset
    )
