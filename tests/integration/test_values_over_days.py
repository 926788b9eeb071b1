"""Fetches of several days, as rows of the job: no value is lost from day to day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.spotify_api import Fault, FaultPlan, SpotifyApi, SpotifyApiOptions
from spotify_lake.engine import stages
from spotify_lake.reading.selection import select_day
from tests.integration.fetch_support import DAY, ODDS_AND_ENDS, World, quick_world

FIRST_DAY = dt.date.fromisoformat(DAY)
PLAYLISTS = 11
RETENTION_DAYS = 12

Row = dict[str, Any]


@pytest.fixture
def extended() -> Iterator[SpotifyApi]:
    with SpotifyApi(SpotifyApiOptions(day=FIRST_DAY)) as spotify:
        yield spotify


@pytest.fixture
def development() -> Iterator[SpotifyApi]:
    with SpotifyApi(SpotifyApiOptions(day=FIRST_DAY, mode="development")) as spotify:
        yield spotify


def run_day(fetch: World, number: int, **event: Any) -> dict[str, list[Row]]:
    """Run the fetch `number` days after the first one, and return the job's rows."""
    run_id, day = f"run-{number}", str(FIRST_DAY + dt.timedelta(days=number))
    if number:
        fetch.clock.sleep(86_400)
    fetch.run(run_id, day, **event)
    selection = select_day([fetch.manifest(run_id, day)], day, "the raw zone")
    decided = stages.decide(stages.observe((obj.key, fetch.body(obj.key)) for obj in selection.objects))
    made = decided.rows | stages.decide_artists(decided.next_stage).rows
    return {name: made[name].to_pylist() for name in ("playlists", "albums", "artists")}


def full(artists: list[Row]) -> set[str]:
    return {row["artist_id"] for row in artists if row["is_full"]}


def test_a_playlist_has_followers_of_the_day_on_each_day(extended: SpotifyApi) -> None:
    fetch = quick_world(extended)
    for number in range(3):
        extended.day = FIRST_DAY + dt.timedelta(days=number)
        started = fetch.clock.now() + (86_400 if number else 0)
        rows = run_day(fetch, number)["playlists"]
        assert len([row for row in rows if row["followers"] is not None]) == PLAYLISTS
        assert all(row["followers_observed_at"].timestamp() >= started - 1 for row in rows)


def test_followers_that_were_not_read_for_the_day_are_null_and_so_is_their_time(
    extended: SpotifyApi,
) -> None:
    fetch = quick_world(extended, reread_unchanged="none")
    run_day(fetch, 0)
    rows = run_day(fetch, 1)["playlists"]
    assert [(row["followers"], row["followers_observed_at"]) for row in rows] == [(None, None)] * PLAYLISTS


@pytest.mark.parametrize("refresh_days", [2, 365])
@pytest.mark.parametrize("trouble", ["refused", "budget spent"])
def test_an_artist_that_was_read_in_full_stays_full_until_its_record_is_deleted(
    development: SpotifyApi, trouble: str, refresh_days: int
) -> None:
    fetch = quick_world(
        development,
        artist_refresh_days=refresh_days,
        raw_retention_days=RETENTION_DAYS,
        reference_margin_days=4,
        fetch_concurrency=1,
    )
    before = full(run_day(fetch, 0, playlists=[ODDS_AND_ENDS])["artists"])
    assert before
    event = {"max_calls": 1} if trouble == "budget spent" else {}
    if trouble == "refused":
        development.use_faults(FaultPlan((Fault("status", "artists/*", times=None, status=404),)))
    for number in range(1, RETENTION_DAYS - 1):
        assert full(run_day(fetch, number, playlists=[ODDS_AND_ENDS], **event)["artists"]) == before, number
    assert not full(run_day(fetch, RETENTION_DAYS - 1, playlists=[ODDS_AND_ENDS], **event)["artists"])
    development.use_faults(FaultPlan())
    assert full(run_day(fetch, RETENTION_DAYS, playlists=[ODDS_AND_ENDS])["artists"]) == before


def test_an_album_keeps_its_label_and_its_popularity_until_its_record_is_deleted(
    extended: SpotifyApi,
) -> None:
    fetch = quick_world(
        extended,
        artist_refresh_days=2,
        raw_retention_days=RETENTION_DAYS,
        reference_margin_days=4,
        fetch_concurrency=1,
    )

    def known(rows: list[Row]) -> set[tuple[str, str, int]]:
        return {(row["album_id"], row["label"], row["popularity"]) for row in rows if row["label"]}

    before = known(run_day(fetch, 0, playlists=[ODDS_AND_ENDS])["albums"])
    assert before
    for number in range(1, RETENTION_DAYS - 1):
        rows = run_day(fetch, number, playlists=[ODDS_AND_ENDS], max_calls=1)["albums"]
        assert known(rows) == before, number
    assert not known(run_day(fetch, RETENTION_DAYS - 1, playlists=[ODDS_AND_ENDS], max_calls=1)["albums"])


def test_the_newest_full_record_is_chosen_and_says_when_it_was_read(development: SpotifyApi) -> None:
    fetch = quick_world(development, artist_refresh_days=2)
    times = []
    for number in range(4):
        rows = run_day(fetch, number, playlists=[ODDS_AND_ENDS])["artists"]
        (fetched_on,) = {row["fetched_at"].date() for row in rows if row["is_full"]}
        times.append(fetched_on)
    days = [(each - times[0]).days for each in times]
    assert days == [0, 0, 2, 2]
