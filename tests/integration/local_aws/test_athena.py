"""Athena of the local AWS: its API over the engine, the Glue catalog and the buckets."""

import datetime as dt
import io
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import awswrangler as wr
import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infra.local.athena import results
from infra.local.athena.engine import Engine
from infra.local.athena.output import Output
from infra.local.athena.results import text_rows
from infra.local.aws import LocalAws

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


def test_a_partition_that_is_not_registered_is_not_seen(aws: LocalAws) -> None:
    assert _rows(aws, "SELECT DISTINCT snapshot_date FROM tracks ORDER BY 1") == [
        ["2026-01-01"],
        ["2026-01-02"],
    ]
    assert _rows(aws, 'SELECT max(snapshot_date) FROM "tracks$partitions"') == [["2026-01-02"]]


def test_only_the_columns_and_partitions_that_are_used_are_scanned(aws: LocalAws) -> None:
    wanted = _scanned(aws, "SELECT count(track_id) FROM tracks WHERE snapshot_date = '2026-01-02'")
    assert 0 < wanted < _size(aws, f"tracks/snapshot_date={_DAYS[1]}/part-0.parquet")
    assert _scanned(aws, "SELECT count(track_id) FROM tracks WHERE snapshot_date > '2026-01-01'") == wanted
    other = _scanned(aws, "SELECT count(track_id) FROM tracks WHERE snapshot_date = '2026-01-01'")
    assert _scanned(aws, "SELECT count(track_id) FROM tracks") == wanted + other
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
    assert _rows(aws, 'SELECT *, "$path" FROM artists WHERE fame > 1') == [
        ["a2", "[pop]", "1.23456789E7", "s3://curated/artists/part-0.parquet"]
    ]


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
    assert _text(aws, location) == '"text","nothing","number"\n"a ""quoted"" word",,"1"\n'


def test_a_query_without_an_output_location_is_not_accepted(aws: LocalAws) -> None:
    athena = aws.client("athena")
    with pytest.raises(athena.exceptions.InvalidRequestException, match="No output location"):
        athena.start_query_execution(QueryString="SELECT 1")


def test_long_results_come_in_pages(aws: LocalAws) -> None:
    execution = _run(aws, "SELECT x FROM unnest(sequence(1, 2500)) AS t(x)")
    paginator = aws.client("athena").get_paginator("get_query_results")
    pages = list(paginator.paginate(QueryExecutionId=execution["QueryExecutionId"]))
    assert [len(page["ResultSet"]["Rows"]) for page in pages] == [1000, 1000, 501]


def test_a_page_makes_texts_of_its_own_rows_only(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    execution = _run(aws, "SELECT x FROM unnest(sequence(1, 9000)) AS t(x)")
    written: list[int] = []

    def counted(output: Output) -> Iterator[tuple[str | None, ...]]:
        written.append(len(output.rows))
        return text_rows(output)

    monkeypatch.setattr(results, "text_rows", counted)
    paginator = aws.client("athena").get_paginator("get_query_results")
    pages = list(paginator.paginate(QueryExecutionId=execution["QueryExecutionId"]))
    assert (len(pages), sum(written)) == (10, 9000)


def test_parameters_take_the_place_of_question_marks(aws: LocalAws) -> None:
    sql = "SELECT count(*) FROM tracks WHERE snapshot_date = ? AND duration_ms > ?"
    assert _rows(aws, sql, ExecutionParameters=["'2026-01-02'", "0"]) == [["2"]]
    with pytest.raises(QueryFailedError, match="expected 2 but found 1"):
        _rows(aws, sql, ExecutionParameters=["'2026-01-02'"])


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT\n nowhere FROM tracks", "^COLUMN_NOT_FOUND: line 2:2: Column 'nowhere' cannot be resolved$"),
        ("SELECT FROM", "^SYNTAX_ERROR: line 1:8: mismatched input"),
        ("SELECT 1/0", "^DIVISION_BY_ZERO: Division by zero$"),
        ("SELECT checksum(duration_ms) FROM tracks", "^NOT_SUPPORTED: .*support the function checksum"),
    ],
)
def test_a_query_that_fails_has_its_reason_and_is_the_users_error(
    aws: LocalAws, sql: str, reason: str
) -> None:
    with pytest.raises(QueryFailedError, match=reason) as failed:
        _rows(aws, sql)
    error = failed.value.status["AthenaError"]
    assert (error["ErrorCategory"], error["ErrorMessage"]) == (2, str(failed.value))


def test_a_fault_of_the_engine_is_not_the_users_error(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("in the engine")

    monkeypatch.setattr(Engine, "run", broken)
    with pytest.raises(QueryFailedError, match=r"^GENERIC_INTERNAL_ERROR: in the engine$") as failed:
        _rows(aws, "SELECT 1")
    assert failed.value.status["AthenaError"]["ErrorCategory"] == 1


def test_a_result_whose_bucket_does_not_exist_fails_the_query(aws: LocalAws) -> None:
    nowhere = {"OutputLocation": "s3://no-such-bucket/"}
    with pytest.raises(QueryFailedError, match="bucket does not exist"):
        _run(aws, "SELECT 1", WorkGroup="primary", ResultConfiguration=nowhere)


def test_another_catalog_does_not_exist(aws: LocalAws) -> None:
    with pytest.raises(QueryFailedError, match=r"^CATALOG_NOT_FOUND"):
        _run(aws, "SELECT 1", QueryExecutionContext={"Catalog": "cloud", "Database": "music"})


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
    assert [(name or "").strip() for (name,) in _rows(aws, "SHOW COLUMNS IN artists")] == [
        "artist_id",
        "genres",
        "fame",
    ]
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
    sql = "SELECT genres FROM artists ORDER BY artist_id"
    ways: list[dict[str, Any]] = [
        {"ctas_approach": True},
        {"ctas_approach": False, "unload_approach": True, "s3_output": "s3://results/unloaded/"},
    ]
    for way in ways:
        found = wr.athena.read_sql_query(
            sql, database="music", workgroup="analysts", boto3_session=session, **way
        )
        assert sorted(map(list, found["genres"])) == [[], ["pop"], ["rock", "pop"]]


def test_a_cancelled_query_stays_cancelled_and_does_no_more_work(aws: LocalAws) -> None:
    athena = aws.client("athena")
    numbers = "unnest(sequence(1, 10000))"
    endless = f"SELECT count(*) FROM {numbers} a(x), {numbers} b(y), {numbers} c(z) WHERE x * y % 7 = z"
    query = athena.start_query_execution(QueryString=endless, WorkGroup="analysts")["QueryExecutionId"]
    (work,) = (thread for thread in threading.enumerate() if thread.name == query)
    athena.stop_query_execution(QueryExecutionId=query)
    work.join(timeout=20)

    assert not work.is_alive()
    status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Query cancelled by user")


def test_what_a_query_writes_is_listed_in_a_manifest(aws: LocalAws) -> None:
    execution = _run(aws, "CREATE TABLE copied AS SELECT track_id FROM tracks")
    prefix = f"s3://results/analysts/{execution['QueryExecutionId']}"
    assert execution["ResultConfiguration"]["OutputLocation"] == prefix
    manifest = execution["Statistics"]["DataManifestLocation"]
    assert manifest == f"{prefix}-manifest.csv"
    for uri in _text(aws, manifest).splitlines():
        assert uri.startswith("s3://results/analysts/tables/")
    assert _rows(aws, "SELECT count(*) FROM copied") == [["3"]]
    result = aws.client("athena").get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert (result["UpdateCount"], result["ResultSet"]["Rows"]) == (3, [])
    _run(aws, "DROP TABLE copied")
    assert ["copied"] not in _rows(aws, "SHOW TABLES")


def test_statements_are_prepared_for_their_work_group(aws: LocalAws) -> None:
    athena = aws.client("athena")
    _run(aws, "PREPARE day FROM SELECT count(*) FROM tracks WHERE snapshot_date = ?")
    kept = athena.get_prepared_statement(StatementName="day", WorkGroup="analysts")["PreparedStatement"]
    assert kept["QueryStatement"] == "SELECT count(*) FROM tracks WHERE snapshot_date = ?"
    assert _rows(aws, "EXECUTE day USING '2026-01-02'") == [["2"]]
    assert _rows(aws, "EXECUTE day", ExecutionParameters=["'2026-01-01'"]) == [["1"]]
    own = {"WorkGroup": "primary", "ResultConfiguration": {"OutputLocation": "s3://results/own/"}}
    with pytest.raises(QueryFailedError, match=r"^NOT_FOUND"):
        _rows(aws, "EXECUTE day USING '2026-01-02'", **own)
    athena.create_prepared_statement(StatementName="one", WorkGroup="analysts", QueryStatement="SELECT 1")
    assert _rows(aws, "EXECUTE one") == [["1"]]
    _run(aws, "DEALLOCATE PREPARE one")
    with pytest.raises(QueryFailedError, match=r"^NOT_FOUND"):
        _rows(aws, "EXECUTE one")


def test_objects_that_are_replaced_are_read_as_they_are_now(aws: LocalAws) -> None:
    _create_table(aws, "changing", {"track_id": "string"}, [])
    for content in (["t1"], ["t2"], ["t1"]):
        _put(aws, "changing/part-0.parquet", pa.table({"track_id": content}))
        assert _rows(aws, "SELECT * FROM changing") == [content]


class QueryFailedError(Exception):
    """A query that did not succeed; the message is its StateChangeReason."""

    def __init__(self, status: dict[str, Any]) -> None:
        self.status = status
        super().__init__(status["StateChangeReason"])


def _run(aws: LocalAws, sql: str, **settings: Any) -> dict[str, Any]:
    athena = aws.client("athena")
    settings = {"WorkGroup": "analysts", "QueryExecutionContext": {"Database": "music"}, **settings}
    query = athena.start_query_execution(QueryString=sql, **settings)["QueryExecutionId"]
    end = time.monotonic() + 30
    while time.monotonic() < end:
        execution: dict[str, Any] = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if execution["Status"]["State"] == "FAILED":
            raise QueryFailedError(execution["Status"])
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


def _text(aws: LocalAws, uri: str) -> str:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body: bytes = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body.decode()


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
