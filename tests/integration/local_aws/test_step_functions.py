"""The Amazon States Language, where moto's interpreter had to be corrected."""

from __future__ import annotations

import time
from typing import Any

import pytest

from infra.local.aws import LocalAws
from tests.integration.local_aws.support import ISO_TIME, ROLE, RunStates, finished


def test_executions_of_the_same_definition_share_no_state(run_jsonata: RunStates) -> None:
    each = {"Type": "Pass", "Output": {"twice": "{% $states.input * 2 %}"}, "End": True}
    states = {
        "Each": {
            "Type": "Map",
            "ItemProcessor": {"StartAt": "Double", "States": {"Double": each}},
            "Next": "Which",
        },
        "Which": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input[0].twice = 2 %}", "Next": "One"}],
            "Default": "Other",
        },
        "One": {"Type": "Succeed"},
        "Other": {"Type": "Fail", "Error": "Other"},
    }
    first, other, again = (run_jsonata(states, numbers) for numbers in ([1, 2], [3], [1, 2]))
    assert first.output == again.output == [{"twice": 2}, {"twice": 4}]
    assert (other.status, other.error) == ("FAILED", "Other")


def test_the_context_objects_times_are_iso_text_in_utc(run_states: RunStates) -> None:
    times = {"started.$": "$$.Execution.StartTime", "entered.$": "$$.State.EnteredTime"}
    outcome = run_states({"Now": {"Type": "Pass", "Parameters": times, "End": True}})
    assert ISO_TIME.fullmatch(outcome.output["started"])
    assert ISO_TIME.fullmatch(outcome.output["entered"])


def test_a_failure_takes_its_error_and_cause_from_expressions(run_jsonata: RunStates) -> None:
    fail = {
        "Type": "Fail",
        "Error": "{% $states.input.error %}",
        "Cause": "{% 'because ' & $states.input.why %}",
    }
    outcome = run_jsonata({"Fail": fail}, {"error": "QuotaExceeded", "why": 'of the "quota"\n'})
    assert (outcome.status, outcome.error, outcome.cause) == (
        "FAILED",
        "QuotaExceeded",
        'because of the "quota"\n',
    )


def test_variables_keep_their_values_from_state_to_state(run_jsonata: RunStates) -> None:
    text = 'quotes " and \\ and {% x %} and 😀'
    states = {
        "Start": {
            "Type": "Pass",
            "Assign": {"count": 0, "text": "{% $states.input.text %}", "nothing": None, "one": ["a"]},
            "Next": "Again",
        },
        "Again": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $count >= 3 %}", "Assign": {"is_done": True}, "Next": "Done"}],
            "Assign": {"count": "{% $count + 1 %}"},
            "Default": "Again",
        },
        "Done": {
            "Type": "Succeed",
            "Output": {name: f"{{% ${name} %}}" for name in ("count", "text", "nothing", "one", "is_done")},
        },
    }
    outcome = run_jsonata(states, {"text": text})
    assert outcome.output == {"count": 3, "text": text, "nothing": None, "one": ["a"], "is_done": True}


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("$states.input.missing", "returned nothing (undefined)"),
        ("$states.input.a + 'b'", "failed"),
        ("$error('no')", "failed: no"),
    ],
)
def test_an_expression_that_fails_or_has_no_value_ends_the_execution(
    run_jsonata: RunStates, expression: str, reason: str
) -> None:
    states = {"Pass": {"Type": "Pass", "Output": f"{{% {expression} %}}", "End": True}}
    outcome = run_jsonata(states, {"a": 1})
    assert (outcome.status, outcome.error) == ("FAILED", "States.QueryEvaluationError")
    assert reason in (outcome.cause or "")


def test_a_task_can_catch_an_expression_that_fails(run_jsonata: RunStates) -> None:
    states = {
        "Publish": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Arguments": {"TopicArn": "{% $states.input.missing %}", "Message": "m"},
            "Catch": [
                {
                    "ErrorEquals": ["States.QueryEvaluationError"],
                    "Assign": {"why": "{% $states.errorOutput.Cause %}"},
                    "Next": "Caught",
                }
            ],
            "End": True,
        },
        "Caught": {"Type": "Succeed", "Output": {"why": "{% $why %}"}},
    }
    outcome = run_jsonata(states)
    assert "returned nothing" in outcome.output["why"]


def test_the_context_object_counts_redrives(run_jsonata: RunStates) -> None:
    states = {"Done": {"Type": "Succeed", "Output": "{% $states.context.Execution.RedriveCount %}"}}
    assert run_jsonata(states).output == 0


def test_a_runtime_error_ends_the_execution_whatever_is_caught(run_states: RunStates) -> None:
    states = {
        "Publish": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Parameters": {"TopicArn.$": "$.not_there", "Message": "m"},
            "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
            "End": True,
        },
        "Caught": {"Type": "Pass", "End": True},
    }
    outcome = run_states(states)
    assert (outcome.status, outcome.error) == ("FAILED", "States.Runtime")
    assert "$.not_there" in (outcome.cause or "")


def test_waits_and_retries_are_scaled(run_states: RunStates) -> None:
    states = {
        "Wait": {"Type": "Wait", "Seconds": 60, "Next": "Publish"},
        "Publish": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Parameters": {"TopicArn": "arn:aws:sns:us-east-1:123456789012:none", "Message": "m"},
            "Retry": [{"ErrorEquals": ["SNS.NotFoundException"], "IntervalSeconds": 60, "MaxAttempts": 1}],
            "End": True,
        },
    }
    outcome = run_states(states)  # in real time this takes longer than `run_states` waits
    assert outcome.error == "SNS.NotFoundException"


def test_a_wait_ends_when_the_execution_is_stopped(local_aws: LocalAws) -> None:
    client = local_aws.client("stepfunctions")
    definition = '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100000, "End": true}}}'
    machine = client.create_state_machine(name="waiting", definition=definition, roleArn=ROLE)
    arn = client.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    time.sleep(0.2)
    client.stop_execution(executionArn=arn, error="Enough", cause="of waiting")
    assert finished(local_aws, arn).status == "ABORTED"
    history = client.get_execution_history(executionArn=arn)["events"]
    assert history[-1]["executionAbortedEventDetails"] == {"error": "Enough", "cause": "of waiting"}


def test_a_history_is_paged_and_reversed_as_it_is_asked_for(local_aws: LocalAws) -> None:
    client = local_aws.client("stepfunctions")
    definition = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}}'
    machine = client.create_state_machine(name="paged", definition=definition, roleArn=ROLE)
    arn = client.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    assert finished(local_aws, arn).status == "SUCCEEDED"
    whole = [event["id"] for event in client.get_execution_history(executionArn=arn)["events"]]
    assert len(whole) == 6
    assert ids_of_pages(client, arn) == [whole[:4], whole[4:]]
    backwards = whole[::-1]
    assert ids_of_pages(client, arn, reverseOrder=True) == [backwards[:4], backwards[4:]]


def ids_of_pages(client: Any, arn: str, **asked: Any) -> list[list[int]]:
    pages = client.get_paginator("get_execution_history").paginate(
        executionArn=arn, PaginationConfig={"PageSize": 4}, **asked
    )
    return [[event["id"] for event in page["events"]] for page in pages]


def test_an_execution_can_be_stopped_as_soon_as_it_is_started(local_aws: LocalAws) -> None:
    client = local_aws.client("stepfunctions")
    wait = (
        '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100000, "Comment": "%s", "End": true}}}'
    )
    for number in range(5):  # a definition that is new is parsed first
        machine = client.create_state_machine(
            name=f"stopped-{number}", definition=wait % number, roleArn=ROLE
        )
        arn = client.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
        client.stop_execution(executionArn=arn)
        assert finished(local_aws, arn).status == "ABORTED"


def test_executions_without_a_name_get_one_each(local_aws: LocalAws) -> None:
    client = local_aws.client("stepfunctions")
    definition = '{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}'
    machine = client.create_state_machine(name="unnamed", definition=definition, roleArn=ROLE)
    arns = {client.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"] for _ in "12"}
    assert len(arns) == 2
    assert all(finished(local_aws, arn).status == "SUCCEEDED" for arn in arns)
