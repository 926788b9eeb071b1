"""DATE_FORMAT, DATE_PARSE, FORMAT_DATETIME, PARSE_DATETIME, ISO 8601 and durations."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from infra.local.athena.errors import QueryRefused
from infra.local.athena.functions import date_parsing  # noqa: F401  # defines what the templates call
from infra.local.athena.functions.api import Call, Entry, python_function, render
from infra.local.athena.functions.date_patterns import Piece, joda_pieces, mysql_pieces, written
from infra.local.athena.functions.dates import local

_ZONED: Final = "timestamp with time zone"
_UNITS: Final = {
    "ns": Decimal("1e-6"),
    "us": Decimal("1e-3"),
    "ms": Decimal(1),
    "s": Decimal(1000),
    "m": Decimal(60_000),
    "h": Decimal(3_600_000),
    "d": Decimal(86_400_000),
}
_MOST_SECONDS: Final = 2**63 - 1
_SPANS: Final = (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


@python_function("VARCHAR", returns="BIGINT")
def _parse_duration(value: str) -> int:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*", value)
    if not found:
        message = f"duration is not a valid data duration string: {value}"
        raise QueryRefused("INVALID_FUNCTION_ARGUMENT", message)
    if found[2] not in _UNITS:
        raise QueryRefused("INVALID_FUNCTION_ARGUMENT", f"Unknown time unit: {found[2]}")
    return int((Decimal(found[1]) * _UNITS[found[2]]).quantize(Decimal(1), ROUND_HALF_UP))


@python_function("DOUBLE", returns="VARCHAR")
def _human_readable_seconds(value: float) -> str:
    if not math.isfinite(value):
        shown = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        raise QueryRefused("INVALID_FUNCTION_ARGUMENT", f"Invalid argument found: {shown}")
    seconds = min(int(Decimal(abs(value)).to_integral_value(ROUND_HALF_UP)), _MOST_SECONDS)
    parts = []
    for name, length in _SPANS:
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {name}{'' if count == 1 else 's'}")
    return ", ".join(parts) or "0 seconds"


def _formatted(pieces_of: Callable[[str], tuple[Piece, ...]]) -> Entry:
    def translation(call: Call) -> str:
        moment, pattern = call.arguments
        if not pattern.is_constant:
            raise call.refuse("a pattern that is not a literal")
        if pattern.constant is None:
            return "CAST(NULL AS VARCHAR)"
        pieces = pieces_of(pattern.constant)
        zoned = moment.sql if moment.type.base == _ZONED else ""
        if not zoned and any(piece.kind in {"zone", "zone name"} for piece in pieces):
            message = "format_datetime for TIMESTAMP type, cannot use 'Z' nor 'z' in format"
            raise QueryRefused("INVALID_FUNCTION_ARGUMENT", message)
        text = written(pieces, local(call, 0), zoned)
        if text is None:
            raise call.refuse(f"the pattern {pattern.constant!r}")
        return text

    return translation


def _parsed(name: str, pieces_of: Callable[[str], tuple[Piece, ...]]) -> Entry:
    def translation(call: Call) -> str:
        pattern = call.arguments[1]
        if pattern.is_constant and pattern.constant is not None:
            kinds = {piece.kind for piece in pieces_of(pattern.constant)}
            if kinds & {"zone name", "era", "century"}:
                raise call.refuse(f"the pattern {pattern.constant!r}")
        return render(f"{name}({{0}}, {{1}})", call)

    return translation


FUNCTIONS: Final[Mapping[str, Entry]] = {
    "date_format": _formatted(mysql_pieces),
    "date_parse": _parsed("trino_date_parse", mysql_pieces),
    "format_datetime": _formatted(joda_pieces),
    "parse_datetime": _parsed("trino_parse_datetime", joda_pieces),
    "from_iso8601_date": "trino_from_iso8601_date({0})",
    "from_iso8601_timestamp": "trino_from_iso8601_timestamp({0})",
    "parse_duration": "trino_parse_duration({0})",
    "human_readable_seconds": "trino_human_readable_seconds({0})",
}
