"""No expression of the state machine may fail or have no value, whatever a service answers."""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from infra.local.aws.context import iso_time
from infra.local.aws.jsonata_expressions import ExpressionFailed, evaluate, expression_in
from tests.state_machine import STATES, filled

REFERENCE = re.compile(r"\$[A-Za-z_]\w*(?:(?:\[\d+\])?\.[A-Za-z_]\w*)*")
CONTEXT: dict[str, dict[str, Any]] = {
    "Execution": {
        "Id": "arn:aws:states:eu-west-1:123456789012:execution:lake-pipeline:run-1",
        "Name": "run-1",
        "Input": {},
        "StartTime": "2026-11-22T05:00:00.000Z",
        "RedriveCount": 0,
    },
    "State": {"Name": "any", "EnteredTime": "2026-11-22T05:00:01.000Z"},
}
LIMIT = {"message": "Wait.", "retry_after_seconds": 40, "blocked_until": 0}
ROWS = [
    {"Data": [{"VarCharValue": "playlists"}, {"VarCharValue": "most_listed_artist"}]},
    {"Data": [{"VarCharValue": "11"}, {}]},
]
# The result of each task if it succeeds; `errorOutput` is for its Catch.
RESULTS: dict[str, Any] = {
    "ResolveRun": {
        "Payload": {
            "run": {
                "run_id": "run-1",
                "snapshot_date": "2026-11-22",
                "is_rebuild": False,
                "with_marts": True,
            },
            "fetch_request": {"run_id": "run-1", "playlists": ["a"]},
            "job_request": {
                "snapshot_date": "2026-11-22",
                "tables": "all",
                "reprocess_rejected": "false",
                "accept_shrink": "false",
                "timeout_minutes": 110,
            },
            "lease_seconds": 21600,
            "max_wait_seconds": 90000,
        }
    },
    "ReadLeaseHolder": {"Item": {"run_id": {"S": "run-0"}}},
    "FetchSpotify": {
        "Payload": {
            "status": "COMPLETE",
            "api_mode": "extended",
            "playlists": {"fetched": 1, "unchanged": 0, "skipped": [{"playlist": "x"}], "skipped_total": 1},
            "calls": {"total": 1},
            "authorization": {"days_left": 20},
            "drift": {},
        }
    },
    "NormalizeToParquet": {"Id": "jr_1", "JobRunState": "SUCCEEDED"},
    "BuildMarts": {"Id": "jr_2", "JobRunState": "SUCCEEDED"},
    "GetCrawler": {
        "Crawler": {"State": "READY", "LastCrawl": {"Status": "FAILED", "ErrorMessage": "No access."}}
    },
    "PublishCatalog": {
        "Payload": {
            "snapshot_date": "2026-11-22",
            "rebuilt": None,
            "rows": {"tracks": 1},
            "rejected": {},
            "quality": {"rules": 1, "failed": []},
            "console": {"execution": "https://console"},
        }
    },
    "DailySummary": {"QueryExecution": {"QueryExecutionId": "q-1"}},
    "GetDailySummary": {"ResultSet": {"Rows": ROWS}},
    "BuildReport": {
        "Payload": {"status": "written", "uri": "s3://curated/reports/x", "verdict": "Complete."}
    },
}
CAUSE = json.dumps({"errorMessage": json.dumps(LIMIT), "errorType": "RateLimited"})
ERROR_OUTPUT = {"Error": "RateLimited", "Cause": CAUSE}
# The answer of the project's own function: a missing value has to fail here and not later.
MAY_FAIL_ON_A_BAD_ANSWER = "ResolveRun"


class Expression(NamedTuple):
    """An expression and its place."""

    state: str
    place: str
    text: str


def expressions(value: Any, state: str, place: str = "") -> Iterator[Expression]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from expressions(item, state, f"{place}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from expressions(item, state, f"{place}[{index}]")
    elif (text := expression_in(value)) is not None:
        yield Expression(state, place, text)


def all_expressions() -> list[Expression]:
    return [found for name, state in STATES.items() for found in expressions(state, name)]


def assignments() -> Iterator[tuple[str, Any]]:
    """Every `Assign` of the definition, with its state, in the order of the states."""
    for name, state in STATES.items():
        for owner in (state, *state.get("Choices", []), *state.get("Catch", [])):
            if "Assign" in owner:
                yield name, owner["Assign"]


def scope(state: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    states = {"context": CONTEXT, "input": {}, "errorOutput": ERROR_OUTPUT}
    return copy.deepcopy({**variables, "states": {**states, "result": RESULTS.get(state, {})}})


def good_variables() -> dict[str, Any]:
    """The variables of a successful run."""
    variables: dict[str, Any] = {}
    for state, assign in assignments():
        variables.update(filled(assign, scope(state, variables)))
    return variables


VARIABLES = good_variables()


Path = tuple[str | int, ...]


def damaged(variables: dict[str, Any], path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The variables with one value missing, null, or an array of no, one or two elements."""
    *owners, last = path
    for what in ("missing", "null", "none", "one", "two"):
        changed = copy.deepcopy(variables)
        owner: Any = changed
        for key in owners:
            owner = owner[key]
        value = owner.pop(last)
        if what != "missing":
            owner[last] = {"null": None, "none": [], "one": [value], "two": [value, value]}[what]
        yield what, changed


def has(variables: Mapping[str, Any], path: Path) -> bool:
    value: Any = variables
    try:
        for key in path:
            value = value[key]
    except (KeyError, IndexError, TypeError):
        return False
    return True


def references(text: str) -> set[Path]:
    """The paths that an expression reads: `$a.b[1].c` is `a`, `b`, 1, `c`."""
    return {
        tuple(int(part) if part.isdigit() else part for part in re.findall(r"\w+", reference))
        for reference in REFERENCE.findall(text)
    }


def is_from_outside(path: Path) -> bool:
    """Whether a path leads into a service's answer. The context object is from Step Functions."""
    if path[0] == "states":
        return path[1:2] in (("result",), ("errorOutput",), ("input",))
    return path[0] in NOT_CHECKED_WHERE_ASSIGNED


def damages(expression: Expression) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every damage to the parts of a service's answer that an expression reads, at each depth."""
    variables = scope(expression.state, VARIABLES)
    paths = {
        path[:depth]
        for path in references(expression.text)
        if is_from_outside(path)
        for depth in range(3 if path[0] == "states" else 1, len(path) + 1)
        if isinstance(path[depth - 1], str)
    }
    for path in sorted(paths, key=str):
        if has(variables, path):
            for what, changed in damaged(variables, path):
                # `check_state_machine` proves that a variable is assigned wherever it is read.
                if what != "missing" or len(path) > 1:
                    yield f"{path} {what}", changed


def outcomes(expression: Expression) -> Iterator[tuple[str, Any]]:
    """The value of an expression for each damage, or its error."""
    for damage, variables in damages(expression):
        try:
            yield damage, evaluate(expression.text, variables)
        except ExpressionFailed as error:
            yield damage, error


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return type(value).__name__


def unchecked_variables() -> set[str]:
    """Variables with an unchanged answer of a service: their readers must expect anything."""
    found = set()
    for state, assign in assignments():
        for name, template in assign.items():
            for expression in expressions(template, state):
                good = shape(evaluate(expression.text, scope(state, VARIABLES)))
                for _, value in outcomes(expression):
                    if not isinstance(value, ExpressionFailed) and shape(value) != good:
                        found.add(name)
    return found


NOT_CHECKED_WHERE_ASSIGNED: set[str] = set()
NOT_CHECKED_WHERE_ASSIGNED = unchecked_variables()


def test_only_whole_answers_are_kept_unchecked() -> None:
    assert {"fetched", "published", "summary", "fetch_request", "report"} == NOT_CHECKED_WHERE_ASSIGNED


@pytest.mark.parametrize("expression", all_expressions(), ids=lambda each: f"{each.state}{each.place}")
def test_an_expression_never_fails_and_always_gives_a_value(expression: Expression) -> None:
    evaluate(expression.text, scope(expression.state, VARIABLES))
    for damage, value in outcomes(expression):
        if expression.state == MAY_FAIL_ON_A_BAD_ANSWER:
            continue
        assert not isinstance(value, ExpressionFailed), damage
        if expression.place.endswith(".Condition"):
            assert isinstance(value, bool), damage
        if expression.place.endswith((".Seconds", ".Timeout")):
            assert isinstance(value, int), damage
            assert value >= 0
        if expression.place.endswith((".Error", ".Cause", ".error", ".cause", ".S", ".N")):
            assert isinstance(value, str), damage


def test_something_is_damaged_in_most_expressions() -> None:
    assert sum(len(list(damages(each))) for each in all_expressions()) > 250


@pytest.mark.parametrize(
    ("waits", "attempt", "minutes_ago", "goes_to"),
    [
        (True, -1, 1, True),
        (True, -1, 35 * 60, True),
        (True, -1, 37 * 60, False),
        (True, 0, 1, False),
        (False, -1, 1, False),
        (None, -1, 1, False),
    ],
    ids=["at first", "after 35 hours", "after 37 hours", "lost its lease", "by hand", "by default"],
)
def test_a_run_waits_for_another_one_if_its_input_says_so(
    *, waits: bool | None, attempt: int, minutes_ago: int, goes_to: bool
) -> None:
    started = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=minutes_ago)
    run_input = {} if waits is None else {"wait_for_other_runs": waits}
    execution = {**CONTEXT["Execution"], "Input": run_input, "StartTime": iso_time(started)}
    variables = {"attempt": attempt, "states": {"context": {"Execution": execution}}}
    (choice,) = STATES["MayWaitForLease"]["Choices"]
    assert filled(choice["Condition"], variables) is goes_to
    assert choice["Next"] == "WaitForLease"


@pytest.mark.parametrize("skipped", [[], [{"playlist": "a"}], [{"playlist": "a"}, {"playlist": "b"}]])
def test_an_array_in_the_output_stays_an_array(skipped: list[Any]) -> None:
    variables = copy.deepcopy(VARIABLES)
    variables["fetched"]["playlists"]["skipped"] = skipped
    output = filled(STATES["Done"]["Output"], scope("Done", variables))
    assert output["playlists"]["skipped"] == skipped


@pytest.mark.parametrize("state", ["WarnOfMissingReport", "WarnOfConsentEnding"])
def test_a_warning_has_a_link_to_the_execution(state: str) -> None:
    variables = {**VARIABLES, "report": {"status": "failed", "reason": "It broke."}}
    message = filled(STATES[state]["Arguments"]["Message"], scope(state, variables))
    assert message.endswith(" Console: https://console")


def test_the_catalog_is_published_with_the_execution_and_its_job_runs() -> None:
    payload = filled(STATES["PublishCatalog"]["Arguments"]["Payload"], scope("PublishCatalog", VARIABLES))
    assert payload["execution_arn"] == CONTEXT["Execution"]["Id"]
    assert (payload["normalize_run"], payload["marts_run"]) == ("jr_1", "jr_2")
    assert payload.items() >= VARIABLES["publish_request"].items()


def test_the_output_holds_null_where_a_function_gave_nothing() -> None:
    variables = {**VARIABLES, "published": {}, "fetched": None}
    output = filled(STATES["Done"]["Output"], scope("Done", variables))
    assert output["rebuilt"] is None
    assert output["calls"] is None


@pytest.mark.parametrize(
    ("rows", "summary"),
    [
        (ROWS, {"playlists": "11", "most_listed_artist": None}),
        (ROWS[:1], {}),
        ([], {}),
        ([{"Data": [{"VarCharValue": "n"}]}, {"Data": [{"VarCharValue": "1"}]}], {"n": "1"}),
    ],
)
def test_the_summary_has_the_columns_by_name_and_null_for_a_null(rows: list[Any], summary: Any) -> None:
    variables = scope("GetDailySummary", VARIABLES)
    variables["states"]["result"]["ResultSet"]["Rows"] = rows
    assert filled(STATES["GetDailySummary"]["Assign"], variables) == {"summary": summary}


def test_the_pause_that_spotify_asks_for_is_read_from_the_functions_error() -> None:
    limit = filled(STATES["FetchSpotify"]["Catch"][0]["Assign"]["limit"], scope("FetchSpotify", VARIABLES))
    assert limit == {"error": "RateLimited", "message": "Wait.", "seconds": 40}


@pytest.mark.parametrize("state", ["FetchSpotify", "NormalizeToParquet", "StartCrawler", "PublishCatalog"])
def test_what_writes_does_nothing_under_a_lease_of_another_attempt(state: str) -> None:
    variables = scope(state, {**VARIABLES, "attempt": 0})
    assert filled(STATES[state]["Arguments"], variables)
    variables["states"]["context"] = {"Execution": {"RedriveCount": 1}}
    with pytest.raises(ExpressionFailed, match="it must take the lease again"):
        filled(STATES[state]["Arguments"], variables)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("$x.missing", "returned nothing (undefined)."),
        ("$error('no')", "failed: no"),
        ("1 +", "failed: "),
        ("function($y){$y}", "returned no JSON"),
        ("$x.text + 1", "failed: "),
    ],
)
def test_an_expression_that_fails_or_yields_nothing_is_an_error(expression: str, reason: str) -> None:
    with pytest.raises(ExpressionFailed) as failed:
        evaluate(expression, {"x": {"text": "a"}})
    assert reason in str(failed.value)


def test_null_is_a_value() -> None:
    assert evaluate("$x", {"x": None}) is None
    assert evaluate("$x.y", {"x": {"y": None}}) is None


def test_text_in_a_variable_may_hold_anything() -> None:
    text = 'quotes " and \\ and {% x %} and 😀\n'
    assert evaluate("$x & $y.z", {"x": text, "y": {"z": text}}) == text * 2


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (
            json.dumps(
                {"errorMessage": 'No day. Use {"rebuild": "all"}.', "errorType": "X", "stackTrace": ["a"]}
            ),
            'PartitionMissing: No day. Use {"rebuild": "all"}.',
        ),
        ("Task timed out", "PartitionMissing: Task timed out"),
        (None, "PartitionMissing: null"),
    ],
)
def test_the_reason_why_there_is_no_report_is_the_functions_message(cause: str | None, reason: str) -> None:
    variables = scope("BuildReport", VARIABLES)
    variables["states"]["errorOutput"] = {"Error": "PartitionMissing", "Cause": cause}
    assert filled(STATES["BuildReport"]["Catch"][0]["Assign"], variables) == {
        "report": {"status": "failed", "reason": reason}
    }


def test_the_warning_of_a_missing_report_has_its_reason_and_the_day() -> None:
    report = {"status": "failed", "reason": "PartitionMissing: No day."}
    found = filled(STATES["WarnOfMissingReport"]["Arguments"], scope("", {**VARIABLES, "report": report}))
    assert found["Message"].startswith("The report of 2026-11-22 could not be built.")
    assert " Reason: PartitionMissing: No day. What to do first: " in found["Message"]


@pytest.mark.parametrize("with_marts", [True, False])
def test_the_report_is_that_of_the_published_day(*, with_marts: bool) -> None:
    request = {**VARIABLES["publish_request"], "snapshot_date": "all", "with_marts": with_marts}
    variables = scope("BuildReport", {**VARIABLES, "publish_request": request})
    assert filled(STATES["BuildReport"]["Arguments"]["Payload"], variables) == {
        "run_id": "run-1",
        "snapshot_date": "2026-11-22",
        "is_rebuild": False,
        "with_marts": with_marts,
    }
