"""The command line of `make query` and `make shell`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infra.local.lakes import lake_to_query
from infra.local.problems import UserProblem
from infra.local.settings import choice
from infra.local.sql.output import Format, write_result
from infra.local.terminal import LAKE_USED_LAST, name_lake, plain_errors

app = typer.Typer(help="Athena SQL on a lake.", no_args_is_help=True, add_completion=False)
console = Console()

_Lake = Annotated[Path | None, typer.Option("--lake", help=LAKE_USED_LAST)]
_Form = Annotated[str, typer.Option("--format", help="A table to read, or all rows as csv or json.")]


class NoStatement(UserProblem):
    """The statement is empty."""

    def __init__(self) -> None:
        super().__init__(
            "There is no statement to run. Write one: make query SQL='select name from latest_tracks limit 5'"
        )


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="A statement in Athena SQL.")] = "",
    lake: _Lake = None,
    form: _Form = Format.TABLE.value,
) -> None:
    """Run one statement."""
    with plain_errors():
        if not sql.strip():
            raise NoStatement
        chosen_format = choice("FORMAT", form, Format)
        found = lake_to_query(lake)
        name_lake(found, lake)
        from infra.local.sql.session import LakeSession  # noqa: PLC0415  # takes half of the time

        write_result(LakeSession(found).run(sql), chosen_format, console)


@app.command()
def shell(lake: _Lake = None, form: _Form = Format.TABLE.value) -> None:
    """Read statements from the terminal, or from standard input."""
    with plain_errors():
        chosen_format = choice("FORMAT", form, Format)
        found = lake_to_query(lake)
        name_lake(found, lake)
        from infra.local.sql.session import LakeSession  # noqa: PLC0415
        from infra.local.sql.shell import HISTORY, Shell  # noqa: PLC0415

        session = LakeSession(found)
        started = Shell(session, console)
        if sys.stdin.isatty() and sys.stdout.isatty():
            started.interact(found / HISTORY)
        elif not started.run_script(
            sys.stdin.read(), lambda sql: write_result(session.run(sql), chosen_format, console)
        ):
            raise typer.Exit(2)
