"""The IAM actions and resources that the API operations of this project need.

Sources: AWS's Service Authorization Reference, and for the Glue catalog "Data Catalog resource ARNs" in
Glue's guide: an operation on a table needs its database and the catalog, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from moto.core import DEFAULT_ACCOUNT_ID

_REGION: Final = "us-east-1"
_DATABASE_OPERATIONS: Final = frozenset({"GetDatabase"})


class Needed(NamedTuple):
    """One permission that a call needs."""

    action: str
    resource: str


class UnknownOperation(NotImplementedError):
    """An operation whose resource is not known here."""

    def __init__(self, service: str, operation: str) -> None:
        super().__init__(
            f"It is not known which resource {service}:{operation} needs: add it to {__name__}, from AWS's "
            "Service Authorization Reference."
        )


def arn(service: str, rest: str) -> str:
    """Return an ARN in the account and region of the tests."""
    return f"arn:aws:{service}:{_REGION}:{DEFAULT_ACCOUNT_ID}:{rest}"


def needed(
    service: str, operation: str, parameters: Mapping[str, Any], work_group: Callable[[str], str]
) -> list[Needed]:
    """Return the permissions that a call of an API needs, except S3's (see `s3_requests`).

    Args:
        service: IAM's prefix of the service, such as `states`.
        operation: such as `StartExecution`.
        parameters: of the call.
        work_group: returns the work group of an Athena query by its id.

    Raises:
        UnknownOperation: the operation is not known here.
    """
    if service == "glue":
        resources = list(_glue(operation, parameters))
    elif service == "athena":
        resources = [_athena(operation, parameters, work_group)]
    elif service in _BY_PARAMETER:
        resources = [found for found in (_BY_PARAMETER[service](parameters),) if found]
    else:
        resources = []
    if not resources:
        raise UnknownOperation(service, operation)
    return [Needed(_action(service, operation), resource) for resource in resources]


def catalog(database: str, table: str | None = None) -> Iterator[str]:
    """Return what an operation on a database of the Glue catalog, or on a table, needs."""
    yield arn("glue", "catalog")
    yield arn("glue", f"database/{database}")
    if table is not None:
        yield arn("glue", f"table/{database}/{table}")


def _action(service: str, operation: str) -> str:
    # The API's Invoke is the action InvokeFunction.
    return (
        "lambda:InvokeFunction" if (service, operation) == ("lambda", "Invoke") else f"{service}:{operation}"
    )


def _glue(operation: str, parameters: Mapping[str, Any]) -> Iterator[str]:
    if "JobName" in parameters:
        yield arn("glue", f"job/{parameters['JobName']}")
    elif operation.endswith("Crawler"):
        yield arn("glue", f"crawler/{parameters['Name']}")
    elif operation in _DATABASE_OPERATIONS:
        yield from catalog(parameters["Name"])
    elif "DatabaseName" in parameters:
        table = parameters.get("TableInput", {}).get("Name") or parameters.get("TableName")
        # GetTables has none of them: it is about all tables.
        yield from catalog(parameters["DatabaseName"], table or parameters.get("Name") or "*")


def _athena(operation: str, parameters: Mapping[str, Any], work_group: Callable[[str], str]) -> str:
    if operation == "GetDataCatalog":
        return arn("athena", f"datacatalog/{parameters['Name']}")
    group = parameters.get("WorkGroup") or work_group(parameters["QueryExecutionId"])
    return arn("athena", f"workgroup/{group}")


def _execution_or_machine(parameters: Mapping[str, Any]) -> str | None:
    return parameters.get("executionArn") or parameters.get("stateMachineArn")


def _queue(parameters: Mapping[str, Any]) -> str:
    return arn("sqs", str(parameters["QueueUrl"]).rpartition("/")[2])


_BY_PARAMETER: Final[Mapping[str, Callable[[Mapping[str, Any]], str | None]]] = {
    "dynamodb": lambda parameters: arn("dynamodb", f"table/{parameters['TableName']}"),
    "lambda": lambda parameters: parameters.get("FunctionName"),
    "secretsmanager": lambda parameters: parameters.get("SecretId"),
    "sns": lambda parameters: parameters.get("TopicArn"),
    "sqs": _queue,
    "states": _execution_or_machine,
}
