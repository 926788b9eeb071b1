"""The relations that a query reads: which files are opened, and what their columns hold."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.folder_catalog import FolderCatalog
from infra.local.athena.sources import Scan
from infra.local.athena.storage import FolderStorage
from infra.local.athena.tables import CatalogSources, LakeChanged, QueryTables
from tests.unit.infra.local.athena.lakes import HIVE_JSON, OPENX, LakeFolder

NOW = dt.datetime(2026, 1, 3, 12, tzinfo=dt.UTC)
DAYS = ("2026-01-01", "2026-01-02", "2026-01-03")


@pytest.fixture
def lake(tmp_path: Path) -> LakeFolder:
    return LakeFolder(tmp_path)


def rows_of(
    lake: LakeFolder,
    sql: str,
    table: str,
    columns: str,
    condition: str = "",
    **values: set[str],
) -> tuple[list[tuple[Any, ...]], int]:
    """The rows of a query over the relation `t`, and the bytes scanned."""
    catalog = FolderCatalog(lake.folder)
    source = CatalogSources(catalog).find("music", table)
    assert source is not None
    tables = QueryTables(catalog, FolderStorage(lake.folder / "s3"), NOW)
    only = {name: frozenset(each) for name, each in values.items()}
    with duckdb.connect() as connection:
        tables.attach(connection, [Scan("t", source, tuple(columns.split()), condition, only)])
        rows = connection.execute(sql).fetchall()
        return rows, tables.finish(connection)


@pytest.fixture
def tracks(lake: LakeFolder) -> LakeFolder:
    """Tracks of three days, of which the last is not registered."""
    lake.table("tracks", {"track_id": "string", "length": "int", "mood": "string"}, {"day": "string"})
    for number, day in enumerate(DAYS, start=1):
        lake.put(
            f"tracks/day={day}/part-0.parquet",
            {
                "track_id": [f"t{each}" for each in range(1000 * number)],
                "length": pa.array(range(1000 * number), pa.int32()),
            },
        )
        if day != DAYS[-1]:
            lake.register("tracks", day)
    return lake


def moment_at(year: int, hour: int = 0, microsecond: int = 0) -> dt.datetime:
    """The first of January, without a zone as Trino's timestamp."""
    return dt.datetime(year, 1, 1, hour, microsecond=microsecond)  # noqa: DTZ001


COUNTS = "SELECT day, count(track_id) FROM t GROUP BY day ORDER BY day"


def test_partitions_that_are_not_registered_do_not_exist(tracks: LakeFolder) -> None:
    rows, _ = rows_of(tracks, COUNTS, "tracks", "track_id day")
    assert rows == [(DAYS[0], 1000), (DAYS[1], 2000)]


@pytest.mark.parametrize(
    "where",
    [
        f"day = '{DAYS[1]}'",
        f"day > '{DAYS[0]}'",
        f"day BETWEEN '{DAYS[1]}' AND '9'",
        "day LIKE '%-02'",
        f"day NOT IN ('{DAYS[0]}')",
        f"coalesce(day, '') || '!' = '{DAYS[1]}!'",
    ],
)
@pytest.mark.parametrize("is_known", [True, False])  # to the translation, or only to DuckDB
def test_only_the_files_of_the_wanted_partitions_are_read(
    tracks: LakeFolder, where: str, *, is_known: bool
) -> None:
    sql = f"SELECT * FROM ({COUNTS}) WHERE {where}"
    condition = where if is_known else ""
    for day in (DAYS[0], DAYS[2]):  # reading one of the others would fail
        tracks.put(f"tracks/day={day}/part-0.parquet", b"PAR1 not a parquet file")
    rows, scanned = rows_of(tracks, sql, "tracks", "track_id day", condition)
    assert rows == [(DAYS[1], 2000)]
    assert 0 < scanned < (tracks.folder / f"s3/curated/tracks/day={DAYS[1]}/part-0.parquet").stat().st_size


def test_a_join_on_the_partition_column_reads_the_wanted_days_of_both_tables(tracks: LakeFolder) -> None:
    tracks.put(f"tracks/day={DAYS[0]}/part-0.parquet", b"PAR1 not a parquet file")
    sql = f"SELECT count(a.track_id) FROM t a JOIN t b USING (day, track_id) WHERE b.day = '{DAYS[1]}'"
    assert rows_of(tracks, sql, "tracks", "track_id day")[0] == [(2000,)]


def test_only_the_columns_that_are_used_are_scanned(tracks: LakeFolder) -> None:
    _, one = rows_of(tracks, "SELECT sum(length) FROM t", "tracks", "track_id length day")
    _, both = rows_of(tracks, "SELECT max(track_id), sum(length) FROM t", "tracks", "track_id length day")
    _, none = rows_of(tracks, "SELECT count(*), max(day) FROM t", "tracks", "track_id length day")
    assert 0 == none < one < both


def test_a_column_that_a_file_lacks_is_null(tracks: LakeFolder) -> None:
    tracks.put(f"tracks/day={DAYS[1]}/part-0.parquet", {"MOOD": ["calm"], "track_id": ["t"], "more": [1]})
    rows, _ = rows_of(tracks, "SELECT day, max(mood) FROM t GROUP BY day ORDER BY day", "tracks", "mood day")
    assert rows == [(DAYS[0], None), (DAYS[1], "calm")]


def test_a_condition_that_fails_selects_every_partition(tracks: LakeFolder) -> None:
    condition = "CAST(day AS INTEGER) = 1"
    assert len(rows_of(tracks, COUNTS, "tracks", "track_id day", condition)[0]) == 2


def test_hidden_files_and_empty_ones_are_left_out(tracks: LakeFolder) -> None:
    for key in ("_temporary/a.parquet", ".part.crc", "_SUCCESS", "sub/.hidden/b.parquet"):
        tracks.put(f"tracks/day={DAYS[0]}/{key}", b"no parquet")
    tracks.put(f"tracks/day={DAYS[0]}/empty.parquet", b"")
    tracks.put(f"tracks/day={DAYS[0]}/sub/folder/more.parquet", {"track_id": ["t"]})
    assert rows_of(tracks, COUNTS, "tracks", "track_id day")[0][0] == (DAYS[0], 1001)


def test_the_value_of_a_partition_is_the_catalogs(lake: LakeFolder) -> None:
    lake.table("moved", {"x": "int"}, {"day": "date", "number": "int", "name": "string"})
    lake.put("elsewhere/day=1999-01-01/a.parquet", {"x": pa.array([1], pa.int32())})
    lake.put("null/a.parquet", {"x": pa.array([2], pa.int32())})
    location = "s3://curated/elsewhere/day=1999-01-01/"
    lake.register("moved", "2026-01-01", "07", "it's [*?]", location=location)
    lake.register("moved", "2026-01-02", *["__HIVE_DEFAULT_PARTITION__"] * 2, location="s3://curated/null/")
    rows, _ = rows_of(lake, "SELECT * FROM t ORDER BY x", "moved", "x day number name")
    assert rows == [(1, dt.date(2026, 1, 1), 7, "it's [*?]"), (2, dt.date(2026, 1, 2), None, None)]


@pytest.mark.parametrize(("kind", "value"), [("int", "x"), ("date", "2026-13-01")])
def test_a_partition_value_of_another_type_is_refused(lake: LakeFolder, kind: str, value: str) -> None:
    lake.table("wrong", {"x": "int"}, {"key": kind})
    lake.register("wrong", value)
    with pytest.raises(QueryRefused, match=f"Invalid partition value '{value}'") as refused:
        rows_of(lake, "SELECT * FROM t", "wrong", "x key")
    assert refused.value.kind == "HIVE_INVALID_PARTITION_VALUE"


def test_names_with_signs_of_a_pattern_are_names(lake: LakeFolder) -> None:
    lake.table("odd", {"x": "int"})
    for key in ("odd/a[1].parquet", "odd/b*.parquet", "odd/c?'x.parquet", "odd/bb.parquet"):
        lake.put(key, {"x": pa.array([1], pa.int32())})
    assert rows_of(lake, "SELECT count(x) FROM t", "odd", "x")[0] == [(4,)]


def test_hidden_columns_say_where_a_row_is(tracks: LakeFolder) -> None:
    sql = "SELECT * FROM t WHERE \"$path\" LIKE '%-01/%' LIMIT 1"
    columns = "$path $file_size $partition $file_modified_time"
    path = tracks.folder / f"s3/curated/tracks/day={DAYS[0]}/part-0.parquet"
    ((uri, size, partition, modified),) = rows_of(tracks, sql, "tracks", columns)[0]
    assert (uri, size) == (f"s3://curated/tracks/day={DAYS[0]}/part-0.parquet", path.stat().st_size)
    assert partition == f"day={DAYS[0]}"
    assert abs(modified["instant"].replace(tzinfo=dt.UTC).timestamp() - path.stat().st_mtime) < 0.001
    assert modified["zone"] == "UTC"


@pytest.mark.parametrize("columns", ["track_id day $path", "day", ""])
def test_a_table_without_files_has_no_rows(lake: LakeFolder, columns: str) -> None:
    lake.table("tracks", {"track_id": "string"}, {"day": "string"})
    assert rows_of(lake, "SELECT * FROM t", "tracks", columns) == ([], 0)


def test_values_are_read_as_the_catalogs_types(lake: LakeFolder) -> None:
    columns = {
        "tiny": "tinyint", "wide": "bigint", "price": "decimal(10,2)", "ratio": "double",
        "word": "varchar(3)", "code": "char(4)", "raw": "binary",
        "seen": "timestamp", "odd": "timestamp", "zoned": "timestamp",
        "tags": "array<string>", "parts": "map<string,int>",
        "artist": "struct<id:string,seen:timestamp,new:int>", "many": "array<struct<at:timestamp>>",
    }  # fmt: skip
    lake.table("values", columns)
    moment = moment_at(2026, 12, 1500)
    content = {
        "tiny": pa.array([7, None], pa.int64()),
        "wide": pa.array([7, None], pa.int16()),
        "price": pa.array([1, None], pa.decimal128(6, 2)),
        "ratio": pa.array([0.5, None], pa.float32()),
        "word": ["abcdef", None],
        "code": ["ab  ", None],
        "raw": [b"\x00\xff", None],
        "seen": pa.array([moment, None], pa.timestamp("us")),
        "odd": pa.array([moment, None], pa.timestamp("ns")),
        "zoned": pa.array([moment, None], pa.timestamp("ms", "UTC")),
        "tags": [["a", None], None],
        "parts": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int32())),
        "artist": pa.array([{"ID": "x", "seen": moment}, None]),
        "many": pa.array([[{"at": moment}, None], None]),
    }
    lake.put("values/a.parquet", content)
    first, second = rows_of(lake, "SELECT * FROM t ORDER BY tiny", "values", " ".join(columns))[0]
    assert first == (
        *(7, 7, content["price"][0].as_py(), 0.5, "abc", "ab", b"\x00\xff"),
        *(moment, moment, moment.replace(microsecond=1000)),
        *(["a", None], {"a": 1}, {"id": "x", "seen": moment, "new": None}, [{"at": moment}, None]),
    )
    assert second == (None,) * len(columns)


def test_int96_timestamps_are_read(lake: LakeFolder) -> None:
    lake.table("old", {"seen": "timestamp"})
    path = lake.put("old/a.parquet", {"seen": [moment_at(2026)]})
    pa.parquet.write_table(
        pa.table({"seen": [moment_at(1900), moment_at(2026, 1, 4000)]}),
        path,
        use_deprecated_int96_timestamps=True,
    )
    rows, _ = rows_of(lake, "SELECT seen FROM t ORDER BY 1", "old", "seen")
    assert rows == [(moment_at(1900),), (moment_at(2026, 1, 4000),)]


@pytest.mark.parametrize(
    ("declared", "values"),
    [
        ("string", pa.array([1], pa.int32())),
        ("int", pa.array(["1"])),
        ("bigint", pa.array([1.5])),
        ("double", pa.array([1], pa.int32())),
        ("float", pa.array([1.5], pa.float64())),
        ("date", pa.array(["2026-01-01"])),
        ("boolean", pa.array([1], pa.int32())),
        ("array<string>", pa.array([[1]])),
        ("array<string>", pa.array(["a"])),
        ("struct<a:string>", pa.array([{"a": 1}])),
        ("map<string,int>", pa.array([{"a": 1}])),
    ],
)
def test_a_column_of_another_type_is_refused(lake: LakeFolder, declared: str, values: pa.Array) -> None:
    lake.table("wrong", {"x": declared, "y": "int"})
    lake.put("wrong/a.parquet", {"x": values, "y": pa.array([1], pa.int32())})
    with pytest.raises((QueryRefused, duckdb.ConversionException)) as refused:
        rows_of(lake, "SELECT x FROM t", "wrong", "x")
    if isinstance(refused.value, QueryRefused):
        assert refused.value.kind == "HIVE_BAD_DATA"
    assert rows_of(lake, "SELECT y FROM t", "wrong", "y")[0] == [(1,)]


def test_a_value_that_is_too_large_for_its_column_fails(lake: LakeFolder) -> None:
    lake.table("wrong", {"x": "int"})
    lake.put("wrong/a.parquet", {"x": pa.array([1 << 40], pa.int64())})
    with pytest.raises(duckdb.ConversionException, match="out of range"):
        rows_of(lake, "SELECT x FROM t", "wrong", "x")


def test_a_file_that_is_replaced_meanwhile_is_noticed(tracks: LakeFolder) -> None:
    catalog = FolderCatalog(tracks.folder)
    source = CatalogSources(catalog).find("music", "tracks")
    assert source is not None
    tables = QueryTables(catalog, FolderStorage(tracks.folder / "s3"), NOW)
    with duckdb.connect() as connection:
        tables.attach(connection, [Scan("t", source, ("track_id", "day"))])
        connection.execute(COUNTS).fetchall()
        tables.finish(connection)
        tracks.put(f"tracks/day={DAYS[0]}/part-0.parquet", {"track_id": ["new"]})
        with pytest.raises(LakeChanged):
            tables.finish(connection)


def test_duckdb_reads_nothing_but_the_tables_files(tracks: LakeFolder) -> None:
    for path in ("/etc/passwd", str(tracks.folder / "catalog.json")):
        with pytest.raises(duckdb.PermissionException):
            rows_of(tracks, f"SELECT * FROM read_text('{path}')", "tracks", "day")
    with pytest.raises(duckdb.Error, match="external access"):
        rows_of(tracks, "SET enable_external_access = true", "tracks", "day")


LINES = ['{"id": 1, "Name": "one"}', "", '{"id": "2"}']


@pytest.mark.parametrize("serde", [OPENX, HIVE_JSON])
def test_json_lines_are_rows(lake: LakeFolder, serde: str) -> None:
    lake.table("events", {"id": "bigint", "name": "string"}, {"day": "string"}, serde=serde)
    lines = [line for line in LINES if serde == OPENX or line == LINES[0]]
    size = lake.put_lines("events/day=1/a.json.gz", lines).stat().st_size
    lake.put("events/day=2/b.json", b'{"id": 3}\r\n{"id": 4}')
    lake.register("events", "1")
    lake.register("events", "2")
    rows, scanned = rows_of(lake, "SELECT id, name, day FROM t", "events", "id name day", "day = '1'")
    expected = [(1, "one", "1"), (None, None, "1"), (2, None, "1")]
    assert rows == (expected if serde == OPENX else expected[:1])
    assert scanned == size
    assert rows_of(lake, "SELECT id FROM t ORDER BY 1", "events", "id", "day = '2'")[0] == [(3,), (4,)]


def test_partitions_of_both_formats_are_one_table(lake: LakeFolder) -> None:
    lake.table("mixed", {"id": "bigint", "tags": "array<struct<a:string>>"}, {"day": "string"})
    lake.put("mixed/day=1/a.parquet", {"id": [1], "tags": [[{"a": "x"}]]})
    lake.register("mixed", "1")
    lake.table("other", {"id": "bigint"}, {"day": "string"}, serde=OPENX)
    lake.put("other/day=2/a.json", b'{"id": 2, "tags": {"a": "y"}}')
    lake.register("other", "2")
    from infra.local.lake_folder import read_catalog, write_catalog

    catalog = read_catalog(lake.folder)
    catalog["music"]["mixed"]["partitions"] += catalog["music"]["other"]["partitions"]
    write_catalog(lake.folder, catalog)
    rows, _ = rows_of(lake, "SELECT * FROM t ORDER BY id", "mixed", "id tags day")
    assert rows == [(1, [{"a": "x"}], "1"), (2, [{"a": "y"}], "2")]


def test_other_formats_are_refused(lake: LakeFolder) -> None:
    lake.table("text", {"a": "string"}, serde="org.apache.hadoop.hive.serde2.OpenCSVSerde")
    lake.put("text/a.csv", b"a\n")
    with pytest.raises(NotSupportedHere, match="OpenCSVSerde"):
        rows_of(lake, "SELECT * FROM t", "text", "a")
    lake.table("packed", {"a": "string"}, serde=OPENX)
    lake.put("packed/a.json.bz2", b"")
    lake.put("packed/a.json.bz2", b"x")
    with pytest.raises(NotSupportedHere, match="neither gzip nor plain text"):
        rows_of(lake, "SELECT * FROM t", "packed", "a")


def test_projected_partitions_are_read_without_being_registered(lake: LakeFolder) -> None:
    properties = {
        "projection.enabled": "true",
        "projection.day.type": "date",
        "projection.day.range": "2026-01-01,NOW",
        "projection.day.format": "yyyy-MM-dd",
        "projection.user.type": "injected",
        "storage.location.template": "s3://curated/${user}/${day}/",
    }
    lake.table("plays", {"id": "int"}, {"day": "string", "user": "string"}, properties=properties)
    lake.put("u1/2026-01-02/a.parquet", {"id": pa.array([1], pa.int32())})
    lake.put("u2/2026-01-03/a.parquet", {"id": pa.array([2], pa.int32())})
    lake.put("u2/2026-01-04/a.parquet", {"id": pa.array([3], pa.int32())})
    sql = "SELECT * FROM t ORDER BY id"
    condition = "\"user\" IN ('u1', 'u2') AND day >= '2026-01-02'"
    assert rows_of(lake, sql, "plays", "id day user", condition, user={"u1", "u2"})[0] == [
        (1, "2026-01-02", "u1"),
        (2, "2026-01-03", "u2"),
    ]
    assert rows_of(lake, sql, "plays", "id", user={"u2"})[0] == [(2,)]
    with pytest.raises(QueryRefused, match="static equality conditions"):
        rows_of(lake, sql, "plays", "id")


def test_tables_made_of_the_catalog_are_read(tracks: LakeFolder) -> None:
    assert rows_of(tracks, "SELECT max(day), count(*) FROM t", "tracks$partitions", "day") == (
        [(DAYS[1], 2)],
        0,
    )
    catalog = FolderCatalog(tracks.folder)
    sources = CatalogSources(catalog)
    columns = sources.find("information_schema", "columns")
    assert columns is not None
    tables = QueryTables(catalog, FolderStorage(tracks.folder / "s3"), NOW)
    with duckdb.connect() as connection:
        tables.attach(connection, [Scan("c", columns, tuple(each.name for each in columns.columns))])
        found = connection.execute(
            "SELECT column_name, ordinal_position, data_type FROM c WHERE table_name = 'tracks' ORDER BY 2"
        ).fetchall()
    assert found == [
        ("track_id", 1, "varchar"),
        ("length", 2, "integer"),
        ("mood", 3, "varchar"),
        ("day", 4, "varchar"),
    ]


def test_the_checker_is_told_what_tables_are(tracks: LakeFolder) -> None:
    sources = CatalogSources(FolderCatalog(tracks.folder))
    found = sources.find("music", "tracks")
    assert found is not None
    assert [(column.name, str(column.type), column.is_partition) for column in found.columns[:4]] == [
        ("track_id", "varchar", False),
        ("length", "integer", False),
        ("mood", "varchar", False),
        ("day", "varchar", True),
    ]
    assert {column.name for column in found.columns if column.is_hidden} == {
        "$path",
        "$file_size",
        "$file_modified_time",
        "$partition",
    }
    assert sources.find("music", "absent") is None
    assert sources.find("music", "absent$partitions") is None
    assert sources.names("music") == ["tracks"]
    assert [sources.has_database(name) for name in ("music", "information_schema", "other")] == [
        True,
        True,
        False,
    ]
