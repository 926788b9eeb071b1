"""Validate the envelope of parsed lines: accept or reject each line."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotify_lake.contract import raw_zone, tables
from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.reading.parsing import LINE, OBJECT, ParsedObjects, RejectedLine
from spotify_lake.transforms.columns import Array, array, instant, integer, is_true, text

_END: Final = 2.0**31  # positions are ints


@dataclasses.dataclass(frozen=True)
class ValidatedLines:
    """The accepted and the rejected lines of some objects of one source.

    Attributes:
        accepted: source, playlist_id, artist_id, album_id, snapshot_id, run_id (string), position (int32),
            fetched_at (timestamp), record (struct, see `raw_schema`).
        rejected: rows of rejected_records; object_uri holds the object's key.
        objects: key, read and rejected (lines), is_cut_off, sha256; one row per object.
    """

    accepted: pa.Table
    rejected: pa.Table
    objects: pa.Table


def validate_lines(source: str, parsed: ParsedObjects) -> ValidatedLines:
    """Accept the lines with a complete envelope. Reject the others with their reason and position.

    Args:
        source: the source in whose folder the objects are.
        parsed: their lines.
    """
    lines = parsed.lines
    fetched_at = instant(array(lines, "fetched_at"))
    holds = _conditions(source, lines, fetched_at)
    is_complete = np.logical_and.reduce([each.to_numpy(zero_copy_only=False) for each in holds.values()])
    rejects = [*parsed.unreadable, *_incomplete(lines, holds, np.flatnonzero(~is_complete))]
    rows = [_reject(source, parsed, each) for each in rejects]
    lines = lines.append_column("at", fetched_at)
    if rejects:
        lines = lines.filter(pa.array(is_complete))
    return ValidatedLines(
        accepted=_typed(lines),
        rejected=pa.Table.from_pylist(rows, schema=arrow_schema(tables.REJECTED_RECORDS)),
        objects=_counted(parsed, array(lines, OBJECT).to_numpy(), rejects),
    )


def _conditions(source: str, lines: pa.Table, fetched_at: Array) -> dict[str, Array]:
    """Whether each line satisfies the condition on each key of the envelope, by key; never null."""
    always = pa.array(np.ones(lines.num_rows, bool))
    is_item = source in raw_zone.ITEM_SOURCES
    own_id = raw_zone.ID_NAMES.get(source)
    position = array(lines, "position")
    is_in_range = pc.and_(pc.greater_equal(position, 0.0), pc.less(position, _END))
    is_place = is_true(pc.and_(is_in_range, pc.equal(position, pc.floor(position))))

    def has(name: str) -> Array:
        return text(array(lines, name)).is_valid()

    # Only saved tracks have the playlist_id of saved tracks. Otherwise two sources could have the same key.
    is_of_saved = is_true(pc.equal(array(lines, "playlist_id"), raw_zone.SAVED_TRACKS))
    is_right_source = is_of_saved if source == raw_zone.SAVED_TRACKS else pc.invert(is_of_saved)
    has_playlist = pc.and_(has("playlist_id"), is_right_source) if is_item else has("playlist_id")

    return {
        # The folder also names the source. A line with another source would be counted under the wrong one.
        "source": is_true(pc.equal(array(lines, "source"), source)),
        "run_id": has("run_id"),
        "fetched_at": fetched_at.is_valid(),
        # A null entry in a playlist's items is an empty slot.
        "record": always if is_item else array(lines, "record").is_valid(),
        "playlist_id": always if own_id else has_playlist,
        **{name: has(name) if name == own_id else always for name in raw_zone.ID_NAMES.values()},
        "snapshot_id": has("snapshot_id") if is_item else always,
        "position": is_place if is_item else always,
    }


def _incomplete(lines: pa.Table, holds: dict[str, Array], rows: Any) -> list[RejectedLine]:
    found = []
    for row in rows.tolist():
        # Other sources have other keys, so nothing else can be checked.
        is_elsewhere = not holds["source"][row].as_py()
        wrong = (
            ["source"] if is_elsewhere else [name for name, each in holds.items() if not each[row].as_py()]
        )
        envelope = lines.slice(row, 1).drop_columns("record").to_pylist()[0]
        place = (envelope[OBJECT], envelope[LINE])
        detail = f"missing or wrong: {', '.join(wrong)}"
        found.append(RejectedLine(*place, tables.ENVELOPE_INCOMPLETE, detail, envelope))
    return found


def _reject(source: str, parsed: ParsedObjects, line: RejectedLine) -> dict[str, Any]:
    content, envelope = parsed.contents[line.object_number], line.envelope
    position = envelope.get("position")
    is_int = position is not None and abs(position) < _END
    return {
        "source": envelope.get("source") or source,
        "reason": line.reason,
        "detail": line.detail,
        "raw_text": content.line(line.line_number),
        "object_uri": content.key,
        "line_number": line.line_number,
        "playlist_id": envelope.get("playlist_id") or None,
        "position": int(position) if is_int and position is not None else None,
        "run_id": envelope.get("run_id") or None,
    }


def _typed(lines: pa.Table) -> pa.Table:
    names = ("source", "playlist_id", *raw_zone.ID_NAMES.values(), "snapshot_id", "run_id", "record")
    return pa.table(
        {
            **{name: array(lines, name) for name in names},
            "position": integer(array(lines, "position"), "int"),
            "fetched_at": array(lines, "at"),
        }
    )


def _counted(parsed: ParsedObjects, accepted: Any, rejects: list[RejectedLine]) -> pa.Table:
    contents = parsed.contents
    good = np.bincount(accepted, minlength=len(contents)).tolist()
    bad = Counter(each.object_number for each in rejects)
    return pa.table(
        {
            "key": pa.array([each.key for each in contents], pa.string()),
            "read": pa.array([good[number] + bad[number] for number in range(len(contents))], pa.int64()),
            "rejected": pa.array([bad[number] for number in range(len(contents))], pa.int64()),
            "is_cut_off": pa.array([each.is_cut_off for each in contents], pa.bool_()),
            "sha256": pa.array([each.sha256 for each in contents], pa.string()),
        }
    )
