from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from infra.local.plan import Plan, plan_runs
from infra.local.settings import Mode, PlanError, Settings
from tests.recordings import page, track, write

TODAY = dt.date(2026, 11, 22)
ID = "A" * 22
OTHER_ID = "B" * 22
APP = {"SPOTIFY_CLIENT_ID": "id", "SPOTIFY_CLIENT_SECRET": "secret"}


def planned(environment: dict[str, str] | None = None, **options: Any) -> Plan:
    defaults: dict[str, Any] = {"date": "", "playlists": "", "recorded": "", "mode": Mode.EXTENDED}
    return plan_runs(Settings(**{**defaults, **options}, today=TODAY), environment or {})


def recorded_playlist(folder: Path, name: str, playlist_id: str) -> None:
    body = {
        "id": playlist_id,
        "type": "playlist",
        "name": "Rec",
        "snapshot_id": name,
        "owner": {"id": "me"},
        "tracks": {"items": [], "offset": 0, "total": 0, "limit": 100, "next": None, "href": "x"},
    }
    (folder / f"{name}.json").write_text(json.dumps(body))


def test_the_default_is_one_run_of_today_with_an_empty_input() -> None:
    plan = planned()
    assert [(run.day, run.run_input) for run in plan.runs] == [(TODAY, {})]
    assert plan.credentials is None


def test_a_date_is_the_executions_and_the_local_spotifys_day() -> None:
    run = planned(date="2026-11-20").runs[0]
    assert (run.day, run.run_input) == (dt.date(2026, 11, 20), {"snapshot_date": "2026-11-20"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"date": "yesterday"}, "DATE is 'yesterday', "),
        ({"date": "20261120"}, "DATE is '20261120', "),
        ({"date": "2026-11-31"}, "DATE is '2026-11-31', "),
        ({"date": "2026-11-23"}, "DATE is 2026-11-23, a day in the future"),
        ({"playlists": f"{ID},not-an-id"}, "PLAYLISTS contains 'not-an-id', "),
        ({"playlists": f"https://open.spotify.com/album/{ID}"}, "It is a Spotify album, not a playlist."),
        ({"max_calls": -1}, "MAX_CALLS is -1"),
    ],
)
@pytest.mark.parametrize("source", ["synthetic", "recorded", "spotify"])
def test_invalid_values_are_refused_in_planning(
    source: str, options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", ID)
    with pytest.raises(PlanError) as refusal:
        planned(
            APP if source == "spotify" else None,
            recorded=str(tmp_path) if source == "recorded" else "",
            **options,
        )
    assert message in str(refusal.value)


def test_credentials_in_the_environment_lead_to_the_real_spotify() -> None:
    plan = planned(APP, playlists=f"{ID},{OTHER_ID}")
    assert plan.credentials == {"client_id": "id", "client_secret": "secret"}
    assert plan.runs[0].run_input == {"playlists": f"{ID},{OTHER_ID}"}


def test_incomplete_credentials_are_refused_with_what_is_missing() -> None:
    with pytest.raises(PlanError, match="SPOTIFY_CLIENT_SECRET is missing"):
        planned({"SPOTIFY_CLIENT_ID": "id"})


def test_without_an_account_playlists_must_be_named() -> None:
    with pytest.raises(PlanError, match="PLAYLISTS="):
        planned(APP)
    assert planned({**APP, "SPOTIFY_REFRESH_TOKEN": "token"}).runs[0].run_input == {}


def test_recorded_answers_are_replayed_day_by_day_whatever_the_environment(tmp_path: Path) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", "A" * 22)
    recorded_playlist(tmp_path, "chart_2024-05-15", "A" * 22)
    recorded_playlist(tmp_path, "other_2024-05-01", "B" * 22)
    plan = planned(APP, recorded=str(tmp_path))
    assert [str(run.day) for run in plan.runs] == ["2024-04-22", "2024-05-15"]
    assert plan.credentials is None


def test_one_of_the_recorded_days_can_be_selected(tmp_path: Path) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", "A" * 22)
    recorded_playlist(tmp_path, "chart_2024-05-15", "A" * 22)
    assert len(planned(recorded=str(tmp_path), date="2024-05-15").runs) == 1
    with pytest.raises(PlanError, match=r"2024-04-22, 2024-05-15\. Choose one of these days"):
        planned(recorded=str(tmp_path), date="2024-05-14")


def test_a_recorded_day_in_the_future_is_refused(tmp_path: Path) -> None:
    recorded_playlist(tmp_path, "chart_2026-11-23", "A" * 22)
    with pytest.raises(PlanError, match="some answers are of 2026-11-23, a day in the future"):
        planned(recorded=str(tmp_path))


def test_a_folder_without_recorded_answers_is_named_once(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    with pytest.raises(PlanError) as refusal:
        planned(recorded=str(folder))
    assert str(refusal.value) == (
        f"RECORDED={folder}: there is no such folder. "
        "Name a folder of recorded answers; docs/recorded.md describes the files."
    )


def test_a_recorded_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "chart.json").write_text("{")
    with pytest.raises(PlanError, match=f"RECORDED={tmp_path}: chart.json: it is not JSON") as refusal:
        planned(recorded=str(tmp_path))
    assert str(refusal.value).endswith(
        "Record the answer again, or remove the file from the folder; docs/recorded.md describes the files."
    )


def test_a_folder_without_playlists_is_refused_with_what_to_record(tmp_path: Path) -> None:
    with pytest.raises(
        PlanError, match=r"holds a playlist with its contents\. Record a playlist with its items"
    ):
        planned(recorded=str(tmp_path))


def record_saved_tracks(folder: Path, day: str, *, count: int = 1, total: int = 1) -> None:
    found = [{"added_at": f"{day}T10:00:00Z", "track": track(number)} for number in range(count)]
    body = page(found, total, href="https://api.spotify.com/v1/me/tracks?limit=50")
    write(folder / f"saved_{day}.json", body)


@pytest.mark.parametrize("sources", ["saved_tracks", "playlists,saved_tracks"])
def test_saved_tracks_that_were_not_recorded_are_refused(tmp_path: Path, sources: str) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", ID)
    with pytest.raises(PlanError) as refusal:
        planned(recorded=str(tmp_path), sources=sources)
    assert str(refusal.value) == (
        f"SOURCES=saved_tracks: no saved tracks are recorded in {tmp_path} on or before 2024-04-22. "
        "Record them there (see docs/recorded.md), or leave saved_tracks out of SOURCES."
    )


def test_saved_tracks_that_were_recorded_only_later_are_refused(tmp_path: Path) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", ID)
    recorded_playlist(tmp_path, "chart_2024-05-15", ID)
    record_saved_tracks(tmp_path, "2024-05-01")
    with pytest.raises(PlanError, match=r"no saved tracks are recorded in .* on or before 2024-04-22"):
        planned(recorded=str(tmp_path), sources="playlists,saved_tracks", date="2024-04-22")
    assert planned(recorded=str(tmp_path), sources="playlists,saved_tracks", date="2024-05-15").runs


def test_days_on_which_only_other_sources_were_recorded_are_not_run(tmp_path: Path) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", ID)
    recorded_playlist(tmp_path, "chart_2024-05-15", ID)
    record_saved_tracks(tmp_path, "2024-05-01")
    plan = planned(recorded=str(tmp_path), sources="saved_tracks")
    assert [str(run.day) for run in plan.runs] == ["2024-05-15"]


def test_an_empty_recorded_list_of_saved_tracks_is_played_back(tmp_path: Path) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", ID)
    record_saved_tracks(tmp_path, "2024-04-22", count=0, total=0)
    assert planned(recorded=str(tmp_path), sources="saved_tracks").runs


def test_recorded_saved_tracks_are_reported_as_unused_without_their_source(tmp_path: Path) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", ID)
    record_saved_tracks(tmp_path, "2024-04-22", total=5_320)
    unread = planned(recorded=str(tmp_path)).recorded
    read = planned(recorded=str(tmp_path), sources="playlists,saved_tracks").recorded
    assert unread
    assert read
    assert [str(one) for one in unread.report.unused] == [
        "saved_2024-04-22.json: the source saved_tracks is off; add SOURCES=playlists,saved_tracks"
    ]
    assert not unread.report.incomplete
    assert not read.report.unused
    assert len(read.report.incomplete) == 1


def test_each_source_and_mode_has_its_own_lake(tmp_path: Path) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", ID)
    folder = str(tmp_path)
    assert {mode: planned(mode=mode).lake_name for mode in Mode} == {
        Mode.EXTENDED: "synthetic",
        Mode.LEGACY_DEVELOPMENT: "synthetic-legacy-development",
        Mode.DEVELOPMENT: "synthetic-development",
    }
    assert planned(recorded=folder).lake_name == "recorded"
    assert planned(recorded=folder, mode=Mode.DEVELOPMENT).lake_name == "recorded-development"
    assert planned(APP, playlists=ID, mode=Mode.DEVELOPMENT).lake_name == "spotify"


def test_another_day_is_one_that_the_lake_does_not_have(tmp_path: Path) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", ID)
    recorded_playlist(tmp_path, "chart_2024-05-15", ID)
    april, may = dt.date(2024, 4, 22), dt.date(2024, 5, 15)
    recorded = planned(recorded=str(tmp_path), date="2024-05-15")
    assert recorded.another_day({may}) == april
    assert recorded.another_day({april, may}) is None
    november = [dt.date(2026, 11, day) for day in (17, 18, 19, 20)]
    assert planned(date="2026-11-20").another_day({november[3]}) == november[2]
    assert planned(date="2026-11-20").another_day({november[3], november[2]}) == november[1]
    assert planned(date="2026-11-20").another_day({november[3], november[1]}) == november[2]
    assert planned(APP, playlists=ID).another_day(set()) is None


def test_a_plan_repeats_its_own_options() -> None:
    assert planned().variables == ""
    plan = planned(playlists=f"{ID}, {OTHER_ID}", mode=Mode.DEVELOPMENT)
    assert plan.variables == f" MODE=development PLAYLISTS='{ID}, {OTHER_ID}'"


def test_the_sources_are_those_that_are_named_and_are_repeated(tmp_path: Path) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", "A" * 22)
    record_saved_tracks(tmp_path, "2024-04-22")
    environment = {**APP, "SPOTIFY_REFRESH_TOKEN": "token"}
    for recorded, given in (("", {}), ("", environment), (str(tmp_path), {})):
        plan = planned(given, recorded=recorded, sources="playlists, saved_tracks")
        assert plan.sources == ("playlists", "saved_tracks")
        assert plan.variables.endswith(" SOURCES='playlists, saved_tracks'")
        assert all("sources" not in run.run_input for run in plan.runs)
    assert planned().sources == ()


@pytest.mark.parametrize("recorded", [False, True])
def test_an_unknown_source_is_refused_with_those_that_exist(tmp_path: Path, recorded: bool) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", "A" * 22)
    with pytest.raises(
        PlanError, match=r"SOURCES=playlists,liked: There is no source 'liked'\..* playlists, saved_tracks,"
    ):
        planned(sources="playlists,liked", recorded=str(tmp_path) if recorded else "")
    with pytest.raises(PlanError, match="No source is named"):
        planned(sources=",")


def test_without_an_account_its_lists_cannot_be_read() -> None:
    with pytest.raises(
        PlanError, match=r"whose saved tracks could be read.* `make authorize SOURCES=playlists,saved_tracks`"
    ):
        planned(APP, playlists="A" * 22, sources="playlists,saved_tracks")
    assert planned(APP, playlists="A" * 22, sources="playlists").sources == ("playlists",)


def test_further_options_are_part_of_every_runs_input(tmp_path: Path) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", "A" * 22)
    (run,) = planned(recorded=str(tmp_path), max_calls=7, accept_shrink=True).runs
    assert run.run_input == {"snapshot_date": "2024-04-22", "max_calls": 7, "accept_shrink": True}


def test_forecasts_are_planned_if_asked_for_and_repeated(tmp_path: Path) -> None:
    recorded_playlist(tmp_path, "2024-04-22", ID)
    for recorded in ("", str(tmp_path)):
        plan = planned(recorded=recorded, forecast=True)
        assert plan.forecast
        assert "FORECAST=1" in plan.variables
    assert not planned().forecast
