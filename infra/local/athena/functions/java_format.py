"""FORMAT, which writes values as Java's Formatter does."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final, NoReturn

from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.functions.api import Call, Entry, python_function
from infra.local.athena.functions.casting import cast_value
from infra.local.athena.functions.java_times import time_part, times_text
from infra.local.athena.functions.nested import padded
from infra.local.athena.types import INTEGERS, VARCHAR, Type, field

_EXACT: Final = Context(prec=1000)
_SPECIFIER: Final = re.compile(r"%(?:(\d+)\$)?([-#+ 0,(<]*)(?:([1-9]\d*))?(?:\.(\d+))?([tT]?)([a-zA-Z%])")
_CONVERSIONS: Final = "bBhHsScCdoxXeEfgGaA%n"
_FLAGS: Final = {
    **dict.fromkeys("bhs%", "-"),
    "c": "-",
    "n": "",
    "d": "-+ 0,(",
    **dict.fromkeys("ox", "-#0"),
    "e": "-#+ 0(",
    "f": "-#+ 0,(",
    "g": "-+ 0,(",
    "t": "-",
}
_WITHOUT_PRECISION: Final = "cdoxt%n"
_REFUSED: Final = {"a": "hexadecimal floating-point numbers", "h": "hash codes"}
_SMALLEST_PLAIN: Final = Decimal("0.001")  # of the numbers that Java writes without an exponent
_LARGEST_PLAIN: Final = Decimal(10_000_000)
_DEFAULT_PRECISION: Final = 6
_LARGEST: Final = 2**31 - 1
_NAMES: Final = {
    **dict.fromkeys(INTEGERS, "Long"),
    "boolean": "Boolean",
    "double": "Double",
    "real": "Float",
    "decimal": "BigDecimal",
    "date": "LocalDate",
    "time": "LocalTime",
    "timestamp": "LocalDateTime",
}
_TIMES: Final = ("LocalDate", "LocalTime", "LocalDateTime")
_REALS: Final = ("Double", "Float", "BigDecimal")


@dataclass(frozen=True)
class _Specifier:
    text: str
    index: int | None
    flags: str
    width: int
    precision: int | None
    conversion: str

    @property
    def kind(self) -> str:
        """The conversion in lower case; `t` for all of dates and times."""
        return "t" if len(self.conversion) > 1 else self.conversion.lower()

    @property
    def is_upper(self) -> bool:
        return self.conversion[0].isupper()


class _WrongFormat(ValueError):
    """What is wrong with a format."""


def _wrong(reason: str) -> NoReturn:
    raise _WrongFormat(reason)


@python_function("VARCHAR", "VARCHAR[]", "VARCHAR[]", returns="VARCHAR")
def _format(pattern: str, kinds: list[str], values: list[str | None]) -> str:
    try:
        return _written(pattern, kinds, values)
    except _WrongFormat as error:
        message = f"Invalid format string: {pattern} ({error})"
        raise QueryRefused("INVALID_FUNCTION_ARGUMENT", message) from error


def _written(pattern: str, kinds: list[str], values: list[str | None]) -> str:
    parts: list[str] = []
    place, ordinary, last = 0, 0, -1
    while (start := pattern.find("%", place)) >= 0:
        specifier = _specifier(pattern, start)
        parts.append(pattern[place:start])
        place = start + len(specifier.text)
        if specifier.kind in "%n":
            parts.append(_justified("%", specifier) if specifier.kind == "%" else "\n")
            continue
        if "<" in specifier.flags:
            index = last
        elif specifier.index is not None:
            index = specifier.index - 1
        else:
            index, ordinary = ordinary, ordinary + 1
        if not 0 <= index < len(values):
            _wrong(f"MissingFormatArgument: Format specifier '{specifier.text}'")
        last = index
        parts.append(_value(specifier, kinds[index], values[index]))
    return "".join((*parts, pattern[place:]))


def _specifier(pattern: str, start: int) -> _Specifier:
    found = _SPECIFIER.match(pattern, start)
    if not found:
        _wrong(f"UnknownFormatConversion: Conversion = '{pattern[start : start + 2][-1]}'")
    index, flags, width, precision, time, letter = found.groups()
    if not time and letter not in _CONVERSIONS:
        _wrong(f"UnknownFormatConversion: Conversion = '{letter}'")
    specifier = _Specifier(
        found[0],
        int(index) if index else None,
        flags,
        int(width or 0),
        int(precision) if precision else None,
        time + letter,
    )
    _check(specifier)
    return specifier


def _check(specifier: _Specifier) -> None:
    flags = specifier.flags.replace("<", "")
    if len(set(specifier.flags)) < len(specifier.flags):
        _wrong(f"DuplicateFormatFlags: Flags = '{specifier.flags}'")
    if specifier.index == 0:
        _wrong("IllegalFormatArgumentIndex: Illegal format argument index = 0")
    if specifier.width > _LARGEST or (specifier.kind == "n" and specifier.width):
        _wrong(f"IllegalFormatWidth: {specifier.width}")
    if specifier.precision is not None and specifier.kind in _WITHOUT_PRECISION:
        _wrong(f"IllegalFormatPrecision: {specifier.precision}")
    if specifier.kind in _REFUSED:
        raise NotSupportedHere(f"{_REFUSED[specifier.kind]} in format")
    wrong = set(flags) - set(_FLAGS[specifier.kind])
    if wrong:
        _wrong(f"FormatFlagsConversionMismatch: Conversion = {specifier.conversion}, Flags = {min(wrong)}")
    if ("-" in flags or "0" in flags) and not specifier.width:
        _wrong(f"MissingFormatWidth: {specifier.text}")
    if {"-", "0"} <= set(flags) or {"+", " "} <= set(flags):
        _wrong(f"IllegalFormatFlags: Flags = '{flags}'")


def _value(specifier: _Specifier, kind: str, value: str | None) -> str:
    if specifier.kind == "b":
        value = "false" if value is None else value if kind == "Boolean" else "true"
        return _general(value, specifier)
    if value is None:
        return _general("null", specifier)
    if specifier.kind == "s":
        return _general(_own_text(value, kind), specifier)
    if specifier.kind in "dox" and kind == "Long":
        return _cased(_integer(int(value), specifier), specifier)
    if specifier.kind in "efg" and kind in _REALS:
        return _cased(_real(value, kind, specifier), specifier)
    if specifier.kind == "t" and kind in (*_TIMES, "Long"):
        part = time_part(specifier.conversion[1], kind, value)
        if part is not None:
            return _cased(_justified(part, specifier), specifier)
    package = "java.time" if kind in _TIMES else "java.math" if kind == "BigDecimal" else "java.lang"
    _wrong(f"IllegalFormatConversion: {specifier.conversion[-1]} != {package}.{kind}")


def _own_text(value: str, kind: str) -> str:
    """Return Java's text of a value, of which Trino's text is given."""
    if kind in _TIMES:
        return times_text(value)
    if kind in ("Double", "Float") and "E" in value:
        number = Decimal(value)
        if not number or _SMALLEST_PLAIN <= abs(number) < _LARGEST_PLAIN:
            text = f"{number.normalize():f}"
            return text if "." in text else f"{text}.0"
    return value


def _length(text: str) -> int:
    """The length as Java counts it, in units of UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _general(text: str, specifier: _Specifier) -> str:
    if specifier.precision is not None:
        if _length(text) > len(text):
            raise NotSupportedHere("a precision for a text with characters beyond U+FFFF in format")
        text = text[: specifier.precision]
    return _justified(_cased(text, specifier), specifier)


def _cased(text: str, specifier: _Specifier) -> str:
    return text.upper() if specifier.is_upper else text


def _justified(text: str, specifier: _Specifier) -> str:
    blanks = " " * (specifier.width - _length(text))
    return text + blanks if "-" in specifier.flags else blanks + text


def _integer(number: int, specifier: _Specifier) -> str:
    if specifier.kind == "d":
        digits = f"{abs(number):,}" if "," in specifier.flags else str(abs(number))
        return _signed(digits, specifier, is_negative=number < 0)
    digits = f"{number & (2**64 - 1):{specifier.kind}}"
    prefix = {"x": "0x", "o": "0"}[specifier.kind] if "#" in specifier.flags else ""
    if "0" in specifier.flags:
        digits = digits.rjust(specifier.width - len(prefix), "0")
    return _justified(prefix + digits, specifier)


def _real(value: str, kind: str, specifier: _Specifier) -> str:
    if value in ("NaN", "Infinity", "-Infinity"):
        if value == "NaN":
            return _justified(value, specifier)
        return _signed("Infinity", specifier, is_negative=value[0] == "-", is_padded=False)
    if kind == "Float" and specifier.kind in "efg":
        value = repr(struct.unpack("f", struct.pack("f", float(value)))[0])
    number = Decimal(value)
    precision = _DEFAULT_PRECISION if specifier.precision is None else specifier.precision
    digits = _NUMBERS[specifier.kind](abs(number), precision)
    if "," in specifier.flags:
        whole, point, fraction = digits.partition(".")
        digits = f"{int(whole):,}{point}{fraction}"
    if "#" in specifier.flags and not precision:
        digits = f"{digits}."
    return _signed(digits, specifier, is_negative=number.is_signed())


def _fixed(number: Decimal, precision: int) -> str:
    return f"{number.quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP, _EXACT):f}"


def _scientific(number: Decimal, precision: int) -> str:
    rounded = Context(prec=precision + 1, rounding=ROUND_HALF_UP).plus(number)
    exponent = rounded.adjusted()
    mantissa = _fixed(rounded.scaleb(-exponent, _EXACT), precision)
    return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02}"


def _shortest(number: Decimal, precision: int) -> str:
    precision = precision or 1
    rounded = Context(prec=precision, rounding=ROUND_HALF_UP).plus(number)
    if rounded.is_zero() and not rounded.adjusted():
        return _fixed(rounded, precision - 1)
    if Decimal("0.0001") <= rounded < Decimal(10) ** precision:
        return _fixed(number, precision - rounded.adjusted() - 1)
    return _scientific(number, precision - 1)


_NUMBERS: Final[Mapping[str, Callable[[Decimal, int], str]]] = {"f": _fixed, "e": _scientific, "g": _shortest}


def _signed(digits: str, specifier: _Specifier, *, is_negative: bool, is_padded: bool = True) -> str:
    before, after = "", ""
    if is_negative:
        before, after = ("(", ")") if "(" in specifier.flags else ("-", "")
    elif "+" in specifier.flags or " " in specifier.flags:
        before = "+" if "+" in specifier.flags else " "
    if "0" in specifier.flags and is_padded:
        digits = digits.rjust(specifier.width - len(before) - len(after), "0")
    return _justified(f"{before}{digits}{after}", specifier)


def _formatted(call: Call) -> str:
    pattern, packed = call.arguments
    kinds, values = [], []
    for place, kind in enumerate(packed.type.types):
        kinds.append(f"'{_NAMES.get(kind.base, 'String')}'")
        values.append(_text(f"{packed.sql}.{field(place)}", kind, call))
    return f"trino_format({pattern.sql}, [{', '.join(kinds)}], [{', '.join(values)}])"


def _text(value: str, kind: Type, call: Call) -> str:
    if kind.base == "timestamp with time zone":
        raise call.refuse()
    if kind.base == "char":
        return padded(value, kind)
    return cast_value(value, kind, VARCHAR, call)


FUNCTIONS: Final[Mapping[str, Entry]] = {"format": _formatted}
