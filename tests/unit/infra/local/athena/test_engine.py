"""The engine from a statement's text to the result, over a lake with tracks and artists."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from infra.local.athena.engine import Engine
from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.results import text_rows
from tests.unit.infra.local.athena.lakes import Analyst, LakeFolder

DAYS = ("2026-01-01", "2026-01-02")
NUMBERS = "unnest(sequence(1, 10000)) a(x), unnest(sequence(1, 10000)) b(y), unnest(sequence(1, 10000)) c(z)"
ENDLESS = f"SELECT count(*) FROM {NUMBERS} WHERE x * y % 7 = z"


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Analyst:
    """Tracks of two days, and artists without partitions."""
    lake = LakeFolder(tmp_path_factory.mktemp("lake"))
    lake.table(
        "tracks",
        {
            "track_id": "string",
            "duration_ms": "int",
            "released": "date",
            "seen_at": "timestamp",
            "label": "string",
        },
        {"snapshot_date": "string"},
    )
    for number, day in enumerate(DAYS):
        lake.put(f"tracks/snapshot_date={day}/part-0.parquet", tracks(number + 1))
        lake.register("tracks", day)
    lake.table("artists", {"artist_id": "string", "genres": "array<string>", "fame": "double"})
    genres = pa.array([["rock", "pop"], ["pop"], []], pa.list_(pa.string()))
    fame = [0.5, 12345678.9, None]
    lake.put("artists/part-0.parquet", {"artist_id": ["a1", "a2", "a3"], "genres": genres, "fame": fame})
    return Analyst(lake)


def tracks(count: int) -> pa.Table:
    seen_at = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    return pa.table({
        "track_id": [f"t{number}" for number in range(count)],
        "duration_ms": pa.array([1000 * (number + 1) for number in range(count)], pa.int32()),
        "released": [dt.date(2026, 2, number + 1) for number in range(count)],
        "seen_at": pa.array([seen_at] * count, pa.timestamp("us", "UTC")),
    })  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 5/2, 5/2.0, 7 % 3", [("2", "2.5", "1")]),
        ("SELECT date '2026-01-31' + interval '1' month", [("2026-02-28",)]),
        ("SELECT date_add('day', -1, date '2026-01-01')", [("2025-12-31",)]),
        ("SELECT date_trunc('month', max(released)) FROM artists a, tracks", [("2026-02-01",)]),
        ("SELECT date_diff('day', date '2026-01-01', date '2026-02-01')", [("31",)]),
        ("SELECT timestamp '2026-01-01 10:00:00' + interval '1' hour", [("2026-01-01 11:00:00.000",)]),
        ("SELECT d + interval '1' day FROM (SELECT date_add('day', 1, max(released)) d FROM tracks)",
         [("2026-02-04",)]),
        ("SELECT date_format(timestamp '2026-01-05 00:00:00', '%Y-%m')", [("2026-01",)]),
        ("SELECT cast(date_parse('05.01.2026', '%d.%m.%Y') AS date)", [("2026-01-05",)]),
        ("SELECT day_of_week(date '2026-01-05'), year(date '2026-01-05')", [("1", "2026")]),
        ("SELECT try_cast('x' AS integer), coalesce(NULL, 1)", [(None, "1")]),
        ("SELECT count(*) FILTER (WHERE x > 1), sum(x) FROM (VALUES 1, 2, 3) t(x)", [("2", "6")]),
        ("SELECT array_agg(x ORDER BY x DESC) FILTER (WHERE x > 1) FROM (VALUES 1, 2, 3) t(x)",
         [("[3, 2]",)]),
        ("SELECT g, n FROM unnest(ARRAY['a', 'b']) WITH ORDINALITY AS t(g, n)", [("a", "1"), ("b", "2")]),
        ("SELECT artist_id, genre, place FROM artists "
         "CROSS JOIN UNNEST(genres) WITH ORDINALITY AS g(genre, place) ORDER BY 1, 3",
         [("a1", "rock", "1"), ("a1", "pop", "2"), ("a2", "pop", "1")]),
        ("SELECT json_extract_scalar('{\"a\": {\"b\": \"c\"}}', '$.a.b')", [("c",)]),
        ("SELECT cardinality(cast(json_extract('[1, 2]', '$') AS array(bigint)))", [("2",)]),
        ("SELECT max_by(artist_id, fame), min_by(artist_id, fame) FROM artists", [("a2", "a1")]),
        ("SELECT element_at(ARRAY[1, 2], 1), contains(ARRAY[1], 2), array_join(ARRAY['a', 'b'], '-')",
         [("1", "false", "a-b")]),
        ("SELECT x, lag(x) OVER (ORDER BY x), sum(x) OVER (ORDER BY x ROWS UNBOUNDED PRECEDING), "
         "row_number() OVER (ORDER BY x DESC) FROM (VALUES 1, 2) t(x) ORDER BY x",
         [("1", None, "1", "2"), ("2", "1", "3", "1")]),
        ("SELECT g, count(*) FROM (VALUES 'a', 'a', 'b') t(g) GROUP BY ROLLUP (g) ORDER BY g",
         [("a", "2"), ("b", "1"), (None, "3")]),
        ("SELECT x FROM (VALUES 1, NULL, 2) t(x) ORDER BY x DESC", [("2",), ("1",), (None,)]),
        ("SELECT transform(sequence(1, 3), x -> x * 2)", [("[2, 4, 6]",)]),
        ("SELECT 1e10, 0.5e0, 12345678.9e0, 1e-5", [("1.0E10", "0.5", "1.23456789E7", "1.0E-5")]),
        ("SELECT true, ARRAY['x', NULL], cast(1.5 AS decimal(10, 2))", [("true", "[x, null]", "1.50")]),
        ("WITH tracks AS (SELECT 1 x) SELECT x FROM tracks", [("1",)]),
        ('SELECT count(*) FROM "awsdatacatalog"."music"."tracks"', [("3",)]),
        ("SELECT TRACKS.Track_ID FROM Music.Tracks WHERE Snapshot_Date = '2026-01-01'", [("t0",)]),
        ("VALUES (1, 'a'), (2, 'b')", [("1", "a"), ("2", "b")]),
        ("-- a comment\nSELECT 1 AS one;", [("1",)]),
    ],
)  # fmt: skip
def test_a_query_answers_as_athena_does(
    music: Analyst, sql: str, expected: list[tuple[str | None, ...]]
) -> None:
    assert list(text_rows(music.run(sql))) == expected


@pytest.mark.parametrize(
    ("sql", "kind", "place"),
    [
        ("SELECT nowhere FROM tracks", "COLUMN_NOT_FOUND", (1, 8)),
        ("SELECT 1,\n tracks.trackid FROM tracks", "COLUMN_NOT_FOUND", (2, 2)),
        ("SELECT a.track_id FROM tracks", "COLUMN_NOT_FOUND", (1, 8)),
        ("SELECT 1 FROM absent", "TABLE_NOT_FOUND", (1, 15)),
        ("SELECT 1 FROM other.absent", "SCHEMA_NOT_FOUND", (1, 15)),
        ("SELECT 1 LIMIT x", "SYNTAX_ERROR", (1, 16)),
        ("SELECT FROM WHERE", "SYNTAX_ERROR", (1, 8)),
        ("SELECT 1 +", "SYNTAX_ERROR", (1, 11)),
        ("SELECT 'abc", "SYNTAX_ERROR", (1, 8)),
        ("selec 1", "SYNTAX_ERROR", (1, 1)),
        ("SELECT 1; SELECT 2", "SYNTAX_ERROR", (1, 9)),
        ("SELECT 1/0", "DIVISION_BY_ZERO", None),
        ("SELECT cast('x' AS integer)", "INVALID_CAST_ARGUMENT", None),
        ("SELECT cast('x' AS date)", "INVALID_CAST_ARGUMENT", None),
        ("SELECT cast(99999999999 AS integer)", "NUMERIC_VALUE_OUT_OF_RANGE", None),
        ("SELECT 2147483647 + 1", "NUMERIC_VALUE_OUT_OF_RANGE", None),
        ("SELECT foo(1)", "FUNCTION_NOT_FOUND", (1, 8)),
        ("SELECT substr(1)", "FUNCTION_NOT_FOUND", (1, 8)),
        ("SELECT track_id + 1 FROM tracks", "TYPE_MISMATCH", (1, 17)),
        ("SELECT max(label), track_id FROM tracks", "EXPRESSION_NOT_AGGREGATE", (1, 20)),
        ("SELECT label FROM tracks a, tracks b", "AMBIGUOUS_NAME", (1, 8)),
        ("SELECT * FROM read_csv('/etc/passwd')", "SYNTAX_ERROR", (1, 23)),
        ("SELECT *, \"$path\" FROM (SELECT * FROM tracks)", "COLUMN_NOT_FOUND", (1, 11)),
    ],
)  # fmt: skip
def test_a_refusal_has_trinos_kind_and_the_place(
    music: Analyst, sql: str, kind: str, place: tuple[int, int] | None
) -> None:
    refused = music.refused(sql)
    assert (refused.kind, refused.position and (refused.line, refused.column)) == (kind, place)


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        ("SELECT trackid FROM tracks", "Did you mean 'track_id'?"),
        ("SELECT tracks.trackid FROM tracks", "Did you mean 'track_id'?"),
        ("SELECT 1 FROM track", "Did you mean 'tracks'?"),
        ("SHOW PARTITIONS track", "Did you mean 'tracks'?"),
        ("DROP VIEW track", ""),
        ("SELECT nowhere FROM tracks", ""),
    ],
)
def test_a_name_that_is_nearly_known_is_suggested(music: Analyst, sql: str, hint: str) -> None:
    message = music.refused(sql).message
    assert hint in message
    assert ("Did you mean" in message) == bool(hint)


def test_question_marks_take_the_values_in_their_order(music: Analyst) -> None:
    sql = "SELECT count(*) FROM tracks WHERE snapshot_date = ? AND duration_ms > ?"
    assert music.rows(sql, "'2026-01-02'", "0") == [(2,)]
    assert music.refused(sql, "'2026-01-02'").kind == "INVALID_PARAMETER_USAGE"
    assert music.refused(sql, "(SELECT", "0").kind == "SYNTAX_ERROR"
    assert music.refused(sql, "snapshot_date", "0").kind == "INVALID_PARAMETER_USAGE"


def test_a_python_variable_is_not_a_table(music: Analyst) -> None:
    frames = pa.table({"x": [1]})
    assert music.refused("SELECT * FROM frames").kind == "TABLE_NOT_FOUND"
    assert frames.num_rows == 1


def test_what_athena_has_and_the_local_one_has_not_says_so(music: Analyst) -> None:
    refused = music.refused("SELECT * FROM tracks MATCH_RECOGNIZE (PATTERN (a) DEFINE a AS true)")
    assert isinstance(refused, NotSupportedHere)
    assert "the local Athena does not support MATCH_RECOGNIZE; Athena does" in str(refused)


def test_a_running_query_is_interrupted(music: Analyst) -> None:
    engine = music.engine()
    failures: list[QueryRefused] = []

    def run() -> None:
        with pytest.raises(QueryRefused) as refused:
            engine.run(ENDLESS, "music")
        failures.append(refused.value)

    work = threading.Thread(target=run)
    work.start()
    for _ in range(400):
        engine.interrupt()
        work.join(0.05)
        if not work.is_alive():
            break
    assert [failure.kind for failure in failures] == ["USER_CANCELED"]


def test_queries_may_run_at_the_same_time(music: Analyst) -> None:
    def answer(number: int) -> Any:
        engine: Engine = music.engine()
        return engine.run(f"SELECT count(*) + {number} FROM tracks", "music").rows

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(answer, range(8))) == [[(3 + number,)] for number in range(8)]


def test_a_view_on_a_table_of_another_database_finds_it(tmp_path: Path, tracks_lake: LakeFolder) -> None:
    analyst = Analyst(tracks_lake)
    analyst.run("CREATE DATABASE reports")
    analyst.run("CREATE VIEW reports.long AS SELECT track_id FROM tracks WHERE length > 1")
    assert analyst.rows("SELECT DISTINCT track_id FROM reports.long") == [("b",)]


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        (f"SELECT {'(' * 200}1{')' * 200}", 1),
        (f"SELECT {'+'.join('1' * 400)}", 400),
        (" UNION ALL ".join(["SELECT 1"] * 300), 1),
    ],
)
def test_a_deep_statement_is_answered(music: Analyst, sql: str, answer: int) -> None:
    assert set(music.rows(sql)) == {(answer,)}


def test_a_statement_that_is_too_deep_is_refused(music: Analyst) -> None:
    refusal = music.refused(f"SELECT {'(' * 5_000}1{')' * 5_000}")
    assert isinstance(refusal, NotSupportedHere)
    assert "nested" in refusal.what


@pytest.mark.parametrize("text", ["CAST('$' AS jsonpath)", "ARRAY[CAST('a' AS joniregexp)]"])
def test_a_value_that_only_functions_take_cannot_be_returned(analyst: Analyst, text: str) -> None:
    refusal = analyst.refused(f"SELECT 1, {text} AS p")
    assert refusal.kind == "SERIALIZATION_ERROR"
    assert "Could not serialize column 'p'" in str(refusal)
    assert analyst.rows(f"SELECT {text} AS p WHERE false") == []
    assert analyst.rows(f"SELECT typeof({text})") in ([("JsonPath",)], [("array(JoniRegExp)",)])
