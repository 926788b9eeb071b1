"""From raw lines to accepted and rejected ones: the envelope is judged here, and only here.

`judged` adds the verdict, `flattened` makes the columns the transforms take, `accepted` keeps what passed:

- source, playlist_id, artist_id, snapshot_id, run_id (string);
- position (int); it and snapshot_id are null unless the line is an item;
- fetched_at (timestamp);
- item (struct `raw_schema.ITEM`): a track, an episode or a local file; null for an empty slot;
- added_at, added_by_id (string), is_local (boolean): of the item;
- entity (struct): the record of a playlist or an artist; null for an item.
"""

from __future__ import annotations

from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spotify_lake import raw_zone
from spotify_lake.columns import instant, text, whole
from spotify_lake.raw_schema import CORRUPT, RECORD

OBJECT_PATH: Final = "object_path"
IS_REJECTED: Final = "is_rejected"
MISSING: Final = "missing_keys"

_ENTITY_FIELDS: Final = tuple(
    name for name in RECORD.fieldNames() if name not in ("added_at", "added_by", "is_local", "item", "track")
)


def is_item() -> Column:
    """Whether the line is an item of a playlist or of a playlist-like source."""
    return F.col("source").isin(*raw_zone.ITEM_SOURCES)


def judged(lines: DataFrame) -> DataFrame:
    """Add `missing_keys` (array of string, empty when the envelope is whole) and `is_rejected`.

    Takes the columns of `raw_schema.ENVELOPE` and `object_path`.
    """
    is_corrupt = F.col(CORRUPT).isNotNull()
    return lines.withColumn(MISSING, F.array_compact(F.array(*_missing_keys()))).withColumn(
        IS_REJECTED, is_corrupt | (F.size(MISSING) > F.lit(0))
    )


def _missing_keys() -> list[Column]:
    # The path tells the source as well; where the two differ the line would be counted in the wrong place.
    folder = F.concat(F.lit(f"/{raw_zone.ROOT}/"), F.col("source"), F.lit("/"))
    in_its_folder = F.col("source").isin(*raw_zone.SOURCES) & F.contains(F.col(OBJECT_PATH), folder)
    position = F.col("position")
    is_place = (position >= F.lit(0.0)) & (position < F.lit(2.0**31)) & (position == F.floor(position))
    needed = {
        "source": (F.lit(True), in_its_folder),
        "run_id": (F.lit(True), text(F.col("run_id")).isNotNull()),
        "fetched_at": (F.lit(True), instant(F.col("fetched_at")).isNotNull()),
        "record": (F.lit(True), F.col("record").isNotNull()),
        "playlist_id": (
            F.col("source") != F.lit(raw_zone.ARTISTS),
            text(F.col("playlist_id")).isNotNull(),
        ),
        "artist_id": (F.col("source") == F.lit(raw_zone.ARTISTS), text(F.col("artist_id")).isNotNull()),
        "snapshot_id": (is_item(), text(F.col("snapshot_id")).isNotNull()),
        "position": (is_item(), is_place),
    }
    return [
        F.when(applies & ~F.coalesce(holds, F.lit(False)), F.lit(name))
        for name, (applies, holds) in needed.items()
    ]


def flattened(lines: DataFrame) -> DataFrame:
    """Flatten judged lines into the columns named above, with `object_path` and `is_rejected`."""
    record = F.col("record")
    return lines.select(
        OBJECT_PATH,
        IS_REJECTED,
        "source",
        "playlist_id",
        "artist_id",
        F.when(is_item(), F.col("snapshot_id")).alias("snapshot_id"),
        "run_id",
        F.when(is_item(), whole(F.col("position"), "int")).alias("position"),
        instant(F.col("fetched_at")).alias("fetched_at"),
        F.when(is_item(), F.coalesce(record["item"], record["track"])).alias("item"),
        record["added_at"].alias("added_at"),
        record["added_by"]["id"].alias("added_by_id"),
        record["is_local"].alias("is_local"),
        F.when(~is_item(), F.struct(*[record[name].alias(name) for name in _ENTITY_FIELDS])).alias("entity"),
    )


def accepted(flat: DataFrame) -> DataFrame:
    """Keep the flattened lines that passed."""
    return flat.where(~F.col(IS_REJECTED)).drop(OBJECT_PATH, IS_REJECTED)


def counts_by_object(flat: DataFrame) -> DataFrame:
    """Count flattened lines: object_path, read, rejected."""
    return flat.groupBy(OBJECT_PATH).agg(
        F.count(F.lit(1)).alias("read"), F.count(F.when(F.col(IS_REJECTED), F.lit(1))).alias("rejected")
    )


def keys_by_source(lines: DataFrame) -> DataFrame:
    """Count the distinct things among accepted lines: source, distinct.

    An item is identified by its place, a playlist and an artist by its id. Deliberately not the code that
    picks the winners: reconciliation compares the two.
    """
    keys = lines.groupBy("source", "playlist_id", "artist_id", "snapshot_id", "position").agg(F.lit(1))
    return keys.groupBy("source").agg(F.count(F.lit(1)).alias("distinct"))
