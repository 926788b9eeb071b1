"""The marts of playlists in plain Python, day by day over the rows of the tables."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from tests.spark.marts.curated_lake import Row, Tables

Key = tuple[str, str]


@dataclasses.dataclass
class History:
    """What is known after the days so far.

    Attributes:
        playlists: by playlist, its newest contents: day, day before, items by URI, ranks by track.
        stays: the open stays by playlist and URI.
        totals: by playlist and track.
    """

    playlists: dict[str, Row] = dataclasses.field(default_factory=dict)
    stays: dict[Key, Row] = dataclasses.field(default_factory=dict)
    totals: dict[Key, Row] = dataclasses.field(default_factory=dict)

    def add(self, day: str, tables: Tables) -> dict[str, dict[Any, Row]]:
        """Add a day and return the rows of its marts by their keys."""
        read = contents(tables)
        before = {name: dict(known) for name, known in self.playlists.items()}
        for name, known in self.playlists.items():
            known["without"] = None if known["last"] is None else known["without"] + 1
            known["listed"] = False
            assert name not in read or known is not before[name]
        for row in tables["playlists"]:
            known = self.playlists.setdefault(row["playlist_id"], unread(row["playlist_id"]))
            known |= {"listed": True, "name": row["name"]}
        for name, items in read.items():
            known = self.playlists.setdefault(name, unread(name))
            known |= {"previous": known["last"], "last": day, "without": 0, "items": len(items)}
        changes = self._changes(day, read)
        ended = self._stay(day, read)
        positions = self._chart(day, read, before)
        return {
            "playlist_daily": {name: dict(known) for name, known in self.playlists.items()},
            "playlist_changes": changes,
            "playlist_stays": {**{key: dict(stay) for key, stay in self.stays.items()}, **ended},
            "chart_totals": {key: dict(total) for key, total in self.totals.items()},
            "chart_positions": positions,
        }

    def _changes(self, day: str, read: Mapping[str, list[Row]]) -> dict[Key, Row]:
        """Added and removed items, and the positions of all that stayed."""
        found = {}
        for name, items in read.items():
            previous = self.playlists[name]["previous"]
            if previous is None:
                continue
            between = (dt.date.fromisoformat(day) - dt.date.fromisoformat(previous)).days
            now = first_positions(items)
            was = {uri: stay["position"] for (playlist, uri), stay in self.stays.items() if playlist == name}
            for uri in now.keys() | was.keys():
                change = "added" if uri not in was else "removed" if uri not in now else "stayed"
                found[name, uri] = {
                    "change": change,
                    "position": now.get(uri, was.get(uri)),
                    "previous_position": was.get(uri),
                    "days_between": between,
                }
        return found

    def _stay(self, day: str, read: Mapping[str, list[Row]]) -> dict[Key, Row]:
        """Continue, begin and end stays; return those that ended."""
        ended = {}
        for key in [key for key in self.stays if key[0] in read]:
            if key[1] not in first_positions(read[key[0]]):
                ended[key] = self.stays.pop(key) | {"is_open": False}
        for name, items in read.items():
            for uri, position in first_positions(items).items():
                stay = self.stays.setdefault(
                    (name, uri),
                    {
                        "first_day": day,
                        "snapshots": 0,
                        "is_open": True,
                        "is_start_known": self.playlists[name]["previous"] is not None,
                    },
                )
                stay |= {"last_day": day, "position": position, "snapshots": stay["snapshots"] + 1}
        return ended

    def _chart(self, day: str, read: Mapping[str, list[Row]], before: Mapping[str, Row]) -> dict[Key, Row]:
        positions = {}
        for name, items in read.items():
            ranks: dict[str, int] = {}
            for item in items:
                if item["track_id"] is not None:
                    ranks.setdefault(item["track_id"], item["position"] + 1)
            last_ranks = before[name]["ranks"] if name in before else {}
            for track, rank in ranks.items():
                total = self.totals.setdefault(
                    (name, track),
                    {"first_day": day, "peak_rank": rank, "peak_day": day, "days_on_chart": 0},
                )
                if rank < total["peak_rank"]:
                    total |= {"peak_rank": rank, "peak_day": day}
                total |= {"last_day": day, "last_rank": rank, "days_on_chart": total["days_on_chart"] + 1}
                positions[name, track] = {
                    "chart_rank": rank,
                    "previous_rank": last_ranks.get(track),
                    **{each: total[each] for each in ("peak_rank", "days_on_chart", "first_day", "peak_day")},
                }
            self.playlists[name]["ranks"] = ranks
        return positions


def unread(name: str) -> Row:
    """A playlist whose contents were never read."""
    return {
        "name": None,
        "listed": False,
        "last": None,
        "previous": None,
        "without": None,
        "items": None,
        "ranks": {},
    }


def contents(tables: Tables) -> dict[str, list[Row]]:
    """The items of each playlist that was read on a day, in order; an empty one has none."""
    found: dict[str, list[Row]] = {
        row["playlist_id"]: [] for row in tables["playlists"] if row["item_count"] == 0
    }
    for row in sorted(tables["playlist_items"], key=lambda row: int(row["position"])):
        found.setdefault(row["playlist_id"], []).append(row)
    return found


def first_positions(items: list[Row]) -> dict[str, int]:
    """The first position of each URI."""
    found: dict[str, int] = {}
    for item in items:
        if item["item_uri"] is not None:
            found.setdefault(item["item_uri"], item["position"])
    return found
