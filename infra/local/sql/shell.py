"""`make shell`: reads statements from a terminal, or from a file or pipe, and shows what they give."""

from __future__ import annotations

import os
import pydoc
import readline
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from rich.console import Console

from infra.local.athena.output import Output
from infra.local.lake_folder import LakeBroken
from infra.local.problems import UserProblem
from infra.local.sql.completion import DELIMITERS, completions
from infra.local.sql.description import described_table, described_tables, folded
from infra.local.sql.output import show
from infra.local.sql.session import LakeSession
from infra.local.sql.statements import is_blank, split
from infra.local.terminal import errors, show_problem

HISTORY: Final = ".shell-history"
_HISTORY_LINES: Final = 5_000
_HELP: Final = """\
select ...;    run a statement in Athena SQL; it may have several lines and ends with a semicolon
\\d             list the tables and views
\\d <table>     list the columns of a table or view
\\?             show this help
\\q             leave, as exit, quit and Ctrl-D do
Tab completes keywords, functions, tables and columns. Ctrl-C cancels a statement."""


_LEAVING: Final = ("exit", "quit")
_BYTE_ORDER_MARK: Final = "\ufeff"


class UnknownCommand(UserProblem):
    """A command of the shell that does not exist."""

    def __init__(self, command: str) -> None:
        super().__init__(f"There is no command '{command}'. \\? lists the commands.")


class Shell:
    """Runs statements and the shell's own commands, which begin with a backslash.

    Args:
        session: the lake.
        console: where results go.
    """

    def __init__(self, session: LakeSession, console: Console) -> None:
        self._session = session
        self._console = console
        self._text = ""  # the statement that is being written
        self._completions: list[str] = []

    def interact(self, history: Path) -> None:
        """Read from the terminal until Ctrl-D or `\\q`.

        Args:
            history: the file that keeps the lines for the next time.
        """
        self._console.print(
            "Athena SQL on the lake. Statements end with ;  \\? for help, \\q to leave.", highlight=False
        )
        with _editing(history, self._complete), _interrupts():
            while True:
                try:
                    line = input("...> " if self._text else "sql> ")
                    if not self._take(line):
                        return
                except EOFError:
                    self._console.print()
                    return
                except KeyboardInterrupt:
                    self._text = ""
                    self._console.print()

    def run_script(self, script: str, write: Callable[[Output], None]) -> bool:
        """Run all statements of a text; one that fails does not end it.

        Args:
            script: the statements and commands; the last one need not have a semicolon.
            write: writes the result of a statement, or of a command that describes tables.

        Returns:
            Whether all of them succeeded.
        """
        is_fine = True
        for each in _parts(script.removeprefix(_BYTE_ORDER_MARK)):
            try:
                if each.lower() in _LEAVING:
                    break
                if not each.startswith("\\"):
                    write(self._session.run(each))
                elif not self._command(each, write):
                    break
            except UserProblem as error:
                show_problem(error)
                is_fine = False
        return is_fine

    def _take(self, line: str) -> bool:
        """Take a line; return whether to go on."""
        try:
            if not self._text and line.lstrip().startswith("\\"):
                return self._command(line.strip(), self._describe)
            if not self._text and line.strip("; \t").lower() in _LEAVING:
                return False
            statements, rest = split(f"{self._text}{line}\n")
            self._text = "" if is_blank(rest) else rest
            for statement in statements:
                self._run(statement)
        except UserProblem as error:
            show_problem(error)
        return True

    def _run(self, statement: str) -> None:
        try:
            output = self._session.run(statement)
        except KeyboardInterrupt:
            errors.print("\nThe statement was cancelled.")
            return
        with self._paged():
            show(output, self._console)

    def _command(self, line: str, describe: Callable[[Output], None]) -> bool:
        """Run a command of the shell; return whether to go on."""
        match line.rstrip("; ").split():
            case ["\\q"]:
                return False
            case ["\\?"]:
                self._console.print(_HELP, highlight=False, markup=False)
            case ["\\d"]:
                describe(described_tables(self._session.tables()))
            case ["\\d", name]:
                describe(described_table(name, self._session.tables()))
            case [command, *_]:
                raise UnknownCommand(command)
        return True

    def _describe(self, described: Output) -> None:
        with self._paged():
            self._console.print(folded(described))

    @contextmanager
    def _paged(self) -> Iterator[None]:
        """Show what is printed in a pager if it is longer than the terminal."""
        with self._console.capture() as captured:
            yield
        text = captured.get()
        if self._console.is_terminal and text.count("\n") >= self._console.height:
            os.environ.setdefault("LESS", "FRX")  # as git does: colours, and what fits stays on the screen
            pydoc.pager(text)
        else:
            self._console.file.write(text)
            self._console.file.flush()

    def _complete(self, word: str, state: int) -> str | None:
        """Return a completion of the word before the cursor, as readline asks for them, one by one."""
        if state == 0:
            before = self._text + readline.get_line_buffer()[: readline.get_begidx()]
            try:
                self._completions = completions(word, before, self._session.tables())
            except LakeBroken:
                self._completions = []
        return self._completions[state] if state < len(self._completions) else None


def _parts(script: str) -> Iterator[str]:
    """The statements and commands of a script; a command has a line of its own."""
    text = ""
    for line in script.splitlines(keepends=True):
        if is_blank(text) and line.lstrip().startswith("\\"):
            yield line.strip()
            continue
        statements, text = split(text + line)
        yield from statements
    if not is_blank(text):
        yield text.strip()


@contextmanager
def _editing(history: Path, complete: Callable[[str, int], str | None]) -> Iterator[None]:
    """Edit lines with readline, which keeps them in a file that only its owner may read."""
    with suppress(OSError):
        history.touch(mode=0o600)
        readline.read_history_file(history)
    readline.set_history_length(_HISTORY_LINES)
    readline.set_completer(complete)
    readline.set_completer_delims(DELIMITERS)
    is_libedit = "libedit" in (readline.__doc__ or "")  # on macOS
    readline.parse_and_bind("bind ^I rl_complete" if is_libedit else "tab: complete")
    try:
        yield
    finally:
        with suppress(OSError):
            readline.write_history_file(history)


@contextmanager
def _interrupts() -> Iterator[None]:
    """Let each Ctrl-C raise `KeyboardInterrupt`."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
