"""The quality rules: what the contract states, and when a rule warns or halts."""

from __future__ import annotations

import pytest

from spotify_lake import tables
from spotify_lake.errors import QualityGateError
from spotify_lake.quality_rules import (
    Former,
    Result,
    Rule,
    halt_on,
    playlist_shrink_result,
    row_count_results,
    rules_of,
    summary,
)

YESTERDAY = Former("2026-11-21", {"tracks": 100}, {"p1": 100, "tiny": 19, "gone": 50})
RULES = {rule.name: rule for table in tables.TABLES for rule in rules_of(table)}


@pytest.mark.parametrize(
    ("name", "severity", "expected"),
    [
        ("playlist_items.playlist_id+snapshot_id+position:unique", "halt", "no two rows alike"),
        ("tracks.track_id:not_null", "halt", "a value in every row"),
        ("tracks.popularity:range", "quarantine", "0 to 100"),
        ("playlists.followers:range", "quarantine", "0 or more"),
        ("albums.release_date_precision:values", "quarantine", "one of day, month, year"),
        ("playlist_items.item_type:values", "halt", "one of track, episode, local, unavailable"),
        ("playlist_items.track_id:foreign_key", "halt", "found in tracks.track_id"),
        (
            "playlist_items.playlist_id:foreign_key",
            "warn",
            "found in playlists.playlist_id, but for saved_tracks",
        ),
    ],
)
def test_a_rule_follows_from_the_contract(name: str, severity: str, expected: str) -> None:
    assert (RULES[name].severity, RULES[name].expected) == (severity, expected)


def test_the_name_of_a_rule_names_no_other_rule() -> None:
    assert len(RULES) == sum(len(rules_of(table)) for table in tables.TABLES)


def test_every_foreign_key_leads_to_a_column_of_the_same_type() -> None:
    for table in tables.TABLES:
        for column in table.columns:
            if column.references:
                assert (
                    tables.table(column.references.table).column(column.references.column).type == column.type
                )


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
    result = playlist_shrink_result(items, YESTERDAY, 50, accepted=False)
    assert (result.failing, result.detail) == (failing, detail)
    assert result.rule.severity == "halt"


def test_an_accepted_loss_is_a_warning_with_the_same_figures() -> None:
    result = playlist_shrink_result({"p1": 1}, YESTERDAY, 50, accepted=True)
    assert (result.rule.severity, result.failing, result.detail) == (
        "warn",
        1,
        "p1 100 -> 1 since 2026-11-21",
    )
    halt_on([result])


def test_a_loss_that_is_accepted_is_a_warning_and_a_day_without_one_reads_the_same_either_way() -> None:
    shrunk = [playlist_shrink_result({"p1": 1}, YESTERDAY, 50, accepted=each) for each in (False, True)]
    assert [each.rule.severity for each in shrunk] == ["halt", "warn"]
    whole = [playlist_shrink_result({"p1": 100}, YESTERDAY, 50, accepted=each) for each in (False, True)]
    assert whole[0] == whole[1]


def test_without_a_former_snapshot_nothing_is_lost() -> None:
    assert playlist_shrink_result({"p1": 0}, None, 50, accepted=False).failing == 0


def test_of_many_playlists_the_message_names_the_first() -> None:
    before = Former("2026-11-21", {}, {f"p{n}": 20 for n in range(9)})
    result = playlist_shrink_result(dict.fromkeys(before.items, 1), before, 50, accepted=False)
    assert result.failing == 9
    assert result.detail is not None
    assert result.detail.endswith("p4 20 -> 1 and 4 more since 2026-11-21")


def test_a_table_that_lost_more_than_the_share_is_warned_of() -> None:
    rows = {table.name: 40 for table in tables.TABLES}
    failing = {
        each.rule.name: (each.rule.severity, each.failing, each.detail)
        for each in row_count_results(tables.TABLES, rows, YESTERDAY, 50)
        if each.failing
    }
    assert failing == {"tracks:row_count": ("warn", 60, "40 rows, 100 on 2026-11-21")}


def test_only_what_halts_stops_the_run_and_every_such_rule_is_named() -> None:
    rules = [Rule("tracks", ("x",), "range", severity, "") for severity in ("warn", "quarantine")]
    halt_on([*(Result(rule, 3) for rule in rules), Result(RULES["tracks.track_id:not_null"], 0)])
    with pytest.raises(QualityGateError) as failure:
        halt_on(
            [
                Result(RULES["tracks.track_id:not_null"], 3, "3 of 9 rows"),
                playlist_shrink_result({"p1": 1}, YESTERDAY, 50, accepted=False),
            ]
        )
    told = str(failure.value)
    assert "nothing was published: tracks.track_id:not_null: 3 of 9 rows; " in told
    assert "p1 100 -> 1 since 2026-11-21. If the loss is real, start the run again with accept_shrink" in told


def test_the_report_names_what_did_not_hold() -> None:
    results = [
        Result(RULES["tracks.track_id:not_null"], 0),
        Result(RULES["tracks.popularity:range"], 2, "why"),
    ]
    assert summary(results) == {
        "rules": 2,
        "failed": [
            {"rule": "tracks.popularity:range", "severity": "quarantine", "failing": 2, "detail": "why"}
        ],
    }
