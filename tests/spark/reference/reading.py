"""Read raw lines: accept each as a record, or reject it with a reason."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

from spotify_lake.contract import raw_zone, tables
from tests.spark.reference.documented import LINES, Fields, Flag, Kind, ListOf, Number, Text, paths
from tests.spark.reference.values import instant, text, whole

Row = dict[str, Any]
_LARGEST_POSITION: Final = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class RawLine:
    """A line of the raw zone. `number` counts from 1 and includes blank lines.

    In `text`, bytes that are not UTF-8 are lone surrogates ("surrogateescape").
    """

    key: str
    number: int
    text: str

    @property
    def folder(self) -> str:
        """The source whose folder contains the line."""
        return self.key.split("/")[1]

    @property
    def stored(self) -> bytes:
        """The bytes of the line."""
        return self.text.encode("utf-8", "surrogateescape")

    @property
    def is_blank(self) -> bool:
        """Whether the line is blank."""
        return not self.text.strip(" \t\r\n")


@dataclasses.dataclass(frozen=True)
class Record:
    """An accepted line. Artists have an `artist_id`, albums an `album_id`, others a `playlist_id`.

    Items also have a `position`.
    """

    source: str
    playlist_id: str | None
    artist_id: str | None
    album_id: str | None
    snapshot_id: str | None
    position: int | None
    fetched_at: dt.datetime
    run_id: str
    record: Row


@dataclasses.dataclass(frozen=True)
class Reject:
    """A rejected line, with the readable part of its envelope."""

    line: RawLine
    reason: str
    detail: str | None
    envelope: Row

    def row(self, raw_uri: str) -> Row:
        """The row of rejected_records."""
        return {
            "source": self.envelope.get("source") or self.line.folder,
            "reason": self.reason,
            "detail": self.detail,
            "raw_text": self.line.stored.decode("utf-8", "replace"),
            "object_uri": raw_uri + self.line.key,
            "line_number": self.line.number,
            "playlist_id": text(self.envelope.get("playlist_id")),
            "position": whole(self.envelope.get("position"), "int"),
            "run_id": text(self.envelope.get("run_id")),
        }


def read(line: RawLine) -> Record | Reject:
    """Accept or reject a line that is not blank."""
    try:
        body = json.loads(
            line.stored.decode("utf-8"),
            object_pairs_hook=_Pairs,
            parse_int=_Literal,
            parse_float=_Literal,
            parse_constant=_refuse,
        )
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, _Pairs):
        return Reject(line, tables.NOT_JSON, None, {})
    unreadable: set[str] = set()
    shape = LINES[line.folder]
    envelope = _read_as(shape, body, "", unreadable)
    if unreadable:
        listed = ", ".join(path for path in paths(shape) if path in unreadable)
        return Reject(line, tables.WRONG_TYPE, f"not as the API documents it: {listed}", envelope)
    missing = _missing(envelope, line.folder)
    if missing:
        listed = ", ".join(missing)
        return Reject(line, tables.ENVELOPE_INCOMPLETE, f"missing or wrong: {listed}", envelope)
    return _accepted(envelope)


def _missing(envelope: Row, source: str) -> list[str]:
    """The missing or invalid keys. A line of another source is not checked further."""
    if envelope["source"] != source:
        return ["source"]
    position = envelope["position"]
    is_item = source in raw_zone.ITEM_SOURCES
    is_artist, is_album = source == raw_zone.ARTISTS, source == raw_zone.ALBUMS
    is_of_saved = envelope["playlist_id"] == raw_zone.SAVED_TRACKS
    is_right_source = not is_item or is_of_saved == (source == raw_zone.SAVED_TRACKS)
    is_place = (
        position is not None and 0 <= position <= _LARGEST_POSITION and position == math.floor(position)
    )
    holds = {
        "run_id": bool(envelope["run_id"]),
        "fetched_at": instant(envelope["fetched_at"]) is not None,
        "record": is_item or envelope["record"] is not None,
        "playlist_id": is_artist or is_album or (bool(envelope["playlist_id"]) and is_right_source),
        "artist_id": bool(envelope["artist_id"]) or not is_artist,
        "album_id": bool(envelope["album_id"]) or not is_album,
        "snapshot_id": bool(envelope["snapshot_id"]) or not is_item,
        "position": is_place or not is_item,
    }
    return [name for name, is_valid in holds.items() if not is_valid]


def _accepted(envelope: Row) -> Record:
    fetched_at = instant(envelope["fetched_at"])
    assert fetched_at is not None, "an accepted line has a time"
    return Record(
        source=envelope["source"],
        playlist_id=envelope["playlist_id"],
        artist_id=envelope["artist_id"],
        album_id=envelope["album_id"],
        snapshot_id=envelope["snapshot_id"],
        position=whole(envelope["position"], "int"),
        fetched_at=fetched_at,
        run_id=envelope["run_id"],
        record=envelope["record"] or dict.fromkeys(_record_fields(envelope["source"])),
    )


def _record_fields(source: str) -> Mapping[str, Kind]:
    record = LINES[source].kinds["record"]
    assert isinstance(record, Fields)
    return record.kinds


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as a list of pairs, which may contain a key twice."""


class _Literal(str):
    """The text of a JSON number."""

    __slots__ = ()


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


class _UnreadableError(Exception):
    """The value does not have the documented JSON type."""


def _read_as(kind: Kind, value: Any, path: str, unreadable: set[str]) -> Any:
    """Read a value; None if it is not of the documented type, and its path is added to `unreadable`."""
    if value is None:
        return None
    try:
        if isinstance(kind, Fields):
            return _as_fields(kind, value, path, unreadable)
        return _as_list(kind, value) if isinstance(kind, ListOf) else _PLAIN[type(kind)](value)
    except _UnreadableError:
        unreadable.add(path)
        return None


def _as_text(value: Any) -> str:
    if type(value) is str:
        # A lone surrogate is not a character: UTF-8 cannot encode it.
        return re.sub("[\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, _Literal):
        return str(value)
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, _Pairs):
        return {name: _plain(each) for name, each in value}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return json.loads(value) if isinstance(value, _Literal) else value


def _as_number(value: Any) -> float:
    if not isinstance(value, _Literal):
        raise _UnreadableError
    return float(value)


def _as_flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _UnreadableError
    return value


_PLAIN: Final = {Text: _as_text, Number: _as_number, Flag: _as_flag}


def _as_list(kind: ListOf, value: Any) -> list[Any]:
    if isinstance(value, _Pairs) or not isinstance(value, list):
        raise _UnreadableError
    inside: set[str] = set()
    elements = [_read_as(kind.kind, each, "", inside) for each in value]
    if inside:
        raise _UnreadableError  # one wrong element makes the list unreadable
    return elements


def _as_fields(kind: Fields, value: Any, path: str, unreadable: set[str]) -> Row:
    if not isinstance(value, _Pairs):
        raise _UnreadableError
    found: Row = dict.fromkeys(kind.kinds)
    prefix = f"{path}." if path else ""
    for name, each in dict(value).items():  # of a duplicate key the last value counts
        if name in kind.kinds:
            found[name] = _read_as(kind.kinds[name], each, prefix + name, unreadable)
    return found
