"""Responses of the local Spotify, as werkzeug sends them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping

from werkzeug.wrappers import Request, Response

from infra.local.spotify_api.content import JsonObject


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
