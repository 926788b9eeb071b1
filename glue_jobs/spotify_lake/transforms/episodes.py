"""episodes: the podcast episodes and audiobook chapters in playlists."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spotify_lake.contract import raw_zone, tables
from spotify_lake.contract.arrow_schema import conform
from spotify_lake.transforms.columns import (
    array,
    duration,
    field,
    is_true,
    release_date,
    release_date_precision,
    text,
    where,
)
from spotify_lake.transforms.entity import Entity, place
from spotify_lake.transforms.latest import TIE_BREAK
from spotify_lake.transforms.playlist_items import is_spoken


def episodes(items: pa.Table) -> pa.Table:
    """Return every observation of an episode or chapter: the table's columns and those of `TIE_BREAK`.

    A chapter has an `audiobook` instead of a `show`. A client that does not request episodes gets them in the
    form of a track, with the show as its album.
    """
    observed = items.filter(is_spoken(array(items, "item_type")))  # few, so filter first
    episode = array(observed, "item")
    show, audiobook, album = (field(episode, name) for name in ("show", "audiobook", "album"))
    album_is_show = is_true(pc.starts_with(field(album, "uri"), "spotify:show:"))
    date = field(episode, "release_date")
    columns = {
        "episode_id": array(observed, "item_id"),
        "name": text(field(episode, "name")),
        **{
            f"show_{name}": pc.coalesce(
                text(field(show, name)),
                text(field(audiobook, name)),
                where(album_is_show, text(field(album, name))),
            )
            for name in ("id", "name")
        },
        "publisher": pc.coalesce(text(field(show, "publisher")), text(field(audiobook, "publisher"))),
        "release_date": release_date(date),
        "release_date_precision": release_date_precision(date, field(episode, "release_date_precision")),
        "duration_ms": duration(field(episode, "duration_ms")),
        "explicit": field(episode, "explicit"),
        "uri": array(observed, "item_uri"),
        **place(observed),
    }
    return conform(tables.EPISODES, columns, TIE_BREAK)


ENTITY: Final = Entity(
    table=tables.EPISODES,
    sources=raw_zone.ITEM_SOURCES,
    observe=episodes,
    distribute_by="episode_id",
    is_combined=True,
)
