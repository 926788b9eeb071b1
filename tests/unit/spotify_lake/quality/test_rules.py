"""The quality rules of the contract, and when a rule warns or halts."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from spotify_lake.contract import tables
from spotify_lake.errors import QualityGateError
from spotify_lake.quality.comparisons import (
    DayCounts,
    LastSeen,
    PreviousSnapshot,
    playlist_shrink_result,
    row_count_results,
    same_day_results,
    shrunk_playlists,
)
from spotify_lake.quality.reconciliation import SourceFigures
from spotify_lake.quality.rules import (
    Result,
    Rule,
    halt_on,
    rejected_share_result,
    row_results,
    rules_of,
    summary,
)

YESTERDAY = PreviousSnapshot("2026-11-21", {"tracks": 100}, {"p1": 100, "tiny": 19, "gone": 50})
RULES = {rule.name: rule for table in tables.TABLES for rule in rules_of(table)}


@pytest.mark.parametrize(
    ("name", "severity", "expected"),
    [
        ("playlist_items.playlist_id+snapshot_id+position:unique", "halt", "no duplicate keys"),
        ("tracks.track_id:not_null", "halt", "no nulls"),
        ("tracks.popularity:range", "quarantine", "0 to 100"),
        ("playlists.followers:range", "quarantine", "0 or more"),
        ("albums.release_date_precision:values", "quarantine", "one of day, month, year"),
        (
            "playlist_items.item_type:values",
            "halt",
            "one of track, episode, chapter, local, other, unavailable",
        ),
        ("playlist_items.track_id:foreign_key", "halt", "exists in tracks.track_id"),
        ("playlist_items.playlist_id:foreign_key", "warn", "exists in playlists.playlist_id"),
    ],
)
def test_a_rule_follows_from_the_contract(name: str, severity: str, expected: str) -> None:
    assert (RULES[name].severity, RULES[name].expected) == (severity, expected)


def test_rule_names_are_unique() -> None:
    assert len(RULES) == sum(len(rules_of(table)) for table in tables.TABLES)


def test_every_foreign_key_leads_to_a_column_of_the_same_type() -> None:
    for table in tables.TABLES:
        for column in table.columns:
            if column.references:
                assert (
                    tables.table(column.references.table).column(column.references.column).type == column.type
                )


def verdict(
    items: dict[str, int], before: PreviousSnapshot | None, *, share: int = 50, accepted: Collection[str] = ()
) -> Result:
    return playlist_shrink_result(items, shrunk_playlists(items, before, share), share, accepted=accepted)


@pytest.mark.parametrize(
    ("items", "failing", "detail"),
    [
        ({"p1": 50}, 0, None),
        ({"p1": 49}, 1, "p1 100 -> 49 since 2026-11-21"),
        ({"p1": 0}, 1, "p1 100 -> 0 since 2026-11-21"),
        ({"p1": 300}, 0, None),
        ({"tiny": 0}, 0, None),
        ({"new": 0}, 0, None),
        ({}, 0, None),
    ],
    ids=["half", "more than half", "emptied", "grown", "tiny before", "new", "not read today"],
)
def test_a_playlist_may_lose_the_share_and_no_more(
    items: dict[str, int], failing: int, detail: str | None
) -> None:
    result = verdict(items, YESTERDAY)
    assert (result.failing, result.detail) == (failing, detail)
    assert result.rule.severity == "halt"


def test_an_accepted_loss_is_a_warning_with_the_same_figures() -> None:
    result = verdict({"p1": 1}, YESTERDAY, accepted=["p1"])
    assert (result.rule.severity, result.failing, result.detail) == (
        "warn",
        1,
        "p1 100 -> 1 since 2026-11-21",
    )
    halt_on([result])


def test_an_accepted_loss_is_a_warning_and_a_day_without_a_loss_is_unaffected() -> None:
    shrunk = [verdict({"p1": 1}, YESTERDAY, accepted=each) for each in ([], ["p1"])]
    assert [each.rule.severity for each in shrunk] == ["halt", "warn"]
    whole = [verdict({"p1": 100}, YESTERDAY, accepted=each) for each in ([], ["p1"])]
    assert whole[0] == whole[1]


@pytest.mark.parametrize(("share", "failing"), [(10, 1), (19, 1), (20, 0), (100, 0)])
def test_the_share_that_may_be_lost_is_the_one_configured(share: int, failing: int) -> None:
    assert verdict({"p1": 80}, YESTERDAY, share=share).failing == failing


def test_of_two_losses_only_the_one_that_is_not_accepted_is_named() -> None:
    before = PreviousSnapshot("2026-11-21", {}, {"p1": 100, "p2": 60})
    result = verdict({"p1": 1, "p2": 2}, before, accepted=["p1"])
    assert (result.rule.severity, result.detail) == ("halt", "p2 60 -> 2 since 2026-11-21")


def test_a_playlist_that_returns_is_compared_with_the_last_day_that_had_it() -> None:
    yesterday = PreviousSnapshot("2026-11-21", {}, {"p2": 30}, absent={"p1": LastSeen("2026-11-19", 100)})
    assert verdict({"p1": 1}, yesterday).detail == "p1 100 -> 1 since 2026-11-19"
    assert yesterday.absent_from({"p3": 1}) == {
        "p1": LastSeen("2026-11-19", 100),
        "p2": LastSeen("2026-11-21", 30),
    }
    assert yesterday.absent_from({"p1": 1, "p2": 30}) == {}


def test_without_a_previous_snapshot_nothing_is_lost() -> None:
    assert verdict({"p1": 0}, None).failing == 0


def test_the_message_names_the_first_of_many_playlists() -> None:
    before = PreviousSnapshot("2026-11-21", {}, {f"p{n}": 20 for n in range(9)})
    result = verdict(dict.fromkeys(before.items, 1), before)
    assert result.failing == 9
    assert result.detail is not None
    assert result.detail.endswith("p4 20 -> 1 since 2026-11-21 and 4 more")


@pytest.mark.parametrize(
    ("read", "rejected", "detail"),
    [
        (100, 20, None),
        (100, 21, "21 of 100 records of playlist_items"),
        (20, 20, "20 of 20 records of playlist_items"),
        (19, 19, None),
        (0, 0, None),
    ],
)
def test_a_source_may_have_the_share_of_rejected_records_and_no_more(
    read: int, rejected: int, detail: str | None
) -> None:
    figures = {"playlist_items": SourceFigures(read=read, rejected=rejected), "artists": SourceFigures(50)}
    result = rejected_share_result(figures, {}, 20)
    assert (result.failing, result.detail) == (rejected if detail else 0, detail)
    if detail:
        with pytest.raises(QualityGateError, match="MaxRejectedPercent"):
            halt_on([result])


@pytest.mark.parametrize(
    ("rows", "taken", "detail"),
    [
        (100, 20, None),
        (100, 21, "21 of 100 rows of playlists"),
        (20, 20, "20 of 20 rows of playlists"),
        (19, 19, None),
    ],
)
def test_a_table_may_have_the_share_of_quarantined_rows_and_no_more(
    rows: int, taken: int, detail: str | None
) -> None:
    figures = {"playlists": SourceFigures(read=6 * rows, duplicates=5 * rows, rejected=taken)}
    result = rejected_share_result(figures, {"playlists": (taken, rows), "tracks": (0, rows)}, 20)
    assert (result.failing, result.detail) == (taken if detail else 0, detail)


def test_a_reference_to_a_quarantined_row_is_a_warning_and_an_orphan_row_halts() -> None:
    rule = RULES["playlist_items.track_id:foreign_key"]
    rows = {"playlist_items": 9}
    (orphan,) = row_results([rule], {}, rows, orphaned={rule.name: 2})
    assert (orphan.rule.severity, orphan.failing) == ("warn", 2)
    assert orphan.detail == "2 of 9 rows refer to a row in quarantine"
    (missing,) = row_results([rule], {rule.name: 1}, rows, orphaned={rule.name: 2})
    assert (missing.rule.severity, missing.failing) == ("halt", 1)
    (whole,) = row_results([rule], {}, rows, orphaned={})
    assert whole == Result(rule, 0)


def test_a_table_that_lost_more_than_the_share_causes_a_warning() -> None:
    rows = {table.name: 40 for table in tables.TABLES}
    failing = {
        each.rule.name: (each.rule.severity, each.failing, each.detail)
        for each in row_count_results(tables.TABLES, rows, YESTERDAY, 50)
        if each.failing
    }
    assert failing == {"tracks:row_count": ("warn", 60, "40 rows, 100 on 2026-11-21")}


PUBLISHED = DayCounts({"tracks": 1000}, {"tracks": {"popularity": 430, "isrc": 1000, "uri": 19}})


@pytest.mark.parametrize(
    ("rows", "values", "severity", "failing", "detail"),
    [
        (1000, {"popularity": 430, "isrc": 1000}, "halt", 0, None),
        (1000, {"popularity": 387, "isrc": 900, "uri": 0}, "halt", 0, None),
        (1000, {"popularity": 386, "isrc": 1000}, "warn", 44, "popularity 430 -> 386"),
        (1000, {"popularity": 152, "isrc": 1000}, "halt", 278, "popularity 430 -> 152"),
        (1000, {"popularity": 152, "isrc": 800}, "halt", 278, "popularity 430 -> 152, isrc 1000 -> 800"),
        (1000, {"isrc": 1000}, "halt", 430, "popularity 430 -> 0"),
        (400, {"popularity": 430, "isrc": 1000}, "halt", 600, "rows 1000 -> 400"),
        (2000, {"popularity": 900, "isrc": 2000}, "halt", 0, None),
    ],
    ids=["same", "a little less", "less", "much less", "two columns", "none", "fewer rows", "more"],
)
def test_a_new_version_of_a_day_may_lose_the_share_and_no_more(
    rows: int, values: dict[str, int], severity: str, failing: int, detail: str | None
) -> None:
    counts = DayCounts({"tracks": rows}, {"tracks": values})
    (result,) = same_day_results([tables.TRACKS], counts, PUBLISHED, 50, is_accepted=False)
    assert (result.rule.name, result.rule.severity) == ("tracks:same_day", severity)
    assert (result.failing, result.detail) == (failing, detail)
    (accepted,) = same_day_results([tables.TRACKS], counts, PUBLISHED, 50, is_accepted=True)
    assert (accepted.failing, accepted.detail) == (failing, detail)
    assert accepted.rule.severity == ("warn" if failing else "halt")


def test_a_share_smaller_than_that_of_the_warning_halts_too() -> None:
    counts = DayCounts({"tracks": 940}, {"tracks": {"popularity": 430, "isrc": 940}})
    (result,) = same_day_results([tables.TRACKS], counts, PUBLISHED, 5, is_accepted=False)
    assert (result.rule.severity, result.detail) == ("halt", "rows 1000 -> 940, isrc 1000 -> 940")


def test_a_new_version_that_lost_too_much_is_refused_with_the_fix() -> None:
    counts = DayCounts({"tracks": 1000}, {"tracks": {"popularity": 152, "isrc": 1000}})
    results = same_day_results([tables.TRACKS], counts, PUBLISHED, 50, is_accepted=False)
    with pytest.raises(QualityGateError) as failure:
        halt_on(results)
    assert "tracks:same_day: popularity 430 -> 152" in str(failure.value)
    assert "accept_shrink: true" in str(failure.value)


def test_a_version_of_a_release_that_counted_no_values_is_compared_by_its_rows() -> None:
    counts = DayCounts({"tracks": 100}, {"tracks": {"popularity": 5}})
    (same,) = same_day_results([tables.TRACKS], counts, DayCounts({"tracks": 100}, {}), 50, is_accepted=False)
    assert not same.failing
    (fewer,) = same_day_results(
        [tables.TRACKS], counts, DayCounts({"tracks": 300}, {}), 50, is_accepted=False
    )
    assert fewer.detail == "rows 300 -> 100"


def test_fewer_restrictions_and_fewer_rejected_records_are_not_a_loss() -> None:
    assert "restriction_reason" not in tables.TRACKS.counted_columns
    published = DayCounts({"rejected_records": 100}, {})
    counts = DayCounts({"rejected_records": 0}, {})
    assert same_day_results([tables.REJECTED_RECORDS], counts, published, 50, is_accepted=False) == []


def test_only_what_halts_stops_the_run_and_every_such_rule_is_named() -> None:
    rules = [Rule("tracks", ("x",), "range", severity, "") for severity in ("warn", "quarantine")]
    halt_on([*(Result(rule, 3) for rule in rules), Result(RULES["tracks.track_id:not_null"], 0)])
    with pytest.raises(QualityGateError) as failure:
        halt_on(
            [
                Result(RULES["tracks.track_id:not_null"], 3, "3 of 9 rows"),
                verdict({"p1": 1}, YESTERDAY),
            ]
        )
    not_null, shrink = failure.value.problems
    assert not_null == "tracks.track_id:not_null: 3 of 9 rows"
    assert shrink.endswith("p1 100 -> 1 since 2026-11-21")
    for fact in (not_null, shrink, "accept_shrink: true"):
        assert fact in str(failure.value)


def test_the_report_names_the_broken_rules() -> None:
    results = [
        Result(RULES["tracks.track_id:not_null"], 0),
        Result(RULES["tracks.popularity:range"], 2, "why"),
    ]
    assert summary(results) == {
        "rules": 2,
        "failed": [
            {
                "rule": "tracks.popularity:range",
                "table": "tracks",
                "severity": "quarantine",
                "failing": 2,
                "detail": "why",
            }
        ],
    }
