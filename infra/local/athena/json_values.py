"""Single JSON values as values of Trino's types, as the two JSON SerDes convert them.

A decoder takes a text, a `Number`, a boolean, a list or a dictionary, never null.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import re
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from typing import Any, Final

from infra.local.athena.errors import NotSupportedHere
from infra.local.athena.types import Type

_BITS: Final = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DATE: Final = re.compile(r"([+-]?[0-9]{1,10})-([0-9]{1,2})-([0-9]{1,2})")
_TIME: Final = re.compile(r"([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:\.([0-9]{1,9}))?)?")
_ZONE: Final = re.compile(r"(.+?)(?:[zZ]|([+-])([0-9]{2}):?([0-9]{2}))")
_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001  # Trino's timestamp has no zone
_MILLISECOND_DIGITS: Final = 13

Decode = Callable[[Any], Any]


class Number(str):
    """A number as it is written in the JSON text."""

    __slots__ = ()


class Unparsable(ValueError):
    """A JSON value that its column cannot hold."""


def openx_decoder(kind: Type) -> Decode:
    """Return the OpenX SerDe's decoder of a scalar type: null for what cannot be converted.

    Raises:
        NotSupportedHere: there is none for this type.
    """
    convert = _OPENX.get(kind.base)
    if convert is None:
        raise NotSupportedHere(f"a JSON column of type {kind}")
    if kind.base in {"boolean", "varchar", "char"}:
        return lambda value: convert(kind, value)

    def decode(value: Any) -> Any:
        if isinstance(value, list | dict):
            raise Unparsable(f"a JSON {'array' if isinstance(value, list) else 'object'} is not a {kind}")
        try:
            return convert(kind, canonical(value) if isinstance(value, bool) else value)
        except Unparsable:
            raise
        except (ValueError, ArithmeticError):
            return None

    return decode


def hive_decoder(kind: Type) -> Decode:
    """Return the Hive SerDe's decoder of a scalar type: an error for what cannot be converted.

    Raises:
        NotSupportedHere: there is none for this type.
    """
    convert = _HIVE.get(kind.base)
    if convert is None:
        raise NotSupportedHere(f"a JSON column of type {kind}")
    needs_number = kind.base in _BITS or kind.base in {"real", "double"}

    def decode(value: Any) -> Any:
        if isinstance(value, list | dict):
            raise Unparsable(f"{kind} value must be a scalar json value")
        if needs_number and not isinstance(value, Number):
            raise Unparsable(f"{value!r} is not numeric, as a {kind} must be")
        try:
            return convert(kind, canonical(value) if isinstance(value, bool) else str(value))
        except (ValueError, ArithmeticError) as error:
            raise Unparsable(f"{value!r} is not a {kind}") from error

    return decode


def hive_key_decoder(kind: Type) -> Decode:
    """Return the Hive SerDe's decoder of a map's keys, which are texts."""
    decode = hive_decoder(kind)
    return lambda name: decode(Number(name))


def canonical(value: Any) -> str:
    """Return the text that the OpenX SerDe gives a text column for a value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return str(int(value)) if _INTEGER.fullmatch(value) and _fits(int(value), 64) else str(Decimal(value))
    return value if isinstance(value, str) else _written(value)


def _written(value: Any) -> str:
    """A value inside an array or an object as JSON, without spaces."""
    match value:
        case None:
            return "null"
        case dict():
            return "{" + ",".join(f"{_quoted(key)}:{_written(item)}" for key, item in _merged(value)) + "}"
        case list():
            return "[" + ",".join(map(_written, value)) + "]"
        case bool() | Number():
            return canonical(value)
    return _quoted(value)


def _merged(value: dict[str, Any]) -> list[tuple[str, Any]]:
    """The items, of which those whose keys differ in case only are one."""
    names: dict[str, str] = {}
    for key in value:
        names.setdefault(key.lower(), key)
    last = {key.lower(): item for key, item in value.items()}
    return [(name, last[lowered]) for lowered, name in names.items()]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("</", "<\\/")


def _fits(number: int, bits: int) -> bool:
    return -(1 << (bits - 1)) <= number < 1 << (bits - 1)


def _whole(text: str) -> int:
    """A number in decimal, hexadecimal (0x1F) or octal (017), as an integer."""
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", text):
        return int(text, base=16)
    if re.fullmatch(r"0[0-7]+", text):
        return int(text, base=8)
    if not _INTEGER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _openx_integer(kind: Type, text: str) -> int:
    try:
        number = _whole(text)
    except ValueError:
        number = int(_decimal_of(text).to_integral_value(ROUND_DOWN))
    if not _fits(number, _BITS[kind.base]):
        raise ValueError(text)
    return number


def _hive_integer(kind: Type, text: str) -> int:
    number = int(_decimal_of(text).to_integral_value(ROUND_DOWN))
    if not _fits(number, _BITS[kind.base]):
        raise ValueError(text)
    return number


def _decimal_of(text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def _decimal(kind: Type, text: str) -> Decimal | None:
    with localcontext(prec=100):
        try:
            scaled = _decimal_of(text).quantize(Decimal(1).scaleb(-kind.scale), ROUND_HALF_UP)
        except InvalidOperation:
            return None
    return scaled if len(scaled.as_tuple().digits) <= kind.precision else None


def _double(_: Type, text: str) -> float:
    trimmed = text.strip()
    if trimmed in {"NaN", "Infinity", "+Infinity", "-Infinity"} or _DECIMAL.fullmatch(trimmed):
        return float(trimmed)
    raise ValueError(text)


def _day(text: str) -> dt.datetime:
    """A day in which a month or day that is too large goes on into the next year or month."""
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError(text)
    year, month, day = map(int, found.groups())
    years, months = divmod(month - 1, 12)
    return dt.datetime(year + years, months + 1, 1) + dt.timedelta(days=day - 1)  # noqa: DTZ001


def _hive_date(_: Type, text: str) -> dt.date:
    return _day(text.strip().partition(" ")[0]).date()


def _openx_date(kind: Type, text: str) -> dt.date:
    try:
        return _hive_date(kind, text)
    except ValueError:
        return (_EPOCH + dt.timedelta(days=_whole(text))).date()


def _hive_timestamp(_kind: Type, text: str) -> dt.datetime:
    day, _, time = text.strip().upper().replace("T", " ").partition(" ")
    return _day(day) + _time(time) if time else _day(day)


def _time(text: str) -> dt.timedelta:
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(text)
    hours, minutes, seconds, fraction = found.groups()
    nanoseconds = int((fraction or "0").ljust(9, "0"))
    milliseconds = (nanoseconds + 500_000) // 1_000_000
    return dt.timedelta(
        hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0), milliseconds=milliseconds
    )


def _openx_timestamp(kind: Type, text: str) -> dt.datetime:
    if ":" in text[1:]:
        zoned = _ZONE.fullmatch(text)
        if zoned is None:
            return _hive_timestamp(kind, text)
        local, sign, hours, minutes = zoned.groups()
        offset = dt.timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        return _hive_timestamp(kind, local) - (offset if sign != "-" else -offset)
    if "." in text:
        milliseconds = int((_decimal_of(text) * 1000).to_integral_value(ROUND_DOWN))
        return _EPOCH + dt.timedelta(milliseconds=milliseconds)
    if not _INTEGER.fullmatch(text):
        raise ValueError(text)
    is_milliseconds = len(text) >= _MILLISECOND_DIGITS
    return _EPOCH + dt.timedelta(**{"milliseconds" if is_milliseconds else "seconds": int(text)})


def _openx_binary(_: Type, value: str) -> bytes:
    if isinstance(value, Number):
        raise Unparsable("an unquoted value is not a varbinary")
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise Unparsable(f"{value!r} is not base64") from error


def _text(kind: Type, value: Any) -> str:
    text = canonical(value)
    return text if kind.length is None else text[: kind.length]


def _hive_text(kind: Type, text: str) -> str:
    return text if kind.length is None else text[: kind.length]


def _char(kind: Type, value: Any) -> str:
    return _text(kind, value).rstrip(" ")


def _boolean(_: Type, value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


_Convert = Callable[[Type, Any], Any]
_OPENX: Final[dict[str, _Convert]] = {
    "boolean": _boolean,
    **dict.fromkeys(_BITS, _openx_integer),
    "decimal": _decimal,
    "real": _double,
    "double": _double,
    "date": _openx_date,
    "timestamp": _openx_timestamp,
    "varbinary": _openx_binary,
    "varchar": _text,
    "char": _char,
}
_HIVE: Final[dict[str, _Convert]] = {
    "boolean": _boolean,
    **dict.fromkeys(_BITS, _hive_integer),
    "decimal": _decimal,
    "real": _double,
    "double": _double,
    "date": _hive_date,
    "timestamp": _hive_timestamp,
    "varbinary": lambda _, text: text.encode(),
    "varchar": _hive_text,
    "char": lambda kind, text: _hive_text(kind, text).rstrip(" "),
}
