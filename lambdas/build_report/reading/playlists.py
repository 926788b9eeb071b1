"""The playlists of a day: size, age and followers, and their unavailable and duplicate items."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import pandas as pd

from build_report.report import Duplicate, Playlist, Unavailable

from .frames import rows

PLAYLIST_COLUMNS: Final = (
    "playlist_id",
    "name",
    "is_listed",
    "items",
    "followers",
    "days_without_contents",
    "previous_snapshot_date",
    "items_change_7d",
    "followers_change_7d",
)
ITEM_COLUMNS: Final = ("playlist_id", "position", "item_type", "item_name", "track_id")
TRACK_COLUMNS: Final = ("track_id", "name", "album_id", "is_playable", "restriction_reason")
ALBUM_COLUMNS: Final = ("album_id", "release_date")
DUPLICATE_COLUMNS: Final = ("playlist_name", "track_name", "isrc", "positions")
_PLAYLISTS: Final = 500
_UNAVAILABLE: Final = 200
_DUPLICATES: Final = 200
_DAYS_PER_YEAR: Final = 365.25


def average_ages(
    items: pd.DataFrame, tracks: pd.DataFrame, albums: pd.DataFrame, day: str
) -> dict[str, float]:
    """Return the average age in years of each playlist's tracks, by the release of their albums.

    Tracks without a release date are left out, and playlists in which no track has one.
    """
    released = albums.dropna(subset=["release_date"])
    until = dt.date.fromisoformat(day)
    days = pd.Series([(until - each).days for each in released["release_date"]], dtype="float64")
    by_album = pd.DataFrame({"album_id": released["album_id"].to_numpy(), "age": days.to_numpy()})
    by_track = tracks[["track_id", "album_id"]].merge(by_album, on="album_id")[["track_id", "age"]]
    ages = items[["playlist_id", "track_id"]].dropna().merge(by_track, on="track_id")
    means = ages.groupby("playlist_id")["age"].mean() / _DAYS_PER_YEAR
    return {str(playlist): float(age) for playlist, age in means.items()}


def previous_day(frame: pd.DataFrame) -> str | None:
    """Return the newest day that the contents of a playlist are compared with; None without.

    Args:
        frame: `playlist_daily` of the day. A playlist that was not read on the day is not compared.
    """
    was_read = frame["days_without_contents"].eq(0).fillna(value=False).astype(bool)
    return max(frame["previous_snapshot_date"][was_read].dropna(), default=None)


def read_playlists(frame: pd.DataFrame, ages: Mapping[str, float]) -> tuple[tuple[Playlist, ...], int]:
    """Return the largest of the day's playlists, and the number of all of them.

    Args:
        frame: `playlist_daily` of the day.
        ages: average age in years by playlist id.
    """
    listed = rows(frame[frame["is_listed"].astype(bool)])
    listed.sort(key=lambda row: (-(row["items"] or 0), row["name"] or "", row["playlist_id"]))
    return tuple(
        Playlist(
            name=row["name"],
            items=row["items"],
            average_age_years=ages.get(row["playlist_id"]),
            followers=row["followers"],
            items_change_7d=row["items_change_7d"],
            followers_change_7d=row["followers_change_7d"],
            days_without_contents=row["days_without_contents"],
        )
        for row in listed[:_PLAYLISTS]
    ), len(listed)


def read_unavailable(
    items: pd.DataFrame, tracks: pd.DataFrame, names: Mapping[str, str]
) -> tuple[tuple[Unavailable, ...], int]:
    """Return the first items that cannot be played, and the number of all of them.

    These are empty slots, tracks that Spotify withdrew, and tracks that are not playable in the market, as in
    the saved query unavailable_tracks.

    Args:
        items: `playlist_items` of the day.
        tracks: `tracks` of the day.
        names: of the playlists, by id.
    """
    withdrawn = tracks["name"].isna()
    blocked = tracks["is_playable"].eq(False).fillna(value=False).astype(bool)
    reasons = tracks["restriction_reason"].astype(object).where(~withdrawn, "withdrawn")
    affected = tracks.assign(reason=reasons.fillna("not playable"))[withdrawn | blocked]
    empty_slots = items[items["item_type"] == "unavailable"].assign(reason="empty slot")
    unplayable = items[items["item_type"] != "unavailable"].merge(
        affected[["track_id", "reason"]], on="track_id"
    )
    found = rows(pd.concat([empty_slots, unplayable], ignore_index=True))
    found.sort(key=lambda row: (names.get(row["playlist_id"], ""), row["playlist_id"], row["position"]))
    return tuple(
        Unavailable(names.get(row["playlist_id"]), row["item_name"], row["position"], row["reason"])
        for row in found[:_UNAVAILABLE]
    ), len(found)


def read_duplicates(frame: pd.DataFrame) -> tuple[tuple[Duplicate, ...], int]:
    """Return the first recordings that stand in a playlist more than once, and the number of all of them."""
    found = rows(frame)
    found.sort(key=lambda row: (row["playlist_name"] or "", row["track_name"] or "", row["positions"][0]))
    return tuple(
        Duplicate(row["playlist_name"], row["track_name"], row["isrc"], tuple(map(int, row["positions"])))
        for row in found[:_DUPLICATES]
    ), len(found)
