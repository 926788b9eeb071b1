"""Ctrl-C, or a SIGTERM, ends a command with one line and exit code 130, whenever it comes.

While modules are loaded, and after the work is done, there is nothing to clean up: the process ends at once.
In between, in `interruptible`, it raises `KeyboardInterrupt`. Only the first one does, so that a second
one does not break the cleaning up.

Only what loads fast is imported here: it is the first module of a command, and until it is loaded Ctrl-C
shows a traceback.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_CODE = 130
"""What a shell makes of a process that SIGINT ended: 128 + 2."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def end_at_once(_number: int = signal.SIGINT, _frame: FrameType | None = None) -> None:
    """End the process: nothing has been started, or everything is done."""
    os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, b"\nStopped.\n")
    os._exit(EXIT_CODE)


def watch() -> None:
    """Let Ctrl-C end the process at once from now on, but for `interruptible`."""
    for number in _SIGNALS:
        signal.signal(number, end_at_once)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let the first Ctrl-C raise `KeyboardInterrupt`, and ignore further ones until the block has ended."""
    with _handled_by(_raise_once):
        yield


@contextmanager
def deferred() -> Iterator[None]:
    """Raise the `KeyboardInterrupt` of a Ctrl-C only when the block has ended, so that its work is done."""
    if threading.current_thread() is not threading.main_thread():  # no signal comes to it
        yield
        return
    received: list[int] = []
    was_ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    with _handled_by(lambda number, _: received.append(number)):
        yield
    if received and not was_ignored:
        raise KeyboardInterrupt


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler_before in before.items():
            signal.signal(number, handler_before)


def _raise_once(_number: int, _frame: FrameType | None) -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
