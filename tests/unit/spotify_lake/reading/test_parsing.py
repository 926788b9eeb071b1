"""A line is accepted or rejected independently of the other lines of its object."""

from __future__ import annotations

import json

import pytest

from spotify_lake.reading.parsing import ParsedObjects, RawContent, parse
from tests.spark.raw_rows import item, track

_GOOD = json.dumps(item(track())).encode()
_WRONG = _GOOD.replace(b'"duration_ms": 215000', b'"duration_ms": "long"')
_DEEP = b"[" * 3_000 + b"]" * 3_000


def _with(field: bytes) -> bytes:
    """The good line with one more field, which is not used."""
    return _GOOD.replace(b'"record": {', b'"record": {"odd": ' + field + b", ")


def _parsed(*lines: bytes) -> ParsedObjects:
    return parse("playlist_items", [RawContent("key", b"\n".join(lines))])


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(_with(b"1" * 5_000), id="more digits than Python reads"),
        pytest.param(_GOOD.replace(b"215000", b"1" * 5_000), id="more digits where a number is read"),
        pytest.param(_with(_DEEP), id="nested deeper than Python reads"),
        pytest.param(_with(b'"\xff"'), id="no UTF-8 where nobody reads"),
        pytest.param(_GOOD.replace(b"Northern Line", b"\xff"), id="no UTF-8 in a name"),
        pytest.param(_with(_DEEP[:-1]), id="no JSON, but deep"),
        pytest.param(_with(_DEEP) + b" \r", id="nested deeper, and space at its end"),
    ],
)
def test_a_line_that_python_cannot_read_has_the_same_result_alone_and_with_a_bad_one(line: bytes) -> None:
    alone, together = _parsed(line), _parsed(line, _WRONG)
    assert together.lines.to_pylist() == alone.lines.to_pylist()
    reasons = [(each.line_number, each.reason) for each in together.unreadable]
    assert reasons == [*((each.line_number, each.reason) for each in alone.unreadable), (2, "wrong_type")]


def test_an_unused_field_that_python_cannot_read_is_accepted() -> None:
    assert len(_parsed(_with(_DEEP), _WRONG, _with(b'"\xff"')).lines) == 2
