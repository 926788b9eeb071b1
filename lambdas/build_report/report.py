"""What the report page shows: one dataclass per panel.

`reading` fills them from the lake's tables and marts, `page` renders them, and `digest` makes a short text of
them. Days are `YYYY-MM-DD`, times are UTC. None means that Spotify does not supply the value to this app or
that it was not read. A panel whose values are all None says so.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Literal


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The first line of the page.

    Attributes:
        is_fresh: whether the report's day is the newest day that a run was to publish.
        playlists: playlists read completely on the day, of `playlists_requested`.
        skipped_playlists: names of playlists that could not be read, with the reason.
        failed_rules: number of quality rules that failed on the day.
        rejected: records that could not be read.
        summary: one sentence in words, for example
            "Complete: 12 playlists of 2026-11-29 were read; 1 quality rule failed."
    """

    is_fresh: bool
    playlists: int
    playlists_requested: int
    skipped_playlists: tuple[tuple[str, str], ...]
    failed_rules: int
    rejected: int
    summary: str


@dataclasses.dataclass(frozen=True)
class Change:
    """An item that was added to, removed from or moved in a playlist (a row of `playlist_changes`)."""

    change: str
    item_name: str | None
    artist_names: str | None
    position: int
    previous_position: int | None


@dataclasses.dataclass(frozen=True)
class PlaylistChanges:
    """The changes of one playlist since its previous snapshot.

    `changes` holds the first of the `added + removed + moved` items.
    """

    playlist_name: str | None
    previous_day: str
    added: int
    removed: int
    moved: int
    changes: tuple[Change, ...]


@dataclasses.dataclass(frozen=True)
class Trend:
    """A row of `trend_signals` that rises or falls: slope per day with its confidence interval."""

    entity_type: str
    entity_name: str | None
    metric: str
    window_days: int
    direction: str
    slope: float
    slope_low: float
    slope_high: float
    observations: int
    adjusted_p: float


@dataclasses.dataclass(frozen=True)
class Ranked:
    """A track or an artist by rank. `ranks` holds its rank on each of `Report.rank_days`, or None."""

    name: str | None
    artist_name: str | None
    rank: int
    rank_7_days_before: int | None
    playlists: int
    reach: int | None
    popularity: int | None
    ranks: tuple[int | None, ...]


@dataclasses.dataclass(frozen=True)
class Series:
    """A line of a chart: a value per day of the panel's days, None where the day or the value is missing."""

    name: str
    values: tuple[float | None, ...]


@dataclasses.dataclass(frozen=True)
class ReleaseYear:
    """How many placements and tracks of the day were released in a year."""

    release_year: int | None
    placements: int
    tracks: int


@dataclasses.dataclass(frozen=True)
class Playlist:
    """A playlist: its size, average age of its tracks in years, followers, and the changes in 7 days."""

    name: str | None
    items: int | None
    average_age_years: float | None
    followers: int | None
    items_change_7d: int | None
    followers_change_7d: int | None
    days_without_contents: int | None


@dataclasses.dataclass(frozen=True)
class Unavailable:
    """An item that cannot be played, or is only a placeholder."""

    playlist_name: str | None
    item_name: str | None
    position: int
    reason: str


@dataclasses.dataclass(frozen=True)
class Duplicate:
    """A recording that is in a playlist more than once (a row of `duplicates`). It may have no ISRC."""

    playlist_name: str | None
    track_name: str | None
    isrc: str | None
    positions: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class FailedRule:
    """A quality rule that failed on the day.

    Attributes:
        detail: the figures behind it, for example "5 of 100 rows".
        samples: rows that failed it, as JSON text.
    """

    table: str
    rule: str
    severity: str
    failed_rows: int
    detail: str | None
    samples: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class RejectedReason:
    """Records of the day that could not be read, by reason, with the first of them as text."""

    reason: str
    records: int
    sample: str | None


@dataclasses.dataclass(frozen=True)
class RunFigure:
    """A figure of the run against its recent band: the lowest and highest of the earlier runs shown.

    `value` and the earlier ones in `unit`, for example calls, seconds, USD, rows.
    """

    name: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    earlier: tuple[float | None, ...]


@dataclasses.dataclass(frozen=True)
class Report:
    """All panels of the page of one day. The totals say how many rows a panel's list was cut from.

    `previous_day` is the newest day that a playlist's contents are compared with. It is None if no playlist
    that was read on the day has earlier contents. `freshness_days` begin with the first day of the lake, or
    later.
    """

    snapshot_date: str
    built_at: dt.datetime
    run_id: str
    lake_name: str
    mode: str | None
    verdict: Verdict
    previous_day: str | None
    changes: tuple[PlaylistChanges, ...]
    playlists_with_changes: int
    items_added: int
    items_removed: int
    items_moved: int
    trends: tuple[Trend, ...]
    trends_tested: int
    ranked_by: Literal["reach", "playlists"]
    rank_days: tuple[str, ...]
    top_tracks: tuple[Ranked, ...]
    top_artists: tuple[Ranked, ...]
    reach: tuple[Series, ...]
    genre_days: tuple[str, ...]
    genres: tuple[Series, ...]
    release_years: tuple[ReleaseYear, ...]
    playlists: tuple[Playlist, ...]
    playlists_total: int
    unavailable: tuple[Unavailable, ...]
    unavailable_total: int
    duplicates: tuple[Duplicate, ...]
    duplicates_total: int
    failed_rules: tuple[FailedRule, ...]
    rules_checked: int
    rejected: tuple[RejectedReason, ...]
    freshness_days: tuple[str, ...]
    published_days: tuple[str, ...]
    run_figures: tuple[RunFigure, ...]

    @property
    def is_first_day(self) -> bool:
        """Whether the lake has no earlier day."""
        return self.freshness_days == (self.snapshot_date,)
