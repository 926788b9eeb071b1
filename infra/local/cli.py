"""The command line of the local pipeline: `python -m infra.local`."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from dotenv import dotenv_values
from rich.console import Console

from infra.local.plan import Mode, PlanError, Settings, plan_runs
from infra.local.query import QueryFailed, run_query, show_result
from infra.local.run import RunFailed, run_all
from infra.local.stack import LakeInUse, open_stack

DEFAULT_LAKE: Final = Path(".lake")
_EXPECTED: Final = (PlanError, LakeInUse, QueryFailed)

app = typer.Typer(help="The whole pipeline on this machine.", no_args_is_help=True, add_completion=False)
console = Console()
errors = Console(stderr=True)


@app.command()
def run(
    date: Annotated[str, typer.Option(help="The day to fetch, YYYY-MM-DD. Default: today.")] = "",
    playlists: Annotated[str, typer.Option(help="Playlist ids or URLs, with commas.")] = "",
    recorded: Annotated[str, typer.Option(help="A folder of recorded API answers to play back.")] = "",
    mode: Annotated[Mode, typer.Option(help="The kind of Spotify app to play.")] = Mode.EXTENDED,
    lake: Annotated[Path, typer.Option(help="The folder that keeps the lake.")] = DEFAULT_LAKE,
) -> None:
    """Run the pipeline: local AWS, local (or real) Spotify, one execution of the state machine."""
    with _told_plainly():
        settings = Settings(
            date=date, playlists=playlists, recorded=recorded, mode=mode, today=dt.datetime.now(dt.UTC).date()
        )
        run_all(plan_runs(settings, _environment()), lake, console)


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="A statement in Athena SQL.")],
    lake: Annotated[Path, typer.Option(help="The folder that keeps the lake.")] = DEFAULT_LAKE,
) -> None:
    """Ask the lake in Athena SQL."""
    with _told_plainly():
        with open_stack(lake) as stack:
            result = run_query(stack, sql)
        show_result(console, result)


def _environment() -> Mapping[str, str]:
    """The variables of the shell, and those of a .env file that the shell does not set."""
    from_file = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return {**from_file, **os.environ}


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Turn what a user can cause into one sentence and an exit code."""
    try:
        yield
    except RunFailed:
        raise typer.Exit(1) from None  # its summary is on the screen
    except _EXPECTED as error:
        errors.print(f"[bold red]{type(error).__name__}[/bold red]  {error}", highlight=False)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        errors.print("\nStopped. What was in the lake before is unchanged.")
        raise typer.Exit(130) from None
