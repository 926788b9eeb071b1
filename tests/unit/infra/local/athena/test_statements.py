"""The statements that are not queries, with their effect in the lake."""

from __future__ import annotations

import pyarrow as pa
import pytest

from infra.local.athena.errors import QueryRefused
from infra.local.athena.folder_catalog import FolderCatalog
from infra.local.lake_folder import LakeInUse, only_user_of
from tests.unit.infra.local.athena.lakes import OPENX, Analyst, LakeFolder

DAYS = ("2026-01-01", "2026-01-02")


# ------------------------------------------------------------------ lists and descriptions


def test_databases_tables_and_views_are_listed(analyst: Analyst) -> None:
    analyst.run("CREATE VIEW days AS SELECT day FROM tracks")
    analyst.run("CREATE DATABASE reports COMMENT 'for the board'")
    assert analyst.rows("SHOW DATABASES") == [("music",), ("reports",)]
    assert analyst.rows("SHOW SCHEMAS LIKE 'rep*'") == [("reports",)]
    assert analyst.rows("SHOW TABLES") == [("days",), ("tracks",)]
    assert analyst.rows("SHOW TABLES IN `music` '*rack*|nothing'") == [("tracks",)]
    assert analyst.rows("show views from music like 'd*'") == [("days",)]
    assert analyst.rows("SHOW TABLES IN reports") == []
    assert analyst.refused("SHOW TABLES IN musik").kind == "SCHEMA_NOT_FOUND"


def test_a_table_is_described(analyst: Analyst) -> None:
    assert analyst.rows("SHOW COLUMNS IN tracks") == [("track_id",), ("length",), ("tags",), ("day",)]
    assert analyst.rows("SHOW COLUMNS FROM tracks IN music") == analyst.rows("SHOW COLUMNS IN music.tracks")
    assert analyst.rows("SHOW PARTITIONS tracks") == [(f"day={day}",) for day in DAYS]
    described = analyst.rows("DESCRIBE awsdatacatalog.music.tracks")
    assert described[1] == ("length", "int", "")
    assert ("# Partition Information", "", "") in described
    assert described[-1] == ("day", "string", "")
    assert analyst.rows("SHOW TBLPROPERTIES tracks('classification')") == [("classification", "parquet")]
    assert analyst.rows("SHOW TBLPROPERTIES tracks") == [("classification", "parquet")]


def test_the_statement_that_creates_a_table_creates_it_again(
    analyst: Analyst, tracks_lake: LakeFolder
) -> None:
    analyst.run("ALTER TABLE tracks ADD COLUMNS (mood string COMMENT 'it''s \"how\" it sounds')")
    analyst.run("ALTER TABLE tracks SET TBLPROPERTIES ('a' = 'b')")
    before = FolderCatalog(tracks_lake.folder).table("music", "tracks")
    assert before is not None
    sql = "\n".join(row for (row,) in analyst.run("SHOW CREATE TABLE tracks").rows)
    analyst.run("DROP TABLE tracks")
    analyst.run(sql)
    after = FolderCatalog(tracks_lake.folder).table("music", "tracks")
    assert after is not None
    assert (after.columns, after.partition_keys) == (before.columns, before.partition_keys)
    assert (after.location, after.format.serde) == (before.location, before.format.serde)
    assert set(before.parameters.items()) <= set(after.parameters.items())


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SHOW PARTITIONS track", "TABLE_NOT_FOUND"),
        ("DESCRIBE other.tracks", "SCHEMA_NOT_FOUND"),
        ("DESCRIBE cloud.music.tracks", "CATALOG_NOT_FOUND"),
        ('SHOW PARTITIONS "tracks"', "SYNTAX_ERROR"),
        ("SHOW TABLES nothing", "SYNTAX_ERROR"),
        ("SHOW CREATE VIEW tracks", "NOT_SUPPORTED"),
    ],
)
def test_what_cannot_be_shown_is_refused(analyst: Analyst, sql: str, kind: str) -> None:
    assert analyst.refused(sql).kind == kind


def test_a_table_without_partitions_has_none_to_show(analyst: Analyst, tracks_lake: LakeFolder) -> None:
    tracks_lake.table("plain", {"x": "int"})
    assert analyst.refused("SHOW PARTITIONS plain").kind == "NOT_SUPPORTED"


# ------------------------------------------------------------------ views


def test_a_view_is_kept_as_athena_keeps_it_and_read_like_a_table(
    analyst: Analyst, tracks_lake: LakeFolder
) -> None:
    analyst.run("CREATE VIEW long AS SELECT track_id, tags, length / 2 AS half FROM tracks WHERE length > 1")
    view = FolderCatalog(tracks_lake.folder).table("music", "long")
    assert view is not None
    assert view.view is not None
    assert view.view.sql == "SELECT track_id, tags, length / 2 AS half FROM tracks WHERE length > 1"
    assert view.view.columns == (("track_id", "varchar"), ("tags", "array(varchar)"), ("half", "integer"))
    assert [column.type for column in view.columns] == ["string", "array<string>", "int"]
    assert analyst.rows("SELECT track_id, half FROM long WHERE half > 0") == [("b", 1), ("b", 1)]
    shown = analyst.rows("SHOW CREATE VIEW long")
    assert shown[0] == ("CREATE VIEW awsdatacatalog.music.long AS",)

    assert analyst.refused("CREATE VIEW long AS SELECT 1 AS x").kind == "TABLE_ALREADY_EXISTS"
    analyst.run("CREATE OR REPLACE VIEW long AS SELECT 1 AS x;")
    assert analyst.rows("SELECT * FROM long") == [(1,)]
    analyst.run("DROP VIEW long")
    analyst.run("DROP VIEW IF EXISTS long")
    assert analyst.refused("DROP VIEW long").kind == "GENERIC_USER_ERROR"


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("CREATE VIEW wrong AS SELECT nowhere FROM tracks", "COLUMN_NOT_FOUND"),
        ("CREATE VIEW wrong AS SELECT 1", "MISSING_COLUMN_NAME"),
        ("CREATE VIEW wrong AS SELECT 1 AS x, 2 AS X", "DUPLICATE_COLUMN_NAME"),
        ("CREATE VIEW wrong (a, b) AS SELECT 1 AS x", "SYNTAX_ERROR"),
        ("CREATE OR REPLACE VIEW tracks AS SELECT 1 AS x", "TABLE_ALREADY_EXISTS"),
        ("DROP VIEW tracks", "GENERIC_USER_ERROR"),
        ("CREATE VIEW other.wrong AS SELECT 1 AS x", "SCHEMA_NOT_FOUND"),
    ],
)
def test_a_view_that_cannot_be_is_not_made(analyst: Analyst, sql: str, kind: str) -> None:
    assert analyst.refused(sql).kind == kind
    assert analyst.rows("SHOW TABLES") == [("tracks",)]


def test_a_view_is_not_replaced_by_a_query_of_itself(analyst: Analyst) -> None:
    analyst.run("CREATE VIEW first AS SELECT 1 AS x")
    analyst.run("CREATE VIEW second AS SELECT x + 1 AS x FROM first")
    for query in ("SELECT * FROM FIRST", "SELECT 1 AS x WHERE EXISTS (SELECT 1 FROM music.first)"):
        refused = analyst.refused(f"CREATE OR REPLACE VIEW first AS {query}")
        assert (refused.kind, refused.line) == ("VIEW_IS_RECURSIVE", 1)
        assert refused.message == "Statement would create a recursive view"
    refused = analyst.refused("CREATE OR REPLACE VIEW first AS SELECT x FROM second")
    assert (refused.kind, refused.column) == ("INVALID_VIEW", 47)  # at the view, as Trino does
    assert refused.message.endswith("Statement would create a recursive view")
    assert analyst.refused("CREATE VIEW first AS SELECT x FROM first").kind == "TABLE_ALREADY_EXISTS"
    assert analyst.rows("SELECT * FROM first, second") == [(1, 2)]

    analyst.run("CREATE OR REPLACE VIEW first AS WITH first AS (SELECT 3 AS x) SELECT x FROM first")
    assert analyst.rows("SELECT * FROM first, second") == [(3, 4)]


# ------------------------------------------------------------------ tables and partitions


def test_an_external_table_reads_files_that_are_there(analyst: Analyst, tracks_lake: LakeFolder) -> None:
    tracks_lake.put_lines(
        "plays/y=2026/a.json.gz", ['{"id": 1, "Date": "2026-01-01", "more": {"a": [1]}}', "{"]
    )
    analyst.run("""
        CREATE EXTERNAL TABLE IF NOT EXISTS `music`.`plays` (
            id bigint COMMENT 'it''s "the" id', `date` string, more struct<a:array<int>>, price decimal(10, 2)
        )
        COMMENT "plays"
        PARTITIONED BY (y int)
        ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
        WITH SERDEPROPERTIES ("ignore.malformed.json" = "true")
        LOCATION 's3://curated/plays'
        TBLPROPERTIES ('classification' = 'json')
    """)
    assert analyst.rows("SELECT * FROM plays") == []
    assert analyst.rows("MSCK REPAIR TABLE plays") == [
        ("Partitions not in metastore:\tplays:y=2026",),
        ("Repair: Added partition to metastore plays:y=2026",),
    ]
    assert analyst.rows("MSCK REPAIR TABLE plays") == []
    rows = analyst.rows('SELECT id, "date", more.a, y FROM plays')
    assert rows == [(1, "2026-01-01", [1], 2026), (None, None, None, 2026)]
    table = FolderCatalog(tracks_lake.folder).table("music", "plays")
    assert table is not None
    assert (table.description, table.location) == ("plays", "s3://curated/plays/")
    assert (table.format.serde, table.columns[0].comment) == (OPENX, 'it\'s "the" id')
    assert analyst.refused("CREATE EXTERNAL TABLE plays (id int) LOCATION 's3://x/y'").kind == (
        "TABLE_ALREADY_EXISTS"
    )


def test_a_table_whose_files_cannot_be_read_here_is_created_with_a_note(analyst: Analyst) -> None:
    created = analyst.run(
        "CREATE EXTERNAL TABLE lines (x string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' "
        "LOCATION 's3://curated/lines/'"
    )
    assert created.note.startswith("The local Athena cannot read the files of this table (org.apache.hadoop")
    assert not analyst.run("CREATE EXTERNAL TABLE p (x int) STORED AS PARQUET LOCATION 's3://a/b/'").note


def test_partitions_are_added_moved_renamed_and_dropped(analyst: Analyst, tracks_lake: LakeFolder) -> None:
    tracks_lake.put("elsewhere/a.parquet", {"track_id": ["z"], "length": pa.array([9], pa.int32())})
    analyst.run(
        "ALTER TABLE tracks ADD IF NOT EXISTS PARTITION (day = '2026-01-01')"
        " PARTITION (day = '2026-01-03') LOCATION 's3://curated/elsewhere/'"
        " PARTITION (day = '2026-01-04')"
    )
    assert analyst.rows("SELECT track_id FROM tracks WHERE day = '2026-01-03'") == [("z",)]
    analyst.run("ALTER TABLE tracks PARTITION (day = '2026-01-04') SET LOCATION 's3://curated/elsewhere/'")
    analyst.run("ALTER TABLE tracks PARTITION (day = '2026-01-04') RENAME TO PARTITION (day = '2026-01-05')")
    assert analyst.rows("SELECT track_id FROM tracks WHERE day = '2026-01-05'") == [("z",)]
    dropped = analyst.run(
        "ALTER TABLE tracks DROP PARTITION (day='2026-01-03'), PARTITION (day='2026-01-05')"
    )
    assert "s3://curated/elsewhere/ (1 object)" in dropped.note
    assert analyst.rows("SHOW PARTITIONS tracks") == [(f"day={day}",) for day in DAYS]


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("ALTER TABLE tracks ADD PARTITION (day = '2026-01-01')", "ALREADY_EXISTS"),
        ("ALTER TABLE tracks DROP PARTITION (day = 'x')", "NOT_FOUND"),
        ("ALTER TABLE tracks ADD PARTITION (month = 'x')", "INVALID_PARTITION"),
        ("ALTER TABLE tracks ADD PARTITION (day = '1') LOCATION '/tmp'", "INVALID_TABLE_PROPERTY"),
        ("ALTER TABLE tracks ADD COLUMNS (length int)", "DUPLICATE_COLUMN_NAME"),
        ("ALTER TABLE tracks ADD COLUMNS (mood strange)", "SYNTAX_ERROR"),
        ("ALTER TABLE tracks", "SYNTAX_ERROR"),
        ("ALTER TABLE tracks RENAME TO songs", "NOT_SUPPORTED"),
        ("CREATE TABLE t (x int)", "SYNTAX_ERROR"),
        ("CREATE EXTERNAL TABLE t (x int, X int) LOCATION 's3://a/b/'", "DUPLICATE_COLUMN_NAME"),
        ("CREATE EXTERNAL TABLE t (x int) STORED AS WORDS LOCATION 's3://a/b/'", "SYNTAX_ERROR"),
        ("CREATE TABLE t (x int) TBLPROPERTIES ('table_type' = 'ICEBERG')", "NOT_SUPPORTED"),
        ("DROP TABLE track", "TABLE_NOT_FOUND"),
        ("DROP DATABASE music", "SCHEMA_NOT_EMPTY"),
        ("CREATE DATABASE music", "SCHEMA_ALREADY_EXISTS"),
        ("DROP DATABASE other", "SCHEMA_NOT_FOUND"),
    ],
)
def test_what_cannot_be_defined_changes_nothing(
    analyst: Analyst, tracks_lake: LakeFolder, sql: str, kind: str
) -> None:
    before = (tracks_lake.folder / "catalog.json").read_bytes()
    assert analyst.refused(sql).kind == kind
    assert (tracks_lake.folder / "catalog.json").read_bytes() == before


def test_columns_that_are_added_are_null_in_older_files(analyst: Analyst) -> None:
    analyst.run("ALTER TABLE tracks ADD COLUMNS (mood string, tempo double)")
    assert analyst.rows("SELECT DISTINCT mood, tempo FROM tracks") == [(None, None)]
    analyst.run("ALTER TABLE tracks REPLACE COLUMNS (track_id string)")
    assert analyst.rows("SHOW COLUMNS IN tracks") == [("track_id",), ("day",)]


def test_a_table_that_is_dropped_leaves_its_files(analyst: Analyst, tracks_lake: LakeFolder) -> None:
    assert "s3://curated/tracks/ (2 objects)" in analyst.run("DROP TABLE tracks").note
    analyst.run("DROP TABLE IF EXISTS tracks")
    assert analyst.rows("SHOW TABLES") == []
    assert len(list((tracks_lake.folder / "s3/curated/tracks").rglob("*.parquet"))) == 2
    assert analyst.run("DROP DATABASE music CASCADE").note == ""
    assert analyst.rows("SHOW DATABASES") == []


def test_a_run_that_uses_the_lake_keeps_others_from_changing_it_not_from_reading(
    analyst: Analyst, tracks_lake: LakeFolder
) -> None:
    with only_user_of(tracks_lake.folder):
        assert len(analyst.rows("SELECT * FROM tracks")) == 4
        for sql in (
            "DROP TABLE tracks",
            "CREATE VIEW v AS SELECT 1 AS x",
            "UNLOAD (SELECT 1 AS x) TO 's3://results/x/' WITH (format = 'JSON')",
        ):
            with pytest.raises(LakeInUse):
                analyst.run(sql)


# ------------------------------------------------------------------ prepared statements and plans


def test_a_statement_is_prepared_once_and_run_with_values(analyst: Analyst) -> None:
    analyst.run("PREPARE of_day FROM SELECT track_id FROM tracks WHERE day = ? AND length > ?")
    assert analyst.rows("EXECUTE of_day USING '2026-01-01', 0 + 1") == [("b",)]
    assert analyst.rows("EXECUTE of_day", "'2026-01-02'", "1") == [("b",)]
    assert analyst.refused("EXECUTE of_day USING '2026-01-01'").kind == "INVALID_PARAMETER_USAGE"
    analyst.run("PREPARE of_day FROM INSERT INTO tracks VALUES (?, 1, null, 'x')")
    assert analyst.run("EXECUTE of_day USING 'new'").update_count == 1
    analyst.run("DEALLOCATE PREPARE of_day")
    assert analyst.refused("EXECUTE of_day USING 1").kind == "NOT_FOUND"
    assert analyst.refused("DEALLOCATE PREPARE of_day").kind == "NOT_FOUND"
    assert analyst.refused("PREPARE broken FROM SELEC 1").kind == "SYNTAX_ERROR"


def test_a_plan_says_that_it_is_the_local_one(analyst: Analyst) -> None:
    plan = analyst.rows("EXPLAIN SELECT * FROM tracks WHERE day = '2026-01-01'")
    assert "local Athena" in plan[0][0]
    assert len(plan) > 1
    for sql in (
        "CREATE TABLE copied AS SELECT * FROM tracks",
        "INSERT INTO tracks SELECT * FROM tracks",
        "UNLOAD (SELECT 1 AS x) TO 's3://results/x/' WITH (format = 'JSON')",
    ):
        assert "local Athena" in analyst.rows(f"EXPLAIN {sql}")[0][0]
    assert analyst.refused("SELECT * FROM copied").kind == "TABLE_NOT_FOUND"
    assert analyst.rows("EXPLAIN (TYPE VALIDATE) SELECT 1") == [(True,)]
    assert analyst.refused("EXPLAIN (TYPE VALIDATE) SELECT nowhere FROM tracks").kind == "COLUMN_NOT_FOUND"


# ------------------------------------------------------------------ queries


def test_the_newest_partition_is_found_without_reading_the_others(
    analyst: Analyst, tracks_lake: LakeFolder
) -> None:
    everything = analyst.run("SELECT track_id FROM tracks").scanned_bytes
    newest = "SELECT track_id FROM tracks WHERE day = (SELECT day FROM tracks ORDER BY day DESC LIMIT 1)"
    output = analyst.run(newest)
    assert output.rows == [("a",), ("b",)]
    assert output.scanned_bytes * 2 == everything
    assert len(analyst.rows("SELECT 1 FROM tracks t WHERE day = (SELECT t.day)")) == 4
    several = "SELECT 1 FROM tracks WHERE day = (SELECT day FROM tracks)"
    assert analyst.refused(several).kind == "SUBQUERY_MULTIPLE_ROWS"
    nothing = "SELECT 1 FROM tracks WHERE day = (SELECT day FROM tracks WHERE length = 7)"
    assert analyst.rows(nothing) == []


@pytest.mark.parametrize("sql", ["", "  ", "-- nothing", ";"])
def test_an_empty_statement_is_refused(analyst: Analyst, sql: str) -> None:
    assert analyst.refused(sql).kind == "SYNTAX_ERROR"


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("selec 1", (1, 1)),
        ("SELECT 1;\nSELECT 2", (1, 9)),
        ("SHOW TABLES IN", (1, 15)),
        ("DROP TABLE\n  `a b` now", (2, 9)),
    ],
)
def test_a_syntax_error_has_its_place(analyst: Analyst, sql: str, place: tuple[int, int]) -> None:
    refused = analyst.refused(sql)
    assert (refused.kind, refused.line, refused.column) == ("SYNTAX_ERROR", *place)


def test_a_table_that_changes_while_it_is_read_is_read_again(
    analyst: Analyst, tracks_lake: LakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from infra.local.athena.storage import FolderStorage, StoredObject

    answers = iter([False])
    is_current = FolderStorage.is_current

    def changed_once(self: FolderStorage, found: StoredObject) -> bool:
        return next(answers, True) and is_current(self, found)

    monkeypatch.setattr(FolderStorage, "is_current", changed_once)
    assert len(analyst.rows("SELECT track_id FROM tracks")) == 4
    monkeypatch.setattr(FolderStorage, "is_current", lambda *_: False)
    with pytest.raises(QueryRefused, match="Run the query again"):
        analyst.rows("SELECT track_id FROM tracks")


def test_a_file_that_is_not_parquet_fails_the_query(analyst: Analyst, tracks_lake: LakeFolder) -> None:
    tracks_lake.put(f"tracks/day={DAYS[0]}/part.parquet", b"PAR1 no parquet file")
    assert analyst.refused("SELECT track_id FROM tracks").kind == "HIVE_CANNOT_OPEN_SPLIT"
    tracks_lake.put(f"tracks/day={DAYS[0]}/part.parquet", {"track_id": ["a"], "length": ["long"]})
    assert analyst.refused("SELECT length FROM tracks").kind == "HIVE_BAD_DATA"
