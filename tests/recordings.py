"""Invented recorded answers for tests."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CHART = "1" * 22
BOTH = "2" * 22
LONG = "3" * 22
FRIENDS = "4" * 22
ME = {"id": "keeper", "type": "user", "display_name": "Keeper"}
FRIEND = {"id": "friend", "type": "user", "display_name": None}


def track(number: int) -> dict[str, Any]:
    key = f"{number:022d}"
    artist = {"id": f"{number + 1000:022d}", "name": f"Artist {number}", "type": "artist"}
    album = {"id": f"{number + 2000:022d}", "name": "Album", "type": "album", "available_markets": ["SE"]}
    more = {"popularity": 5, "external_ids": {"isrc": "ZZSYN2600001"}, "odd_new_field": {"kept": True}}
    return {
        "id": key,
        "name": f"Track {number}",
        "type": "track",
        "artists": [artist],
        "album": album,
        **more,
    }


def items(first: int, count: int, added_at: str | None = "2024-04-22T11:06:52Z") -> list[dict[str, Any]]:
    return [{"added_at": added_at, "is_local": False, "track": track(n)} for n in range(first, first + count)]


def page(found: Sequence[dict[str, Any] | None], total: int, offset: int = 0, **more: Any) -> dict[str, Any]:
    return {"items": found, "limit": 100, "offset": offset, "total": total, "next": None, **more}


def playlist(key: str, snapshot: str, owner: dict[str, Any] = ME, **contents: Any) -> dict[str, Any]:
    record = {
        "id": key,
        "name": f"List {key[0]}",
        "type": "playlist",
        "owner": owner,
        "snapshot_id": snapshot,
    }
    return {**record, "collaborative": False, "public": True, "old_field": [None], **contents}


def write(path: Path, body: Any) -> None:
    text = json.dumps(body).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)


def exchange(uri: str, body: Any, status: int = 200) -> dict[str, Any]:
    return {"uri": uri, "status": status, "headers": {}, "body": body}
