"""The output of a query in a terminal and in a pipe."""

from __future__ import annotations

import io
import json

import pytest
from rich.cells import cell_len
from rich.console import Console

from infra.local.query import Result
from infra.local.query_output import Format, write_result

TRACKS = Result(
    columns=(("name", "varchar"), ("popularity", "integer"), ("energy", "double"), ("explicit", "boolean")),
    rows=(("[live] Ferris, Wheel", "36", "0.5", "true"), ("Leave Me", None, "NaN", "false")),
    scanned_bytes=2048,
)


def shown(result: Result, *, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    write_result(result, Format.TABLE, console)
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
CHANGES = Result(
    columns=(("playlist_name", "varchar"), ("change", "varchar"), ("item_name", "varchar")),
    rows=(("Slow Mornings", "added", TITLE), ("日本の歌 " * 6, "removed", "x" * 100), ("", None, "Short")),
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
    result = Result((("a", "varchar"), ("b", "varchar")), (("y" * 9, "z" * (width - frame - 9)),), 0)
    assert max(map(len, shown(result, width=width).splitlines())) == width
    assert "┃" in shown(result, width=width)
    assert "-[ row 1 ]" in shown(result, width=width - 1)


def test_a_long_value_is_wrapped() -> None:
    assert shown(CHANGES, width=60).splitlines()[:5] == [
        "-[ row 1 ]------",
        "playlist_name | Slow Mornings",
        "change        | added",
        "item_name     | Northern Line (Live at the Royal Festival",
        "                Hall, Remastered 2019)",
    ]


def test_a_table_shows_the_first_thousand_rows_and_says_so() -> None:
    many = Result((("x", "integer"),), tuple((str(number),) for number in range(1001)), 0)
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
