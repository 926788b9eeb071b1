"""What the commands print: their results, and a user's mistakes as one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.markup import escape

from infra.local.interrupts import EXIT_CODE, interruptible
from infra.local.problems import UserProblem

LAKE_USED_LAST: Final = "The folder that keeps the lake. Default: the lake used last."

errors: Final = Console(stderr=True)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what a user can cause into one sentence and an exit code."""
    try:
        with interruptible():
            yield
    except UserProblem as error:
        show_problem(error)
        raise typer.Exit(2) from None
    except (KeyboardInterrupt, typer.Abort):  # typer's prompts turn the one into the other
        errors.print("\nStopped.")
        raise typer.Exit(EXIT_CODE) from None


def show_problem(error: UserProblem) -> None:
    """Print what is wrong on standard error."""
    errors.print(f"[bold red]Error:[/bold red] {escape(str(error))}", highlight=False, soft_wrap=True)


def name_lake(found: Path, named: Path | None) -> None:
    """Say which lake is used where none was named; on standard error, apart from a query's rows."""
    if named is None:
        notice = f"The lake is {found}, the one used last; LAKE=<folder> names another."
        errors.print(notice, style="dim", highlight=False, soft_wrap=True)
