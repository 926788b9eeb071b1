from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from resolve_run.errors import InvalidInput
from resolve_run.handler import handler
from resolve_run.run_input import parse_run_input

TODAY = dt.date(2026, 11, 22)
ID_A = "A" * 22
ID_B = "B" * 22


class _Context:
    function_name = "resolve"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:resolve"
    aws_request_id = "request"


def resolve(run_input: Any, *, started_at: str = "2026-11-22T05:00:00.000Z") -> dict[str, Any]:
    event = {"input": run_input, "run_id": "run-1", "started_at": started_at}
    answer: dict[str, Any] = handler(event, _Context())
    return answer


@pytest.fixture(autouse=True)
def configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIME_ZONE", "UTC")
    monkeypatch.setenv("LEASE_HOURS", "6")
    monkeypatch.setenv("MAX_WAIT_SECONDS", "90000")
    monkeypatch.setenv("BUILD_MARTS", "true")


def test_an_empty_input_means_today_and_the_configured_playlists() -> None:
    answer = resolve({})
    assert answer["run"] == {
        "run_id": "run-1",
        "snapshot_date": "2026-11-22",
        "is_rebuild": False,
        "with_tables": True,
        "with_marts": True,
    }
    assert answer["fetch_request"]["playlists"] == []
    assert answer["max_wait_seconds"] == 90000


def test_the_day_is_the_one_in_the_configured_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIME_ZONE", "Pacific/Auckland")
    answer = resolve({}, started_at="2026-11-22T20:00:00.000Z")
    assert answer["run"]["snapshot_date"] == "2026-11-23"


def test_the_lease_lasts_the_configured_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEASE_HOURS", "8")
    assert resolve({})["lease_seconds"] == 8 * 3600


def test_the_inputs_own_bounds_win_over_the_configured_ones() -> None:
    answer = resolve({"max_wait_seconds": 0, "max_calls": 7})
    assert answer["max_wait_seconds"] == 0
    assert answer["fetch_request"]["max_calls"] == 7


@pytest.mark.parametrize(
    ("run_input", "argument"),
    [({}, "false"), ({"accept_shrink": False}, "false"), ({"accept_shrink": True}, "true")],
)
def test_a_loss_of_items_is_accepted_only_when_the_input_says_so(
    run_input: dict[str, Any], argument: str
) -> None:
    assert resolve(run_input)["job_request"]["accept_shrink"] == argument


def test_the_job_of_a_fetch_gets_the_day_and_every_table() -> None:
    request = resolve({"snapshot_date": "2026-11-20"})["job_request"]
    assert (request["snapshot_date"], request["tables"]) == ("2026-11-20", "all")


@pytest.mark.parametrize("days", ["2026-11-01..2026-11-20", "2026-11-05", "all", "2026-11-01..2027-01-01"])
def test_a_rebuild_goes_to_the_job_with_its_days(days: str) -> None:
    answer = resolve({"rebuild": days, "accept_shrink": True})
    run = {"run_id": "run-1", "snapshot_date": days, "is_rebuild": True}
    assert answer["run"] == {**run, "with_tables": True, "with_marts": True}
    request = answer["job_request"]
    assert (request["snapshot_date"], request["tables"], request["accept_shrink"]) == (days, "all", "true")


@pytest.mark.parametrize("tables", [["tracks", "albums"], "tracks, albums"])
def test_the_tables_of_a_rebuild_may_be_named(tables: Any) -> None:
    assert resolve({"rebuild": "all", "tables": tables})["job_request"]["tables"] == "tracks,albums"


@pytest.mark.parametrize(("given", "argument"), [({}, "false"), ({"reprocess_rejected": True}, "true")])
def test_a_rebuild_includes_all_its_days_by_default(given: dict[str, Any], argument: str) -> None:
    assert resolve({"rebuild": "all", **given})["job_request"]["reprocess_rejected"] == argument


@pytest.mark.parametrize("configured_hours", ["1", "6"])
def test_many_days_get_more_time_than_one_and_the_lease_outlasts_the_job(
    configured_hours: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEASE_HOURS", configured_hours)
    one, many = resolve({}), resolve({"rebuild": "all"})
    assert many["job_request"]["timeout_minutes"] > one["job_request"]["timeout_minutes"]
    for answer in (one, many):
        both_jobs = 2 * answer["job_request"]["timeout_minutes"] * 60
        assert both_jobs + 2 * 3600 < answer["lease_seconds"]


def test_marts_are_not_built_where_the_stack_switches_them_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILD_MARTS", "false")
    assert resolve({})["run"]["with_marts"] is False
    with pytest.raises(InvalidInput, match="BuildMarts"):
        resolve({"rebuild": "all", "tables": ["marts"]})


def test_a_rebuild_may_be_of_the_marts_only() -> None:
    answer = resolve({"rebuild": "all", "tables": ["marts"]})
    assert (answer["run"]["with_tables"], answer["run"]["with_marts"]) == (False, True)


@pytest.mark.parametrize("named", [["tracks", "marts"], ["chart_positions"]])
def test_marts_cannot_be_named_with_tables_or_one_by_one(named: list[str]) -> None:
    with pytest.raises(InvalidInput, match="marts are built together"):
        resolve({"rebuild": "all", "tables": named})


def test_playlists_may_be_a_text_with_commas_and_repeats_count_once() -> None:
    parsed = parse_run_input({"playlists": f"{ID_A}, spotify:playlist:{ID_B},{ID_A}"}, today=TODAY)
    assert parsed.playlists == (ID_A, ID_B)


@pytest.mark.parametrize(
    ("run_input", "said"),
    [
        ({"snapshot_date": "22.11.2026"}, "'22.11.2026', which is not a date"),
        ({"snapshot_date": "2026-02-30"}, "a day that does not exist"),
        ({"snapshot_date": "2026-11-23"}, "2026-11-23, a day in the future"),
        ({"snapshot_date": 20261122}, "20261122, which is not a date"),
        ({"snapshotdate": "2026-11-22"}, "'snapshotdate' is an unknown key"),
        ({"playlists": ["nonsense"]}, "'nonsense', which is not a playlist"),
        ({"playlists": ["https://open.spotify.com/album/" + ID_A]}, "It is a Spotify album"),
        ({"playlists": 5}, "Write a list"),
        ({"max_calls": 0}, "Write a whole number of 1 or more"),
        ({"max_calls": True}, "Write a whole number"),
        ({"max_wait_seconds": -1}, "Write a whole number of 0 or more"),
        ({"accept_shrink": "true"}, "Write true or false, without quotes"),
        ({"rebuild": True}, "Write a day as YYYY-MM-DD, a range"),
        ({"rebuild": "2026-11"}, "is '2026-11', which is not a date of the form YYYY-MM-DD"),
        ({"rebuild": "2026-11-05..2026-11-01"}, "2026-11-01', which ends before it begins. Write a day"),
        ({"rebuild": "2026-11-23..2026-11-24"}, "in the future"),
        (
            {"rebuild": "all", "tables": ["songs"]},
            "'songs', which is not a table. The tables are playlists, ",
        ),
        ({"rebuild": "all", "tables": 5}, 'Write a list: {"tables": ["tracks", ...]}'),
        (
            {"rebuild": "all", "snapshot_date": "2026-11-22"},
            "'snapshot_date' cannot be combined with 'rebuild'",
        ),
        ({"rebuild": "all", "playlists": [ID_A]}, "'playlists' cannot be combined with 'rebuild'"),
        ({"reprocess_rejected": True}, "'reprocess_rejected' requires 'rebuild'"),
        (
            {"rebuild": "all", "tables": ["tracks"], "reprocess_rejected": True},
            "'tables' cannot be combined with 'reprocess_rejected'",
        ),
        ({"tables": ["tracks"]}, "'tables' requires 'rebuild'. Add the days"),
        ({"playlists_uri": "drop/list.txt"}, "Write it as s3://bucket/key"),
        ({"dropped": "drop/list.txt"}, "is not the bucket and object of an"),
        (
            {"dropped": {"bucket": {"name": "raw"}, "object": {}}},
            "is not the bucket and object of an",
        ),
        ({"dropped": {}, "playlists_uri": "s3://raw/list"}, "'playlists_uri' cannot be combined"),
        ({"rebuild": "all", "dropped": {}}, "'dropped' cannot be combined with 'rebuild'"),
        ({"wait_for_other_runs": "yes"}, "Write true or false, without quotes"),
    ],
)
def test_a_bad_input_is_refused_with_its_key_and_the_fix(run_input: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_run_input(run_input, today=TODAY)
    assert said in str(refusal.value)
    assert refusal.value.key in str(refusal.value)


@pytest.mark.parametrize("body", [[], ["2026-11-22"], "2026-11-22", 5, None])
def test_an_input_that_is_not_an_object_is_refused(body: Any) -> None:
    with pytest.raises(InvalidInput, match=r"The input is .*, which is not an object. Write \{\}"):
        resolve(body)


def test_an_unknown_key_is_refused_with_the_likely_one_and_all_keys() -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_run_input({"snapshotdate": "2026-11-22"}, today=TODAY)
    message = str(refusal.value)
    assert "Did you mean 'snapshot_date'? The keys are snapshot_date, playlists, " in message
    assert len(message) < 250
    with pytest.raises(InvalidInput, match=r"unknown key\. The keys are"):
        parse_run_input({"quux": 1}, today=TODAY)


def test_a_text_that_is_not_a_playlist_is_repeated_once() -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_run_input({"playlists": ["nonsense"]}, today=TODAY)
    assert str(refusal.value).count("nonsense") == 1


def test_an_execution_started_by_another_one_has_one_more_key() -> None:
    parsed = parse_run_input({"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "arn"}, today=TODAY)
    assert parsed.snapshot_date == "2026-11-22"


@pytest.fixture
def put_file() -> Iterator[Callable[[str, str], str]]:
    """Put a file into a versioned bucket; returns its version."""
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="raw")
        s3.put_bucket_versioning(Bucket="raw", VersioningConfiguration={"Status": "Enabled"})

        def put(key: str, body: str) -> str:
            return s3.put_object(Bucket="raw", Key=key, Body=body.encode())["VersionId"]

        yield put


def test_a_playlist_file_is_passed_on_by_reference(put_file: Callable[[str, str], str]) -> None:
    version = put_file("drop/list.txt", ID_A)
    request = resolve({"playlists_uri": "s3://raw/drop/list.txt", "playlists": [ID_B]})["fetch_request"]
    assert request["playlists"] == [ID_B]
    assert request["playlists_file"] == {"bucket": "raw", "key": "drop/list.txt", "version": version}


def test_a_dropped_file_is_the_version_that_the_event_names(put_file: Callable[[str, str], str]) -> None:
    key = 'drop/my "best" list.txt'
    version = put_file(key, ID_A)
    put_file(key, "replaced by something else")
    dropped = {"bucket": {"name": "raw"}, "object": {"key": key, "size": 22, "version-id": version}}
    request = resolve({"dropped": dropped, "wait_for_other_runs": True})["fetch_request"]
    assert request["playlists_file"] == {"bucket": "raw", "key": key, "version": version}


def test_a_list_of_any_length_takes_little_space_in_the_state_machine(
    put_file: Callable[[str, str], str],
) -> None:
    put_file("drop/list.txt", "\n".join(f"{number:022}" for number in range(50_000)))
    answer = resolve({"playlists_uri": "s3://raw/drop/list.txt"})
    assert len(json.dumps(answer)) < 2_000


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, r"'playlists_uri' s3://raw/drop/list.txt cannot be read .*NoSuchKey"),
        ("# nothing yet\n", "does not name a playlist"),
        ("nonsense", "contains 'nonsense', which is not a playlist"),
    ],
)
def test_a_playlist_file_that_cannot_be_used_is_refused(
    put_file: Callable[[str, str], str], body: str | None, said: str
) -> None:
    if body is not None:
        put_file("drop/list.txt", body)
    with pytest.raises(InvalidInput, match=said):
        resolve({"playlists_uri": "s3://raw/drop/list.txt"})


def test_a_time_zone_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIME_ZONE", "Europe/Atlantis")
    with pytest.raises(InvalidInput, match="Europe/Atlantis"):
        resolve({})
