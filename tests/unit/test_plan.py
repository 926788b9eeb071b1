from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from infra.local.plan import Mode, Plan, PlanError, Settings, plan_runs

TODAY = dt.date(2026, 11, 22)
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


def test_nothing_asked_for_is_one_run_of_today_with_an_empty_input() -> None:
    plan = planned()
    assert [(run.day, run.run_input) for run in plan.runs] == [(TODAY, {})]
    assert plan.credentials is None


def test_a_date_is_the_executions_and_the_local_spotifys_day() -> None:
    run = planned(date="2026-11-20").runs[0]
    assert (run.day, run.run_input) == (dt.date(2026, 11, 20), {"snapshot_date": "2026-11-20"})


def test_a_date_that_is_none_is_left_for_the_state_machine_to_refuse() -> None:
    run = planned(date="yesterday").runs[0]
    assert (run.day, run.run_input) == (TODAY, {"snapshot_date": "yesterday"})


def test_credentials_in_the_environment_lead_to_the_real_spotify() -> None:
    plan = planned(APP, playlists="a,b")
    assert plan.credentials == {"client_id": "id", "client_secret": "secret"}
    assert plan.runs[0].run_input == {"playlists": "a,b"}


def test_half_of_the_credentials_is_refused_with_what_is_missing() -> None:
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


def test_one_of_the_recorded_days_may_be_chosen(tmp_path: Path) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", "A" * 22)
    recorded_playlist(tmp_path, "chart_2024-05-15", "A" * 22)
    assert len(planned(recorded=str(tmp_path), date="2024-05-15").runs) == 1
    with pytest.raises(PlanError, match="2024-04-22, 2024-05-15"):
        planned(recorded=str(tmp_path), date="2024-05-14")


def test_a_recorded_date_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", "A" * 22)
    with pytest.raises(PlanError, match=r"DATE=nonsense is no date .*: the answers in .* are of 2024-04-22"):
        planned(recorded=str(tmp_path), date="nonsense")


def test_a_folder_without_recorded_answers_is_named_once(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    with pytest.raises(PlanError) as refusal:
        planned(recorded=str(folder))
    assert str(refusal.value) == f"RECORDED={folder}: there is no such folder."


def test_a_recorded_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "chart.json").write_text("{")
    with pytest.raises(PlanError, match=f"RECORDED={tmp_path}: chart.json: it is not JSON"):
        planned(recorded=str(tmp_path))


@pytest.mark.parametrize("mode", list(Mode))
def test_the_synthetic_catalog_is_one_source_in_every_mode(mode: Mode) -> None:
    assert planned(mode=mode).source == "synthetic"


def test_recorded_answers_and_the_real_spotify_are_sources_of_their_own(tmp_path: Path) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", "A" * 22)
    assert planned(recorded=str(tmp_path)).source == "recorded"
    assert planned(APP, playlists="a").source == "spotify"


def test_another_day_is_the_day_before_or_a_recorded_one_or_none(tmp_path: Path) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", "A" * 22)
    recorded_playlist(tmp_path, "chart_2024-05-15", "A" * 22)
    assert planned(date="2026-11-20").another_day == dt.date(2026, 11, 19)
    assert planned(recorded=str(tmp_path), date="2024-05-15").another_day == dt.date(2024, 4, 22)
    assert planned(recorded=str(tmp_path)).another_day is None
    assert planned(APP, playlists="a").another_day is None


def test_the_same_can_be_asked_for_again() -> None:
    assert planned().again == ""
    assert planned(playlists="a b", mode=Mode.DEVELOPMENT).again == " MODE=development PLAYLISTS='a b'"


def test_further_options_go_into_the_input_of_every_run(tmp_path: Path) -> None:
    recorded_playlist(tmp_path, "chart_2024-04-22", "A" * 22)
    (run,) = planned(recorded=str(tmp_path), max_calls=7, accept_shrink=True).runs
    assert run.run_input == {"snapshot_date": "2024-04-22", "max_calls": 7, "accept_shrink": True}
