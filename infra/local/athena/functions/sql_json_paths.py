"""What a path of JSON_VALUE and its like finds in a JSON value.

Values are None, bool, int, float, Decimal, str, lists and dictionaries.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from infra.local.athena.errors import NotSupportedHere
from infra.local.athena.functions.sql_json_numbers import (
    PathError,
    absolute,
    calculated,
    is_number,
    rounded,
    signed,
)
from infra.local.athena.functions.sql_json_syntax import Path

_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Missing:
    """The value of an empty text."""


@dataclass(frozen=True)
class _Context:
    """What the signs of a path stand for: `$`, `@` and `last`, and how objects are numbered."""

    root: Any
    is_strict: bool
    current: Any = None
    last: int | None = None
    objects: tuple[list[int], ...] = ()


def evaluate(path: Path, value: Any, *, is_strict: bool) -> list[Any]:
    """Return the items that a path finds in a value.

    Raises:
        PathError: it cannot be evaluated.
        NotSupportedHere: this is not supported here.
    """
    return _items(path, _Context(value, is_strict, objects=([0],)))


def _items(path: Path, context: _Context) -> list[Any]:
    if path.kind in _START:
        return [_START[path.kind](path, context)]
    if path.kind in _ARITHMETIC:
        left, right = (_number(part, context) for part in path.parts)
        return [calculated(path.kind, left, right)]
    items = _items(path.parts[0], context)
    if path.kind.startswith("unary"):
        return [signed(path.kind, item) for item in _unwrapped(items, context)]
    return [found for item in _prepared(path.kind, items, context) for found in _found(path, item, context)]


def _last(_: Path, context: _Context) -> int:
    if context.last is None:
        raise PathError("accessing the last array index with no enclosing array")
    return context.last


_ARITHMETIC: Final = ("+", "-", "*", "/", "%")
_START: Final[Mapping[str, Callable[[Path, _Context], Any]]] = {
    "literal": lambda path, _: path.value,
    "$": lambda _, context: context.root,
    "@": lambda _, context: context.current,
    "last": _last,
}


def _prepared(kind: str, items: list[Any], context: _Context) -> list[Any]:
    """In lax mode, most accessors look into an array."""
    if kind in {"elements", "subscript", "type", "size", "descendants"}:
        return items
    return _unwrapped(items, context)


def _unwrapped(items: list[Any], context: _Context) -> list[Any]:
    if context.is_strict:
        return items
    return [each for item in items for each in (item if isinstance(item, list) else [item])]


def _found(path: Path, item: Any, context: _Context) -> Iterator[Any]:
    if path.kind in _METHODS:
        return _METHODS[path.kind](item, context)
    return _ACCESSORS[path.kind](path, item, context)


def _elements(_: Path, item: Any, context: _Context) -> Iterator[Any]:
    if not isinstance(item, list) and context.is_strict:
        raise PathError("invalid item type. Expected: ARRAY")
    yield from item if isinstance(item, list) else [item]


def _members(_: Path, item: Any, context: _Context) -> Iterator[Any]:
    if isinstance(item, dict):
        yield from item.values()
    elif context.is_strict:
        raise PathError("invalid item type. Expected: OBJECT")


def _filter(path: Path, item: Any, context: _Context) -> Iterator[Any]:
    if _holds(path.parts[1], replace(context, current=item)):
        yield item


def _member(path: Path, item: Any, context: _Context) -> Iterator[Any]:
    name = str(path.value)
    if isinstance(item, dict) and name in item:
        yield item[name]
    elif context.is_strict:
        is_object = isinstance(item, dict)
        reason = f"structural error: missing member '{name}' in JSON object"
        raise PathError(reason if is_object else "invalid item type. Expected: OBJECT")


def _descendants(path: Path, item: Any, context: _Context) -> Iterator[Any]:
    if isinstance(item, dict):
        if path.value in item:
            yield item[path.value]
        item = list(item.values())
    for each in item if isinstance(item, list) else []:
        yield from _descendants(path, each, context)


def _subscript(path: Path, item: Any, context: _Context) -> Iterator[Any]:
    if not isinstance(item, list):
        if context.is_strict:
            raise PathError("invalid item type. Expected: ARRAY")
        item = [item]
    inner = replace(context, last=len(item) - 1)
    for part in path.parts[1:]:
        places = [_place(each, inner) for each in part.parts]
        first, last = places[0], places[-1]
        if context.is_strict and not 0 <= first <= last < len(item):
            reason = f"structural error: invalid array subscript: [{first}, {last}]"
            raise PathError(f"{reason} for array of size {len(item)}")
        yield from item[max(first, 0) : max(last + 1, 0)]


def _place(path: Path, context: _Context) -> int:
    items = _items(path, context)
    if len(items) != 1 or isinstance(items[0], bool) or not isinstance(items[0], int | float | Decimal):
        raise PathError("invalid array subscript")
    return int(Decimal(items[0]).quantize(Decimal(1), ROUND_HALF_UP))


def _number(path: Path, context: _Context) -> Any:
    items = _unwrapped(_items(path, context), context)
    if len(items) != 1 or not is_number(items[0]):
        raise PathError("arithmetic binary operation requires singleton numeric operands")
    return items[0]


_ACCESSORS: Final[Mapping[str, Callable[[Path, Any, _Context], Iterator[Any]]]] = {
    "member": _member,
    "members": _members,
    "descendants": _descendants,
    "elements": _elements,
    "subscript": _subscript,
    "filter": _filter,
}


def _holds(path: Path, context: _Context) -> bool | None:
    """Return whether a predicate holds; None when it is unknown."""
    if path.kind in {"and", "or"}:
        answers = [_holds(part, context) for part in path.parts]
        decisive = path.kind == "or"
        return decisive if decisive in answers else None if None in answers else not decisive
    if path.kind == "is unknown":
        return _holds(path.parts[0], context) is None
    if path.kind == "not":
        answer = _holds(path.parts[0], context)
        return None if answer is None else not answer
    try:
        sides = [_items(part, context) for part in path.parts]
    except PathError:
        return None
    return bool(sides[0]) if path.kind == "exists" else _any_pair(path.kind, sides, context)


def _any_pair(sign: str, sides: list[list[Any]], context: _Context) -> bool | None:
    """Return whether any pair of items compares so; in lax mode the first that does or is unknown decides."""
    left, right = (_unwrapped(side, context) for side in sides)
    answers = []
    for one in left:
        for other in right:
            answers.append(_compared(sign, one, other))
            if not context.is_strict and answers[-1] is not False:
                return answers[-1]
    return None if None in answers else True in answers


def _compared(sign: str, left: Any, right: Any) -> bool | None:
    if sign == "starts with":
        return left.startswith(right) if isinstance(left, str) else None
    if left is None or right is None:
        return {"==": left is right, "<>": left is not right}.get(sign, False)
    same = (
        (is_number(left) and is_number(right))
        or (isinstance(left, str) and isinstance(right, str))
        or (isinstance(left, bool) and isinstance(right, bool))
    )
    return _COMPARE[sign](left, right) if same else None


def _type(item: Any, _: _Context) -> Iterator[Any]:
    if isinstance(item, Missing):
        raise NotSupportedHere("the type of an empty JSON text")
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    yield kinds.get(type(item), "number")


def _size(item: Any, context: _Context) -> Iterator[Any]:
    if not isinstance(item, list) and context.is_strict:
        raise PathError("invalid item type. Expected: ARRAY")
    yield len(item) if isinstance(item, list) else 1


def _double(item: Any, _: _Context) -> Iterator[Any]:
    if isinstance(item, bool) or not isinstance(item, str | int | float | Decimal):
        raise PathError("invalid item type. Expected: NUMBER or TEXT")
    try:
        yield float(item)
    except ValueError as error:
        raise PathError("cast to double failed") from error


def _number_method(method: Callable[[Any], Any]) -> Callable[[Any, _Context], Iterator[Any]]:
    return lambda item, _: iter([method(item)])


def _key_values(item: Any, context: _Context) -> Iterator[Any]:
    if not isinstance(item, dict):
        raise PathError("invalid item type. Expected: OBJECT")
    number = context.objects[0][0]
    context.objects[0][0] += 1
    for name, value in item.items():
        yield {"name": name, "value": value, "id": number}


_METHODS: Final[Mapping[str, Callable[[Any, _Context], Iterator[Any]]]] = {
    "type": _type,
    "size": _size,
    "double": _double,
    "ceiling": _number_method(rounded(math.ceil)),
    "floor": _number_method(rounded(math.floor)),
    "abs": _number_method(absolute),
    "keyvalue": _key_values,
}
