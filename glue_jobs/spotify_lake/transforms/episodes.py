"""episodes: the podcast episodes that stand in playlists."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spotify_lake import tables
from spotify_lake.arrow_schema import conform
from spotify_lake.columns import array, duration, field, release_date, release_date_precision, text
from spotify_lake.latest import TIE_BREAK
from spotify_lake.transforms.observed import place

BESIDE: Final = TIE_BREAK


def episodes(items: pa.Table) -> pa.Table:
    """Return every observation of an episode among classified items: the table's columns and `BESIDE`."""
    observed = items.filter(pc.equal(array(items, "item_type"), "episode"))  # few: sooner is cheaper
    episode = array(observed, "item")
    date = field(episode, "release_date")
    columns = {
        "episode_id": array(observed, "item_id"),
        "name": text(field(episode, "name")),
        "show_id": text(field(episode, "show", "id")),
        "show_name": text(field(episode, "show", "name")),
        "publisher": text(field(episode, "show", "publisher")),
        "release_date": release_date(date),
        "release_date_precision": release_date_precision(date, field(episode, "release_date_precision")),
        "duration_ms": duration(field(episode, "duration_ms")),
        "explicit": field(episode, "explicit"),
        "uri": array(observed, "item_uri"),
        **place(observed),
    }
    return conform(tables.EPISODES, columns, BESIDE)
