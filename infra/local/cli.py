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
from rich.markup import escape

from fetch_spotify.config import DEFAULT_SOURCES
from fetch_spotify.playlists.registry import REGISTRY
from infra.local.authorize import DEFAULT_PORT, HOST, App, knows, scopes_for
from infra.local.authorize import authorize as take_consent
from infra.local.credentials import EnvFileStore, SecretStore, app_from, known_settings
from infra.local.interrupts import EXIT_CODE
from infra.local.lakes import fetched_days, lake_to_fill, lake_to_rebuild
from infra.local.plan import plan_runs
from infra.local.report import LINK_SECONDS, newest_page, presigned_link
from infra.local.run import RunFailed, run_all
from infra.local.run import rebuild as rebuild_days
from infra.local.settings import (
    Mode,
    Settings,
    check_days_fetched,
    check_run_input,
    choice,
    number_of_calls,
)
from infra.local.stopped import RunStopped
from infra.local.summary import show_next
from infra.local.terminal import LAKE_CHANGED_LAST, errors, name_lake, plain_errors

_ENV_FILE: Final = Path(".env")
_LAST_PORT: Final = 65_535
_MODES: Final = (
    "The kind of Spotify app to simulate: extended (extended quota; reads every public playlist), "
    "legacy_development (created before 11 February 2026) or development (created since then; reads only "
    "playlists that the account owns or collaborates on)."
)
_DEFAULT_SOURCES: Final = ",".join(DEFAULT_SOURCES)
_SOURCES: Final = (
    f"The sources to read, separated by commas: {', '.join(REGISTRY)}. Default: {_DEFAULT_SOURCES}."
)
_FORECAST: Final = "Forecast the popularity of each track (the template's ForecastPopularity)."
_ACCEPT_SHRINK: Final = "Publish even if playlists shrank."


def _writable(report: Path | None) -> Path | None:
    if report and not report.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {report.parent}")
    return report


app = typer.Typer(help="The whole pipeline on this machine.", no_args_is_help=True, add_completion=False)
console = Console()


@app.command()
def run(  # noqa: PLR0917 - typer reads options from the signature
    date: Annotated[str, typer.Option(help="The day to fetch, YYYY-MM-DD. Default: today.")] = "",
    playlists: Annotated[str, typer.Option(help="Playlist ids or URLs, separated by commas.")] = "",
    sources: Annotated[str, typer.Option(help=_SOURCES)] = "",
    recorded: Annotated[str, typer.Option(help="A folder of recorded API answers to play back.")] = "",
    mode: Annotated[str, typer.Option(help=_MODES)] = Mode.EXTENDED.value,
    lake: Annotated[
        Path | None,
        typer.Option(help="The folder that keeps the lake. Default: one for each source and mode."),
    ] = None,
    max_calls: Annotated[str, typer.Option(help="The most calls to Spotify.")] = "",
    report: Annotated[
        Path | None, typer.Option(help="A file for outputs and times, as JSON.", callback=_writable)
    ] = None,
    *,
    accept_shrink: Annotated[bool, typer.Option("--accept-shrink", help=_ACCEPT_SHRINK)] = False,
    forecast: Annotated[bool, typer.Option("--forecast", help=_FORECAST)] = False,
) -> None:
    """Run the pipeline: local AWS, local (or real) Spotify, one execution of the state machine."""
    with _plain_errors():
        settings = Settings(
            date=date,
            playlists=playlists,
            sources=sources,
            recorded=recorded,
            mode=choice("MODE", mode, Mode),
            today=_today(),
            max_calls=number_of_calls(max_calls),
            accept_shrink=accept_shrink,
            forecast=forecast,
        )
        plan = plan_runs(settings, _environment())
        finished = run_all(plan, lake_to_fill(lake, plan.lake_name), console, EnvFileStore(_ENV_FILE))
        show_next(console, plan, lake, finished.days)
        if report:
            report.write_text(json.dumps(finished.reports, indent=1), encoding="utf-8")


@app.command()
def rebuild(
    days: Annotated[str, typer.Argument(help="YYYY-MM-DD, YYYY-MM-DD..YYYY-MM-DD, or all.")] = "all",
    tables: Annotated[
        str, typer.Option(help="Only these tables, separated by commas, or marts. Default: all.")
    ] = "",
    lake: Annotated[Path | None, typer.Option(help=LAKE_CHANGED_LAST)] = None,
    *,
    accept_shrink: Annotated[bool, typer.Option("--accept-shrink", help=_ACCEPT_SHRINK)] = False,
    forecast: Annotated[bool, typer.Option("--forecast", help=_FORECAST)] = False,
    reprocess_rejected: Annotated[
        bool, typer.Option("--reprocess-rejected", help="Only the days that have rejected records.")
    ] = False,
) -> None:
    """Rebuild days of the lake from its raw zone, or only their marts, without a fetch."""
    given = {"tables": tables, "accept_shrink": accept_shrink, "reprocess_rejected": reprocess_rejected}
    run_input = {"rebuild": days, **{key: value for key, value in given.items() if value}}
    with _plain_errors():
        check_run_input(run_input, _today())
        found = lake_to_rebuild(lake)
        name_lake(found, lake)
        if tables != "marts":  # these are made from published tables
            check_days_fetched(days, fetched_days(found), found)
        rebuild_days(run_input, found, console, forecast=forecast)


@app.command()
def report(
    lake: Annotated[Path | None, typer.Option(help=LAKE_CHANGED_LAST)] = None,
    stack: Annotated[str, typer.Option(help="A stack on AWS: print a link to its report.")] = "",
) -> None:
    """Open the newest report page of a lake in the browser, or print a link to that of a stack."""
    with _plain_errors():
        if stack:
            link = presigned_link(stack)
            console.print(link, soft_wrap=True, highlight=False, markup=False)
            errors.print(
                f"Anyone who has this link can read the report for {LINK_SECONDS // 60} minutes.", style="dim"
            )
            return
        found = lake_to_rebuild(lake)
        name_lake(found, lake)
        page = newest_page(found)
        console.print(str(page), soft_wrap=True, highlight=False, markup=False)
        webbrowser.open(page.as_uri())


@app.command()
def authorize(
    secret: Annotated[
        str, typer.Option(help="ARN or name of the stack's secret. Default: the file .env.")
    ] = "",
    sources: Annotated[
        str, typer.Option(help="The sources that runs will read, separated by commas.")
    ] = _DEFAULT_SOURCES,
    port: Annotated[
        int, typer.Option(min=1, max=_LAST_PORT, help=f"The port of the redirect URI, on {HOST}.")
    ] = DEFAULT_PORT,
) -> None:
    """Authorise a Spotify account in the browser. Spotify ends the consent after six months."""
    with _plain_errors():
        scopes = scopes_for(sources.split(","))
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


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def _environment() -> Mapping[str, str]:
    """The variables of the shell, and those of a .env file that the shell does not set."""
    from_file = {name: value for name, value in dotenv_values(_ENV_FILE).items() if value is not None}
    return {**from_file, **os.environ}


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn what a user can cause into one sentence and an exit code."""
    with plain_errors():
        try:
            yield
        except RunFailed:
            raise typer.Exit(1) from None  # its summary is on the screen
        except RunStopped as stopped:
            errors.print(f"\n{escape(str(stopped))}", highlight=False, soft_wrap=True)
            raise typer.Exit(EXIT_CODE) from None
