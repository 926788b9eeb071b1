"""Why a statement is refused or fails, in Trino's words.

`kind` is the name of one of Trino's `StandardErrorCode`; Athena begins a StateChangeReason with it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Position:
    """A place in a statement; line and column count from 1."""

    line: int
    column: int


class QueryRefused(ValueError):
    """A statement that is refused, or that failed while it ran.

    Args:
        kind: Trino's name for the kind of error, for example `COLUMN_NOT_FOUND`.
        message: what is wrong.
        at: where in the statement; None when no place is to blame.
    """

    def __init__(self, kind: str, message: str, at: Position | None = None) -> None:
        self.kind = kind
        self.message = message
        self.position = at
        place = f"line {at.line}:{at.column}: " if at else ""
        super().__init__(f"{kind}: {place}{message}")

    @property
    def line(self) -> int | None:
        """The line, from 1."""
        return self.position.line if self.position else None

    @property
    def column(self) -> int | None:
        """The column, from 1."""
        return self.position.column if self.position else None


class CallRefused(QueryRefused):
    """A call that Trino refuses before it runs the query: TRY does not make null of it."""


class NotSupportedHere(QueryRefused):
    """A statement that Athena runs and the local Athena does not.

    Args:
        what: what is not supported, for example "TABLESAMPLE".
        at: where in the statement.
    """

    def __init__(self, what: str, at: Position | None = None) -> None:
        self.what = what
        super().__init__("NOT_SUPPORTED", f"the local Athena does not support {what}; Athena does", at)


@contextmanager
def placing(at: Position | None) -> Iterator[None]:
    """Give a refusal of the block a place, unless it has one.

    Raises:
        NotSupportedHere: with its place, where that is known.
    """
    try:
        yield
    except NotSupportedHere as refused:
        if refused.position or at is None:
            raise
        raise NotSupportedHere(refused.what, at) from refused


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question with the known name that is closest, after a full stop; "" when none is close."""
    close = difflib.get_close_matches(name.lower(), sorted(known), n=1)
    return f". Did you mean '{close[0]}'?" if close else ""
