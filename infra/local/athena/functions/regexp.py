"""Regular expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from infra.local.athena.errors import NotSupportedHere
from infra.local.athena.functions.api import Call, Entry, bind, by_arity, python_function, render
from infra.local.athena.functions.casting import register
from infra.local.athena.functions.code_points import has_plain_case, is_settled
from infra.local.athena.functions.nested import padded_operand
from infra.local.athena.functions.regexp_parts import Translated
from infra.local.athena.functions.regexp_syntax import translated
from infra.local.athena.functions.text_functions import refuse

_PIECES: Final = "STRUCT(before VARCHAR, captured VARCHAR[])[]"

register({("varchar", "joniregexp"): "{0}", ("char", "joniregexp"): padded_operand})


@lru_cache(maxsize=512)
def _compiled(pattern: str, is_ascii: bool) -> tuple[re.Pattern[str], Translated]:
    found = translated(pattern, is_ascii)
    try:
        return re.compile(found.text), found
    except (re.error, OverflowError, RecursionError) as error:
        raise NotSupportedHere(f"the regular expression {pattern!r}") from error


def _pattern(text: str, pattern: str) -> re.Pattern[str]:
    """Return a pattern for a text.

    Raises:
        QueryRefused: it is wrong, or not supported for the text.
    """
    is_ascii = text.isascii()
    compiled, found = _compiled(pattern, is_ascii)
    if found.has_names and not is_ascii and not is_settled(text):
        raise NotSupportedHere(f"the regular expression {pattern!r} on characters that Unicode 6.2 has not")
    if found.ignores_case and not is_ascii:
        for letter in text:
            if not has_plain_case(letter):
                raise NotSupportedHere(f"regular expressions without regard to case on {letter!r}")
    return compiled


def _matches(text: str, pattern: str, start: int = 0) -> Iterator[re.Match[str]]:
    """Give the matches; one that is empty may follow another one at once."""
    compiled = _pattern(text, pattern)
    while start <= len(text) and (found := compiled.search(text, start)):
        yield found
        start = found.end() + (found.end() == found.start())


def _check_group(text: str, pattern: str, group: int) -> None:
    if group < 0:
        refuse("Group cannot be negative")
    count = _pattern(text, pattern).groups
    if group > count:
        refuse(f"Pattern has {count} groups. Cannot access group {group}")


@python_function("VARCHAR", "VARCHAR", returns="BOOLEAN")
def _regexp_like(text: str, pattern: str) -> bool:
    return _pattern(text, pattern).search(text) is not None


@python_function("VARCHAR", "VARCHAR", "BIGINT", returns="VARCHAR")
def _regexp_extract(text: str, pattern: str, group: int) -> str | None:
    _check_group(text, pattern, group)
    found = _pattern(text, pattern).search(text)
    return found[group] if found else None


@python_function("VARCHAR", "VARCHAR", "BIGINT", returns="VARCHAR[]")
def _regexp_extract_all(text: str, pattern: str, group: int) -> list[str | None]:
    _check_group(text, pattern, group)
    return [found[group] for found in _matches(text, pattern)]


@python_function("VARCHAR", "VARCHAR", returns="VARCHAR[]")
def _regexp_split(text: str, pattern: str) -> list[str]:
    parts, last = [], 0
    for found in _matches(text, pattern):
        parts.append(text[last : found.start()])
        last = found.end()
    return [*parts, text[last:]]


@python_function("VARCHAR", "VARCHAR", returns="BIGINT")
def _regexp_count(text: str, pattern: str) -> int:
    return sum(1 for _ in _matches(text, pattern))


@python_function("VARCHAR", "VARCHAR", "INTEGER", "INTEGER", returns="INTEGER")
def _regexp_position(text: str, pattern: str, start: int, occurrence: int) -> int:
    if start < 1:
        refuse("start position cannot be smaller than 1")
    if occurrence < 1:
        refuse("occurrence cannot be smaller than 1")
    if start > len(text):
        return -1
    for count, found in enumerate(_matches(text, pattern, start - 1), 1):
        if count == occurrence:
            return found.start() + 1
    return -1


@python_function("VARCHAR", "VARCHAR", "VARCHAR", returns="VARCHAR")
def _regexp_replace(text: str, pattern: str, replacement: str) -> str:
    parts, last = [], 0
    for found in _matches(text, pattern):
        parts += [text[last : found.start()], _replaced(found, replacement)]
        last = found.end()
    return "".join((*parts, text[last:]))


_REPLACEMENT: Final = re.compile(r"\$\{([^}]*)\}|\$(\d+)|\\(.)|([^$\\]+)|([$\\])", re.DOTALL | re.ASCII)


def _replaced(found: re.Match[str], replacement: str) -> str:
    parts: list[str] = []
    for part in _REPLACEMENT.finditer(replacement):
        name, digits, escaped, plain, wrong = part.groups()
        if wrong:
            refuse(f"Illegal replacement sequence: {replacement}")
        if name is not None:
            if name not in found.re.groupindex:
                refuse(f"Illegal replacement sequence: unknown group {{ {name} }}")
            parts.append(found[name] or "")
        elif digits:
            parts.append(_numbered(found, digits))
        else:
            parts.append(escaped or plain)
    return "".join(parts)


def _numbered(found: re.Match[str], digits: str) -> str:
    """Return the group of as many of the digits as there are groups, and the other digits."""
    if int(digits[0]) > found.re.groups:
        refuse(f"Illegal replacement sequence: unknown group {digits[0]}")
    count = 1
    while count < len(digits) and int(digits[: count + 1]) <= found.re.groups:
        count += 1
    return (found[int(digits[:count])] or "") + digits[count:]


@python_function("VARCHAR", "VARCHAR", returns=_PIECES)
def _regexp_pieces(text: str, pattern: str) -> list[dict[str, Any]]:
    """Return each match's groups with the text before it, and at last the text after all matches."""
    pieces: list[dict[str, Any]] = []
    last = 0
    for found in _matches(text, pattern):
        pieces.append({"before": text[last : found.start()], "captured": list(found.groups())})
        last = found.end()
    return [*pieces, {"before": text[last:], "captured": None}]


def _replace(call: Call) -> str:
    if len(call.arguments) == 2:  # noqa: PLR2004
        return render("trino_regexp_replace({0}, {1}, '')", call)
    function = call.arguments[2]
    if not function.is_lambda:
        return render("trino_regexp_replace({all})", call)
    piece = call.variable()
    replacement = function.apply(f"{piece}.captured")
    replaced = (
        f"CASE WHEN {piece}.captured IS NULL THEN {piece}.before ELSE {piece}.before || {replacement} END"
    )
    found = render("trino_regexp_pieces({0}, {1})", call)
    parts = call.variable()
    joined = f"CASE WHEN NOT trino_has_null({parts}) THEN array_to_string({parts}, '') END"
    return bind({parts: f"list_transform({found}, lambda {piece}: {replaced})"}, joined, call.variable)


def _checked(entry: Entry) -> Entry:
    """Refuse a wrong pattern before the query runs, if it is a literal."""

    def translation(call: Call) -> str:
        pattern = call.arguments[1]
        if pattern.is_constant and pattern.constant is not None:
            _compiled(pattern.constant, True)
        return entry(call) if callable(entry) else render(entry, call)

    return translation


FUNCTIONS: Final[Mapping[str, Entry]] = {
    "regexp_like": _checked("trino_regexp_like({0}, {1})"),
    **{
        name: _checked(by_arity({2: f"trino_{name}({{0}}, {{1}}, 0)", 3: f"trino_{name}({{all}})"}))
        for name in ("regexp_extract", "regexp_extract_all")
    },
    "regexp_replace": _checked(_replace),
    "regexp_split": _checked("trino_regexp_split({0}, {1})"),
    "regexp_count": _checked("trino_regexp_count({0}, {1})"),
    "regexp_position": _checked(
        by_arity(
            {
                2: "trino_regexp_position({0}, {1}, 1, 1)",
                3: "trino_regexp_position({0}, {1}, {2}, 1)",
                4: "trino_regexp_position({all})",
            }
        )
    ),
}
