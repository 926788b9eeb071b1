"""One lake over two days: the first day, the same day again, and the next day.

The days are fixtures that build on each other, so each test has what it needs whichever tests run before it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from build_report.places import LATEST
from build_report.reading.day import read_report
from build_report.reading.lake import Lake
from build_report.reading.runs import GlueSize
from build_report.report import Report
from infra.data_dictionary import is_pruned
from infra.saved_queries import saved_queries
from publish_catalog.view_sql import View, all_views
from spotify_lake.contract.marts.forecasts import FORECAST_BACKTEST, POPULARITY_FORECAST
from spotify_lake.contract.marts.registry import ALL_TABLES
from tests import readme
from tests.e2e.catalog_count import Count, count
from tests.e2e.support import DAY, Pipeline, ask

pytestmark = [pytest.mark.e2e, pytest.mark.spark]
NEXT_DAY = DAY + dt.timedelta(days=1)


@dataclasses.dataclass(frozen=True)
class Day:
    """The result of a run of a day.

    Attributes:
        output: of the execution.
        tasks: the task states that it entered, in order.
        rows: of each table on `DAY`, after the run.
    """

    output: dict[str, Any]
    tasks: list[str]
    rows: dict[str, list[Any]]


@pytest.fixture(scope="module")
def first_day(deployed: Pipeline) -> Day:
    return run_day(deployed, DAY)


@pytest.fixture(scope="module")
def first_day_again(deployed: Pipeline, first_day: Day) -> Day:
    return run_day(deployed, DAY)


@pytest.fixture(scope="module")
def next_day(deployed: Pipeline, first_day_again: Day) -> Day:
    return run_day(deployed, NEXT_DAY)


def run_day(pipeline: Pipeline, day: dt.date) -> Day:
    pipeline.spotify.day = day
    outcome = pipeline.run(snapshot_date=day.isoformat())
    assert outcome.succeeded, outcome
    assert outcome.output is not None
    entered = [step.state for step in pipeline.steps if step.kind == "entered" and step.state_type == "Task"]
    return Day(outcome.output, list(dict.fromkeys(entered)), rows_of_day(pipeline, DAY))


@pytest.fixture
def counted(pipeline: Pipeline) -> Count:
    return count(pipeline.spotify.catalog, DAY)


def rows_of_day(pipeline: Pipeline, day: dt.date) -> dict[str, list[Any]]:
    """Each table's rows, without the times of playlist records, which every run reads again."""
    of_playlists = ("playlists", "playlist_daily")
    rows = {}
    times = ("fetched_at", "followers_observed_at")
    for table in ALL_TABLES:
        columns = [name for name in table.column_names if table.name not in of_playlists or name not in times]
        sql = f"SELECT {', '.join(columns)} FROM {table.name} WHERE snapshot_date = '{day}'"
        rows[table.name] = sorted(pipeline.query(sql), key=repr)
    return rows


def test_a_run_enters_its_states_and_succeeds(pipeline: Pipeline, first_day: Day) -> None:
    assert first_day.tasks == [
        "ResolveRun",
        "AcquireLease",
        "FetchSpotify",
        "NormalizeToParquet",
        "BuildMarts",
        "StartCrawler",
        "GetCrawler",
        "PublishCatalog",
        "DailySummary",
        "GetDailySummary",
        "BuildReport",
        "ReleaseLease",
    ]


def test_the_output_says_what_happened(first_day: Day, counted: Count) -> None:
    output = first_day.output
    assert output["snapshot_date"] == DAY.isoformat()
    assert output["playlists"]["unchanged"] == 0
    assert output["playlists"]["fetched"] == len(counted.uris)
    assert output["rows"]["playlist_items"] == counted.items
    assert int(output["summary"]["items"]) == counted.items
    links = output["console"]
    assert {"normalize_job", "normalize_logs", "marts_job", "marts_logs", "saved_queries"} < set(links)
    assert "/run/jr_" in links["normalize_job"]
    assert output["run_id"] in links["execution"]
    assert len(str(output)) < 8_000


def test_the_page_of_the_day_is_written_and_linked(pipeline: Pipeline, next_day: Day) -> None:
    report = next_day.output["report"]
    assert (report["status"], report["is_latest"]) == ("written", True)
    s3 = pipeline.stack.aws.client("s3")
    bucket, _, key = report["uri"].removeprefix("s3://").partition("/")
    assert key == f"reports/snapshot_date={NEXT_DAY}/index.html"
    assert f"/s3/object/{bucket}?" in report["link"]
    page = s3.get_object(Bucket=bucket, Key=key)
    assert page["ContentType"] == "text/html; charset=utf-8"
    text = page["Body"].read()
    assert text == s3.get_object(Bucket=bucket, Key=LATEST)["Body"].read()
    assert report["verdict"] in text.decode()
    assert len(text) < 2_000_000


@pytest.fixture
def report(pipeline: Pipeline, next_day: Day, monkeypatch: pytest.MonkeyPatch) -> Report:
    """What the page of the next day shows."""
    for name, value in pipeline.stack.aws.environment.items():
        monkeypatch.setenv(name, value)
    outputs = pipeline.stack.outputs
    lake = Lake(pipeline.stack.aws.client("s3"), outputs["CuratedBucketName"], outputs["RawBucketName"])
    return read_report(
        lake,
        str(NEXT_DAY),
        run_id="r",
        lake_name="spotify_lake",
        built_at=dt.datetime.now(dt.UTC),
        size=GlueSize(2, "STANDARD"),
    )


def test_the_numbers_of_the_report_are_those_of_queries(pipeline: Pipeline, report: Report) -> None:
    day = f"snapshot_date = '{NEXT_DAY}'"

    def numbers(sql: str) -> list[tuple[Any, ...]]:
        return [
            tuple(int(cell) if cell and cell.isdigit() else cell for cell in row)
            for row in pipeline.query(sql)
        ]

    changes = dict(numbers(f"SELECT change, count(*) FROM playlist_changes WHERE {day} GROUP BY change"))
    assert changes == {
        change: number
        for change, number in (
            ("added", report.items_added),
            ("removed", report.items_removed),
            ("moved", report.items_moved),
        )
        if number
    }
    assert [(each.rank, each.name, each.playlists, each.reach) for each in report.top_tracks[:1]] == numbers(
        f"SELECT rank_by_reach, name, playlists, reach FROM track_daily WHERE {day}"
        " ORDER BY rank_by_reach, playlists DESC, popularity DESC NULLS LAST, name, track_id LIMIT 1"
    )
    assert [
        (each.release_year or 0, each.placements, each.tracks) for each in report.release_years
    ] == numbers(
        f"SELECT release_year, placements, tracks FROM release_profile_daily WHERE {day}"
        " ORDER BY release_year"
    )
    assert [(report.duplicates_total,)] == numbers(f"SELECT count(*) FROM duplicates WHERE {day}")
    (query,) = (each for each in saved_queries() if each.name == "unavailable_tracks")
    assert {
        (each.playlist_name, each.item_name, each.position, each.reason) for each in report.unavailable
    } == {(playlist, name, position, reason) for playlist, position, name, reason, *_ in numbers(query.sql)}
    assert report.previous_day == str(DAY)
    assert report.rank_days == (str(DAY), str(NEXT_DAY))


def test_the_tables_hold_what_spotify_served(pipeline: Pipeline, first_day: Day, counted: Count) -> None:
    on_day = f"WHERE snapshot_date = '{DAY}'"
    by_type = pipeline.query(f"SELECT item_type, count(*) FROM playlist_items {on_day} GROUP BY item_type")
    assert {kind: int(number or 0) for kind, number in by_type} == counted.item_types
    for table, ids in (("tracks", counted.tracks), ("albums", counted.albums), ("artists", counted.artists)):
        found = {
            row[0] for row in pipeline.query(f"SELECT {table.removesuffix('s')}_id FROM {table} {on_day}")
        }
        assert found == ids


def test_every_table_is_in_athena_with_the_rows_of_the_output(pipeline: Pipeline, first_day: Day) -> None:
    rows = {**first_day.output["rows"], **first_day.output["marts"]["rows"]}
    for table in ALL_TABLES:
        sql = f"SELECT count(*) FROM {table.name} WHERE snapshot_date = '{DAY}'"
        # Forecasts are not made unless a parameter asks for them.
        expected = 0 if table in (POPULARITY_FORECAST, FORECAST_BACKTEST) else rows[table.name]
        assert int(pipeline.query(sql)[0][0] or 0) == expected


def test_every_table_column_and_view_is_described(pipeline: Pipeline, first_day: Day) -> None:
    glue = pipeline.stack.aws.client("glue")
    found = glue.get_tables(DatabaseName=pipeline.stack.outputs["AthenaDatabase"])["TableList"]
    published = {table.name for table in ALL_TABLES} | {view.name for view in all_views()}
    assert {each["Name"] for each in found} == published
    assert all(each["Description"] for each in found)
    for each in found:
        if each["TableType"] != "VIRTUAL_VIEW":
            assert all(column["Comment"] for column in each["StorageDescriptor"]["Columns"])


def test_the_same_day_again_gives_the_same_rows(first_day: Day, first_day_again: Day) -> None:
    assert first_day_again.rows == first_day.rows
    assert first_day_again.output["playlists"]["fetched"] == 0


def test_the_next_day_is_added_and_its_changes_are_in_a_mart(
    pipeline: Pipeline, first_day: Day, next_day: Day, counted: Count
) -> None:
    assert next_day.output["playlists"]["unchanged"] > 0
    assert next_day.output["playlists"]["fetched"] > 0
    after = count(pipeline.spotify.catalog, NEXT_DAY)
    assert next_day.output["rows"]["playlist_items"] == after.items
    assert next_day.rows == first_day.rows
    expected = {
        (playlist, change, uri)
        for playlist in counted.uris.keys() & after.uris.keys()
        for change, uris in (
            ("added", after.uris[playlist] - counted.uris[playlist]),
            ("removed", counted.uris[playlist] - after.uris[playlist]),
        )
        for uri in uris
    }
    assert expected
    sql = "SELECT playlist_id, change, item_uri FROM playlist_changes WHERE change <> 'moved'"
    assert set(pipeline.query(sql)) == expected


@pytest.mark.parametrize("view", all_views(), ids=lambda view: view.name)
def test_a_filter_on_the_day_limits_what_a_view_reads_if_the_data_dictionary_says_so(
    pipeline: Pipeline, next_day: Day, view: View
) -> None:
    sql = f"SELECT * FROM {view.name}"
    days = {day for (day,) in pipeline.query("SELECT DISTINCT snapshot_date FROM playlists")}
    assert days == {str(DAY), str(NEXT_DAY)}
    whole = ask(pipeline.stack, sql).scanned_bytes
    by_day = [ask(pipeline.stack, f"{sql} WHERE snapshot_date = '{day}'").scanned_bytes for day in days]
    if not is_pruned(view):
        assert sum(by_day) > whole
    else:
        assert sum(by_day) == whole


@pytest.mark.parametrize("sql", readme.statements())
def test_the_statements_of_the_documents_run(pipeline: Pipeline, next_day: Day, sql: str) -> None:
    pipeline.query(sql)


def test_the_saved_queries_of_the_template_run(pipeline: Pipeline, first_day: Day) -> None:
    athena = pipeline.stack.aws.client("athena")
    group = pipeline.stack.outputs["AthenaWorkGroup"]
    ids = athena.list_named_queries(WorkGroup=group)["NamedQueryIds"]
    queries = [athena.get_named_query(NamedQueryId=each)["NamedQuery"] for each in ids]
    assert {query["Name"] for query in queries} == {query.name for query in saved_queries()}
    for query in queries:
        pipeline.query(query["QueryString"])


def test_the_documented_awswrangler_snippet_reads_the_lake(
    pipeline: Pipeline, first_day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in pipeline.stack.aws.environment.items():
        monkeypatch.setenv(name, value)
    frame = readme.run_snippet("awswrangler", pipeline.stack.outputs)
    assert len(frame) > 0
    assert frame["popularity"].between(0, 100).all()
