"""Pages of contents: one that ends its list too soon is asked for again, then the list is given up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from fetch_spotify.api_shapes import Page, parse_page
from fetch_spotify.errors import BrokenAnswer, PlaylistSkipped

JsonObject: TypeAlias = dict[str, Any]

CUT_SHORT: Final = "CutShort"
TRIES: Final = 3


def whole_page(what: str, offset: int, api_url: str) -> Callable[[JsonObject], Page]:
    """Return a parser of the pages that one call gets, tries included.

    Args:
        what: whose contents they are, for the operator.
        offset, api_url: as `parse_page` takes them.

    The parser raises `BrokenAnswer` for a page that ends too soon, so that the call is made again, and
    `PlaylistSkipped` at the last try: part of a list is never taken for the whole.
    """
    tries = 0

    def parse(body: JsonObject) -> Page:
        nonlocal tries
        page = parse_page(body, offset, api_url)
        if not page.ends_early:
            return page
        tries += 1
        end = f"ends at {offset + len(page.items)} of {page.total} items"
        if tries < TRIES:
            raise BrokenAnswer(f"a page that {end}")
        raise PlaylistSkipped(
            CUT_SHORT, f"What Spotify shows of {what} {end}, each of {TRIES} times; the next run asks again."
        )

    return parse
