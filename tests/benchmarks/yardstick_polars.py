"""The job's work in Polars: `python -m tests.benchmarks.yardstick_polars <raw bucket> <curated bucket>`.

Objects are decompressed and parsed some hundred at a time with a schema (Polars would infer one each time),
flattened at once to the needed columns, and the flat frames are concatenated.
"""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_plus

import polars as pl

from spotify_lake.contract import tables
from tests.benchmarks.job_world import DAY

_OBJECTS_AT_ONCE: Final = 400
_S, _N, _B = pl.String, pl.Float64, pl.Boolean
_CREDITS: Final = pl.List(pl.Struct({"id": _S, "name": _S, "uri": _S}))
_IMAGES: Final = pl.List(pl.Struct({"url": _S}))
_ALBUM: Final = pl.Struct(
    {
        **dict.fromkeys(("id", "name", "uri", "album_type", "release_date", "release_date_precision"), _S),
        "total_tracks": _N,
        "images": _IMAGES,
        "artists": _CREDITS,
    }
)
_TRACK: Final = pl.Struct(
    {
        **dict.fromkeys(
            ("id", "name", "uri", "type", "preview_url", "release_date", "release_date_precision"), _S
        ),
        **dict.fromkeys(("is_local", "explicit", "is_playable"), _B),
        **dict.fromkeys(("duration_ms", "popularity", "disc_number", "track_number"), _N),
        "restrictions": pl.Struct({"reason": _S}),
        "linked_from": pl.Struct({"id": _S, "uri": _S}),
        "external_ids": pl.Struct({"isrc": _S}),
        "artists": _CREDITS,
        "album": _ALBUM,
        "show": pl.Struct({"id": _S, "name": _S, "publisher": _S}),
    }
)
_ITEM: Final = pl.Struct({"added_at": _S, "added_by": pl.Struct({"id": _S}), "is_local": _B, "track": _TRACK})
_PLAYLIST: Final = pl.Struct(
    {
        **dict.fromkeys(("name", "uri", "description", "snapshot_id"), _S),
        **dict.fromkeys(("public", "collaborative"), _B),
        **dict.fromkeys(("followers", "tracks"), pl.Struct({"total": _N})),
        "images": _IMAGES,
        "owner": pl.Struct({"id": _S, "display_name": _S}),
        "external_urls": pl.Struct({"spotify": _S}),
    }
)
_ARTIST: Final = pl.Struct(
    {
        "name": _S,
        "uri": _S,
        "images": _IMAGES,
        "followers": pl.Struct({"total": _N}),
        "genres": pl.List(_S),
        "popularity": _N,
    }
)
_ENVELOPE: Final = {
    **dict.fromkeys(("playlist_id", "artist_id", "snapshot_id", "fetched_at", "run_id"), _S),
    "position": _N,
}
_TYPES: Final[dict[str, Any]] = {
    "string": _S,
    "int": pl.Int32,
    "bigint": pl.Int64,
    "boolean": _B,
    "double": _N,
    "date": pl.Date,
    "timestamp": pl.Datetime("us", "UTC"),
    "array<string>": pl.List(_S),
}
_PLACE: Final = ("fetched_at", "playlist_id", "position")


def main(raw: Path, curated: Path) -> None:
    """Read, flatten, keep the latest observation of each key, write."""
    items = [_flat_items(frame) for frame in _read(raw, "playlist_items", _ITEM)]
    flat = {name: pl.concat([each[name] for each in items]) for name in items[0]}
    made = {"playlist_items": flat["playlist_items"]}
    for name in ("tracks", "albums", "episodes"):
        made[name] = _latest(flat[name], tables.table(name).key[0])
    made["playlists"] = pl.concat([_playlists(each) for each in _read(raw, "playlists", _PLAYLIST)])
    made["track_artists"] = _credits(made["tracks"], "track_id")
    made["album_artists"] = _credits(made["albums"], "album_id")
    records = pl.concat([_artists(each) for each in _read(raw, "artists", _ARTIST)]).unique("artist_id")
    made["artists"] = _all_artists(records, made["track_artists"], made["album_artists"])
    for name, frame in made.items():
        _write(frame, name, curated)


def _read(raw: Path, source: str, record: pl.Struct) -> Iterator[pl.DataFrame]:
    files = sorted(raw.glob(f"spotify/{source}/**/*.ndjson.gz"))
    for start in range(0, len(files), _OBJECTS_AT_ONCE):
        batch = files[start : start + _OBJECTS_AT_ONCE]
        text = b"".join(gzip.decompress(file.read_bytes()) for file in batch)
        yield pl.read_ndjson(io.BytesIO(text), schema={**_ENVELOPE, "record": record}).with_columns(
            pl.col("fetched_at").str.to_datetime("%+", time_unit="us", time_zone="UTC"),
            pl.col("position").cast(pl.Int32),
        )


def _text(column: pl.Expr) -> pl.Expr:
    return pl.when(column != "").then(column)


def _id(thing: pl.Expr, kind: str) -> pl.Expr:
    found = thing.struct.field("uri").str.extract(rf"^spotify:{kind}:([0-9A-Za-z]+)$", 1)
    return pl.coalesce(_text(thing.struct.field("id")), found)


def _duration(thing: pl.Expr) -> pl.Expr:
    milliseconds = thing.struct.field("duration_ms")
    return pl.when(milliseconds > 0).then(milliseconds)


def _released(thing: pl.Expr) -> list[pl.Expr]:
    date, said = thing.struct.field("release_date"), thing.struct.field("release_date_precision")
    is_known = date.str.contains(r"^\d{4}(-\d{2}){0,2}$") & ~date.str.starts_with("0000")
    day = (pl.when(is_known).then(date) + "-01-01").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    length = date.str.len_chars()
    precision = (
        pl.when(length == 4)
        .then(pl.lit("year"))
        .when(length == 7)
        .then(pl.lit("month"))
        .otherwise(pl.coalesce(said, pl.lit("day")))
    )
    return [
        day.alias("release_date"),
        pl.when(day.is_not_null()).then(precision).alias("release_date_precision"),
    ]


def _image(thing: pl.Expr) -> pl.Expr:
    return _text(thing.struct.field("images").list.first().struct.field("url"))


def _flat_items(lines: pl.DataFrame) -> dict[str, pl.DataFrame]:
    record, item = pl.col("record"), pl.col("item")
    uri = _text(item.struct.field("uri"))
    is_local = pl.coalesce(
        record.struct.field("is_local"), item.struct.field("is_local"), pl.lit(value=False)
    ) | uri.str.starts_with("spotify:local:").fill_null(value=False)
    is_episode = (item.struct.field("type") == "episode").fill_null(value=False)
    identifier = pl.when(is_episode).then(_id(item, "episode")).otherwise(_id(item, "track"))
    kind = (
        pl.when(item.is_null())
        .then(pl.lit("unavailable"))
        .when(is_local)
        .then(pl.lit("local"))
        .when(identifier.is_null())
        .then(pl.lit("unavailable"))
        .when(is_episode)
        .then(pl.lit("episode"))
        .otherwise(pl.lit("track"))
    )
    items = lines.with_columns(record.struct.field("track").alias("item")).with_columns(
        item_uri=uri, is_local=is_local, item_id=identifier, item_type=kind
    )
    tracks = items.filter(pl.col("item_type") == "track")
    album = pl.col("item").struct.field("album")
    return {
        "playlist_items": items.select(*_item_columns()),
        "tracks": tracks.select(*_track_columns()),
        "albums": tracks.filter(_id(album, "album").is_not_null()).select(*_album_columns(album)),
        "episodes": items.filter(pl.col("item_type") == "episode").select(*_episode_columns()),
    }


def _item_columns() -> list[pl.Expr | str]:
    item, kind, record = pl.col("item"), pl.col("item_type"), pl.col("record")
    added_at = record.struct.field("added_at").str.to_datetime(
        "%+", time_unit="us", time_zone="UTC", strict=False
    )
    album_name = item.struct.field("album").struct.field("name")
    artist = item.struct.field("artists").list.first().struct.field("name")

    def local(name: pl.Expr, part: int) -> pl.Expr:
        return pl.when(kind == "local").then(pl.coalesce(_text(name), _local_part(part)))

    return [
        "playlist_id",
        "snapshot_id",
        "position",
        "item_type",
        pl.when(kind == "track").then(pl.col("item_id")).alias("track_id"),
        pl.when(kind == "episode").then(pl.col("item_id")).alias("episode_id"),
        "item_uri",
        pl.coalesce(_text(item.struct.field("name")), pl.when(kind == "local").then(_local_part(4))).alias(
            "item_name"
        ),
        local(artist, 2).alias("local_artist_name"),
        local(album_name, 3).alias("local_album_name"),
        pl.when(added_at.dt.timestamp("us") != 0).then(added_at).alias("added_at"),
        _text(record.struct.field("added_by").struct.field("id")).alias("added_by_id"),
        "is_local",
        _duration(item).alias("duration_ms"),
        "fetched_at",
    ]


def _local_part(part: int) -> pl.Expr:
    is_local = pl.col("item_uri").str.starts_with("spotify:local:")
    return (
        pl.when(is_local)
        .then(pl.col("item_uri"))
        .map_elements(
            lambda uri: unquote_plus(uri.split(":")[part]) or None, return_dtype=_S, skip_nulls=True
        )
    )


def _track_columns() -> list[pl.Expr | str]:
    track = pl.col("item")
    isrc = track.struct.field("external_ids").struct.field("isrc")
    plain = ("explicit", "popularity", "disc_number", "track_number", "is_playable")
    return [
        pl.col("item_id").alias("track_id"),
        _text(track.struct.field("name")).alias("name"),
        _id(track.struct.field("album"), "album").alias("album_id"),
        _duration(track).alias("duration_ms"),
        _text(isrc.str.replace_all("[^0-9A-Za-z]", "").str.to_uppercase()).alias("isrc"),
        *(track.struct.field(name) for name in plain),
        track.struct.field("restrictions").struct.field("reason").alias("restriction_reason"),
        _id(track.struct.field("linked_from"), "track").alias("linked_from_id"),
        _text(track.struct.field("preview_url")).alias("preview_url"),
        pl.col("item_uri").alias("uri"),
        track.struct.field("artists").alias("credits"),
        *_PLACE,
    ]


def _album_columns(album: pl.Expr) -> list[pl.Expr | str]:
    return [
        _id(album, "album").alias("album_id"),
        _text(album.struct.field("name")).alias("name"),
        _text(album.struct.field("album_type").str.to_lowercase()).alias("album_type"),
        *_released(album),
        album.struct.field("total_tracks"),
        *(pl.lit(None).alias(name) for name in ("upc", "label", "popularity", "full_record_observed_at")),
        _image(album).alias("image_url"),
        album.struct.field("uri"),
        album.struct.field("artists").alias("credits"),
        *_PLACE,
    ]


def _episode_columns() -> list[pl.Expr | str]:
    episode = pl.col("item")
    show = episode.struct.field("show")
    return [
        pl.col("item_id").alias("episode_id"),
        episode.struct.field("name"),
        show.struct.field("id").alias("show_id"),
        show.struct.field("name").alias("show_name"),
        show.struct.field("publisher"),
        *_released(episode),
        _duration(episode).alias("duration_ms"),
        episode.struct.field("explicit"),
        pl.col("item_uri").alias("uri"),
        *_PLACE,
    ]


def _latest(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    ordered = rows.sort(_PLACE, descending=[True, False, False])
    return ordered.unique(key, keep="first", maintain_order=False)


def _playlists(lines: pl.DataFrame) -> pl.DataFrame:
    record = pl.col("record")
    plain = {
        "name": "name",
        "public": "is_public",
        "collaborative": "is_collaborative",
        "snapshot_id": "snapshot_id",
        "uri": "uri",
    }
    return lines.select(
        "playlist_id",
        *(record.struct.field(name).alias(alias) for name, alias in plain.items()),
        record.struct.field("description").str.replace_all("&amp;", "&", literal=True),
        record.struct.field("owner").struct.field("id").alias("owner_id"),
        record.struct.field("owner").struct.field("display_name").alias("owner_name"),
        record.struct.field("tracks").struct.field("total").alias("item_count"),
        record.struct.field("followers").struct.field("total").alias("followers"),
        record.struct.field("external_urls").struct.field("spotify").alias("url"),
        _image(record).alias("image_url"),
        "fetched_at",
        pl.col("fetched_at").alias("followers_observed_at"),
    )


def _artists(lines: pl.DataFrame) -> pl.DataFrame:
    record = pl.col("record")
    return lines.select(
        "artist_id",
        *(record.struct.field(name) for name in ("name", "genres", "popularity", "uri")),
        record.struct.field("followers").struct.field("total").alias("followers"),
        _image(record).alias("image_url"),
        pl.lit(value=True).alias("is_full"),
        "fetched_at",
    )


def _credits(winners: pl.DataFrame, owner: str) -> pl.DataFrame:
    places = pl.int_ranges(pl.col("credits").list.len()).alias("artist_position")
    rows = winners.select(owner, "fetched_at", "credits", places).explode("credits", "artist_position")
    credit = pl.col("credits")
    return (
        rows.select(
            owner,
            _id(credit, "artist").alias("artist_id"),
            "artist_position",
            _text(credit.struct.field("name")).alias("name"),
            credit.struct.field("uri"),
            "fetched_at",
        )
        .drop_nulls("artist_id")
        .unique([owner, "artist_id"], keep="first", maintain_order=True)
    )


def _all_artists(records: pl.DataFrame, tracks: pl.DataFrame, albums: pl.DataFrame) -> pl.DataFrame:
    sightings = pl.concat(
        [
            each.select(
                "artist_id",
                "name",
                "uri",
                "fetched_at",
                pl.lit(kind).alias("kind"),
                pl.col(f"{kind}_id").alias("owner_id"),
                "artist_position",
            )
            for kind, each in (("album", albums), ("track", tracks))
        ]
    )
    order = ["fetched_at", "kind", "owner_id", "artist_position"]
    credited = sightings.sort(order, descending=[True, False, False, False]).unique("artist_id", keep="first")
    known = records.join(credited, on="artist_id", how="semi")
    others = credited.join(records, on="artist_id", how="anti").select(
        "artist_id", "name", "uri", "fetched_at", is_full=pl.lit(value=False)
    )
    return pl.concat([known, others], how="diagonal")


def _write(frame: pl.DataFrame, name: str, curated: Path) -> None:
    folder = curated / name / f"snapshot_date={DAY}"
    folder.mkdir(parents=True)
    columns = [pl.col(each.name).cast(_TYPES[each.type]) for each in tables.table(name).columns]
    frame.select(columns).write_parquet(folder / "part.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
