"""Translates the regular expressions of Trino's engine (JONI with Java's syntax) into Python's.

What is not known to mean the same is refused. A pattern is translated once for ASCII and once for other text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from infra.local.athena.errors import NotSupportedHere
from infra.local.athena.functions import code_points
from infra.local.athena.functions.code_points import Ranges, as_class
from infra.local.athena.functions.regexp_classes import escaped_set, read_class
from infra.local.athena.functions.regexp_cursor import Cursor
from infra.local.athena.functions.regexp_parts import (
    GROUP_FLAGS,
    Flags,
    Part,
    State,
    Translated,
    changed,
    refused,
    repetition,
    wrong,
)

_WORD_BOUNDARY: Final = "(?:(?<={w})(?!{w})|(?<!{w})(?={w}))"
_NOT_WORD_BOUNDARY: Final = "(?:(?<={w})(?={w})|(?<!{w})(?!{w}))"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAMES: Final = re.compile(r"\\[pPbB]|\[:")


def translated(pattern: str, is_ascii: bool) -> Translated:
    """Return a pattern in Python's syntax.

    Args:
        pattern: the pattern.
        is_ascii: whether it is for ASCII text.

    Raises:
        QueryRefused: it is wrong, or not supported.
    """
    state = State(Cursor(pattern), is_ascii)
    found = _alternatives(state, Flags())
    if state.cursor.rest:
        wrong("unmatched close parenthesis")
    if state.names and state.has_plain_groups:
        raise NotSupportedHere("regular expressions with groups of which only some have names")
    return Translated(found.text, state.ignores_case, bool(_NAMES.search(pattern)))


def _each_alternative(state: State, flags: Flags) -> list[Part]:
    parts = [_sequence(state, flags)]
    while state.cursor.accept("|"):
        parts.append(_sequence(state, flags))
    return parts


def _alternatives(state: State, flags: Flags) -> Part:
    parts = _each_alternative(state, flags)
    return Part(
        "|".join(part.text for part in parts),
        any(part.can_be_empty for part in parts),
        any(part.has_groups for part in parts),
    )


def _sequence(state: State, flags: Flags) -> Part:
    parts: list[Part] = []
    cursor = state.cursor
    while cursor.rest and not cursor.rest.startswith(("|", ")")):
        if flags.x and (skipped := re.match(r"\s+|#[^\n]*", cursor.rest)):
            cursor.take(skipped.end())
            continue
        if cursor.rest.startswith("(?"):
            flagged = _flags_of(state, flags)
            if flagged is not None:
                parts.append(_flagged_rest(state, flagged, is_first=not parts))
                continue
        parts.append(_quantified(state, flags))
    return Part(
        "".join(part.text for part in parts),
        all(part.can_be_empty for part in parts),
        any(part.has_groups for part in parts),
    )


def _flagged_rest(state: State, flags: Flags, *, is_first: bool) -> Part:
    """Read what follows `(?i)`, to the end of its group."""
    if is_first:
        found = _alternatives(state, flags)
        return replace(found, text=f"(?:{found.text})")
    found = _sequence(state, flags)
    if state.cursor.rest.startswith("|"):
        raise refused("options before an alternative")
    return found


def _flags_of(state: State, flags: Flags) -> Flags | None:
    """Return the options that `(?i-m)` sets from here on; None if that is not what follows."""
    found = GROUP_FLAGS.match(state.cursor.rest, 2)
    if not found or found[3] != ")":
        return None
    state.cursor.take(found.end())
    return changed(flags, found, state)


def _quantified(state: State, flags: Flags) -> Part:
    part = _atom(state, flags)
    while True:
        if flags.x and (skipped := re.match(r"\s+", state.cursor.rest)):
            state.cursor.take(skipped.end())
        repeated = repetition(state.cursor)
        if repeated is None:
            return part
        least, most, mode = repeated
        if part.is_assertion:
            raise refused("repeated assertions")
        if part.can_be_empty and part.has_groups and most != "1":
            raise refused("repeated groups that may be empty")
        inner = part.text if part.is_ready else f"(?:{part.text})"
        bounds = {("0", ""): "*", ("1", ""): "+", ("0", "1"): "?"}.get((least, most))
        bounds = bounds or (f"{{{least}}}" if least == most else f"{{{least},{most}}}")
        is_empty = part.can_be_empty or int(least) == 0
        part = Part(f"{inner}{bounds}{mode}", is_empty, part.has_groups, is_ready=False)


def _atom(state: State, flags: Flags) -> Part:
    sign = state.cursor.take(1)
    if sign in "*+?":
        wrong("target of repeat operator is not specified")
    if sign == "{":
        raise refused("a brace that is not an interval")
    reader = _ATOMS.get(sign)
    return reader(state, flags) if reader else _literal(sign, flags)


def _bracket(state: State, flags: Flags) -> Part:
    return Part(_class(read_class(state.cursor, state.is_ascii, flags.i), state))


def _dot(_: State, flags: Flags) -> Part:
    return Part("(?s:.)" if flags.s else "[^\\n]")


def _line_start(_: State, flags: Flags) -> Part:
    return Part(r"(?:\A|(?<=\n)(?!\Z))" if flags.m else r"\A", can_be_empty=True, is_assertion=True)


def _line_end(_: State, flags: Flags) -> Part:
    return Part(r"(?=\n|\Z)" if flags.m else r"(?=\n?\Z)", can_be_empty=True, is_assertion=True)


def _class(ranges: Ranges, state: State) -> str:
    return as_class(code_points.common(ranges, ((0, 0x7F),)) if state.is_ascii else ranges)


def _literal(sign: str, flags: Flags) -> Part:
    if not flags.i:
        return Part(re.escape(sign))
    if not code_points.has_plain_case(sign):
        raise refused(f"{sign!r} without regard to case")
    return Part("".join(("[", *(re.escape(each) for each in {sign.lower(), sign.upper()}), "]")))


def _escape(state: State, flags: Flags) -> Part:
    cursor = state.cursor
    if not cursor.rest:
        wrong("end pattern at escape")
    if cursor.accept("Q"):
        text, _, _ = cursor.rest.partition("\\E")
        cursor.take(min(len(text) + 2, len(cursor.rest)))
        parts = [_literal(sign, flags).text for sign in text]
        return Part("".join(parts), can_be_empty=not parts, is_ready=len(parts) == 1)
    if cursor.rest[0] in _ANCHORS:
        return Part(_anchor(cursor.take(1), state), can_be_empty=True, is_assertion=True)
    if cursor.rest[0] in "123456789":
        return _back_reference(state, flags)
    if found := re.match(r"k<([^>]*)>", cursor.rest):
        cursor.take(found.end())
        if found[1] not in state.names:
            raise refused(f"the reference \\k<{found[1]}>")
        return Part(f"(?{'i' if flags.i else ''}:(?P={found[1]}))", can_be_empty=True)
    found_set = escaped_set(cursor, state.is_ascii)
    if isinstance(found_set, str):
        return _literal(found_set, flags)
    return Part(_class(found_set, state))


_ANCHORS: Final = {"A": r"\A", "z": r"\Z", "Z": r"(?=\n?\Z)", "b": _WORD_BOUNDARY, "B": _NOT_WORD_BOUNDARY}


def _anchor(letter: str, state: State) -> str:
    word = as_class(code_points.at_word_boundaries(state.is_ascii))
    return _ANCHORS[letter].replace("{w}", word)


def _back_reference(state: State, flags: Flags) -> Part:
    digits = re.match(r"\d+", state.cursor.rest)
    number = digits[0] if digits else ""
    state.cursor.take(len(number))
    if len(number) > 1 or int(number) > state.groups or state.names:
        raise refused(f"the reference \\{number}")
    return Part(f"(?{'i' if flags.i else ''}:\\{number})", can_be_empty=True)


def _group(state: State, flags: Flags) -> Part:
    cursor = state.cursor
    if not cursor.accept("?"):
        state.groups += 1
        state.has_plain_groups = True
        inner = _closed(state, flags)
        return Part(f"({inner.text})", inner.can_be_empty, has_groups=True)
    if found := re.match(r"<([^>=!]*)>", cursor.rest):
        if not _NAME.fullmatch(found[1]) or found[1] in state.names:
            raise refused(f"the group name {found[1]!r}")
        cursor.take(found.end())
        state.groups += 1
        state.names += (found[1],)
        inner = _closed(state, flags)
        return Part(f"(?P<{found[1]}>{inner.text})", inner.can_be_empty, has_groups=True)
    for sign, reader in _SPECIAL.items():
        if cursor.accept(sign):
            return reader(state, flags)
    flagged = GROUP_FLAGS.match(cursor.rest)
    if not flagged:
        raise refused(f"the group (?{cursor.rest[:1]}")
    cursor.take(flagged.end())
    inner = _closed(state, changed(flags, flagged, state))
    return replace(inner, text=f"(?:{inner.text})")


def _closed(state: State, flags: Flags) -> Part:
    """Read a group's content and its end."""
    inner = _alternatives(state, flags)
    _end_group(state)
    return inner


def _end_group(state: State) -> None:
    if not state.cursor.accept(")"):
        wrong("end pattern with unmatched parenthesis")


def _wrapped(opening: str, *, is_assertion: bool) -> Callable[[State, Flags], Part]:
    def reader(state: State, flags: Flags) -> Part:
        inner = _closed(state, flags)
        is_empty = is_assertion or inner.can_be_empty
        return Part(f"{opening}{inner.text})", is_empty, inner.has_groups, is_assertion)

    return reader


def _look_behind(opening: str, joint: str) -> Callable[[State, Flags], Part]:
    """A look-behind; its alternatives may be of different lengths."""

    def reader(state: State, flags: Flags) -> Part:
        parts = _each_alternative(state, flags)
        _end_group(state)
        if any(part.has_groups or part.can_be_empty for part in parts) or flags.i:
            raise refused("such a look-behind")
        text = joint.join(f"{opening}{part.text})" for part in parts)
        return Part(f"(?:{text})", can_be_empty=True, is_assertion=True)

    return reader


def _comment(state: State, _: Flags) -> Part:
    text, end, _rest = state.cursor.rest.partition(")")
    if not end:
        wrong("end pattern in group")
    state.cursor.take(len(text) + 1)
    return Part("", can_be_empty=True, is_assertion=True)


_SPECIAL: Final[Mapping[str, Callable[[State, Flags], Part]]] = {
    "#": _comment,
    "=": _wrapped("(?=", is_assertion=True),
    "!": _wrapped("(?!", is_assertion=True),
    ">": _wrapped("(?>", is_assertion=False),
    "<=": _look_behind("(?<=", "|"),
    "<!": _look_behind("(?<!", ""),
}
_ATOMS: Final[Mapping[str, Callable[[State, Flags], Part]]] = {
    "(": _group,
    "[": _bracket,
    ".": _dot,
    "^": _line_start,
    "$": _line_end,
    "\\": _escape,
}
