"""Athena SQL against the lake, through the local Athena."""

from __future__ import annotations

import dataclasses
import time
from typing import Any, Final

from infra.local.problems import UserProblem
from infra.local.stack import Stack

_POLL_SECONDS: Final = 0.05
_FINAL_STATES: Final = ("SUCCEEDED", "FAILED", "CANCELLED")


class QueryFailed(UserProblem):
    """Athena refused the statement, or it failed."""


class NoStatement(UserProblem):
    """The statement is empty."""

    def __init__(self) -> None:
        super().__init__(
            "There is no statement to run. Write one: make query SQL='select name from latest_tracks limit 5'"
        )


@dataclasses.dataclass(frozen=True)
class Result:
    """A query's result: names and Athena types of the columns, the rows as text, the bytes scanned."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str | None, ...], ...]
    scanned_bytes: int


def run_query(stack: Stack, sql: str) -> Result:
    """Run a statement in the lake's database and work group.

    Raises:
        QueryFailed: with Athena's own reason.
    """
    athena = stack.aws.client("athena")
    query_id = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": stack.outputs["AthenaDatabase"]},
        WorkGroup=stack.outputs["AthenaWorkGroup"],
    )["QueryExecutionId"]
    while True:
        execution = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        status = execution["Status"]
        if status["State"] in _FINAL_STATES:
            break
        time.sleep(_POLL_SECONDS)
    if status["State"] != "SUCCEEDED":
        raise QueryFailed(status.get("StateChangeReason", status["State"]))
    return _read_result(athena, query_id, execution["Statistics"]["DataScannedInBytes"])


def _read_result(athena: Any, query_id: str, scanned_bytes: int) -> Result:
    rows: list[tuple[str | None, ...]] = []
    columns: tuple[tuple[str, str], ...] = ()
    for page in athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id):
        result_set = page["ResultSet"]
        columns = tuple(
            (each["Name"], each["Type"]) for each in result_set["ResultSetMetadata"]["ColumnInfo"]
        )
        rows += [tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in result_set["Rows"]]
    names = tuple(name for name, _ in columns)
    body = rows[1:] if rows and rows[0] == names else rows  # SELECT repeats its header, SHOW does not
    return Result(columns, tuple(body), scanned_bytes)
