"""Step Functions: corrections of moto's service integrations."""

import json
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.utils import parse_timestamp
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
    state_task_service_callback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (  # noqa: E501
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_dynamodb import (  # noqa: E501
    StateTaskServiceDynamoDB,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_glue import (
    StateTaskServiceGlue,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.utils import boto_client

from infra.local.aws.context import Aws, iso_time
from infra.local.aws.patches import original, replace

POLL_SECONDS = 0.1

# A call of the "Athena" integration: https://docs.aws.amazon.com/step-functions/latest/dg/connect-athena.html
_ATHENA_ACTIONS = {"startqueryexecution", "stopqueryexecution", "getqueryexecution", "getqueryresults"}
_ATHENA_FINAL_STATES = {"SUCCEEDED", "FAILED", "CANCELLED"}

# How an error of an aws-sdk integration begins: the class name of the AWS SDK for Java's client.
_SDK_ERROR_PREFIXES = {
    "athena": "Athena",
    "dynamodb": "DynamoDb",
    "glue": "Glue",
    "lambda": "Lambda",
    "s3": "S3",
    "secretsmanager": "SecretsManager",
    "sfn": "Sfn",
    "sns": "Sns",
    "sqs": "Sqs",
}


def install(local: Aws) -> None:
    """Make the Glue, Athena and SDK integrations behave as on AWS."""
    clients = _Clients(local)
    # Moto makes a client (20 ms and more) for each call, at http://localhost, where S3 cannot be addressed.
    replace(boto_client, "boto3", SimpleNamespace(client=clients.for_sdk_task))
    replace(state_task_service_callback, "_DELAY_SECONDS_SYNC_CONDITION_CHECK", POLL_SECONDS)
    replace(state_task_service_aws_sdk, "_SERVICE_ERROR_NAMES", _SDK_ERROR_PREFIXES)
    _only_refused_calls_are_errors_of_dynamodb()
    _plug_in({"glue": lambda: _GlueTask(clients), "athena": lambda: _AthenaTask(clients)})


def _plug_in(tasks: dict[str, Callable[[], Any]]) -> None:
    """Moto has no plug-in point for an integration: its factory function is replaced where it is used."""
    stock = original(state_task_factory, "state_task_service_for")

    def state_task_service_for(service_name: str) -> Any:
        return tasks[service_name]() if service_name in tasks else stock(service_name)

    replace(state_task_factory, "state_task_service_for", state_task_service_for)


def _only_refused_calls_are_errors_of_dynamodb() -> None:
    """Moto names every error in such a state after DynamoDB, so that States.ALL catches it.

    On AWS a path that does not exist in the response is States.Runtime, which ends the execution.
    """
    stock = original(StateTaskServiceDynamoDB, "_from_error")

    def from_error(self: Any, env: Any, ex: Exception) -> Any:
        if isinstance(ex, ClientError):
            return stock(self, env, ex)
        return super(StateTaskServiceDynamoDB, self)._from_error(env=env, ex=ex)

    replace(StateTaskServiceDynamoDB, "_from_error", from_error)


class _Clients:
    """The clients of tasks; they return times in the form that a state's output has.

    Moto leaves datetimes in a task's output, which DescribeExecution then cannot serialise (status 500).
    An SDK integration gives ISO text; the older optimised ones (Glue, Athena) milliseconds since the epoch.
    """

    def __init__(self, local: Aws) -> None:
        self._local = local
        self._lock = threading.Lock()
        self._sessions = {"sdk": _session(_iso_text), "optimised": _session(_epoch_milliseconds)}
        self._clients: dict[tuple[str, str], Any] = {}

    def for_sdk_task(self, *, service_name: str, **_: Any) -> Any:
        return self._client("sdk", service_name)

    def for_optimised_task(self, service_name: str) -> Any:
        return self._client("optimised", service_name)

    def _client(self, kind: str, service: str) -> Any:
        with self._lock:  # a boto3 session is not thread-safe, its clients are
            if (kind, service) not in self._clients:
                self._clients[kind, service] = self._sessions[kind].client(
                    service,  # type: ignore[call-overload]  # boto3-stubs overloads on literal names only
                    endpoint_url=self._local.endpoint_url,
                    region_name=self._local.region,
                    aws_access_key_id=self._local.environment["AWS_ACCESS_KEY_ID"],
                    aws_secret_access_key=self._local.environment["AWS_SECRET_ACCESS_KEY"],
                    config=Config(
                        parameter_validation=False, read_timeout=None, retries={"total_max_attempts": 1}
                    ),
                )
            return self._clients[kind, service]


def _session(timestamp_parser: Callable[[Any], Any]) -> boto3.Session:
    core = botocore.session.get_session()
    core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=timestamp_parser)
    return boto3.Session(botocore_session=core)


def _iso_text(value: Any) -> str:
    return iso_time(parse_timestamp(value))


def _epoch_milliseconds(value: Any) -> int:
    return round(parse_timestamp(value).timestamp() * 1000)


class _RunAJob(StateTaskServiceCallback):  # type: ignore[misc]  # moto is untyped
    """A `.sync` integration.

    Moto ends each of them with `'NoneType' object has no attribute 'interrupt_all'`: it assumes that a task
    also has a callback.
    """

    def _eval_integration_pattern(
        self, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
    ) -> None:
        started = env.stack[-1]
        resolver = self._build_sync_resolver(
            env, resource_runtime_part, normalised_parameters, state_credentials
        )
        outcome = self._eval_sync(
            env=env,
            sync_resolver=resolver,
            timeout_seconds=None,  # the state's own timeout ends the environment
            callback_endpoint=None,
            heartbeat_endpoint=None,
        )
        if outcome is None:  # timed out or stopped: Step Functions then cancels the job as well
            self._cancel(started)
        env.stack.append(outcome)

    def _cancel(self, started: dict[str, Any]) -> None:
        raise NotImplementedError

    def _failure(self, env: Any, error_name: Any, error: str, cause: str) -> Any:
        return FailureEvent(
            env=env,
            error_name=error_name,
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(
                taskFailedEventDetails=TaskFailedEventDetails(
                    resource=self._get_sfn_resource(),
                    resourceType=self._get_sfn_resource_type(),
                    error=error,
                    cause=cause,
                )
            ),
        )


class _GlueTask(_RunAJob, StateTaskServiceGlue):  # type: ignore[misc]  # moto is untyped
    """`glue:startJobRun` and `.sync`: moto's integration, with a working wait."""

    def __init__(self, clients: _Clients) -> None:
        StateTaskServiceGlue.__init__(self)
        self._glue = clients.for_optimised_task("glue")

    def _get_glue_client(self, **_: Any) -> Any:
        return self._glue

    def _cancel(self, started: dict[str, Any]) -> None:
        self._glue.batch_stop_job_run(JobName=started["JobName"], JobRunIds=[started["JobRunId"]])


class _AthenaTask(_RunAJob):
    """`athena:startQueryExecution.sync` and the other Athena actions, which moto does not support."""

    def __init__(self, clients: _Clients) -> None:
        super().__init__(supported_integration_patterns={"sync"})
        self._athena = clients.for_optimised_task("athena")

    def _get_supported_parameters(self) -> set[str] | None:
        # Moto only checks whether there are any; None makes the definition invalid, as on AWS.
        return set() if self.resource.api_action.lower() in _ATHENA_ACTIONS else None

    def _eval_service_task(self, env: Any, normalised_parameters: Any, **_: Any) -> None:
        action = getattr(self._athena, self._get_boto_service_action())
        response = action(**normalised_parameters)
        response.pop("ResponseMetadata", None)
        env.stack.append(response)

    def _build_sync_resolver(self, env: Any, *_: Any) -> Callable[[], Any]:
        query_id = env.stack.pop()["QueryExecutionId"]

        def finished_query() -> dict[str, Any] | None:
            execution = self._athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            state = execution["Status"]["State"]
            if state not in _ATHENA_FINAL_STATES:
                return None
            if state != "SUCCEEDED":
                name = StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed)
                cause = json.dumps({"QueryExecution": execution})
                raise FailureEventException(self._failure(env, name, "States.TaskFailed", cause))
            return {"QueryExecution": execution}

        return finished_query

    def _cancel(self, started: dict[str, Any]) -> None:
        self._athena.stop_query_execution(QueryExecutionId=started["QueryExecutionId"])

    def _from_error(self, env: Any, ex: Exception) -> Any:
        if isinstance(ex, ClientError):
            error = f"Athena.{ex.response['Error']['Code']}"
            return self._failure(env, CustomErrorName(error), error, ex.response["Error"]["Message"])
        return super()._from_error(env=env, ex=ex)
