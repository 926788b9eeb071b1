"""A result as Athena writes it: text of values, the CSV file, and pages."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from infra.local.athena.errors import NotSupportedHere
from infra.local.athena.output import Output, ResultColumn, lines, python_rows
from infra.local.athena.results import described_column, result_file, result_page, text_rows, writer
from infra.local.athena.type_text import parse_type
from infra.local.athena.values import DayToSecond, YearToMonth, ZonedTime

NOON = dt.datetime(2026, 7, 1, 12, 0, 0, 123456)  # noqa: DTZ001  # Trino's timestamp has no zone


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("boolean", True, "true"),
        ("bigint", -5, "-5"),
        ("double", 0.1, "0.1"),
        ("double", 100.0, "100.0"),
        ("double", 1e7, "1.0E7"),
        ("double", -12345678.9, "-1.23456789E7"),
        ("double", 1e-5, "1.0E-5"),
        ("double", 0.001, "0.001"),
        ("double", 0.0, "0.0"),
        ("double", -0.0, "-0.0"),
        ("double", float("nan"), "NaN"),
        ("double", float("-inf"), "-Infinity"),
        ("real", 0.10000000149011612, "0.1"),
        ("real", 16777216.0, "1.6777216E7"),
        ("real", 3.4028234663852886e38, "3.4028235E38"),
        ("decimal(10,2)", Decimal("1.50"), "1.50"),
        ("decimal(38,0)", Decimal("1E+3"), "1000"),
        ("varchar", "a", "a"),
        ("varbinary", b"\x00\xff", "00 ff"),
        ("date", dt.date(26, 1, 2), "0026-01-02"),
        ("time(3)", dt.time(10, 11, 12, 345000), "10:11:12.345"),
        ("timestamp(3)", NOON, "2026-07-01 12:00:00.123"),
        ("timestamp(0)", NOON, "2026-07-01 12:00:00"),
        ("timestamp(1)", NOON, "2026-07-01 12:00:00.1"),
        ("timestamp(5)", NOON, "2026-07-01 12:00:00.12345"),
        ("timestamp(6)", NOON, "2026-07-01 12:00:00.123456"),
        ("timestamp(3) with time zone", ZonedTime(NOON, "+05:30"), "2026-07-01 17:30:00.123 +05:30"),
        ("timestamp(0) with time zone", ZonedTime(NOON, "Asia/Tokyo"), "2026-07-01 21:00:00 Asia/Tokyo"),
        ("timestamp(3)", "+12026-01-01 00:00:00", "+12026-01-01 00:00:00"),
        ("interval day to second", DayToSecond(93_784_005), "1 02:03:04.005"),
        ("interval year to month", YearToMonth(-14), "-1-2"),
        ("array(varchar)", ["a", None], "[a, null]"),
        ("array(array(double))", [[1e7], []], "[[1.0E7], []]"),
        ("map(varchar, bigint)", {"a": 1, "b": None}, "{a=1, b=null}"),
        ("map(array(bigint), bigint)", [([1], 2)], "{[1]=2}"),
        ("row(a bigint, varchar)", (1, None), "{a=1, field1=null}"),
    ],
)  # fmt: skip
def test_a_value_is_written_as_athena_writes_it(kind: str, value: Any, expected: str) -> None:
    assert writer(parse_type(kind))(value) == expected


@pytest.mark.parametrize(
    ("kind", "sql", "expected"),
    [
        ("char(4)", "'ab'", "ab  "),
        ("array(char(2))", "['a', NULL]", ["a ", None]),
        ("interval day to second", "1500", DayToSecond(1500)),
        ("interval year to month", "14", YearToMonth(14)),
        (
            "timestamp(3) with time zone",
            "{'instant': TIMESTAMP '2026-07-01 12:00:00.123456', 'zone': 'UTC'}",
            ZonedTime(NOON, "UTC"),
        ),
        ("row(x bigint, y array(row(z char(2))))", "{'f0': 1, 'f1': [{'f0': 'a'}]}", (1, [("a ",)])),
        ("map(varchar, interval year to month)", "MAP {'a': 1, 'b': NULL}", {"a": YearToMonth(1), "b": None}),
        ("map(varchar, array(bigint))", "MAP {'key': [1], 'value': [2]}", {"key": [1], "value": [2]}),
        ("map(row(a bigint), bigint)", "MAP {{'f0': 1}: 2}", [((1,), 2)]),
        ("bigint", "NULL", None),
        ("array(date)", "[DATE '2026-01-01']", [dt.date(2026, 1, 1)]),
    ],
)
def test_duckdbs_value_becomes_the_outputs(kind: str, sql: str, expected: Any) -> None:
    rows = duckdb.connect().execute(f"SELECT {sql}").fetchall()
    assert python_rows([parse_type(kind)], rows) == [(expected,)]


def test_no_rows_stay_no_rows() -> None:
    assert python_rows([parse_type("char(4)"), parse_type("bigint")], []) == []


COLUMNS = [ResultColumn("text", parse_type("varchar")), ResultColumn("number", parse_type("integer"))]


def test_the_file_of_a_query_quotes_values_and_leaves_nulls_empty() -> None:
    output = Output(COLUMNS, [('a "quoted" word', 1), (None, None), ("", 2)])
    assert "".join(result_file(output)) == '"text","number"\n"a ""quoted"" word","1"\n,\n"","2"\n'


def test_the_file_of_another_statement_has_lines_of_text() -> None:
    assert "".join(result_file(lines("tab_name", ["albums", "tracks"]))) == "albums\ntracks\n"


def test_pages_have_all_rows_after_the_names_of_the_columns() -> None:
    output = Output(COLUMNS[1:], [(number,) for number in range(5)])
    pages, start = [], 0
    while True:
        page, following = result_page(output, start, 2)
        pages.append([row["Data"][0]["VarCharValue"] for row in page])
        if following is None:
            break
        start = following
    assert pages == [["number", "0"], ["1", "2"], ["3", "4"]]
    assert result_page(Output(COLUMNS[1:]), 0, 2) == ([{"Data": [{"VarCharValue": "number"}]}], None)
    assert result_page(lines("t", []), 0, 2) == ([], None)
    assert result_page(Output(COLUMNS, [(None, 1)]), 1, 2)[0] == [{"Data": [{}, {"VarCharValue": "1"}]}]


def test_long_results_are_written_whole_and_in_order() -> None:
    output = Output(COLUMNS[1:], [(number,) for number in range(2500)])
    assert [row for (row,) in text_rows(output)] == [str(number) for number in range(2500)]


@pytest.mark.parametrize(
    ("kind", "name", "precision", "scale"),
    [
        ("varchar", "varchar", 2147483647, 0),
        ("varchar(5)", "varchar", 5, 0),
        ("decimal(10,2)", "decimal", 10, 2),
        ("real", "float", 17, 0),
        ("timestamp(3)", "timestamp", 3, 0),
        ("timestamp(3) with time zone", "timestamp with time zone", 3, 0),
        ("row(a bigint)", "row", 0, 0),
        ("array(decimal(10,2))", "array", 0, 0),
    ],
)
def test_a_column_is_described_with_athenas_name_of_its_type(
    kind: str, name: str, precision: int, scale: int
) -> None:
    described = described_column(ResultColumn("x", parse_type(kind)), is_query=True)
    assert (described["Type"], described["Precision"], described["Scale"]) == (name, precision, scale)
    assert described_column(ResultColumn("x", parse_type(kind)), is_query=False)["Type"] == "string"


def test_a_date_beyond_pythons_years_is_refused() -> None:
    with pytest.raises(NotSupportedHere, match="years"):
        python_rows([parse_type("date")], [("10000-01-01",)])
