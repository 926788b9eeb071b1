"""Recognize what a recorded answer is: by the address that was read, else by its shape."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from infra.local.spotify_api import ids
from infra.local.spotify_api.call_log import endpoint_path
from infra.local.spotify_api.catalog import JsonObject
from infra.local.spotify_api.recorded_files import Answer, Moment

UNDATED: Final = dt.date(1970, 1, 1)
CONTENTS_KEYS: Final = ("tracks", "items")
_FULL_ARTIST: Final = frozenset({"genres", "followers", "popularity", "images"})
_PRIVATE_USER: Final = frozenset({"email", "product", "country", "account_id"})
_OF_PLAYLISTS: Final = frozenset({"added_by", "is_local"})  # an item has these in a playlist, not when saved
_ID: Final = re.compile(r"(?<=/)[0-9A-Za-z]{22}(?=/|$)")


class Kind(enum.Enum):
    """What an answer is."""

    PLAYLIST = "a playlist"
    CONTENTS = "a page of a playlist's contents"
    LIBRARY = "a page of the account's playlists"
    SAVED = "a page of saved tracks"
    PLAYS = "a page of recent plays"
    ACCOUNT = "the account"
    OBJECTS = "full artists, albums or tracks"


_PATHS: Final = (
    (Kind.CONTENTS, re.compile(r"playlists/([^/]+)/(?:tracks|items)")),
    (Kind.PLAYLIST, re.compile(r"playlists/([^/]+)")),
    (Kind.LIBRARY, re.compile(r"(?:me|users/[^/]+)/playlists")),
    (Kind.SAVED, re.compile(r"me/tracks")),
    (Kind.PLAYS, re.compile(r"me/player/recently-played")),
    (Kind.ACCOUNT, re.compile(r"me")),
)


class AnswerRefused(ValueError):
    """An answer that cannot be played back; the message says why."""


@dataclasses.dataclass(frozen=True)
class Page:
    """A page object: where it starts, its entries, and the recorded length of the whole list."""

    offset: int
    items: list[JsonObject | None]
    total: int | None

    @property
    def positions(self) -> range:
        """The positions of its entries in the list."""
        return range(self.offset, self.offset + len(self.items))


_NO_PAGE: Final = Page(0, [], None)


@dataclasses.dataclass(frozen=True, eq=False)
class RecordedAnswer:
    """A recognized answer.

    Attributes:
        answer: the answer.
        kind: what it is.
        playlist_id: of a playlist or of a page of its contents.
        page: the page that it is or, for a playlist, holds; an empty one for what has none.
        contents_keys: the names under which a playlist holds its contents, or says where they are.
        has_contents: whether a playlist holds a page of its contents.
        objects: every full artist, album and track in it, as (`artist`, record) and so on.
    """

    answer: Answer
    kind: Kind
    playlist_id: str = ""
    page: Page = _NO_PAGE
    contents_keys: tuple[str, ...] = ()
    has_contents: bool = False
    objects: tuple[tuple[str, JsonObject], ...] = ()

    @property
    def moment(self) -> Moment:
        """When it was recorded (see `moment_of`)."""
        return moment_of([self])


def moment_of(parts: Sequence[RecordedAnswer]) -> Moment:
    """When these answers were recorded together: the time and place of the first one.

    The day is the date in a file's name, else the latest `added_at` or `played_at`, else `UNDATED`.
    """
    first = parts[0].answer
    named = next((part.answer.day for part in parts if part.answer.day), None)
    return Moment(named or _latest_day(parts), first.time, first.order)


def recognized(answer: Answer) -> RecordedAnswer:
    """Recognize an answer; raise AnswerRefused for one that cannot be played back."""
    kind, playlist_id = _kind(answer)
    found = _READERS[kind](answer, playlist_id) if kind in _READERS else RecordedAnswer(answer, kind)
    found = dataclasses.replace(found, objects=tuple(_full_objects(answer.body)))
    if kind is Kind.OBJECTS and not found.objects:
        path = _path(answer.url or answer.body.get("href"))
        named = f"GET {_ID.sub('{id}', path)}" if path else "an answer of this shape"
        raise AnswerRefused(f"{named} is not played back")
    return found


def _kind(answer: Answer) -> tuple[Kind, str]:
    """The kind of an answer and, where the address names one, the playlist's id."""
    for url in (answer.url, answer.body.get("href")):
        path = _path(url)
        for kind, pattern in _PATHS:
            if match := pattern.fullmatch(path):
                return kind, (match.groups() or ("",))[0]
    return _kind_by_shape(answer.body), ""


def _kind_by_shape(body: JsonObject) -> Kind:
    if body.get("type") == "playlist":
        return Kind.PLAYLIST
    if body.get("type") == "user" and not _PRIVATE_USER.isdisjoint(body):
        return Kind.ACCOUNT
    items = body.get("items")
    entries = [item for item in items if item is not None] if isinstance(items, list) else []
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        return Kind.OBJECTS
    if all(entry.get("type") == "playlist" for entry in entries):
        return Kind.LIBRARY
    return _kind_of_items(entries)


def _kind_of_items(entries: Sequence[JsonObject]) -> Kind:
    if all("played_at" in entry and "track" in entry for entry in entries):
        return Kind.PLAYS
    if all("added_at" in entry and ("track" in entry or "item" in entry) for entry in entries):
        if all("track" in entry and _OF_PLAYLISTS.isdisjoint(entry) for entry in entries):
            return Kind.SAVED
        raise AnswerRefused(
            "a page of a playlist's contents that does not name its playlist; record it with its `href` "
            "or as {uri, status, body}"
        )
    return Kind.OBJECTS


def _playlist(answer: Answer, _: str) -> RecordedAnswer:
    body = answer.body
    playlist_id, snapshot_id = body.get("id"), body.get("snapshot_id")
    if playlist_id is None:
        raise AnswerRefused("a playlist without an id")
    if not isinstance(playlist_id, str) or not ids.is_id(playlist_id):
        raise AnswerRefused(f"a playlist whose id is {playlist_id!r:.40}, not 22 letters and digits")
    if not isinstance(snapshot_id, str) or not snapshot_id:
        raise AnswerRefused(f"the playlist {playlist_id} has no snapshot_id, its version")
    present = tuple(key for key in CONTENTS_KEYS if isinstance(body.get(key), dict))
    keys = tuple(key for key in present if isinstance(body[key].get("items"), list))
    pages = [_page(body[key], _check_content) for key in keys]
    page = pages[0] if pages else Page(0, [], _total(body[present[0]]) if present else None)
    return RecordedAnswer(
        answer, Kind.PLAYLIST, playlist_id, page, keys or present or ("tracks",), bool(pages)
    )


def _contents(answer: Answer, playlist_id: str) -> RecordedAnswer:
    return RecordedAnswer(answer, Kind.CONTENTS, playlist_id, _page(answer.body, _check_content))


def _saved(answer: Answer, _: str) -> RecordedAnswer:
    return RecordedAnswer(answer, Kind.SAVED, page=_page(answer.body, _check_content))


def _plays(answer: Answer, _: str) -> RecordedAnswer:
    return RecordedAnswer(answer, Kind.PLAYS, page=_page(answer.body, _check_play))


def _library(answer: Answer, _: str) -> RecordedAnswer:
    return RecordedAnswer(answer, Kind.LIBRARY, page=_page(answer.body, _check_listed))


def _account(answer: Answer, _: str) -> RecordedAnswer:
    if not isinstance(answer.body.get("id"), str):
        raise AnswerRefused("an account without an id")
    return RecordedAnswer(answer, Kind.ACCOUNT)


_READERS: Final[dict[Kind, Callable[[Answer, str], RecordedAnswer]]] = {
    Kind.PLAYLIST: _playlist,
    Kind.CONTENTS: _contents,
    Kind.SAVED: _saved,
    Kind.PLAYS: _plays,
    Kind.LIBRARY: _library,
    Kind.ACCOUNT: _account,
}


def _page(body: JsonObject, check: Callable[[JsonObject, str], None]) -> Page:
    items, offset = body.get("items"), body.get("offset") or 0
    if not isinstance(items, list):
        raise AnswerRefused("a page without a list of items")
    if not isinstance(offset, int) or offset < 0:
        raise AnswerRefused(f"a page whose offset is {offset!r:.40}, not a position")
    for number, item in enumerate(items):
        if item is not None and not isinstance(item, dict):
            raise AnswerRefused(f"items[{number}] is {item!r:.40}, not an object")
        if item is not None:
            check(item, f"items[{number}]")
    return Page(offset, items, _total(body))


def _check_content(item: JsonObject, place: str) -> None:
    for key in ("track", "item"):
        if not isinstance(item.get(key), dict | None):
            raise AnswerRefused(f"{place}.{key} is {item[key]!r:.40}, not an object")


def _check_play(item: JsonObject, place: str) -> None:
    _check_content(item, place)
    if _day(item.get("played_at")) is None:
        raise AnswerRefused(f"{place}.played_at is {item.get('played_at')!r:.40}, not a time")


def _check_listed(item: JsonObject, place: str) -> None:
    if not isinstance(item.get("id"), str):
        raise AnswerRefused(f"{place} is a playlist without an id")
    owner = item.get("owner")
    if owner is not None and not isinstance(_member(item, "owner").get("id"), str):
        raise AnswerRefused(f"{place}.owner is {owner!r:.40}, not a user with an id")


def _path(url: Any) -> str:
    """The endpoint's path without a leading `/v1/`; "" for what is not an address."""
    try:
        path = urlsplit(url).path if isinstance(url, str) else ""
    except ValueError:
        return ""
    return (path.partition("/v1/")[2] or endpoint_path(path)).strip("/")


def _member(body: JsonObject, key: str) -> JsonObject:
    value = body.get(key)
    return value if isinstance(value, dict) else {}


def _total(page: JsonObject) -> int | None:
    total = page.get("total")
    return total if isinstance(total, int) else None


def _latest_day(parts: Sequence[RecordedAnswer]) -> dt.date:
    """The latest day in `added_at` and `played_at`; what is not a time, such as a number, is ignored."""
    items = [item for part in parts for item in part.page.items if item]
    days = [_day(item.get(key)) for item in items for key in ("added_at", "played_at")]
    return max((day for day in days if day), default=UNDATED)


def _day(stamp: Any) -> dt.date | None:
    try:
        return dt.datetime.fromisoformat(stamp).date() if isinstance(stamp, str) else None
    except ValueError:
        return None


def _full_objects(body: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """Every full artist, album and track in an answer, at any depth."""
    waiting: list[Any] = [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            if isinstance(value.get("id"), str) and _is_full(value):
                yield value["type"], value
            waiting += [inner for key, inner in value.items() if key != "available_markets"]


def _is_full(record: JsonObject) -> bool:
    match record.get("type"):
        case "artist":
            return not _FULL_ARTIST.isdisjoint(record)
        case "album":
            return isinstance(_member(record, "tracks").get("items"), list)
        case "track":
            return "album" in record
    return False
