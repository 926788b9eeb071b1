"""JSON in the fetch is read and written fast, with the same values as by `json`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fetch_spotify.spotify.shapes import parse_json
from fetch_spotify.storage.writer import ndjson

KEY = "available_markets"
# Texts with everything that may end a string, a list or a key too early for a careless reader.
texts = st.text(alphabet='AB"\\],:[{ é\ud83d\U0001f600\n', max_size=6)
keys = st.one_of(st.just(KEY), st.sampled_from([f'x"{KEY}', f"{KEY}s", "k"]))
markets = st.lists(st.sampled_from(["AD", "ZW", ""]), max_size=3)
numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts, markets),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=12,
)


def without(value: Any) -> Any:
    if isinstance(value, list):
        return [without(each) for each in value]
    if isinstance(value, dict):
        return {key: without(each) for key, each in value.items() if key != KEY}
    return value


@example({f'x"{KEY}': ["AD"], "k": 1}, None, (",", ":"), True)
@example({KEY: ["A]", "],"], "k": "A"}, None, (",", ":"), True)
@example({"k": 1, KEY: ["AD"]}, None, (",", ":"), True)
@given(values, st.sampled_from([None, 1]), st.sampled_from([(",", ":"), (" , ", " : ")]), st.booleans())
def test_any_text_is_read_as_json_reads_it_except_for_the_excluded_key(
    value: Any, indent: int | None, separators: tuple[str, str], ensure_ascii: bool
) -> None:
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=ensure_ascii)
    content = text.encode("utf-8", "surrogatepass")
    assert repr(parse_json(content, KEY)) == repr(without(value))
    assert repr(parse_json(content)) == repr(value)


@given(st.lists(st.dictionaries(texts, values, max_size=3), max_size=3))
def test_any_records_are_written_one_per_line_and_read_back_unchanged(records: list[dict[str, Any]]) -> None:
    lines = ndjson(records).splitlines()
    assert repr([json.loads(line) for line in lines]) == repr(records)


@pytest.mark.parametrize("text", ["18446744073709551616", "-123456789012345678901234567890", "0.0", "-0.0"])
def test_a_number_keeps_its_digits(text: str) -> None:
    assert ndjson([{"n": parse_json(text.encode())}]) == b'{"n":%b}\n' % text.encode()


def test_non_ascii_text_is_not_escaped() -> None:
    assert ndjson([{"name": "Björk 😀"}]) == '{"name":"Björk 😀"}\n'.encode()


def test_a_lone_surrogate_is_kept() -> None:
    record = parse_json(rb'{"name":"cut \ud83d","available_markets":["AD"]}', KEY)
    assert record == {"name": "cut \ud83d"}
    assert ndjson([record, {"name": "whole"}]) == b'{"name":"cut \\ud83d"}\n{"name":"whole"}\n'


def test_the_last_value_of_a_duplicate_key_counts() -> None:
    assert parse_json(b'{"a":1,"a":2}') == {"a": 2}


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", "[Infinity]", '{"n":-Infinity}', "1e400", '{"a":1,}', '"\xff"']
)
@pytest.mark.parametrize("excluded_key", [KEY, None])
def test_invalid_json_is_refused(text: str, excluded_key: str | None) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever of the two readers refuses it
        parse_json(text.encode("latin-1"), excluded_key)
