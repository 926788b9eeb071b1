"""What a run ends with: the states, the tables, the day's figures, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
    console.print(_states(times))
    console.print(_tables(output["rows"], partitions))
    console.print(_figures(output))
    _print_playlists(console, output)
    console.print(
        f"[bold green]{output['snapshot_date']} is in the lake[/bold green], in {outcome.seconds:.1f} s "
        f"with {output['calls']['total']} calls to Spotify.",
        highlight=False,
    )
    console.print(f"The files are under [bold]{lake}/s3/[/bold].", highlight=False)
    _print_next(console)


def show_failure(console: Console, outcome: Outcome) -> None:
    """Print why a run failed, as the operator reads it in the console."""
    console.print()
    console.print(f"[bold red]{outcome.error or outcome.status}[/bold red]  {outcome.cause}", highlight=False)


def _states(times: StateTimes) -> Table:
    table = Table("state", title="States", title_justify="left")
    table.add_column("times", justify="right")
    table.add_column("seconds", justify="right")
    for state, seconds in times.seconds.items():
        retries = f" (+{times.retries[state]} retries)" if times.retries[state] else ""
        table.add_row(state, f"{times.entered[state]}{retries}", f"{seconds:.1f}")
    return table


def _tables(rows: Mapping[str, int], partitions: Mapping[str, int]) -> Table:
    table = Table("table", title="Tables", title_justify="left")
    table.add_column("rows of the day", justify="right")
    table.add_column("days in the lake", justify="right")
    for name, count in rows.items():
        table.add_row(name, f"{count:,}", str(partitions.get(name, 0)))
    return table


def _figures(output: Mapping[str, Any]) -> Table:
    table = Table("figure", title=f"Daily summary of {output['snapshot_date']}", title_justify="left")
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


def _print_next(console: Console) -> None:
    console.print("\nNext:")
    for command in (
        "make query SQL='select name, popularity from latest_tracks order by popularity desc limit 10'",
        "make run DATE=<another day>          # a second day adds to the first",
        "make query SQL='select playlist_name, change, item_name from playlist_changes limit 20'",
    ):
        console.print(f"  {command}", highlight=False, markup=False)
