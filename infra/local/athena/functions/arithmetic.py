"""Arithmetic: numbers with Trino's overflows and decimal rules, dates and intervals."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from infra.local.athena.errors import CallRefused, NotSupportedHere, QueryRefused
from infra.local.athena.functions.api import (
    NOT_CONSTANT,
    Call,
    Entry,
    macro,
    python_function,
    render,
    translate,
)
from infra.local.athena.types import INTEGERS
from infra.local.athena.values import instant_at

_NOT_SUPPORTED: Final = re.compile(r"the local Athena does not support (.*); Athena does", re.DOTALL)
_EXACT: Final = Context(prec=160)
_MAX_DIGITS: Final = 38
_UINT128: Final = 2**128
_FLOATS: Final = ("real", "double")
_SIGNS: Final = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "modulus": "%"}

macro(
    "trino_round_timestamp",
    "t, step",
    "make_timestamp(CAST(floor((epoch_us(t) + step // 2) / step) AS BIGINT) * step)",
)
macro(
    "trino_zoned",
    "i, z",
    "CASE WHEN i IS NULL OR z IS NULL THEN NULL ELSE struct_pack(instant := i, zone := z) END",
)
macro(
    "trino_local",
    "z",
    "CASE WHEN z.zone = 'UTC' THEN z.instant WHEN z.zone[1] IN ('+', '-') THEN z.instant + to_minutes(CAST("
    "z.zone[1] || '1' AS INTEGER) * (CAST(z.zone[2:3] AS INTEGER) * 60 + CAST(z.zone[5:6] AS INTEGER)))"
    " ELSE timezone(z.zone, timezone('UTC', z.instant)) END",
)


@python_function("TIMESTAMP", "VARCHAR", returns="TIMESTAMP")
def _instant(local: dt.datetime, zone: str) -> dt.datetime:
    return instant_at(local, zone)


@python_function("VARCHAR", returns="VARCHAR")
def _fail(reason: str) -> str:
    """Fail with `KIND: message`."""
    kind, _, message = reason.partition(": ")
    if not_supported := _NOT_SUPPORTED.fullmatch(message):
        raise NotSupportedHere(not_supported[1])
    raise QueryRefused(kind, message)


@python_function("VARCHAR", returns="VARCHAR")
def _refuse_call(reason: str) -> str:
    """Fail with `KIND: message`, within TRY, too."""
    kind, _, message = reason.partition(": ")
    raise CallRefused(kind, message)


@python_function("VARCHAR", "VARCHAR", "VARCHAR", returns="VARCHAR")
def _exact(left: str, sign: str, right: str) -> str:
    """Add or subtract decimals of which one has more digits before the point than the result's type."""
    one, other = Decimal(left), Decimal(right)
    result = _EXACT.add(one, other) if sign == "+" else _EXACT.subtract(one, other)
    if len(result.as_tuple().digits) > _MAX_DIGITS:
        raise QueryRefused("NUMERIC_VALUE_OUT_OF_RANGE", "Decimal overflow")
    return f"{result:f}"


@python_function("VARCHAR", "VARCHAR", "INTEGER", "INTEGER", returns="VARCHAR")
def _divide_decimals(dividend: str, divisor: str, scale: int, factor: int) -> str:
    """Divide decimals; Trino first multiplies the dividend by a power of ten, of less than 38."""
    if not Decimal(divisor):
        raise QueryRefused("DIVISION_BY_ZERO", "Division by zero")
    if factor >= _MAX_DIGITS:
        raise QueryRefused("NUMERIC_VALUE_OUT_OF_RANGE", "Decimal overflow")
    return _quotient(Decimal(dividend), Decimal(divisor), scale)


def _quotient(dividend: Decimal, divisor: Decimal, scale: int) -> str:
    quotient = _EXACT.divide(dividend, divisor).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _EXACT)
    if len(quotient.as_tuple().digits) > _MAX_DIGITS:
        raise QueryRefused("NUMERIC_VALUE_OUT_OF_RANGE", "Decimal overflow")
    return f"{quotient:f}"


@python_function("VARCHAR[]", "INTEGER", returns="VARCHAR")
def _average_of_decimals(numbers: list[str], scale: int) -> str:
    total = Decimal(0)
    for number in numbers:
        total = _EXACT.add(total, Decimal(number))
    return _quotient(total, Decimal(len(numbers)), scale)


@python_function("VARCHAR", "VARCHAR", returns="VARCHAR")
def _remainder_of_decimals(dividend: str, divisor: str) -> str:
    if not Decimal(divisor):
        raise QueryRefused("DIVISION_BY_ZERO", "Division by zero")
    quotient = abs(_EXACT.divide_int(Decimal(dividend), Decimal(divisor)))
    if quotient >= _UINT128:  # Trino computes it, too
        raise QueryRefused("NUMERIC_VALUE_OUT_OF_RANGE", "Decimal overflow")
    return f"{_EXACT.remainder(Decimal(dividend), Decimal(divisor)):f}"


def _arithmetic(call: Call) -> str:
    operation = call.name.removeprefix("operator ")
    left, right = (argument.type.base for argument in call.arguments)
    is_exact = left in {*INTEGERS, "decimal"}
    if operation in {"divide", "modulus"} and is_exact and call.arguments[1].constant in (0, Decimal(0)):
        # DuckDB makes null of it if another operand is null, before it evaluates the division.
        raise QueryRefused("DIVISION_BY_ZERO", "Division by zero")
    if left == right == "decimal":
        return _decimals(operation, call)
    if left == right and left in INTEGERS:
        sign = "//" if operation == "divide" else _SIGNS[operation]
        if operation == "modulus" and call.arguments[1].constant in (NOT_CONSTANT, -1):
            # DuckDB fails at the remainder of the least number and -1.
            return render("(CASE WHEN {1} = -1 THEN {0} - {0} ELSE {0} % {1} END)", call)
        return render(f"({{0}} {sign} {{1}})", call)
    if left == right and left in _FLOATS:
        return render(f"({{0}} {_SIGNS[operation]} {{1}})", call)
    entry = _TEMPORAL.get((operation, left, right))
    if entry is None:
        raise call.refuse()
    return translate(entry, call)


def _decimals(operation: str, call: Call) -> str:
    kind = f"DECIMAL({call.type.precision}, {call.type.scale})"
    if operation in {"add", "subtract"}:
        whole = call.type.precision - call.type.scale
        if any(argument.type.precision - argument.type.scale > whole for argument in call.arguments):
            text = f"trino_exact(CAST({{0}} AS VARCHAR), '{_SIGNS[operation]}', CAST({{1}} AS VARCHAR))"
            return render(f"CAST({text} AS {kind})", call)
        return render(
            f"CAST(CAST({{0}} AS {kind}) {_SIGNS[operation]} CAST({{1}} AS {kind}) AS {kind})", call
        )
    if operation == "multiply":
        # DuckDB's product of numbers of up to 18 digits has no more digits.
        wide = f"DECIMAL({call.type.precision}, {call.arguments[0].type.scale})"
        return render(f"CAST(CAST({{0}} AS {wide}) * {{1}} AS {kind})", call)
    texts = "CAST({0} AS VARCHAR), CAST({1} AS VARCHAR)"
    if operation == "divide":
        dividend, divisor = (argument.type.scale for argument in call.arguments)
        scales = f"{call.type.scale}, {call.type.scale - dividend + divisor}"
        return render(f"CAST(trino_divide_decimals({texts}, {scales}) AS {kind})", call)
    return render(f"CAST(trino_remainder_of_decimals({texts}) AS {kind})", call)


_DAYS: Final = "interval day to second"
_MONTHS: Final = "interval year to month"
_ZONED: Final = "timestamp with time zone"
_NOT_A_DAY: Final = "INVALID_FUNCTION_ARGUMENT: Cannot add hour, minutes or seconds to a date"
# What is added to a moment `m`: a span `s` in milliseconds or months.
_SHIFTS: Final = {
    ("date", _DAYS): f"CASE WHEN s % 86400000 <> 0 THEN CAST(trino_fail('{_NOT_A_DAY}') AS DATE) "
    "ELSE m + CAST(s // 86400000 AS INTEGER) END",
    ("date", _MONTHS): "CAST(m + to_months(s) AS DATE)",
    ("timestamp", _DAYS): "(m + to_milliseconds(s))",
    ("timestamp", _MONTHS): "(m + to_months(s))",
    ("time", _DAYS): "(m + to_milliseconds(s % 86400000))",
    (_ZONED, _DAYS): "trino_zoned(m.instant + to_milliseconds(s), m.zone)",
    (
        _ZONED,
        _MONTHS,
    ): "trino_zoned(trino_instant(trino_local(m) + to_months(s), m.zone), m.zone)",
}


def _shift(moment: str, span: str, template: str) -> str:
    return re.sub(r"\bs\b", span, re.sub(r"\bm\b", moment, template))


_PRODUCTS: Final = {
    _DAYS: "trino_wrapped(CAST({0} AS HUGEINT) * {1})",
    _MONTHS: "trino_months_of(trino_wrapped(CAST({0} AS HUGEINT) * {1}))",
}

# Java's arithmetic of long wraps; its conversion of a double to a long ends at the least and the greatest.
macro(
    "trino_wrapped",
    "n",
    "CAST(((n + 9223372036854775808) % 18446744073709551616 + 18446744073709551616) % 18446744073709551616 "
    "- 9223372036854775808 AS BIGINT)",
)
macro(
    "trino_long",
    "x",
    "CASE WHEN x >= 9223372036854775807 THEN 9223372036854775807 WHEN x <= -9223372036854775808 "
    "THEN CAST(-9223372036854775808 AS BIGINT) ELSE CAST(trunc(x) AS BIGINT) END",
)
# Trino fails where such a value is stored, but compares it without a failure.
macro(
    "trino_months_of",
    "n",
    "CASE WHEN n BETWEEN -2147483648 AND 2147483647 THEN CAST(n AS INTEGER) WHEN n IS NOT NULL "
    "THEN CAST(trino_fail('NOT_SUPPORTED: the local Athena does not support an interval of over 2147483647 "
    "months; Athena does') AS INTEGER) END",
)


def _scaled(number: str, value: str, span: str) -> str:
    """A span times or through a double."""
    verb = "divide" if "/" in value else "multiply"
    wrong = f"CAST(trino_fail('INVALID_FUNCTION_ARGUMENT: Cannot {verb} by double ' || "
    tests = f"WHEN isnan({number}) THEN {wrong} 'NaN') AS {{type}}) "
    if verb == "divide":
        tests += f"WHEN {number} = 0 THEN {wrong} '0.0') AS {{type}}) "
    product = f"trino_long({value})" if span == _DAYS else f"trino_months_of(trino_long({value}))"
    return f"CASE {tests}WHEN isnan({value}) THEN 0 ELSE {product} END"


macro("trino_milliseconds", "us", "(us + 500 - ((us + 500) % 1000 + 1000) % 1000) // 1000")


_TEMPORAL: Final[Mapping[tuple[str, str, str], Entry]] = {
    **{("add", moment, span): _shift("{0}", "{1}", text) for (moment, span), text in _SHIFTS.items()},
    **{("add", span, moment): _shift("{1}", "{0}", text) for (moment, span), text in _SHIFTS.items()},
    **{("subtract", moment, span): _shift("{0}", "(-{1})", text) for (moment, span), text in _SHIFTS.items()},
    **{
        (name, _DAYS, _DAYS): f"trino_wrapped(CAST({{0}} AS HUGEINT) {_SIGNS[name]} {{1}})"
        for name in ("add", "subtract")
    },
    **{
        (name, _MONTHS, _MONTHS): f"trino_months_of(CAST({{0}} AS BIGINT) {_SIGNS[name]} {{1}})"
        for name in ("add", "subtract")
    },
    ("subtract", "timestamp", "timestamp"): "trino_milliseconds(epoch_us({0}) - epoch_us({1}))",
    ("subtract", _ZONED, _ZONED): "trino_milliseconds(epoch_us({0}.instant) - epoch_us({1}.instant))",
    ("subtract", "time", "time"): "((epoch_us({0}) - epoch_us({1})) // 1000)",
    ("subtract", "date", "date"): "(CAST({0} - {1} AS BIGINT) * 86400000)",
    **{
        key: template
        for span, template in _PRODUCTS.items()
        for key in (("multiply", span, "bigint"), ("multiply", "bigint", span))
    },
    **{("multiply", span, "double"): _scaled("{1}", "{0} * {1}", span) for span in (_DAYS, _MONTHS)},
    **{("multiply", "double", span): _scaled("{0}", "{0} * {1}", span) for span in (_DAYS, _MONTHS)},
    **{("divide", span, "double"): _scaled("{1}", "{0} / {1}", span) for span in (_DAYS, _MONTHS)},
}


def _negation(call: Call) -> str:
    (operand,) = call.arguments
    # DuckDB negates the least TINYINT to a SMALLINT.
    # It computes the negative of a constant in advance, even one that fails and is not needed.
    is_subtracted = operand.type.base in {*INTEGERS, _DAYS, _MONTHS}
    return render("(CAST(0 AS {type}) - {0})" if is_subtracted else "(-{0})", call)


FUNCTIONS: Final[Mapping[str, Entry]] = {
    **{f"operator {name}": _arithmetic for name in _SIGNS},
    "operator negation": _negation,
}
