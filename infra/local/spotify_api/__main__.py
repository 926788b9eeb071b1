"""The local Spotify as a process.

    python -m infra.local.spotify_api --mode extended --day 2026-11-22 --port 0

prints one JSON line, `{"api_url", "accounts_url", "client_id", "client_secret", "refresh_token"}`, and
serves until it is interrupted. `GET /_local/calls` counts the calls so far.
"""

from __future__ import annotations

import datetime as dt
import json
import signal
import threading
from pathlib import Path
from typing import Annotated, Final, cast

import typer

from infra.local.spotify_api import (
    CLIENT_ID,
    CLIENT_SECRET,
    REFRESH_TOKEN,
    FaultPlan,
    FaultPlanError,
    RecordingUnreadableError,
    Scale,
    SpotifyApi,
    SpotifyApiOptions,
)
from infra.local.spotify_api.options import MODES, Mode

_MODE_HELP: Final = (
    "The kind of app: extended (extended quota), legacy_development (created before 11 February 2026) or "
    "development (created since then; it reads only playlists that the account owns or collaborates on)."
)
_SCALE_HELP: Final = "A generated catalog of this size, for example 200x100, instead of the bundled one."
_LAST_PORT: Final = 65_535


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day. Write it as 2026-11-22.") from None


def _mode(text: str) -> str:
    if text not in MODES:
        raise typer.BadParameter(f"{text!r} is not a mode. The modes are {', '.join(MODES)}.")
    return text


def _scale(text: str) -> Scale:
    playlists, _, items = text.partition("x")
    if not (playlists.isdigit() and items.isdigit()):
        raise typer.BadParameter(f"{text!r} is not a size. Write <playlists>x<items>, for example 200x100.")
    return Scale(int(playlists), int(items))


def serve(  # noqa: PLR0917 - typer reads options from the signature
    mode: Annotated[str, typer.Option(parser=_mode, help=_MODE_HELP)] = "extended",
    day: Annotated[
        dt.date | None, typer.Option(parser=_day, help="The day to simulate, YYYY-MM-DD. Default: today.")
    ] = None,
    recorded: Annotated[
        Path | None, typer.Option(help="A folder of recorded API answers to play back.")
    ] = None,
    scale: Annotated[
        Scale | None, typer.Option(parser=_scale, metavar="<playlists>x<items>", help=_SCALE_HELP)
    ] = None,
    faults: Annotated[str | None, typer.Option(help="Faults to inject: JSON, or @file.")] = None,
    latency: Annotated[float, typer.Option(help="Minimum seconds per answer.", min=0)] = 0.0,
    port: Annotated[
        int, typer.Option(help="The port on 127.0.0.1; 0 uses a free one.", min=0, max=_LAST_PORT)
    ] = 0,
) -> None:
    """Simulate the Spotify Web API on this machine until interrupted."""
    try:
        text = Path(faults[1:]).read_text() if faults and faults.startswith("@") else faults
        options = SpotifyApiOptions(
            mode=cast("Mode", mode),
            day=day,
            recorded=recorded,
            scale=scale,
            faults=FaultPlan.from_json(text) if text else FaultPlan(),
            latency=latency,
            port=port,
        )
        spotify = SpotifyApi(options)
    except (FaultPlanError, RecordingUnreadableError, OSError, ValueError) as error:
        typer.echo(f"The local Spotify cannot start: {error}", err=True)
        raise typer.Exit(2) from None
    interrupted = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    with spotify:
        urls = {"api_url": spotify.api_url, "accounts_url": spotify.accounts_url}
        client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
        typer.echo(json.dumps(urls | client))
        interrupted.wait()


if __name__ == "__main__":
    typer.run(serve)
