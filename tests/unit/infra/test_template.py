"""What the code requires of the template. AWS would report a mistake only after the deployment."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import sqlglot
from samtranslator.yaml_helper import yaml_parse
from sqlglot import exp
from sqlglot.dialects.athena import Athena

from fetch_spotify.config import Config
from fetch_spotify.playlists.registry import REGISTRY
from infra import crawler_targets
from infra.data_dictionary import is_pruned
from publish_catalog.view_sql import all_views
from spotify_lake.contract.marts.registry import ALL_TABLES
from tests.project import ROOT

TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "infra" / "template.yaml").read_text())
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
FUNCTIONS = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::Serverless::Function"
}

REPORTS_ITS_FAILURE = {
    "MaximumRetryAttempts": 2,
    "DestinationConfig": {"OnFailure": {"Type": "SNS", "Destination": {"Ref": "AlertTopic"}}},
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_layer_of_a_function_is_on_its_path(name: str) -> None:
    # The runtime searches a layer's python/ by itself only where a function sets no PYTHONPATH.
    layers = {layer["Ref"] for layer in FUNCTIONS[name].get("Layers", [])}
    path = (
        FUNCTIONS[name]
        .get("Environment", {})
        .get("Variables", {})
        .get("PYTHONPATH", "/opt/python")
        .split(":")
    )
    assert ("JobCodeLayer" in layers) == ("/opt" in path)
    assert "AwsWranglerLayer" not in layers or "/opt/python" in path


def test_the_fetch_has_the_same_defaults_as_the_template() -> None:
    variables = FUNCTIONS["FetchSpotifyFunction"]["Environment"]["Variables"]
    references = {name: value for name, value in variables.items() if isinstance(value, dict)}
    parameters = {name: value["Ref"] for name, value in references.items() if "Ref" in value}
    defaults = {
        name: str(TEMPLATE["Parameters"][parameter]["Default"])
        for name, parameter in parameters.items()
        if parameter in TEMPLATE["Parameters"]
    }
    least = {"RAW_BUCKET": "raw", "SPOTIFY_SECRET_ARN": "arn"}
    assert len(defaults) > 10
    assert Config.from_env({**least, **defaults}) == Config.from_env(least)


def test_the_parameter_of_the_sources_takes_all_of_them() -> None:
    assert re.fullmatch(TEMPLATE["Parameters"]["Sources"]["AllowedPattern"], ",".join(REGISTRY))


def crawler(template: str) -> tuple[str, list[str]]:
    """The name and the targets of the template's crawler."""
    properties = yaml_parse(template)["Resources"]["Crawler"]["Properties"]
    targets = [target["Path"]["Fn::Sub"] for target in properties["Targets"]["S3Targets"]]
    return properties["Name"]["Fn::Sub"], targets


def test_the_crawlers_targets_are_the_tables_of_the_contract() -> None:
    text = crawler_targets.TEMPLATE.read_text("utf-8")
    assert crawler_targets.with_targets(text, [table.name for table in ALL_TABLES]) == text, (
        "run `make crawler-targets`"
    )
    _, targets = crawler(text)
    assert targets == [f"s3://${{CuratedBucket}}/{table.name}/" for table in ALL_TABLES]


def test_a_crawler_with_other_targets_has_another_name() -> None:
    text = crawler_targets.TEMPLATE.read_text("utf-8")
    names = [table.name for table in ALL_TABLES]
    name, _ = crawler(text)
    other_name, other_targets = crawler(crawler_targets.with_targets(text, [*names, "shows"]))
    assert other_targets[-1] == "s3://${CuratedBucket}/shows/"
    assert other_name != name
    # Their order does not matter to AWS.
    assert crawler(crawler_targets.with_targets(text, reversed(names)))[0] == name


def test_a_template_without_the_crawlers_lines_is_an_error() -> None:
    with pytest.raises(ValueError, match="0 crawler names and 0 lists of S3Targets"):
        crawler_targets.with_targets("Resources: {}", ["tracks"])


def test_a_bucket_is_emptied_with_the_stack_or_retained() -> None:
    emptied = {bucket["Ref"] for bucket in RESOURCES["JobCode"]["Properties"]["EmptiedBuckets"]}
    buckets = {name: each for name, each in RESOURCES.items() if each["Type"] == "AWS::S3::Bucket"}
    assert emptied == {name for name, each in buckets.items() if each.get("DeletionPolicy") != "Retain"}


def test_a_saved_query_filters_by_day_unless_a_view_does_so() -> None:
    filtered = {view.name for view in all_views() if not is_pruned(view)}
    for resource in RESOURCES.values():
        if resource["Type"] == "AWS::Athena::NamedQuery":
            query = sqlglot.parse_one(resource["Properties"]["QueryString"], read=Athena)
            read = {table.name for table in query.find_all(exp.Table)}
            asked = {
                column.name for where in query.find_all(exp.Where) for column in where.find_all(exp.Column)
            }
            assert "snapshot_date" in asked or read & filtered, resource["Properties"]["Name"]


def test_every_worker_type_is_available_with_flex() -> None:
    # AWS: flexible execution is for G.1X and G.2X alone.
    assert set(TEMPLATE["Parameters"]["GlueWorkerType"]["AllowedValues"]) <= {"G.1X", "G.2X"}


def test_every_failed_run_is_explained_and_a_failing_explanation_is_reported() -> None:
    function = FUNCTIONS["ExplainFailureFunction"]
    pattern = function["Events"]["ExecutionFailed"]["Properties"]["Pattern"]
    assert pattern["detail"]["stateMachineArn"] == [{"Ref": "Pipeline"}]
    assert pattern["detail"]["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
    assert function["EventInvokeConfig"] == REPORTS_ITS_FAILURE


def test_the_schedule_is_checked_at_its_own_times() -> None:
    runs, check = (RESOURCES[name]["Properties"] for name in ("DailySchedule", "CheckSchedule"))
    for key in ("State", "ScheduleExpression", "ScheduleExpressionTimezone"):
        assert check[key] == runs[key]
    assert json.loads(check["Target"]["Input"]) == {"scheduled_at": "<aws.scheduler.scheduled-time>"}
    assert FUNCTIONS["CheckScheduleFunction"]["EventInvokeConfig"] == REPORTS_ITS_FAILURE
