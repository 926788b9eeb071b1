"""The Amazon States Language, where moto's interpreter had to be corrected."""

from __future__ import annotations

import time

from infra.local.aws import LocalAws
from tests.integration.conftest import ISO_TIME, ROLE, RunStates, finished


def test_a_path_with_indexes_gives_the_value_itself(run_states: RunStates) -> None:
    rows = {"Rows": [{"Data": [{"V": "header"}]}, {"Data": [{"V": "7"}, {"V": "8"}]}]}
    paths = {"value.$": "$.Rows[1].Data[0].V", "row.$": "$.Rows[0]", "nested.$": "$.Rows[1].Data[1]"}
    outcome = run_states({"Pick": {"Type": "Pass", "Parameters": paths, "End": True}}, rows)
    assert outcome.output == {"value": "7", "row": rows["Rows"][0], "nested": {"V": "8"}}


def test_an_execution_leaves_nothing_to_the_next_one_of_the_same_definition(run_states: RunStates) -> None:
    each = {"Type": "Pass", "Parameters": {"twice.$": "States.MathAdd($, $)"}, "End": True}
    states = {
        "Each": {
            "Type": "Map",
            "ItemProcessor": {"StartAt": "Double", "States": {"Double": each}},
            "Next": "Which",
        },
        "Which": {
            "Type": "Choice",
            "Choices": [{"Variable": "$[0].twice", "NumericEquals": 2, "Next": "One"}],
            "Default": "Other",
        },
        "One": {"Type": "Succeed"},
        "Other": {"Type": "Fail", "Error": "Other"},
    }
    first, other, again = (run_states(states, numbers) for numbers in ([1, 2], [3], [1, 2]))
    assert first.output == again.output == [{"twice": 2}, {"twice": 4}]
    assert (other.status, other.error) == ("FAILED", "Other")


def test_a_path_that_may_select_several_gives_a_list_even_of_one(run_states: RunStates) -> None:
    paths = {"all.$": "$.xs[*].v", "slice.$": "$.xs[0:1]", "filtered.$": "$.xs[?(@.v == 1)].v"}
    outcome = run_states({"Pick": {"Type": "Pass", "Parameters": paths, "End": True}}, {"xs": [{"v": 1}]})
    assert outcome.output == {"all": [1], "slice": [{"v": 1}], "filtered": [1]}


def test_the_context_objects_times_are_iso_text_in_utc(run_states: RunStates) -> None:
    times = {"started.$": "$$.Execution.StartTime", "entered.$": "$$.State.EnteredTime"}
    outcome = run_states({"Now": {"Type": "Pass", "Parameters": times, "End": True}})
    assert ISO_TIME.fullmatch(outcome.output["started"])
    assert ISO_TIME.fullmatch(outcome.output["entered"])


def test_quotes_and_braces_can_be_escaped_in_a_format(run_states: RunStates) -> None:
    template = r"""States.Format('it\'s {} of \{"n"\}, not {}', $.n, $.other)"""
    states = {"Say": {"Type": "Pass", "Parameters": {"text.$": template}, "End": True}}
    outcome = run_states(states, {"n": 3, "other": "{braces} in a value"})
    assert outcome.output == {"text": 'it\'s 3 of {"n"}, not {braces} in a value'}


def test_json_text_is_read_and_numbers_are_added_in_intrinsics(run_states: RunStates) -> None:
    functions = {
        "cause.$": "States.StringToJson($.cause)",
        "left.$": "States.MathAdd($.left, -1)",
        "length.$": "States.ArrayLength($.xs)",
    }
    states = {"Compute": {"Type": "Pass", "Parameters": functions, "End": True}}
    outcome = run_states(states, {"cause": '{"errorMessage": "slow"}', "left": 3, "xs": [1, 2]})
    assert outcome.output == {"cause": {"errorMessage": "slow"}, "left": 2, "length": 2}


def test_a_failure_takes_its_error_and_cause_from_paths(run_states: RunStates) -> None:
    fail = {"Type": "Fail", "ErrorPath": "$.error", "CausePath": "States.Format('because {}', $.why)"}
    outcome = run_states({"Fail": fail}, {"error": "QuotaExceeded", "why": "of the quota"})
    assert (outcome.status, outcome.error, outcome.cause) == (
        "FAILED",
        "QuotaExceeded",
        "because of the quota",
    )


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
    client.stop_execution(executionArn=arn)
    assert finished(local_aws, arn).status == "ABORTED"


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
