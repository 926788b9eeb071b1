"""Items of playlists, and the tables made from them: items, tracks, albums, episodes, credits."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from tests.spark.reference import values
from tests.spark.reference.reading import Record, Row
from tests.spark.reference.values import duration, id_of, text, whole
from tests.spark.reference.winners import latest_first, winners

_LOCAL = "spotify:local:"
_TITLE, _ARTIST, _ALBUM = 4, 2, 3
_SPOKEN = ("episode", "chapter")


@dataclasses.dataclass(frozen=True)
class Item:
    """A line of a playlist or of the saved tracks, and the type of its item."""

    line: Record
    content: Row | None
    uri: str | None
    is_local: bool
    item_type: str
    item_id: str | None

    @classmethod
    def of(cls, line: Record) -> Item:
        """Classify a line. The field `item` of 2026 takes precedence over `track`."""
        record = line.record
        content = record["item"] if record["item"] is not None else record["track"]
        uri = text(content["uri"]) if content else None
        flags = [record["is_local"], content["is_local"] if content else None, False]
        is_local = next(each for each in flags if each is not None) or (uri or "").startswith(_LOCAL)
        item_type, item_id = _kind(content, uri, is_local=is_local)
        return cls(line, content, uri, is_local, item_type, item_id)

    @property
    def artists(self) -> list[Row | None]:
        """The credits in their order."""
        return (self.content or {}).get("artists") or []

    @property
    def fetched_at(self) -> dt.datetime:
        """When it was read."""
        return self.line.fetched_at

    def place(self) -> tuple[Any, ...]:
        """The key: playlist, version and position."""
        return self.line.playlist_id, self.line.snapshot_id, self.line.position

    def order_at_place(self) -> tuple[Any, ...]:
        """Sort key for observations of the same key."""
        return latest_first(self.fetched_at, self.line.source, self.line.run_id, self.row())

    def row(self) -> Row:
        """The row of playlist_items."""
        line, content, is_local = self.line, self.content or {}, self.item_type == "local"
        first_artist = (self.artists or [None])[0] or {}
        album = content.get("album") or {}
        tags = {
            index: values.local_uri_part(self.uri, index) if is_local else None
            for index in (_TITLE, _ARTIST, _ALBUM)
        }
        length = duration(content.get("duration_ms"))
        return {
            "playlist_id": line.playlist_id,
            "snapshot_id": line.snapshot_id,
            "position": line.position,
            "item_type": self.item_type,
            "track_id": self.item_id if self.item_type == "track" else None,
            "episode_id": self.item_id if self.item_type in _SPOKEN else None,
            "item_uri": self.uri,
            "item_name": text(content.get("name")) or tags[_TITLE],
            "local_artist_name": (text(first_artist.get("name")) or tags[_ARTIST]) if is_local else None,
            "local_album_name": (text(album.get("name")) or tags[_ALBUM]) if is_local else None,
            "added_at": values.known_instant(line.record["added_at"]),
            "added_by_id": text((line.record["added_by"] or {}).get("id")),
            "is_local": self.is_local,
            "duration_ms": length or (values.local_duration(self.uri) if is_local else None),
            "fetched_at": self.fetched_at,
        }


def _kind(content: Row | None, uri: str | None, *, is_local: bool) -> tuple[str, str | None]:
    """The item_type and the id. A track, an episode or a chapter without an id is unavailable."""
    if content is None:
        return "unavailable", None
    if is_local:
        return "local", None
    kind_of_uri = uri.split(":")[1] if uri and uri.startswith("spotify:") else "track"
    kind = content["type"] or kind_of_uri
    for spoken in ("chapter", "episode"):
        if spoken in (kind, kind_of_uri):
            identifier = id_of(content["id"], uri, "episode") or id_of(content["id"], uri, "chapter")
            return (spoken, identifier) if identifier else ("unavailable", None)
    if kind == "track":
        identifier = id_of(content["id"], uri, "track")
        return ("track", identifier) if identifier else ("unavailable", None)
    return ("other", content["id"] or None) if content["id"] or uri else ("unavailable", None)


def tracks_and_episodes(items: Iterable[Item]) -> dict[str, dict[str, Item]]:
    """The latest item of each track and of each episode or chapter, in any playlist."""
    items = list(items)
    row_of = {"track": track_row, "episode": episode_row, "chapter": episode_row}

    def order(item: Item) -> tuple[Any, ...]:
        line, row = item.line, row_of[item.item_type](item)
        place = (line.source, line.playlist_id, line.position, line.run_id)
        return latest_first(item.fetched_at, *place, row, item.artists)

    return {
        kinds[0]: winners(
            (item for item in items if item.item_type in kinds), lambda item: item.item_id, order
        )
        for kinds in (("track",), _SPOKEN)
    }


def track_row(item: Item) -> Row:
    """The row of tracks."""
    track = item.content or {}
    album, linked_from = track["album"] or {}, track["linked_from"] or {}
    return {
        "track_id": item.item_id,
        "name": text(track["name"]),
        "album_id": id_of(album.get("id"), album.get("uri"), "album"),
        "duration_ms": duration(track["duration_ms"]),
        "explicit": track["explicit"],
        "isrc": values.isrc((track["external_ids"] or {}).get("isrc")),
        "popularity": whole(track["popularity"], "int"),
        "disc_number": whole(track["disc_number"], "int"),
        "track_number": whole(track["track_number"], "int"),
        "is_playable": track["is_playable"],
        "restriction_reason": text((track["restrictions"] or {}).get("reason")),
        "linked_from_id": id_of(linked_from.get("id"), linked_from.get("uri"), "track"),
        "preview_url": text(track["preview_url"]),
        "uri": item.uri,
        "fetched_at": item.fetched_at,
    }


def episode_row(item: Item) -> Row:
    """The row of episodes."""
    episode = item.content or {}
    show, audiobook = episode["show"] or {}, episode["audiobook"] or {}
    album = episode["album"] or {}
    if not (album.get("uri") or "").startswith("spotify:show:"):
        album = {}
    return {
        "episode_id": item.item_id,
        "name": text(episode["name"]),
        "show_id": text(show.get("id")) or text(audiobook.get("id")) or text(album.get("id")),
        "show_name": text(show.get("name")) or text(audiobook.get("name")) or text(album.get("name")),
        "publisher": text(show.get("publisher")) or text(audiobook.get("publisher")),
        "release_date": values.release_date(episode["release_date"]),
        "release_date_precision": values.release_date_precision(
            episode["release_date"], episode["release_date_precision"]
        ),
        "duration_ms": duration(episode["duration_ms"]),
        "explicit": episode["explicit"],
        "uri": item.uri,
        "fetched_at": item.fetched_at,
    }


@dataclasses.dataclass(frozen=True)
class Album:
    """An observation of an album on a track."""

    seen_on: Item
    content: Row

    @property
    def artists(self) -> list[Row | None]:
        """The credits in their order."""
        return self.content["artists"] or []

    @property
    def album_id(self) -> str | None:
        """Its id, or the one in its URI."""
        return id_of(self.content["id"], self.content["uri"], "album")

    @property
    def fetched_at(self) -> dt.datetime:
        """When the track was read."""
        return self.seen_on.fetched_at

    def order(self) -> tuple[Any, ...]:
        """Sort key for observations of the same album."""
        line = self.seen_on.line
        place = (line.source, line.playlist_id, line.position, line.run_id)
        return latest_first(self.fetched_at, *place, self.row(), self.artists)

    def row(self) -> Row:
        """The row of albums, without the values of a full record."""
        album = self.content
        return {
            "album_id": self.album_id,
            "name": text(album["name"]),
            "album_type": text((album["album_type"] or "").lower()),
            "release_date": values.release_date(album["release_date"]),
            "release_date_precision": values.release_date_precision(
                album["release_date"], album["release_date_precision"]
            ),
            "total_tracks": whole(album["total_tracks"], "int"),
            "upc": None,
            "label": None,
            "popularity": None,
            "image_url": values.first_image(album["images"]),
            "uri": text(album["uri"]),
            "fetched_at": self.fetched_at,
            "full_record_observed_at": None,
        }


def albums_seen(items: Iterable[Item]) -> dict[str, Album]:
    """The latest observation of each album, on any item and not only on the chosen ones."""
    seen = (
        Album(item, item.content["album"])
        for item in items
        if item.item_type == "track" and item.content and item.content["album"]
    )
    return winners((each for each in seen if each.album_id), lambda each: each.album_id, Album.order)


@dataclasses.dataclass(frozen=True)
class Credit:
    """A credit of an artist on a track or an album, depending on `kind`."""

    kind: str
    owner_id: str
    artist_id: str
    position: int
    name: str | None
    uri: str | None
    fetched_at: dt.datetime

    def row(self) -> Row:
        """The row of track_artists or album_artists."""
        return {
            f"{self.kind}_id": self.owner_id,
            "artist_id": self.artist_id,
            "artist_position": self.position,
        }


def credited(kind: str, on: Item | Album) -> Iterator[Credit]:
    """Yield the credits in their order: each artist once, and no artist without an id."""
    owner_id = on.album_id if isinstance(on, Album) else on.item_id
    seen: set[str] = set()
    for position, artist in enumerate(on.artists):
        artist_id = id_of(artist["id"], artist["uri"], "artist") if artist else None
        if not artist or artist_id is None or artist_id in seen:
            continue
        seen.add(artist_id)
        name, uri = text(artist["name"]), text(artist["uri"])
        yield Credit(kind, owner_id or "", artist_id, position, name, uri, on.fetched_at)
