"""Functions of JSON in queries."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.athena.errors import NotSupportedHere, QueryRefused
from tests.unit.infra.local.athena.queries import rows, types, values


def test_json_parse_sorts_names_and_writes_doubles_as_java_does() -> None:
    parsed = values("""json_parse('{"b": 1e5, "a": {"z": 1.50, "y": [12345678901234567890, null]}}')""")
    assert parsed == ['{"a":{"y":[12345678901234567890,null],"z":1.5},"b":100000.0}']


@pytest.mark.parametrize("text", ["not json", "", '{"a": 1} x', "01", "[1,]", "NaN"])
def test_json_parse_fails_on_what_is_no_json(text: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        rows(f"select json_parse('{text}')")
    assert refused.value.kind == "INVALID_FUNCTION_ARGUMENT"


def test_a_literal_that_is_no_json_is_refused_before_the_query_runs() -> None:
    with pytest.raises(QueryRefused) as refused:
        types("select json '{bad}'")
    assert (refused.value.kind, refused.value.line, refused.value.column) == ("INVALID_LITERAL", 1, 8)


@pytest.mark.parametrize(
    ("text", "path", "found", "scalar"),
    [
        ('{"a": {"b": [10, 20.50]}}', "$.a.b[1]", "20.5", "20.50"),
        ('{"a": {"b": 1, "a": 2}}', "$.a", '{"b":1,"a":2}', None),
        ('{"a": null}', "$.a", "null", None),
        ('{"a b": "x"}', '$["a b"]', '"x"', "x"),
        ('{"a": 1, "a": 2}', "$.a", "1", "1"),
        ('{"a": 1', "$.a", "1", "1"),
        ('{"a": [1}', "$.a", None, None),
        ('{"b":, "a": 1}', "$.a", None, None),
        ('{"a": 1} and more', "$.a", "1", "1"),
        ('{"A": 1}', "$.a", None, None),
        ("not json", "$", None, None),
    ],
)
def test_json_extract_reads_no_further_than_the_path_asks(
    text: str, path: str, found: str | None, scalar: str | None
) -> None:
    arguments = f"'{text}', '{path}'"
    assert values(f"json_extract({arguments})", f"json_extract_scalar({arguments})") == [found, scalar]


@pytest.mark.parametrize("path", ["a", "", "$.", "$[", "$..a", "$.a[*]", "$.a.*", "$.a[-1]", "$.a-b", "$.a "])
def test_a_path_that_json_extract_does_not_know_is_refused(path: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        rows(f"select json_extract('{{}}', '{path}')")
    assert refused.value.kind == "INVALID_FUNCTION_ARGUMENT"


def test_json_arrays_are_counted_searched_and_read_from_both_ends() -> None:
    assert values(
        "json_array_length('[1, [2, 3]]')", "json_array_length('{}')", "json_array_length('[1, 2')",
        "json_array_contains('[1, 2', 2)", "json_array_contains('[1.0]', 1)",
        "json_array_contains('[\"a\"]', 'a')",
        "json_array_get('[\"a\", [1.50]]', 0)", "json_array_get('[\"a\", [1.50]]', -1)",
        "json_array_get('[1]', 5)", "json_size('{\"a\": {\"b\": 1}}', '$.a')", "is_json_scalar('[1]')",
    ) == [2, None, None, True, False, True, "a", "[1.5]", None, 1, False]  # fmt: skip


def test_json_is_cast_to_texts_and_numbers_as_trino_does() -> None:
    assert values(
        "cast(json '1.50' as varchar)", "cast(json 'null' as varchar)", "cast(json '1.9' as integer)",
        "cast(json '[{\"a\": 1}]' as array(map(varchar, bigint)))",
        "cast(map(array['b', 'a'], array[1, 2]) as json)", "cast('🚗' as json)",
    ) == ["1.5E0", None, 2, [{"a": 1}], '{"a":2,"b":1}', '"\\uD83D\\uDE97"']  # fmt: skip


@pytest.mark.parametrize(
    ("text", "path", "found"),
    [
        ('{"a": [{"n": 1}, {"n": 5}]}', "lax $.a[*] ? (@.n > 2).n", "[5]"),
        ('{"a": [{"n": 1}, {"n": 5}]}', "lax $.a.n", "[1,5]"),
        ("[1, 2, 3, 4]", "lax $[0, 2 to last]", "[1,3,4]"),
        ('{"a": {"x": 1}, "x": 2}', "lax $..x", "[2,1]"),
        ("[1, 2.5]", "lax $[0] + $[1] * 2.0", "[6.0]"),
        ("[7, -2]", "lax $[0] / $[1]", "[-3]"),
        ('[1, "x", null, {}, []]', "lax $[*].type()", '["number","string","null","object","array"]'),
        ('{"a": 1, "b": 2}', "lax $.keyvalue().name", '["a","b"]'),
        ('[1, "a", null]', "lax $[*] ? (!(@ == 1))", "[null]"),
        ('[1, "a", null]', "lax $[*] ? ((@ == 1) is unknown)", '["a"]'),
        ('[{"n": 1}, {"m": 2}]', "strict $[*] ? (exists(@.n))", '[{"n":1}]'),
        ('["abc", "b"]', 'lax $[*] ? (@ starts with "a")', '["abc"]'),
    ],
)  # fmt: skip
def test_paths_find_what_they_find_in_trino(text: str, path: str, found: str) -> None:
    assert values(f"json_query('{text}', '{path}' with wrapper)") == [found]


def test_json_value_returns_scalars_and_what_is_asked_for_without_them() -> None:
    document = """'{"a": [1, 2], "b": "x", "c": 1.5, "d": null}'"""
    expected: dict[str, Any] = {
        f"json_value({document}, 'lax $.a')": None,
        f"json_value({document}, 'lax $.c')": "1.5E0",
        f"json_value({document}, 'lax $.c' returning integer)": 2,
        f"json_value({document}, 'lax $.b' returning integer default -1 on error)": -1,
        f"json_value({document}, 'lax $.z' default 'none' on empty)": "none",
        f"json_value({document}, 'lax $.d' default 'none' on empty default 'bad' on error)": None,
        "json_value('bad', 'lax $' default 'bad' on error)": "bad",
        f"json_exists({document}, 'lax $.d')": True,
        f"json_exists({document}, 'strict $.z' unknown on error)": None,
        f"json_query({document}, 'lax $.b' omit quotes)": "x",
        f"json_query({document}, 'lax $.z' empty array on empty)": "[]",
        f"json_query({document}, 'lax $.b' with conditional wrapper)": '["x"]',
    }
    assert values(*expected) == list(expected.values())


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("json_value('bad', 'lax $' error on error)", "JSON_INPUT_CONVERSION_ERROR"),
        ("json_value('{}', 'strict $.a' error on error)", "PATH_EVALUATION_ERROR"),
        ("json_value('[1, 2]', 'lax $' error on error)", "JSON_VALUE_RESULT_ERROR"),
        ("json_query('[1, 2]', 'lax $[*]' error on error)", "JSON_OUTPUT_CONVERSION_ERROR"),
        ("json_value('{}', 'lax $.a.b(')", "SYNTAX_ERROR"),
        ("json_value('{}', 'lax $.a' default 5 on empty)", "TYPE_MISMATCH"),
        ("json_object('a': 1, 'a': 2)", "NOT_SUPPORTED"),
    ],
)
def test_errors_of_json_functions_have_trinos_kinds(expression: str, kind: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        values(expression)
    assert refused.value.kind == kind


def test_json_objects_and_arrays_are_made_of_values() -> None:
    assert values(
        "json_object('b': 1, 'a': 'x')", "json_object('a': null)", "json_object('a': null absent on null)",
        "json_array(1.5, null, true)", "json_array(1, null null on null)",
        "json_object('n': json_array(1, 2), 'm': '[3]' format json)",
    ) == ['{"a":"x","b":1}', '{"a":null}', "{}", "[1.5,true]", "[1,null]", '{"m":[3],"n":[1,2]}']  # fmt: skip


def test_a_path_with_what_is_not_supported_is_refused() -> None:
    with pytest.raises(NotSupportedHere, match="Athena does"):
        values("""json_value('"a"', 'lax $ ? (@ like_regex "a")')""")
