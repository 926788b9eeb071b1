"""The output of a query in a terminal and in a pipe."""

from __future__ import annotations

import dataclasses
import io
import json
import math
from collections.abc import Mapping, Sequence

import pytest
from rich.cells import cell_len
from rich.console import Console

from infra.local.athena.output import NOTHING, Output, ResultColumn, Row
from infra.local.athena.type_text import parse_type
from infra.local.sql.output import Format, write_result


def result(columns: Mapping[str, str], rows: Sequence[Row], scanned_bytes: int = 0) -> Output:
    described = [ResultColumn(name, parse_type(kind)) for name, kind in columns.items()]
    return Output(described, rows, scanned_bytes)


TRACKS = result(
    {"name": "varchar", "popularity": "integer", "energy": "double", "explicit": "boolean"},
    [("[live] Ferris, Wheel", 36, 0.5, True), ("Leave Me", None, math.nan, False)],
    scanned_bytes=2048,
)


def shown(output: Output, *, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    write_result(output, Format.TABLE, console)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO above
    return text


def test_a_result_that_fits_is_a_table() -> None:
    lines = shown(TRACKS, width=80).splitlines()
    assert [cell.strip() for cell in lines[1].strip("┃").split("┃")] == [
        "name",
        "popularity",
        "energy",
        "explicit",
    ]
    assert "[live] Ferris, Wheel" in lines[3]
    assert "null" in lines[4]
    assert lines[-1] == "2 rows; 2 KiB scanned."


def test_the_text_null_is_shown_in_quotes_so_that_it_differs_from_null() -> None:
    texts = result({"x": "varchar"}, [(None,), ("null",), ('"null"',), ("nullable",)])
    lines = shown(texts, width=80).splitlines()
    assert [line.strip("│ ") for line in lines[3:7]] == ["null", '"null"', '""null""', "nullable"]


def test_a_result_that_is_wider_than_the_terminal_has_a_block_of_lines_per_row() -> None:
    assert shown(TRACKS, width=40).splitlines() == [
        "-[ row 1 ]---",
        "name       | [live] Ferris, Wheel",
        "popularity | 36",
        "energy     | 0.5",
        "explicit   | true",
        "-[ row 2 ]---",
        "name       | Leave Me",
        "popularity | null",
        "energy     | NaN",
        "explicit   | false",
        "2 rows; 2 KiB scanned.",
    ]


TITLE = "Northern Line (Live at the Royal Festival Hall, Remastered 2019)"
CHANGES = result(
    {"playlist_name": "varchar", "change": "varchar", "item_name": "varchar"},
    [("Slow Mornings", "added", TITLE), ("日本の歌 " * 6, "removed", "x" * 100), ("", None, "Short")],
    scanned_bytes=1024,
)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_nothing_is_wider_than_the_terminal_and_nothing_is_lost(width: int) -> None:
    lines = shown(CHANGES, width=width).splitlines()
    assert max(cell_len(line) for line in lines) <= width
    assert ("┃" in lines[1]) == (width == 200)
    text = "".join(line.partition(" | ")[2] if " | " in line else line.strip() for line in lines)
    assert "x" * 100 in text
    for word in TITLE.split():
        assert word in text


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_result_is_a_table_exactly_if_it_fits(width: int) -> None:
    frame = len("│  │  │")
    output = result({"a": "varchar", "b": "varchar"}, [("y" * 9, "z" * (width - frame - 9))])
    assert max(map(len, shown(output, width=width).splitlines())) == width
    assert "┃" in shown(output, width=width)
    assert "-[ row 1 ]" in shown(output, width=width - 1)


def test_a_long_value_is_wrapped() -> None:
    assert shown(CHANGES, width=60).splitlines()[:5] == [
        "-[ row 1 ]------",
        "playlist_name | Slow Mornings",
        "change        | added",
        "item_name     | Northern Line (Live at the Royal Festival",
        "                Hall, Remastered 2019)",
    ]


def test_a_table_shows_the_first_thousand_rows_and_says_so() -> None:
    many = result({"x": "integer"}, [(number,) for number in range(1001)])
    output = shown(many, width=80)
    assert "1001 rows, the first 1000 shown" in output
    assert "│ 999 │" in output
    assert "│ 1000 │" not in output


def test_csv_has_a_header_all_rows_and_empty_text_for_nulls(capsys: pytest.CaptureFixture[str]) -> None:
    write_result(TRACKS, Format.CSV, Console())
    assert capsys.readouterr().out == (
        'name,popularity,energy,explicit\n"[live] Ferris, Wheel",36,0.5,true\nLeave Me,,NaN,false\n'
    )


def test_json_has_one_object_per_row_with_json_numbers_and_booleans(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_result(TRACKS, Format.JSON, Console())
    assert json.loads(capsys.readouterr().out) == [
        {"name": "[live] Ferris, Wheel", "popularity": 36, "energy": 0.5, "explicit": True},
        {"name": "Leave Me", "popularity": None, "energy": "NaN", "explicit": False},
    ]


def test_json_of_no_rows_is_an_empty_list(capsys: pytest.CaptureFixture[str]) -> None:
    write_result(result({"x": "integer"}, []), Format.JSON, Console())
    assert json.loads(capsys.readouterr().out) == []


def test_a_statement_without_a_result_writes_nothing_for_other_programs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert shown(NOTHING, width=80) == "Done.\n"
    write_result(NOTHING, Format.CSV, Console())
    assert capsys.readouterr().out == ""


def test_the_rows_that_a_statement_wrote_are_counted_and_its_note_is_shown() -> None:
    written = Output(is_query=False, update_count=3, scanned_bytes=1024, written=("s3://results/a",))
    assert shown(written, width=80) == "3 rows written; 1 KiB scanned.\n"
    noted = dataclasses.replace(NOTHING, note="The files in [s3://curated/tracks/] remain.")
    assert shown(noted, width=80).splitlines() == ["Done.", "The files in [s3://curated/tracks/] remain."]


def test_csv_tells_null_from_empty_text(capsys: pytest.CaptureFixture[str]) -> None:
    values = result({"a": "varchar", "b": "varchar", "c": "varchar"}, [("", None, 'say "a, b"\n')])
    write_result(values, Format.CSV, Console())
    assert capsys.readouterr().out == 'a,b,c\n"",,"say ""a, b""\n"\n'


def test_json_keeps_each_of_several_columns_of_one_name(capsys: pytest.CaptureFixture[str]) -> None:
    columns = [ResultColumn(name, parse_type("integer")) for name in ("a", "a", "a_2", "a")]
    write_result(Output(columns, [(1, 2, 3, 4)], 0), Format.JSON, Console())
    assert json.loads(capsys.readouterr().out) == [{"a": 1, "a_3": 2, "a_2": 3, "a_4": 4}]
