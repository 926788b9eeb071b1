"""The links into the console that a run's output has."""

from __future__ import annotations

from common.events import PublishRequest
from publish_catalog.links import console_links

ENVIRONMENT = {
    "NORMALIZE_JOB": "lake-normalize",
    "MARTS_JOB": "lake-marts",
    "WORKGROUP": "lake",
    "FUNCTION_LOGS": "/aws/lambda/lake",
}
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:lake-pipeline:run-1"


def request(normalize_run: str, marts_run: str) -> PublishRequest:
    return PublishRequest(
        "run-1",
        "2026-11-22",
        is_rebuild=False,
        execution_arn=EXECUTION,
        normalize_run=normalize_run,
        marts_run=marts_run,
    )


def test_a_run_has_links_to_its_jobs_logs_and_queries() -> None:
    console = "https://eu-west-1.console.aws.amazon.com"
    logs = f"{console}/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group"
    jobs = f"{console}/gluestudio/home?region=eu-west-1#/job"
    assert console_links(request("jr_1", "jr_2"), ENVIRONMENT) == {
        "execution": f"{console}/states/home?region=eu-west-1#/v2/executions/details/{EXECUTION}",
        "normalize_job": f"{jobs}/lake-normalize/run/jr_1",
        "normalize_logs": f"{logs}/$252Faws-glue$252Fjobs$252Foutput/log-events/jr_1",
        "marts_job": f"{jobs}/lake-marts/run/jr_2",
        "marts_logs": f"{logs}/$252Faws-glue$252Fjobs$252Foutput/log-events/jr_2",
        "function_logs": f"{logs}/$252Faws$252Flambda$252Flake",
        "saved_queries": f"{console}/athena/home?region=eu-west-1#/query-editor/saved-queries?workgroup=lake",
    }


def test_a_job_that_was_not_run_has_no_links() -> None:
    assert not [name for name in console_links(request("jr_1", ""), ENVIRONMENT) if "marts" in name]
