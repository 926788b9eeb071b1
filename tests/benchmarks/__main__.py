"""`make bench`: figures, not tests. Each part prints a small table; nothing is asserted."""

from __future__ import annotations

from typing import Annotated, Final

import typer
from rich.console import Console

from tests.benchmarks import (
    bench_fetch,
    bench_forecast,
    bench_history,
    bench_job,
    bench_marts,
    bench_query,
    bench_report,
    bench_run,
    bench_trends,
    document,
)

_MILLION: Final = 1_000_000
_SIZES: Final = "50000,1000000,5000000"

app = typer.Typer(help=__doc__, add_completion=False, invoke_without_command=True)
console = Console()


@app.callback()
def everything(context: typer.Context) -> None:
    """Run every part."""
    if context.invoked_subcommand is None:
        whole_run()
        query()
        report()
        fetch_calls()
        fetch_time()
        job(write=True)
        history()
        trends()
        forecast()
        marts()
        questions()


@app.command("run")
def whole_run(times: Annotated[int, typer.Option(help="Counted runs, after one to warm up.")] = 3) -> None:
    """`make run` on the bundled catalog: the whole command and each state."""
    console.print(bench_run.measure(times))


@app.command("query")
def query(days: int = 400, items: int = 20_000, rows: int = 240_000, times: int = 5) -> None:
    """`make query`: a small query, a large result, and one day of a long history."""
    console.print(bench_query.measure(days, items, rows, times))


@app.command("report")
def report(times: Annotated[int, typer.Option(help="How often each page is opened.")] = 3) -> None:
    """The report page: size, time to render, time until Chromium has drawn the first screen."""
    console.print(bench_report.measure(times))


@app.command("calls")
def fetch_calls() -> None:
    """Calls to Spotify for the bundled catalog, compared with the minimum."""
    console.print(bench_fetch.count_calls())


@app.command("fetch")
def fetch_time(
    playlists: int = 200, items: int = 100, latency_ms: int = 50, concurrency: int = 4, times: int = 3
) -> None:
    """The fetch of a large catalog: wall time compared with the physical limit, and memory."""
    console.print(bench_fetch.measure(playlists, items, latency_ms / 1000, concurrency, times))


@app.command("job")
def job(
    *,
    items: Annotated[str, typer.Option(help="Sizes of the day, comma separated.")] = _SIZES,
    times: Annotated[int, typer.Option(help="Runs of each engine, in turn; above a million, one.")] = 3,
    engines: Annotated[str, typer.Option(help="To compare with, comma separated.")] = "duckdb,polars,pandas",
    cores: Annotated[int | None, typer.Option(help="How many cores each may use; all when left out.")] = None,
    memory_gb: Annotated[int, typer.Option(help="How much memory each may take.")] = 20,
    write: Annotated[bool, typer.Option(help="Write the table into docs/performance.md.")] = False,
) -> None:
    """The Glue job on a large day, compared with other engines, which must give the same rows."""
    names = [name for name in engines.split(",") if name]
    measured = {}
    for size in map(int, items.split(",")):
        runs = times if size <= _MILLION else 1
        measured[size] = bench_job.measure(size, runs, names, memory_gb * 1024**3, cores)
        console.print(bench_job.tabulate(size, measured[size]))
    if write:
        document.write(bench_job.markdown(measured))
        console.print(f"Written into {document.PATH}.")


@app.command("history")
def history(
    items: Annotated[int, typer.Option(help="Items of a day.")] = 20_000,
    days: Annotated[int, typer.Option(help="Days before it.")] = 250,
    times: Annotated[int, typer.Option(help="Runs of each, in turn.")] = 3,
) -> None:
    """The Glue job adding a day to a long history, compared with the same day in an empty lake."""
    console.print(bench_history.measure(items, days, times))


@app.command("trends")
def trends(
    series: Annotated[int, typer.Option(help="Simulated series of each kind.")] = 4_000,
    seed: Annotated[int, typer.Option(help="Of the simulation.")] = 1,
) -> None:
    """How often `trend_signals` calls a series without a trend rising or falling."""
    console.print(bench_trends.measure(series, seed))


@app.command("forecast")
def forecast(
    series: Annotated[int, typer.Option(help="Simulated series of each kind.")] = 4_000,
    seed: Annotated[int, typer.Option(help="Of the simulation.")] = 1,
) -> None:
    """Which simulated popularities get a forecast, and how good it is."""
    console.print(bench_forecast.measure(series, seed))


@app.command("marts")
def marts(items: int = 20_000, days: int = 400, times: int = 3) -> None:
    """The marts of a day on top of 28 days and of a long history."""
    console.print(bench_marts.measure(items, days, times))


@app.command("questions")
def questions(items: int = 20_000, days: int = 400, times: int = 3) -> None:
    """Every saved query on a long history: bytes and seconds."""
    console.print(bench_marts.ask(items, days, times))


if __name__ == "__main__":
    app()
