"""Regular expressions, as JONI has them with Java's syntax. The expected values are those of Trino 435."""

from __future__ import annotations

import pytest

from infra.local.athena.errors import NotSupportedHere, QueryRefused
from tests.unit.infra.local.athena.queries import rows, values


def test_extract_gives_a_group_of_the_first_match_or_null() -> None:
    assert values(
        r"regexp_extract('1a 2b', '(\d+)([a-z]+)', 2)",
        "regexp_extract('abc', 'x')",
        "regexp_extract('abc', '(x)?b', 1)",
        r"regexp_extract_all('1a 2b 14m', '\d+')",
    ) == ["a", None, None, ["1", "2", "14"]]


@pytest.mark.parametrize(
    ("group", "message"), [("1", "Pattern has 0 groups. Cannot access group 1"), ("-1", "cannot be negative")]
)
def test_a_group_that_the_pattern_has_not_is_an_error(group: str, message: str) -> None:
    with pytest.raises(QueryRefused, match=message) as refused:
        values(f"regexp_extract('abc', 'b', {group})")
    assert refused.value.kind == "INVALID_FUNCTION_ARGUMENT"


def test_an_empty_match_may_follow_another_match_at_once() -> None:
    assert values(
        "regexp_replace('baac', 'a*', '-')",
        "regexp_count('abc', '')",
        "regexp_split('aba', 'a')",
        "regexp_replace('日本', '', '-')",
    ) == ["-b--c-", 4, ["", "b", ""], "-日-本-"]


def test_letters_beyond_ascii_are_not_of_the_classes_w_d_and_s_but_of_posix_classes() -> None:
    assert values(
        r"regexp_extract('aé', '\w+')",
        r"regexp_like('٣', '\d')",
        r"regexp_like('é', '\W')",
        "regexp_like('é', '[[:alpha:]]')",
        r"regexp_like('É', '\p{Lu}')",
        r"regexp_like('日', '\p{Han}')",
    ) == ["a", False, True, True, True, True]


def test_words_end_where_letters_of_any_language_end() -> None:
    assert values(r"regexp_replace('Grüße, Zoë', '\b', '|')") == ["|Grüße|, |Zoë|"]


def test_classes_are_united_intersected_and_negated() -> None:
    assert values(
        "regexp_replace('abcxyz', '[a-c&&[^b]]', '.')",
        "regexp_replace('abc', '[^a[b]]', '.')",
        "regexp_replace('a]b-', '[]-]', '.')",
        r"regexp_replace('a.b', '[\.]', '!')",
    ) == [".b.xyz", "ab.", "a.b.", "a!b"]


def test_options_hold_to_the_end_of_their_group() -> None:
    assert values(
        "regexp_like('ABC', '(?i)abc')",
        "regexp_like('ABc', '(?i:ab)c')",
        "regexp_like('ABC', '(?i:ab)c')",
        "regexp_like('É', '(?i)é')",
        "regexp_like(U&'x\\000ay', 'x.y')",
        "regexp_like(U&'x\\000ay', '(?s)x.y')",
    ) == [True, True, False, True, False, True]


def test_lines_begin_after_a_newline_only_with_an_option() -> None:
    assert values(
        "regexp_extract(U&'x\\000ay', '^y')",
        "regexp_extract(U&'x\\000ay', '(?m)^y')",
        "regexp_count(U&'a\\000ab\\000a', '(?m)^')",
        "regexp_count(U&'a\\000ab\\000a', '(?m)$')",
        "regexp_like(U&'a\\000a', 'a$')",
    ) == [None, "y", 2, 3, True]


def test_look_behind_takes_alternatives_of_different_lengths() -> None:
    assert values(
        "regexp_extract('price: $42', '(?<=\\$)\\d+')",
        "regexp_like('xab', '(?<=c|xa)b')",
        "regexp_like('xab', '(?<!c|xa)b')",
    ) == ["42", True, False]


def test_a_replacement_names_groups_by_number_and_name() -> None:
    assert values(
        r"regexp_replace('2026-01-15', '(\d+)-(\d+)-(\d+)', '$3.$2.$1')",
        r"regexp_replace('first last', '(?<a>\w+) (?<b>\w+)', '${b} ${a}')",
        "regexp_replace('abc', '(b)', '$10')",
        r"regexp_replace('abc', 'b', '\$')",
        "regexp_replace('abc', '(x)?b', '[$1]')",
    ) == ["15.01.2026", "last first", "ab0c", "a$c", "a[]c"]


@pytest.mark.parametrize("replacement", ["$2", "$", "$a", "${x}", "x\\"])
def test_a_replacement_that_names_no_group_is_an_error(replacement: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        values(f"regexp_replace('abc', '(b)', '{replacement}')")
    assert refused.value.kind == "INVALID_FUNCTION_ARGUMENT"


def test_a_lambda_makes_a_replacement_of_the_groups() -> None:
    sql = r"regexp_replace(name, '(\w)(\w*)', x -> upper(x[1]) || lower(x[2]))"
    assert rows(f"select {sql} from (values 'new YORK', '', null) t(name)") == [("New York",), ("",), (None,)]


def test_positions_count_characters_from_a_start() -> None:
    assert values(
        "regexp_position('日本', '本')",
        "regexp_position('ababab', 'b', 4, 2)",
        "regexp_position('abc', 'x')",
        "regexp_position('abc', '', 4)",
    ) == [2, 6, -1, -1]


@pytest.mark.parametrize("pattern", ["(", "*a", "[", "a)", "(?a)", "[z-a]", "a\\"])
def test_a_wrong_pattern_is_an_error(pattern: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        values(f"regexp_like('a', '{pattern}')")
    assert refused.value.kind == "INVALID_FUNCTION_ARGUMENT"


@pytest.mark.parametrize("pattern", [r"\h", "(a*)*", "(?<=(a))b", "(?<x>a)(b)", "a{,2}", r"\p{Cyrillic}"])
def test_what_may_differ_from_joni_is_refused(pattern: str) -> None:
    with pytest.raises(NotSupportedHere, match="does not support"):
        values(f"regexp_like('ab', '{pattern}')")


def test_letters_with_several_other_forms_are_refused_where_case_does_not_count() -> None:
    with pytest.raises(NotSupportedHere):
        rows("select regexp_like(x, '(?i)ss') from (values 'ß') t(x)")


def test_characters_that_jonis_unicode_has_not_are_refused_where_classes_have_names() -> None:
    with pytest.raises(NotSupportedHere):
        rows(r"select regexp_like(x, '\p{L}') from (values U&'\0560') t(x)")
