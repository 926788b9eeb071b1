"""Reading a folder of recorded answers, and telling by its shape what an answer is."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from infra.local.spotify_api.content import JsonObject

SUFFIXES: Final = (".json", ".json.gz", ".ndjson", ".ndjson.gz")
UNDATED: Final = dt.date(1970, 1, 1)
_DATE: Final = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_FULL_ARTIST: Final = frozenset({"genres", "followers", "popularity", "images"})
_PLAYLIST_URL: Final = re.compile(r"/playlists/([0-9A-Za-z]+)/(?:tracks|items)(?:\?|$)")
_OK: Final = 200


class RecordingUnreadableError(ValueError):
    """A folder of recorded answers, or a file in it, that cannot be served. The message names it."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"the recorded answers in {path} cannot be served: {reason}")


def answers(folder: Path) -> Iterator[tuple[JsonObject, dt.date | None]]:
    """Every recorded body of status 200 with the date in its file's name, files in the order of their names.

    A file holds one body, or one exchange `{uri, status, headers, body}`; an `.ndjson` one a line.
    """
    if not folder.is_dir():
        raise RecordingUnreadableError(folder, "there is no such folder")
    for path in sorted(folder.rglob("*")):
        if not path.name.endswith(SUFFIXES):
            continue
        day = date_in(path.name)
        for answer in _file(path):
            is_exchange = isinstance(answer, dict) and "body" in answer and "status" in answer
            body = answer["body"] if is_exchange else answer
            if isinstance(body, dict) and (not is_exchange or answer["status"] == _OK):
                yield body, day


def _file(path: Path) -> Iterator[Any]:
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        text = data.decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise RecordingUnreadableError(path, str(error)) from error
    if ".ndjson" not in path.name:
        yield _json(path, text, "it is not JSON")
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _json(path, line, f"line {number} is not JSON")


def _json(path: Path, text: str, complaint: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise RecordingUnreadableError(path, f"{complaint} ({error})") from error


def date_in(name: str) -> dt.date | None:
    """The first date in a file's name, such as `chart_2024-04-22.json.gz`."""
    for found in _DATE.findall(name):
        try:
            return dt.date.fromisoformat(found)
        except ValueError:
            continue
    return None


def latest_date(stamps: Iterator[str | None]) -> dt.date:
    """The day (UTC) of the latest timestamp; `UNDATED` when there is none."""
    days = [dt.date.fromisoformat(stamp[:10]) for stamp in stamps if stamp]
    return max(days, default=UNDATED)


def page_items(value: Any) -> list[Any] | None:
    """The list of a page object; None when the value is no page with a list."""
    items = value.get("items") if isinstance(value, dict) else None
    return items if isinstance(items, list) else None


def contents_keys(body: JsonObject) -> tuple[str, ...]:
    """The keys under which a playlist body holds a page of contents; empty for any other answer."""
    if body.get("type") != "playlist":
        return ()
    return tuple(key for key in ("tracks", "items") if page_items(body.get(key)) is not None)


def contents_page_of(body: JsonObject) -> str | None:
    """The playlist's id when the answer is a page of a playlist's contents."""
    match = _PLAYLIST_URL.search(str(body.get("href") or ""))
    return match.group(1) if match and page_items(body) is not None else None


def is_library_page(body: JsonObject) -> bool:
    """Whether the answer is a page of playlists (a search wraps its page in `playlists`)."""
    items = page_items(body)
    return bool(items) and all(item is None or item.get("type") == "playlist" for item in items or ())


def is_saved_page(body: JsonObject) -> bool:
    """Whether the answer is a page of saved tracks: `{added_at, track}` and no more."""
    items = page_items(body)
    return bool(items) and all(set(item) == {"added_at", "track"} for item in items or () if item)


def is_plays_page(body: JsonObject) -> bool:
    """Whether the answer is a page of recent plays."""
    items = page_items(body)
    return bool(items) and all("played_at" in item for item in items or () if item)


def is_private_user(body: JsonObject) -> bool:
    """Whether the answer is GET /me."""
    return body.get("type") == "user" and bool({"email", "product", "country", "account_id"} & set(body))


def full_objects(value: Any) -> Iterator[tuple[str, JsonObject]]:
    """Every full artist, album and track in an answer, at any depth, as (`artist`, record) and so on."""
    if isinstance(value, list):
        for element in value:
            yield from full_objects(element)
        return
    if not isinstance(value, dict):
        return
    kind = value.get("type")
    if value.get("id") and (
        (kind == "artist" and not _FULL_ARTIST.isdisjoint(value))
        or (kind == "album" and page_items(value.get("tracks")) is not None)
        or (kind == "track" and "album" in value)
    ):
        yield str(kind), value
    for key, inner in value.items():
        if key != "available_markets":
            yield from full_objects(inner)
