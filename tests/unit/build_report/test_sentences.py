"""Each panel says in words what it shows, also when there is little or nothing."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from build_report.layout import Panel
from build_report.panels import all_panels
from build_report.report import Change, Playlist, PlaylistChanges, ReleaseYear, Report, RunFigure, Series
from build_report.verdict import verdict_of
from tests import reports

EMPTY = reports.KINDS["empty-first-day"]()
DEVELOPMENT = reports.KINDS["development-mode"]()
ORDINARY = reports.KINDS["ordinary-day"]()


def panel(name: str, report: Report = EMPTY, **changed: Any) -> Panel:
    (found,) = (each for each in all_panels(dataclasses.replace(report, **changed)) if each.id == name)
    return found


def sentence(name: str, report: Report = EMPTY, **changed: Any) -> str:
    return re.sub("<[^>]+>", "", panel(name, report, **changed).sentence).replace("\N{NO-BREAK SPACE}", " ")


def changed_playlist(name: str, added: int, removed: int = 0, moved: int = 0) -> PlaylistChanges:
    return PlaylistChanges(name, "2026-11-28", added, removed, moved, (Change("added", "A", "B", 0, None),))


def test_one_change_is_in_the_singular() -> None:
    assert (
        sentence(
            "changes",
            previous_day="2026-11-28",
            changes=(changed_playlist("Mix", 1),),
            playlists_with_changes=1,
            items_added=1,
        )
        == "1 item was added in 1 playlist since 28 Nov."
    )


def test_several_changes_are_in_the_plural_and_name_the_playlist_with_most() -> None:
    assert (
        sentence(
            "changes",
            previous_day="2026-11-28",
            changes=(changed_playlist("Mix", 3, 1, 2), changed_playlist("Jazz", 0, 1)),
            playlists_with_changes=2,
            items_added=3,
            items_removed=2,
            items_moved=2,
        )
        == "3 items were added, 2 removed and 2 moved in 2 playlists since 28 Nov. Mix changed most."
    )


def test_a_day_without_changes() -> None:
    assert sentence("changes", previous_day="2026-11-28") == "No playlist changed since 28 Nov."
    assert panel("changes", previous_day="2026-11-28").absent == ""


def test_a_later_day_without_earlier_contents_is_not_called_the_first() -> None:
    days = ("2026-11-28", "2026-11-29")
    assert sentence("changes", freshness_days=days) == "No change of the day is known."
    assert panel("changes", freshness_days=days).absent.startswith("Nothing to compare")


def test_trends_name_the_clearest_of_each_direction() -> None:
    rise, fall = ORDINARY.trends[0], ORDINARY.trends[1]
    rise = dataclasses.replace(rise, entity_name="Up", metric="popularity", slope=1.5, adjusted_p=0.01)
    fall = dataclasses.replace(fall, entity_name="Down", metric="items", slope=-2, adjusted_p=0.02)
    assert sentence("trends", trends=(rise, fall), trends_tested=1_200) == (
        "Of 1,200 series tested, 1 rises and 1 falls. The clearest rise: the popularity of Up, +1.50 a day."
        " The clearest fall: the size of Down, −2 a day."
    )
    assert sentence("trends", trends_tested=40) == (
        "Of 40 series tested, none rises or falls more clearly than chance explains."
    )


def test_the_method_of_the_trends_is_named() -> None:
    assert re.search("Theil-Sen.*Mann-Kendall.*Benjamini", panel("trends", ORDINARY).method)


def test_ranks_name_the_first_and_the_climber() -> None:
    first, second = ORDINARY.top_tracks[:2]
    first = dataclasses.replace(
        first, name="A", artist_name="B", playlists=1, reach=12_300, rank_7_days_before=None
    )
    second = dataclasses.replace(second, name="C", rank=2, rank_7_days_before=6)
    assert sentence("tracks", ranked_by="reach", top_tracks=(first, second)) == (
        "A by B leads by reach, in 1 playlist and a reach of 12.3k. C climbed most in 7 days, by 4 places."
        " 1 track had no rank 7 days ago."
    )


def test_a_tie_at_the_first_rank_is_said() -> None:
    first, second = ORDINARY.top_artists[:2]
    first = dataclasses.replace(first, name="A", playlists=2, reach=None, rank_7_days_before=None)
    second = dataclasses.replace(second, name="B", rank=1, rank_7_days_before=None)
    assert sentence("artists", ranked_by="playlists", top_artists=(first, second)) == (
        "A shares the first rank by playlists with other artists, in 2 playlists."
    )


def test_a_day_of_another_year_has_its_year() -> None:
    assert sentence("changes", previous_day="2024-05-15") == "No playlist changed since 15 May 2024."
    days = ("2025-12-31", "2026-11-29")
    assert "The largest change since 31 Dec 2025 is" in sentence(
        "genres", genre_days=days, genres=(Series("pop", (0.5, 0.45)),)
    )


def test_genres_name_the_largest_and_the_one_that_changed_most() -> None:
    assert sentence(
        "genres",
        genre_days=("2026-11-28", "2026-11-29"),
        genres=(
            Series("pop", (0.5, 0.45)),
            Series("jazz", (0.3, 0.34)),
            Series("folk", (None, 0.21)),
            Series("(no genre)", (0.1, 0.6)),
        ),
    ) == (
        "The largest share is pop, 45 % of placements. The largest change since 28 Nov is pop,"
        " −5.0 percentage points. 60 % of placements have no genre."
    )


def test_release_years() -> None:
    years = (ReleaseYear(2024, 30, 20), ReleaseYear(1999, 10, 10), ReleaseYear(None, 1, 1))
    assert sentence("years", release_years=years) == (
        "75 % of placements are from 2022 or later. The most common year is 2024, with 30 placements."
        " The release year of 1 placement is not known."
    )


def test_playlists_that_were_not_read_are_counted() -> None:
    playlists = (
        Playlist("A", 5, 1.0, None, None, None, 0),
        Playlist("B", 1, None, None, None, None, 3),
    )
    assert sentence("playlists", playlists=playlists, playlists_total=2) == (
        "2 playlists. The largest is A, with 5 items. 1 playlist was not read on the day: it has earlier"
        " contents."
    )


def test_unavailable_and_duplicate_items_are_counted() -> None:
    assert sentence("problems", ORDINARY, unavailable_total=1, duplicates_total=1) == (
        "1 item cannot be played. 1 recording is in a playlist more than once."
    )
    assert sentence("problems", ORDINARY, unavailable_total=0, duplicates_total=0, unavailable=()) == (
        "Every item can be played, and no recording is in a playlist twice."
    )


def test_quality() -> None:
    assert sentence("quality", ORDINARY) == (
        "2 of 142 quality rules failed. 3 records could not be read. 1 day of the last 14 has no data."
    )
    assert sentence(
        "quality", ORDINARY, failed_rules=(), rejected=(), published_days=ORDINARY.freshness_days
    ) == ("All 142 quality rules passed. Every record could be read.")


def test_figures_of_the_run_outside_their_band_are_named() -> None:
    calls = RunFigure("Calls", "calls", 9.0, 1.0, 5.0, (1.0, 5.0, 2.0))
    fetch = RunFigure("Fetch", "seconds", 3.0, 1.0, 5.0, (1.0, 5.0, 2.0))
    assert sentence("run", run_figures=(calls, fetch)) == "Calls is above the band of the earlier runs."
    assert sentence("run", run_figures=(fetch,)) == "Every figure is within the band of the earlier runs."
    second = dataclasses.replace(calls, earlier=(1.0, 5.0))
    assert sentence("run", run_figures=(second,)) == (
        "1 figure of this run. A comparison needs 3 earlier runs."
    )


@pytest.mark.parametrize("name", [each.id for each in all_panels(EMPTY) if each.id != "problems"])
def test_an_empty_first_day_says_nothing_yet(name: str) -> None:
    assert panel(name).absent.startswith("Nothing yet")
    assert not panel(name).charts
    assert not panel(name).tables


@pytest.mark.parametrize(("name", "what"), [("reach", "followers"), ("genres", "genres")])
def test_what_development_mode_does_not_give_is_said_to_be_not_supplied(name: str, what: str) -> None:
    absent = panel(name, DEVELOPMENT).absent
    assert absent.startswith("Not supplied by Spotify")
    assert what in absent
    assert absent.endswith("in development mode.")


def test_columns_without_any_value_are_left_out() -> None:
    def titles(report: Report, name: str) -> list[str]:
        return [column.title for table in panel(name, report).tables for column in table.columns]

    assert {"Reach", "Popularity"} <= set(titles(ORDINARY, "tracks"))
    assert {"Reach", "Popularity"}.isdisjoint(titles(DEVELOPMENT, "tracks"))
    assert "Followers" not in titles(DEVELOPMENT, "playlists")


def test_the_age_of_the_contents_is_shown_when_some_are_old() -> None:
    def titles(report: Report) -> list[str]:
        return [column.title for column in panel("playlists", report).tables[0].columns]

    assert titles(ORDINARY)[-1] == "Contents"
    assert "Contents" not in titles(reports.KINDS["sixty-days"]())


def test_nothing_is_called_new_when_there_is_no_week_to_compare_with() -> None:
    tracks = tuple(dataclasses.replace(each, rank_7_days_before=None) for each in ORDINARY.top_tracks)
    (table,) = panel("tracks", ORDINARY, top_tracks=tracks).tables
    assert [column.title for column in table.columns][:2] == ["Rank", "Track"]
    assert "new" not in {cell.text for row in table.rows for cell in row}


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({}, "All is well"),
        ({"failed_rules": 1}, "Needs a look"),
        ({"rejected": 1}, "Needs a look"),
        ({"skipped_playlists": (("A", "404"),)}, "Needs a look"),
        ({"playlists": 0}, "Needs a look"),
        ({"is_fresh": False}, "Out of date"),
    ],
)
def test_the_verdict_has_a_word_an_icon_and_a_colour(changed: dict[str, Any], word: str) -> None:
    well = dataclasses.replace(reports.KINDS["sixty-days"]().verdict, **changed)
    headline = verdict_of(dataclasses.replace(ORDINARY, verdict=well))
    assert headline.word == word
    assert (headline.icon, headline.tone) in {("✓", "good"), ("!", "warn"), ("✗", "bad")}


def test_key_figures_are_those_of_the_day() -> None:
    tiles = {tile.label: (tile.value, tile.remark) for tile in verdict_of(ORDINARY).tiles}
    assert tiles["playlists"] == ("11", "1 not read")
    assert tiles["added"] == (f"{sum(each.added for each in ORDINARY.changes)}", "in 7 playlists")
    assert tiles["rules passed"] == ("140", "2 failed")
    assert [tile.label for tile in verdict_of(EMPTY).tiles] == ["playlists"]
