"""What a query's conditions say about the partitions that it reads."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from infra.local.athena.folder_catalog import FolderCatalog
from infra.local.athena.planning import plan_query
from infra.local.athena.tables import CatalogSources
from tests.unit.infra.local.athena.lakes import Analyst, LakeFolder

ALL = "abcd"


@pytest.fixture
def lake(tmp_path: Path) -> LakeFolder:
    """Two tables and a view over both."""
    lake = LakeFolder(tmp_path)
    for name in ("t", "u"):
        lake.table(name, {"id": "bigint", "tags": "array<string>"}, {"day": "string", "n": "int"})
    Analyst(lake).run(
        "CREATE VIEW both AS SELECT t.day, t.id, g.tag FROM t"
        " LEFT JOIN (SELECT u.day, u.id, x.tag FROM u CROSS JOIN UNNEST(u.tags) AS x (tag)) g"
        " ON g.day = t.day AND g.id = t.id"
    )
    return lake


def days_read(lake: LakeFolder, sql: str) -> list[str]:
    """Which of the days a, b, c and d each scan of a query may read, of `t` before `u`, for n = 1."""
    sources = CatalogSources(FolderCatalog(lake.folder))
    planned = plan_query(sql, sources, "music", now=dt.datetime(2026, 1, 1))  # noqa: DTZ001  # as Trino's
    return [
        "".join(day for day in ALL if allows(scan.condition, day))
        for scan in sorted(planned.scans, key=lambda scan: scan.source.name)
    ]


def allows(condition: str, day: str) -> bool:
    sql = f"SELECT count(*) FROM (SELECT '{day}' AS day, 1 AS n) AS part WHERE {condition or 'true'}"
    return duckdb.connect().execute(sql).fetchone() == (1,)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("day = 'a'", "a"),
        ("'a' = day", "a"),
        ("day = 'b' AND id > 5 AND n < 3", "b"),
        ("day = 'b' AND id > 5 AND n > 3", ""),
        ("day IN ('a', 'c')", "ac"),
        ("day BETWEEN 'b' AND 'c'", "bc"),
        ("day <> 'a'", "bcd"),
        ("day LIKE 'a%'", "a"),
        ("day = 'a' OR day > 'c'", "ad"),
        ("day = 'a' OR id = 5", ALL),
        ("day = CAST(id AS varchar)", ALL),
        ("id = 5", ALL),
        ("day IS NULL", ALL),
        ("NOT day = 'a'", ALL),
    ],
)
def test_comparisons_of_partition_columns_with_constants_are_known(
    lake: LakeFolder, where: str, expected: str
) -> None:
    assert days_read(lake, f"SELECT id FROM t WHERE {where}") == [expected]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM t WHERE day = 'a'",
        "SELECT * FROM (SELECT day AS d, id FROM t) WHERE d = 'a'",
        "SELECT * FROM (SELECT day, count_of FROM (SELECT day, id AS count_of FROM t)) WHERE day = 'a'",
        "SELECT * FROM (SELECT DISTINCT day, id FROM t) WHERE day = 'a'",
        "SELECT id FROM t WHERE id = 1 AND day = 'a' ORDER BY id LIMIT 5",
        "SELECT * FROM (SELECT day, tag FROM t CROSS JOIN UNNEST(tags) AS x (tag)) WHERE day = 'a'",
        "SELECT 1 AS x WHERE EXISTS (SELECT 1 FROM t WHERE day = 'a')",
        "WITH c AS (SELECT id FROM t WHERE day = 'a') SELECT * FROM c",
        "SELECT day, id FROM t WHERE day = 'a' UNION ALL SELECT 'a', 1",
        "SELECT * FROM (SELECT day, id FROM t UNION ALL SELECT 'a', 1) WHERE day = 'a'",
        "SELECT day FROM t GROUP BY day HAVING day = 'a'",
        "SELECT * FROM (SELECT day, n FROM t GROUP BY day, n) WHERE day = 'a'",
    ],
)
def test_a_condition_goes_down_to_the_table(lake: LakeFolder, sql: str) -> None:
    assert days_read(lake, sql) == ["a"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM (SELECT day, id FROM t LIMIT 5) WHERE day = 'a'",
        "SELECT * FROM (SELECT day, id FROM t OFFSET 5) WHERE day = 'a'",
        "SELECT * FROM (SELECT CASE WHEN id > 5 THEN day END AS other FROM t) WHERE other = 'a'",
        "SELECT * FROM (SELECT day, n FROM t GROUP BY GROUPING SETS ((day), (n))) WHERE day = 'a'",
        "WITH c AS (SELECT day FROM t) SELECT * FROM c WHERE day = 'a'",
    ],
)
def test_a_condition_stays_above_what_it_would_change(lake: LakeFolder, sql: str) -> None:
    assert days_read(lake, sql) == [ALL]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("t JOIN u ON u.day = t.day WHERE t.day = 'a'", ["a", "a"]),
        ("t JOIN u USING (day) WHERE day = 'a'", ["a", "a"]),
        ("t, u WHERE t.day = u.day AND u.day = 'a'", ["a", "a"]),
        ("t LEFT JOIN u ON u.day = t.day WHERE t.day = 'a'", ["a", "a"]),
        ("t LEFT JOIN u ON u.day = t.day WHERE u.day = 'a'", ["a", "a"]),
        ("t FULL JOIN u ON u.day = t.day WHERE t.day = 'a'", ["a", "a"]),
        ("t JOIN u ON u.id = t.id AND u.day = 'a'", [ALL, "a"]),
        ("t LEFT JOIN u ON u.day = t.day AND t.day = 'a'", [ALL, ALL]),
        ("t LEFT JOIN u ON u.day = t.day AND u.day = 'a'", [ALL, ALL]),
        ("t JOIN u ON u.id = t.id WHERE t.day = 'a'", ["a", ALL]),
        ("t LEFT JOIN (u JOIN (VALUES 1) AS v (x) ON u.day = 'a') ON u.day = t.day", [ALL, ALL]),
    ],
)
def test_a_condition_goes_over_equalities_and_not_where_an_outer_join_forbids_it(
    lake: LakeFolder, source: str, expected: list[str]
) -> None:
    assert days_read(lake, f"SELECT 1 AS x FROM {source}") == expected


def test_a_condition_on_a_view_reaches_all_of_its_tables(lake: LakeFolder) -> None:
    assert days_read(lake, "SELECT * FROM both WHERE day = 'a'") == ["a", "a"]


def test_only_the_files_of_the_day_are_read_through_a_view(lake: LakeFolder) -> None:
    for name in ("t", "u"):
        lake.put(f"{name}/day=a/n=1/x.parquet", {"id": [1], "tags": [["p", "q"]]})
        lake.put(f"{name}/day=b/n=1/x.parquet", b"PAR1 not a parquet file")
        lake.register(name, "a", "1")
        lake.register(name, "b", "1")
    rows = Analyst(lake).rows("SELECT id, tag FROM both WHERE day = 'a' ORDER BY tag")
    assert rows == [(1, "p"), (1, "q")]


def test_lines_of_json_are_read_of_the_wanted_day_only(lake: LakeFolder) -> None:
    from tests.unit.infra.local.athena.lakes import OPENX

    lake.table("lines", {"id": "bigint"}, {"day": "string"}, serde=OPENX)
    lake.put_lines("lines/day=a/x.json.gz", ['{"id": 1}'])
    lake.put("lines/day=b/x.json.gz", b"not gzip")
    lake.register("lines", "a")
    lake.register("lines", "b")
    assert Analyst(lake).rows("SELECT id FROM lines WHERE day < 'b'") == [(1,)]


def test_an_injected_partition_takes_its_values_from_the_query(lake: LakeFolder) -> None:
    properties = {
        "projection.enabled": "true",
        "projection.user.type": "injected",
        "projection.day.type": "date",
        "projection.day.range": "2026-01-01,2026-01-03",
        "projection.day.format": "yyyy-MM-dd",
    }
    lake.table("plays", {"id": "bigint"}, {"user": "string", "day": "date"}, properties=properties)
    lake.put("plays/user=u1/day=2026-01-02/a.parquet", {"id": [1]})
    lake.put("plays/user=u2/day=2026-01-02/a.parquet", b"PAR1 not a parquet file")
    analyst = Analyst(lake)
    assert analyst.rows("SELECT id, day FROM plays WHERE \"user\" = 'u1'") == [(1, dt.date(2026, 1, 2))]
    sql = "SELECT id FROM plays WHERE \"user\" = 'u1' AND day = DATE '2026-01-03'"
    assert analyst.rows(sql) == []
    assert analyst.refused("SELECT id FROM plays").kind == "CONSTRAINT_VIOLATION"
