"""Answers that are well formed but wrong: truncated lists, and lists that change while they are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from werkzeug.wrappers import Request

from fetch_spotify import errors
from infra.local.spotify_api import Fault, FaultPlan, Scale, SpotifyApi, SpotifyApiOptions
from tests.integration.edited_spotify import Edit, EditedSpotify, JsonObject, leave_alone
from tests.integration.fetch_support import (
    BASEMENT,
    DAY,
    KITCHEN_RADIO,
    NEXT_DAY,
    NOTHING_YET,
    World,
    quick_world,
)

TODAY = dt.date.fromisoformat(DAY)
TOMORROW = dt.date.fromisoformat(NEXT_DAY)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[EditedSpotify, EditedSpotify]]:
    """The bundled catalog, and an account with 120 small playlists."""
    options = SpotifyApiOptions(day=TODAY)
    many = SpotifyApiOptions(day=TODAY, scale=Scale(playlists=120, items=2))
    with EditedSpotify(options) as bundled, EditedSpotify(many) as listing:
        yield bundled, listing


@pytest.fixture
def spotify(servers: tuple[EditedSpotify, EditedSpotify]) -> EditedSpotify:
    return as_new(servers[0])


@pytest.fixture
def library(servers: tuple[EditedSpotify, EditedSpotify]) -> EditedSpotify:
    return as_new(servers[1])


def as_new(spotify: EditedSpotify) -> EditedSpotify:
    spotify.day, spotify.edit = TODAY, leave_alone
    spotify.use_faults(FaultPlan())
    return spotify


def cut_at(offset: int, *, times: int, path: str = f"{KITCHEN_RADIO}/items") -> Edit:
    """Serve the page at an offset as an empty last one, `times` times."""
    left = [times]

    def edit(request: Request, body: JsonObject) -> None:
        if request.path.endswith(path) and request.args.get("offset") == str(offset) and left[0]:
            left[0] -= 1
            body.update(items=[], next=None)

    return edit


def cut_head(request: Request, body: JsonObject) -> None:
    """Claim that the hundred embedded items are the last ones."""
    if request.path.endswith(KITCHEN_RADIO) and "tracks" in body:
        body["tracks"]["next"] = None


def skips(fetch: World, run_id: str = "run-1", day: str = DAY) -> dict[str, str]:
    return {skip.playlist: skip.reason for skip in fetch.manifest(run_id, day).skipped}


@pytest.mark.parametrize("named", [[KITCHEN_RADIO, NOTHING_YET], []], ids=["named", "account"])
def test_a_page_that_ends_the_list_too_soon_once_is_requested_again(
    spotify: EditedSpotify, named: list[str]
) -> None:
    undisturbed = quick_world(spotify)
    undisturbed.run(playlists=named)
    spotify.edit = cut_at(150, times=1)
    fetch = quick_world(spotify)
    fetch.run(playlists=named)
    assert fetch.records() == undisturbed.records()


@pytest.mark.parametrize("named", [[KITCHEN_RADIO, NOTHING_YET], []], ids=["named", "account"])
@pytest.mark.parametrize("edit", [cut_at(150, times=10_000), cut_head], ids=["page", "head"])
def test_a_playlist_whose_list_is_cut_short_each_time_is_skipped_and_the_others_are_read(
    spotify: EditedSpotify, named: list[str], edit: Edit
) -> None:
    spotify.edit = edit
    fetch = quick_world(spotify)
    answer = fetch.run(playlists=named)
    assert skips(fetch) == {KITCHEN_RADIO: "CutShort"}
    assert "of 224 items" in answer["playlists"]["skipped"][0]["message"]
    assert NOTHING_YET in {entry.playlist_id for entry in fetch.manifest().playlists}
    spotify.edit = leave_alone
    fetch.run("run-2", playlists=named)
    assert skips(fetch, "run-2") == {}


def without_snapshot_id(*, times: int) -> Edit:
    """Leave the version out of a playlist, `times` times."""
    left = [times]

    def edit(request: Request, body: JsonObject) -> None:
        if request.path.endswith(KITCHEN_RADIO) and left[0]:
            left[0] -= 1
            body.pop("snapshot_id", None)

    return edit


@pytest.mark.parametrize("named", [[KITCHEN_RADIO, NOTHING_YET], []], ids=["named", "account"])
def test_a_playlist_without_its_version_is_skipped_and_the_others_are_read(
    spotify: EditedSpotify, named: list[str]
) -> None:
    spotify.edit = without_snapshot_id(times=10_000)
    spotify.calls.clear()
    fetch = quick_world(spotify)
    answer = fetch.run(playlists=named)
    assert skips(fetch) == {KITCHEN_RADIO: "NoSnapshotId"}
    assert "without its snapshot_id, 3 times" in answer["playlists"]["skipped"][0]["message"]
    assert NOTHING_YET in {entry.playlist_id for entry in fetch.manifest().playlists}
    assert spotify.calls.number(f"playlists/{KITCHEN_RADIO}") == 3
    spotify.edit = leave_alone
    fetch.run("run-2", playlists=named)
    assert skips(fetch, "run-2") == {}


def test_a_playlist_whose_version_is_shown_again_is_read(spotify: EditedSpotify) -> None:
    spotify.edit = without_snapshot_id(times=2)
    fetch = quick_world(spotify)
    fetch.run(playlists=[KITCHEN_RADIO])
    assert skips(fetch) == {}


def test_the_last_snapshot_of_a_playlist_without_its_version_is_used(spotify: EditedSpotify) -> None:
    fetch = quick_world(spotify)
    fetch.run(playlists=[KITCHEN_RADIO])
    spotify.day, spotify.edit = TOMORROW, without_snapshot_id(times=10_000)
    answer = fetch.run("run-2", NEXT_DAY, playlists=[KITCHEN_RADIO])
    assert skips(fetch, "run-2", NEXT_DAY) == {KITCHEN_RADIO: "NoSnapshotId"}
    assert "are used instead" in answer["playlists"]["skipped"][0]["message"]


def test_of_others_playlists_only_refusals_are_remembered(spotify: EditedSpotify) -> None:
    def edit(request: Request, body: JsonObject) -> None:
        if request.path.endswith(BASEMENT) and "tracks" in body:
            body["tracks"]["total"] += 1_000
            body["tracks"]["next"] = None

    spotify.edit = edit
    fetch = quick_world(spotify)
    fetch.run()
    assert skips(fetch) == {BASEMENT: "CutShort"}
    spotify.edit = leave_alone
    fetch.run("run-2")
    assert skips(fetch, "run-2") == {}


def test_truncated_saved_tracks_are_not_accepted_as_complete(spotify: EditedSpotify) -> None:
    spotify.edit = cut_at(50, times=10_000, path="/me/tracks")
    fetch = quick_world(spotify, sources=("saved_tracks",))
    with pytest.raises(errors.NoPlaylistReadable, match="saved tracks ends at 50 of 73 items"):
        fetch.run()


def test_null_slots_count_as_items(spotify: EditedSpotify) -> None:
    def edit(request: Request, body: JsonObject) -> None:
        if request.path.endswith("/items"):
            body["items"][3] = None

    spotify.edit = edit
    fetch = quick_world(spotify)
    assert fetch.run(playlists=[KITCHEN_RADIO])["items"] == 224


@pytest.mark.parametrize("fault", ["cut short", "keeps changing"])
@pytest.mark.parametrize("named", [[KITCHEN_RADIO, NOTHING_YET], []], ids=["named", "account"])
def test_the_last_complete_snapshot_is_used_for_a_playlist_that_cannot_be_read_today(
    spotify: EditedSpotify, named: list[str], fault: str
) -> None:
    fetch = quick_world(spotify)
    fetch.run(playlists=named)
    (before,) = (entry for entry in fetch.manifest().playlists if entry.playlist_id == KITCHEN_RADIO)
    spotify.day = TOMORROW
    if fault == "cut short":
        spotify.edit = cut_at(150, times=10_000)
    else:
        moving = Fault("snapshot_moves", f"playlists/{KITCHEN_RADIO}/items", times=None)
        spotify.use_faults(FaultPlan((moving,)))
    answer = fetch.run("run-2", NEXT_DAY, playlists=named)
    (after,) = (
        entry for entry in fetch.manifest("run-2", NEXT_DAY).playlists if entry.playlist_id == KITCHEN_RADIO
    )
    assert (after.status, after.objects) == ("unchanged", before.objects)
    (skip,) = answer["playlists"]["skipped"]
    assert "are used instead" in skip["message"]
    assert any(
        line["playlist_id"] == KITCHEN_RADIO
        for obj in fetch.manifest("run-2", NEXT_DAY).playlist_records
        for line in fetch.lines(obj.key)
    )
    as_new(spotify).day = TOMORROW
    fetch.run("run-3", NEXT_DAY, playlists=named)
    assert skips(fetch, "run-3", NEXT_DAY) == {}


def test_an_earlier_snapshot_is_used_until_it_expires(spotify: EditedSpotify) -> None:
    fetch = quick_world(spotify, raw_retention_days=30, reference_margin_days=7)
    fetch.run(playlists=[KITCHEN_RADIO, NOTHING_YET])
    fetch.clock.sleep(24 * 86_400)
    spotify.edit = cut_at(150, times=10_000)
    fetch.run("run-2", playlists=[KITCHEN_RADIO, NOTHING_YET])
    assert {entry.playlist_id for entry in fetch.manifest("run-2").playlists} == {KITCHEN_RADIO, NOTHING_YET}
    fetch.clock.sleep(5.5 * 86_400)
    fetch.run("run-3", playlists=[KITCHEN_RADIO, NOTHING_YET])
    assert [entry.playlist_id for entry in fetch.manifest("run-3").playlists] == [NOTHING_YET]


def listed(fetch: World) -> int:
    return len(fetch.manifest().playlists)


def listing_calls(library: SpotifyApi) -> int:
    return library.calls.number("me/playlists")


def test_a_listing_whose_total_changes_between_two_pages_is_read_again_from_the_start(
    library: EditedSpotify,
) -> None:
    def edit(request: Request, body: JsonObject) -> None:
        if request.path.endswith("/me/playlists") and listing_calls(library) == 0:
            body["total"] -= 1

    library.edit = edit
    fetch = quick_world(library)
    fetch.run()
    assert (listed(fetch), skips(fetch)) == (120, {})
    assert listing_calls(library) == 2 + 3


def test_a_playlist_that_is_missing_on_a_page_is_found_when_the_page_is_requested_again(
    library: EditedSpotify,
) -> None:
    def edit(request: Request, body: JsonObject) -> None:
        if request.args.get("offset") == "50" and listing_calls(library) < 3:
            del body["items"][0]

    library.edit = edit
    fetch = quick_world(library)
    fetch.run()
    assert (listed(fetch), skips(fetch)) == (120, {})
    assert listing_calls(library) == 3 + 2


def test_a_slot_that_is_always_left_out_is_accepted_when_two_passes_agree(library: EditedSpotify) -> None:
    def edit(request: Request, body: JsonObject) -> None:
        if request.args.get("offset") == "50":
            del body["items"][0]

    library.edit = edit
    fetch = quick_world(library)
    fetch.run()
    assert (listed(fetch), skips(fetch)) == (119, {})
    assert listing_calls(library) == 2 * (3 + 2)


@pytest.mark.parametrize("kind", ["total moves", "ends early"])
def test_a_listing_that_keeps_changing_is_reported_in_the_output(library: EditedSpotify, kind: str) -> None:
    def edit(request: Request, body: JsonObject) -> None:
        if not request.path.endswith("/me/playlists"):
            return
        if kind == "total moves":
            body["total"] += listing_calls(library)
        elif request.args.get("offset") == "50":
            body.update(items=body["items"][:9], next=None)

    library.edit = edit
    fetch = quick_world(library)
    answer = fetch.run()
    assert skips(fetch) == {"me/playlists": "ListingKeepsChanging"}
    assert "A new playlist may be missing today" in answer["playlists"]["skipped"][0]["message"]
    assert listed(fetch) == (120 if kind == "total moves" else 79)
