"""Window functions. `{nulls}` is IGNORE NULLS, if it is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from infra.local.athena.errors import QueryRefused
from infra.local.athena.functions.api import Call, Entry

_LEAST: Final = {
    "ntile": ("Buckets must be greater than 0", 1),
    "nth_value": ("Offset must be at least 1", 1),
}
_LEAST_OFFSET: Final = ("Offset must be at least 0", 0)


def _numbered(template: str, place: int) -> Entry:
    """A function whose argument at a place is a number with a least value."""

    def translation(call: Call) -> str:
        if len(call.arguments) > place:
            number = call.arguments[place]
            if not number.is_constant:
                raise call.refuse("a number that is not a literal")
            message, least = _LEAST.get(call.name, _LEAST_OFFSET)
            if number.constant is None:
                raise QueryRefused("INVALID_FUNCTION_ARGUMENT", "Offset must not be null")
            if number.constant < least:
                raise QueryRefused("INVALID_FUNCTION_ARGUMENT", message)
        return template

    return translation


WINDOWS: Final[Mapping[str, Entry]] = {
    "row_number": "row_number()",
    "rank": "rank()",
    "dense_rank": "dense_rank()",
    "percent_rank": "percent_rank()",
    "cume_dist": "cume_dist()",
    "ntile": _numbered("ntile({0})", 0),
    "first_value": "first_value({0}{nulls})",
    "last_value": "last_value({0}{nulls})",
    "nth_value": _numbered("nth_value({0}, {1}{nulls})", 1),
    "lag": _numbered("lag({all}{nulls})", 1),
    "lead": _numbered("lead({all}{nulls})", 1),
}
