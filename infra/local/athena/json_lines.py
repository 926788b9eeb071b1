"""Lines of JSON as rows, as Trino's two JSON SerDes read them.

Both ignore the case of keys, what follows the object on a line, and keys without a column; a missing key is
null. The OpenX SerDe converts where it can and gives null where it cannot. Hive's refuses. See
trino-hive-formats, packages `line.openxjson` (with a README) and `line.json`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from infra.local.athena import json_values
from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.json_values import Number, Unparsable
from infra.local.athena.types import Type

OPENX: Final = "org.openx.data.jsonserde.JsonSerDe"
HIVE: Final = ("org.apache.hive.hcatalog.data.JsonSerDe", "org.apache.hadoop.hive.serde2.JsonSerDe")
_MAPPING: Final = "mapping."
_OTHER_OPTIONS: Final = {"timestamp.formats", "explicit.null", "strict.parsing"}

Row = tuple[Any, ...]
Decode = Callable[[Any], Any]


class LineReader:
    """Reads the lines of a table's files.

    Args:
        serde: the SerDe's class.
        columns: names in lower case and types of the columns.
        options: the SerDe's parameters.

    Raises:
        NotSupportedHere: the SerDe, or an option of it, is not supported.
    """

    def __init__(self, serde: str, columns: Sequence[tuple[str, Type]], options: Mapping[str, str]) -> None:
        if serde != OPENX and serde not in HIVE:
            raise NotSupportedHere(f"the SerDe {serde}")
        if unsupported := sorted(options.keys() & _OTHER_OPTIONS):
            raise NotSupportedHere(f"the option {unsupported[0]} of the SerDe {serde}")
        self._is_openx = serde == OPENX
        self._skips_malformed = self._is_openx and _is_true(options.get("ignore.malformed.json"))
        self._width = len(columns)
        names = [name for name, _ in columns]
        types = [kind for _, kind in columns]
        self._decode = (
            _openx_row(names, types, _KeyRules(options)) if self._is_openx else _hive_row(names, types)
        )
        self._decoder = json.JSONDecoder(
            parse_int=Number, parse_float=Number, parse_constant=_no_constant, strict=False
        )

    def rows(self, content: bytes, uri: str) -> Iterator[Row]:
        """Return the rows of a file.

        Raises:
            QueryRefused: a line is not JSON, or has a value that its column cannot hold.
        """
        for number, line in enumerate(content.splitlines(), start=1):
            try:
                yield self._row(line.decode("utf-8", errors="replace"))
            except Unparsable as error:
                raise QueryRefused("HIVE_BAD_DATA", f"Line {number} of {uri}: {error}") from error
            except ValueError as error:
                message = f"Line {number} of {uri} is not a valid JSON object: {error}"
                raise QueryRefused("HIVE_CURSOR_ERROR", message) from error

    def _row(self, line: str) -> Row:
        text = line.strip()
        if self._is_openx and not text.startswith(("{", "[")):
            return (None,) * self._width
        try:
            value, _ = self._decoder.raw_decode(text)
        except (ValueError, RecursionError):
            if self._skips_malformed:
                return (None,) * self._width
            raise
        row: Row = self._decode(value)
        return row


class _KeyRules:
    """How the OpenX SerDe finds a field's key."""

    def __init__(self, options: Mapping[str, str]) -> None:
        self._ignores_case = _is_true(options.get("case.insensitive", "true"))
        self._allows_dots = _is_true(options.get("dots.in.keys"))
        self._keys = {
            name.removeprefix(_MAPPING): key for name, key in options.items() if name.startswith(_MAPPING)
        }

    def key_of(self, field: str) -> str:
        return self._normal(self._keys.get(field, field))

    def values(self, value: Mapping[str, Any]) -> dict[str, Any]:
        found = {self._normal(key): each for key, each in value.items()}
        if self._allows_dots:
            for key in list(found):
                found.setdefault(key.replace(".", "_"), found[key])
        return found

    def _normal(self, key: str) -> str:
        return key.lower() if self._ignores_case else key


def _openx_row(names: Sequence[str], types: Sequence[Type], rules: _KeyRules) -> Decode:
    """The OpenX SerDe's decoder of a row."""
    keys = [rules.key_of(name) for name in names]
    decoders = [_openx(kind, rules) for kind in types]

    def decode(value: Any) -> Row:
        if isinstance(value, dict):
            found = rules.values(value)
            values: Sequence[Any] = [found.get(key) for key in keys]
        elif isinstance(value, list):
            values = [*value, *[None] * len(keys)]
        elif isinstance(value, str) and not value.strip():
            values = [None] * len(keys)
        else:
            raise Unparsable(f"{value!r} can not be coerced to a ROW")
        return tuple(
            None if each is None else decoder(each) for each, decoder in zip(values, decoders, strict=False)
        )

    return decode


def _openx(kind: Type, rules: _KeyRules) -> Decode:
    match kind.base:
        case "row":
            names = [(name or "").lower() for name in kind.names]
            return _openx_row(names, kind.types, rules)
        case "array":
            return _openx_array(_openx(kind.element, rules))
        case "map":
            return _openx_map(*(_openx(part, rules) for part in kind.types))
    return json_values.openx_decoder(kind)


def _openx_array(element: Decode) -> Decode:
    def decode(value: Any) -> list[Any] | None:
        if value == "":
            return None
        values = value if isinstance(value, list) else [value]
        return [None if each is None else element(each) for each in values]

    return decode


def _openx_map(key: Decode, item: Decode) -> Decode:
    def decode(value: Any) -> list[tuple[Any, Any]] | None:
        if isinstance(value, str) and not value.strip():
            return None
        if not isinstance(value, dict):
            raise Unparsable(f"{value!r} can not be coerced to a MAP")
        found = {key(name): None if each is None else item(each) for name, each in value.items()}
        return [(name, each) for name, each in found.items() if name is not None]

    return decode


def _hive_row(names: Sequence[str], types: Sequence[Type]) -> Decode:
    """The Hive SerDe's decoder of a row."""
    decoders = [_hive(kind) for kind in types]
    places = {f"_col{place}": name for place, name in enumerate(names)}

    def decode(value: Any) -> Row:
        if not isinstance(value, dict):
            raise Unparsable("start of object expected")
        lowered = {key.lower(): each for key, each in value.items()}
        found = {places.get(key, key) if key not in names else key: each for key, each in lowered.items()}
        return tuple(
            None if found.get(name) is None else decoder(found[name])
            for name, decoder in zip(names, decoders, strict=True)
        )

    return decode


def _hive(kind: Type) -> Decode:
    match kind.base:
        case "row":
            return _hive_row([(name or "").lower() for name in kind.names], kind.types)
        case "array":
            return _hive_array(_hive(kind.element))
        case "map":
            return _hive_map(json_values.hive_key_decoder(kind.types[0]), _hive(kind.types[1]))
    return json_values.hive_decoder(kind)


def _hive_array(element: Decode) -> Decode:
    def decode(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Unparsable("start of array expected")
        return [None if each is None else element(each) for each in value]

    return decode


def _hive_map(key: Decode, item: Decode) -> Decode:
    def decode(value: Any) -> list[tuple[Any, Any]]:
        if not isinstance(value, dict):
            raise Unparsable("start of object expected")
        return list({key(name): None if each is None else item(each) for name, each in value.items()}.items())

    return decode


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


def _is_true(value: str | None) -> bool:
    return (value or "").lower() == "true"
