"""Athena that answers: statements run in the local Athena's engine over moto's Glue catalog and buckets.

Moto runs no query: each one succeeds with no rows, whatever it says, nothing is scanned, the work group's
output location is not used, and views are forgotten.
"""

from __future__ import annotations

import json
import logging
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, ClassVar, Final

from moto.athena import models as athena_models
from moto.athena.responses import AthenaResponse
from moto.core.exceptions import JsonRESTError
from moto.glue.models import glue_backends
from moto.s3.exceptions import MissingBucket
from moto.s3.models import s3_backends
from moto.s3.utils import bucket_and_name_from_url

from infra.local.athena.engine import Engine
from infra.local.athena.errors import QueryRefused
from infra.local.athena.output import NOTHING, Output
from infra.local.athena.results import described_column, result_file, result_page
from infra.local.athena.statements.context import WorkGroup
from infra.local.athena.view_definition import CATALOG
from infra.local.aws import patches
from infra.local.aws.athena_lake import BucketStorage, GlueCatalog, MotoPrepared
from infra.local.aws.context import Aws
from infra.local.aws.patches import OwnStatus

_log = logging.getLogger(__name__)

_PAGE_ROWS: Final = 1000
_USER_ERROR, _SYSTEM_ERROR = 2, 1  # categories of an AthenaError
_INTERNAL: Final = "GENERIC_INTERNAL_ERROR"


def install(local: Aws) -> None:
    """Make every query of this AWS a real one."""
    folder = tempfile.TemporaryDirectory(prefix="local-athena-")
    local.on_close(folder.cleanup)
    settings = {"local": local, "folder": Path(folder.name)}
    patches.replace(athena_models, "Execution", type("LocalExecution", (LocalExecution,), settings))
    patches.replace(athena_models.AthenaBackend, "start_query_execution", _start_query_execution)
    patches.replace(athena_models.AthenaBackend, "get_query_execution", _get_query_execution)
    patches.replace(athena_models.AthenaBackend, "stop_query_execution", _stop_query_execution)
    patches.replace(AthenaResponse, "get_query_execution", _describe_query_execution)
    patches.replace(AthenaResponse, "get_query_results", _get_query_results)


class LocalExecution(OwnStatus, athena_models.Execution):  # type: ignore[misc]  # moto is not typed here
    """One query: QUEUED, RUNNING, then SUCCEEDED, FAILED or CANCELLED.

    Attributes:
        local: the AWS.
        folder: where copies of the objects are kept that queries read.
        output: what the query gave.
        reason: why it did not succeed.
        category: of the error.
        manifest: `s3://` URI of the list of the files that it wrote, if it wrote rows.
    """

    local: ClassVar[Aws]
    folder: ClassVar[Path]

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.config: dict[str, Any] = dict(self.config)
        self.reason = ""
        self.category = _USER_ERROR
        self.output: Output = NOTHING
        self.manifest = ""
        self._engine: Engine | None = None
        self._thread = threading.Thread(target=self._work, name=self.id, daemon=True)

    def start(self, work_group: WorkGroup) -> None:
        """Run the query in a thread."""
        glue = glue_backends[self.local.account_id][self.local.region]
        storage = BucketStorage(s3_backends[self.local.account_id]["aws"], self.folder)
        self._engine = Engine(GlueCatalog(glue), storage, work_group)
        self.status = "RUNNING"
        self._thread.start()

    def cancel(self) -> None:
        """End the query if it runs."""
        if self.status in {"QUEUED", "RUNNING"}:
            self.status = "CANCELLED"
            self.reason = "Query cancelled by user"
            self.end_time = time.time()
            # More than once, because an interrupt that comes before the query has begun is lost.
            while self._thread.is_alive():
                if engine := self._engine:
                    engine.interrupt()
                self._thread.join(0.05)

    def _work(self) -> None:
        state, reason = "FAILED", ""
        try:
            self.output = self._run()
            self._write_output()
            state = "SUCCEEDED"
        except QueryRefused as error:
            reason = str(error)
            self.category = _SYSTEM_ERROR if error.kind == _INTERNAL else _USER_ERROR
        except MissingBucket as error:
            reason = error.message
        except Exception as error:
            _log.exception("The query %s could not be carried out", self.id)
            reason, self.category = f"{_INTERNAL}: {error}", _SYSTEM_ERROR
        self._engine = None
        if self.status != "CANCELLED":
            self.reason = reason
            self.end_time = time.time()
            self.status = state

    def _run(self) -> Output:
        context = self.context or {}
        if str(context.get("Catalog", CATALOG)).lower() != CATALOG:
            raise QueryRefused("CATALOG_NOT_FOUND", f"Catalog '{context['Catalog']}' does not exist")
        engine = self._engine
        if engine is None or self.status == "CANCELLED":
            return NOTHING
        database = str(context.get("Database", "default")).lower()
        return engine.run(self.query, database, self.execution_parameters or (), query_id=self.id)

    def _write_output(self) -> None:
        location = self.config["OutputLocation"].removesuffix(".csv")
        if self.output.written is not None:
            self.config = {**self.config, "OutputLocation": location}
            self.manifest = f"{location}-manifest.csv"
            self._put(self.manifest, "".join(f"{uri}\n" for uri in self.output.written))
            return
        if not self.output.is_query:
            self.config = {**self.config, "OutputLocation": f"{location}.txt"}
        self._put(self.config["OutputLocation"], "".join(result_file(self.output)))

    def _put(self, location: str, content: str) -> None:
        bucket, key = bucket_and_name_from_url(location)
        s3 = s3_backends[self.local.account_id]["aws"]
        s3.put_object(bucket_name=bucket, key_name=key, value=content.encode())


def _start_query_execution(
    self: Any, query: str, context: Any, *, config: Any, workgroup: str | None, execution_parameters: Any
) -> str:
    group = self.work_groups.get(workgroup or "primary")
    location, is_enforced = _output_location(group, config or {})
    settings = {**(config or {}), "OutputLocation": location}
    execution = athena_models.Execution(query, context, settings, group, execution_parameters)
    self.executions[execution.id] = execution
    prepared = MotoPrepared(self, workgroup or "primary")
    execution.start(WorkGroup(location, is_enforced, prepared))
    return str(execution.id)


def _output_location(group: Any, config: dict[str, Any]) -> tuple[str, bool]:
    """Where a query's result goes, and whether the work group enforces it.

    Raises:
        JsonRESTError: neither the work group nor the caller names a location.
    """
    settings = (group.configuration if group else None) or {}
    of_group = (settings.get("ResultConfiguration") or {}).get("OutputLocation")
    is_enforced = bool(of_group) and str(settings.get("EnforceWorkGroupConfiguration")).lower() == "true"
    location = of_group if is_enforced else config.get("OutputLocation") or of_group
    if not location:
        raise JsonRESTError(
            "InvalidRequestException",
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input.",
        )
    return str(location), is_enforced


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
    if execution.reason:
        described["Status"]["StateChangeReason"] = execution.reason
    if execution.status == "FAILED":
        error = {"ErrorCategory": execution.category, "ErrorMessage": execution.reason, "Retryable": False}
        described["Status"]["AthenaError"] = error
    milliseconds = int(((execution.end_time if ended else time.time()) - execution.start_time) * 1000)
    described["Statistics"] |= {
        "EngineExecutionTimeInMillis": milliseconds,
        "TotalExecutionTimeInMillis": milliseconds,
        "DataScannedInBytes": execution.output.scanned_bytes,
    }
    if execution.manifest:
        described["Statistics"]["DataManifestLocation"] = execution.manifest
    described["EngineVersion"] = {"EffectiveEngineVersion": "Athena engine version 3"}
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
    output = execution.output
    start = int(self._get_param("NextToken") or 0)
    count = min(int(self._get_param("MaxResults") or _PAGE_ROWS), _PAGE_ROWS)
    rows, following = result_page(output, start, count)
    columns = [described_column(column, is_query=output.is_query) for column in output.columns]
    results = {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": columns}}
    further = {} if following is None else {"NextToken": str(following)}
    return json.dumps({"UpdateCount": output.update_count, "ResultSet": results, **further})
