"""The summary of a run: states, tables, the day's figures, and what to do next."""

from __future__ import annotations

import datetime as dt
import re
import shlex
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from rich import box
from rich.columns import Columns
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.local.execution import Outcome
from infra.local.plan import Plan
from infra.local.progress import StateTimes
from infra.local.report import page_of
from infra.local.spotify_api import Report

_LOGS_ON_AWS: Final = re.compile(r"The logs of job run (\S+) are in /aws-glue/[^.]*\.")
# Keys of an execution's input that a cause may name as the fix, and how `make` takes them.
_VARIABLES: Final = {"accept_shrink": "ACCEPT_SHRINK=1", "max_calls": "MAX_CALLS=<number>"}
# It has an answer for every kind of app; popularity, for example, is null for one made since February 2026.
_MOST_LISTED_TRACKS: Final = (
    "select name, playlists from track_trends "
    "where snapshot_date = (select max(snapshot_date) from playlists) order by playlists desc limit 10"
)


def show_success(
    console: Console, outcome: Outcome, times: StateTimes, partitions: Mapping[str, int], lake: Path
) -> None:
    """Print the summary of a run that succeeded."""
    output = outcome.output or {}
    console.print()
    console.print(
        Columns(
            [
                _states(times, outcome.seconds),
                _tables("Tables", output["rows"], partitions, "rows of\nthe day"),
                *_marts(output, partitions, "rows of\nthe day"),
                _figures(output),
            ],
            padding=(0, 4),
        )
    )
    _print_playlists(console, output)
    _print_quality(console, output)
    console.print(
        f"[bold green]{output['snapshot_date']} is in the lake[/bold green], in {outcome.seconds:.1f} s "
        f"with {output['calls']['total']} calls to Spotify.",
        highlight=False,
    )
    console.print(f"The files are under [bold]{lake}/s3/[/bold].", highlight=False, soft_wrap=True)
    _print_report(console, output, lake)


def show_rebuilt(
    console: Console, outcome: Outcome, times: StateTimes, partitions: Mapping[str, int], lake: Path
) -> None:
    """Print the summary of a rebuild that succeeded; the rows are those of all its days."""
    output = outcome.output or {}
    rebuilt = output["rebuilt"]
    console.print()
    console.print(
        Columns(
            [
                _states(times, outcome.seconds),
                *([_tables("Tables", output["rows"], partitions, "rows\nrebuilt")] if output["rows"] else []),
                *_marts(output, partitions, "rows\nrebuilt"),
                _figures(output),
            ],
            padding=(0, 4),
        )
    )
    _print_quality(console, output)
    for day, reason in rebuilt["left"].items():
        console.print(f"  [yellow]left unchanged[/yellow] {day}: {reason}", highlight=False, style="dim")
    days = rebuilt["first"] if rebuilt["days"] == 1 else f"{rebuilt['first']} to {rebuilt['last']}"
    console.print(
        f"[bold green]{rebuilt['days']} day{'s'[: rebuilt['days'] > 1]} rebuilt[/bold green] ({days}),"
        f" in {outcome.seconds:.1f} s.",
        highlight=False,
    )
    _print_report(console, output, lake)


def show_failure(console: Console, outcome: Outcome, lake: Path, traceback: str = "") -> None:
    """Print why a run failed, as the operator reads it in the console, and the traceback if there is one.

    The local path of the job's log replaces the log group on AWS.
    """
    cause = _LOGS_ON_AWS.sub(
        lambda found: f"The log of job run {found[1]} is {lake}/logs/glue/{found[1]}.log.", outcome.cause
    )
    console.print()
    console.print(
        f"[bold red]{outcome.error or outcome.status}[/bold red]  {escape(cause)}",
        highlight=False,
        soft_wrap=True,
    )
    for key, variable in _VARIABLES.items():
        if key in outcome.cause:
            console.print(f"Here, {key} is given as [bold]make ... {variable}[/bold].", highlight=False)
    if traceback:
        console.print(f"\n{traceback}", highlight=False, markup=False, soft_wrap=True)


def _table(first_column: str, title: str) -> Table:
    return Table(first_column, title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)


def _states(times: StateTimes, whole: float) -> Table:
    """All rounds of a state together, and its share of the whole execution's seconds."""
    table = _table("state", "States")
    for column in ("times", "seconds", "share"):
        table.add_column(column, justify="right")
    for state, seconds in times.seconds.items():
        retries = f" (+{times.retries[state]} retries)" if times.retries[state] else ""
        share = f"{seconds / whole:.0%}" if whole else ""
        table.add_row(state, f"{times.entered[state]}{retries}", f"{seconds:.1f}", share)
    table.add_row("the execution", "", f"{whole:.1f}", "100%", style="bold")
    return table


def _marts(output: Mapping[str, Any], partitions: Mapping[str, int], rows_of: str) -> list[Table]:
    """The marts as one table; none when they are switched off."""
    marts = output.get("marts")
    return [_tables("Marts", marts["rows"], partitions, rows_of)] if marts else []


def _tables(title: str, rows: Mapping[str, int], partitions: Mapping[str, int], rows_of: str) -> Table:
    table = _table("table", title)
    table.add_column(rows_of, justify="right")
    table.add_column("days in\nthe lake", justify="right")
    for name, count in rows.items():
        table.add_row(name, f"{count:,}", str(partitions.get(name, 0)))
    return table


def _figures(output: Mapping[str, Any]) -> Table:
    table = _table("figure", f"Daily summary of {output['snapshot_date']}")
    table.add_column("value", justify="right")
    for name, value in output["summary"].items():
        table.add_row(name.replace("_", " "), "unknown" if value is None else str(value))
    return table


def _print_playlists(console: Console, output: Mapping[str, Any]) -> None:
    playlists = output["playlists"]
    console.print(
        f"Playlists: {playlists['fetched']} fetched, {playlists['unchanged']} unchanged, "
        f"{playlists['skipped_total']} skipped.",
        highlight=False,
    )
    if left_out := playlists.get("heads", {}).get("left_out"):  # a rebuild reads none
        console.print(f"  [yellow]followers not read[/yellow] of {left_out} unchanged playlists", style="dim")
    for skipped in playlists["skipped"]:
        console.print(
            f"  [yellow]skipped[/yellow] {skipped['playlist']} ({skipped['reason']}): {skipped['message']}",
            highlight=False,
            style="dim",
        )


def show_recorded(console: Console, report: Report) -> None:
    """Print which recorded answers were not used, and which lists were recorded in part."""
    for title, lines in (
        ("Recorded in part, and played back as far as it goes:", report.incomplete),
        ("Recorded, but not played back:", report.unused),
    ):
        if lines:
            console.print(f"\n[yellow]{title}[/yellow]", highlight=False)
        for line in lines:
            console.print(f"  {line}", style="dim", highlight=False, markup=False, soft_wrap=True)


def _print_report(console: Console, output: Mapping[str, Any], lake: Path) -> None:
    """Where the report page is, or why there is none."""
    report = output["report"]
    if "uri" in report:
        console.print(
            f"The report is [bold]{page_of(lake, report['uri'])}[/bold]; make report opens it.",
            highlight=False,
            soft_wrap=True,
        )
    else:
        console.print(
            f"[yellow]There is no report.[/yellow] {escape(report.get('reason', ''))}",
            highlight=False,
            soft_wrap=True,
        )


def _print_quality(console: Console, output: Mapping[str, Any]) -> None:
    """The rules that did not hold on the newest day of the run, with their figures."""
    quality = output["quality"]
    failed, total = quality["failed"], quality["failed_total"]
    held = "all held" if not total else f"{total} did not hold"
    console.print(f"Quality rules: {quality['rules']} checked, {held}.", highlight=False)
    for each in failed:
        figures = each["detail"] or f"{each['failing']:,} rows"
        console.print(
            f"  [yellow]{each['severity']}[/yellow] {escape(each['rule'])}: {escape(figures)}",
            highlight=False,
            style="dim",
        )
    if total > len(failed):
        where = f"snapshot_date = '{output['snapshot_date']}' and not is_passed"
        console.print(
            f"  and {total - len(failed)} more: select * from quality_results where {where}",
            highlight=False,
            style="dim",
        )


def show_next(console: Console, plan: Plan, lake: Path | None, days: Collection[dt.date]) -> None:
    """Print what to do after a plan's runs.

    Args:
        console: where to.
        plan: what was run.
        lake: the lake that was named on the command line, if one was.
        days: the days in the lake.
    """
    where = f" LAKE={shlex.quote(str(lake))}" if lake else ""
    query = f"make query{where} SQL="
    commands = [f"{query}'{_MOST_LISTED_TRACKS}'"]
    is_first = len(days) <= 1
    if another := plan.another_day(days):
        then = " next to this one; then" if is_first else ""
        commands.append(f"make run DATE={another}{plan.variables}{where}     # another day{then}")
    elif plan.credentials and is_first:
        commands.append(f"make run{plan.variables}{where}     # tomorrow, for a second day; then")
    commands.append(f"{query}'select playlist_name, change, item_name from playlist_changes limit 20'")
    console.print("\nNext:")
    for command in commands:
        console.print(f"  {command}", highlight=False, markup=False, soft_wrap=True)
