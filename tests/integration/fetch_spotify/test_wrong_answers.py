"""If Spotify returns wrong pages of a list, the day is complete, or the list is reported.

Each kind of wrong answer is given at the first, a middle and the last page of each list, once and always.
Afterwards the raw zone equals that of an undisturbed run, except for a list that is reported as skipped. For
that list it refers to the last complete snapshot. `make soak` combines each page with each way of reading.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import pytest

from infra.local.spotify_api import Fault, FaultPlan, Scale, SpotifyApi, SpotifyApiOptions
from infra.local.spotify_api.wrong_answers import WRONG_ANSWERS, WrongAnswer
from tests.integration.cached_spotify import CachedSpotify
from tests.integration.fetch_support import (
    DAY,
    KITCHEN_RADIO,
    NEXT_DAY,
    NOTHING_YET,
    ODDS_AND_ENDS,
    SUNDAY_FERRY,
    SmallLibrary,
    World,
    quick_world,
)
from tests.soak import thinned

Contents: TypeAlias = dict[str, list[Any]]

NAMED: Final = (KITCHEN_RADIO, ODDS_AND_ENDS, NOTHING_YET, SUNDAY_FERRY)
SAVED: Final = "saved_tracks"
KITCHEN_ITEMS: Final = f"playlists/{KITCHEN_RADIO}/items"
KITCHEN_HEAD: Final = f"playlists/{KITCHEN_RADIO}"
EXTRA_CALLS: Final = 12
"""The most calls, beyond those of an undisturbed run, that may be spent on a wrong list."""
# A head that is altered consistently cannot be detected.
HEAD_KINDS: Final = [kind for kind in WRONG_ANSWERS if kind != "page_repeated"]
PAGE_KINDS: Final = [kind for kind in WRONG_ANSWERS if kind != "count_wrong"]
BATCH_KINDS: Final = (
    "ends_early",
    "page_empty",
    "page_of_nulls",
    "page_overfull",
    "page_repeated",
    "page_elsewhere",
)


@dataclasses.dataclass(frozen=True)
class Truth:
    """A local Spotify, and the results of undisturbed runs on two days.

    Attributes:
        first_day: the raw bucket after the first day.
        before, today: the items of each list on either day.
        alone: the same of the second day, without a run before it.
        records, records_alone: the records of the second day, after the first day and without it.
        first_calls, calls: the number of calls on each day.
    """

    spotify: SpotifyApi
    named: tuple[str, ...]
    first_day: dict[str, bytes]
    before: Contents
    today: Contents
    alone: Contents
    records: list[str]
    records_alone: list[str]
    first_calls: int
    calls: int

    def second_day(self, *faults: Fault, knows_yesterday: bool = True) -> World:
        """Run the second day with these wrong answers."""
        fetch = world_of(self.spotify)
        if knows_yesterday:
            fetch.s3.bodies = dict(self.first_day)
        self.spotify.use_faults(FaultPlan(faults))
        self.spotify.day = dt.date.fromisoformat(NEXT_DAY)
        fetch.run("run-2", NEXT_DAY, playlists=list(self.named))
        return fetch


def world_of(spotify: SpotifyApi) -> World:
    if spotify.options.scale is not None:  # a large account, of which only the listing is tested
        return quick_world(spotify, reread_unchanged="none", fetch_concurrency=1)
    return quick_world(spotify, sources=("playlists", SAVED), fetch_concurrency=1)


def truth_of(spotify: SpotifyApi, named: tuple[str, ...] = ()) -> Truth:
    fetch = world_of(spotify)
    spotify.use_faults(FaultPlan())
    spotify.day = dt.date.fromisoformat(DAY)
    fetch.run(playlists=list(named))
    first_day, first_calls = dict(fetch.s3.bodies), len(spotify.calls)
    spotify.calls.clear()
    spotify.day = dt.date.fromisoformat(NEXT_DAY)
    fetch.run("run-2", NEXT_DAY, playlists=list(named))
    calls = len(spotify.calls)
    before, today = contents(fetch, "run-1", DAY), contents(fetch, "run-2", NEXT_DAY)
    records = fetch.records("run-2", NEXT_DAY)
    alone = world_of(spotify)
    alone.run("run-2", NEXT_DAY, playlists=list(named))
    return Truth(
        spotify,
        named,
        first_day=first_day,
        before=before,
        today=today,
        alone=contents(alone, "run-2", NEXT_DAY),
        records=records,
        records_alone=alone.records("run-2", NEXT_DAY),
        first_calls=first_calls,
        calls=calls,
    )


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, SpotifyApi]]:
    library = SmallLibrary(*NAMED)
    running: dict[str, SpotifyApi] = {
        "extended": CachedSpotify(SpotifyApiOptions(), catalog=library),
        "development": CachedSpotify(SpotifyApiOptions(mode="development"), catalog=library),
        "listing": CachedSpotify(SpotifyApiOptions(scale=Scale(playlists=120, items=2))),
    }
    for spotify in running.values():
        spotify.start()
    yield running
    for spotify in running.values():
        spotify.stop()


@pytest.fixture(scope="module")
def listed(servers: dict[str, SpotifyApi]) -> Truth:
    """The playlists of an account, and its saved tracks."""
    return truth_of(servers["extended"])


@pytest.fixture(scope="module")
def named(servers: dict[str, SpotifyApi]) -> Truth:
    """The same playlists, named."""
    return truth_of(servers["extended"], NAMED)


@pytest.fixture(scope="module")
def singly(servers: dict[str, SpotifyApi]) -> Truth:
    """A development app, which reads artists one by one."""
    return truth_of(servers["development"], (ODDS_AND_ENDS, NOTHING_YET))


@pytest.fixture(scope="module")
def many(servers: dict[str, SpotifyApi]) -> Truth:
    """An account whose playlists are listed on three pages."""
    return truth_of(servers["listing"])


def contents(fetch: World, run_id: str, day: str) -> Contents:
    """The items of each playlist, without times and run ids."""
    return {
        entry.playlist_id: [
            {**line, "fetched_at": "", "run_id": ""} for obj in entry.objects for line in fetch.lines(obj.key)
        ]
        for entry in fetch.manifest(run_id, day).playlists
    }


def reported(fetch: World) -> dict[str, str]:
    return {skip.playlist: skip.reason for skip in fetch.manifest("run-2", NEXT_DAY).skipped}


def assert_complete_or_reported(truth: Truth, fetch: World, wrong_list: str, kind: WrongAnswer) -> None:
    """The day equals that of an undisturbed run; for the wrong list it may be the last complete snapshot."""
    skipped = reported(fetch)
    assert skipped.keys() <= {wrong_list}
    knows_yesterday = any("run_id=run-1/" in key for key in fetch.all_keys())
    undisturbed = truth.today if knows_yesterday else truth.alone
    used_instead = {name: truth.before[name] for name in skipped} if knows_yesterday else {}
    expected = {name: lines for name, lines in undisturbed.items() if name not in skipped} | used_instead
    shown, alone = contents(fetch, "run-2", NEXT_DAY), truth.alone
    if kind == "total_null":  # is stored as received, and is part of the version of saved tracks
        shown, expected, alone = (without_versions(each) for each in (shown, expected, alone))
    if wrong_list not in skipped and shown[wrong_list] == alone[wrong_list]:
        expected[wrong_list] = shown[
            wrong_list
        ]  # unchanged since yesterday, and read again because it was wrong
    assert shown == expected
    if expected == truth.today:
        assert fetch.records("run-2", NEXT_DAY) == truth.records
    assert len(truth.spotify.calls) <= truth.calls + EXTRA_CALLS + (
        0 if knows_yesterday else truth.first_calls
    )


def without_versions(shown: Contents) -> Contents:
    return {name: [{**line, "snapshot_id": ""} for line in lines] for name, lines in shown.items()}


def test_every_kind_of_wrong_answer_is_in_the_matrix() -> None:
    assert {*HEAD_KINDS, *PAGE_KINDS} == set(WRONG_ANSWERS)


@pytest.mark.parametrize("kind", PAGE_KINDS)
def test_a_playlist_with_wrong_pages_once_or_always_is_complete_or_reported(
    listed: Truth, named: Truth, kind: WrongAnswer
) -> None:
    faults = wrong_answers_at(kind, KITCHEN_ITEMS, (100, 150, 200))
    for truth, knows_yesterday, selected in (
        (listed, True, thinned(faults, 0, 5, 6)),
        (named, True, thinned(faults, 1, 2, 4)),
        (named, False, thinned(faults, 2, 3, 6)),
    ):
        for fault in selected:
            fetch = truth.second_day(fault, knows_yesterday=knows_yesterday)
            assert truth.spotify.injected[0] > 0
            assert_complete_or_reported(truth, fetch, KITCHEN_RADIO, kind)


@pytest.mark.parametrize("kind", PAGE_KINDS)
def test_saved_tracks_with_wrong_pages_once_or_always_are_complete_or_reported(
    named: Truth, kind: WrongAnswer
) -> None:
    faults = wrong_answers_at(kind, "me/tracks", (0, 50))
    for knows_yesterday, selected in ((True, thinned(faults, 1, 2)), (False, thinned(faults, 0, 3, 4))):
        for fault in selected:
            fetch = named.second_day(fault, knows_yesterday=knows_yesterday)
            assert knows_yesterday or named.spotify.injected[0] > 0
            assert_complete_or_reported(named, fetch, SAVED, kind)


def wrong_answers_at(kind: WrongAnswer, path: str, offsets: tuple[int, ...]) -> list[Fault]:
    """A wrong answer at each of these pages, once and always, and at every page."""
    some = [Fault(kind, path, offset=offset, times=times) for offset in offsets for times in (1, None)]
    return [*some, Fault(kind, path, times=None)]


@pytest.mark.parametrize("kind", HEAD_KINDS)
def test_a_head_that_is_wrong_once_or_always_is_complete_or_reported(
    listed: Truth, named: Truth, kind: WrongAnswer
) -> None:
    for truth in (listed, named):
        for times in (1, None):
            fetch = truth.second_day(Fault(kind, KITCHEN_HEAD, times=times))
            assert_complete_or_reported(truth, fetch, KITCHEN_RADIO, kind)


@pytest.mark.parametrize("kind", WRONG_ANSWERS)
def test_a_listing_that_is_wrong_once_or_always_is_complete(many: Truth, kind: WrongAnswer) -> None:
    for fault in wrong_answers_at(kind, "me/playlists", (0, 50, 100)):
        fetch = many.second_day(fault)
        assert contents(fetch, "run-2", NEXT_DAY) == many.today
        assert fault.times is None or reported(fetch) == {}
        assert reported(fetch) in ({}, {"me/playlists": "ListingKeepsChanging"})
        assert many.spotify.calls.number("me/playlists") <= 30


@pytest.mark.parametrize("kind", BATCH_KINDS)
def test_artists_that_are_wrong_once_or_always_are_complete(
    listed: Truth, singly: Truth, kind: WrongAnswer
) -> None:
    for times in (1, None):
        fetch = listed.second_day(Fault(kind, "artists", times=times), knows_yesterday=False)
        assert reported(fetch) == {}
        assert fetch.records("run-2", NEXT_DAY) == listed.records_alone
    once = singly.second_day(Fault(kind, "artists/*", nth=3), knows_yesterday=False)
    assert once.records("run-2", NEXT_DAY) == singly.records_alone


def test_an_artist_that_is_always_wrong_is_left_to_the_next_run(singly: Truth) -> None:
    expected = singly.records_alone
    artist = next(json.loads(line)["artist_id"] for line in expected if '"source": "artists"' in line)
    wrong = Fault("page_elsewhere", f"artists/{artist}", times=None)
    fetch = singly.second_day(wrong, knows_yesterday=False)
    manifest = fetch.manifest("run-2", NEXT_DAY)
    assert manifest.details.artists["postponed"] == 1
    singly.spotify.use_faults(FaultPlan())
    answer = fetch.run("run-3", NEXT_DAY, playlists=list(singly.named))
    assert (answer["artists"]["fetched"], answer["artists"]["postponed"]) == (1, 0)
    assert fetch.records("run-3", NEXT_DAY) == expected


def test_a_playlist_that_shrinks_while_it_is_read_is_not_truncated(named: Truth) -> None:
    fetch = named.second_day(Fault("total_shrinks", KITCHEN_ITEMS, times=None))
    assert reported(fetch) == {KITCHEN_RADIO: "PlaylistKeepsChanging"}
    (skip,) = fetch.manifest("run-2", NEXT_DAY).skipped
    items = len(named.today[KITCHEN_RADIO])
    assert f"states 150 items, the pages before it {items}" in skip.message
    assert "are used instead." in skip.message


def test_a_playlist_that_never_ends_takes_few_calls_and_the_others_are_read(named: Truth) -> None:
    fetch = named.second_day(Fault("next_beyond", KITCHEN_ITEMS, times=None))
    assert reported(fetch) == {KITCHEN_RADIO: "NeverEnds"}
    assert named.spotify.calls.number(KITCHEN_ITEMS) <= 5
