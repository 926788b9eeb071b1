"""ROUND, TRUNCATE, CEIL, FLOOR and SIGN."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Final

from infra.local.athena.functions.api import Call, Entry, by_type, macro, python_function, render
from infra.local.athena.functions.text_functions import refuse
from infra.local.athena.types import INTEGERS

_EXACT: Final = Context(prec=160)
_MAX_PRECISION: Final = 38
_LONG: Final = 2**63 - 1
_INT: Final = 2**31 - 1

# Java's rounding of a double to a whole number: half of one is rounded up. Beyond a bigint it stays.
macro(
    "trino_round_double",
    "x, factor",
    "CASE WHEN isnan(x) OR isinf(x) OR abs(x) * factor >= 9223372036854775807 THEN x "
    "WHEN x < 0 THEN -(trino_whole(-x * factor) / factor) ELSE trino_whole(x * factor) / factor END",
)
macro("trino_whole", "x", "(floor(x) + CASE WHEN x - floor(x) >= 0.5 THEN 1.0e0 ELSE 0.0e0 END)")


@python_function("BIGINT", "INTEGER", "BOOLEAN", returns="BIGINT")
def _round_integer(number: int, decimals: int, is_integer: bool) -> int:
    if decimals >= 0:
        return number
    unit: int = 10 ** min(-decimals, 19)
    half = abs(number) + unit // 2
    rounded = half // unit * unit * (1 if number >= 0 else -1)
    if unit > _LONG or abs(rounded) > _LONG:
        refuse(f"numerical overflow: {number}", "NUMERIC_VALUE_OUT_OF_RANGE")
    if is_integer and abs(rounded) > _INT:
        refuse("integer overflow", "GENERIC_INTERNAL_ERROR")
    return rounded


@python_function("VARCHAR", "INTEGER", "INTEGER", returns="VARCHAR")
def _round_decimal(number: str, decimals: int, scale: int) -> str:
    return _quantized(number, min(decimals, scale), ROUND_HALF_UP)


@python_function("VARCHAR", "INTEGER", "INTEGER", returns="VARCHAR")
def _truncate_decimal(number: str, decimals: int, scale: int) -> str:
    return _quantized(number, min(decimals, scale), ROUND_DOWN)


def _quantized(number: str, decimals: int, rounding: str) -> str:
    whole, _, fraction = number.partition(".")
    rounded = Decimal(number).quantize(Decimal(1).scaleb(-max(decimals, -100)), rounding, _EXACT)
    if rounded.copy_abs() >= Decimal(10) ** (_MAX_PRECISION - len(fraction)):
        refuse(f"decimal overflow: {whole}{fraction}", "NUMERIC_VALUE_OUT_OF_RANGE")
    return f"{rounded:f}"


def _rounded_double(call: Call) -> str:
    decimals = "{1}" if len(call.arguments) > 1 else "0"
    return render(f"trino_round_double(CAST({{0}} AS DOUBLE), pow(10, {decimals}))", call)


def _rounded_integer(call: Call) -> str:
    if len(call.arguments) == 1:
        return call.arguments[0].sql
    is_integer = "true" if call.type.base == "integer" else "false"
    return render(f"trino_round_integer({{0}}, {{1}}, {is_integer})", call)


def _of_decimal(name: str) -> Entry:
    def translation(call: Call) -> str:
        if len(call.arguments) == 1:
            return render("round({0})" if name == "round" else "trunc({0})", call)
        scale = call.arguments[0].type.scale
        text = f"trino_{name}_decimal(CAST({{0}} AS VARCHAR), {{1}}, {scale})"
        return render(f"CAST({text} AS {{type}})", call)

    return translation


def _whole_decimal(name: str) -> Entry:
    def translation(call: Call) -> str:
        if call.arguments[0].type.scale < _MAX_PRECISION:
            return render(f"{name}({{0}})", call)
        # Trino 435 has no power of ten for as many digits.
        reason = "'GENERIC_INTERNAL_ERROR: Index 38 out of bounds for length 38'"
        return render(
            f"CASE WHEN {{0}} <> 0 THEN CAST(trino_fail({reason}) AS {{type}}) ELSE {{0}} END", call
        )

    return translation


_SIGN: Final = "(CASE WHEN isnan({0}) OR {0} = 0 THEN {0} WHEN {0} > 0 THEN 1 WHEN {0} < 0 THEN -1 END)"


def _of_number(integer: Entry, floating: Entry, decimal: Entry) -> Entry:
    return by_type(
        {**dict.fromkeys(INTEGERS, integer), "double": floating, "real": floating, "decimal": decimal}
    )


FUNCTIONS: Final[Mapping[str, Entry]] = {
    "round": _of_number(_rounded_integer, _rounded_double, _of_decimal("round")),
    "truncate": _of_number("{0}", "trunc({0})", _of_decimal("truncate")),
    **dict.fromkeys(("ceil", "ceiling"), _of_number("{0}", "ceil({0})", _whole_decimal("ceil"))),
    "floor": _of_number("{0}", "floor({0})", _whole_decimal("floor")),
    "sign": _of_number("sign({0})", _SIGN, "sign({0})"),
    "abs": "abs({0})",
}
