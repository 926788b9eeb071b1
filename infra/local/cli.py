"""The command line of the local pipeline: `python -m infra.local`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from dotenv import dotenv_values
from rich.console import Console

from infra.local.authorize import DEFAULT_PORT, HOST, App, AuthorizationFailed, knows, scopes_for
from infra.local.authorize import authorize as take_consent
from infra.local.credentials import CredentialsUnusable, EnvFileStore, SecretStore, app_from, known_settings
from infra.local.plan import Mode, PlanError, Settings, plan_runs
from infra.local.query import QueryFailed, run_query, show_result
from infra.local.run import RunFailed, run_all
from infra.local.run import rebuild as rebuild_days
from infra.local.stack import LakeInUse, open_stack

DEFAULT_LAKE: Final = Path(".lake")
_ENV_FILE: Final = Path(".env")
_LAST_PORT: Final = 65_535
_EXPECTED: Final = (PlanError, LakeInUse, QueryFailed, AuthorizationFailed, CredentialsUnusable)

app = typer.Typer(help="The whole pipeline on this machine.", no_args_is_help=True, add_completion=False)
console = Console()
errors = Console(stderr=True)


@app.command()
def run(  # noqa: PLR0917 - typer reads options from the signature
    date: Annotated[str, typer.Option(help="The day to fetch, YYYY-MM-DD. Default: today.")] = "",
    playlists: Annotated[str, typer.Option(help="Playlist ids or URLs, with commas.")] = "",
    recorded: Annotated[str, typer.Option(help="A folder of recorded API answers to play back.")] = "",
    mode: Annotated[Mode, typer.Option(help="The kind of Spotify app to play.")] = Mode.EXTENDED,
    lake: Annotated[Path, typer.Option(help="The folder that keeps the lake.")] = DEFAULT_LAKE,
    report: Annotated[Path | None, typer.Option(help="A file for outputs and times, as JSON.")] = None,
) -> None:
    """Run the pipeline: local AWS, local (or real) Spotify, one execution of the state machine."""
    with _told_plainly():
        settings = Settings(
            date=date, playlists=playlists, recorded=recorded, mode=mode, today=dt.datetime.now(dt.UTC).date()
        )
        reports = run_all(plan_runs(settings, _environment()), lake, console, EnvFileStore(_ENV_FILE))
        if report:
            report.write_text(json.dumps(reports, indent=1), encoding="utf-8")


@app.command()
def rebuild(
    days: Annotated[str, typer.Argument(help="YYYY-MM-DD, YYYY-MM-DD..YYYY-MM-DD, or all.")] = "all",
    tables: Annotated[str, typer.Option(help="Only these, with commas. Default: every table.")] = "",
    lake: Annotated[Path, typer.Option(help="The folder that keeps the lake.")] = DEFAULT_LAKE,
    *,
    accept_shrink: Annotated[bool, typer.Option(help="Let playlists have lost any share.")] = False,
) -> None:
    """Make days of the lake anew from its raw zone, without a fetch."""
    with _told_plainly():
        rebuild_days(days, tables, lake, console, accept_shrink=accept_shrink)


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


@app.command()
def authorize(
    secret: Annotated[
        str, typer.Option(help="ARN or name of the stack's secret; default: the .env file.")
    ] = "",
    sources: Annotated[str, typer.Option(help="What is going to be read, with commas.")] = "playlists",
    port: Annotated[int, typer.Option(min=1, max=_LAST_PORT, help="Of the loopback address.")] = DEFAULT_PORT,
) -> None:
    """Authorise an account in the browser; the consent holds for six months."""
    with _told_plainly():
        scopes = scopes_for([source.strip() for source in sources.split(",")])
        store = SecretStore(secret) if secret else EnvFileStore(_ENV_FILE)
        spotify_app = _known_app(app_from({**store.read(), **known_settings(os.environ)}, _ask))
        console.print(
            f"The app's settings must list [bold]http://{HOST}:{port}/callback[/bold] as a redirect URI."
        )
        consent = take_consent(spotify_app, scopes, _open_browser, port=port)
        store.write(spotify_app, consent)
    console.print(f"Authorised as [bold]{consent.account}[/bold], until {consent.ends_on}.", highlight=False)
    console.print(f"It can list {consent.playlists_total} playlists:", highlight=False)
    for name in consent.playlists:
        console.print(f"  {name}", markup=False, highlight=False)
    console.print(f"Stored in {store.place}.", highlight=False)


def _known_app(spotify_app: App) -> App:
    """The app with a client secret that Spotify accepts; a stored one may have been rotated since."""
    while not knows(spotify_app):
        errors.print(
            f"Spotify does not accept this client secret for the client id {spotify_app.client_id}. "
            "Was it rotated? The valid one is at developer.spotify.com/dashboard.",
            highlight=False,
        )
        entered = _ask("Client secret", is_secret=True).strip()
        spotify_app = dataclasses.replace(spotify_app, client_secret=entered)
    return spotify_app


def _open_browser(url: str) -> None:
    console.print("Open this address in a browser, if it does not open by itself:")
    console.print(url, soft_wrap=True, highlight=False, markup=False)
    webbrowser.open(url)


def _ask(name: str, *, is_secret: bool) -> str:
    return str(typer.prompt(name, hide_input=is_secret))


def _environment() -> Mapping[str, str]:
    """The variables of the shell, and those of a .env file that the shell does not set."""
    from_file = {name: value for name, value in dotenv_values(_ENV_FILE).items() if value is not None}
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
