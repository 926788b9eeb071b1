"""JSON in and out. Nothing else in a fetch takes as much of the processor, so msgspec does it.

It reads and writes what json does, integers of any size included, with one exception: half of a surrogate
pair, as a name that was cut in the middle leaves it. Such a body takes the slower way, through json.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Sequence
from typing import Any, Final, NoReturn, TypeAlias

import msgspec

JsonObject: TypeAlias = dict[str, Any]

_ENCODER: Final = msgspec.json.Encoder()


def parse(content: bytes, leave_out: str | None = None) -> Any:
    """Parse a text.

    Args:
        content: the text.
        leave_out: a key that is dropped from every object, at whatever depth.

    Raises:
        ValueError: it is not JSON (NaN and Infinity are not), or has a number that is too large for a float.
    """
    try:
        text = _without_markets(content, leave_out.encode()) if leave_out else content
        if leave_out is None or leave_out.encode() not in text:
            return msgspec.json.decode(text)
    except ValueError:
        pass  # json reads it, or tells what is wrong
    return _parse_slowly(content, leave_out)


def ndjson(lines: Sequence[JsonObject]) -> bytes:
    """One object a line."""
    try:
        return _ENCODER.encode_lines(lines)
    except UnicodeEncodeError:  # json escapes what UTF-8 does not have
        return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)


def _without_markets(content: bytes, key: bytes) -> bytes:
    """Cut a key's lists of codes in capitals out of a text: what is not there need not be parsed.

    What is cut out too short, because a code holds a bracket, leaves an odd number of quotes, and what is cut
    out after the last comma leaves that comma: neither is JSON any more, so neither goes unnoticed.
    """
    is_end_of_longer_key = b'\\"%b"' % key in content
    return content if is_end_of_longer_key else _markets(key).sub(b"", content)


@functools.cache
def _markets(key: bytes) -> re.Pattern[bytes]:
    return re.compile(rb'"%b"\s*:\s*\[[A-Z",\s]*\]\s*,?' % re.escape(key))


def _parse_slowly(content: bytes, leave_out: str | None) -> Any:
    def without(entry: JsonObject) -> JsonObject:
        entry.pop(str(leave_out), None)
        return entry

    return json.loads(
        content,
        object_hook=without if leave_out else None,
        parse_constant=_refused,
        parse_float=_finite,
    )


def _refused(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refused(text)
