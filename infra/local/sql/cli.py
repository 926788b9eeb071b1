"""The command line of `make query`, `make queries` and `make shell`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from infra.local.lakes import lake_to_query
from infra.local.problems import UserProblem
from infra.local.settings import choice
from infra.local.sql.output import Format, write_result
from infra.local.sql.saved import find_query, list_queries
from infra.local.terminal import LAKE_CHANGED_LAST, ResultConsole, errors, name_lake, plain_errors

app = typer.Typer(help="Athena SQL on a lake.", no_args_is_help=True, add_completion=False)
console = ResultConsole()

_Lake = Annotated[Path | None, typer.Option("--lake", help=LAKE_CHANGED_LAST)]
_Form = Annotated[str, typer.Option("--format", help="A table to read, or all rows as csv or json.")]


class NoStatement(UserProblem):
    """The statement is empty."""

    def __init__(self) -> None:
        super().__init__(
            "There is no statement to run. Write one: make query SQL='select name from latest_tracks limit 5'"
        )


class TwoStatements(UserProblem):
    """Both a statement and the name of a saved query were given."""

    def __init__(self) -> None:
        super().__init__("A statement and the name of a saved query were given. Use either SQL or NAME.")


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="A statement in Athena SQL.")] = "",
    name: Annotated[str, typer.Option(help="Run a saved query instead.")] = "",
    lake: _Lake = None,
    form: _Form = Format.TABLE.value,
) -> None:
    """Run one statement, or a saved query."""
    with plain_errors():
        if sql.strip() and name:
            raise TwoStatements
        saved = find_query(name) if name else None
        statement = saved.sql if saved else sql
        if not statement.strip():
            raise NoStatement
        chosen_format = choice("FORMAT", form, Format)
        found = lake_to_query(lake)
        name_lake(found, lake)
        from infra.local.sql.session import LakeSession  # noqa: PLC0415  # takes half of the time

        if saved:
            errors.print(f"{saved.question} {saved.notes}", highlight=False, markup=False, soft_wrap=True)
        with errors.status("Running the query"):
            output = LakeSession(found).run(statement)
        write_result(output, chosen_format, console)


@app.command()
def queries() -> None:
    """List the saved queries."""
    with plain_errors():
        list_queries(console)


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
            sys.stdin.read(), lambda output: write_result(output, chosen_format, console)
        ):
            raise typer.Exit(2)
