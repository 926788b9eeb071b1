"""Both shapes of the API: `tracks`/`track` before February 2026, `items`/`item` since, or both at once."""

from __future__ import annotations

import dataclasses
import re
import urllib.parse
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from fetch_spotify.errors import BrokenAnswer
from spotify_lake.contract.raw_zone import ALBUMS, ARTISTS

JsonObject: TypeAlias = dict[str, Any]

NEW_NAME: Final = "items"
OLD_NAME: Final = "tracks"
_ID: Final = re.compile("[0-9A-Za-z]{22}")
MARKETS: Final = "available_markets"  # half of all bytes, and of no use here: left out unless asked for


@dataclasses.dataclass(frozen=True)
class Page:
    """A page of a list.

    Attributes:
        items: as they came; an entry may be None.
        offset: the position of the first one, as the page was asked for.
        next_offset: where its `next` leads; None on the last page.
        total: the list's length as Spotify counts it; None when it does not say.
        limit: the most items it may have, as it says itself; None when it does not say.
        stated_offset: where it starts, as it says itself; None when it does not say.
    """

    items: list[Any]
    offset: int
    next_offset: int | None
    total: int | None
    limit: int | None = None
    stated_offset: int | None = None


def parse_page(body: JsonObject, offset: int, api_url: str) -> Page:
    """Read a page that was asked for at `offset`. Whether it fits to its list is not checked here.

    Raises:
        BrokenAnswer: it has no list of items, or its `next` leads to another host.
    """
    items = body.get("items")
    if not isinstance(items, list):
        raise BrokenAnswer("a page without its list of items")
    return Page(
        items=items,
        offset=offset,
        next_offset=_next_offset(body.get("next"), offset, len(items), api_url),
        total=_whole_number(body.get("total")),
        limit=_whole_number(body.get("limit")),
        stated_offset=_whole_number(body.get("offset")),
    )


def contents_of(playlist: JsonObject) -> JsonObject | None:
    """The embedded contents: a page, a mere `{href, total}`, or None where the app may not see them."""
    named = [playlist[name] for name in (NEW_NAME, OLD_NAME) if isinstance(playlist.get(name), dict)]
    pages = [page for page in named if isinstance(page.get("items"), list)]
    return next(iter(pages or named), None)


def total_of(playlist: JsonObject) -> int | None:
    """How many items a playlist says it has."""
    contents = contents_of(playlist)
    return _whole_number(contents.get("total")) if contents else None


def is_made_by_spotify(playlist: JsonObject) -> bool:
    """Whether Spotify itself owns a playlist: such are hidden from apps without extended quota."""
    return owner_id_of(playlist) == "spotify"


def owner_id_of(playlist: JsonObject) -> str | None:
    """The owner's user id; None where it is not shown."""
    owner = playlist.get("owner")
    owner_id = owner.get("id") if isinstance(owner, dict) else None
    return owner_id if isinstance(owner_id, str) else None


def names_in(playlists: Iterable[JsonObject]) -> set[str]:
    """Which of the two names of a playlist's contents occur."""
    return {name for playlist in playlists for name in (NEW_NAME, OLD_NAME) if name in playlist}


def without_contents(playlist: JsonObject) -> JsonObject:
    """The playlist with its contents pages' figures but not their lists of items."""
    return {
        key: {k: v for k, v in value.items() if k != "items"} if _is_page(key, value) else value
        for key, value in playlist.items()
    }


def payload_of(item: Any) -> JsonObject | None:
    """The track or episode of a playlist item or a saved track; None for an empty slot."""
    if not isinstance(item, dict):
        return None
    for name in ("item", "track"):
        if isinstance(item.get(name), dict):
            payload: JsonObject = item[name]
            return payload
    return None


def record_ids_of(items: Iterable[Any]) -> dict[str, set[str]]:
    """The ids of the full records that the items' tracks refer to, by raw source.

    These are their albums, and every artist credited on a track or on its album. A local file refers to none.
    An id that Spotify cannot have is left out: it would spoil the whole batch that requests it.
    """
    artists: set[str] = set()
    albums: set[str] = set()
    for item in items:
        track = payload_of(item) or {}
        if track.get("is_local"):
            continue
        album = track.get("album")
        _add_id(albums, album)
        for holder in (track, album if isinstance(album, dict) else {}):
            credits_ = holder.get("artists")
            for artist in credits_ if isinstance(credits_, list) else ():
                _add_id(artists, artist)
    return {ARTISTS: artists, ALBUMS: albums}


def _add_id(ids: set[str], record: Any) -> None:
    record_id = record.get("id") if isinstance(record, dict) else None
    if isinstance(record_id, str) and _ID.fullmatch(record_id):
        ids.add(record_id)


def _whole_number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) else None


def _is_page(key: str, value: Any) -> bool:
    return key in {NEW_NAME, OLD_NAME} and isinstance(value, dict)


def _next_offset(next_url: Any, offset: int, count: int, api_url: str) -> int | None:
    if not next_url:
        return None
    try:
        link, api = urllib.parse.urlsplit(str(next_url)), urllib.parse.urlsplit(api_url)
    except ValueError as error:
        raise BrokenAnswer(f"a page whose `next` is not an address ({error})") from error
    if (link.scheme, link.netloc) != (api.scheme, api.netloc):
        raise BrokenAnswer(f"a page whose `next` leads to another host ({link.netloc})")
    # The link's, not a sum: Spotify may leave slots out of a page.
    linked = urllib.parse.parse_qs(link.query).get("offset", [""])[0]
    return int(linked) if linked.isdecimal() else offset + count
