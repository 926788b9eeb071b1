"""The statements of the record, and the comparison of what the local Athena gives with it."""

from __future__ import annotations

import enum
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.output import Output
from infra.local.athena.results import writer
from infra.local.athena.types import INTEGERS, Type

RECORD: Final = Path(__file__).parent / "record"
FILES: Final = ("corpus.jsonl", "athena.jsonl")
GENERATED: Final = "generated.jsonl"
HELD_OUT: Final = "generated_held_out.jsonl"
_ANY: Final = "ANY"
_PLACE_IN_MESSAGE: Final = re.compile(r"io\.trino\.spi\.TrinoException: line (\d+):(\d+): ")
_NUMBERS: Final = {"boolean", *INTEGERS, "real", "double"}


@dataclass(frozen=True)
class Recorded:
    """A statement and what it gives; the fields are those of the record, see record.py."""

    group: str
    sql: str
    columns: list[list[str]] | None = None
    rows: list[list[Any]] = field(default_factory=list)
    ordered: bool = False
    any_rows: bool = False
    tolerance: float = 0
    update: str | None = None
    error: str | None = None
    line: int | None = None
    column: int | None = None
    message: str = ""
    other_errors: Sequence[str] = ()
    source: str = "trino"

    @property
    def place(self) -> tuple[int | None, int | None]:
        """Line and column of the error. Trino names that of an unknown type only in the message."""
        named = _PLACE_IN_MESSAGE.match(self.message)
        if self.line is None and named:
            return int(named[1]), int(named[2])
        return self.line, self.column


class Verdict(enum.Enum):
    """How the local Athena does with a statement."""

    EQUAL = "equal"
    REFUSED = "refused"
    """It says that it does not support something that Athena does."""
    DIFFERENT = "different"


@dataclass(frozen=True)
class Comparison:
    """A statement's verdict, and what was given where it is not equal."""

    recorded: Recorded
    verdict: Verdict
    given: str = ""

    @property
    def explanation(self) -> str:
        """The statement, what is recorded, and what was given."""
        recorded = self.recorded
        line, column = recorded.place
        place = f" at {line}:{column}" if line else ""
        error = recorded.error and f"{recorded.error}{place}: {recorded.message}"
        expected = error or recorded.update or f"{recorded.columns} {recorded.rows}"
        return f"{recorded.sql}\n  recorded: {expected}\n  given:    {self.given}"


def read_record(*files: str) -> dict[str, list[Recorded]]:
    """Return the statements of each group in their order, by default of those that are written by hand."""
    groups: dict[str, list[Recorded]] = {}
    for name in files or FILES:
        for line in (RECORD / name).read_text(encoding="utf-8").splitlines():
            statement = Recorded(**json.loads(line))
            groups.setdefault(statement.group, []).append(statement)
    return groups


def recorded_views() -> Iterator[tuple[str, str]]:
    """Give name and query of the views that were in the catalog when the record was made.

    Each view's query is a statement of the record, and the next one reads the view.
    """
    statements = [each.sql for each in read_record()["views"]]
    for query, reading in zip(statements[::2], statements[1::2], strict=True):
        yield reading.removeprefix("SELECT * FROM "), query


def compare(recorded: Recorded, run: Callable[[str], Output]) -> Comparison:
    """Run a statement and compare what it gives with the record."""
    try:
        output = run(recorded.sql)
    except NotSupportedHere as refused:
        return Comparison(recorded, Verdict.REFUSED, str(refused))
    except QueryRefused as refused:
        is_equal = _is_same_error(recorded, refused)
        return Comparison(recorded, Verdict.EQUAL if is_equal else Verdict.DIFFERENT, str(refused))
    is_equal = recorded.error is None and _is_same_output(recorded, output)
    given = f"{[(each.name, str(each.type)) for each in output.columns]} {output.rows}"
    return Comparison(recorded, Verdict.EQUAL if is_equal else Verdict.DIFFERENT, given)


def _is_same_error(recorded: Recorded, refused: QueryRefused) -> bool:
    if recorded.error == _ANY:
        return True
    # Trino's client writes prepared statements in a form of its own, in which places are others.
    is_placed = recorded.source == "trino" and not recorded.sql.startswith("EXECUTE")
    is_same_place = recorded.place == (refused.line, refused.column)
    is_same_kind = refused.kind in {recorded.error, *recorded.other_errors}
    return is_same_kind and (is_same_place or not is_placed)


def _is_same_output(recorded: Recorded, output: Output) -> bool:
    if recorded.update is not None:
        return True  # that it has its effect is seen by the statements that follow it
    if recorded.columns is None:
        return sorted(recorded.rows) == sorted([str(value).rstrip() for value in row] for row in output.rows)
    if recorded.columns != [[column.name, str(column.type)] for column in output.columns]:
        return False
    if recorded.any_rows:
        return len(recorded.rows) == len(output.rows)
    types = [column.type for column in output.columns]
    expected = [_canonical_row(row, types) for row in recorded.rows]
    given = [list(map(_encoded, row, types)) for row in output.rows]
    if not recorded.ordered:
        expected, given = sorted(expected, key=_sort_key), sorted(given, key=_sort_key)
    return _is_same(expected, given, recorded.tolerance)


def _canonical_row(row: Sequence[Any], types: Sequence[Type]) -> list[Any]:
    return list(map(_canonical, row, types))


def _canonical(value: Any, kind: Type) -> Any:
    """Bring a recorded value into the form that `_encoded` gives."""
    if value is None:
        return None
    match kind.base:
        case "array":
            return [_canonical(item, kind.element) for item in value]
        case "row":
            return _canonical_row(value, kind.types)
        case "map":
            return sorted((_canonical_row(pair, kind.types) for pair in value), key=_sort_key)
        case "real" if isinstance(value, float):
            return float(np.float32(value))
    return value


def _encoded(value: Any, kind: Type) -> Any:
    """Encode a value of an output as the record does."""
    if value is None:
        return None
    if kind.types:
        return _encoded_parts(value, kind)
    if kind.base == "varbinary":
        return value.hex()
    is_number = kind.base in _NUMBERS and math.isfinite(value)
    return value if is_number else writer(kind)(value)


def _encoded_parts(value: Any, kind: Type) -> Any:
    match kind.base:
        case "array":
            return [_encoded(item, kind.element) for item in value]
        case "row":
            return list(map(_encoded, value, kind.types))
    pairs = value.items() if isinstance(value, dict) else value
    return sorted((list(map(_encoded, pair, kind.types)) for pair in pairs), key=_sort_key)


def _sort_key(value: Any) -> str:
    return json.dumps(value, default=str)


def _is_same(expected: Any, given: Any, tolerance: float) -> bool:
    if isinstance(expected, list) and isinstance(given, list):
        return len(expected) == len(given) and all(
            _is_same(one, other, tolerance) for one, other in zip(expected, given, strict=True)
        )
    if type(expected) is not type(given):
        return False
    if isinstance(expected, (int, float)) and tolerance:
        return math.isclose(expected, given, rel_tol=tolerance)
    return repr(expected) == repr(given)  # zero has a sign
