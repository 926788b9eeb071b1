"""Links into the AWS console for the output of a run."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from common.console import console_url, execution_url
from common.events import PublishRequest


def console_links(request: PublishRequest, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses of what a run did, by name: its execution, Glue runs, logs and the saved queries.

    Args:
        request: the run. A Glue job that it did not run has no links.
        environment: the names `NORMALIZE_JOB`, `MARTS_JOB`, `WORKGROUP` and `FUNCTION_LOGS` (a log group).
    """
    region = request.execution_arn.split(":")[3]
    links = {"execution": execution_url(request.execution_arn)}
    runs = {"normalize": request.normalize_run, "marts": request.marts_run}
    for name, run_id in runs.items():
        if run_id:
            job = quote(environment[f"{name.upper()}_JOB"], safe="")
            links[f"{name}_job"] = console_url(
                region, f"gluestudio/home?region={region}#/job/{job}/run/{run_id}"
            )
            # Glue names the log stream of a job's driver after the run.
            links[f"{name}_logs"] = _log_url(region, "/aws-glue/jobs/output", f"/log-events/{run_id}")
    links["function_logs"] = _log_url(region, environment["FUNCTION_LOGS"])
    work_group = quote(environment["WORKGROUP"], safe="")
    links["saved_queries"] = console_url(
        region, f"athena/home?region={region}#/query-editor/saved-queries?workgroup={work_group}"
    )
    return links


def _log_url(region: str, group: str, stream: str = "") -> str:
    # The console expects the name encoded twice, with $ instead of %.
    encoded = quote(quote(group, safe=""), safe="").replace("%", "$")
    groups = f"cloudwatch/home?region={region}#logsV2:log-groups/log-group"
    return console_url(region, f"{groups}/{encoded}{stream}")
