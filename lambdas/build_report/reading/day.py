"""Read the report of a day from the lake."""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple

import pandas as pd

from build_report.report import Ranked, Report, RunFigure, Series
from spotify_lake.contract import tables
from spotify_lake.contract.marts import collections, entities, playlists, trends
from spotify_lake.contract.marts.registry import MART_QUALITY_RESULTS

from . import playlists as panels
from . import quality, ranks, runs, shares
from .changes import COLUMNS as CHANGE_COLUMNS
from .changes import Changes, read_changes, without_artist
from .frames import named
from .lake import Lake, of_days

RANK_DAYS: Final = 14
GENRE_DAYS: Final = 60
FRESHNESS_DAYS: Final = 28
RUN_DAYS: Final = 14
_EARLIER_CONTENTS: Final = 5
"""Most playlists have the same previous day. Artists are looked up in so many different ones at most."""


def read_report(
    lake: Lake, day: str, *, run_id: str, lake_name: str, built_at: dt.datetime, size: runs.GlueSize
) -> Report:
    """Read what the page of a day shows.

    Args:
        lake: the buckets.
        day: a day whose marts are built.
        run_id: the run that asks for the report.
        lake_name: the name of the database.
        built_at: now, UTC.
        size: of the Glue jobs, for the estimate of the costs.

    Raises:
        PartitionMissing: a table or mart has no partition of the day.
    """
    playlist_daily = lake.partition(playlists.PLAYLIST_DAILY, day, panels.PLAYLIST_COLUMNS)
    names = named(playlist_daily, "playlist_id", "name")
    items = lake.partition(tables.PLAYLIST_ITEMS, day, panels.ITEM_COLUMNS)
    tracks = lake.partition(tables.TRACKS, day, panels.TRACK_COLUMNS)
    albums = lake.partition(tables.ALBUMS, day, panels.ALBUM_COLUMNS)
    listed, playlists_total = panels.read_playlists(
        playlist_daily, panels.average_ages(items, tracks, albums, day)
    )
    unavailable, unavailable_total = panels.read_unavailable(items, tracks, names)
    duplicates, duplicates_total = panels.read_duplicates(
        lake.partition(collections.DUPLICATES, day, panels.DUPLICATE_COLUMNS)
    )
    track_daily = lake.partition(entities.TRACK_DAILY, day, ranks.TRACKS.columns)
    changed = _changes(lake, day, track_daily)
    ranked = _ranks(lake, day, track_daily)
    genre_days, genres = _genres(lake, day)
    found_trends, trends_tested = shares.trends(
        lake.partition(trends.TREND_SIGNALS, day, shares.TREND_COLUMNS)
    )
    rejected = lake.partition(tables.REJECTED_RECORDS, day, quality.REJECTED_COLUMNS)
    failed, rules_checked = quality.failed_rules(
        [
            lake.partition(table, day, quality.RULE_COLUMNS)
            for table in (tables.QUALITY_RESULTS, MART_QUALITY_RESULTS)
        ],
        rejected,
    )
    fetched, figures = _runs(lake, day, size)
    published = lake.days(tables.PLAYLISTS, _before(day, FRESHNESS_DAYS - 1), day)
    return Report(
        snapshot_date=day,
        built_at=built_at,
        run_id=run_id,
        lake_name=lake_name,
        mode=fetched.mode if fetched else None,
        verdict=quality.verdict(
            day,
            fetched or quality.Fetched(playlists_total, {}, None),
            names,
            is_newest=not lake.has_later(tables.PLAYLISTS.name, day),
            failed=len(failed),
            checked=rules_checked,
            rejected=len(rejected),
        ),
        previous_day=panels.previous_day(playlist_daily),
        changes=changed.listed,
        playlists_with_changes=changed.playlists,
        items_added=changed.added,
        items_removed=changed.removed,
        items_moved=changed.moved,
        trends=found_trends,
        trends_tested=trends_tested,
        ranked_by=ranked.by,
        rank_days=ranked.days,
        top_tracks=ranked.tracks,
        top_artists=ranked.artists,
        reach=ranked.reach,
        genre_days=genre_days,
        genres=genres,
        release_years=shares.release_years(
            lake.partition(collections.RELEASE_PROFILE_DAILY, day, shares.YEAR_COLUMNS)
        ),
        playlists=listed,
        playlists_total=playlists_total,
        unavailable=unavailable,
        unavailable_total=unavailable_total,
        duplicates=duplicates,
        duplicates_total=duplicates_total,
        failed_rules=failed,
        rules_checked=rules_checked,
        rejected=quality.rejected_reasons(rejected),
        freshness_days=_calendar(lake.first_day(tables.PLAYLISTS) or day, day),
        published_days=tuple(published),
        run_figures=figures,
    )


class _Ranks(NamedTuple):
    """The panels of the top tracks and artists, and of their reach."""

    by: ranks.RankedBy
    days: tuple[str, ...]
    tracks: tuple[Ranked, ...]
    artists: tuple[Ranked, ...]
    reach: tuple[Series, ...]


def _changes(lake: Lake, day: str, track_daily: pd.DataFrame) -> Changes:
    """Read what changed. The artists of removed tracks are those of the previous contents' day."""
    changes = lake.partition(playlists.PLAYLIST_CHANGES, day, CHANGE_COLUMNS)
    artists = named(track_daily, "track_id", "artist_name")
    unnamed = without_artist(changes, artists)
    for earlier in sorted(unnamed["previous_snapshot_date"].unique(), reverse=True)[:_EARLIER_CONTENTS]:
        if lake.days(entities.TRACK_DAILY, earlier, earlier):
            before = lake.partition(entities.TRACK_DAILY, earlier, ("track_id", "artist_name"))
            artists = named(before, "track_id", "artist_name") | artists
    return read_changes(changes, artists)


def _ranks(lake: Lake, day: str, track_daily: pd.DataFrame) -> _Ranks:
    artist_daily = lake.partition(entities.ARTIST_DAILY, day, ranks.ARTISTS.columns)
    by = ranks.ranked_by(track_daily)
    first = _before(day, RANK_DAYS - 1)
    days = tuple(lake.days(entities.TRACK_DAILY, first, day))
    found = []
    for kind, table, today, published in (
        (ranks.TRACKS, entities.TRACK_DAILY, track_daily, days),
        (ranks.ARTISTS, entities.ARTIST_DAILY, artist_daily, lake.days(entities.ARTIST_DAILY, first, day)),
    ):
        shown = ranks.top(kind, today, by)
        earlier = [each for each in published if each != day]
        history = of_days(
            [(day, today), *lake.partitions(table, earlier, kind.history_columns)],
            kind.history_columns,
            kind.id_column,
            [row[kind.id_column] for row in shown],
        )
        found.append((shown, history))
    (top_tracks, of_tracks), (top_artists, of_artists) = found
    return _Ranks(
        by=by,
        days=days,
        tracks=ranks.with_history(ranks.TRACKS, top_tracks, of_tracks, days, by),
        artists=ranks.with_history(ranks.ARTISTS, top_artists, of_artists, days, by),
        reach=ranks.reach_over_days(ranks.ARTISTS, top_artists, of_artists, days),
    )


def _genres(lake: Lake, day: str) -> tuple[tuple[str, ...], tuple[Series, ...]]:
    published = lake.days(collections.GENRE_DAILY, _before(day, GENRE_DAYS - 1), day)
    days = sorted({*published, day})
    frames = lake.small_partitions(collections.GENRE_DAILY, days, shares.GENRE_COLUMNS)
    return tuple(frames), shares.genres_over_days(frames, day)


def _runs(lake: Lake, day: str, size: runs.GlueSize) -> tuple[quality.Fetched | None, tuple[RunFigure, ...]]:
    """Read the figures of the runs, and what the day's fetches read; None if their manifests have expired."""
    published = lake.published_runs(_before(day, RUN_DAYS - 1), day)
    own = published.get(day)
    fetches = [(day, run) for run in own.report.runs_read] if own else []
    manifests = lake.manifests(
        [*fetches, *((each.report.snapshot_date, each.report.run_id) for each in published.values())]
    )
    read = [manifests[fetch] for fetch in fetches if fetch in manifests]
    figures = {each: runs.figures_of(run, manifests, size) for each, run in sorted(published.items())}
    now = figures.pop(day, None)
    return (quality.fetched(read) if read else None), runs.run_figures(now, list(figures.values()))


def _calendar(first_day: str, day: str) -> tuple[str, ...]:
    """Return the last days, without those before the lake's first one."""
    first = max(first_day, _before(day, FRESHNESS_DAYS - 1))
    start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(day)
    return tuple(str(start + dt.timedelta(days=number)) for number in range((end - start).days + 1))


def _before(day: str, days: int) -> str:
    return str(dt.date.fromisoformat(day) - dt.timedelta(days=days))
