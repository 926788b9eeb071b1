"""Pages of a list are checked against each other."""

from __future__ import annotations

from typing import Any

import pytest

from fetch_spotify.errors import BrokenAnswer
from fetch_spotify.spotify.list_pages import ListPages, TotalChanged, UnusablePage
from fetch_spotify.spotify.shapes import Page

API = "https://api.spotify.com/v1/"


def items(start: int, count: int) -> list[Any]:
    return [
        {"added_at": "2026-11-22", "track": {"uri": f"spotify:track:{n}"}}
        for n in range(start, start + count)
    ]


def body(start: int, count: int, following: int | None, **other: Any) -> dict[str, Any]:
    link = None if following is None else f"{API}x?offset={following}&limit=50"
    return {
        "items": items(start, count),
        "offset": start,
        "limit": 50,
        "next": link,
        "total": 224,
        **other,
    }


def check(pages: ListPages, page: dict[str, Any], offset: int, *, is_last: bool = False) -> Page:
    return pages.check(page, offset, 50, is_last=is_last)


def pages_until(offset: int, total: int | None = None) -> ListPages:
    """A list whose pages before `offset` are accepted."""
    pages = ListPages("the playlist p", API, total)
    for start in range(0, offset, 50):
        pages.add(check(pages, body(start, 50, start + 50), start))
    return pages


def problem(pages: ListPages, wrong: dict[str, Any], offset: int) -> UnusablePage:
    """What is raised when a page is wrong in every answer."""
    with pytest.raises(BrokenAnswer):
        check(pages, wrong, offset)
    with pytest.raises(UnusablePage) as unusable:
        check(pages, wrong, offset, is_last=True)
    return unusable.value


@pytest.mark.parametrize(
    ("offset", "wrong", "reason", "text"),
    [
        (100, body(100, 50, None), "CutShort", "ends at 150 of 224 items"),
        (150, body(150, 0, None), "CutShort", "ends at 150 of 224 items"),
        (150, body(150, 0, 200), "CutShort", "ends at 150 of 224 items"),
        (150, body(150, 0, None, total=None), "CutShort", "ends at 150 of 224 items"),
        (200, body(200, 24, 250), "NeverEnds", "leads on to 250 of 224 items"),
        (200, body(200, 24, 200), "NeverEnds", "leads back from 200 to 200"),
        (200, body(200, 24, 50), "NeverEnds", "leads back from 200 to 50"),
        (200, body(200, 0, 250, items=[None] * 50), "NeverEnds", "leads on to 250"),
        (100, body(50, 50, 100), "NeverEnds", "leads back from 100 to 100"),
        (100, body(50, 50, 150), "WrongPage", "starts at 50, not at 100"),
        (100, body(50, 50, 150, offset=100), "WrongPage", "repeats items of another page"),
        (100, body(100, 51, 150), "WrongPage", "51 items on a page of 50"),
        (200, body(200, 12, None), "CutShort", "leaves out 12 of 24 items at 200"),
        (100, body(100, 20, 150), "CutShort", "leaves out 30 of 50 items at 100"),
        (100, body(100, 50, 140), "WrongPage", "ends at 150, but leads on to 140"),
        (100, body(100, 50, 200), "WrongPage", "ends at 150, but leads on to 200"),
        (100, body(100, 50, 150, items=[None] * 50), "WrongPage", "50 empty slots and no item"),
        (200, body(200, 30, None), "WrongPage", "reaches 230 of 224 items"),
        (100, {"total": 224}, "WrongPage", "a page without its list of items"),
    ],
)
def test_a_page_that_contradicts_its_list_is_requested_again_and_then_given_up(
    offset: int, wrong: dict[str, Any], reason: str, text: str
) -> None:
    unusable = problem(pages_until(offset), wrong, offset)
    assert unusable.reason == reason
    assert text in unusable.message
    assert "of the playlist p" in unusable.message


@pytest.mark.parametrize(
    ("offset", "right"),
    [
        (200, body(200, 24, None)),
        (200, body(200, 24, None, total=None)),
        (200, body(200, 24, None, limit=None, offset=None)),
        (200, body(200, 24, None, items=[*items(200, 22), None, None])),
        (200, body(200, 24, None, items=items(0, 1) * 24)),  # one track again and again
        (0, body(0, 0, None, total=0)),
    ],
)
def test_a_page_that_fits_its_list_is_accepted(offset: int, right: dict[str, Any]) -> None:
    page = check(pages_until(offset), right, offset)
    assert page.items == right["items"]


@pytest.mark.parametrize("total", [150, 300])
def test_another_total_than_before_is_left_to_the_caller(total: int) -> None:
    for pages in (pages_until(100), pages_until(0, total=224)):
        with pytest.raises(TotalChanged, match=f"states {total} items, the pages before it 224"):
            check(pages, body(100, 50, None, total=total), 100)


def test_a_list_without_a_total_is_requested_again_and_then_followed_to_its_end() -> None:
    pages = ListPages("the playlist p", API)
    first = body(0, 50, 50, total=None)
    with pytest.raises(BrokenAnswer, match="does not state its total"):
        check(pages, first, 0)
    pages.add(check(pages, first, 0, is_last=True))
    assert check(pages, body(50, 20, None, total=None), 50).next_offset is None
    assert problem(pages, body(50, 0, 100, total=None), 50).reason == "NeverEnds"


@pytest.mark.parametrize(("offset", "short"), [(200, body(200, 22, None)), (100, body(100, 45, 150))])
def test_a_few_slots_that_are_left_out_every_time_are_accepted(offset: int, short: dict[str, Any]) -> None:
    pages = pages_until(offset)
    with pytest.raises(BrokenAnswer, match="leaves out"):
        check(pages, short, offset)
    assert check(pages, short, offset, is_last=True).items == short["items"]


def test_a_full_first_page_without_a_next_one_is_verified_by_reading_the_next_one() -> None:
    pages = ListPages("the playlist p", API)
    pages.add(check(pages, body(0, 50, None, total=50), 0))
    assert check(pages, body(50, 0, None, total=50), 50).next_offset is None
    with pytest.raises(TotalChanged):
        check(pages, body(50, 50, 100), 50)


def test_a_page_that_is_right_at_a_later_attempt_is_accepted() -> None:
    pages = pages_until(100)
    with pytest.raises(BrokenAnswer):
        check(pages, body(100, 0, 150), 100)
    assert check(pages, body(100, 50, 150), 100).next_offset == 150


def test_a_head_that_repeats_items_of_the_tail_does_not_agree_with_it() -> None:
    pages = ListPages("the playlist p", API, 224)
    pages.add(Page(items(50, 50), 100, 150, 224))
    assert not pages.agrees_with(Page(items(0, 100), 0, 100, 224))
    assert pages.agrees_with(Page(items(300, 100), 0, 100, 224))
    assert not pages.agrees_with(Page(items(300, 100), 0, 100, 223))
    right = ListPages("the playlist p", API, 224)
    right.add(Page(items(100, 50), 100, 150, 224))
    assert right.agrees_with(Page(items(0, 150), 0, 150, 224))
