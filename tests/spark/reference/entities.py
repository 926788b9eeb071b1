"""The tables with records of their own: playlists, artists, and full albums."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from spotify_lake.contract import tables
from tests.spark.reference.items import Credit
from tests.spark.reference.reading import Record, Row
from tests.spark.reference.values import first_image, text, whole, without_html_entities
from tests.spark.reference.winners import latest_first, winners


def playlist_rows(records: Iterable[Record]) -> list[Row]:
    """The rows of playlists: the latest record of each, with the latest known followers."""
    by_id: dict[str | None, list[tuple[Any, Row]]] = {}
    for line in records:
        row = _playlist_row(line)
        by_id.setdefault(line.playlist_id, []).append((latest_first(line.fetched_at, line.run_id, row), row))
    rows = []
    for observed in by_id.values():
        latest = [row for _, row in sorted(observed, key=lambda each: each[0])]
        counted = next((row for row in latest if row["followers"] is not None), latest[0])
        names = ("followers", "followers_observed_at")
        rows.append({**latest[0], **{name: counted[name] for name in names}})
    return rows


def _playlist_row(line: Record) -> Row:
    playlist, owner = line.record, line.record["owner"] or {}
    counts = [_total(playlist["items"]), _total(playlist["tracks"])]
    followers = whole(_total(playlist["followers"]), "bigint")
    return {
        "playlist_id": line.playlist_id,
        "name": text(playlist["name"]),
        "description": without_html_entities(playlist["description"]),
        "owner_id": text(owner.get("id")),
        "owner_name": text(owner.get("display_name")),
        "is_public": playlist["public"],
        "is_collaborative": playlist["collaborative"],
        "snapshot_id": text(playlist["snapshot_id"]) or text(line.snapshot_id),
        "item_count": whole(next((each for each in counts if each is not None), None), "int"),
        "followers": followers,
        "image_url": first_image(playlist["images"]),
        "url": text((playlist["external_urls"] or {}).get("spotify")),
        "uri": text(playlist["uri"]) or f"spotify:playlist:{line.playlist_id}",
        "fetched_at": line.fetched_at,
        "followers_observed_at": None if followers is None else line.fetched_at,
    }


def _total(counted: Row | None) -> float | None:
    return counted["total"] if counted else None


def artist_rows(records: Iterable[Record], credits_: Iterable[Credit]) -> dict[str, Row]:
    """The row of each artist by id: the full record if there is one, otherwise the credit."""
    own = winners(records, lambda line: line.artist_id, _order_of_records)
    named = winners(credits_, lambda credit: credit.artist_id, _order_of_credits)
    return {name: _credited_row(each) for name, each in named.items()} | {
        name: _artist_row(line) for name, line in own.items()
    }


def _order_of_records(line: Record) -> tuple[Any, ...]:
    return latest_first(line.fetched_at, line.run_id, _artist_row(line))


def _order_of_credits(credit: Credit) -> tuple[Any, ...]:
    return latest_first(credit.fetched_at, credit.kind, credit.owner_id, credit.position)


def _artist_row(line: Record) -> Row:
    artist = line.record
    return {
        "artist_id": line.artist_id,
        "name": text(artist["name"]),
        "genres": artist["genres"],
        "followers": whole(_total(artist["followers"]), "bigint"),
        "popularity": whole(artist["popularity"], "int"),
        "image_url": first_image(artist["images"]),
        "uri": text(artist["uri"]),
        "is_full": True,
        "fetched_at": line.fetched_at,
    }


def _credited_row(credit: Credit) -> Row:
    nothing = dict.fromkeys(tables.ARTISTS.column_names)
    return nothing | {
        "artist_id": credit.artist_id,
        "name": credit.name,
        "uri": credit.uri,
        "is_full": False,
        "fetched_at": credit.fetched_at,
    }


def full_albums(records: Iterable[Record]) -> dict[str, Row]:
    """The values of the latest full record of each album, by its id."""

    def order(line: Record) -> tuple[Any, ...]:
        return latest_first(line.fetched_at, line.run_id, _full_album(line))

    latest = winners(records, lambda line: line.album_id, order)
    return {album_id: _full_album(line) for album_id, line in latest.items()}


def _full_album(line: Record) -> Row:
    album = line.record
    return {
        "upc": text((album["external_ids"] or {}).get("upc")),
        "label": text(album["label"]),
        "popularity": whole(album["popularity"], "int"),
        "full_record_observed_at": line.fetched_at,
    }
