"""Writing every table of a run to staging: one scan kept in memory, the tables written side by side."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spotify_lake import raw_zone, tables
from spotify_lake.lines import accepted, counts_by_object, flattened, judged, keys_by_source
from spotify_lake.publish import Places
from spotify_lake.quality import WRITE_OPTIONS, staged
from spotify_lake.reading import read_lines, read_text_lines
from spotify_lake.reconcile import ObjectFigures
from spotify_lake.spark_schema import spark_schema
from spotify_lake.storage import HadoopFiles, ParquetFigures
from spotify_lake.transforms.albums import album_artists, albums, latest_albums
from spotify_lake.transforms.artists import artist_observations, artists
from spotify_lake.transforms.episodes import episodes
from spotify_lake.transforms.playlist_items import classified_items, playlist_items
from spotify_lake.transforms.playlists import playlists
from spotify_lake.transforms.rejected import numbered, rejected_records
from spotify_lake.transforms.tracks import latest_tracks, track_artists, tracks

_LOG = logging.getLogger(__name__)
_CONCURRENT_TABLES: Final = 4


@dataclasses.dataclass(frozen=True)
class Staged:
    """What was read and what stands in staging.

    Attributes:
        found: lines and rejects of each raw object, by path as Spark reports it.
        files: by table, what the footers of the written files say.
        distinct: by source, the number of different things among the accepted lines.
        written: by source, the number of rows in the staged tables.
        unused: full artist records without a credit on the day.
        reasons: rejected records by reason.
    """

    found: dict[str, ObjectFigures]
    files: dict[str, ParquetFigures]
    distinct: dict[str, int]
    written: dict[str, int]
    unused: int
    reasons: dict[str, int]


def stage(spark: SparkSession, places: Places, uris: list[str], raw_uri: str, *, gather: bool) -> Staged:
    """Read the raw objects once, write every table to the run's staging folder, and count.

    Everything is started at once and shares one scan, which Spark keeps in memory: while one thread waits
    for rows the others plan, which for a small day is most of the work.

    Args:
        spark: the session.
        places: where the run writes.
        uris: the raw objects.
        raw_uri: the root of the raw zone.
        gather: whether the day is small enough for one partition.
    """
    files = HadoopFiles(spark)
    flat = flattened(judged(read_lines(spark, uris)))
    flat = (flat.coalesce(1) if gather else flat).persist()
    lines = accepted(flat)
    with ThreadPoolExecutor(_CONCURRENT_TABLES, "table") as pool:
        counting = pool.submit(_found, flat)
        writes = {
            name: pool.submit(_write, files, make, name, places)
            for name, make in table_makers(lines, gather=gather).items()
        }
        keys = pool.submit(lambda: keys_by_source(lines).collect())
        found = counting.result()
        writes[tables.REJECTED_RECORDS.name] = pool.submit(
            _write, files, lambda: _rejected(spark, found, raw_uri), tables.REJECTED_RECORDS.name, places
        )
        figures = {name: write.result() for name, write in writes.items()}
        distinct = {row["source"]: row["distinct"] for row in keys.result()}
    written = _written_by_source(spark, places, figures, distinct)
    is_every_artist_used = written[raw_zone.ARTISTS] == distinct.get(raw_zone.ARTISTS, 0)
    outcome = Staged(
        found=found,
        files=figures,
        distinct=distinct,
        written=written,
        unused=0 if is_every_artist_used else _unused_artists(spark, places, lines),
        reasons=_reasons(spark, places, figures),
    )
    flat.unpersist()
    return outcome


def table_makers(lines: DataFrame, *, gather: bool) -> dict[str, Callable[[], DataFrame]]:
    """Return what makes each table's rows from the accepted lines; the dearest tables first."""
    items = classified_items(lines)
    track_winners, album_winners = latest_tracks(items), latest_albums(items)

    def of_artists() -> DataFrame:
        observations = artist_observations(lines, track_winners, album_winners)
        return artists(observations.coalesce(1) if gather else observations)

    return {
        tables.ARTISTS.name: of_artists,
        tables.TRACKS.name: lambda: tracks(track_winners),
        tables.PLAYLIST_ITEMS.name: lambda: playlist_items(items),
        tables.ALBUMS.name: lambda: albums(album_winners),
        tables.TRACK_ARTISTS.name: lambda: track_artists(track_winners),
        tables.ALBUM_ARTISTS.name: lambda: album_artists(album_winners),
        tables.PLAYLISTS.name: lambda: playlists(lines),
        tables.EPISODES.name: lambda: episodes(items),
    }


def _found(flat: DataFrame) -> dict[str, ObjectFigures]:
    return {
        row["object_path"]: ObjectFigures(row["read"], row["rejected"])
        for row in counts_by_object(flat).collect()
    }


def _rejected(spark: SparkSession, found: Mapping[str, ObjectFigures], raw_uri: str) -> DataFrame:
    paths = sorted(path for path, figures in found.items() if figures.rejected)
    if paths:
        return rejected_records(numbered(read_text_lines(spark, paths)), raw_uri)
    nothing = [F.lit(None).cast(f.dataType).alias(f.name) for f in spark_schema(tables.REJECTED_RECORDS)]
    return spark.range(0, 0, 1, 1).select(*nothing)


def _write(files: HadoopFiles, make: Callable[[], DataFrame], table: str, places: Places) -> ParquetFigures:
    folder = places.staged(table)
    make().write.mode("overwrite").options(**WRITE_OPTIONS).parquet(folder)
    figures = files.parquet_figures(folder)
    _LOG.info("%-17s %9d rows", table, figures.rows)
    return figures


def _written_by_source(
    spark: SparkSession, places: Places, figures: Mapping[str, ParquetFigures], distinct: Mapping[str, int]
) -> dict[str, int]:
    """Split the rows of the staged files by the source they came from; asks Spark only where it must."""
    items = figures[tables.PLAYLIST_ITEMS.name].rows
    saved = 0
    if raw_zone.SAVED_TRACKS in distinct:
        rows = staged(spark, places, tables.PLAYLIST_ITEMS.name)
        saved = rows.where(F.col("playlist_id") == F.lit(raw_zone.SAVED_TRACKS)).count()
    full = 0
    if raw_zone.ARTISTS in distinct:
        full = staged(spark, places, tables.ARTISTS.name).where("is_full").count()
    return {
        raw_zone.PLAYLISTS: figures[tables.PLAYLISTS.name].rows,
        raw_zone.PLAYLIST_ITEMS: items - saved,
        raw_zone.SAVED_TRACKS: saved,
        raw_zone.ARTISTS: full,
    }


def _unused_artists(spark: SparkSession, places: Places, lines: DataFrame) -> int:
    """Count the artists with a full record whom no staged track or album credits."""
    credits_ = [
        staged(spark, places, name).select("artist_id")
        for name in (tables.TRACK_ARTISTS.name, tables.ALBUM_ARTISTS.name)
    ]
    full = lines.where(F.col("source") == F.lit(raw_zone.ARTISTS)).select("artist_id")
    return full.distinct().join(credits_[0].union(credits_[1]), on="artist_id", how="left_anti").count()


def _reasons(spark: SparkSession, places: Places, figures: Mapping[str, ParquetFigures]) -> dict[str, int]:
    if not figures[tables.REJECTED_RECORDS.name].rows:
        return {}
    counts = staged(spark, places, tables.REJECTED_RECORDS.name).groupBy("reason").count().collect()
    return {row["reason"]: row["count"] for row in sorted(counts, key=lambda row: row["reason"])}
