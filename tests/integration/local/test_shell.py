"""`make shell` in a terminal: what is typed, and what it shows."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.local.sql.shell import HISTORY
from tests.project import ROOT
from tests.unit.infra.local.sql.lakes import sql_lake

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x07|\r")
_PATIENCE_SECONDS = 60
# The terminal belongs to the process's session, so that Ctrl-C is a signal.
_IN_THE_TERMINAL = """
import fcntl, runpy, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
runpy.run_module("infra.local.sql", run_name="__main__", alter_sys=True)
"""
PROMPT = "sql> "
CTRL_C, CTRL_D, TAB, UP = "\x03", "\x04", "\t", "\x1b[A"
NUMBERS = "unnest(sequence(1, 10000))"
ENDLESS = f"select count(*) from {NUMBERS} a(x), {NUMBERS} b(y), {NUMBERS} c(z) where x * y % 7 = z;\n"


class Terminal:
    """A shell in a pseudo terminal."""

    def __init__(self, master: int, process: subprocess.Popen[bytes]) -> None:
        self._master = master
        self._process = process
        self._unread = ""

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def until(self, text: str) -> str:
        """Read until a text is shown; return what was shown before it."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while text not in self._unread:
            assert time.monotonic() < end, f"{text!r} was not shown, but {self._unread!r}"
            self._read()
        before, _, self._unread = self._unread.partition(text)
        return before

    def ask(self, line: str) -> str:
        """Type a line at the prompt; return what is shown until the next one."""
        self.type(f"{line}\n")
        return self.until(PROMPT)

    def exit_code(self) -> int:
        return self._process.wait(timeout=_PATIENCE_SECONDS)

    def _read(self) -> None:
        if select.select([self._master], [], [], 0.1)[0]:
            try:
                self._unread += _CONTROL.sub("", os.read(self._master, 65_536).decode(errors="replace"))
            except OSError as error:
                if error.errno != errno.EIO:  # the shell has ended
                    raise
                time.sleep(0.05)


@contextmanager
def opened(lake: Path, *, width: int = 80, height: int = 24, **variables: str) -> Iterator[Terminal]:
    """A shell on a lake, at its first prompt."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    unset = {"COLUMNS", "LINES", "PAGER", "LESS", "INPUTRC"}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    process = subprocess.Popen(
        [sys.executable, "-c", _IN_THE_TERMINAL, "shell", "--lake", str(lake)],
        stdin=slave, stdout=slave, stderr=slave, cwd=ROOT, start_new_session=True,
        env={**environment, "TERM": "xterm", **variables},
    )  # fmt: skip
    os.close(slave)
    terminal = Terminal(master, process)
    try:
        terminal.until(PROMPT)
        yield terminal
    finally:
        process.kill()
        process.wait()
        os.close(master)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sql_lake(tmp_path_factory.mktemp("lake"))


@pytest.fixture(scope="module")
def terminal(lake: Path) -> Iterator[Terminal]:
    with opened(lake) as terminal:
        yield terminal


def test_a_statement_may_have_several_lines_and_ends_with_a_semicolon(terminal: Terminal) -> None:
    terminal.type("select name\nfrom tracks\n")
    terminal.until("...> ")
    shown = terminal.ask("where length > 1 and day = '2026-01-01';")
    assert "│ Bo   │" in shown
    assert "1 row; " in shown
    assert terminal.ask("select 'first' as x; select 'second' as x;").count("1 row; ") == 2


def test_an_error_is_shown_and_does_not_leave(terminal: Terminal) -> None:
    assert "Did you mean 'length'?" in " ".join(terminal.ask("select lenght from tracks;").split())
    assert "There is no command '\\x'" in terminal.ask("\\x")
    assert "│ 1 │" in terminal.ask("select 1 as n;")


def test_tables_and_columns_are_described(terminal: Terminal) -> None:
    assert "│ tracks │ table │" in terminal.ask("\\d")
    assert "│ length │ integer │" in terminal.ask("\\d tracks")
    assert "Did you mean 'tracks'?" in terminal.ask("\\d track")
    assert "\\d <table>" in terminal.ask("\\?")


def test_tab_completes_tables_and_columns(terminal: Terminal) -> None:
    terminal.type(f"select leng{TAB}")
    terminal.until("length")
    terminal.type(f" from track{TAB}")
    terminal.until("tracks")
    assert "4 rows; " in terminal.ask(";")


def test_ctrl_c_cancels_the_statement_that_runs(terminal: Terminal) -> None:
    terminal.type(ENDLESS)
    terminal.until("= z;")
    time.sleep(0.5)
    terminal.type(CTRL_C)
    assert "The statement was cancelled." in terminal.until(PROMPT)
    assert "│ 1 │" in terminal.ask("select 1 as n;")


def test_ctrl_c_discards_the_statement_that_is_being_written(terminal: Terminal) -> None:
    terminal.type("select nothing\n")
    terminal.until("...> ")
    terminal.type("from nowhere")
    terminal.until("from nowhere")
    time.sleep(0.2)  # readline sees a signal only while it waits for a key
    terminal.type(CTRL_C)
    terminal.until(PROMPT)
    assert "│ 2 │" in terminal.ask("select 2 as n;")


def test_rows_that_are_wider_than_the_terminal_have_a_line_per_column(lake: Path) -> None:
    with opened(lake, width=40) as terminal:
        assert "-[ row 1 ]" in terminal.ask(
            "select 'aaaaaaaaaaaaaaaaaaaa' as a, 'bbbbbbbbbbbbbbbbbbbb' as b;"
        )
        assert "-[ row 1 ]" not in terminal.ask("select 'a' as a;")


def test_what_is_longer_than_the_terminal_goes_to_the_pager(lake: Path) -> None:
    with opened(lake, height=12, PAGER="sed -e 's/^/paged /'") as terminal:
        assert "paged" not in terminal.ask("select 1 as n;")
        shown = terminal.ask("select n from unnest(sequence(1, 20)) as t(n);")
        assert shown.count("paged ") >= 20


@pytest.mark.parametrize("words", [CTRL_D, "\\q\n"])
def test_the_shell_is_left_and_keeps_its_history(lake: Path, words: str) -> None:
    with opened(lake) as terminal:
        assert "│     41 │" in terminal.ask("select 41 as answer;")
        terminal.type(words)
        assert terminal.exit_code() == 0
    assert (lake / HISTORY).stat().st_mode & 0o077 == 0
    with opened(lake) as terminal:
        terminal.type(UP * (1 if words == CTRL_D else 2))
        terminal.until("select 41 as answer;")
        assert "│     41 │" in terminal.ask("")
