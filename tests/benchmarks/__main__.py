"""`make bench`: figures, not tests. Each part prints a small table; nothing is asserted."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from tests.benchmarks import bench_fetch, bench_run

app = typer.Typer(help=__doc__, add_completion=False, invoke_without_command=True)
console = Console()


@app.callback()
def everything(context: typer.Context) -> None:
    """Run every part."""
    if context.invoked_subcommand is None:
        whole_run()
        fetch_calls()
        fetch_time()


@app.command("run")
def whole_run(times: Annotated[int, typer.Option(help="Counted runs, after one to warm up.")] = 3) -> None:
    """`make run` on the bundled catalog: the whole command and each state."""
    console.print(bench_run.measure(times))


@app.command("calls")
def fetch_calls() -> None:
    """Calls to Spotify for the bundled catalog, against the fewest possible."""
    console.print(bench_fetch.count_calls())


@app.command("fetch")
def fetch_time(playlists: int = 200, items: int = 100, latency_ms: int = 50, concurrency: int = 4) -> None:
    """The fetch of a large catalog: wall time against the physical limit, and memory."""
    console.print(bench_fetch.measure(playlists, items, latency_ms / 1000, concurrency))


app()
