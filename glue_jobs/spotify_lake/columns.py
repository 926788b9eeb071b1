"""Column expressions the transforms share, each with the odd fact of the API that it answers.

All of them hold under ANSI mode as well: nothing here raises on bad text, and no cast is implicit.
"""

from __future__ import annotations

from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F

_WHOLE_RANGES: Final = {"int": (-(2**31), 2**31 - 1), "bigint": (-(2**53), 2**53)}

# Spotify escapes a playlist's description for HTML. `&amp;` comes last, or `&amp;lt;` would be resolved
# twice.
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


def text(column: Column) -> Column:
    """Null for "": Spotify sends empty ids (`added_by` of its own playlists) and names (dead tracks)."""
    return F.when(column != F.lit(""), column)


def whole(column: Column, glue_type: str) -> Column:
    """A double as int or bigint; null when it is out of range. Spotify's numbers arrive as `123.0` too."""
    low, high = _WHOLE_RANGES[glue_type]
    return F.when(column.between(F.lit(float(low)), F.lit(float(high))), column.cast(glue_type))


def duration(column: Column) -> Column:
    """Milliseconds; null for 0, which dead tracks carry and which no recording has."""
    return F.when(column > F.lit(0.0), whole(column, "bigint"))


def instant(column: Column) -> Column:
    """ISO 8601 text as a timestamp (UTC); null when it is none."""
    return F.try_to_timestamp(column)


def known_instant(column: Column) -> Column:
    """As `instant`, and null for 1970-01-01T00:00:00Z, which means that Spotify does not know."""
    return F.when(instant(column) != F.timestamp_seconds(F.lit(0)), instant(column))


def isrc(column: Column) -> Column:
    """An ISRC in its canonical form: `gb-smu-24-01851` is `GBSMU2401851`."""
    return text(F.upper(F.regexp_replace(column, "[^0-9A-Za-z]", "")))


def release_date(column: Column) -> Column:
    """`1981`, `1981-12` or `1981-12-15` as the first day it can mean; null for `0000` and for nonsense."""
    whole_day = F.when(F.length(column) == F.lit(4), F.concat(column, F.lit("-01-01"))).when(
        F.length(column) == F.lit(7), F.concat(column, F.lit("-01"))
    )
    day = F.coalesce(whole_day, column)
    is_known = column.rlike(r"^\d{4}(-\d{2}){0,2}$") & ~column.startswith("0000")
    return F.when(is_known, F.try_to_timestamp(day, F.lit("yyyy-MM-dd")).cast("date"))


def release_date_precision(date: Column, precision: Column) -> Column:
    """What is known of the date: the text decides, then Spotify's word; null when there is no date.

    Dead tracks say `year` beside the date `0000`; captures of 2015 to 2017 have no precision at all.
    """
    said = F.lower(precision)
    known = (
        F.when(F.length(date) == F.lit(4), F.lit("year"))
        .when(F.length(date) == F.lit(7), F.lit("month"))
        .when(said.isin("year", "month", "day"), said)
        .otherwise(F.lit("day"))
    )
    return F.when(release_date(date).isNotNull(), known)


def first_image(images: Column) -> Column:
    """The address of the first image, the largest; null when `images` is null or empty."""
    return text(F.get(images, F.lit(0))["url"])


def without_html_entities(column: Column) -> Column:
    """Text with HTML entities resolved once, as people see it in the player."""
    for entity, character in _HTML_ENTITIES.items():
        column = F.replace(column, F.lit(entity), F.lit(character))
    return text(column)


def id_of(identifier: Column, uri: Column, kind: str) -> Column:
    """Spotify's id; from the URI where the id is null though its URI is whole (`linked_from`)."""
    return F.coalesce(text(identifier), text(F.regexp_extract(uri, rf"^spotify:{kind}:([0-9A-Za-z]+)$", 1)))


def is_local_uri(uri: Column) -> Column:
    """Whether the URI is that of a file of the user's own."""
    return F.coalesce(uri.startswith("spotify:local:"), F.lit(False))


def local_uri_part(uri: Column, index: int) -> Column:
    """A part of `spotify:local:<artist>:<album>:<title>:<seconds>`, decoded; null when empty.

    Index 2 is the artist, 3 the album, 4 the title, 5 the seconds. The parts are URL-encoded with `+` for
    a space; one that is not validly encoded is returned as it stands.
    """
    part = F.get(F.split(uri, ":"), F.lit(index))
    encoded = F.when(part.rlike("^([^%]|%[0-9A-Fa-f]{2})*$"), part)
    return text(F.coalesce(F.url_decode(encoded), part))
