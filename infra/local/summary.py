"""What a run ends with: the states, the tables, the day's figures, and what to do next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich import box
from rich.columns import Columns
from rich.console import Console
from rich.table import Table

from infra.local.execution import Outcome
from infra.local.progress import StateTimes


def show_success(
    console: Console, outcome: Outcome, times: StateTimes, partitions: Mapping[str, int], lake: Path
) -> None:
    """Print the summary of a run that succeeded."""
    output = outcome.output or {}
    console.print()
    console.print(
        Columns([_states(times), _tables(output["rows"], partitions), _figures(output)], padding=(0, 4))
    )
    _print_playlists(console, output)
    console.print(
        f"[bold green]{output['snapshot_date']} is in the lake[/bold green], in {outcome.seconds:.1f} s "
        f"with {output['calls']['total']} calls to Spotify.",
        highlight=False,
    )
    console.print(f"The files are under [bold]{lake}/s3/[/bold].", highlight=False, soft_wrap=True)


def show_rebuilt(
    console: Console, outcome: Outcome, times: StateTimes, partitions: Mapping[str, int]
) -> None:
    """Print the summary of a rebuild that succeeded; the rows are those of all its days."""
    output = outcome.output or {}
    rebuilt = output["rebuilt"]
    console.print()
    console.print(
        Columns([_states(times), _tables(output["rows"], partitions), _figures(output)], padding=(0, 4))
    )
    for day, reason in rebuilt["left"].items():
        console.print(f"  [yellow]left as it is[/yellow] {day}: {reason}", highlight=False, style="dim")
    days = rebuilt["first"] if rebuilt["days"] == 1 else f"{rebuilt['first']} to {rebuilt['last']}"
    console.print(
        f"[bold green]{rebuilt['days']} day{'s'[: rebuilt['days'] > 1]} rebuilt[/bold green] ({days}),"
        f" in {outcome.seconds:.1f} s.",
        highlight=False,
    )


def show_failure(console: Console, outcome: Outcome) -> None:
    """Print why a run failed, as the operator reads it in the console."""
    console.print()
    console.print(f"[bold red]{outcome.error or outcome.status}[/bold red]  {outcome.cause}", highlight=False)


def _table(first_column: str, title: str) -> Table:
    return Table(first_column, title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)


def _states(times: StateTimes) -> Table:
    table = _table("state", "States")
    table.add_column("times", justify="right")
    table.add_column("seconds", justify="right")
    for state, seconds in times.seconds.items():
        retries = f" (+{times.retries[state]} retries)" if times.retries[state] else ""
        table.add_row(state, f"{times.entered[state]}{retries}", f"{seconds:.1f}")
    return table


def _tables(rows: Mapping[str, int], partitions: Mapping[str, int]) -> Table:
    table = _table("table", "Tables")
    table.add_column("rows", justify="right")
    table.add_column("days", justify="right")
    for name, count in rows.items():
        table.add_row(name, f"{count:,}", str(partitions.get(name, 0)))
    return table


def _figures(output: Mapping[str, Any]) -> Table:
    table = _table("figure", f"Daily summary of {output['snapshot_date']}")
    table.add_column("value", justify="right")
    for name, value in output["summary"].items():
        table.add_row(name.replace("_", " "), str(value))
    return table


def _print_playlists(console: Console, output: Mapping[str, Any]) -> None:
    playlists = output["playlists"]
    console.print(
        f"Playlists: {playlists['fetched']} fetched, {playlists['unchanged']} unchanged, "
        f"{playlists['skipped_total']} skipped.",
        highlight=False,
    )
    for skipped in playlists["skipped"]:
        console.print(
            f"  [yellow]skipped[/yellow] {skipped['playlist']} ({skipped['reason']}): {skipped['message']}",
            highlight=False,
            style="dim",
        )


def show_next(console: Console, day: dt.date) -> None:
    """Print what to do after a run of this day."""
    console.print("\nNext:")
    for command in (
        "make query SQL='select name, popularity from latest_tracks order by popularity desc limit 10'",
        f"make run DATE={day - dt.timedelta(days=1)}     # another day beside this one; then",
        "make query SQL='select playlist_name, change, item_name from playlist_changes limit 20'",
    ):
        console.print(f"  {command}", highlight=False, markup=False, soft_wrap=True)
