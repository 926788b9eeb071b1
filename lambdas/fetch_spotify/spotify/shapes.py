"""Both shapes of the API: `tracks`/`track` before February 2026, `items`/`item` since, or both at once."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import re
import urllib.parse
from collections.abc import Iterable
from typing import Any, Final, NoReturn, TypeAlias

import msgspec

from fetch_spotify.errors import BrokenAnswer
from spotify_lake.contract.raw_zone import ALBUMS, ARTISTS

JsonObject: TypeAlias = dict[str, Any]

NEW_NAME: Final = "items"
OLD_NAME: Final = "tracks"
_ID: Final = re.compile("[0-9A-Za-z]{22}")
MARKETS: Final = "available_markets"  # half of all bytes; dropped unless keep_available_markets is set


@dataclasses.dataclass(frozen=True)
class Page:
    """A page of a list.

    Attributes:
        items: the entries as received; one may be None.
        offset: the requested position of the first item.
        next_offset: the offset in its `next`; None on the last page.
        total: the list's length as Spotify counts it; None when it is missing.
        limit: the page size that it states; None when it is missing.
        stated_offset: the offset that it states; None when it is missing.
    """

    items: list[Any]
    offset: int
    next_offset: int | None
    total: int | None
    limit: int | None = None
    stated_offset: int | None = None


def parse_json(content: bytes, excluded_key: str | None = None) -> Any:
    """Parse a JSON body. msgspec does it, because parsing takes most of a fetch's CPU time.

    The result is that of `json`, integers of any size included. `json` itself parses the bodies that msgspec
    cannot: those with half of a surrogate pair, such as a name that was cut in the middle.

    Args:
        content: the body.
        excluded_key: a key to drop from every object, at any depth.

    Raises:
        ValueError: it is not JSON (NaN and Infinity are not), or has a number that is too large for a float.
    """
    try:
        text = _without_markets(content, excluded_key.encode()) if excluded_key else content
        if excluded_key is None or excluded_key.encode() not in text:
            return msgspec.json.decode(text)
    except ValueError:
        pass  # json parses it or raises the error
    return _parse_slowly(content, excluded_key)


def _without_markets(content: bytes, key: bytes) -> bytes:
    """Remove a key's lists of country codes from a body before it is parsed, to save the time.

    A cut that is too short (a code holds a bracket) leaves an odd number of quotes, and a cut after the last
    comma leaves that comma. Neither is valid JSON, so `parse_json` falls back to the whole body.
    """
    is_end_of_longer_key = b'\\"%b"' % key in content
    return content if is_end_of_longer_key else _markets(key).sub(b"", content)


@functools.cache
def _markets(key: bytes) -> re.Pattern[bytes]:
    return re.compile(rb'"%b"\s*:\s*\[[A-Z",\s]*\]\s*,?' % re.escape(key))


def _parse_slowly(content: bytes, excluded_key: str | None) -> Any:
    def drop_key(entry: JsonObject) -> JsonObject:
        entry.pop(str(excluded_key), None)
        return entry

    return json.loads(
        content,
        object_hook=drop_key if excluded_key else None,
        parse_constant=_reject,
        parse_float=_finite_float,
    )


def _reject(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _finite_float(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _reject(text)


def parse_page(body: JsonObject, offset: int, api_url: str) -> Page:
    """Parse the page requested at `offset`. `ListPages` checks whether it fits into its list.

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
    """The embedded contents: a page, only `{href, total}`, or None where the app may not see them."""
    named = [playlist[name] for name in (NEW_NAME, OLD_NAME) if isinstance(playlist.get(name), dict)]
    pages = [page for page in named if isinstance(page.get("items"), list)]
    return next(iter(pages or named), None)


def total_of(playlist: JsonObject) -> int | None:
    """How many items a playlist says it has."""
    contents = contents_of(playlist)
    return _whole_number(contents.get("total")) if contents else None


def is_made_by_spotify(playlist: JsonObject) -> bool:
    """Whether Spotify itself owns a playlist; these are hidden from apps without extended quota."""
    return owner_id_of(playlist) == "spotify"


def owner_id_of(playlist: JsonObject) -> str | None:
    """The owner's user id; None when it is missing."""
    owner = playlist.get("owner")
    owner_id = owner.get("id") if isinstance(owner, dict) else None
    return owner_id if isinstance(owner_id, str) else None


def names_in(playlists: Iterable[JsonObject]) -> set[str]:
    """The names of the contents (`items`, `tracks`) that occur in the playlists."""
    return {name for playlist in playlists for name in (NEW_NAME, OLD_NAME) if name in playlist}


def without_contents(playlist: JsonObject) -> JsonObject:
    """The playlist without the items of its contents pages; their other fields stay."""
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
    Malformed ids are left out, because Spotify refuses a whole batch that holds one.
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
