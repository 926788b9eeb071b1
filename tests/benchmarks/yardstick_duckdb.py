"""The job's work in DuckDB: `python -m tests.benchmarks.yardstick_duckdb <raw bucket> <curated bucket>`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import duckdb

from tests.benchmarks.job_world import DAY

_CREDIT: Final = "STRUCT(id VARCHAR, name VARCHAR, uri VARCHAR)[]"
_IMAGES: Final = "STRUCT(url VARCHAR)[]"
_ALBUM: Final = f"""STRUCT(id VARCHAR, name VARCHAR, uri VARCHAR, album_type VARCHAR, release_date VARCHAR,
 release_date_precision VARCHAR, total_tracks DOUBLE, images {_IMAGES}, artists {_CREDIT})"""
_ITEM: Final = f"""STRUCT(id VARCHAR, name VARCHAR, uri VARCHAR, "type" VARCHAR, is_local BOOLEAN,
 duration_ms DOUBLE, explicit BOOLEAN, popularity DOUBLE, disc_number DOUBLE, track_number DOUBLE,
 is_playable BOOLEAN, restrictions STRUCT(reason VARCHAR), linked_from STRUCT(id VARCHAR, uri VARCHAR),
 preview_url VARCHAR, external_ids STRUCT(isrc VARCHAR), artists {_CREDIT}, album {_ALBUM},
 "show" STRUCT(id VARCHAR, name VARCHAR, publisher VARCHAR), release_date VARCHAR,
 release_date_precision VARCHAR)"""
_RECORDS: Final = {
    "playlist_items": f"STRUCT(added_at VARCHAR, added_by STRUCT(id VARCHAR), is_local BOOLEAN,"
    f" track {_ITEM})",
    "playlists": f"""STRUCT(name VARCHAR, uri VARCHAR, images {_IMAGES}, followers STRUCT(total DOUBLE),
 description VARCHAR, owner STRUCT(id VARCHAR, display_name VARCHAR), public BOOLEAN, collaborative BOOLEAN,
 snapshot_id VARCHAR, tracks STRUCT(total DOUBLE), external_urls STRUCT(spotify VARCHAR))""",
    "artists": f"""STRUCT(name VARCHAR, uri VARCHAR, images {_IMAGES}, followers STRUCT(total DOUBLE),
 genres VARCHAR[], popularity DOUBLE)""",
}
_ENVELOPE: Final = {
    "playlist_id": "VARCHAR",
    "artist_id": "VARCHAR",
    "snapshot_id": "VARCHAR",
    "position": "DOUBLE",
    "fetched_at": "TIMESTAMP",
    "run_id": "VARCHAR",
}

_MACROS: Final = r"""
CREATE MACRO id_of(id, uri, kind) AS coalesce(nullif(id, ''),
    nullif(regexp_extract(uri, '^spotify:' || kind || ':([0-9A-Za-z]+)$', 1), ''));
CREATE MACRO release_day(d) AS
    CASE WHEN regexp_matches(d, '^\d{4}(-\d{2}){0,2}$') AND NOT starts_with(d, '0000')
       THEN try_cast(d || CASE length(d) WHEN 4 THEN '-01-01' WHEN 7 THEN '-01' ELSE '' END AS DATE) END;
CREATE MACRO precision_of(d, said) AS CASE WHEN release_day(d) IS NULL THEN NULL
    WHEN length(d) = 4 THEN 'year'
    WHEN length(d) = 7 THEN 'month'
    WHEN lower(said) IN ('year', 'month', 'day') THEN lower(said) ELSE 'day' END;
CREATE MACRO local_part(uri, n) AS nullif(url_decode(replace(split_part(uri, ':', n), '+', ' ')), '');
"""

# The item's columns once. The wide struct stays in `raw`.
_ITEMS: Final = """
CREATE TABLE items AS
SELECT playlist_id, snapshot_id, position::INT AS position, fetched_at, record.added_at AS added_at,
    nullif(record.added_by.id, '') AS added_by_id, record.track AS item,
    nullif(record.track.uri, '') AS item_uri,
    coalesce(record.is_local, record.track.is_local, false)
        OR coalesce(starts_with(record.track.uri, 'spotify:local:'), false) AS is_local,
    coalesce(record.track."type" = 'episode', false) AS is_episode,
    CASE WHEN record.track."type" = 'episode' THEN id_of(record.track.id, record.track.uri, 'episode')
        ELSE id_of(record.track.id, record.track.uri, 'track') END AS item_id,
    CASE WHEN record.track IS NULL THEN 'unavailable' WHEN is_local THEN 'local'
        WHEN item_id IS NULL THEN 'unavailable' WHEN is_episode THEN 'episode' ELSE 'track' END AS item_type
FROM raw_playlist_items
"""
_LATEST: Final = "ORDER BY fetched_at DESC, playlist_id, position"
_WINNERS: Final = f"""
CREATE TABLE track_winners AS SELECT item_id AS track_id, item, item_uri, fetched_at FROM items
    WHERE item_type = 'track' QUALIFY row_number() OVER (PARTITION BY item_id {_LATEST}) = 1;
CREATE TABLE album_winners AS
    SELECT id_of(item.album.id, item.album.uri, 'album') AS album_id, item.album AS album, fetched_at
    FROM items
    WHERE item_type = 'track' AND album_id IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY album_id {_LATEST}) = 1;
"""


def _credits(kind: str, artists: str) -> str:
    return f"""
CREATE TABLE {kind}_credits AS
SELECT {kind}_id, id_of(credit.id, credit.uri, 'artist') AS artist_id, place - 1 AS artist_position,
    nullif(credit.name, '') AS name, nullif(credit.uri, '') AS uri, fetched_at
FROM (SELECT {kind}_id, fetched_at, unnest({artists}) AS credit, generate_subscripts({artists}, 1) AS place
    FROM {kind}_winners)
WHERE artist_id IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY {kind}_id, artist_id ORDER BY place) = 1;
"""


_TABLES: Final = {
    "playlists": """
SELECT playlist_id, nullif(record.name, '') AS name,
    nullif(replace(replace(record.description, '&#x27;', ''''), '&amp;', '&'), '') AS description,
    record.owner.id AS owner_id, record.owner.display_name AS owner_name, record.public AS is_public,
    record.collaborative AS is_collaborative, coalesce(record.snapshot_id, snapshot_id) AS snapshot_id,
    record.tracks.total::INT AS item_count, record.followers.total::BIGINT AS followers, record.uri AS uri,
    record.external_urls.spotify AS url, record.images[1].url AS image_url, fetched_at,
    CASE WHEN record.followers.total IS NOT NULL THEN fetched_at END AS followers_observed_at
FROM raw_playlists QUALIFY row_number() OVER (PARTITION BY playlist_id ORDER BY fetched_at DESC, run_id) = 1
""",
    "playlist_items": """
SELECT playlist_id, snapshot_id, position, item_type,
    CASE item_type WHEN 'track' THEN item_id END AS track_id,
    CASE item_type WHEN 'episode' THEN item_id END AS episode_id, item_uri,
    coalesce(nullif(item.name, ''),
        CASE item_type WHEN 'local' THEN local_part(item_uri, 5) END) AS item_name,
    CASE item_type WHEN 'local' THEN coalesce(nullif(item.artists[1].name, ''), local_part(item_uri, 3)) END
        AS local_artist_name,
    CASE item_type WHEN 'local' THEN coalesce(nullif(item.album.name, ''), local_part(item_uri, 4)) END
        AS local_album_name,
    nullif(try_cast(added_at AS TIMESTAMP), TIMESTAMP '1970-01-01') AS added_at, added_by_id, is_local,
    CASE WHEN item.duration_ms > 0 THEN item.duration_ms::BIGINT END AS duration_ms, fetched_at
FROM items
QUALIFY row_number() OVER (PARTITION BY playlist_id, snapshot_id, position ORDER BY fetched_at DESC) = 1
""",
    "tracks": """
SELECT track_id, nullif(item.name, '') AS name, id_of(item.album.id, item.album.uri, 'album') AS album_id,
    CASE WHEN item.duration_ms > 0 THEN item.duration_ms::BIGINT END AS duration_ms,
    item.explicit AS explicit,
    nullif(upper(regexp_replace(item.external_ids.isrc, '[^0-9A-Za-z]', '', 'g')), '') AS isrc,
    item.popularity::INT AS popularity, item.disc_number::INT AS disc_number,
    item.track_number::INT AS track_number, item.is_playable AS is_playable,
    nullif(item.restrictions.reason, '') AS restriction_reason,
    id_of(item.linked_from.id, item.linked_from.uri, 'track') AS linked_from_id,
    nullif(item.preview_url, '') AS preview_url, item_uri AS uri, fetched_at
FROM track_winners
""",
    "albums": """
SELECT album_id, nullif(album.name, '') AS name, nullif(lower(album.album_type), '') AS album_type,
    release_day(album.release_date) AS release_date,
    precision_of(album.release_date, album.release_date_precision) AS release_date_precision,
    album.total_tracks::INT AS total_tracks, NULL::VARCHAR AS upc, NULL::VARCHAR AS label,
    NULL::INT AS popularity, nullif(album.images[1].url, '') AS image_url, album.uri AS uri,
    fetched_at, NULL::TIMESTAMPTZ AS full_record_observed_at
FROM album_winners
""",
    "artists": """
WITH credits AS (
    SELECT artist_id, 'album' AS kind, album_id AS owner_id, artist_position, name, uri, fetched_at
    FROM album_credits
    UNION ALL
    SELECT artist_id, 'track', track_id, artist_position, name, uri, fetched_at FROM track_credits),
credited AS (
    SELECT artist_id, name, uri, fetched_at FROM credits QUALIFY row_number() OVER (
        PARTITION BY artist_id ORDER BY fetched_at DESC, kind, owner_id, artist_position) = 1),
read AS (
    SELECT artist_id, record, fetched_at FROM raw_artists
    QUALIFY row_number() OVER (PARTITION BY artist_id ORDER BY fetched_at DESC, run_id) = 1)
SELECT artist_id, CASE WHEN record IS NULL THEN c.name ELSE nullif(record.name, '') END AS name,
    record.genres AS genres,
    record.followers.total::BIGINT AS followers, record.popularity::INT AS popularity,
    nullif(record.images[1].url, '') AS image_url,
    CASE WHEN record IS NULL THEN c.uri ELSE nullif(record.uri, '') END AS uri,
    record IS NOT NULL AS is_full, coalesce(read.fetched_at, c.fetched_at) AS fetched_at
FROM credited c LEFT JOIN read USING (artist_id)
""",
    "track_artists": "SELECT track_id, artist_id, artist_position FROM track_credits",
    "album_artists": "SELECT album_id, artist_id, artist_position FROM album_credits",
    "episodes": """
SELECT item_id AS episode_id, nullif(item.name, '') AS name, item."show".id AS show_id,
    item."show".name AS show_name, item."show".publisher AS publisher,
    release_day(item.release_date) AS release_date,
    precision_of(item.release_date, item.release_date_precision) AS release_date_precision,
    CASE WHEN item.duration_ms > 0 THEN item.duration_ms::BIGINT END AS duration_ms,
    item.explicit AS explicit,
    item_uri AS uri, fetched_at
FROM items WHERE item_type = 'episode' QUALIFY row_number() OVER (PARTITION BY item_id
    ORDER BY fetched_at DESC, playlist_id, position) = 1
""",
}


def main(raw: Path, curated: Path) -> None:
    """Read every source once into tables, then write each table of the contract."""
    database = duckdb.connect()
    database.execute("SET preserve_insertion_order = false")
    database.execute(_MACROS)
    for source, record in _RECORDS.items():
        columns = ", ".join(f"{name}: '{kind}'" for name, kind in {**_ENVELOPE, "record": record}.items())
        database.execute(
            f"CREATE {'VIEW' if source == 'playlist_items' else 'TABLE'} raw_{source} AS SELECT * FROM"
            f" read_json('{raw}/spotify/{source}/**/*.ndjson.gz', format='newline_delimited',"
            f" columns={{{columns}}})"
        )
    database.execute(_ITEMS)
    database.execute(_WINNERS)
    database.execute(_credits("track", "item.artists"))
    database.execute(_credits("album", "album.artists"))
    for table, query in _TABLES.items():
        folder = curated / table / f"snapshot_date={DAY}"
        folder.mkdir(parents=True)
        database.execute(f"COPY ({query}) TO '{folder}/part.parquet' (FORMAT parquet)")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
