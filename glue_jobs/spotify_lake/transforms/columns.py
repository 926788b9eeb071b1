"""Column expressions the transforms share, each with the odd fact of the API that it answers.

They take and return Arrow arrays. None of them raises on bad text: what makes no sense is null.
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

_WHOLE_RANGES: Final = {"int": (-(2**31), 2**31 - 1), "bigint": (-(2**53), 2**53)}
_WHOLE_TYPES: Final = {"int": pa.int32(), "bigint": pa.int64()}

# What Spotify writes, and no other spelling of ISO 8601: only then is Arrow's reading the same as Python's.
_PLAIN_INSTANT: Final = r"^[12]\d{3}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$"
_DAY: Final = re.compile(r"\d{4}(-\d{2}){0,2}", re.ASCII)
_YEAR_LENGTH: Final = 4
_MONTH_LENGTH: Final = 7
_ENCODED: Final = re.compile(r"([^%]|%[0-9A-Fa-f]{2})*", re.DOTALL)

# Spotify escapes a playlist's description for HTML: these, and no others.
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
    """A field of structs, of structs in them, and so on; null where any of them is."""
    return pc.struct_field(structs, list(path))


def nulls(like: Array, kind: pa.DataType) -> Array:
    """As many nulls as there are values in another array."""
    return pa.nulls(len(like), kind)


def is_true(column: Array) -> Array:
    """A condition that is false where it is null."""
    return column.fill_null(fill_value=False)


def where(condition: Array, column: Array) -> Array:
    """The values where the condition holds, null elsewhere."""
    return pc.if_else(condition, column, pa.scalar(None, column.type))


def text(column: Array) -> Array:
    """Null for "": Spotify sends empty ids (`added_by` of its own playlists) and names (dead tracks)."""
    is_empty = pc.equal(column, "")
    return where(pc.invert(is_empty), column) if pc.any(is_empty).as_py() else column


def whole(column: Array, glue_type: str) -> Array:
    """A double as int or bigint; null when it is out of range. Spotify's numbers arrive as `123.0` too."""
    low, high = _WHOLE_RANGES[glue_type]
    is_in_range = pc.and_(pc.greater_equal(column, float(low)), pc.less_equal(column, float(high)))
    return where(is_in_range, column).cast(_WHOLE_TYPES[glue_type], safe=False)


def duration(column: Array) -> Array:
    """Milliseconds; null for less than one: dead tracks carry 0, and no recording is as short."""
    return whole(where(pc.greater_equal(column, 1.0), column), "bigint")


def by_value(column: Array, function: Callable[[str], Any], kind: pa.DataType) -> Array:
    """Apply a Python function to each distinct value once; what it returns None for is null."""
    encoded = column.dictionary_encode()
    made = pa.array([function(each) for each in encoded.dictionary.to_pylist()], kind)
    return made.take(encoded.indices)


def instant(column: Array) -> Array:
    """ISO 8601 text as a timestamp (UTC, microseconds); null when it is none."""
    if is_true(pc.invert(pc.match_substring_regex(column, _PLAIN_INSTANT))).true_count == 0:
        try:
            return column.cast(UTC_INSTANT)
        except pa.ArrowInvalid:  # the 31st of some February
            pass
    return by_value(column, _instant, UTC_INSTANT)


def _instant(value: str) -> dt.datetime | None:
    try:
        at = dt.datetime.fromisoformat(value)
        return at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def known_instant(column: Array) -> Array:
    """As `instant`, and null for 1970-01-01T00:00:00Z, which means that Spotify does not know."""
    at = instant(column)
    return where(pc.not_equal(at, pa.scalar(0, UTC_INSTANT)), at)


def isrc(column: Array) -> Array:
    """An ISRC in its canonical form: `gb-smu-24-01851` is `GBSMU2401851`."""
    return text(pc.ascii_upper(pc.replace_substring_regex(column, "[^0-9A-Za-z]", "")))


def release_date(column: Array) -> Array:
    """`1981`, `1981-12` or `1981-12-15` as the first day it can mean; null for `0000` and for nonsense."""
    return by_value(column, _first_day, pa.date32())


@functools.lru_cache(maxsize=100_000)  # more than there are days in music
def _first_day(value: str) -> dt.date | None:
    if not _DAY.fullmatch(value):
        return None
    try:
        return dt.date.fromisoformat(f"{value}-01-01"[:10])
    except ValueError:
        return None


def release_date_precision(date: Array, precision: Array) -> Array:
    """What is known of the date: the text decides, then Spotify's word; null when there is no date.

    Dead tracks say `year` beside the date `0000`; captures of 2015 to 2017 have no precision at all.
    """
    length = pc.utf8_length(date)
    said = pc.utf8_lower(precision)
    is_word = pc.is_in(said, value_set=pa.array(["year", "month", "day"]))
    known = pc.if_else(
        is_true(pc.equal(length, _YEAR_LENGTH)),
        "year",
        pc.if_else(
            is_true(pc.equal(length, _MONTH_LENGTH)), "month", pc.if_else(is_true(is_word), said, "day")
        ),
    )
    return where(release_date(date).is_valid(), known)


def first(lists: Array) -> Array:
    """The first element of each list; null when the list is null or empty."""
    offsets = lists.offsets.to_numpy()
    is_empty = (offsets[1:] == offsets[:-1]) | lists.is_null().to_numpy(zero_copy_only=False)
    return lists.values.take(pa.array(offsets[:-1], pa.int32(), mask=is_empty))


def first_image(images: Array) -> Array:
    """The address of the first image, the largest; null when `images` is null or empty."""
    return text(field(first(images), "url"))


def without_html_entities(column: Array) -> Array:
    """Text with HTML entities resolved once, as people see it in the player."""
    return text(by_value(column, _unescaped, pa.string()))


def _unescaped(value: str) -> str:
    return _HTML_ENTITY.sub(lambda entity: _HTML_ENTITIES[entity[0]], value)


def id_of(identifier: Array, uri: Array, kind: str) -> Array:
    """Spotify's id; from the URI where the id is null though its URI is whole (`linked_from`)."""
    known = text(identifier)
    if not known.null_count or uri.null_count == len(uri):
        return known
    found = pc.extract_regex(uri, rf"^spotify:{kind}:(?P<id>[0-9A-Za-z]+)$")
    return pc.coalesce(known, field(found, "id"))


def is_local_uri(uri: Array) -> Array:
    """Whether the URI is that of a file of the user's own."""
    return is_true(pc.starts_with(uri, "spotify:local:"))


def local_uri_part(uri: Array, index: int) -> Array:
    """A part of `spotify:local:<artist>:<album>:<title>:<seconds>`, decoded; null when empty or not there.

    Index 2 is the artist, 3 the album, 4 the title, 5 the seconds. The parts are URL-encoded with `+` for
    a space; one that is not validly encoded is returned as it stands. Null for any other URI.
    """
    return by_value(where(is_local_uri(uri), uri), lambda value: _local_part(value, index), pa.string())


def _local_part(uri: str, index: int) -> str | None:
    parts = uri.split(":")
    if len(parts) <= index:
        return None
    part = parts[index]
    return (unquote_plus(part) if _ENCODED.fullmatch(part) else part) or None


def digits(column: Array, most: int) -> Array:
    """Text of so many digits at the most as a double; null for any other."""
    return where(pc.match_substring_regex(column, rf"^\d{{1,{most}}}$"), column).cast(pa.float64())


def dense_ranks(column: Array) -> np.ndarray[Any, Any]:
    """The place of each value in the order of the distinct values (texts by code point), 0 for null."""
    encoded = column.dictionary_encode()
    values = encoded.dictionary.to_pylist()
    order = {value: place for place, value in enumerate(sorted(values), 1)}
    places = np.array([order[value] for value in values] or [0])
    codes = encoded.indices.fill_null(-1).to_numpy()
    return np.where(codes < 0, 0, places[codes])
