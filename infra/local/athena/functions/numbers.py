"""Mathematical functions, bits and random numbers."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Final

from infra.local.athena.errors import NotSupportedHere
from infra.local.athena.functions import arithmetic
from infra.local.athena.functions.api import Call, Entry, by_arity, python_function, render, translate
from infra.local.athena.functions.ordering import extreme, is_ordered_as_in_duckdb
from infra.local.athena.functions.text_functions import refuse
from infra.local.athena.types import INTEGERS

_NAN: Final = "CAST('NaN' AS DOUBLE)"
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_LONG_BITS: Final = 64
_BITS: Final = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": _LONG_BITS}


def _in_radix(radix: int) -> None:
    if not 2 <= radix <= len(_DIGITS):  # noqa: PLR2004
        refuse("Radix must be between 2 and 36")


@python_function("VARCHAR", "BIGINT", returns="BIGINT")
def _from_base(text: str, radix: int) -> int:
    _in_radix(radix)
    try:
        number = int(text, radix) if re.fullmatch(r"[+-]?[^\W_]+", text) else None
    except ValueError:
        number = None
    if number is None or not -(2**63) <= number < 2**63:
        refuse(f"Not a valid base-{radix} number: {text}")
    return number


@python_function("BIGINT", "BIGINT", returns="VARCHAR")
def _to_base(number: int, radix: int) -> str:
    _in_radix(radix)
    rest, digits = abs(number), ""
    while rest or not digits:
        rest, digit = divmod(rest, radix)
        digits = _DIGITS[digit] + digits
    if number < 0 and len(digits) == _LONG_BITS:  # Trino fails where it is stored
        raise NotSupportedHere("a result of to_base that is longer than its type")
    return f"{'-' if number < 0 else ''}{digits}"


@python_function("BIGINT", "BIGINT", returns="BIGINT")
def _bit_count(number: int, bits: int) -> int:
    if not 2 <= bits <= _LONG_BITS:  # noqa: PLR2004
        refuse(f"Bits specified in bit_count must be between 2 and 64, got {bits}")
    if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
        message = f"Number must be representable with the bits specified. {number} cannot be represented with"
        refuse(f"{message} {bits} bits")
    return int(number & (2**bits - 1)).bit_count()


@python_function("BIGINT", "INTEGER", "INTEGER", returns="BIGINT")
def _shift_left(number: int, count: int, bits: int) -> int:
    count = _shift_count(count, bits)
    return _signed(number << count, bits) if count < bits else 0


@python_function("BIGINT", "INTEGER", "INTEGER", returns="BIGINT")
def _shift_right(number: int, count: int, bits: int) -> int:
    places = _shift_count(count, bits)
    shifted = (number & (2**bits - 1)) >> places if places < _LONG_BITS else 0
    if count and bits < _LONG_BITS and shifted >> (bits - 1):  # Trino fails where it is stored
        raise NotSupportedHere("a bitwise_right_shift whose result does not fit its type")
    return _signed(shifted, bits)


@python_function("BIGINT", "INTEGER", "INTEGER", returns="BIGINT")
def _shift_right_arithmetic(number: int, count: int, bits: int) -> int:
    return number >> _shift_count(count, bits)


def _shift_count(count: int, bits: int) -> int:
    """Return how far is shifted: a negative count counts modulo 64, as in Java's shifts of a long."""
    return min(count, bits) if count >= 0 else count % _LONG_BITS


def _signed(number: int, bits: int) -> int:
    number &= 2**bits - 1
    return number - 2**bits if number >> (bits - 1) else number


def _shift(name: str) -> Entry:
    return lambda call: render(f"{name}({{0}}, {{1}}, {_BITS[call.type.base]})", call)


def _mod(call: Call) -> str:
    modulus = dataclasses.replace(call, name="operator modulus")
    if call.arguments[0].type.base not in INTEGERS:
        return translate(arithmetic.FUNCTIONS[modulus.name], modulus)
    failure = "CAST(trino_fail('GENERIC_INTERNAL_ERROR: / by zero') AS {type})"
    if call.arguments[1].constant == 0:
        return render(f"(CASE WHEN {{0}} IS NOT NULL THEN {failure} END)", call)
    value = translate(arithmetic.FUNCTIONS[modulus.name], modulus)
    return render(f"(CASE WHEN {{1}} = 0 AND {{0}} IS NOT NULL THEN {failure} ELSE {value} END)", call)


def _random_below(call: Call) -> str:
    check = "trino_positive(CAST({0} AS BIGINT))"
    return render(f"CAST(floor(random() * {check}) AS BIGINT)", call)


@python_function("BIGINT", returns="BIGINT")
def _positive(bound: int) -> int:
    if bound <= 0:
        refuse("bound must be positive")
    return bound


@python_function("BIGINT", "BIGINT", returns="BIGINT")
def _span(start: int, stop: int) -> int:
    if start >= stop:
        refuse("start value must be less than stop value")
    return stop - start


_RANDOM: Final = by_arity(
    {
        0: "random()",
        1: _random_below,
        2: "{0} + CAST(floor(random() * trino_span({0}, {1})) AS BIGINT)",
    }
)


def _extreme(name: str) -> Entry:
    """GREATEST and LEAST, which give null when an argument is null, and ignore NaN."""

    def translation(call: Call) -> str:
        places = [f"{{{place}}}" for place in range(len(call.arguments))]
        listed = ", ".join(places)
        found = f"{name}({listed})"
        if not is_ordered_as_in_duckdb(call.type):
            found = extreme(f"[{listed}]", call.type, call, is_greatest=name == "greatest")
        absent = " OR ".join(f"{place} IS NULL" for place in places)
        return render(f"(CASE WHEN {absent} THEN NULL ELSE {found} END)", call)

    return translation


_POWER: Final = (
    "(CASE WHEN {0} IS NULL THEN NULL WHEN isnan({1}) OR (abs({0}) = 1 AND isinf({1})) "
    f"THEN {_NAN} ELSE pow({{0}}, {{1}}) END)"
)

FUNCTIONS: Final[Mapping[str, Entry]] = {
    **dict.fromkeys(("pow", "power"), _POWER),
    **{name: f"{name}({{0}})" for name in ("sqrt", "exp", "ln", "log10", "degrees", "radians")},
    **{name: f"{name}({{0}})" for name in ("sin", "cos", "tan", "asin", "acos", "atan")},
    "atan2": "atan2({0}, {1})",
    "log2": "(ln({0}) / ln(2.0e0))",
    "log": "(ln({1}) / ln({0}))",
    "pi": "pi()",
    "e": "CAST(2.718281828459045 AS DOUBLE)",
    "infinity": "CAST('Infinity' AS DOUBLE)",
    "nan": _NAN,
    "is_nan": "isnan({0})",
    "is_finite": "isfinite({0})",
    "is_infinite": "isinf({0})",
    "mod": _mod,
    "greatest": _extreme("greatest"),
    "least": _extreme("least"),
    "from_base": "trino_from_base({0}, {1})",
    "to_base": "trino_to_base({0}, {1})",
    "bit_count": "trino_bit_count({0}, {1})",
    "bitwise_and": "({0} & {1})",
    "bitwise_or": "({0} | {1})",
    "bitwise_xor": "xor({0}, {1})",
    "bitwise_not": "(~{0})",
    "bitwise_left_shift": _shift("trino_shift_left"),
    "bitwise_right_shift": _shift("trino_shift_right"),
    "bitwise_right_shift_arithmetic": _shift("trino_shift_right_arithmetic"),
    **dict.fromkeys(("random", "rand"), _RANDOM),
    "uuid": "uuid()",
}
