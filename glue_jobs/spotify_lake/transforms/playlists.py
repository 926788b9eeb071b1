"""playlists: the playlists' own records."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from spotify_lake import raw_zone, tables
from spotify_lake.columns import first_image, text, whole, without_html_entities
from spotify_lake.latest import latest
from spotify_lake.spark_schema import conform


def playlists(lines: DataFrame) -> DataFrame:
    """Return the rows of playlists from accepted lines; the latest record of each playlist wins.

    The number of items stands in the page `items` since 2026 and in `tracks` before; an app that may not
    read the contents gets neither.

    A listing of playlists has no followers, a playlist's own record has: the latest of the day that has any
    counts, so that a listing read later does not hide them.
    """
    newest_first = (
        Window.partitionBy("playlist_id")
        .orderBy(F.col("fetched_at").desc_nulls_last(), F.col("run_id").asc_nulls_first())
        .rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    )
    read = lines.where(F.col("source") == F.lit(raw_zone.PLAYLISTS)).withColumn(
        "followers", F.first(F.col("entity")["followers"]["total"], ignorenulls=True).over(newest_first)
    )
    records = latest(
        read,
        tables.PLAYLISTS.key,
        content="entity",
        tie_break=("run_id",),
    )
    playlist = F.col("entity")
    return conform(
        records,
        tables.PLAYLISTS,
        name=text(playlist["name"]),
        description=without_html_entities(playlist["description"]),
        owner_id=text(playlist["owner"]["id"]),
        owner_name=text(playlist["owner"]["display_name"]),
        is_public=playlist["public"],
        is_collaborative=playlist["collaborative"],
        snapshot_id=F.coalesce(text(playlist["snapshot_id"]), text(F.col("snapshot_id"))),
        item_count=whole(F.coalesce(playlist["items"]["total"], playlist["tracks"]["total"]), "int"),
        followers=whole(F.col("followers"), "bigint"),
        image_url=first_image(playlist["images"]),
        url=text(playlist["external_urls"]["spotify"]),
        uri=F.coalesce(text(playlist["uri"]), F.concat(F.lit("spotify:playlist:"), F.col("playlist_id"))),
    )
