"""Functions of text, binary values and URLs. The expected values are those of Trino 435."""

from __future__ import annotations

import pytest

from infra.local.athena.errors import NotSupportedHere, QueryRefused
from tests.unit.infra.local.athena.queries import rows, types, values


def test_substrings_count_characters_from_either_end() -> None:
    assert values(
        "substr('hello', 2)",
        "substr('hello', -3, 2)",
        "substr('hello', 0)",
        "substr('hello', -99)",
        "substring('🎵ä日' from 2 for 1)",
        "substr('hello', 2, -1)",
        "substr(X'010203', -2, 1)",
    ) == ["ello", "ll", "", "", "ä", "", b"\x02"]


def test_a_start_that_is_not_known_beforehand_counts_alike() -> None:
    found = rows("select substr('hello', n, 2), substr('hello', n) from (values 2, -2, 0, 9, null) t(n)")
    assert found == [("el", "ello"), ("lo", "lo"), ("", ""), ("", ""), (None, None)]


def test_lengths_and_case_are_those_of_single_characters() -> None:
    assert values("length('Zoë 🎵')", "length(cast('ab' as char(5)))", "reverse('Zoë🎵')") == [5, 5, "🎵ëoZ"]
    assert values("upper('straße')", "lower('İ')", "upper('ﬁ')") == ["STRAßE", "i", "ﬁ"]


def test_a_char_is_padded_before_what_is_joined_to_it() -> None:
    assert values("cast('ab' as char(4)) || 'x'", "concat('a', 'b', 'c')", "X'01' || X'02'") == [
        "ab  x", "abc", b"\x01\x02",
    ]  # fmt: skip


def test_joining_a_text_and_a_null_gives_an_array_as_trino_resolves_it() -> None:
    assert types("select 'a' || null") == ["array(varchar(1))"]
    assert values("'a' || null", "array[1] || 2", "0 || array[1]") == [None, [1, 2], [0, 1]]
    assert values("array[1] || cast(null as integer)", "concat(array[1], array[2], array[null])") == [
        None,
        [1, 2, None],
    ]


def test_splits_keep_empty_parts_and_give_null_beyond_the_last() -> None:
    assert values("split('a,b,,c', ',')", "split('a,b,c', ',', 2)", "split_part('a/b', '/', 3)") == [
        ["a", "b", "", "c"], ["a", "b,c"], None,
    ]  # fmt: skip
    assert values("split_to_map('a=1;b=2', ';', '=')") == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    "expression",
    [
        "split('abc', '')",
        "split_part('a', '/', 0)",
        "split_to_map('a=1;a=2', ';', '=')",
        "strpos('abc', 'b', 0)",
        "lpad('a', -1, 'x')",
        "lpad('a', 3, '')",
        "chr(-1)",
        "codepoint('')",
        "hamming_distance('a', 'ab')",
        "soundex('é')",
        "luhn_check('a1')",
        "concat('a')",
        "parse_data_size('1KB')",
        "from_hex('xyz')",
        "from_base64('!!')",
        "from_base32('N')",
        "from_big_endian_64(X'01')",
        "url_decode('%zz')",
    ],
)
def test_wrong_arguments_are_errors(expression: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        values(expression)
    assert refused.value.kind == "INVALID_FUNCTION_ARGUMENT"


def test_trimming_removes_what_java_holds_for_white() -> None:
    assert values(
        r"trim(U&'\0009 a \000a')",
        r"length(trim(U&'\00a0a'))",
        "trim(both 'x' from 'xxaxx')",
        "rtrim('abcc', 'c')",
    ) == ["a", 2, "a", "ab"]


def test_replacing_nothing_puts_text_between_characters() -> None:
    assert values("replace('abc', '', '-')", "replace('banana', 'a')", "translate('abcd', 'abc', 'xy')") == [
        "-a-b-c-", "bnn", "xyd",
    ]  # fmt: skip


def test_padding_repeats_the_text_and_cuts_what_is_too_long() -> None:
    assert values("lpad('a', 5, '日本')", "rpad('a', 4, 'xy')", "lpad('abcdef', 3, 'x')") == [
        "日本日本a", "axyx", "abc",
    ]  # fmt: skip


def test_distances_and_sounds() -> None:
    assert values(
        "levenshtein_distance('kitten', 'sitting')", "soundex('Ashcraft')", "luhn_check('79927398713')"
    ) == [3, "A261", True]


def test_numbers_in_words() -> None:
    assert values("format_number(1125)", "format_number(-12345)", "parse_data_size('2.3MB')") == [
        "1.13K", "-12.35K", 2411724,
    ]  # fmt: skip


def test_bytes_that_are_not_utf_8_become_one_sign_for_each_sequence() -> None:
    assert values("from_utf8(X'61e28261')", "from_utf8(X'61ff', '?')", "from_utf8(X'eda080')") == [
        "a\ufffda", "a?", "\ufffd",
    ]  # fmt: skip


def test_hashes_and_encodings() -> None:
    assert values(
        "to_hex(md5(to_utf8('a')))",
        "to_hex(xxhash64(to_utf8(rpad('a', 100, 'bcd'))))",
        "to_hex(murmur3(to_utf8(rpad('a', 100, 'bcd'))))",
        "crc32(to_utf8('hello'))",
        "to_base32(to_utf8('hi'))",
        "from_base64url('-_8=')",
        "from_ieee754_64(X'3ff8000000000000')",
    ) == [
        "0CC175B9C0F1B6A831C399E269772661",
        "6145546E41A92516",
        "7ABB8A33928BD2015A22BAA5E19C47AE",
        907060870,
        "NBUQ====",
        b"\xfb\xff",
        1.5,
    ]


def test_parts_of_urls() -> None:
    url = "'https://user@example.com:8080/p/a%20b?a=1+2&b=x%20y&a=2#frag'"
    parts = ("protocol", "host", "port", "path", "query", "fragment")
    found = values(*(f"url_extract_{part}({url})" for part in parts), f"url_extract_parameter({url}, 'a')")
    assert found == ["https", "example.com", 8080, "/p/a b", "a=1+2&b=x y&a=2", "frag", "1 2"]


@pytest.mark.parametrize("url", ["not a url", "http://h/a|b", "http://[1.2.3.4]/", "1http://h", ":x"])
def test_what_is_no_url_has_no_parts(url: str) -> None:
    assert values(f"url_extract_host('{url}')", f"url_extract_path('{url}')") == [None, None]


def test_urls_without_a_server_have_an_empty_host() -> None:
    assert values("url_extract_host('mailto:a@b.c')", "url_extract_host('http://a_b.com/')") == ["", ""]


def test_forms_are_encoded() -> None:
    assert values("url_encode('a b&é?*-_.~')", "url_decode('a+b%26%C3%A9')") == [
        "a+b%26%C3%A9%3F*-_.%7E",
        "a b&é",
    ]


def test_format_writes_as_java_does() -> None:
    assert values(
        "format('%10s|%-5s|%S', 'a', 'b', 'c')",
        "format('%05d %,d %(d %x', 42, 1234567, -6, -1)",
        "format('%.2f %e %s %s', 1.005e0, 12345.678e0, 100e0, 1e10)",
        "format('%,.3f', decimal '12345.6789')",
        "format('%2$s %1$s %<s', 'a', 'b')",
        "format('%s %b %.2f', null, null, cast(null as double))",
        "format('%s %s', date '2026-01-02', timestamp '2026-01-02 03:04:00.120')",
        "format('%tY-%<tm %<tA', date '2026-01-02')",
    ) == [
        "         a|b    |C",
        "00042 1,234,567 (6) ffffffffffffffff",
        "1.01 1.234568e+04 100.0 1.0E10",
        "12,345.679",
        "b a a",
        "null false nu",
        "2026-01-02 2026-01-02T03:04:00.120",
        "2026-01 Friday",
    ]


@pytest.mark.parametrize("pattern", ["%q", "%d", "%", "%.2x", "%-s", "%,s", "%2$s", "%0$s"])
def test_a_format_that_does_not_fit_is_an_error(pattern: str) -> None:
    with pytest.raises(QueryRefused, match="Invalid format string") as refused:
        values(f"format('{pattern}', 'x')")
    assert refused.value.kind == "INVALID_FUNCTION_ARGUMENT"


def test_a_format_of_java_that_is_not_supported_is_refused() -> None:
    with pytest.raises(NotSupportedHere):
        values("format('%h', 'x')")


def test_letters_that_are_newer_than_javas_unicode_have_no_other_case() -> None:
    assert values("upper('aⱟb\U00010597c')", "lower('AⰯB\U00010570C')", "upper('ꟙ')") == [
        "AⱟB\U00010597C", "aⰯb\U00010570c", "ꟙ",
    ]  # fmt: skip


def test_the_escape_of_like_may_come_from_a_column() -> None:
    patterns = "(VALUES ('a_c', 'a#_c', '#'), ('abc', 'a#_c', '#'), ('a#c', 'a##c', '#')) AS t (x, p, e)"
    assert rows(f"SELECT x LIKE p ESCAPE e FROM {patterns}") == [(True,), (False,), (True,)]


@pytest.mark.parametrize("pattern", ["a#", "a#b", "###", "#%#"])
@pytest.mark.parametrize("column", ["'{}'", "(SELECT max(x) FROM (VALUES '{}') AS t (x))"])
def test_an_escape_that_escapes_nothing_is_refused(pattern: str, column: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        values(f"'abc' LIKE {column.format(pattern)} ESCAPE '#'")
    assert refused.value.kind == "INVALID_FUNCTION_ARGUMENT"
