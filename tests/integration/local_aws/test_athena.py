"""Athena of the local AWS: queries see what the catalog has registered, and answer as Athena would."""

import datetime as dt
import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import awswrangler as wr
import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infra.local.aws import LocalAws
from infra.local.aws.athena_results import text_of

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
_DAYS = ("2026-01-01", "2026-01-02", "2026-01-03")


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """Tracks of three days, of which the last is not registered, and artists without partitions."""
    with LocalAws(lake=tmp_path_factory.mktemp("lake")) as local:
        for bucket in ("curated", "results"):
            local.client("s3").create_bucket(Bucket=bucket)
        local.client("glue").create_database(DatabaseInput={"Name": "music"})
        local.client("athena").create_work_group(
            Name="analysts",
            Configuration={
                "ResultConfiguration": {"OutputLocation": "s3://results/analysts/"},
                "EnforceWorkGroupConfiguration": True,
            },
        )
        tracks = {"track_id": "string", "duration_ms": "int", "released": "date", "seen_at": "timestamp",
                  "label": "string"}  # fmt: skip
        _create_table(local, "tracks", tracks, ["snapshot_date"])
        for number, day in enumerate(_DAYS):
            _put(local, f"tracks/snapshot_date={day}/part-0.parquet", _tracks(number + 1))
            if day != _DAYS[-1]:
                _register(local, "tracks", day)
        _create_table(
            local, "artists", {"artist_id": "string", "genres": "array<string>", "fame": "double"}, []
        )
        genres = pa.array([["rock", "pop"], ["pop"], []], pa.list_(pa.string()))
        _put(
            local,
            "artists/part-0.parquet",
            pa.table(
                {
                    "artist_id": ["a1", "a2", "a3"],
                    "genres": genres,
                    "fame": [0.5, 12345678.9, None],
                }
            ),
        )
        yield local


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 5/2, 5/2.0, 7 % 3", [["2", "2.5", "1"]]),
        ("SELECT date '2026-01-31' + interval '1' month", [["2026-02-28"]]),
        ("SELECT date_add('day', -1, date '2026-01-01')", [["2025-12-31"]]),
        ("SELECT date_trunc('month', date '2026-01-31')", [["2026-01-01"]]),
        ("SELECT date_trunc('month', max(released)) FROM artists a, tracks", [["2026-02-01"]]),
        ("SELECT date_diff('day', date '2026-01-01', date '2026-02-01')", [["31"]]),
        ("SELECT timestamp '2026-01-01 10:00:00' + interval '1' hour", [["2026-01-01 11:00:00.000"]]),
        ("SELECT d + interval '1' day FROM (SELECT date_add('day', 1, max(released)) d FROM tracks)",
         [["2026-02-04"]]),
        ("SELECT date_format(timestamp '2026-01-05 00:00:00', '%Y-%m')", [["2026-01"]]),
        ("SELECT cast(date_parse('05.01.2026', '%d.%m.%Y') AS date)", [["2026-01-05"]]),
        ("SELECT day_of_week(date '2026-01-05'), year(date '2026-01-05')", [["1", "2026"]]),
        ("SELECT try_cast('x' AS integer), coalesce(NULL, 1)", [[None, "1"]]),
        ("SELECT count(*) FILTER (WHERE x > 1), sum(x) FROM (VALUES 1, 2, 3) t(x)", [["2", "6"]]),
        ("SELECT array_agg(x ORDER BY x DESC) FILTER (WHERE x > 1) FROM (VALUES 1, 2, 3) t(x)", [["[3, 2]"]]),
        ("SELECT g, n FROM unnest(ARRAY['a', 'b']) WITH ORDINALITY AS t(g, n)", [["a", "1"], ["b", "2"]]),
        ("SELECT artist_id, genre, place FROM artists "
         "CROSS JOIN UNNEST(genres) WITH ORDINALITY AS g(genre, place) ORDER BY 1, 3",
         [["a1", "rock", "1"], ["a1", "pop", "2"], ["a2", "pop", "1"]]),
        ("SELECT json_extract_scalar('{\"a\": {\"b\": \"c\"}}', '$.a.b')", [["c"]]),
        ("SELECT cardinality(cast(json_extract('[1, 2]', '$') AS array(bigint)))", [["2"]]),
        ("SELECT max_by(artist_id, fame), min_by(artist_id, fame) FROM artists", [["a2", "a1"]]),
        ("SELECT element_at(ARRAY[1, 2], 1), contains(ARRAY[1], 2), array_join(ARRAY['a', 'b'], '-')",
         [["1", "false", "a-b"]]),
        ("SELECT x, lag(x) OVER (ORDER BY x), sum(x) OVER (ORDER BY x ROWS UNBOUNDED PRECEDING), "
         "row_number() OVER (ORDER BY x DESC) FROM (VALUES 1, 2) t(x) ORDER BY x",
         [["1", None, "1", "2"], ["2", "1", "3", "1"]]),
        ("SELECT g, count(*) FROM (VALUES 'a', 'a', 'b') t(g) GROUP BY ROLLUP (g) ORDER BY g",
         [["a", "2"], ["b", "1"], [None, "3"]]),
        ("SELECT x FROM (VALUES 1, NULL, 2) t(x) ORDER BY x DESC", [["2"], ["1"], [None]]),
        ("SELECT transform(sequence(1, 3), x -> x * 2)", [["[2, 4, 6]"]]),
        ("SELECT 1e10, 0.5e0, 12345678.9e0, 1e-5", [["1.0E10", "0.5", "1.23456789E7", "1.0E-5"]]),
        ("SELECT true, ARRAY['x', NULL], cast(1.5 AS decimal(10, 2))", [["true", "[x, null]", "1.50"]]),
        ("WITH tracks AS (SELECT 1 x) SELECT x FROM tracks", [["1"]]),
        ('SELECT count(*) FROM "awsdatacatalog"."music"."tracks"', [["3"]]),
        ("SELECT TRACKS.Track_ID FROM Music.Tracks WHERE Snapshot_Date = '2026-01-01'", [["t0"]]),
        ("VALUES (1, 'a'), (2, 'b')", [["1", "a"], ["2", "b"]]),
        ("-- a comment\nSELECT 1 AS one;", [["1"]]),
    ],
)  # fmt: skip
def test_a_query_answers_as_athena_does(aws: LocalAws, sql: str, expected: list[list[str | None]]) -> None:
    assert _rows(aws, sql) == expected


def test_a_partition_that_is_not_registered_is_not_seen(aws: LocalAws) -> None:
    assert _rows(aws, "SELECT DISTINCT snapshot_date FROM tracks ORDER BY 1") == [
        ["2026-01-01"],
        ["2026-01-02"],
    ]
    assert _rows(aws, 'SELECT max(snapshot_date) FROM "tracks$partitions"') == [["2026-01-02"]]


def test_only_the_files_of_the_wanted_partitions_are_scanned(aws: LocalAws) -> None:
    sizes = [_size(aws, f"tracks/snapshot_date={day}/part-0.parquet") for day in _DAYS]
    assert _scanned(aws, "SELECT count(track_id) FROM tracks WHERE snapshot_date = '2026-01-02'") == sizes[1]
    assert _scanned(aws, "SELECT count(track_id) FROM tracks WHERE snapshot_date > '2026-01-01'") == sizes[1]
    assert _scanned(aws, "SELECT count(track_id) FROM tracks") == sizes[0] + sizes[1]
    assert _scanned(aws, 'SELECT max(snapshot_date) FROM "tracks$partitions"') == 0


def test_a_partitions_value_is_the_catalogs_not_the_folders(aws: LocalAws) -> None:
    _create_table(aws, "moved", {"track_id": "string"}, ["day"])
    _put(aws, "elsewhere/part-0.parquet", pa.table({"track_id": ["t9"]}))
    _register(aws, "moved", "today", location="s3://curated/elsewhere/")
    assert _rows(aws, "SELECT * FROM moved") == [["t9", "today"]]


def test_a_column_that_a_file_lacks_is_null(aws: LocalAws) -> None:
    assert _rows(aws, "SELECT DISTINCT label FROM tracks") == [[None]]


def test_a_row_knows_its_file(aws: LocalAws) -> None:
    rows = _rows(aws, """SELECT DISTINCT "$path" FROM tracks WHERE snapshot_date = '2026-01-01'""")
    assert rows == [["s3://curated/tracks/snapshot_date=2026-01-01/part-0.parquet"]]


def test_the_path_does_not_belong_to_select_star(aws: LocalAws) -> None:
    columns = _result(aws, "SELECT * FROM artists")["ResultSetMetadata"]["ColumnInfo"]
    assert [column["Name"] for column in columns] == ["artist_id", "genres", "fame"]
    with pytest.raises(QueryFailedError, match="name the columns"):
        _rows(aws, 'SELECT *, "$path" FROM artists')


def test_result_columns_have_athenas_types(aws: LocalAws) -> None:
    sql = """
        SELECT track_id, duration_ms, released, seen_at, count(*), sum(duration_ms) total, 1.5e0 half,
            true yes, cast(1 AS decimal(10, 2)) price, ARRAY[1] list
        FROM tracks GROUP BY 1, 2, 3, 4 LIMIT 1
    """
    columns = _result(aws, sql)["ResultSetMetadata"]["ColumnInfo"]
    assert [(column["Name"], column["Type"]) for column in columns] == [
        ("track_id", "varchar"),
        ("duration_ms", "integer"),
        ("released", "date"),
        ("seen_at", "timestamp"),
        ("_col4", "bigint"),
        ("total", "bigint"),
        ("half", "double"),
        ("yes", "boolean"),
        ("price", "decimal"),
        ("list", "array"),
    ]
    assert (columns[8]["Precision"], columns[8]["Scale"]) == (10, 2)


def test_the_result_file_lies_where_the_workgroup_says(aws: LocalAws) -> None:
    sql = "SELECT 'a \"quoted\" word' AS text, NULL AS nothing, 1 AS number"
    execution = _run(
        aws, sql, WorkGroup="analysts", ResultConfiguration={"OutputLocation": "s3://results/own/"}
    )
    location = execution["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://results/analysts/{execution['QueryExecutionId']}.csv"
    body = (
        aws.client("s3")
        .get_object(Bucket="results", Key=location.removeprefix("s3://results/"))["Body"]
        .read()
    )
    assert body.decode() == '"text","nothing","number"\n"a ""quoted"" word",,"1"\n'


def test_a_query_without_an_output_location_is_not_accepted(aws: LocalAws) -> None:
    athena = aws.client("athena")
    with pytest.raises(athena.exceptions.InvalidRequestException, match="No output location"):
        athena.start_query_execution(QueryString="SELECT 1")


def test_long_results_come_in_pages(aws: LocalAws) -> None:
    execution = _run(aws, "SELECT x FROM unnest(sequence(1, 2500)) AS t(x)")
    paginator = aws.client("athena").get_paginator("get_query_results")
    pages = list(paginator.paginate(QueryExecutionId=execution["QueryExecutionId"]))
    assert [len(page["ResultSet"]["Rows"]) for page in pages] == [1000, 1000, 501]


def test_parameters_take_the_place_of_question_marks(aws: LocalAws) -> None:
    sql = "SELECT count(*) FROM tracks WHERE snapshot_date = ? AND duration_ms > ?"
    assert _rows(aws, sql, ExecutionParameters=["'2026-01-02'", "0"]) == [["2"]]
    with pytest.raises(QueryFailedError, match="expected 2 but found 1"):
        _rows(aws, sql, ExecutionParameters=["'2026-01-02'"])
    with pytest.raises(QueryFailedError, match="is no literal"):
        _rows(aws, sql, ExecutionParameters=["snapshot_date", "0"])


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT nowhere FROM tracks", "COLUMN_NOT_FOUND: Column 'nowhere' cannot be resolved$"),
        ("SELECT trackid FROM tracks", "COLUMN_NOT_FOUND: .* Did you mean 'track_id'\\?$"),
        ("SELECT tracks.trackid FROM tracks", "COLUMN_NOT_FOUND: Column 'trackid' cannot be resolved$"),
        ("SELECT 1 LIMIT x", "COLUMN_NOT_FOUND: Column 'x' cannot be resolved$"),
        ("SELECT a.track_id FROM tracks", "COLUMN_NOT_FOUND: 'a' is no table of the FROM clause"),
        ("SELECT 1 FROM absent", "TABLE_NOT_FOUND: Table 'awsdatacatalog.music.absent' does not exist$"),
        ("SELECT 1 FROM track", "TABLE_NOT_FOUND: .* Did you mean 'tracks'\\?$"),
        ("SHOW PARTITIONS track", "TABLE_NOT_FOUND: .* Did you mean 'tracks'\\?$"),
        ("SELECT 1 FROM other.absent", "SCHEMA_NOT_FOUND: Schema 'other' does not exist"),
        ("SELECT FROM WHERE", "^SYNTAX_ERROR: line 1:13: syntax error near 'WHERE'$"),
        ("SELECT 1 +", r"^SYNTAX_ERROR: line 1:10: syntax error near '\+'$"),
        ("SELECT 'abc", "^SYNTAX_ERROR: a quoted text, a quoted name or a comment is not closed$"),
        ("selec 1", "^SYNTAX_ERROR: mismatched input 'selec': a statement begins with SELECT, "),
        ("?", "^SYNTAX_ERROR: mismatched input '\\?'"),
        ("-- nothing", "^SYNTAX_ERROR: mismatched input '--'"),
        ("SELECT * FROM tracks t, tracks t", "^SYNTAX_ERROR: Ambiguous reference to table"),
        ("SELECT 1; SELECT 2", "Only one sql statement"),
        ("SELECT 1/0", "^DIVISION_BY_ZERO: Division by zero$"),
        ("SELECT cast('x' AS integer)", "^INVALID_CAST_ARGUMENT: Cannot cast 'x' to integer$"),
        ("SELECT cast('x' AS date)", "^INVALID_CAST_ARGUMENT: invalid date field format"),
        ("SELECT cast(99999999999 AS integer)", "^INVALID_CAST_ARGUMENT: .*out of range"),
        ("SELECT 2147483647 + 1", "^NUMERIC_VALUE_OUT_OF_RANGE: Overflow in addition"),
        ("SELECT foo(1)", "^FUNCTION_NOT_FOUND: Function 'foo' is not known to the local Athena$"),
        (
            "SELECT substr(1)",
            r"^FUNCTION_NOT_FOUND: Unexpected parameters \(integer\) for function substring$",
        ),
        ("SELECT track_id + 1 FROM tracks", r"^TYPE_MISMATCH: '\+' cannot be applied to varchar, integer$"),
        ("SELECT max(label), track_id FROM tracks", "^EXPRESSION_NOT_AGGREGATE: 'track_id' must be"),
        ("SELECT label FROM tracks a, tracks b", "^AMBIGUOUS_NAME: Column 'label' is ambiguous$"),
        ("SELECT date '2026-01-02' - date '2026-01-01'", "date_diff"),
        ("SELECT * FROM read_csv('/etc/passwd')", "^NOT_SUPPORTED: .*disabled"),
        (
            "CREATE TABLE copy AS SELECT 1 AS x",
            "NOT_SUPPORTED: CREATE other than CREATE VIEW.*ctas_approach=False",
        ),
        ("INSERT INTO artists SELECT 1", "NOT_SUPPORTED: INSERT is not supported by the local Athena"),
        ("UNLOAD (SELECT 1) TO 's3://results/x' WITH (format = 'PARQUET')", "NOT_SUPPORTED: UNLOAD"),
        ("MSCK REPAIR TABLE tracks", "NOT_SUPPORTED: MSCK"),
        ("DROP TABLE tracks", "NOT_SUPPORTED: DROP"),
        ("DROP VIEW tracks", "is a table, not a view"),
        ("SHOW PARTITIONS artists", "not a partitioned table"),
    ],
)
def test_a_query_that_cannot_be_run_fails_with_its_reason(aws: LocalAws, sql: str, reason: str) -> None:
    with pytest.raises(QueryFailedError, match=reason):
        _rows(aws, sql)
    assert _rows(aws, "SHOW TABLES '*cop*'") == []


def test_a_python_variable_is_no_table(aws: LocalAws) -> None:
    frames = pa.table({"x": [1]})
    with pytest.raises(QueryFailedError, match="TABLE_NOT_FOUND"):
        _rows(aws, "SELECT * FROM frames")
    assert frames.num_rows == 1


def test_a_view_is_kept_in_the_catalog_and_read_like_a_table(aws: LocalAws) -> None:
    _run(aws, """
        CREATE OR REPLACE VIEW latest_tracks AS
        SELECT track_id, released, duration_ms / 1000 AS seconds
        FROM tracks WHERE snapshot_date = (SELECT max(snapshot_date) FROM tracks)
    """)  # fmt: skip
    table = aws.client("glue").get_table(DatabaseName="music", Name="latest_tracks")["Table"]
    assert table["TableType"] == "VIRTUAL_VIEW"
    assert table["ViewOriginalText"].startswith("/* Presto View: ")
    assert table["StorageDescriptor"]["Columns"] == [
        {"Name": "track_id", "Type": "string"},
        {"Name": "released", "Type": "date"},
        {"Name": "seconds", "Type": "int"},
    ]
    assert _rows(aws, "SELECT count(*), min(seconds) FROM latest_tracks") == [["2", "1"]]

    _run(aws, 'CREATE VIEW "by_month" AS SELECT date_trunc(\'month\', released) AS month, count(*) AS tracks '
              "FROM latest_tracks l GROUP BY 1")  # fmt: skip
    assert _rows(aws, "SELECT month, tracks FROM music.by_month ORDER BY 1") == [["2026-02-01", "2"]]
    assert _rows(aws, "SHOW VIEWS IN music") == [["by_month"], ["latest_tracks"]]
    assert ["by_month"] in _rows(aws, "SHOW TABLES IN music")

    with pytest.raises(QueryFailedError, match="already exists"):
        _run(aws, "CREATE VIEW by_month AS SELECT 1 AS x")
    _run(aws, "DROP VIEW by_month")
    _run(aws, "DROP VIEW IF EXISTS by_month")
    with pytest.raises(QueryFailedError, match="does not exist"):
        _run(aws, "DROP VIEW by_month")


def test_a_view_on_a_table_of_another_database_finds_it(aws: LocalAws) -> None:
    aws.client("glue").create_database(DatabaseInput={"Name": "reports"})
    _run(aws, "CREATE VIEW reports.stars AS SELECT artist_id FROM artists WHERE fame > 1")
    assert _rows(aws, "SELECT * FROM reports.stars") == [["a2"]]


def test_a_view_whose_query_does_not_work_is_not_made(aws: LocalAws) -> None:
    with pytest.raises(QueryFailedError, match="COLUMN_NOT_FOUND"):
        _run(aws, "CREATE VIEW wrong AS SELECT nowhere FROM tracks")
    assert ["wrong"] not in _rows(aws, "SHOW TABLES")


def test_the_catalog_is_listed(aws: LocalAws) -> None:
    assert _rows(aws, "SHOW PARTITIONS tracks") == [
        ["snapshot_date=2026-01-01"],
        ["snapshot_date=2026-01-02"],
    ]
    assert _rows(aws, "SHOW TABLES IN `music` '*rtist*|nothing'") == [["artists"]]
    assert ["music"] in _rows(aws, "SHOW DATABASES")
    assert _rows(aws, "SHOW COLUMNS IN artists") == [["artist_id"], ["genres"], ["fame"]]
    described = [[(cell or "").strip() for cell in row] for row in _rows(aws, "DESCRIBE music.tracks")]
    assert described[1] == ["duration_ms", "int", ""]
    assert described[-1] == ["snapshot_date", "string", ""]


def test_awswrangler_reads_with_the_right_types(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    session = boto3.Session(region_name=aws.region)
    frame = wr.athena.read_sql_query(
        "SELECT track_id, duration_ms, released, seen_at FROM tracks ORDER BY track_id, snapshot_date",
        database="music",
        workgroup="analysts",
        ctas_approach=False,
        boto3_session=session,
    )
    assert frame.dtypes.astype(str).to_dict()["duration_ms"] == "Int32"
    assert str(frame.dtypes["seen_at"]).startswith("datetime64")
    assert frame["released"].iloc[0] == dt.date(2026, 2, 1)
    assert len(frame) == 3
    with pytest.raises(Exception, match="ctas_approach=False"):
        wr.athena.read_sql_query(
            "SELECT 1 AS x", database="music", workgroup="analysts", ctas_approach=True, boto3_session=session
        )


def test_a_cancelled_query_stays_cancelled_and_does_no_more_work(aws: LocalAws) -> None:
    athena = aws.client("athena")
    numbers = "unnest(sequence(1, 1000000))"
    endless = f"SELECT count(*) FROM {numbers} a(x), {numbers} b(y) WHERE x * y % 7 = 1"
    query = athena.start_query_execution(QueryString=endless, WorkGroup="analysts")["QueryExecutionId"]
    (work,) = (thread for thread in threading.enumerate() if thread.name == query)
    athena.stop_query_execution(QueryExecutionId=query)
    work.join(timeout=20)

    assert not work.is_alive()
    status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
    assert status["State"] == "CANCELLED"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "2026-01-01 00:00:00.000 UTC"),
        ({"a": 1, "b": None}, "{a=1, b=null}"),
        (b"\x00\xff", "00 ff"),
    ],
)
def test_a_value_is_written_as_athena_writes_it(value: Any, expected: str) -> None:
    assert text_of(value) == expected


class QueryFailedError(Exception):
    """A query that did not succeed; the message is its StateChangeReason."""


def _run(aws: LocalAws, sql: str, **settings: Any) -> dict[str, Any]:
    athena = aws.client("athena")
    settings = {"WorkGroup": "analysts", "QueryExecutionContext": {"Database": "music"}, **settings}
    query = athena.start_query_execution(QueryString=sql, **settings)["QueryExecutionId"]
    end = time.monotonic() + 30
    while time.monotonic() < end:
        execution: dict[str, Any] = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if execution["Status"]["State"] == "FAILED":
            raise QueryFailedError(execution["Status"]["StateChangeReason"])
        if execution["Status"]["State"] == "SUCCEEDED":
            return execution
        time.sleep(0.01)
    raise AssertionError(json.dumps(execution, default=str))


def _result(aws: LocalAws, sql: str, **settings: Any) -> dict[str, Any]:
    query = _run(aws, sql, **settings)["QueryExecutionId"]
    result: dict[str, Any] = aws.client("athena").get_query_results(QueryExecutionId=query)["ResultSet"]
    return result


def _rows(aws: LocalAws, sql: str, **settings: Any) -> list[list[str | None]]:
    rows = [
        [cell.get("VarCharValue") for cell in row["Data"]] for row in _result(aws, sql, **settings)["Rows"]
    ]
    is_listing = sql.startswith(("SHOW", "DESCRIBE"))
    return rows if is_listing else rows[1:]


def _scanned(aws: LocalAws, sql: str) -> int:
    scanned: int = _run(aws, sql)["Statistics"]["DataScannedInBytes"]
    return scanned


def _tracks(count: int) -> pa.Table:
    return pa.table({
        "track_id": [f"t{number}" for number in range(count)],
        "duration_ms": pa.array([1000 * (number + 1) for number in range(count)], pa.int32()),
        "released": [dt.date(2026, 2, number + 1) for number in range(count)],
        "seen_at": pa.array([dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)] * count, pa.timestamp("us", "UTC")),
    })  # fmt: skip


def _put(aws: LocalAws, key: str, table: pa.Table) -> None:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    aws.client("s3").put_object(Bucket="curated", Key=key, Body=buffer.getvalue())


def _size(aws: LocalAws, key: str) -> int:
    size: int = aws.client("s3").head_object(Bucket="curated", Key=key)["ContentLength"]
    return size


def _create_table(aws: LocalAws, name: str, columns: dict[str, str], keys: list[str]) -> None:
    storage = {
        "Columns": [{"Name": column, "Type": type_} for column, type_ in columns.items()],
        "Location": f"s3://curated/{name}/",
        "SerdeInfo": {"SerializationLibrary": _PARQUET},
    }
    partition_keys = [{"Name": key, "Type": "string"} for key in keys]
    table = {"Name": name, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage}
    aws.client("glue").create_table(
        DatabaseName="music", TableInput={**table, "PartitionKeys": partition_keys}
    )


def _register(aws: LocalAws, table: str, value: str, location: str | None = None) -> None:
    storage = {"Location": location or f"s3://curated/{table}/snapshot_date={value}/"}
    aws.client("glue").create_partition(
        DatabaseName="music",
        TableName=table,
        PartitionInput={"Values": [value], "StorageDescriptor": storage},
    )


def test_the_first_queries_may_come_at_once_because_none_of_them_imports_a_part_of_the_translator() -> None:
    code = (
        "import sys; from infra.local.aws.athena_sql import Query; before = set(sys.modules)\n"
        "Query(\"select date_add('day', 1, day) from t\", 'music').to_duckdb()\n"
        "print(*sorted(set(sys.modules) - before))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []
