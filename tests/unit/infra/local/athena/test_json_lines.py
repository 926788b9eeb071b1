"""JSON values as the columns of the two JSON SerDes hold them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.json_lines import HIVE, OPENX, LineReader
from infra.local.athena.type_text import parse_type


def read(serde: str, kind: str, text: str, **options: str) -> Any:
    """The value that a line `{"x": <text>}` has in the column `x`."""
    named = {name.replace("_", "."): value for name, value in options.items()}
    reader = LineReader(serde, [("x", parse_type(kind))], named)
    ((value,),) = reader.rows(f'{{"x": {text}}}'.encode(), "s3://b/k")
    return value


BOTH: list[tuple[str, str, Any]] = [
    ("bigint", "1", 1),
    ("bigint", "-9223372036854775808", -(2**63)),
    ("integer", "1.9", 1),
    ("double", "1.5", 1.5),
    ("double", "1e3", 1000.0),
    ("boolean", "true", True),
    ("boolean", '"TRUE"', True),
    ("boolean", '"yes"', False),
    ("boolean", "1", False),
    ("decimal(4,2)", "1.005", Decimal("1.01")),
    ("decimal(4,2)", '"-1.5"', Decimal("-1.50")),
    ("varchar", '"a"', "a"),
    ("varchar", "true", "true"),
    ("varchar", "1.50", "1.50"),
    ("varchar(2)", '"abc"', "ab"),
    ("char(3)", '"a  b"', "a"),
    ("date", '"2026-02-01"', dt.date(2026, 2, 1)),
    ("date", '"2026-2-1 10:00:00"', dt.date(2026, 2, 1)),
    ("timestamp", '"2026-02-01 10:11:12.3456"', "2026-02-01 10:11:12.346"),
    ("timestamp", '"2026-02-01T10:11:12"', "2026-02-01 10:11:12.000"),
    ("array(bigint)", "[1, null]", [1, None]),
    ("array(bigint)", "null", None),
    ("map(varchar, bigint)", '{"a": 1, "b": null, "a": 2}', [("a", 2), ("b", None)]),
    ("map(bigint, varchar)", '{"1": "a"}', [(1, "a")]),
    ("row(a bigint, b varchar)", '{"B": "x", "c": 1}', (None, "x")),
]


def comparable(value: Any) -> Any:
    return value.isoformat(" ", "milliseconds") if isinstance(value, dt.datetime) else value


@pytest.mark.parametrize("serde", [OPENX, HIVE[0]])
@pytest.mark.parametrize(("kind", "text", "expected"), BOTH)
def test_both_serdes_convert(serde: str, kind: str, text: str, expected: Any) -> None:
    assert comparable(read(serde, kind, text)) == expected


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("bigint", '"0x1F"', 31),
        ("bigint", '"017"', 15),
        ("bigint", '"1e2"', 100),
        ("integer", "3000000000", None),
        ("tinyint", '"x"', None),
        ("bigint", "true", None),
        ("double", '"NaN"', "nan"),
        ("double", '"x"', None),
        ("decimal(3,2)", "100", None),
        ("decimal(3,2)", '"x"', None),
        ("date", "20000", dt.date(2024, 10, 4)),
        ("date", '"x"', None),
        ("timestamp", '"2026-02-01T10:00:00Z"', "2026-02-01 10:00:00.000"),
        ("timestamp", '"2026-02-01T10:00:00+02:00"', "2026-02-01 08:00:00.000"),
        ("timestamp", '"2026-02-01T10:00:00-0130"', "2026-02-01 11:30:00.000"),
        ("timestamp", "1769940000", "2026-02-01 10:00:00.000"),
        ("timestamp", "1769940000123", "2026-02-01 10:00:00.123"),
        ("timestamp", "1769940000.5", "2026-02-01 10:00:00.500"),
        ("timestamp", '"x"', None),
        ("timestamp", '"2026-02-01"', None),
        ("varbinary", '"AP8="', b"\x00\xff"),
        ("varchar", "1e5", "1E+5"),
        ("varchar", "0.00000001", "1E-8"),
        ("varchar", '{"B": [1.0, null, "</a>\\n"], "b": 2}', '{"B":2}'),
        ("varchar", '[1.0, null, "</a>\\n", {"k": true}]', '[1.0,null,"<\\/a>\\n",{"k":true}]'),
        ("array(varchar)", '"a"', ["a"]),
        ("array(varchar)", '""', None),
        ("map(varchar, varchar)", '" "', None),
        ("row(a bigint)", '" "', (None,)),
        ("row(a bigint, b bigint)", "[1]", (1, None)),
    ],
)
def test_openx_converts_where_it_can_and_gives_null_where_not(kind: str, text: str, expected: Any) -> None:
    value = comparable(read(OPENX, kind, text))
    assert (str(value) if expected == "nan" else value) == expected


def test_hive_takes_a_day_for_a_timestamp() -> None:
    assert comparable(read(HIVE[0], "timestamp", '"2026-02-01"')) == "2026-02-01 00:00:00.000"


@pytest.mark.parametrize(
    ("serde", "kind", "text"),
    [
        (OPENX, "bigint", "[1]"),
        (OPENX, "date", "{}"),
        (OPENX, "map(varchar, varchar)", '"a"'),
        (OPENX, "map(varchar, varchar)", "[1]"),
        (OPENX, "row(a bigint)", '"a"'),
        (OPENX, "varbinary", "1"),
        (OPENX, "varbinary", '"?"'),
        (HIVE[0], "bigint", '"1"'),
        (HIVE[0], "integer", "3000000000"),
        (HIVE[0], "double", '"1"'),
        (HIVE[0], "double", "true"),
        (HIVE[0], "date", '"x"'),
        (HIVE[0], "varchar", "[1]"),
        (HIVE[0], "array(varchar)", '"a"'),
        (HIVE[0], "map(varchar, varchar)", "[]"),
        (HIVE[0], "map(bigint, varchar)", '{"a": "b"}'),
        (HIVE[0], "row(a bigint)", "[1]"),
    ],
)
def test_what_a_column_cannot_hold_fails_the_query(serde: str, kind: str, text: str) -> None:
    with pytest.raises(QueryRefused, match="Line 1 of s3://b/k") as refused:
        read(serde, kind, text)
    assert refused.value.kind == "HIVE_BAD_DATA"


def rows(serde: str, content: str, **options: str) -> list[tuple[Any, ...]]:
    named = {name.replace("_", "."): value for name, value in options.items()}
    reader = LineReader(serde, [("id", parse_type("bigint")), ("long_name", parse_type("varchar"))], named)
    return list(reader.rows(content.encode(), "s3://b/k"))


def test_keys_are_found_whatever_their_case_and_others_ignored() -> None:
    for serde in (OPENX, HIVE[1]):
        assert rows(serde, '{"ID": 1, "Long_Name": "x", "more": {}} trailing') == [(1, "x")]


def test_every_end_of_a_line_ends_it() -> None:
    content = '{"id": 1}\n{"id": 2}\r\n{"id": 3}\r{"id": 4}'
    assert [row[0] for row in rows(HIVE[0], content)] == [1, 2, 3, 4]


@pytest.mark.parametrize("line", ['{"id": 1', '{"id": NaN}', "{id: 1}", "[1"])
def test_a_malformed_line_fails_the_query(line: str) -> None:
    for serde in (OPENX, HIVE[0]):
        with pytest.raises(QueryRefused, match="Line 2 of s3://b/k is not a valid JSON object") as refused:
            rows(serde, f'{{"id": 1}}\n{line}')
        assert refused.value.kind == "HIVE_CURSOR_ERROR"


def test_openx_can_be_asked_to_ignore_malformed_lines() -> None:
    content = '{"id": 1}\n{"id": \n{"id": 3}'
    assert rows(OPENX, content, ignore_malformed_json="TRUE") == [(1, None), (None, None), (3, None)]


@pytest.mark.parametrize("line", ["", "  ", "text", "17", '"text"'])
def test_a_line_without_an_object_is_null_to_openx_and_an_error_to_hive(line: str) -> None:
    assert rows(OPENX, f"{line}\n") == [(None, None)]
    with pytest.raises(QueryRefused):
        rows(HIVE[0], f"{line}\n")


def test_options_of_openx_map_the_keys() -> None:
    assert rows(OPENX, '{"key": 1, "long.name": "x"}', mapping_id="KEY", dots_in_keys="true") == [(1, "x")]
    assert rows(OPENX, '{"ID": 1, "id": 2}', case_insensitive="false") == [(2, None)]


def test_hive_knows_its_internal_names_of_columns() -> None:
    assert rows(HIVE[0], '{"_col0": 1, "_col1": "x"}') == [(1, "x")]


def test_what_is_not_supported_is_refused() -> None:
    with pytest.raises(NotSupportedHere, match="LazySimpleSerDe"):
        rows("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "")
    with pytest.raises(NotSupportedHere, match=r"timestamp\.formats"):
        rows(OPENX, "", timestamp_formats="yyyy")
