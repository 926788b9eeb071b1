"""A query's result as a person or a program reads it."""

from __future__ import annotations

import csv
import enum
import json
import math
import sys
from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.local.query import Result

_INTEGERS: Final = ("tinyint", "smallint", "integer", "bigint")
_FLOATS: Final = ("float", "real", "double")
_SHOWN_ROWS: Final = 1000
_SEPARATOR: Final = " | "
_LEAST_ROOM: Final = 20  # for values, however narrow the terminal is
_ANY_WIDTH: Final = 1_000_000  # a table is never measured wider than the room it is given


class Format(enum.StrEnum):
    """How a result is written: for reading (at most 1000 rows), or whole for another program."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def write_result(result: Result, form: Format, console: Console) -> None:
    """Write a result.

    Args:
        result: what the query answered.
        form: `csv` has a header and leaves a null empty; `json` is a list of objects, in which whole numbers,
            doubles and booleans are JSON's own and everything else is Athena's text.
        console: where a table goes; the other two go to standard output as they are.
    """
    if form is Format.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(name for name, _ in result.columns)
        writer.writerows(result.rows)
    elif form is Format.JSON:
        sys.stdout.write(json.dumps(list(_objects(result)), ensure_ascii=False, indent=1) + "\n")
    else:
        _show(result, console)


def _show(result: Result, console: Console) -> None:
    if not result.columns:
        console.print("Done.")
        return
    table = _table(result)
    if console.measure(table, options=console.options.update_width(_ANY_WIDTH)).maximum <= console.width:
        console.print(table)
    else:
        _show_records(result, console)
    more = f", the first {_SHOWN_ROWS} shown" if len(result.rows) > _SHOWN_ROWS else ""
    count = len(result.rows)
    console.print(
        f"{count} row{'' if count == 1 else 's'}{more}; {result.scanned_bytes / 1024:,.0f} KiB scanned.",
        style="dim",
    )


def _table(result: Result) -> Table:
    table = Table()
    numbers = (*_INTEGERS, *_FLOATS, "decimal")
    for name, kind in result.columns:
        table.add_column(Text(name), justify="right" if kind.startswith(numbers) else "left", no_wrap=True)
    for row in result.rows[:_SHOWN_ROWS]:
        table.add_row(*map(_cell, row))
    return table


def _show_records(result: Result, console: Console) -> None:
    """Print each row as a block with one column per line, as psql's expanded display does.

    A value that is wider than the terminal goes on in the next line, below its beginning.
    """
    names = max(len(name) for name, _ in result.columns)
    room = max(console.width - names - len(_SEPARATOR), _LEAST_ROOM)
    for number, row in enumerate(result.rows[:_SHOWN_ROWS], start=1):
        console.print(Text(f"-[ row {number} ]".ljust(names + len(_SEPARATOR), "-"), style="bold"))
        for (name, _), value in zip(result.columns, row, strict=True):
            begin = f"{name:<{names}}{_SEPARATOR}"
            for line in _cell(value).wrap(console, room, overflow="fold") or [Text()]:
                line.rstrip()
                console.print(Text(begin).append_text(line), soft_wrap=True)
                begin = " " * len(begin)


def _cell(value: str | None) -> Text:
    return Text("null", style="dim") if value is None else Text(value)


def _objects(result: Result) -> Iterator[dict[str, Any]]:
    for row in result.rows:
        yield {
            name: _json_value(value, kind) for (name, kind), value in zip(result.columns, row, strict=True)
        }


def _json_value(value: str | None, kind: str) -> Any:
    if value is None:
        return None
    if kind in _INTEGERS:
        return int(value)
    if kind in _FLOATS:
        return float(value) if math.isfinite(float(value)) else value  # JSON has no NaN
    return value == "true" if kind == "boolean" else value
