"""`make run`: the local AWS, a Spotify, and one execution of the state machine after the other."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from infra.local.aws.spark_jvm import class_archive
from infra.local.credentials import EnvFileStore
from infra.local.execution import Outcome
from infra.local.interrupts import deferred
from infra.local.java import java_home
from infra.local.lake_folder import make_lake_folder
from infra.local.plan import Plan
from infra.local.progress import StateTimes, follow
from infra.local.spotify_api import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SpotifyApi, SpotifyApiOptions
from infra.local.stack import Spotify, Stack, open_stack
from infra.local.stopped import stop
from infra.local.summary import show_failure, show_rebuilt, show_recorded, show_success

# The local Spotify and crawler answer at once, so the state machine's waits are shortened.
_LOCAL_WAIT_SCALE: Final = 0.02
_REAL_API: Final = "https://api.spotify.com/v1/"
_REAL_ACCOUNTS: Final = "https://accounts.spotify.com/"


class RunFailed(RuntimeError):
    """An execution failed; the reason has been printed."""


@dataclasses.dataclass(frozen=True)
class Finished:
    """The result of a plan's runs.

    Attributes:
        reports: output and times of each execution, in their order.
        days: every day in the lake.
    """

    reports: list[dict[str, Any]]
    days: frozenset[dt.date]


def run_all(plan: Plan, lake: Path, console: Console, env_file: EnvFileStore) -> Finished:
    """Run a plan, with live progress and a summary for each execution.

    A refresh token that Spotify rotated meanwhile goes back into the `.env` file that it came from.

    Raises:
        JavaNotFound: there is no Java for the job; nothing is started.
        LakeUnusable: the lake folder cannot be made; nothing is started.
        RunFailed: an execution failed; those after it are not started.
        RunStopped: Ctrl-C stopped an execution; those after it are not started.
    """
    java_home()
    make_lake_folder(lake)
    wait_scale = 1.0 if plan.credentials else _LOCAL_WAIT_SCALE
    parameters = _forecasting(forecast=plan.forecast)
    if plan.sources:
        parameters["Sources"] = ",".join(plan.sources)
    with _spotify(plan) as (spotify, local):
        console.print("Starting the local AWS and deploying infra/template.yaml ...")
        if not class_archive().exists():
            console.print("This first run takes half a minute longer, so that later ones start faster.")
        with (
            open_stack(lake, spotify, wait_scale=wait_scale, parameters=parameters, warm=True) as stack,
            rotation_kept(stack, spotify.secret, None if local else env_file, console),
        ):
            reports: list[dict[str, Any]] = []
            days: Mapping[str, frozenset[dt.date]] = {}
            try:
                for planned in plan.runs:
                    if local:
                        local.day = planned.day
                    outcome, times = _run_one(planned.run_input, stack, console, lake)
                    days = days_by_table(stack)
                    partitions = {name: len(each) for name, each in days.items()}
                    with deferred():
                        stack.aws.save()  # a later day that is killed must not take this one with it
                    show_success(console, outcome, times, partitions, lake)
                    reports.append(
                        {"output": outcome.output, "seconds": outcome.seconds, "states": times.seconds}
                    )
            finally:
                if plan.recorded:
                    show_recorded(console, plan.recorded.report)
            return Finished(reports, frozenset().union(*days.values()))


def rebuild(run_input: Mapping[str, Any], lake: Path, console: Console, *, forecast: bool = False) -> None:
    """Rebuild days of a lake from its raw zone; no Spotify is needed.

    Args:
        run_input: the execution's input, with `rebuild` in it.
        lake: the folder that keeps the lake.
        console: where progress and summary go.
        forecast: whether the marts have forecasts of popularity.

    Raises:
        JavaNotFound: there is no Java for the job; nothing is started.
        LakeUnusable: the lake folder cannot be made; nothing is started.
        RunFailed: the execution failed.
        RunStopped: Ctrl-C stopped it.
    """
    java_home()
    make_lake_folder(lake)
    console.print("Starting the local AWS and deploying infra/template.yaml ...")
    parameters = _forecasting(forecast=forecast)
    with open_stack(lake, wait_scale=_LOCAL_WAIT_SCALE, parameters=parameters) as stack:
        outcome, times = _run_one(run_input, stack, console, lake)
        partitions = {name: len(days) for name, days in days_by_table(stack).items()}
        show_rebuilt(console, outcome, times, partitions, lake)


def _forecasting(*, forecast: bool) -> dict[str, str]:
    return {"ForecastPopularity": "true"} if forecast else {}


def _run_one(
    run_input: Mapping[str, Any], stack: Stack, console: Console, lake: Path
) -> tuple[Outcome, StateTimes]:
    execution = stack.start(run_input)
    try:
        console.print(
            f"Execution {execution.name} with input {json.dumps(dict(run_input))}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        times = follow(execution.steps(), console)
    except KeyboardInterrupt:
        raise stop(stack, execution) from None
    outcome = execution.outcome()
    if not outcome.succeeded:
        show_failure(console, outcome, lake, stack.last_traceback())
        raise RunFailed(outcome.error)
    return outcome, times


@contextlib.contextmanager
def rotation_kept(
    stack: Stack, before: Mapping[str, str], env_file: EnvFileStore | None, console: Console
) -> Iterator[None]:
    """Write a refresh token that Spotify rotated back to where it came from.

    The stack's secret ends with the stack, and Spotify no longer accepts the old token.

    Args:
        stack: the stack whose runs may rotate the token.
        before: the secret as the stack was given it.
        env_file: where the token came from; None for the local Spotify, whose token belongs to no one.
        console: where to print that the token did not come from there.
    """
    try:
        yield
    finally:
        used = before.get("refresh_token")
        now = stack.secret().get("refresh_token") if env_file and used else None
        if env_file and used and now and now != used and not env_file.replace_token(used, now):
            console.print(
                "[yellow]Spotify rotated the refresh token[/yellow], and the .env file does not hold the old "
                "one and the environment's token is no longer valid. Run `make authorize` for a new one."
            )


def days_by_table(stack: Stack) -> dict[str, frozenset[dt.date]]:
    """Return the days that the catalog has of each table."""
    glue, database = stack.aws.client("glue"), stack.outputs["AthenaDatabase"]
    found = {}
    for page in glue.get_paginator("get_tables").paginate(DatabaseName=database):
        for table in page["TableList"]:
            if table.get("TableType") != "VIRTUAL_VIEW":
                pages = glue.get_paginator("get_partitions").paginate(
                    DatabaseName=database, TableName=table["Name"]
                )
                found[table["Name"]] = frozenset(
                    dt.date.fromisoformat(partition["Values"][0])
                    for page in pages
                    for partition in page["Partitions"]
                )
    return found


@contextlib.contextmanager
def _spotify(plan: Plan) -> Iterator[tuple[Spotify, SpotifyApi | None]]:
    if plan.credentials:
        yield Spotify(_REAL_API, _REAL_ACCOUNTS, plan.credentials), None
        return
    secret = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
    with SpotifyApi(SpotifyApiOptions(mode=plan.mode.value), catalog=plan.recorded) as local:
        yield Spotify(local.api_url, local.accounts_url, secret), local
