"""track_artists and album_artists: one row per credited artist."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from spotify_lake.transforms.columns import array, field, id_of, text
from spotify_lake.transforms.entity import CREDITS
from spotify_lake.transforms.latest import latest


def credited_artists(winners: pa.Table, owner: str) -> pa.Table:
    """Return one row per credit on tracks or albums.

    Columns: the owner's id, artist_id, artist_position (int32, from 0), name, uri, fetched_at. Credits
    without an id (local files, withdrawn albums) have nothing to join to and are left out; the others keep
    their positions. An artist credited twice has the first position.

    Args:
        winners: rows with the owner's id, `fetched_at` and `_credits`.
        owner: the name of the owner's id column.
    """
    lists = array(winners, CREDITS)
    owners = lists.value_parent_indices().to_numpy()
    credit = lists.flatten()
    positions = np.arange(len(owners)) - np.searchsorted(owners, owners)
    artist_id = id_of(field(credit, "id"), field(credit, "uri"), "artist")
    rows = pa.table(
        {
            owner: array(winners, owner).take(pa.array(owners)),
            "artist_id": artist_id,
            "artist_position": pa.array(positions, pa.int32()),
            "name": text(field(credit, "name")),
            "uri": text(field(credit, "uri")),
            "fetched_at": array(winners, "fetched_at").take(pa.array(owners)),
        }
    ).filter(artist_id.is_valid())
    return latest(rows, (owner, "artist_id"), ("artist_position",))
