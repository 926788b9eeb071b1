"""The statements that write rows: CREATE TABLE AS, INSERT INTO and UNLOAD."""

from __future__ import annotations

import datetime as dt
import gzip
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infra.local.athena.errors import NotSupportedHere
from tests.unit.infra.local.athena.lakes import OPENX, Analyst, LakeFolder

DAYS = ("2026-01-01", "2026-01-02")


def test_a_query_is_written_as_a_table_of_parquet_files(analyst: Analyst, tracks_lake: LakeFolder) -> None:
    output = analyst.run(
        "CREATE TABLE copy"
        " WITH (format = 'PARQUET', write_compression = 'SNAPPY', partitioned_by = ARRAY['day'])"
        " AS SELECT track_id, tags, CAST(ROW(length, 'x') AS ROW(n integer, word varchar)) AS pair,"
        " CAST(1.5 AS decimal(10, 2)) AS price, timestamp '2026-01-01 10:00:00' AS at, day FROM tracks"
    )
    assert output.written == tuple(
        f"s3://results/group/tables/q1/day={day}/q1_0000{number}" for number, day in enumerate(DAYS)
    )
    assert (output.update_count, output.is_query) == (4, False)
    file = tracks_lake.folder / "s3/results/group/tables/q1/day=2026-01-01/q1_00000"
    assert pq.ParquetFile(file).metadata.row_group(0).column(0).compression == "SNAPPY"
    assert pq.read_table(file).column_names == ["track_id", "tags", "pair", "price", "at"]
    assert analyst.rows("SHOW PARTITIONS copy") == [(f"day={day}",) for day in DAYS]
    found = analyst.rows("SELECT * FROM copy WHERE day = '2026-01-02' ORDER BY track_id")
    at = dt.datetime(2026, 1, 1, 10)  # noqa: DTZ001  # Trino's timestamp has no zone
    assert found == [
        ("a", ["x", "y"], (1, "x"), Decimal("1.50"), at, DAYS[1]),
        ("b", None, (2, "x"), Decimal("1.50"), at, DAYS[1]),
    ]


def test_a_query_is_written_as_a_table_of_json_files(analyst: Analyst, tracks_lake: LakeFolder) -> None:
    columns = {"track_id": "string", "tags": "array<string>", "pairs": "map<string,struct<n:double>>"}
    tracks_lake.table("nested", columns)
    kinds = pa.map_(pa.string(), pa.struct([("n", pa.float64())]))
    pairs = pa.array([[("k", {"n": 1.0})]], kinds)
    tracks_lake.put("nested/a.parquet", {"track_id": ["a"], "tags": [["x", None]], "pairs": pairs})
    analyst.run("""
        CREATE TABLE copy WITH (format = 'JSON') AS
        SELECT track_id, tags, pairs, true AS yes, CAST(1.50 AS decimal(10, 2)) AS price,
            date '2026-01-02' AS on_day, timestamp '2026-01-01 10:00:00' AS at
        FROM nested
    """)
    (file,) = (tracks_lake.folder / "s3/results/group/tables/q1").iterdir()
    assert gzip.decompress(file.read_bytes()).decode() == (
        '{"track_id":"a","tags":["x",null],"pairs":{"k":{"n":1.0}},"yes":true,"price":1.50,'
        '"on_day":"2026-01-02","at":"2026-01-01 10:00:00"}\n'
    )
    (row,) = analyst.rows("SELECT * FROM copy")
    at = dt.datetime(2026, 1, 1, 10)  # noqa: DTZ001  # Trino's timestamp has no zone
    assert row == ("a", ["x", None], {"k": (1.0,)}, True, Decimal("1.50"), dt.date(2026, 1, 2), at)
    analyst.engine().run("CREATE TABLE parquet AS SELECT pairs FROM nested", "music", query_id="q2")
    assert analyst.rows("SELECT * FROM parquet") == [({"k": (1.0,)},)]


def test_a_table_without_rows_or_without_data_has_no_files(analyst: Analyst, tracks_lake: LakeFolder) -> None:
    analyst.run("CREATE TABLE none AS SELECT track_id FROM tracks WHERE false")
    analyst.run("CREATE TABLE later AS SELECT track_id FROM tracks WITH NO DATA")
    analyst.run("CREATE TABLE IF NOT EXISTS later AS SELECT 1 AS other")
    assert analyst.rows("SELECT * FROM none") == analyst.rows("SELECT * FROM later") == []
    assert not (tracks_lake.folder / "s3/results/group").exists()


def test_rows_are_inserted_into_new_and_known_partitions(analyst: Analyst) -> None:
    output = analyst.run("INSERT INTO tracks SELECT track_id, length, tags, '2026-01-03' FROM tracks")
    assert output.update_count == 4
    analyst.run("INSERT INTO tracks (day, track_id) VALUES ('2026-01-01', 'new'), ('2026-01-04', 'new')")
    assert analyst.rows("SHOW PARTITIONS tracks") == [(f"day=2026-01-0{each}",) for each in (1, 2, 3, 4)]
    assert len(analyst.rows("SELECT * FROM tracks WHERE day = '2026-01-03'")) == 4
    found = analyst.rows("SELECT * FROM tracks WHERE track_id = 'new' ORDER BY day")
    assert found == [("new", None, None, "2026-01-01"), ("new", None, None, "2026-01-04")]


def test_rows_are_inserted_into_a_table_of_json(analyst: Analyst, tracks_lake: LakeFolder) -> None:
    tracks_lake.table("events", {"id": "bigint", "name": "string"}, serde=OPENX)
    analyst.run("INSERT INTO events VALUES (1, 'one'), (2, null)")
    assert analyst.rows("SELECT * FROM events ORDER BY id") == [(1, "one"), (2, None)]


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("CREATE TABLE tracks AS SELECT 1 AS x", "TABLE_ALREADY_EXISTS"),
        ("CREATE TABLE t AS SELECT 1", "MISSING_COLUMN_NAME"),
        ("CREATE TABLE t AS SELECT null AS x", "COLUMN_TYPE_UNKNOWN"),
        ("CREATE TABLE t AS SELECT time '10:00:00' AS x", "NOT_SUPPORTED"),
        ("CREATE TABLE t AS SELECT ROW(1, 2) AS x", "NOT_SUPPORTED"),
        ("CREATE TABLE t WITH (colour = 'red') AS SELECT 1 AS x", "INVALID_TABLE_PROPERTY"),
        ("CREATE TABLE t WITH (format = 1) AS SELECT 1 AS x", "INVALID_TABLE_PROPERTY"),
        ("CREATE TABLE t WITH (external_location = 's3://curated/t/') AS SELECT 1 AS x",
         "INVALID_TABLE_PROPERTY"),
        ("CREATE TABLE t WITH (partitioned_by = ARRAY['x']) AS SELECT 1 AS x", "INVALID_TABLE_PROPERTY"),
        ("CREATE TABLE t WITH (partitioned_by = ARRAY['z']) AS SELECT 1 AS x, 2 AS y",
         "INVALID_TABLE_PROPERTY"),
        ("CREATE TABLE t WITH (partitioned_by = ARRAY['x']) AS SELECT 1 AS x, 2 AS y",
         "HIVE_COLUMN_ORDER_MISMATCH"),
        ("INSERT INTO tracks SELECT 1", "TYPE_MISMATCH"),
        ("INSERT INTO tracks (track_id) VALUES 5", "TYPE_MISMATCH"),
        ("INSERT INTO tracks (song) VALUES 'x'", "COLUMN_NOT_FOUND"),
        ("INSERT INTO tracks (track_id, track_id) VALUES ('x', 'y')", "DUPLICATE_COLUMN_NAME"),
        ("INSERT INTO absent VALUES 1", "TABLE_NOT_FOUND"),
        ("UNLOAD (SELECT 1 AS x) TO 's3://curated/tracks/' WITH (format = 'JSON')",
         "HIVE_PATH_ALREADY_EXISTS"),
        ("UNLOAD (SELECT 1 AS x) TO 's3://absent/x/' WITH (format = 'JSON')", "HIVE_FILESYSTEM_ERROR"),
        ("UNLOAD (SELECT 1 AS x) TO '/tmp/x' WITH (format = 'JSON')", "INVALID_TABLE_PROPERTY"),
        ("UNLOAD (SELECT 1 AS x) TO 's3://curated/x/' WITH (compression = 'GZIP')", "INVALID_TABLE_PROPERTY"),
        ("DELETE FROM tracks", "NOT_SUPPORTED"),
        ("UPDATE tracks SET length = 1", "NOT_SUPPORTED"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_written_leave_everything_as_it_was(
    analyst: Analyst, tracks_lake: LakeFolder, sql: str, kind: str
) -> None:
    before = snapshot(tracks_lake)
    refused = analyst.refused(sql)
    assert refused.kind == kind
    assert snapshot(tracks_lake) == before


def snapshot(tracks_lake: LakeFolder) -> dict[str, bytes]:
    files = [path for path in tracks_lake.folder.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t WITH (format = 'ORC') AS SELECT 1 AS x",
        "CREATE TABLE t WITH (format = 'TEXTFILE') AS SELECT 1 AS x",
        "CREATE TABLE t WITH (bucketed_by = ARRAY['x'], bucket_count = 2) AS SELECT 1 AS x",
        "CREATE TABLE t WITH (table_type = 'ICEBERG') AS SELECT 1 AS x",
        "CREATE TABLE t WITH (write_compression = 'LZO') AS SELECT 1 AS x",
        "UNLOAD (SELECT 1 AS x) TO 's3://curated/x/' WITH (format = 'AVRO')",
        "UNLOAD (SELECT ARRAY[1] AS x) TO 's3://curated/x/' WITH (format = 'TEXTFILE')",
        "OPTIMIZE tracks REWRITE DATA USING BIN_PACK",
        "EXPLAIN ANALYZE SELECT 1",
        "EXPLAIN (FORMAT JSON) SELECT 1",
        "EXPLAIN DROP VIEW tracks",
        "DESCRIBE FORMATTED tracks",
        "CREATE EXTERNAL TABLE t (x int) CLUSTERED BY (x) INTO 2 BUCKETS LOCATION 's3://a/b/'",
    ],
)
def test_what_only_athena_does_is_refused_as_such(
    analyst: Analyst, tracks_lake: LakeFolder, sql: str
) -> None:
    before = snapshot(tracks_lake)
    with pytest.raises(NotSupportedHere, match=r"the local Athena does not support .*; Athena does"):
        analyst.run(sql)
    assert snapshot(tracks_lake) == before


def test_more_partitions_than_athena_writes_at_once_are_refused(analyst: Analyst) -> None:
    numbers = ", ".join(str(number) for number in range(101))
    refused = analyst.refused(
        "CREATE TABLE t WITH (partitioned_by = ARRAY['p']) AS"
        f" SELECT 1 AS x, p FROM UNNEST(ARRAY[{numbers}]) AS t (p)"
    )
    assert refused.kind == "HIVE_TOO_MANY_OPEN_PARTITIONS"
    assert analyst.rows("SHOW TABLES") == [("tracks",)]


def test_a_work_group_that_enforces_nothing_lets_a_table_have_its_own_place(tracks_lake: LakeFolder) -> None:
    analyst = Analyst(tracks_lake, is_enforced=False)
    analyst.run("CREATE TABLE t WITH (external_location = 's3://curated/t') AS SELECT 1 AS x")
    assert (tracks_lake.folder / "s3/curated/t/q1_00000").is_file()
    sql = "CREATE TABLE u WITH (external_location = 's3://curated/t') AS SELECT 1 AS x"
    assert analyst.refused(sql).kind == "HIVE_PATH_ALREADY_EXISTS"


def test_a_partition_may_be_null(analyst: Analyst) -> None:
    analyst.run(
        "CREATE TABLE t WITH (partitioned_by = ARRAY['p', 'q']) AS"
        " SELECT x, p, q FROM (VALUES (1, 'a/b', DATE '2026-01-01'), (2, null, null)) AS t (x, p, q)"
    )
    assert analyst.rows("SELECT * FROM t ORDER BY x") == [
        (1, "a/b", dt.date(2026, 1, 1)),
        (2, None, None),
    ]


def test_a_query_is_unloaded_to_files(analyst: Analyst, tracks_lake: LakeFolder) -> None:
    query = "SELECT track_id, length, day FROM tracks"
    analyst.run(
        f"UNLOAD ({query}) TO 's3://results/csv' WITH"
        " (format = 'TEXTFILE', field_delimiter = ',', compression = 'none')"
    )
    (file,) = (tracks_lake.folder / "s3/results/csv").iterdir()
    assert sorted(file.read_text().splitlines()) == [
        *(f"a,1,{day}" for day in DAYS),
        *(f"b,2,{day}" for day in DAYS),
    ]
    output = analyst.run(
        f"UNLOAD ({query}) TO 's3://results/pq' WITH (format = 'PARQUET', partitioned_by = ARRAY['day'])"
    )
    assert [uri.rpartition("/")[0] for uri in output.written or ()] == [
        f"s3://results/pq/day={day}" for day in DAYS
    ]
    assert analyst.rows("SHOW TABLES") == [("tracks",)]
