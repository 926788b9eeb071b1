"""JSON texts, read and written as Trino does."""

from __future__ import annotations

import json
import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

_OF_REAL: Final = Context(prec=7, rounding=ROUND_HALF_EVEN)
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_NUMBER_GOES_ON: Final = re.compile(r"[\w.+-]")
_ESCAPED: Final = re.compile(r'["\\\x00-\x1f\ud800-\udfff\U00010000-\U0010ffff]')
_ESCAPED_PAIR: Final = re.compile(r"\\u(D[89AB]..)\\u(D[C-F]..)")
_SHORT: Final = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Members(tuple[tuple[str, Any], ...]):
    """The members of an object in their order, in which a name may occur twice."""

    __slots__ = ()


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=lambda pairs: Members(tuple(pairs)), parse_constant=_refuse_constant
)


def value_at(text: str, position: int) -> tuple[Any, int]:
    """Return the value that begins at a position or after blanks, and where it ends.

    Raises:
        ValueError: there is none.
    """
    start = skip_blanks(text, position)
    value, end = _DECODER.raw_decode(text, start)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and _NUMBER_GOES_ON.match(text, end):
        raise ValueError(text[start:])
    return value, end


def skip_blanks(text: str, position: int) -> int:
    """Return the position after blanks."""
    found = _SPACE.match(text, position)
    return found.end() if found else position


def parse(text: str) -> Any:
    """Return the value of a JSON text, an object as `Members`.

    Raises:
        ValueError: it is not JSON.
    """
    value, end = value_at(text, 0)
    if skip_blanks(text, end) != len(text):
        raise ValueError(text)
    return value


def canonical(value: Any) -> str:
    """Return a value as Trino keeps it in the type `json`: sorted names, the last of equal ones."""
    if isinstance(value, Members | dict):
        members = dict(value)
        names = sorted(members, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{quoted(name)}:{canonical(members[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return scalar(value)


def as_it_is(value: Any) -> str:
    """Return a value without blanks, its members in the order in which they are."""
    if isinstance(value, Members):
        return "{" + ",".join(f"{quoted(name)}:{as_it_is(each)}" for name, each in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(as_it_is, value)) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """Return a text, number, truth value or null as JSON."""
    match value:
        case str():
            return quoted(value)
        case float():
            return java_double(value)
    return json.dumps(value)


def storable(text: str) -> str:
    """Return a text with a question mark for each half of a pair of surrogates, as Java stores it."""
    return text.encode("utf-8", "replace").decode()


def quoted(text: str) -> str:
    """Return a text as a JSON string."""
    return f'"{_ESCAPED.sub(_escape, text)}"'


def with_whole_pairs(json_text: str) -> str:
    """Return a JSON text in which characters beyond the first 65,536 are not escaped."""
    return _ESCAPED_PAIR.sub(lambda found: bytes.fromhex(found[1] + found[2]).decode("utf-16-be"), json_text)


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in _SHORT:
        return _SHORT[character]
    units = character.encode("utf-16-be", "surrogatepass").hex().upper()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


def java_double(value: float) -> str:
    """Return a number as Java's Double.toString does: `1.0`, `1.0E7`, `1.0E-4`."""
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124  # NaN
        return '"NaN"' if value != value else f'"{"-" * (value < 0)}Infinity"'  # noqa: PLR0124
    if value == 0 or 1e-3 <= abs(value) < 1e7:  # noqa: PLR2004  # Java's limits
        return repr(value) if "e" not in repr(value) else f"{Decimal(repr(value)):f}"
    return scientific(repr(value))


def scientific_real(digits: str) -> str:
    """Return a finite real as Trino's CAST writes it: with at most seven digits of its value as a double."""
    return scientific(str(_OF_REAL.create_decimal(digits)))


def scientific(digits: str) -> str:
    """Return the shortest digits of a finite number as Trino's CAST writes it: `1.0E0`."""
    number = Decimal(digits).normalize()
    if not number:
        return "-0E0" if digits.startswith("-") else "0E0"
    if abs(number) == Decimal("5E-324"):  # Java writes the least number with two digits
        number = Decimal("4.9E-324").copy_sign(number)
    sign, figures, exponent = number.as_tuple()
    text = "".join(map(str, figures))
    return f"{'-' * sign}{text[0]}.{text[1:] or '0'}E{int(exponent) + len(text) - 1}"
