"""Paging: `limit` and `offset` checked against the endpoint's maximum, links that point at this server."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request

from infra.local.spotify_api.content import JsonObject
from infra.local.spotify_api.responses import Refusal


@dataclasses.dataclass(frozen=True)
class Window:
    """Which part of a list a call asks for."""

    offset: int
    limit: int


def window(request: Request, *, default: int, maximum: int) -> Window:
    """The call's window; raises Refusal 400 for one that the endpoint does not serve."""
    limit = _integer(request.args, "limit", default)
    offset = _integer(request.args, "offset", 0)
    if not 1 <= limit <= maximum:
        raise Refusal(400, "Invalid limit")
    if offset < 0:
        raise Refusal(400, "Invalid offset")
    return Window(offset, limit)


def page(url: str, query: Mapping[str, str], place: Window, items: list[Any], total: int) -> JsonObject:
    """A page object; `next` and `previous` keep the call's other parameters."""
    others = {key: value for key, value in query.items() if key not in {"limit", "offset"}}

    def link(offset: int) -> str:
        return f"{url}?{urlencode({'offset': offset, 'limit': place.limit, **others})}"

    has_more = place.offset + place.limit < total
    return {
        "href": link(place.offset),
        "items": items,
        "limit": place.limit,
        "next": link(place.offset + place.limit) if has_more else None,
        "offset": place.offset,
        "previous": link(max(0, place.offset - place.limit)) if place.offset else None,
        "total": total,
    }


def batch_ids(request: Request, maximum: int) -> list[str]:
    """The ids of a batch read; raises Refusal 400 when there are none or too many."""
    wanted = [one for one in request.args.get("ids", "").split(",") if one]
    if not wanted:
        raise Refusal(400, "Missing required field: ids")
    if len(wanted) > maximum:
        raise Refusal(400, "Too many ids requested")
    return wanted


def _integer(query: Mapping[str, str], name: str, default: int) -> int:
    try:
        return int(query.get(name, default))
    except ValueError:
        raise Refusal(400, f"Invalid {name}") from None
