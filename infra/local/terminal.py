"""What the commands print: their results, and a user's mistakes as one sentence."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.markup import escape

from infra.local.interrupts import EXIT_CODE, interruptible
from infra.local.problems import UserProblem

LAKE_CHANGED_LAST: Final = "The folder that keeps the lake. Default: the lake that changed last."

errors: Final = Console(stderr=True)


class ResultConsole(Console):
    """A console for results, which another program may read in part only."""

    def on_broken_pipe(self) -> None:
        """Raise the `BrokenPipeError` that is being handled, as a write to standard output does."""
        raise  # noqa: PLE0704  # rich calls this while it handles the error


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what a user can cause into one sentence and an exit code."""
    try:
        with interruptible():
            yield
            sys.stdout.flush()
    except UserProblem as error:
        show_problem(error)
        raise typer.Exit(2) from None
    except BrokenPipeError:  # a reader such as `head` has all that it wants
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit from None
    except (KeyboardInterrupt, typer.Abort):  # typer's prompts turn the one into the other
        errors.print("\nStopped.")
        raise typer.Exit(EXIT_CODE) from None


def show_problem(error: UserProblem) -> None:
    """Print what is wrong on standard error."""
    errors.print(f"[bold red]Error:[/bold red] {escape(str(error))}", highlight=False, soft_wrap=True)


def name_lake(found: Path, named: Path | None) -> None:
    """Say which lake is used where none was named; on standard error, apart from a query's rows."""
    if named is None:
        notice = f"The lake is {found}, the one that changed last; LAKE=<folder> names another."
        errors.print(notice, style="dim", highlight=False, soft_wrap=True)
