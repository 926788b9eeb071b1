"""Marts of playlists: their days, their changes, how long items stay, and charts."""

from __future__ import annotations

from typing import Final

from spotify_lake.contract.marts.columns import (
    MAIN_ARTIST_ID,
    MAIN_ARTIST_NAME,
    PLAYLIST_ID,
    PLAYLIST_NAME,
    TRACK_NAME,
    changes,
    count,
    day,
    figure,
    flag,
    observed_changes,
)
from spotify_lake.contract.tables import ITEM_TYPES, Column, Table

_ITEM_URI: Final = Column("item_uri", "string", "Spotify URI of the item.", nullable=False)
_ITEM_TYPE: Final = Column(
    "item_type",
    "string",
    "track, episode, chapter, local or other, as in playlist_items.",
    nullable=False,
    values=ITEM_TYPES,
    severity="halt",
)
_ITEM_IDS: Final = (
    Column("track_id", "string", "Join to tracks. Null unless item_type is track."),
    Column("episode_id", "string", "Join to episodes. Null unless item_type is episode or chapter."),
)
_ITEM_NAME: Final = Column("item_name", "string", "Title of the item when it was last seen in the playlist.")
_TRACK_ID: Final = Column("track_id", "string", "The track. Join to tracks.", nullable=False)

_ITEMS: Final = figure(
    "items", "int", "Number of items in the playlist's latest contents, of last_snapshot_date. Null without."
)
_FOLLOWERS: Final = figure(
    "followers", "bigint", "Number of followers at followers_observed_at. Null when not read for this day."
)

PLAYLIST_DAILY: Final = Table(
    name="playlist_daily",
    description="Every playlist of the lake so far, on each day: the day of its latest contents, and how its"
    " size and followers changed. A playlist that was not read on a day keeps its latest contents.",
    grain="one playlist per day",
    columns=(
        PLAYLIST_ID,
        Column("name", "string", "Name on the day, or when the playlist was last read."),
        flag("is_listed", "Whether playlists has the playlist on this day."),
        day(
            "last_snapshot_date",
            "The newest day, this one included, with the playlist's contents. Null when they were never"
            " readable.",
        ),
        day("previous_snapshot_date", "The day with its previous contents. Null when there is none."),
        figure(
            "days_without_contents",
            "int",
            "Published days since last_snapshot_date; 0 when the contents are of this day. Null when they"
            " were never readable.",
        ),
        _ITEMS,
        _FOLLOWERS,
        Column("followers_observed_at", "timestamp", "When Spotify answered with these followers, UTC."),
        flag(
            "is_followers_observed",
            "Whether followers were read for this day, not repeated from an earlier one.",
        ),
        *changes((_ITEMS,)),
        *observed_changes((_FOLLOWERS,)),
    ),
    key=("playlist_id",),
    row_count_is_watched=False,
)

PLAYLIST_CHANGES: Final = Table(
    name="playlist_changes",
    description="What changed in each playlist between its previous contents and those of the day: items"
    " added, removed and moved. An item that is in a playlist several times counts once, at its first"
    " position. A playlist's first contents are not a change.",
    grain="one changed item of a playlist per day",
    columns=(
        PLAYLIST_ID,
        PLAYLIST_NAME,
        Column(
            "change",
            "string",
            "added, removed or moved. The moved items are the fewest that explain the new order: items that"
            " only shift because of others are not listed.",
            nullable=False,
            values=("added", "removed", "moved"),
            severity="halt",
        ),
        _ITEM_NAME,
        _ITEM_TYPE,
        count("position", "Place in the playlist, from 0. Of a removed item the place that it had."),
        *_ITEM_IDS,
        _ITEM_URI,
        day("previous_snapshot_date", "The day of the contents that it is compared with.", nullable=False),
        figure("previous_position", "int", "Place in the previous contents, from 0. Null for an added item."),
        count("days_between", "Days from previous_snapshot_date to snapshot_date.", minimum=1),
    ),
    key=("playlist_id", "item_uri"),
    row_count_is_watched=False,
)

PLAYLIST_STAYS: Final = Table(
    name="playlist_stays",
    description="How long each item has been in a playlist without a break: all open stays, and those that"
    " ended on the day. An item that leaves and returns begins another stay. A stay in a playlist that was"
    " not read on the day stays open.",
    grain="one stay of an item in a playlist per day",
    columns=(
        PLAYLIST_ID,
        _ITEM_URI,
        _ITEM_TYPE,
        *_ITEM_IDS,
        _ITEM_NAME,
        count("position", "First place in the playlist on last_day, from 0."),
        day("first_day", "The first day that it was seen in the playlist.", nullable=False),
        day("last_day", "The last day that it was seen in the playlist.", nullable=False),
        count("days", "Days from first_day to last_day, both included.", minimum=1),
        count("snapshots", "Number of days on which the playlist was read with it.", minimum=1),
        flag("is_open", "False when the playlist was read on this day without it."),
        flag(
            "is_start_known",
            "True when the playlist was read without it before first_day. Otherwise it may have been there"
            " longer.",
        ),
    ),
    key=("playlist_id", "item_uri"),
    row_count_is_watched=False,
)

CHART_TOTALS: Final = Table(
    name="chart_totals",
    description="Every track that was ever in a playlist, with its record as on a chart: best rank and number"
    " of days. chart_positions has the tracks of the day.",
    grain="one track of a playlist per day",
    columns=(
        PLAYLIST_ID,
        _TRACK_ID,
        day("first_day", "The first day that it was seen in the playlist.", nullable=False),
        day("last_day", "The last day that it was seen in the playlist.", nullable=False),
        count("last_rank", "Its rank on last_day, from 1.", minimum=1),
        count("peak_rank", "Its best rank so far, from 1.", minimum=1),
        day("peak_day", "The first day with peak_rank.", nullable=False),
        count(
            "days_on_chart",
            "Number of days so far on which the playlist was read with it; absences are not counted.",
            minimum=1,
        ),
    ),
    key=("playlist_id", "track_id"),
    row_count_is_watched=False,
)

CHART_POSITIONS: Final = Table(
    name="chart_positions",
    description="Each playlist of the day as a chart. Empty slots, episodes and other items keep their rank,"
    " so the tracks after them do not move up. A track that is listed twice has its better rank.",
    grain="one track of a playlist per day",
    columns=(
        PLAYLIST_ID,
        PLAYLIST_NAME,
        count("chart_rank", "The track's position, from 1.", minimum=1),
        figure(
            "previous_rank",
            "int",
            "Its rank in the previous contents of the playlist. Null when it was not there: it is new when"
            " days_on_chart is 1, and has returned otherwise.",
            minimum=1,
        ),
        count("peak_rank", "Its best rank so far.", minimum=1),
        count(
            "days_on_chart",
            "Number of days so far on which the playlist was read with it; absences are not counted.",
            minimum=1,
        ),
        _TRACK_ID,
        TRACK_NAME,
        MAIN_ARTIST_ID,
        MAIN_ARTIST_NAME,
        Column("artist_names", "string", "Names of all its artists, in the order of the credits."),
        day("first_day", "The first day that it was seen in the playlist.", nullable=False),
        day("peak_day", "The first day with peak_rank.", nullable=False),
    ),
    key=("playlist_id", "track_id"),
    row_count_is_watched=False,
)
