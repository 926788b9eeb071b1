"""String functions of Trino's that DuckDB has not, or has with another meaning."""

from __future__ import annotations

import unicodedata
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final, NoReturn

from infra.local.athena.errors import QueryRefused
from infra.local.athena.functions.api import python_function

_EXACT: Final = Context(prec=1000)
_MAX_LENGTH: Final = 2**31 - 1
_MAX_LEVENSHTEIN: Final = 1_000_000
_SOUNDEX: Final = "01230120022455012623010202"  # digits of the letters from A to Z
_SOUNDEX_LENGTH: Final = 4
_THOUSAND: Final = 1000
_BYTE_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")
_DECIMAL_LIMIT: Final = 10**38


def refuse(message: str, kind: str = "INVALID_FUNCTION_ARGUMENT") -> NoReturn:
    """Raise the error of a function's argument."""
    raise QueryRefused(kind, message)


def padding(length: int, target: int, pad: int, name: str = "Padding string") -> None:
    """Check the arguments of LPAD and RPAD."""
    if not 0 <= target <= _MAX_LENGTH:
        refuse(f"Target length must be in the range [0..{_MAX_LENGTH}]")
    if not pad:
        refuse(f"{name} must not be empty")
    del length


@python_function("VARCHAR", "BIGINT", "VARCHAR", returns="VARCHAR")
def _lpad(text: str, target: int, pad: str) -> str:
    padding(len(text), target, len(pad))
    missing = target - len(text)
    return (pad * (missing // len(pad) + 1))[:missing] + text if missing > 0 else text[:target]


@python_function("VARCHAR", "BIGINT", "VARCHAR", returns="VARCHAR")
def _rpad(text: str, target: int, pad: str) -> str:
    padding(len(text), target, len(pad))
    missing = target - len(text)
    return text + (pad * (missing // len(pad) + 1))[:missing] if missing > 0 else text[:target]


@python_function("VARCHAR", returns="VARCHAR")
def _reverse_text(text: str) -> str:
    return text[::-1]


@python_function("VARCHAR", "VARCHAR", "BIGINT", returns="BIGINT")
def _strpos(text: str, part: str, instance: int) -> int:
    if instance == 0:
        refuse("'instance' must be a positive or negative number.")
    if not part:
        return 1
    place = -1 if instance > 0 else len(text)
    for _ in range(abs(instance)):
        place = (
            text.find(part, place + 1) if instance > 0 else text.rfind(part, 0, max(place + len(part) - 1, 0))
        )
        if place < 0:
            return 0
    return place + 1


@python_function("VARCHAR", "VARCHAR", "BIGINT", returns="VARCHAR[]")
def _split(text: str, delimiter: str, limit: int) -> list[str]:
    if limit <= 0:
        refuse("Limit must be positive")
    if limit > _MAX_LENGTH:
        refuse("Limit is too large")
    if not delimiter:
        refuse("The delimiter may not be the empty string")
    return text.split(delimiter, limit - 1)


@python_function("VARCHAR", "VARCHAR", "BIGINT", returns="VARCHAR")
def _split_part(text: str, delimiter: str, index: int) -> str | None:
    if index <= 0:
        refuse("Index must be greater than zero")
    parts = text.split(delimiter) if delimiter else list(text)
    return parts[index - 1] if index <= len(parts) else None


def _entries(text: str, entry_delimiter: str, pair_delimiter: str, quote: str) -> list[tuple[str, str]]:
    if not entry_delimiter:
        refuse("entryDelimiter is empty")
    if not pair_delimiter:
        refuse("keyValueDelimiter is empty")
    if entry_delimiter == pair_delimiter:
        refuse("entryDelimiter and keyValueDelimiter must not be the same")
    entries = text.split(entry_delimiter)
    if not entries[-1]:
        entries.pop()
    pairs = [tuple(entry.split(pair_delimiter)) for entry in entries]
    for entry, pair in zip(entries, pairs, strict=True):
        if len(pair) != 2:  # noqa: PLR2004  # a key and a value
            message = "Key-value delimiter must appear exactly once in each entry. Bad input:"
            refuse(f"{message} {quote}{entry}{quote}")
    return pairs  # type: ignore[return-value]


@python_function("VARCHAR", "VARCHAR", "VARCHAR", returns="MAP(VARCHAR, VARCHAR)")
def _split_to_map(text: str, entry_delimiter: str, pair_delimiter: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in _entries(text, entry_delimiter, pair_delimiter, "'"):
        if key in found:
            refuse(f"Duplicate keys ({key}) are not allowed")
        found[key] = value
    return found


@python_function("VARCHAR", "VARCHAR", "VARCHAR", returns="MAP(VARCHAR, VARCHAR[])")
def _split_to_multimap(text: str, entry_delimiter: str, pair_delimiter: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in _entries(text, entry_delimiter, pair_delimiter, ""):
        found.setdefault(key, []).append(value)
    return found


@python_function("VARCHAR", "VARCHAR", "VARCHAR", returns="VARCHAR")
def _replace(text: str, search: str, replacement: str) -> str:
    return text.replace(search, replacement)


@python_function("VARCHAR", "VARCHAR", "VARCHAR", returns="VARCHAR")
def _translate(text: str, sources: str, targets: str) -> str:
    table: dict[int, str | None] = {}
    for place, source in enumerate(sources):
        table.setdefault(ord(source), targets[place] if place < len(targets) else None)
    return text.translate(table)


@python_function("BIGINT", returns="VARCHAR")
def _chr(number: int) -> str:
    if not 0 <= number < 0x110000 or 0xD800 <= number < 0xE000:  # noqa: PLR2004  # surrogates
        refuse(f"Not a valid Unicode code point: {number}")
    return chr(number)


@python_function("VARCHAR", returns="INTEGER")
def _codepoint(text: str) -> int:
    if len(text) != 1:
        refuse("Input string must be a single character string")
    return ord(text)


@python_function("VARCHAR", "VARCHAR", returns="BIGINT")
def _levenshtein_distance(left: str, right: str) -> int:
    longer, shorter = (left, right) if len(left) >= len(right) else (right, left)
    if not shorter:
        return len(longer)
    if len(longer) * (len(shorter) - 1) > _MAX_LEVENSHTEIN:
        refuse("The combined inputs for Levenshtein distance are too large")
    distances = list(range(len(shorter) + 1))
    for row, letter in enumerate(longer, 1):
        diagonal, distances[0] = distances[0], row
        for column, other in enumerate(shorter, 1):
            changed = diagonal + (letter != other)
            diagonal = distances[column]
            distances[column] = min(changed, diagonal + 1, distances[column - 1] + 1)
    return distances[-1]


@python_function("VARCHAR", "VARCHAR", returns="BIGINT")
def _hamming_distance(left: str, right: str) -> int:
    if len(left) != len(right):
        refuse("The input strings to hamming_distance function must have the same length")
    return sum(one != other for one, other in zip(left, right, strict=True))


@python_function("VARCHAR", returns="VARCHAR")
def _soundex(text: str) -> str:
    letters = "".join(filter(str.isalpha, text)).upper()
    found = letters[:1]
    last = _soundex_digit(found) if found else ""
    for letter in letters[1:]:
        if len(found) == _SOUNDEX_LENGTH:
            break
        if letter in "HW":
            continue
        digit = _soundex_digit(letter)
        if digit not in ("0", last):
            found += digit
        last = digit
    return found and found.ljust(_SOUNDEX_LENGTH, "0")


def _soundex_digit(letter: str) -> str:
    place = ord(letter) - ord("A")
    if not 0 <= place < len(_SOUNDEX):
        refuse(f"The character is not mapped: {letter} (index={place})")
    return _SOUNDEX[place]


@python_function("VARCHAR", returns="BOOLEAN")
def _luhn_check(text: str) -> bool:
    if not text:
        return False
    if not (text.isascii() and text.isdigit()):
        refuse("Input contains non-digit character")
    doubled = "".join(str(int(digit) * (1 + place % 2)) for place, digit in enumerate(text[::-1]))
    return sum(map(int, doubled)) % 10 == 0


@python_function("VARCHAR", "VARCHAR", returns="VARCHAR")
def _normalize(text: str, form: str) -> str:
    if form not in ("NFC", "NFD", "NFKC", "NFKD"):
        refuse("Normalization form must be one of [NFD, NFC, NFKD, NFKC]")
    return unicodedata.normalize(form, text)  # type: ignore[arg-type]


@python_function("BIGINT", returns="VARCHAR")
def _format_number(number: int) -> str:
    value, unit = float(abs(number)), ""
    for larger in "KMBTQ":
        if value < _THOUSAND:
            break
        value, unit = value / _THOUSAND, larger
    # Trino means three digits in all, but writes two decimals of each negative number.
    digits = 2 if number < 0 or value < 10 else 1 if value < 100 else 0  # noqa: PLR2004
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    text = f"{rounded:f}".rstrip("0").rstrip(".") if digits else f"{rounded:f}"
    return f"{'-' if number < 0 else ''}{text}{unit}"


@python_function("VARCHAR", returns="VARCHAR")
def _parse_data_size(text: str) -> str:
    number = text.rstrip("kMGTPEZYB")
    unit = text[len(number) :]
    is_number = number.replace(".", "", 1).isdecimal()
    if not is_number or unit not in _BYTE_UNITS:
        refuse(f"Invalid data size: '{text}'")
    size = int(_EXACT.multiply(Decimal(number), 1024 ** _BYTE_UNITS.index(unit)))
    if size >= _DECIMAL_LIMIT:
        refuse(f"Value out of range: '{text}' ('{size}B')", "NUMERIC_VALUE_OUT_OF_RANGE")
    return str(size)
