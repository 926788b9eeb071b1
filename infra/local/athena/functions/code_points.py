"""Sets of characters, as ranges of code points, and the named ones of regular expressions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

Ranges = tuple[tuple[int, int], ...]
"""Ranges from the first to the last code point, sorted, without overlaps."""

LAST: Final = 0x10FFFF
_LAST_ASCII: Final = 0x7F
# JONI knows the characters of Unicode 6.2. Within these blocks no character has been added since then.
_SETTLED: Final = (
    "\x00-\u037e\u0380-\u0527\u1e00-\u20b9\u2100-\u2189\u2190-\u2307\u3000-\u30ff\u4e00-\u9fcc\uac00-\ud7a3"
    "\uff00-\uffef\U0001f300-\U0001f31f\U0001f330-\U0001f335\U0001f337-\U0001f37c\U0001f380-\U0001f393"
    "\U0001f3a0-\U0001f3c4\U0001f3c6-\U0001f3ca\U0001f3e0-\U0001f3f0\U0001f400-\U0001f43e\U0001f442-\U0001f4f7"
    "\U0001f4f9-\U0001f4fc\U0001f500-\U0001f53d\U0001f550-\U0001f567\U0001f5fb-\U0001f640\U0001f645-\U0001f64f"
    "\U0001f680-\U0001f6c5"
)
_HAN: Final = (
    "\u2e80-\u2e99\u2e9b-\u2ef3\u2f00-\u2fd5\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4db5\u4e00-\u9fcc"
    "\uf900-\ufa6d\ufa70-\ufad9\U00020000-\U0002a6d6\U0002a700-\U0002b734\U0002b740-\U0002b81d"
    "\U0002f800-\U0002fa1d"
)
_SPACES: Final = "\t-\r\x20\x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# Characters of other categories that Unicode counts among those in lower case.
_OTHER_LOWER: Final = (
    "\xaa\xba\u02b0-\u02b8\u02c0\u02c1\u02e0-\u02e4\u0345\u037a\u2071\u207f\u2090-\u209c\u2170-\u217f"
)
_CATEGORIES: Final = {
    *("L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps"),
    *("Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "Cc"),
}
# Categories, and characters besides.
_POSIX: Final = {
    "han": ("", _HAN),
    "space": ("", _SPACES),
    "digit": ("Nd", ""),
    "alpha": ("L Nl", "\u0345"),
    "alnum": ("L Nl Nd", "\u0345"),
    "upper": ("Lu", "\u2160-\u216f"),
    "lower": ("Ll", _OTHER_LOWER),
    "punct": ("P", ""),
    "word": ("L M Nd Nl Pc", ""),
}
_POSIX_ASCII: Final = {
    "alpha": "A-Za-z",
    "digit": "0-9",
    "alnum": "A-Za-z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": "\t-\r\x20",
    "blank": "\t\x20",
    "punct": "!-/:-@[-`{-~",
    "xdigit": "0-9A-Fa-f",
    "word": "A-Za-z0-9_",
    "cntrl": "\x00-\x1f\x7f",
    "graph": "!-~",
    "print": "\x20-~",
}


def united(*sets: Iterable[tuple[int, int]]) -> Ranges:
    """Return the union of sets."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(part for each in sets for part in each):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)


def complement(ranges: Ranges) -> Ranges:
    """Return all characters that are not in a set."""
    found, start = [], 0
    for first, last in ranges:
        if first > start:
            found.append((start, first - 1))
        start = last + 1
    return (*found, (start, LAST)) if start <= LAST else tuple(found)


def common(left: Ranges, right: Ranges) -> Ranges:
    """Return the characters that are in both sets."""
    return complement(united(complement(left), complement(right)))


def of_text(text: str) -> Ranges:
    """Return the set that a text such as `A-Za-z_` names."""
    found, place = [], 0
    while place < len(text):
        is_range = text[place + 1 : place + 2] == "-" and place + 2 < len(text)
        found.append((ord(text[place]), ord(text[place + 2] if is_range else text[place])))
        place += 3 if is_range else 1
    return united(found)


@lru_cache(maxsize=64)
def _categories(*names: str) -> Ranges:
    return united(
        (code, code)
        for first, last in of_text(_SETTLED)
        for code in range(first, last + 1)
        if unicodedata.category(chr(code)).startswith(names)
    )


def is_settled(text: str) -> bool:
    """Whether the sets with names are known for each character of a text."""
    return not _UNSETTLED.search(text)


def named(name: str, is_ascii: bool) -> Ranges | None:
    """Return the set of a name such as `Lu`, `digit` or `word`; None if it is not known.

    Args:
        name: the name, as written within `\\p{}` or between `[:` and `:]`.
        is_ascii: whether only ASCII characters are asked for.
    """
    lowered = name.lower()
    if is_ascii and lowered in _POSIX_ASCII:
        return of_text(_POSIX_ASCII[lowered])
    if lowered in _POSIX:
        categories, others = _POSIX[lowered]
        found = united(_categories(*categories.split()) if categories else (), of_text(others))
    elif name.title() in _CATEGORIES:
        found = _categories(name.title())
    else:
        return None
    return common(found, ((0, _LAST_ASCII),)) if is_ascii else found


@lru_cache(maxsize=4096)
def has_plain_case(letter: str) -> bool:
    """Whether a character has no case, or exactly one other form in the other case."""
    lower, upper = letter.lower(), letter.upper()
    is_plain = (lower.upper(), upper.lower(), letter.casefold()) == (upper, lower, lower)
    return len(lower) == len(upper) == 1 and is_plain and letter in (lower, upper)


def in_both_cases(ranges: Ranges, is_ascii: bool) -> Ranges:
    """Return a set with the letters of the other case added."""
    last = _LAST_ASCII if is_ascii else 0x1FFFF
    others = (
        (ord(other), ord(other))
        for first, end in ranges
        for code in range(first, min(end, last) + 1)
        for other in (chr(code).swapcase(),)
        if len(other) == 1 and has_plain_case(other)
    )
    return united(ranges, others)


def at_word_boundaries(is_ascii: bool) -> Ranges:
    """Return the characters that `\\b` takes for parts of words."""
    word = named("word", is_ascii) or ()
    return word if is_ascii else united(word, of_text("\xb2\xb3\xb9\xbc-\xbe"))


def as_class(ranges: Ranges) -> str:
    """Return a set as a class of Python's regular expressions."""
    if not ranges:
        return "(?!)"
    parts = (f"\\U{first:08x}" + (f"-\\U{last:08x}" if last > first else "") for first, last in ranges)
    return f"[{''.join(parts)}]"


_UNSETTLED: Final = re.compile(as_class(complement(of_text(_SETTLED))))
