"""CBRT, SINH, COSH and TANH to the last digit: by fdlibm's algorithms, which Java has taken over.

See s_cbrt.c, e_sinh.c, e_cosh.c, s_tanh.c, e_exp.c and s_expm1.c of fdlibm 5.3.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Final

from infra.local.athena.functions.api import Entry, python_function

_LN2_HIGH: Final = 6.93147180369123816490e-01
_LN2_LOW: Final = 1.90821492927058770002e-10
_PER_LN2: Final = 1.44269504088896338700
_HALF_LN2: Final = 0.34657359027997264
_TINY: Final = 2.0**-54
_LAST_EXACT: Final = 22.0
_LOG_MAX: Final = 709.782712893384
_LEAST_NORMAL: Final = 2.0**-1022
_C: Final = 5.42857142857142815906e-01
_D: Final = -7.05306122448979611050e-01
_E: Final = 1.41428571428571436819e00
_F: Final = 1.60714285714285720630e00
_G: Final = 3.57142857142857150787e-01
_P: Final = (
    1.66666666666666019037e-01,
    -2.77777777770155933842e-03,
    6.61375632143793436117e-05,
    -1.65339022054652515390e-06,
    4.13813679705723846039e-08,
)
_Q: Final = (
    -3.33333333333331316428e-02,
    1.58730158725481460165e-03,
    -7.93650757867487942473e-05,
    4.00821782732936239552e-06,
    -2.01099218183624371326e-07,
)


def _polynomial(x: float, coefficients: Sequence[float]) -> float:
    value = 0.0
    for coefficient in reversed(coefficients):
        value = coefficient + x * value
    return value


def _reduced(x: float) -> tuple[float, float, int]:
    """Split a number of more than half of ln 2 into `high - low` and a multiple of ln 2."""
    count = int(_PER_LN2 * x + math.copysign(0.5, x))
    return x - count * _LN2_HIGH, count * _LN2_LOW, count


def _exp(x: float) -> float:
    high, low, count = (x, 0.0, 0) if abs(x) <= _HALF_LN2 else _reduced(x)
    rest = high - low
    square = rest * rest
    c = rest - square * _polynomial(square, _P)
    if not count:
        return 1.0 - ((rest * c) / (c - 2.0) - rest)
    return math.ldexp(1.0 - ((low - (rest * c) / (2.0 - c)) - high), count)


def _expm1(x: float) -> float:
    if abs(x) < _TINY:
        return x
    high, low, count = (x, 0.0, 0) if abs(x) <= _HALF_LN2 else _reduced(x)
    rest = high - low
    c = (high - rest) - low
    half = 0.5 * rest
    hxs = rest * half
    r = 1.0 + hxs * _polynomial(hxs, _Q)
    t = 3.0 - r * half
    e = hxs * ((r - t) / (6.0 - rest * t))
    if not count:
        return rest - (rest * e - hxs)
    return _scaled(rest, rest * (e - c) - c - hxs, count)


def _scaled(rest: float, e: float, count: int) -> float:
    """Return the last step of `_expm1`, which is another one for each range of the multiple."""
    match count:
        case -1:
            return 0.5 * (rest - e) - 0.5
        case 1:
            return -2.0 * (e - (rest + 0.5)) if rest < -0.25 else 1.0 + 2.0 * (rest - e)  # noqa: PLR2004
    if count <= -2 or count > 56:  # noqa: PLR2004
        return math.ldexp(1.0 - (e - rest), count) - 1.0
    power = math.ldexp(1.0, -count)
    if count < 20:  # noqa: PLR2004
        return math.ldexp((1.0 - power) - (e - rest), count)
    return math.ldexp(rest - (e + power) + 1.0, count)


def _large(x: float, factor: float) -> float:
    """Return half of the exponential of a number beyond 22, times 1 or -1."""
    if x > _LOG_MAX:  # the exponential itself would be infinite
        half = _exp(0.5 * x) if x < _LOG_MAX + 1 else math.inf
        return factor * half * half
    return factor * _exp(x)


def _with_high_word(low: int, high: int) -> float:
    found: float = struct.unpack("<d", struct.pack("<II", low, high))[0]
    return found


def _high_word(number: float) -> int:
    found: int = struct.unpack("<II", struct.pack("<d", number))[1]
    return found


@python_function("DOUBLE", returns="DOUBLE")
def _cbrt(number: float) -> float:
    x = abs(number)
    if not x or math.isinf(x):
        return number
    if x < _LEAST_NORMAL:
        t = _with_high_word(0, _high_word(x * 2.0**54) // 3 + 696219795)
    else:
        t = _with_high_word(0, _high_word(x) // 3 + 715094163)
    r = t * t / x  # to 5 bits, then to 23 bits
    s = _C + r * t
    t *= _G + _F / (s + _E + _D / s)
    t = _with_high_word(0, _high_word(t) + 1)
    s = t * t
    r = x / s
    r = (r - t) / (t + t + r)
    return math.copysign(t + t * r, number)


@python_function("DOUBLE", returns="DOUBLE")
def _cosh(number: float) -> float:
    x = abs(number)
    if x < _HALF_LN2:
        t = _expm1(x)
        return 1.0 + (t * t) / (2 * (1.0 + t))
    if x < _LAST_EXACT:
        t = _exp(x)
        return 0.5 * t + 0.5 / t
    return _large(x, 0.5)


@python_function("DOUBLE", returns="DOUBLE")
def _sinh(number: float) -> float:
    x, half = abs(number), math.copysign(0.5, number)
    if x < 2.0**-28:
        return number
    if x >= _LAST_EXACT:
        return _large(x, half)
    t = _expm1(x)
    return half * (2.0 * t - t * t / (t + 1.0) if x < 1 else t + t / (t + 1.0))


@python_function("DOUBLE", returns="DOUBLE")
def _tanh(number: float) -> float:
    x = abs(number)
    if x < _TINY * 2:
        return number
    if x >= _LAST_EXACT:
        return math.copysign(1.0, number)
    if x >= 1:
        found = 1.0 - 2.0 / (_expm1(2.0 * x) + 2.0)
    else:
        t = _expm1(-2.0 * x)
        found = -t / (t + 2.0)
    return math.copysign(found, number)


FUNCTIONS: Final[Mapping[str, Entry]] = {
    name: f"(CASE WHEN isnan({{0}}) THEN {{0}} ELSE trino_{name}({{0}}) END)"
    for name in ("cbrt", "sinh", "cosh", "tanh")
}
