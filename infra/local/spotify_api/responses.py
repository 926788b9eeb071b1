"""Build responses of the Web API: JSON, errors, ETags and pages."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from infra.local.spotify_api.catalog import JsonObject


class Refusal(Exception):
    """An error of the Web API, raised by a route and answered with Spotify's error body."""

    def __init__(self, status: int, message: str, reason: str | None = None) -> None:
        self.status = status
        self.message = message
        self.reason = reason
        super().__init__(f"{status} {message}")

    def response(self) -> Response:
        """`{"error": {"status", "message"[, "reason"]}}`."""
        error: JsonObject = {"status": self.status, "message": self.message}
        if self.reason:
            error["reason"] = self.reason
        return json_response(self.status, {"error": error})


class DroppedConnection(Response):
    """No response: the server closes the connection before it sends a byte."""


def json_response(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response."""
    encoded = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(encoded, status, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


def truncated(response: Response) -> Response:
    """The response with half of its body and the Content-Length of all of it."""
    body = response.get_data()
    headers = {**dict(response.headers), "Content-Length": str(len(body))}
    # As a list: werkzeug sets the Content-Length of a body that it gets as bytes.
    return Response([body[: len(body) // 2]], response.status, headers)


def cacheable(response: Response, request: Request) -> Response:
    """The response with an ETag; 304 without a body if the client has that version already."""
    digest = base64.b64encode(hashlib.blake2b(response.get_data(), digest_size=18).digest()).decode()
    response.set_etag(f"MC-{digest}")
    response.headers["Cache-Control"] = "public, max-age=0"
    return response.make_conditional(request)


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
