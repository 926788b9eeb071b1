"""Reconciliation: no record is lost."""

from __future__ import annotations

import pytest

from spotify_lake.contract.raw_zone import RawObject
from spotify_lake.errors import ReconciliationError
from spotify_lake.quality.reconciliation import (
    ObjectFigures,
    account,
    by_source,
    object_problems,
    source_problems,
    table_problems,
)

RAW = "s3://raw/"
NONE: dict[str, int] = {}


def an_object(key: str, rows: int, source: str = "playlist_items") -> RawObject:
    return RawObject(source=source, key=key, rows=rows, bytes=10, sha256="")


def test_figures_that_add_up_are_accepted() -> None:
    read = {"playlist_items": 100, "artists": 10}
    figures = account(
        read=read,
        rejected={"playlist_items": 2},
        observed={"playlist_items": 98, "artists": 10},
        written={"playlist_items": 95, "artists": 6},
        distinct={"playlist_items": 95, "artists": 9},
        unused={"artists": 3},
    )
    assert source_problems(figures, read, rejected_rows=2) == []
    assert figures["playlist_items"].as_dict() == {
        "read": 100,
        "written": 95,
        "duplicates": 3,
        "rejected": 2,
        "unused": 0,
    }
    assert figures["artists"].duplicates == 1


@pytest.mark.parametrize(("written", "lost"), [(97, 1), (99, -1)])
def test_a_lost_or_additional_row_is_a_problem(written: int, lost: int) -> None:
    figures = account(
        read={"playlist_items": 100},
        rejected={"playlist_items": 2},
        observed={"playlist_items": 98},
        written={"playlist_items": written},
        distinct={"playlist_items": 98},
        unused=NONE,
    )
    assert source_problems(figures, {"playlist_items": 100}, rejected_rows=2) == [
        f"playlist_items: {lost} of 100 records are unaccounted for"
    ]


def test_records_that_are_lost_between_stages_are_not_duplicates() -> None:
    figures = account(
        read={"playlist_items": 100},
        rejected=NONE,
        observed={"playlist_items": 50},
        written={"playlist_items": 50},
        distinct={"playlist_items": 50},
        unused=NONE,
    )
    assert source_problems(figures, {"playlist_items": 100}, rejected_rows=0) == [
        "playlist_items: 50 of 100 records are unaccounted for"
    ]


def test_an_object_with_other_bytes_than_were_fetched_is_a_problem() -> None:
    (problem,) = object_problems([an_object("a.gz", 3)], {"a.gz": ObjectFigures(3, 0, sha256="beef")}, RAW)
    assert problem == "s3://raw/a.gz is not what was fetched: its SHA-256 is beef, its manifest says "


def test_fewer_records_than_the_manifests_say_are_a_problem() -> None:
    one = {"playlists": 1}
    figures = account(read=one, rejected=NONE, observed=one, written=one, distinct=one, unused=NONE)
    assert source_problems(figures, {"playlists": 2}, rejected_rows=0) == [
        "playlists: 1 records read, the manifests say 2"
    ]


def test_a_rejected_record_that_is_not_in_its_table_is_a_problem() -> None:
    one = {"artists": 1}
    figures = account(read=one, rejected=one, observed=NONE, written=NONE, distinct=NONE, unused=NONE)
    assert source_problems(figures, {"artists": 1}, rejected_rows=0) == [
        "1 records were rejected, rejected_records holds 0"
    ]


def test_lines_are_counted_for_the_source_of_their_object() -> None:
    objects = [an_object("a.gz", 3), an_object("b.gz", 2, "artists"), an_object("none.gz", 0)]
    found = {"a.gz": ObjectFigures(3, 1), "b.gz": ObjectFigures(2, 0)}
    read, rejected = by_source(objects, found)
    assert (read["playlist_items"], read["artists"], read["saved_tracks"]) == (3, 2, 0)
    assert (rejected["playlist_items"], rejected["artists"]) == (1, 0)


def test_an_object_with_fewer_lines_than_its_manifest_says_is_named() -> None:
    objects = [an_object("a.gz", 2), an_object("empty.gz", 0), an_object("cut.gz", 5)]
    found = {"a.gz": ObjectFigures(2, 1)}
    assert object_problems(objects, found, RAW) == ["s3://raw/cut.gz holds 0 records, its manifest says 5"]


def test_a_truncated_object_is_named_even_if_it_has_all_its_lines() -> None:
    found = {"a.gz": ObjectFigures(2, 0, is_cut_off=True)}
    assert object_problems([an_object("a.gz", 2)], found, RAW) == [
        "s3://raw/a.gz is cut off or damaged after 2 records"
    ]


def test_a_table_whose_files_lack_rows_is_named() -> None:
    kept = {"tracks": 3, "albums": 2}
    assert table_problems(kept, {"tracks": 3, "albums": 1}) == ["2 rows were made for albums, its file has 1"]


def test_the_error_shows_the_problems_and_the_figures() -> None:
    error = ReconciliationError([f"problem {n}" for n in range(7)], {"artists": {"read": 3, "written": 2}})
    assert "problem 0; problem 1; problem 2; problem 3; problem 4 (and 2 more)" in str(error)
    assert "All figures: artists: read 3, written 2." in str(error)
    assert "nothing was published" in str(error)
