"""Functions of text, and those of binary values with the same names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from infra.local.athena.errors import CallRefused
from infra.local.athena.functions import text_functions  # noqa: F401  # defines what the templates call
from infra.local.athena.functions.api import Call, Entry, by_arity, by_type, macro, render
from infra.local.athena.functions.array_building import concatenated
from infra.local.athena.functions.casting import register
from infra.local.athena.functions.constants import text
from infra.local.athena.functions.nested import padded, padded_operand

# What Java's Character.isWhitespace holds for white, which does not include the no-break spaces.
_BLANKS: Final = text(
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a"
    "\u2028\u2029\u205f\u3000"
)
_LONGEST: Final = 2**31 - 1


register({("varchar", "codepoints"): "{0}", ("char", "codepoints"): padded_operand})


def _concat(call: Call) -> str:
    if len(call.arguments) == 1:
        what = "arguments to concat" if call.type.base == "array" else "concatenation arguments"
        raise CallRefused("INVALID_FUNCTION_ARGUMENT", f"There must be two or more {what}")
    if call.type.base == "array":
        return concatenated(call)
    if call.type.base == "char":
        return f"rtrim({padded_operand(call)} || {call.arguments[1].sql}, ' ')"
    return "(" + " || ".join(argument.sql for argument in call.arguments) + ")"


def _concat_ws(call: Call) -> str:
    if len(call.arguments) == 1:
        raise CallRefused("INVALID_FUNCTION_ARGUMENT", "There must be two or more arguments")
    if call.arguments[1].type.base != "array":
        return render("concat_ws({all})", call)
    return render("(CASE WHEN {1} IS NOT NULL THEN coalesce(array_to_string({1}, {0}), '') END)", call)


def _substr(call: Call) -> str:
    if call.arguments[0].type.base == "varbinary":
        return render(f"trino_substr_binary({{all}}{', 2147483647' * (len(call.arguments) == 2)})", call)  # noqa: PLR2004
    kind = call.arguments[0].type
    value = padded("{0}", kind) if kind.base == "char" else "{0}"
    length = f"least(greatest({{2}}, 0), {_LONGEST})" if len(call.arguments) > 2 else str(_LONGEST)  # noqa: PLR2004
    start = call.arguments[1]
    if start.is_constant and start.constant is not None and 0 < start.constant <= _LONGEST:
        found = f"substring({value}, {start.constant}, {length})"
        is_given = len(call.arguments) == 2 or call.arguments[2].is_constant  # noqa: PLR2004
        return render(found if is_given else f"CASE WHEN {{2}} IS NOT NULL THEN {found} END", call)
    absent = " OR ".join(f"{{{place}}} IS NULL" for place in range(len(call.arguments)))
    template = (
        f"(CASE WHEN {absent} THEN NULL "
        f"WHEN {{1}} BETWEEN 1 AND {_LONGEST} THEN substring({value}, {{1}}, {length}) "
        f"WHEN {{1}} < 0 AND length({value}) >= -{{1}} "
        f"THEN substring({value}, length({value}) + {{1}} + 1, {length}) ELSE '' END)"
    )
    return render(template, call)


def _is_text(call: Call, place: int) -> bool:
    """Whether an argument is a text that is known, and not empty."""
    argument = call.arguments[place]
    return argument.is_constant and bool(argument.constant)


def _split(call: Call) -> str:
    if len(call.arguments) == 2 and _is_text(call, 1):  # noqa: PLR2004
        return render("string_split({0}, {1})", call)
    return render(f"trino_split({{all}}{', 2147483647' * (len(call.arguments) == 2)})", call)  # noqa: PLR2004


def _split_part(call: Call) -> str:
    index = call.arguments[2]
    if _is_text(call, 1) and index.is_constant and index.constant and index.constant > 0:
        return render("string_split({0}, {1})[{2}]", call)
    return render("trino_split_part({all})", call)


def _replace(call: Call) -> str:
    replacement = "" if len(call.arguments) > 2 else ", ''"  # noqa: PLR2004
    return render(f"{'replace' if _is_text(call, 1) else 'trino_replace'}({{all}}{replacement})", call)


def _pad(side: str) -> Entry:
    def translation(call: Call) -> str:
        if call.arguments[0].type.base == "varbinary":
            return render(f"trino_{side}_binary({{all}})", call)
        length = call.arguments[1]
        is_known = length.is_constant and length.constant is not None and 0 <= length.constant <= _LONGEST
        if is_known and _is_text(call, 2):
            return render(f"{side}({{0}}, {length.constant}, {{2}})", call)
        return render(f"trino_{side}({{all}})", call)

    return translation


def _trim(side: str) -> Entry:
    def translation(call: Call) -> str:
        return render(f"{side}({{0}}, {'{1}' if len(call.arguments) > 1 else _BLANKS})", call)

    return translation


def _char_length(call: Call) -> str:
    return render(f"(CASE WHEN {{0}} IS NOT NULL THEN {call.arguments[0].type.length} END)", call)


def _from_utf8(call: Call) -> str:
    if len(call.arguments) == 1:
        return render("trino_from_utf8({0}, chr(65533))", call)
    if call.arguments[1].type.base == "bigint":
        return render("trino_from_utf8({0}, trino_replacement({1}))", call)
    return render("trino_from_utf8({0}, {1})", call)


def _format_number(call: Call) -> str:
    if call.arguments[0].type.base == "bigint":
        return render("trino_format_number({0})", call)
    whole = "CAST(least(greatest(trunc({0}), -9223372036854774784), 9223372036854774784) AS BIGINT)"
    return render(
        f"trino_format_number(CASE WHEN isnan({{0}}) THEN 0 WHEN {{0}} IS NOT NULL THEN {whole} END)", call
    )


# The letters that have a capital or a small letter in DuckDB's Unicode, but not in Java 17's.
_NO_CAPITAL: Final = r"ß\x{2c5f}\x{a7c1}\x{a7d1}\x{a7d7}\x{a7d9}\x{10597}-\x{105bc}"
_NO_SMALL: Final = r"\x{2c2f}\x{a7c0}\x{a7d0}\x{a7d6}\x{a7d8}\x{10570}-\x{10595}"
for _name, _kept in (("upper", _NO_CAPITAL), ("lower", _NO_SMALL)):
    macro(
        f"trino_{_name}",
        "s",
        f"CASE WHEN regexp_matches(s, '[{_kept}]') THEN array_to_string(list_transform("
        f"regexp_extract_all(s, '[{_kept}]|[^{_kept}]+'), lambda part: "
        f"CASE WHEN regexp_matches(part, '[{_kept}]') THEN part ELSE {_name}(part) END), '') "
        f"ELSE {_name}(s) END",
    )
_DATA_SIZE: Final = "CAST(trino_parse_data_size({0}) AS DECIMAL(38, 0))"

FUNCTIONS: Final[Mapping[str, Entry]] = {
    "length": by_type({"varchar": "length({0})", "char": _char_length, "varbinary": "octet_length({0})"}),
    "lower": "trino_lower({0})",
    "upper": "trino_upper({0})",
    "concat": _concat,
    "concat_ws": _concat_ws,
    **dict.fromkeys(("substr", "substring"), _substr),
    "strpos": by_arity({2: "strpos({0}, {1})", 3: "trino_strpos({0}, {1}, {2})"}),
    "split": _split,
    "split_part": _split_part,
    "split_to_map": "trino_split_to_map({all})",
    "split_to_multimap": "trino_split_to_multimap({all})",
    "replace": _replace,
    **{side: _trim(side) for side in ("trim", "ltrim", "rtrim")},
    **{side: _pad(side) for side in ("lpad", "rpad")},
    "reverse": by_type(
        {
            "varchar": "trino_reverse_text({0})",
            "varbinary": "trino_reverse_binary({0})",
            "array": "list_reverse({0})",
        }
    ),
    "translate": "trino_translate({all})",
    "starts_with": "starts_with({0}, {1})",
    "chr": "trino_chr({0})",
    "codepoint": "trino_codepoint({0})",
    "levenshtein_distance": "trino_levenshtein_distance({0}, {1})",
    "hamming_distance": "trino_hamming_distance({0}, {1})",
    "soundex": "trino_soundex({0})",
    "luhn_check": "trino_luhn_check({0})",
    "normalize": "trino_normalize({0}, {1})",
    "to_utf8": "encode({0})",
    "from_utf8": _from_utf8,
    "format_number": _format_number,
    "parse_data_size": _DATA_SIZE,
    "parse_presto_data_size": _DATA_SIZE,
}
