"""Functions of arrays, maps and lambdas in queries."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.athena.errors import QueryRefused
from tests.unit.infra.local.athena.queries import rows, values


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("contains(array[1, null], 3)", None),
        ("contains(array[nan()], nan())", False),
        ("contains(array[row(1, 'a')], row(1, 'a'))", True),
        ("contains(cast(null as array(integer)), 1)", None),
        ("array_position(array['a', 'b'], 'z')", 0),
        ("array_distinct(array[2, null, 1, 2, null])", [2, None, 1]),
        ("array_intersect(array[5, 3], array[1, 2, 3, 4, 5])", [3, 5]),
        ("array_except(array[3, 1, null, 3], array[1])", [3, None]),
        ("arrays_overlap(array[1, null], array[2])", None),
        ("array_max(array[1e0, nan(), 5e0])", 5.0),
        ("array_max(array[1, null])", None),
        ("array_sort(array[3, null, 1])", [1, 3, None]),
        ("array_sort(array[array[2], array[1, 5]])", [[1, 5], [2]]),
        ("array_sort(array[3, 2, 5], (x, y) -> if(x < y, 1, if(x = y, 0, -1)))", [5, 3, 2]),
        ("slice(array['a', 'b', 'c'], -5, 2)", []),
        ("element_at(array[1, 2, 3], -1)", 3),
        ("array_join(array[1.50, null], ',', '?')", "1.50,?"),
        ("sequence(10, 1, -3)", [10, 7, 4, 1]),
        ("day(sequence(date '2026-01-31', date '2026-04-01', interval '1' month)[2])", 28),
        ("combinations(array['a', 'b', 'c'], 2)", [["a", "b"], ["a", "c"], ["b", "c"]]),
        ("ngrams(array[1, 2], 5)", [[1, 2]]),
        ("array[1] || 2 || array[3]", [1, 2, 3]),
        ("reverse(array[1, null])", [None, 1]),
        ("cardinality(null)", None),
    ],
)  # fmt: skip
def test_functions_of_arrays_give_what_trino_gives(expression: str, value: Any) -> None:
    assert values(expression) == [value]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("any_match(array[1, null], x -> x = 2)", None),
        ("any_match(array[1, 0], x -> 10 / x > 0)", True),
        ("all_match(array[], x -> false)", True),
        ("reduce(array[1, 2, 3], 'p1', (s, x) -> s || 'v2' || cast(x as varchar), s -> s)", "p1v21v22v23"),
        ("zip_with(array[1, 2], array['p3'], (x, y) -> coalesce(y, 'v1'))", ["p3", "v1"]),
        ("transform(array[1, 2], x -> transform(array[10], y -> x + y))", [[11], [12]]),
        ("map_filter(map(array['a', 'b'], array[1, null]), (k, v) -> v is null)", {"b": None}),
        ("transform_values(map(array['v1'], array['p2']), (k, v) -> k || 'v1' || v)", {"v1": "v1v1p2"}),
        ("map_concat(map(array['a'], array[1]), map(array['a'], array[2]))", {"a": 2}),
        ("map_zip_with(map(array['a'], array[1]), map(), (k, x, y) -> x + 1)", {"a": 2}),
        ("element_at(map(array['a'], array[1]), 'z')", None),
        ("map(array['a', 'b'], array[1, 2]) = map(array['b', 'a'], array[2, 1])", True),
    ],
)  # fmt: skip
def test_lambdas_and_functions_of_maps_give_what_trino_gives(expression: str, value: Any) -> None:
    assert values(expression) == [value]


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("map(array['a', 'a'], array[1, 2])", "INVALID_FUNCTION_ARGUMENT"),
        ("map(array['a'], array[1, 2])", "INVALID_FUNCTION_ARGUMENT"),
        ("transform_keys(map(array['a', 'b'], array[1, 2]), (k, v) -> 'same')", "INVALID_FUNCTION_ARGUMENT"),
        ("map(array['a'], array[1])['z']", "INVALID_FUNCTION_ARGUMENT"),
        ("cast(map(array['1', '01'], array[1, 2]) as map(bigint, bigint))", "INVALID_CAST_ARGUMENT"),
        ("contains(array[array[1, null]], array[1, 2])", "NOT_SUPPORTED"),
        ("array_sort(array[5, 1], (x, y) -> x - y)", "INVALID_FUNCTION_ARGUMENT"),
        ("array_join(array[array[1]], ',')", "OPERATOR_NOT_FOUND"),
        ("sequence(1, 20000)", "INVALID_FUNCTION_ARGUMENT"),
        ("sequence(1, 5, -1)", "INVALID_FUNCTION_ARGUMENT"),
        ("trim_array(array[1], 2)", "INVALID_FUNCTION_ARGUMENT"),
        ("combinations(array[1, 2, 3, 4, 5, 6], 6)", "INVALID_FUNCTION_ARGUMENT"),
        ("concat(array[1])", "INVALID_FUNCTION_ARGUMENT"),
        ("array[1, null] < array[1, 2]", "NOT_SUPPORTED"),
    ],
)  # fmt: skip
def test_functions_of_collections_fail_with_trinos_kinds(expression: str, kind: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        values(expression)
    assert refused.value.kind == kind


def test_equal_maps_are_one_group_whatever_their_order() -> None:
    sql = """
        select m['a'], count(*)
        from (values map(array['a', 'b'], array[1, 2]), map(array['b', 'a'], array[2, 1])) t(m) group by m
    """
    assert rows(sql) == [(1, 2)]
