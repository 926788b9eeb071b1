"""A statement's result as a person or a program reads it."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import re
import sys
from collections.abc import Sequence
from typing import Any, Final, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.local.athena.output import Output, ResultColumn
from infra.local.athena.results import text_rows

_INTEGERS: Final = ("tinyint", "smallint", "integer", "bigint")
_FLOATS: Final = ("real", "double")
_NUMBERS: Final = (*_INTEGERS, *_FLOATS, "decimal")
_SHOWN_ROWS: Final = 1000
_SEPARATOR: Final = " | "
_LEAST_ROOM: Final = 20  # for values, however narrow the terminal is
_Row = tuple[str | None, ...]
_QUOTED: Final = re.compile(r'[",\r\n]')
_LIKE_NULL: Final = re.compile(r'"*null"*')
_ANY_WIDTH: Final = 1_000_000  # a table is never measured wider than the room it is given


class Format(enum.StrEnum):
    """How a result is written: for reading (at most 1000 rows), or whole for another program."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def write_result(output: Output, form: Format, console: Console) -> None:
    """Write what a statement gave.

    Args:
        output: the columns and rows.
        form: `csv` has a header; a null is nothing and empty text is `""`, as in Athena's result files.
            `json` is a list of objects, in which whole numbers, doubles and booleans are JSON's own and
            everything else is Athena's text. Columns of one name are numbered there: `name`, `name_2`.
        console: where a table goes; the other two go to standard output as they are.
    """
    if form is Format.CSV:
        _write_csv(output)
    elif form is Format.JSON:
        _write_json(output)
    else:
        show(output, console)


def show(output: Output, console: Console) -> None:
    """Show the first rows as a table, or with one column per line if that is wider than the console."""
    if output.columns:
        rows = list(text_rows(dataclasses.replace(output, rows=output.rows[:_SHOWN_ROWS])))
        table = _table(output.columns, rows)
        if console.measure(table, options=console.options.update_width(_ANY_WIDTH)).maximum <= console.width:
            console.print(table)
        else:
            _show_records(output.columns, rows, console)
    console.print(_summary(output), style="dim")
    if output.note:
        console.print(output.note, highlight=False, markup=False, soft_wrap=True)


def _summary(output: Output) -> str:
    scanned = f"; {output.scanned_bytes / 1024:,.0f} KiB scanned."
    if output.written is not None:
        return _counted(output.update_count) + " written" + scanned
    if not output.columns:
        return "Done."
    count = len(output.rows)
    more = f", the first {_SHOWN_ROWS} shown" if count > _SHOWN_ROWS else ""
    return _counted(count) + more + scanned


def _counted(rows: int) -> str:
    return f"{rows} row{'' if rows == 1 else 's'}"


def _table(columns: Sequence[ResultColumn], rows: Sequence[_Row]) -> Table:
    table = Table()
    for column in columns:
        justify: Literal["left", "right"] = "right" if column.type.base in _NUMBERS else "left"
        table.add_column(Text(column.name), justify=justify, no_wrap=True)
    for row in rows:
        table.add_row(*map(_cell, row))
    return table


def _show_records(columns: Sequence[ResultColumn], rows: Sequence[_Row], console: Console) -> None:
    """Print each row as a block with one column per line, as psql's expanded display does.

    A value that is wider than the terminal goes on in the next line, below its beginning.
    """
    names = max(len(column.name) for column in columns)
    room = max(console.width - names - len(_SEPARATOR), _LEAST_ROOM)
    for number, row in enumerate(rows, start=1):
        console.print(Text(f"-[ row {number} ]".ljust(names + len(_SEPARATOR), "-"), style="bold"))
        for column, value in zip(columns, row, strict=True):
            begin = f"{column.name:<{names}}{_SEPARATOR}"
            for line in _cell(value).wrap(console, room, overflow="fold") or [Text()]:
                line.rstrip()
                console.print(Text(begin).append_text(line), soft_wrap=True)
                begin = " " * len(begin)


def _cell(value: str | None) -> Text:
    """Null without quotes, and a text that looks like it in quotes, so that both differ without colours."""
    if value is None:
        return Text("null", style="dim")
    return Text(f'"{value}"' if _LIKE_NULL.fullmatch(value) else value)


def _write_csv(output: Output) -> None:
    # The csv module cannot tell null from empty text before Python 3.12 (QUOTE_NOTNULL).
    if output.columns:
        sys.stdout.write(_csv_line([column.name for column in output.columns]))
    sys.stdout.writelines(map(_csv_line, text_rows(output)))


def _csv_line(values: Sequence[str | None]) -> str:
    return ",".join("" if value is None else _csv_value(value) for value in values) + "\n"


def _csv_value(value: str) -> str:
    if value and not _QUOTED.search(value):
        return value
    escaped = value.replace('"', '""')
    return f'"{escaped}"'


def _write_json(output: Output) -> None:
    names = _distinct([column.name for column in output.columns])
    kinds = [column.type.base for column in output.columns]
    begin = "[\n"
    for row in text_rows(output):
        values = map(_json_value, row, kinds)
        record = json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False)
        sys.stdout.write(f"{begin} {record}")
        begin = ",\n"
    sys.stdout.write("[]\n" if begin == "[\n" else "\n]\n")


def _distinct(names: Sequence[str]) -> list[str]:
    """Number the names that were there before, because an object has each name once."""
    distinct: list[str] = []
    taken = set(names)
    for name in names:
        number, new = 1, name
        while new in distinct or (number > 1 and new in taken):
            number += 1
            new = f"{name}_{number}"
        distinct.append(new)
    return distinct


def _json_value(value: str | None, kind: str) -> Any:
    if value is None:
        return None
    if kind in _INTEGERS:
        return int(value)
    if kind in _FLOATS:
        return float(value) if math.isfinite(float(value)) else value  # JSON has no NaN
    return value == "true" if kind == "boolean" else value
