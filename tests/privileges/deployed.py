"""The components of a deployed stack, their roles, and what these allow."""

from __future__ import annotations

import ast
import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.local.stack import Stack
from tests.privileges.policies import Grant, grants_of
from tests.privileges.resources import Needed


@dataclasses.dataclass(frozen=True)
class Deployed:
    """The components of a stack. Each mapping has the name of the component's role by the component's name.

    Attributes:
        functions: Lambda functions.
        jobs: Glue jobs.
        crawlers: Glue crawlers.
        state_machine: the role of the state machine.
        definition: of the state machine.
        deliveries: what schedules and rules call with a role of their own.
        outputs: of the stack.
        results_bucket: where Athena writes.
    """

    functions: Mapping[str, str]
    jobs: Mapping[str, str]
    crawlers: Mapping[str, str]
    state_machine: str
    definition: Mapping[str, Any]
    deliveries: Mapping[str, set[Needed]]
    outputs: Mapping[str, str]
    results_bucket: str


def describe(stack: Stack) -> Deployed:
    """Read the components of a stack from the APIs of their services."""
    client = stack.aws.client
    glue, states = client("glue"), client("stepfunctions")
    machine = states.describe_state_machine(stateMachineArn=stack.outputs["StateMachineArn"])
    group = client("athena").get_work_group(WorkGroup=stack.outputs["AthenaWorkGroup"])["WorkGroup"]
    location: str = group["Configuration"]["ResultConfiguration"]["OutputLocation"]
    return Deployed(
        functions={
            each["FunctionName"]: _name(each["Role"])
            for each in client("lambda").list_functions()["Functions"]
        },
        jobs={each["Name"]: _name(each["Role"]) for each in glue.get_jobs()["Jobs"]},
        crawlers={each["Name"]: _name(each["Role"]) for each in glue.get_crawlers()["Crawlers"]},
        state_machine=_name(machine["roleArn"]),
        definition=json.loads(machine["definition"]),
        deliveries=_deliveries(stack),
        outputs=stack.outputs,
        results_bucket=location.removeprefix("s3://").partition("/")[0],
    )


def grants(stack: Stack) -> Iterator[Grant]:
    """Return what the roles allow, those that nothing uses included, except policies that AWS manages."""
    iam = stack.aws.client("iam")
    for role in (each["RoleName"] for each in iam.list_roles()["Roles"]):
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            # Moto keeps a policy of a template as the text of a Python value.
            yield from grants_of(role, ast.literal_eval(document))


def _deliveries(stack: Stack) -> Mapping[str, set[Needed]]:
    """What schedules start, rules call, and where they put what they could not deliver, by role."""
    found: dict[str, set[Needed]] = {}
    scheduler, events = stack.aws.client("scheduler"), stack.aws.client("events")
    for schedule in scheduler.list_schedules()["Schedules"]:
        target = scheduler.get_schedule(Name=schedule["Name"])["Target"]
        needed = found.setdefault(_name(target["RoleArn"]), set())
        needed.add(_delivery(target["Arn"]))
        if "DeadLetterConfig" in target:  # the schedule's role also writes to the queue, a rule's does not
            needed.add(_delivery(target["DeadLetterConfig"]["Arn"]))
    for rule in events.list_rules()["Rules"]:
        for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]:
            if "RoleArn" in target:
                found.setdefault(_name(target["RoleArn"]), set()).add(_delivery(target["Arn"]))
    return found


def _delivery(arn: str) -> Needed:
    actions = {"states": "states:StartExecution", "sqs": "sqs:SendMessage", "lambda": "lambda:InvokeFunction"}
    return Needed(actions[arn.split(":")[2]], arn)


def _name(role_arn: str) -> str:
    return role_arn.rpartition("/")[2]
