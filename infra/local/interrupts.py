"""Ctrl-C ends a command with one line and exit code 130, whenever it comes.

While modules are loaded, and after the work is done, there is nothing to clean up: the process ends at once.
In between, in `interruptible`, Ctrl-C raises `KeyboardInterrupt`. Only the first one does, so that a second
one does not break the cleaning up.

Only what loads fast is imported here: it is the first module of a command, and until it is loaded Ctrl-C
shows a traceback.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_CODE = 130
"""What a shell makes of a process that SIGINT ended: 128 + 2."""


def end_at_once(_number: int = signal.SIGINT, _frame: FrameType | None = None) -> None:
    """End the process: nothing has been started, or everything is done."""
    os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, b"\nStopped.\n")
    os._exit(EXIT_CODE)


def watch() -> None:
    """Let Ctrl-C end the process at once from now on, but for `interruptible`."""
    signal.signal(signal.SIGINT, end_at_once)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let the first Ctrl-C raise `KeyboardInterrupt`, and ignore further ones until the block has ended."""
    before = signal.signal(signal.SIGINT, _raise_once)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def deferred() -> Iterator[None]:
    """Raise the `KeyboardInterrupt` of a Ctrl-C only when the block has ended, so that its work is done."""
    received: list[int] = []
    try:
        before = signal.signal(signal.SIGINT, lambda number, _: received.append(number))
    except ValueError:  # not the main thread: no signal comes to it
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if received and before is not signal.SIG_IGN:
        raise KeyboardInterrupt


def _raise_once(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt
