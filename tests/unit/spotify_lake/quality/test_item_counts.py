"""`item_count` is compared with the stored items of the same version."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.contract.raw_zone import PlaylistEntry
from spotify_lake.contract.tables import PLAYLISTS
from spotify_lake.quality.item_counts import stated_items, stored_items_result


def record(playlist_id: str, item_count: int | None, snapshot_id: str | None = "s1") -> dict[str, Any]:
    return {"playlist_id": playlist_id, "snapshot_id": snapshot_id, "item_count": item_count}


def contents(playlist_id: str, rows: int, snapshot_id: str = "s1") -> PlaylistEntry:
    return PlaylistEntry("playlist_items", playlist_id, snapshot_id, "fetched", "", rows, ())


def failing(records: list[dict[str, Any]], entries: list[PlaylistEntry]) -> tuple[int, str | None]:
    rows = pa.Table.from_pylist(records, schema=arrow_schema(PLAYLISTS))
    result = stored_items_result(entries, stated_items(rows))
    assert (result.rule.name, result.rule.severity) == ("playlists.item_count:stored_items", "warn")
    return result.failing, result.detail


def test_a_playlist_with_fewer_or_more_stored_items_is_named_with_both_numbers() -> None:
    records = [record("p", 220), record("q", 3), record("r", 5), record("none", 0)]
    entries = [contents("p", 150), contents("q", 4), contents("r", 5), contents("none", 0)]
    assert failing(records, entries) == (2, "p states 220, 150 are stored, q states 3, 4 are stored")


@pytest.mark.parametrize(
    ("records", "entries"),
    [
        ([record("p", None)], [contents("p", 150)]),  # Spotify left the number out
        ([record("p", 220, "s2")], [contents("p", 150, "s1")]),  # an earlier snapshot is used
        ([record("p", 220, None)], [contents("p", 150)]),
        ([record("p", 220)], []),  # contents that the app may not read
        ([], [contents("p", 150)]),  # no record of its own
        ([record("p", 220)], [contents("q", 150)]),
    ],
)
def test_only_a_record_and_contents_of_the_same_version_are_compared(
    records: list[dict[str, Any]], entries: list[PlaylistEntry]
) -> None:
    assert failing(records, entries) == (0, None)


def test_an_empty_playlist_that_states_items_is_named() -> None:
    assert failing([record("p", 220)], [contents("p", 0)]) == (1, "p states 220, 0 are stored")
    assert failing([record("p", 0)], [contents("p", 7)]) == (1, "p states 0, 7 are stored")


def test_only_the_first_of_many_playlists_are_named() -> None:
    count, detail = failing([record(f"p{n}", 1) for n in range(8)], [contents(f"p{n}", 0) for n in range(8)])
    assert count == 8
    assert detail is not None
    assert detail.endswith("p4 states 1, 0 are stored and 3 more")
