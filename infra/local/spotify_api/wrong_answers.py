"""Complete but wrong responses: lists that contradict themselves, records that were not requested.

A wrong answer changes the body of the true one: each page in it (the body itself, or the contents embedded
in a playlist), or else the records of a batch read, or else the single record. A kind that does not apply to
an answer leaves it unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias, get_args
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from infra.local.spotify_api.catalog import JsonObject

WrongAnswer: TypeAlias = Literal[
    "total_shrinks",  # the list says that it ends with this page; a head only states one item fewer
    "total_grows",  # 50 items more than there are
    "total_null",
    "count_wrong",  # of each listed playlist, or of a playlist's own record: one item more
    "next_beyond",  # `next` points past the last page
    "next_back",  # to the first page
    "next_itself",  # to this page
    "next_skips",  # over a page
    "ends_early",  # half of the items, and no `next`
    "page_empty",
    "page_of_nulls",
    "page_overfull",  # one item more than `limit`
    "page_repeated",  # the items of the page before, or of the one after the first
    "page_elsewhere",  # all of that page, with its own offset and `next`
]
WRONG_ANSWERS: Final[tuple[WrongAnswer, ...]] = get_args(WrongAnswer)
PageAt: TypeAlias = Callable[[int], JsonObject]
_CONTENTS: Final = ("items", "tracks")


def falsify(kind: WrongAnswer, body: JsonObject, page_at: PageAt) -> JsonObject:
    """Return the body of a true answer, made wrong in this way.

    Args:
        kind: what is wrong.
        body: the true answer; it is changed in place.
        page_at: gives the true answer to the same call at another offset.
    """
    if _is_page(body):
        if kind == "page_elsewhere":
            return page_at(_adjacent_offset(body))
        if kind == "count_wrong":
            for entry in body["items"]:
                _add_one_to_total(entry)
        else:
            _falsify_page(kind, body, page_at)
    elif any(_is_page(body.get(name)) for name in _CONTENTS):
        _falsify_head(kind, body)
    elif isinstance(body.get("artists"), list):
        records = body["artists"]
        if kind in _RECORD_CHANGES:
            body["artists"] = _RECORD_CHANGES[kind](records, len(records))
    elif "id" in body and kind == "page_elsewhere":
        body["id"] = body["id"][::-1]
    return body


def _is_page(value: object) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("items"), list)


def _falsify_head(kind: WrongAnswer, playlist: JsonObject) -> None:
    if kind == "count_wrong":
        _add_one_to_total(playlist)
        return
    for page in _contents(playlist):
        if kind == "total_shrinks":
            page["total"] -= 1
        elif kind == "page_elsewhere":
            page["offset"] += page["limit"]
        elif kind != "page_repeated":
            _falsify_page(kind, page, lambda _: {})


def _falsify_page(kind: WrongAnswer, page: JsonObject, page_at: PageAt) -> None:
    items, offset, limit, total = page["items"], page["offset"], page["limit"], page["total"]
    if kind == "total_shrinks":
        page["items"] = items if page["next"] else items[:-1]
        page.update(total=offset + len(page["items"]), next=None)
    elif kind == "total_grows":
        page["total"] = total + 50
    elif kind == "total_null":
        page["total"] = None
    elif kind.startswith("next_"):
        last = max(0, total - 1) // limit * limit
        target = {
            "next_beyond": last + limit,
            "next_back": 0,
            "next_itself": offset,
            "next_skips": offset + 2 * limit,
        }[kind]
        page["next"] = _link(page["href"], target)
    elif kind == "ends_early":
        page.update(items=items[: len(items) // 2], next=None)
    elif kind == "page_repeated":
        page["items"] = page_at(_adjacent_offset(page))["items"][: len(items)]
    else:
        page["items"] = _RECORD_CHANGES[kind](items, limit)


def _adjacent_offset(page: JsonObject) -> int:
    offset, limit = int(page["offset"]), int(page["limit"])
    return offset - limit if offset >= limit else offset + limit


_RECORD_CHANGES: Final[Mapping[str, Callable[[list[Any], int], list[Any]]]] = {
    "ends_early": lambda records, _: records[: len(records) // 2],
    "page_empty": lambda *_: [],
    "page_of_nulls": lambda records, _: [None] * len(records),
    "page_overfull": lambda records, limit: records + records[-1:] * (limit + 1 - len(records)),
    "page_repeated": lambda records, _: records[:1] * len(records),
    "page_elsewhere": lambda records, _: records[1:] + records[:1],
}
"""How a kind changes a list of records, given the most that it may have."""


def _contents(playlist: JsonObject) -> Iterator[JsonObject]:
    for name in _CONTENTS:
        if isinstance(playlist.get(name), dict):
            yield playlist[name]


def _add_one_to_total(playlist: JsonObject | None) -> None:
    for contents in _contents(playlist or {}):
        contents["total"] += 1


def _link(href: str, offset: int) -> str:
    parts = urlsplit(href)
    query = {**dict(parse_qsl(parts.query)), "offset": offset}
    return urlunsplit(parts._replace(query=urlencode(query)))
