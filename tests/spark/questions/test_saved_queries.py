"""Each saved query gives what plain Python makes of the raw records, and reads only the days it needs."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any, Final

import pytest
from pyspark.sql import SparkSession

from infra.local.athena.engine import Engine
from infra.local.athena.errors import QueryRefused
from infra.saved_queries import saved_queries
from spotify_lake.contract.raw_zone import RunManifest, manifest_key
from tests import readme
from tests.athena_lake import DATABASE, curated_folder, register_tables
from tests.spark.history import History
from tests.spark.marts.curated_lake import CuratedLake
from tests.spark.questions.answers import ANSWERS, Answer
from tests.spark.questions.facts import Facts, raw_lines
from tests.spark.questions.raw_days import DAYS, raw_days

pytestmark = pytest.mark.spark
SEED: Final = 7
QUERIES: Final = {query.name: query for query in saved_queries()}
FIRST_DAYS: Final = {
    "new_in_playlists": "2026-11-16",
    "left_playlists": "2026-11-16",
    "risers_and_fallers": "2026-11-15",
    "artists_that_entered": "2026-11-15",
    "unreadable_records": "2026-11-14",
    "track_journey": "2026-10-20",
    "playlist_age_and_popularity": "2026-10-20",
    "genre_share_by_month": "2026-07-01",
}
"""The first of the lake's days that a query needs; the others need the newest day only."""


@dataclasses.dataclass(frozen=True)
class AskedLake:
    """A lake's folder, the local Athena, and what the raw records say."""

    folder: Path
    engine: Engine
    facts: Facts

    def answer(self, name: str) -> Answer:
        return rows_of(self.engine, name)


def rows_of(engine: Engine, name: str) -> Answer:
    return [tuple(map(comparable, row)) for row in engine.run(QUERIES[name].sql, DATABASE).rows]


def comparable(value: Any) -> Any:
    """Times in UTC; and the JSON of a quarantined row, whose white space does not matter, without it."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=dt.UTC)
    if isinstance(value, str) and value.startswith("{"):
        return json.dumps(json.loads(value))
    return value


@pytest.fixture(scope="module")
def lake(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> AskedLake:
    folder = tmp_path_factory.mktemp("questions")
    zones = History(spark, curated_folder(folder).parent)
    runs = raw_days(SEED)
    for day, of_day in runs.items():
        for run_id, lines in of_day:
            zones.fetch(day, lines, run_id)
    zones.run("rebuild", "all", max_rejected_percent=100, accept_shrink=True)
    CuratedLake(spark, zones.curated).build()
    return AskedLake(folder, register_tables(folder), facts_of(zones, runs))


def facts_of(zones: History, runs: Any) -> Facts:
    found = {}
    for day, of_day in runs.items():
        paths = [zones.raw / manifest_key(day, run_id) for run_id, _ in of_day]
        manifests = [RunManifest.from_json(path.read_text("utf-8")) for path in paths]
        found[day] = (manifests, raw_lines(zones.raw, manifests))
    return Facts(found, (zones.raw, zones.curated))


def test_every_saved_query_is_compared() -> None:
    assert ANSWERS.keys() == QUERIES.keys()


@pytest.mark.parametrize("name", ANSWERS)
def test_a_saved_query_answers_what_counting_the_raw_records_gives(lake: AskedLake, name: str) -> None:
    expected = [tuple(map(comparable, row)) for row in ANSWERS[name](lake.facts)]
    assert expected, "an empty answer compares nothing"
    assert lake.answer(name) == expected


@pytest.mark.parametrize("first", sorted({*FIRST_DAYS.values(), DAYS[-1]}))
def test_a_saved_query_reads_no_day_before_those_that_it_needs(
    lake: AskedLake, tmp_path: Path, first: str
) -> None:
    folder = tmp_path / "lake"
    shutil.copytree(lake.folder, folder)
    for path in curated_folder(folder).glob("*/snapshot_date=*/*.parquet"):
        day = path.parent.name.partition("=")[2]
        # They are small, and say which day is the newest.
        if path.parts[-3] not in {"playlists", "playlist_daily"} and day < first:
            path.write_bytes(b"not Parquet")
    engine = register_tables(folder)
    for name in QUERIES:
        if FIRST_DAYS.get(name, DAYS[-1]) >= first:
            assert rows_of(engine, name) == lake.answer(name), name
        else:
            with pytest.raises(QueryRefused):
                engine.run(QUERIES[name].sql, DATABASE)


def test_each_reason_why_a_track_is_unavailable_occurs(lake: AskedLake) -> None:
    reasons = {row[3] for row in lake.answer("unavailable_tracks")}
    assert reasons == {"empty slot", "withdrawn", "market", "not playable"}


def test_each_reason_why_a_record_is_unreadable_occurs_that_a_json_line_can_have(lake: AskedLake) -> None:
    reasons = {row[2] for row in lake.answer("unreadable_records")}
    assert reasons == {"envelope_incomplete", "wrong_type", "quality_rule"}


def test_the_documented_snippets_read_the_files(lake: AskedLake, spark: SparkSession) -> None:
    def asked(sql: str) -> Answer:
        return [tuple(row) for row in lake.engine.run(sql, DATABASE).rows]

    day = f"snapshot_date = '{DAYS[-1]}'"

    def read(module: str) -> Any:
        folder = str(curated_folder(lake.folder))
        return readme.run_snippet(module, {"CuratedBucketName": folder, "day": DAYS[-1]})

    def read_rows(module: str) -> Answer:
        frame = read(module).astype(object)
        return list(frame.where(frame.notna(), None).itertuples(index=False, name=None))

    assert read_rows("duckdb") == asked(
        f"SELECT name, artist_name, playlists FROM track_daily WHERE {day}"
        " ORDER BY rank_by_playlists, track_id LIMIT 10"
    )
    expected = asked(f"SELECT playlist_name, change, item_name FROM playlist_changes WHERE {day}")
    assert sorted(read_rows("pandas"), key=str) == sorted(expected, key=str) != []
    popularity = [row["popularity"] for row in read("pyspark").collect()]
    assert popularity == [
        value
        for (value,) in asked(
            f"SELECT popularity FROM tracks WHERE {day} ORDER BY popularity DESC NULLS LAST"
        )
    ]
