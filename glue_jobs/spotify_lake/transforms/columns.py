"""Column expressions that the transforms share, each with the behaviour of the API that it handles.

They take and return Arrow arrays. Invalid text becomes null, not an error.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote_plus

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotify_lake.contract.arrow_schema import UTC_INSTANT

Array = Any
"""A `pyarrow.Array`; pyarrow has no types that mypy can read."""

_INTEGER_RANGES: Final = {"int": (-(2**31), 2**31 - 1), "bigint": (-(2**53), 2**53)}
_INTEGER_TYPES: Final = {"int": pa.int32(), "bigint": pa.int64()}

# The ISO 8601 format that Spotify writes. For other formats Arrow's parser differs from Python's.
_PLAIN_INSTANT: Final = r"^[12]\d{3}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$"
_DAY: Final = re.compile(r"\d{4}(-\d{2}){0,2}", re.ASCII)
_YEAR_LENGTH: Final = 4
_MONTH_LENGTH: Final = 7
_ENCODED: Final = re.compile(r"([^%]|%[0-9A-Fa-f]{2})*", re.DOTALL)

# Spotify escapes a playlist's description for HTML, with these entities only.
_HTML_ENTITIES: Final = {
    "&#x27;": "'",
    "&#39;": "'",
    "&#039;": "'",
    "&apos;": "'",
    "&quot;": '"',
    "&#34;": '"',
    "&#x2F;": "/",
    "&#47;": "/",
    "&#x60;": "`",
    "&#96;": "`",
    "&#x3D;": "=",
    "&#61;": "=",
    "&nbsp;": "\u00a0",
    "&#xA0;": "\u00a0",
    "&#160;": "\u00a0",
    "&lt;": "<",
    "&#60;": "<",
    "&gt;": ">",
    "&#62;": ">",
    "&#38;": "&",
    "&amp;": "&",
}
_HTML_ENTITY: Final = re.compile("|".join(map(re.escape, _HTML_ENTITIES)))


def array(rows: pa.Table, name: str) -> Array:
    """A column as one array."""
    column = rows[name]
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def field(structs: Array, *path: str) -> Array:
    """A (nested) field of structs; null where a struct on its path is null."""
    return pc.struct_field(structs, list(path))


def nulls(like: Array, kind: pa.DataType) -> Array:
    """An array of nulls as long as another array."""
    return pa.nulls(len(like), kind)


def is_true(column: Array) -> Array:
    """A condition with false instead of null."""
    return column.fill_null(fill_value=False)


def where(condition: Array, column: Array) -> Array:
    """The values where the condition holds, null elsewhere."""
    return pc.if_else(condition, column, pa.scalar(None, column.type))


def text(column: Array) -> Array:
    """Null for "": Spotify sends empty ids (`added_by` of its own playlists) and names (withdrawn tracks)."""
    is_empty = pc.equal(column, "")
    return where(pc.invert(is_empty), column) if pc.any(is_empty).as_py() else column


def integer(column: Array, glue_type: str) -> Array:
    """A double as int or bigint; null if it is out of range. Spotify's numbers arrive as `123.0` too."""
    low, high = _INTEGER_RANGES[glue_type]
    is_in_range = pc.and_(pc.greater_equal(column, float(low)), pc.less_equal(column, float(high)))
    return where(is_in_range, column).cast(_INTEGER_TYPES[glue_type], safe=False)


def duration(column: Array) -> Array:
    """Milliseconds; null for less than one, because withdrawn tracks have 0."""
    return integer(where(pc.greater_equal(column, 1.0), column), "bigint")


def by_value(column: Array, function: Callable[[str], Any], kind: pa.DataType) -> Array:
    """Apply a Python function to each distinct value once. None becomes null."""
    encoded = column.dictionary_encode()
    made = pa.array([function(each) for each in encoded.dictionary.to_pylist()], kind)
    return made.take(encoded.indices)


def instant(column: Array) -> Array:
    """ISO 8601 text as a timestamp (UTC, microseconds); null for other text."""
    if is_true(pc.invert(pc.match_substring_regex(column, _PLAIN_INSTANT))).true_count == 0:
        try:
            return column.cast(UTC_INSTANT)
        except pa.ArrowInvalid:  # a date such as 31 February
            pass
    return by_value(column, _instant, UTC_INSTANT)


def _instant(value: str) -> dt.datetime | None:
    try:
        at = dt.datetime.fromisoformat(value)
        return at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def known_instant(column: Array) -> Array:
    """Like `instant`, with null for 1970-01-01T00:00:00Z, which Spotify sends for unknown times."""
    at = instant(column)
    return where(pc.not_equal(at, pa.scalar(0, UTC_INSTANT)), at)


def isrc(column: Array) -> Array:
    """An ISRC in its canonical form: `gb-smu-24-01851` is `GBSMU2401851`."""
    return text(pc.ascii_upper(pc.replace_substring_regex(column, "[^0-9A-Za-z]", "")))


def release_date(column: Array) -> Array:
    """`1981`, `1981-12` or `1981-12-15` as the first day it can mean; null for `0000` and invalid text."""
    return by_value(column, _first_day, pa.date32())


@functools.lru_cache(maxsize=100_000)  # more than all release dates
def _first_day(value: str) -> dt.date | None:
    if not _DAY.fullmatch(value):
        return None
    try:
        return dt.date.fromisoformat(f"{value}-01-01"[:10])
    except ValueError:
        return None


def release_date_precision(date: Array, precision: Array) -> Array:
    """The precision of a date: from the length of its text, or else from Spotify; null without a date.

    Withdrawn tracks have the precision `year` with the date `0000`. Captures of 2015 to 2017 have none.
    """
    length = pc.utf8_length(date)
    given = pc.utf8_lower(precision)
    is_valid = pc.is_in(given, value_set=pa.array(["year", "month", "day"]))
    known = pc.if_else(
        is_true(pc.equal(length, _YEAR_LENGTH)),
        "year",
        pc.if_else(
            is_true(pc.equal(length, _MONTH_LENGTH)), "month", pc.if_else(is_true(is_valid), given, "day")
        ),
    )
    return where(release_date(date).is_valid(), known)


def first(lists: Array) -> Array:
    """The first element of each list; null if the list is null or empty."""
    offsets = lists.offsets.to_numpy()
    is_empty = (offsets[1:] == offsets[:-1]) | lists.is_null().to_numpy(zero_copy_only=False)
    return lists.values.take(pa.array(offsets[:-1], pa.int32(), mask=is_empty))


def first_image(images: Array) -> Array:
    """The address of the first image, the largest; null when `images` is null or empty."""
    return text(field(first(images), "url"))


def without_html_entities(column: Array) -> Array:
    """Text with HTML entities resolved once, as in Spotify's player."""
    return text(by_value(column, _unescaped, pa.string()))


def _unescaped(value: str) -> str:
    return _HTML_ENTITY.sub(lambda entity: _HTML_ENTITIES[entity[0]], value)


def id_of(identifier: Array, uri: Array, kind: str) -> Array:
    """Spotify's id; from the URI where the id is null and the URI is not (`linked_from`)."""
    known = text(identifier)
    if not known.null_count or uri.null_count == len(uri):
        return known
    found = pc.extract_regex(uri, rf"^spotify:{kind}:(?P<id>[0-9A-Za-z]+)$")
    return pc.coalesce(known, field(found, "id"))


def is_local_uri(uri: Array) -> Array:
    """Whether the URI is that of a file of the user's own."""
    return is_true(pc.starts_with(uri, "spotify:local:"))


def local_uri_part(uri: Array, index: int) -> Array:
    """A part of `spotify:local:<artist>:<album>:<title>:<seconds>`, decoded; null if empty or missing.

    Index 2 is the artist, 3 the album, 4 the title, 5 the seconds. The parts are URL-encoded with `+` for
    a space. An invalidly encoded part is returned unchanged. Null for any other URI.
    """
    return by_value(where(is_local_uri(uri), uri), lambda value: _local_part(value, index), pa.string())


def _local_part(uri: str, index: int) -> str | None:
    parts = uri.split(":")
    if len(parts) <= index:
        return None
    part = parts[index]
    return (unquote_plus(part) if _ENCODED.fullmatch(part) else part) or None


def digits(column: Array, most: int) -> Array:
    """Text of at most `most` digits as a double; null for other text."""
    return where(pc.match_substring_regex(column, rf"^\d{{1,{most}}}$"), column).cast(pa.float64())


def dense_ranks(column: Array) -> np.ndarray[Any, Any]:
    """The rank of each value among the distinct values (texts by code point) from 1; 0 for null."""
    encoded = column.dictionary_encode()
    values = encoded.dictionary.to_pylist()
    order = {value: place for place, value in enumerate(sorted(values), 1)}
    places = np.array([order[value] for value in values] or [0])
    codes = encoded.indices.fill_null(-1).to_numpy()
    return np.where(codes < 0, 0, places[codes])
