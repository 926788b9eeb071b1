"""The rule that compares each playlist's `item_count` with the number of its stored items.

A playlist's record and its contents are read by different calls, so the two may be of different versions. A
playlist that could not be read completely keeps its last complete contents, and one that may not be read has
none. Only a record and contents of the same `snapshot_id` are compared.

The rule is a warning. The fetch rejects a truncated list, but Spotify may leave out slots that it cannot
show, and that must not hold up the other playlists. A rejected item counts as stored: it is in
`rejected_records` and counted by `rejected_share`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Final

import pyarrow as pa

from spotify_lake.contract.raw_zone import PlaylistEntry
from spotify_lake.contract.tables import PLAYLISTS
from spotify_lake.quality.rules import Result, Rule, examples

RULE: Final = Rule(
    PLAYLISTS.name,
    ("item_count",),
    "stored_items",
    "warn",
    "the number of stored items of the same snapshot_id, including rejected ones",
)
STATED: Final = "stated_items"
"""The kind of the figures whose names are keys from `stated_items`."""
_COLUMNS: Final = ("playlist_id", "snapshot_id", "item_count")


def stated_items(playlists: pa.Table) -> list[str]:
    """Return a key (playlist, snapshot_id, item_count) for each row of `playlists` that has all three."""
    rows = playlists.select(_COLUMNS).to_pylist()
    return [_key(*row.values()) for row in rows if None not in row.values()]


def stored_items_result(entries: Iterable[PlaylistEntry], stated: Collection[str]) -> Result:
    """Return the result of the rule.

    Args:
        entries: the contents of the day, one entry for each playlist.
        stated: keys from `stated_items` of all published records.
    """
    stored = {(entry.playlist_id, entry.snapshot_id): entry.rows for entry in entries}
    counts = {(playlist, snapshot): count for playlist, snapshot, count in map(json.loads, stated)}
    wrong = [
        f"{playlist} states {count}, {stored[playlist, snapshot]} are stored"
        for (playlist, snapshot), count in sorted(counts.items())
        if stored.get((playlist, snapshot), count) != count
    ]
    return Result(RULE, len(wrong), examples(wrong))


def _key(playlist_id: str, snapshot_id: str, item_count: int) -> str:
    return json.dumps([playlist_id, snapshot_id, item_count])
