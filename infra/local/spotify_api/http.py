"""What a call asks and what it is answered, apart from sockets."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
from collections.abc import Mapping

from infra.local.spotify_api.content import JsonObject


@dataclasses.dataclass(frozen=True)
class Request:
    """A call: header names in lower case; `form` is the decoded body of a POST."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    form: Mapping[str, str]
    base_url: str


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer as it goes out.

    Attributes:
        status: the HTTP status; None drops the connection without a word.
        body: the bytes.
        headers: beside Content-Length.
        sent: how many bytes of the body really go out; None for all of them.
    """

    status: int | None
    body: bytes = b""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    sent: int | None = None


class Refusal(Exception):
    """An error of the Web API, raised by a route and answered with Spotify's error body."""

    def __init__(self, status: int, message: str, reason: str | None = None) -> None:
        self.status = status
        self.message = message
        self.reason = reason
        super().__init__(f"{status} {message}")

    def answer(self) -> Answer:
        """`{"error": {"status", "message"[, "reason"]}}`."""
        error: JsonObject = {"status": self.status, "message": self.message}
        if self.reason:
            error["reason"] = self.reason
        return json_answer(self.status, {"error": error})


def json_answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> Answer:
    """A JSON answer."""
    encoded = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, encoded, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


def cacheable(answer: Answer, if_none_match: str | None) -> Answer:
    """The answer with an ETag, or 304 without a body when the client holds that version already."""
    digest = base64.b64encode(hashlib.blake2b(answer.body, digest_size=18).digest()).decode()
    etag = f'"MC-{digest}"'
    headers = {**answer.headers, "ETag": etag, "Cache-Control": "public, max-age=0"}
    if if_none_match == etag:
        return Answer(304, b"", headers)
    return dataclasses.replace(answer, headers=headers)
