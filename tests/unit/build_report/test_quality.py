"""Failed rules, unreadable records, and the verdict."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from build_report.reading.quality import (
    REJECTED_COLUMNS,
    RULE_COLUMNS,
    Fetched,
    failed_rules,
    fetched,
    rejected_reasons,
    verdict,
)
from spotify_lake.contract.marts.registry import MART_QUALITY_RESULTS
from spotify_lake.contract.tables import QUALITY_RESULTS, REJECTED_RECORDS
from tests.unit.build_report.lake import DAY, Row, WritableLake, manifest


def rule(name: str, severity: str = "warn", failing: int = 0) -> Row:
    table, _, _ = name.partition(".")
    detail = f"{failing} of 100 rows" if failing else None
    return {
        "rule": name,
        "table_name": table,
        "severity": severity,
        "is_passed": not failing,
        "failing": failing,
        "detail": detail,
    }


def rejected(reason: str, text: str | None, detail: str | None = None) -> Row:
    return {"reason": reason, "raw_text": text, "detail": detail, "object_uri": "x"}


def test_the_failed_rules_of_tables_and_marts_have_samples_from_quarantine(lake: WritableLake) -> None:
    lake.put(
        QUALITY_RESULTS,
        [
            rule("tracks.popularity:range", "quarantine", 4),
            rule("albums.name:not_null", "halt"),
            rule("playlists.item_count:stored_items", "warn", 1),
        ],
    )
    lake.put(MART_QUALITY_RESULTS, [rule("track_daily.reach:range", "halt", 2)])
    row = json.dumps({"name": "</script>\N{FIRE}"}, ensure_ascii=False)
    broken = "tracks.popularity:range requires 0 to 100"
    lake.put(
        REJECTED_RECORDS,
        [
            rejected("wrong_type", "a line that is no row", broken),
            *[rejected("quality_rule", row, broken)] * 4,
            rejected("quality_rule", row, "tracks.duration_ms:range requires 0 or more"),
        ],
    )
    results = [
        lake.reader.partition(table, DAY, RULE_COLUMNS) for table in (QUALITY_RESULTS, MART_QUALITY_RESULTS)
    ]
    found, checked = failed_rules(results, lake.reader.partition(REJECTED_RECORDS, DAY, REJECTED_COLUMNS))
    assert checked == 4
    assert [(each.rule, each.table, each.failed_rows, each.detail, each.samples) for each in found] == [
        ("track_daily.reach:range", "track_daily", 2, "2 of 100 rows", ()),
        ("tracks.popularity:range", "tracks", 4, "4 of 100 rows", (row, row, row)),
        ("playlists.item_count:stored_items", "playlists", 1, "1 of 100 rows", ()),
    ]


def test_every_failed_rule_is_counted(lake: WritableLake) -> None:
    lake.put(QUALITY_RESULTS, [rule(f"tracks.column_{number}:range", "warn", 1) for number in range(90)])
    lake.put(REJECTED_RECORDS, [])
    rejects = lake.reader.partition(REJECTED_RECORDS, DAY, REJECTED_COLUMNS)
    found, checked = failed_rules([lake.reader.partition(QUALITY_RESULTS, DAY, RULE_COLUMNS)], rejects)
    assert (len(found), checked) == (90, 90)


def test_unreadable_records_are_counted_by_reason_with_one_sample(lake: WritableLake) -> None:
    every = [
        rejected("not_json", None),
        rejected("not_json", "{" * 900),
        rejected("not_json", "second"),
        rejected("wrong_type", "x"),
    ]
    lake.put(REJECTED_RECORDS, every)
    found = rejected_reasons(lake.reader.partition(REJECTED_RECORDS, DAY, REJECTED_COLUMNS))
    assert {each.reason: each.records for each in found} == Counter(row["reason"] for row in every)
    assert [each.reason for each in found] == ["not_json", "wrong_type"]
    assert found[0].sample == "{" * 500 + "\N{HORIZONTAL ELLIPSIS}"


def test_a_day_without_rejects_and_results_has_none(lake: WritableLake) -> None:
    lake.put_empty_day()
    frame = lake.reader.partition(REJECTED_RECORDS, DAY, REJECTED_COLUMNS)
    assert rejected_reasons(frame) == ()
    assert failed_rules([lake.reader.partition(QUALITY_RESULTS, DAY, RULE_COLUMNS)], frame) == ((), 0)


def test_a_playlist_that_one_of_several_fetches_read_is_complete() -> None:
    first = manifest("a", run_id="1", skipped=[("b", "Forbidden.")])
    second = manifest("b", run_id="2", skipped=[("a", "Not found."), ("c", "Forbidden.")])
    assert fetched([first, second]) == Fetched(2, {"c": "Forbidden."}, "extended")


def test_a_playlist_with_its_last_complete_snapshot_is_not_complete() -> None:
    found = fetched([manifest("a", "b", skipped=[("b", "It changed.")])])
    assert (found.complete, found.skipped) == (1, {"b": "It changed."})


@pytest.mark.parametrize(
    ("complete", "skipped", "failed", "checked", "rejected", "is_newest", "summary"),
    [
        (
            12,
            {},
            0,
            40,
            0,
            True,
            "Complete: 12 playlists of 2026-11-20 were read; every quality rule passed.",
        ),
        (1, {}, 1, 40, 0, True, "Complete: 1 playlist of 2026-11-20 was read; 1 quality rule failed."),
        (
            10,
            {"x": "Forbidden.", "y": "Gone."},
            2,
            40,
            3,
            False,
            "Incomplete: 10 of 12 playlists of 2026-11-20 were read; 2 quality rules failed; 3 records could"
            " not be read. A later day is published.",
        ),
        (0, {"x": "Gone."}, 0, 40, 1, True, None),
        (0, {}, 0, 40, 0, True, "No playlist was read on 2026-11-20; every quality rule passed."),
        (0, {}, 0, 0, 0, True, "No playlist was read on 2026-11-20; no quality rule was checked."),
    ],
)
def test_the_verdict_in_words(  # noqa: PLR0917 - one argument per case value
    complete: int,
    skipped: dict[str, str],
    failed: int,
    checked: int,
    rejected: int,
    is_newest: bool,
    summary: str | None,
) -> None:
    found = verdict(
        DAY,
        Fetched(complete, skipped, None),
        {"x": "Mixtape"},
        is_newest=is_newest,
        failed=failed,
        checked=checked,
        rejected=rejected,
    )
    assert summary is None or found.summary == summary
    assert found.playlists_requested == complete + len(skipped)
    assert found.is_fresh is is_newest
    assert ("Mixtape", skipped["x"]) in found.skipped_playlists if skipped else not found.skipped_playlists
