"""The generated catalogs cover every case, and a failing one is reduced to a small one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from spotify_lake.contract import tables
from tests.spark.generated.catalogs import draw_catalogs
from tests.spark.generated.layout import LAYOUTS, lay_out
from tests.spark.generated.lines import LAST_RUN, Catalog, Line
from tests.spark.generated.simplify import simplify
from tests.spark.raw_rows import DAY, item, track
from tests.spark.reference.day import Day, Zones, normalised


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """The expected result for the first catalogs of `make test`."""
    laid_out = lay_out(tmp_path_factory.mktemp("raw"), draw_catalogs(800, random_seed=0), LAYOUTS[0])
    return normalised(laid_out.manifests, laid_out.lines, Zones("s3://raw/", "s3://curated/", DAY))


def test_the_same_seed_draws_the_same_catalogs() -> None:
    assert draw_catalogs(20, random_seed=7) == draw_catalogs(20, random_seed=7)
    assert draw_catalogs(20, random_seed=7) != draw_catalogs(20, random_seed=8)


def test_every_column_has_values_and_every_nullable_one_has_nulls(day: Day) -> None:
    always_known = ("playlists.uri", "rejected_records.raw_text")
    for name, rows in day.rows.items():
        for column in tables.table(name).columns:
            nulls = sum(row[column.name] is None for row in rows)
            full_name = f"{name}.{column.name}"
            assert nulls < len(rows), f"{full_name} has no value"
            assert nulls or not column.nullable or full_name in always_known, f"{full_name} has no null"


def test_every_outcome_of_a_line_occurs(day: Day) -> None:
    assert {row["item_type"] for row in day.rows["playlist_items"]} == set(tables.ITEM_TYPES)
    assert {row["release_date_precision"] for row in day.rows["albums"]} >= set(
        tables.RELEASE_DATE_PRECISIONS
    )
    assert set(day.rejected) == set(tables.REJECT_REASONS)
    assert min(day.rejected.values()) > 10
    for source, account in day.reconciliation.items():
        assert min(account["written"], account["duplicates"], account["rejected"]) > 10, source
    assert day.reconciliation["artists"]["unused"] > 10


def test_the_counts_of_every_source_add_up(day: Day) -> None:
    for account in day.reconciliation.values():
        assert account["read"] == sum(account.values()) - account["read"]


def test_a_failing_catalog_is_reduced_to_what_makes_it_fail() -> None:
    lines = [item(track(id=f"t{number}", name="AB"[number % 2]), position=number) for number in range(6)]
    catalog = Catalog(tuple(Line(LAST_RUN, "playlist_items", "p1", each) for each in lines))
    tried = []

    def with_a_b(catalogs: Sequence[Catalog]) -> Collection[int]:
        tried.append(len(catalogs))
        return {place for place, each in enumerate(catalogs) if '"name":"B"' in each.description()}

    (line,) = simplify(catalog, with_a_b).lines
    assert line.body == {"record": {"track": {"name": "B"}}}
    assert len(tried) < 10
