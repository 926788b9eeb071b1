"""Athena that answers: queries run on DuckDB over the files that the Glue catalog's tables have.

Moto runs no query: each one succeeds with no rows, whatever it says, nothing is scanned, the workgroup's
output location is not used, and views are forgotten.
"""

import json
import logging
import threading
import time
from typing import Any, ClassVar

import duckdb
from moto.athena import models as athena_models
from moto.athena.responses import AthenaResponse
from moto.core.exceptions import JsonRESTError
from moto.glue.models import glue_backends
from moto.s3.exceptions import MissingBucket
from moto.s3.models import s3_backends
from moto.s3.utils import bucket_and_name_from_url

from infra.local.aws import patches
from infra.local.aws.athena_engine import Engine
from infra.local.aws.athena_results import QueryOutput
from infra.local.aws.athena_sql import CATALOG, QueryRefused
from infra.local.aws.athena_statements import run_statement
from infra.local.aws.context import Aws
from infra.local.aws.patches import OwnStatus

_log = logging.getLogger(__name__)

_PAGE_ROWS = 1000
_USER_ERROR, _SYSTEM_ERROR = 2, 1  # categories of an AthenaError


def install(local: Aws) -> None:
    """Make every query of this AWS a real one."""
    execution = type("LocalExecution", (LocalExecution,), {"local": local})
    patches.replace(athena_models, "Execution", execution)
    patches.replace(athena_models.AthenaBackend, "start_query_execution", _start_query_execution)
    patches.replace(athena_models.AthenaBackend, "get_query_execution", _get_query_execution)
    patches.replace(athena_models.AthenaBackend, "stop_query_execution", _stop_query_execution)
    patches.replace(AthenaResponse, "get_query_execution", _describe_query_execution)
    patches.replace(AthenaResponse, "get_query_results", _get_query_results)


class LocalExecution(OwnStatus, athena_models.Execution):  # type: ignore[misc]  # moto is not typed here
    """One query: QUEUED, RUNNING, then SUCCEEDED, FAILED or CANCELLED."""

    local: ClassVar[Aws]

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.config: dict[str, Any] = dict(self.config)
        self.reason: str | None = None
        self.category = _USER_ERROR
        self.output = QueryOutput()
        self._engine: Engine | None = None
        self._thread = threading.Thread(target=self._work, name=self.id, daemon=True)

    def start(self) -> None:
        """Run the query in a thread."""
        self.status = "RUNNING"
        self._thread.start()

    def cancel(self) -> None:
        """End the query if it runs."""
        if self.status in {"QUEUED", "RUNNING"}:
            self.status = "CANCELLED"
            self.end_time = time.time()
            # More than once, because DuckDB forgets an interrupt that comes before its query has begun.
            while self._thread.is_alive():
                if engine := self._engine:
                    engine.interrupt()
                self._thread.join(0.05)

    def _work(self) -> None:
        state = "FAILED"
        try:
            self.output = self._run()
            self._write_output()
            state = "SUCCEEDED"
        except (QueryRefused, MissingBucket) as error:
            self.reason = getattr(error, "message", None) or str(error)
        except Exception as error:
            _log.exception("The query %s could not be carried out", self.id)
            self.reason, self.category = f"GENERIC_INTERNAL_ERROR: {error}", _SYSTEM_ERROR
        if self.status != "CANCELLED":
            self.end_time = time.time()
            self.status = state

    def _run(self) -> QueryOutput:
        glue = glue_backends[self.local.account_id][self.local.region]
        context = self.context or {}
        if str(context.get("Catalog", CATALOG)).lower() != CATALOG:
            raise QueryRefused(f"CATALOG_NOT_FOUND: Catalog '{context['Catalog']}' does not exist")
        with Engine(glue, s3_backends[self.local.account_id]["aws"]) as engine:
            self._engine = engine
            if self.status == "CANCELLED":  # before there was anything to interrupt
                return QueryOutput()
            database = str(context.get("Database", "default")).lower()
            try:
                return run_statement(engine, glue, self.query, database, self.execution_parameters or ())
            finally:
                self._engine = None

    def _write_output(self) -> None:
        if not self.output.is_query:
            location = self.config["OutputLocation"].removesuffix(".csv")
            self.config = {**self.config, "OutputLocation": f"{location}.txt"}
        bucket, key = bucket_and_name_from_url(self.config["OutputLocation"])
        s3 = s3_backends[self.local.account_id]["aws"]
        s3.put_object(bucket_name=bucket, key_name=key, value=self.output.file_content())


def _start_query_execution(
    self: Any, query: str, context: Any, *, config: Any, workgroup: str | None, execution_parameters: Any
) -> str:
    group = self.work_groups.get(workgroup or "primary")
    location = _output_location(group, config or {})
    settings = {**(config or {}), "OutputLocation": location}
    execution = athena_models.Execution(query, context, settings, group, execution_parameters)
    self.executions[execution.id] = execution
    execution.start()
    return str(execution.id)


def _output_location(group: Any, config: dict[str, Any]) -> str:
    """Where a query's result goes: the workgroup's place if it has one and enforces it, else the caller's.

    Raises:
        JsonRESTError: there is neither.
    """
    settings = (group.configuration if group else None) or {}
    workgroups = (settings.get("ResultConfiguration") or {}).get("OutputLocation")
    enforced = str(settings.get("EnforceWorkGroupConfiguration")).lower() == "true"
    location = workgroups if enforced and workgroups else config.get("OutputLocation") or workgroups
    if not location:
        raise JsonRESTError(
            "InvalidRequestException",
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input.",
        )
    return str(location)


def _get_query_execution(self: Any, exec_id: str) -> Any:
    if exec_id not in self.executions:
        raise JsonRESTError("InvalidRequestException", f"QueryExecution {exec_id} was not found")
    return self.executions[exec_id]


def _stop_query_execution(self: Any, exec_id: str) -> None:
    self.get_query_execution(exec_id).cancel()


def _describe_query_execution(self: Any) -> str:
    """Answer GetQueryExecution: moto's answer, with the reason of a failure and the statistics."""
    answer = json.loads(patches.original(AthenaResponse, "get_query_execution")(self))
    described = answer["QueryExecution"]
    execution = self.athena_backend.executions[described["QueryExecutionId"]]
    ended = execution.status not in {"QUEUED", "RUNNING"}
    if not ended:
        described["Status"].pop("CompletionDateTime", None)
    if execution.status == "FAILED":
        error = {"ErrorCategory": execution.category, "ErrorMessage": execution.reason, "Retryable": False}
        described["Status"] |= {"StateChangeReason": execution.reason, "AthenaError": error}
    milliseconds = int(((execution.end_time if ended else time.time()) - execution.start_time) * 1000)
    described["Statistics"] |= {
        "EngineExecutionTimeInMillis": milliseconds,
        "TotalExecutionTimeInMillis": milliseconds,
        "DataScannedInBytes": execution.output.scanned_bytes,
    }
    described["EngineVersion"] = {"EffectiveEngineVersion": f"DuckDB {duckdb.__version__}"}
    return json.dumps(answer)


def _get_query_results(self: Any) -> str:
    """Answer GetQueryResults, a page of at most 1000 rows at a time."""
    execution = self.athena_backend.get_query_execution(self._get_param("QueryExecutionId"))
    if execution.status in {"QUEUED", "RUNNING"}:
        message = f"Query has not yet finished. Current state: {execution.status}"
        raise JsonRESTError("InvalidRequestException", message)
    if execution.status != "SUCCEEDED":
        message = f"Query did not finish successfully. Final query state: {execution.status}"
        raise JsonRESTError("InvalidRequestException", message)
    rows = execution.output.result_rows()
    start = int(self._get_param("NextToken") or 0)
    end = start + min(int(self._get_param("MaxResults") or _PAGE_ROWS), _PAGE_ROWS)
    columns = [column.described() for column in execution.output.columns]
    results = {"Rows": rows[start:end], "ResultSetMetadata": {"ColumnInfo": columns}}
    further = {"NextToken": str(end)} if end < len(rows) else {}
    return json.dumps({"UpdateCount": 0, "ResultSet": results, **further})
