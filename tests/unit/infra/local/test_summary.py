"""The output of a run while it runs and when it ends."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from rich.console import Console

from explain_failure.failure import read_failure
from infra.local.execution import Outcome, Step
from infra.local.plan import Plan, PlannedRun
from infra.local.progress import StateTimes, follow
from infra.local.settings import Mode
from infra.local.spotify_api import RecordedCatalog
from infra.local.stack import Stack
from infra.local.summary import (
    show_failure,
    show_next,
    show_rebuilt,
    show_recorded,
    show_success,
)
from tests.recordings import CHART, items, page, playlist, write

START = dt.datetime(2026, 11, 22, 5, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 22)


def printed(show: Callable[[Console], object], *, width: int = 200) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    show(console)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO above
    return [line.strip() for line in text.splitlines()]


def step(kind: Any, second: float, state: str = "FetchSpotify", detail: str = "") -> Step:
    return Step(kind, state, "Task", START + dt.timedelta(seconds=second), detail)


def test_a_state_that_failed_has_no_tick() -> None:
    steps = [step("entered", 0), step("failed", 2, detail="InvalidInput"), step("left", 2)]
    assert printed(lambda console: follow(steps, console)) == [
        "2.0 s  ! FetchSpotify: InvalidInput",
        "2.0 s  ✗ FetchSpotify 2.0 s",
    ]


def test_a_state_that_succeeded_after_a_retry_has_a_tick_and_so_has_the_next_one() -> None:
    steps = [
        *(step("entered", 0), step("failed", 1, detail="SpotifyUnavailable")),
        *(step("retried", 2), step("left", 3)),
        *(step("entered", 3, "StartCrawler"), step("left", 4, "StartCrawler")),
    ]
    assert printed(lambda console: follow(steps, console))[-2:] == [
        "3.0 s  ✓ FetchSpotify 3.0 s",
        "4.0 s  ✓ StartCrawler 1.0 s",
    ]


OUTPUT = {
    "rows": {"tracks": 3},
    "snapshot_date": "2026-11-22",
    "summary": {"items": "3"},
    "playlists": {"fetched": 1, "unchanged": 0, "skipped_total": 0, "skipped": []},
    "calls": {"total": 2},
    "quality": {"rules": 104, "failed_total": 0, "failed": []},
    "report": {"status": "written", "uri": "s3://curated/reports/snapshot_date=2026-11-22/index.html"},
}


def outcome(**more: Any) -> Outcome:
    usual: dict[str, Any] = {"output": None, "error": "", "cause": ""}
    return Outcome(name="run-1", status="SUCCEEDED", seconds=8.0, **{**usual, **more})


def test_the_summary_shows_each_states_share_of_the_time() -> None:
    times = StateTimes()
    for each in (step("entered", 0), step("left", 6)):
        times.add(each)
    lines = printed(lambda console: show_success(console, outcome(output=OUTPUT), times, {}, Path("lake")))
    words = [line.split()[:7] for line in lines]
    assert ["FetchSpotify", "1", "6.0", "75%"] in [each[:4] for each in words]
    assert ["the", "execution", "8.0", "100%"] in [each[:4] for each in words]


@pytest.mark.parametrize(
    ("show", "rows"),
    [
        (
            lambda console, output, days: show_success(
                console, outcome(output=output), StateTimes(), days, Path("lake")
            ),
            "rows of the day",
        ),
        (
            lambda console, output, days: show_rebuilt(
                console, outcome(output=output), StateTimes(), days, Path("lake")
            ),
            "rows rebuilt",
        ),
    ],
    ids=["run", "rebuild"],
)
def test_the_headers_of_the_tables_say_what_rows_and_days_mean(
    show: Callable[[Console, dict[str, Any], dict[str, int]], None], rows: str
) -> None:
    output = OUTPUT | {"rebuilt": REBUILT}
    lines = printed(lambda console: show(console, output, {"tracks": 2}))
    first = next(number for number, line in enumerate(lines) if line.startswith("States"))
    header = " ".join(lines[first + 1 : first + 4])
    assert all(word in header.split() for word in rows.split())
    assert re.search(r"days in .*the lake", header)


def test_the_last_line_says_where_the_report_is_and_how_to_open_it() -> None:
    lines = printed(
        lambda console: show_success(console, outcome(output=OUTPUT), StateTimes(), {}, Path("lake"))
    )
    assert lines[-1] == (
        "The report is lake/s3/curated/reports/snapshot_date=2026-11-22/index.html; make report opens it."
    )


@pytest.mark.parametrize("reason", ["PartitionMissing: [x] has no partition.", "This run built no marts."])
def test_the_last_line_says_why_there_is_no_report(reason: str) -> None:
    output = OUTPUT | {"rebuilt": REBUILT, "report": {"status": "failed", "reason": reason}}
    lines = printed(
        lambda console: show_rebuilt(console, outcome(output=output), StateTimes(), {}, Path("lake"))
    )
    assert lines[-1] == f"There is no report. {reason}"


def test_an_unknown_figure_is_shown_as_unknown() -> None:
    output = {**OUTPUT, "summary": {"explicit_percent": None}}
    lines = printed(
        lambda console: show_success(console, outcome(output=output), StateTimes(), {}, Path("l"))
    )
    assert any("explicit percent" in line and "unknown" in line for line in lines)


FAILED_RULE = {
    "rule": "tracks:same_day",
    "table": "tracks",
    "severity": "warn",
    "failing": 44,
    "detail": "popularity 430 -> 386",
}
REBUILT = {"days": 1, "first": "2026-11-22", "last": "2026-11-22", "left": {}}


@pytest.mark.parametrize(
    "show",
    [
        lambda console, output: show_success(console, outcome(output=output), StateTimes(), {}, Path("lake")),
        lambda console, output: show_rebuilt(console, outcome(output=output), StateTimes(), {}, Path("lake")),
    ],
    ids=["run", "rebuild"],
)
def test_broken_rules_are_listed_with_their_figures(
    show: Callable[[Console, dict[str, Any]], None],
) -> None:
    output = OUTPUT | {"rebuilt": REBUILT}
    held = printed(lambda console: show(console, output))
    assert "Quality rules: 104 checked, all held." in held
    quality = {"rules": 104, "failed_total": 3, "failed": [FAILED_RULE, FAILED_RULE | {"detail": ""}]}
    lines = printed(lambda console: show(console, output | {"quality": quality}))
    first = lines.index("Quality rules: 104 checked, 3 did not hold.")
    assert lines[first + 1 : first + 4] == [
        "warn tracks:same_day: popularity 430 -> 386",
        "warn tracks:same_day: 44 rows",
        "and 1 more: select * from quality_results where snapshot_date = '2026-11-22' and not is_passed",
    ]


def test_a_failure_of_the_job_names_the_log_on_this_machine() -> None:
    job_run = json.dumps({"Id": "jr_1", "JobRunState": "FAILED", "ErrorMessage": "X."})
    failed = {"error": "States.TaskFailed", "cause": job_run}
    event = {"id": 1, "type": "ExecutionFailed", "executionFailedEventDetails": failed}
    cause = read_failure("FAILED", [event]).reason
    lines = printed(lambda console: show_failure(console, outcome(cause=cause), Path(".lake/synthetic")))
    assert lines[-1].endswith(" The log of job run jr_1 is .lake/synthetic/logs/glue/jr_1.log.")
    assert "/aws-glue/" not in lines[-1]


def test_playlists_whose_followers_were_left_out_are_counted() -> None:
    heads = {"read": 900, "left_out": 12}
    output = {**OUTPUT, "playlists": {**OUTPUT["playlists"], "heads": heads}}  # type: ignore[dict-item]
    lines = printed(
        lambda console: show_success(console, outcome(output=output), StateTimes(), {}, Path("l"))
    )
    assert "followers not read of 12 unchanged playlists" in [line.strip() for line in lines]


@pytest.mark.parametrize(
    ("cause", "way_out"),
    [
        ("start the run again with accept_shrink: true in its input", "make ... ACCEPT_SHRINK=1."),
        ("For more, raise max_calls in the input", "make ... MAX_CALLS=<number>."),
    ],
)
def test_a_failure_shows_the_make_variable_for_its_fix(cause: str, way_out: str) -> None:
    assert printed(lambda console: show_failure(console, outcome(cause=cause), Path("lake")))[-1].endswith(
        way_out
    )


def test_a_cause_is_shown_unchanged_and_not_wrapped() -> None:
    cause = "['x'] is no list; see https://example.org/" + "a" * 100
    assert (
        cause
        in printed(lambda console: show_failure(console, outcome(cause=cause), Path("lake")), width=60)[-1]
    )


def test_the_traceback_behind_a_failure_is_shown_after_its_cause() -> None:
    traceback = "Traceback (most recent call last):\n  [x] in y\nKeyError: 'z'"
    lines = printed(
        lambda console: show_failure(console, outcome(cause="It failed."), Path("lake"), traceback)
    )
    assert lines[-3:] == ["Traceback (most recent call last):", "[x] in y", "KeyError: 'z'"]


def test_the_traceback_is_the_last_one_that_a_function_logged() -> None:
    def stack_with(*messages: str) -> Stack:
        answer = {"events": [{"message": message} for message in messages]}
        return Stack(Mock(**{"client.return_value.filter_log_events.return_value": answer}), {})

    first, last = (json.dumps({"level": "ERROR", "exception": text}) for text in ("first", "last"))
    plain = json.dumps({"level": "INFO", "message": "fetched"})
    assert stack_with("START", first, f"{last}\n{plain}", "[ERROR] SourceFailed").last_traceback() == "last"
    assert stack_with("START", plain).last_traceback() == ""


def next_commands(days: Collection[dt.date], lake: Path | None = None, **more: Any) -> list[str]:
    plan = Plan((PlannedRun(DAY, {}),), Mode.EXTENDED, **more)
    return [line for line in printed(lambda console: show_next(console, plan, lake, days)) if "make" in line]


def test_the_first_suggestion_has_an_answer_for_every_kind_of_app() -> None:
    assert "popularity" not in next_commands({DAY})[0]
    assert "from track_trends where snapshot_date = (select max(snapshot_date)" in next_commands({DAY})[0]


def test_the_day_before_is_suggested() -> None:
    commands = next_commands({DAY}, variables=" MODE=development")
    assert commands[1].startswith("make run DATE=2026-11-21 MODE=development     # another day next to this")


def test_a_day_that_the_lake_has_is_not_suggested() -> None:
    commands = next_commands({DAY, DAY - dt.timedelta(days=1)})
    assert commands[1] == "make run DATE=2026-11-20     # another day"


def test_the_real_spotify_has_another_day_tomorrow() -> None:
    real: dict[str, Any] = {"credentials": {"client_id": "x"}, "variables": " PLAYLISTS=x"}
    assert next_commands({DAY}, **real)[1].startswith("make run PLAYLISTS=x     # tomorrow")
    two_days = {DAY, DAY - dt.timedelta(days=1)}
    assert not [command for command in next_commands(two_days, **real) if command.startswith("make run")]


def test_a_lake_that_was_named_is_part_of_every_suggestion() -> None:
    commands = next_commands({DAY}, Path("my lake"))
    assert len(commands) == 3
    assert all(" LAKE='my lake' " in command for command in commands)


def test_unused_recorded_answers_are_listed_by_file(tmp_path: Path) -> None:
    write(tmp_path / "[chart]_2024-05-05.json", playlist(CHART, "one", tracks=page(items(0, 2), 9)))
    write(tmp_path / "error.json", {"error": {"status": 404, "message": "Resource not found"}})
    report = RecordedCatalog.read(tmp_path).report
    assert printed(lambda console: show_recorded(console, report)) == [
        "",
        "Recorded in part, and played back as far as it goes:",
        f"[chart]_2024-05-05.json: the playlist {CHART} on 2024-05-05: 2 of 9 recorded",
        "",
        "Recorded, but not played back:",
        "error.json: an answer of status 404",
    ]


def test_nothing_is_listed_if_all_recorded_answers_are_used(tmp_path: Path) -> None:
    write(tmp_path / "chart_2024-05-05.json", playlist(CHART, "one", tracks=page(items(0, 2), 2)))
    report = RecordedCatalog.read(tmp_path).report
    assert printed(lambda console: show_recorded(console, report)) == []
