"""Types as text, and what Trino converts by itself."""

from __future__ import annotations

import pytest

from infra.local.athena.coercions import can_coerce, common_type
from infra.local.athena.type_text import UnreadableType, from_hive, parse_type, to_hive
from infra.local.athena.types import duckdb_type


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("VARCHAR(10)", "varchar(10)"),
        ("int", "integer"),
        ("decimal(10)", "decimal(10,0)"),
        ("double precision", "double"),
        ("timestamp with time zone", "timestamp(3) with time zone"),
        ("timestamp(6) without time zone", "timestamp(6)"),
        ("interval day to second", "interval day to second"),
        ("map(varchar, array(bigint))", "map(varchar, array(bigint))"),
        ("row(a integer, timestamp with time zone, b double precision)",
         "row(a integer, timestamp(3) with time zone, b double)"),
        ('row("a b" varchar)', 'row("a b" varchar)'),
    ],
)  # fmt: skip
def test_a_type_is_read_and_printed_as_trino_does(text: str, printed: str) -> None:
    assert str(parse_type(text)) == printed


@pytest.mark.parametrize("text", ["", "array(", "varchar(10", "row()", "1", "array(varchar) x"])
def test_a_text_that_is_not_a_type_is_refused(text: str) -> None:
    with pytest.raises(UnreadableType):
        parse_type(text)


@pytest.mark.parametrize(
    ("hive", "trino"),
    [
        ("string", "varchar"),
        ("int", "integer"),
        ("array<struct<a:string,b:decimal(10,2)>>", "array(row(a varchar, b decimal(10,2)))"),
        ("map<string,timestamp>", "map(varchar, timestamp(3))"),
    ],
)
def test_a_type_of_hive_has_one_of_trino_and_back(hive: str, trino: str) -> None:
    assert str(from_hive(hive)) == trino
    assert to_hive(parse_type(trino)) == hive


@pytest.mark.parametrize(
    ("first", "second", "common"),
    [
        ("integer", "bigint", "bigint"),
        ("integer", "decimal(4,2)", "decimal(12,2)"),
        ("decimal(38,2)", "decimal(10,5)", "decimal(38,5)"),
        ("real", "bigint", "real"),
        ("varchar(3)", "varchar(5)", "varchar(5)"),
        ("date", "timestamp(3)", "timestamp(3)"),
        ("array(unknown)", "array(integer)", "array(integer)"),
        ("row(a integer, b bigint)", "row(a bigint, c bigint)", "row(a bigint, bigint)"),
        ("varchar", "integer", None),
        ("varchar", "date", None),
        ("array(integer)", "array(varchar)", None),
    ],
)
def test_two_types_have_the_common_type_of_trino(first: str, second: str, common: str | None) -> None:
    found = common_type(parse_type(first), parse_type(second))
    assert (found and str(found)) == common
    assert (common_type(parse_type(second), parse_type(first)) is None) == (common is None)


def test_a_value_is_only_converted_to_a_type_that_holds_all_of_its_type() -> None:
    assert can_coerce(parse_type("integer"), parse_type("decimal(10,0)"))
    assert not can_coerce(parse_type("integer"), parse_type("decimal(9,0)"))
    assert can_coerce(parse_type("unknown"), parse_type("map(varchar, bigint)"))
    assert not can_coerce(parse_type("bigint"), parse_type("integer"))


def test_a_type_that_duckdb_cannot_hold_has_none() -> None:
    assert duckdb_type(parse_type("timestamp(12)")) is None
    assert duckdb_type(parse_type("array(hyperloglog)")) is None
    assert duckdb_type(parse_type("row(a integer, b varchar)")) == "STRUCT(f0 INTEGER, f1 VARCHAR)"
