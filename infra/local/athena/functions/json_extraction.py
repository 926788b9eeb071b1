"""JSON_EXTRACT and what else reads a JSON text up to the place that it is asked for."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, wraps
from typing import Any, Final

from infra.local.athena.errors import QueryRefused
from infra.local.athena.functions.api import Call, Entry, by_type, python_function, render
from infra.local.athena.functions.json_text import (
    Members,
    as_it_is,
    canonical,
    parse,
    skip_blanks,
    storable,
    value_at,
    with_whole_pairs,
)

_STEP: Final = re.compile(r'\.([\w:]+)|\["((?:[^"\\]|\\["\\])*)"\]|\[(\w+)\]')
_ARGUMENT: Final = "INVALID_FUNCTION_ARGUMENT"
_INTEGER: Final = re.compile(r"-?\d+")


@lru_cache(maxsize=1000)
def path_steps(path: str) -> tuple[str, ...]:
    """Return the names and places of a path such as `$.a["b"][0]`.

    Raises:
        QueryRefused: INVALID_FUNCTION_ARGUMENT.
    """
    position, steps = 1, []
    while found := _STEP.match(path, position):
        name = found[1] or found[3]
        steps.append(name if name is not None else re.sub(r"\\(.)", r"\1", found[2]))
        position = found.end()
    if path[:1] != "$" or position != len(path):
        raise QueryRefused(_ARGUMENT, f"Invalid JSON path: '{path}'")
    return tuple(steps)


def _parts(text: str, start: int) -> Iterator[tuple[str | int, int]]:
    """Give the names or places of what an object or array has, and where their values begin.

    Nothing behind a value is looked at before the next part is asked for.

    Raises:
        ValueError: it is broken.
    """
    closing = {"{": "}", "[": "]"}.get(text[start : start + 1])
    if closing is None:
        return
    position, count = skip_blanks(text, start + 1), 0
    if text[position : position + 1] == closing:
        return
    while True:
        name: str | int = count
        if closing == "}":
            if text[position : position + 1] != '"':
                raise ValueError(text[position:])
            name, position = value_at(text, position)
            position = skip_blanks(text, position)
            if text[position : position + 1] != ":":
                raise ValueError(text[position:])
            position += 1
        yield name, skip_blanks(text, position)
        position = skip_blanks(text, value_at(text, position)[1])
        if text[position : position + 1] == closing:
            return
        if text[position : position + 1] != ",":
            raise ValueError(text[position:])
        position, count = skip_blanks(text, position + 1), count + 1


def find(text: str, steps: tuple[str, ...]) -> int | None:
    """Return where the value of a path begins; None when there is none.

    Raises:
        ValueError: the text is broken before that.
    """
    position = skip_blanks(text, 0)
    for step in steps:
        is_array = text[position : position + 1] == "["
        if is_array and not _INTEGER.fullmatch(step):
            return None
        sought: str | int = int(step) if is_array else step
        found = next((start for name, start in _parts(text, position) if name == sought), None)
        if found is None:
            return None
        position = found
    return position


def _lenient(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a broken text give null."""

    @wraps(function)
    def lenient(text: str, *arguments: Any) -> Any:
        try:
            return function(text, *arguments)
        except (ValueError, RecursionError) as error:
            if isinstance(error, QueryRefused):
                raise
            return None

    return lenient


@python_function("VARCHAR", returns="VARCHAR")
def _json_parse(text: str) -> str:
    try:
        return canonical(parse(text))
    except (ValueError, RecursionError) as error:
        raise QueryRefused(_ARGUMENT, f"Cannot convert value to JSON: '{text}'") from error


@python_function("VARCHAR", "VARCHAR", returns="VARCHAR")
@_lenient
def _json_extract(text: str, path: str) -> str | None:
    position = find(text, path_steps(path))
    return None if position is None else as_it_is(value_at(text, position)[0])


@python_function("VARCHAR", "VARCHAR", returns="VARCHAR")
@_lenient
def _json_extract_scalar(text: str, path: str) -> str | None:
    position = find(text, path_steps(path))
    return None if position is None else _scalar_text(text, position)


def _scalar_text(text: str, position: int) -> str | None:
    """Return a scalar as it is written, a string without its quotes; null for what has parts."""
    if text[position : position + 1] in {"[", "{"}:
        return None
    value, end = value_at(text, position)
    if value is None:
        return None
    return storable(value) if isinstance(value, str) else text[position:end]


@python_function("VARCHAR", "VARCHAR", returns="BIGINT")
@_lenient
def _json_size(text: str, path: str) -> int | None:
    position = find(text, path_steps(path))
    if position is None:
        return None
    value = value_at(text, position)[0]
    return len(value) if isinstance(value, Members | list) else 0


def _array(text: str) -> int | None:
    """Return where an array begins; None when there is another value."""
    position = skip_blanks(text, 0)
    return position if text[position : position + 1] == "[" else None


@python_function("VARCHAR", returns="BIGINT")
@_lenient
def _json_array_length(text: str) -> int | None:
    position = _array(text)
    return None if position is None else sum(1 for _ in _parts(text, position))


@python_function("VARCHAR", "VARCHAR", "VARCHAR", returns="BOOLEAN")
@_lenient
def _json_array_contains(text: str, sought: str, kind: str) -> bool | None:
    """Look for a value, which is given as JSON; a number only equals one that is written like its type."""
    value = json.loads(sought)
    if kind == "double" and isinstance(value, str):  # NaN and the infinities
        return False
    wanted = {"bigint": int, "double": float, "varchar": str, "boolean": bool}[kind]
    position = _array(text)
    if position is None:
        return None
    items = (value_at(text, start)[0] for _, start in _parts(text, position))
    return any(type(item) is wanted and item == value for item in items)


@python_function("VARCHAR", "BIGINT", returns="VARCHAR")
@_lenient
def _json_array_get(text: str, place: int) -> str | None:
    position = _array(text)
    if position is None:
        return None
    starts = (start for _, start in _parts(text, position))
    if place < 0:  # counted from the end, so that the whole array has to be sound
        known = list(starts)
        found = known[place] if -place <= len(known) else None
    else:
        found = next(itertools.islice(starts, place, None), None)
    if found is None:
        return None
    if text[found : found + 1] in {"[", "{"}:
        return with_whole_pairs(as_it_is(value_at(text, found)[0]))
    return _scalar_text(text, found)


@python_function("VARCHAR", returns="BOOLEAN")
def _is_json_scalar(text: str) -> bool:
    try:
        return not isinstance(parse(text), Members | list)
    except (ValueError, RecursionError) as error:
        raise QueryRefused(_ARGUMENT, f"Invalid JSON value: {text}") from error


def _with_path(function: str) -> Entry:
    def translation(call: Call) -> str:
        path = call.arguments[1].constant
        if isinstance(path, str):
            path_steps(path)
        return render(f"{function}({{0}}, {{1}})", call)

    return translation


_CONTAINS: Final = "trino_json_array_contains({{0}}, {}, '{}')"

FUNCTIONS: Final[Mapping[str, Entry]] = {
    "json_parse": "trino_json_parse({0})",
    "json_format": "{0}",
    "json_extract": _with_path("trino_json_extract"),
    "json_extract_scalar": _with_path("trino_json_extract_scalar"),
    "json_size": _with_path("trino_json_size"),
    "json_array_length": "trino_json_array_length({0})",
    "json_array_get": "trino_json_array_get({0}, {1})",
    "json_array_contains": by_type(
        {
            "bigint": _CONTAINS.format("CAST({1} AS VARCHAR)", "bigint"),
            "double": _CONTAINS.format("trino_json_of_double({1})", "double"),
            "boolean": _CONTAINS.format("CAST({1} AS VARCHAR)", "boolean"),
            "varchar": _CONTAINS.format("trino_json_of_text({1})", "varchar"),
        },
        argument=1,
    ),
    "is_json_scalar": "trino_is_json_scalar({0})",
}
