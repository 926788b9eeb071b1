"""Column types in the two languages spoken here: Parquet's (as Arrow) and the Glue catalog's (Hive)."""

import re
from collections.abc import Callable
from typing import TypeVar

import pyarrow as pa

_TO_HIVE = {
    pa.int8(): "tinyint",
    pa.int16(): "smallint",
    pa.int32(): "int",
    pa.int64(): "bigint",
    pa.uint8(): "smallint",
    pa.uint16(): "int",
    pa.uint32(): "bigint",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.string(): "string",
    pa.large_string(): "string",
    pa.binary(): "binary",
    pa.large_binary(): "binary",
    pa.date32(): "date",
}
_FROM_HIVE = {
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}
_Part = TypeVar("_Part")
_TOKEN = re.compile(r"\s*([<>,:()]|[^<>,:()\s]+)")


class UnknownType(ValueError):
    """A column type that one side has and the other has not, or that cannot be read."""

    def __init__(self, named: str) -> None:
        super().__init__(f"the type {named!r} has no counterpart here")


def to_hive(arrow: pa.DataType) -> str:
    """The Glue catalog's name of an Arrow type, as a crawler writes it.

    Raises:
        UnknownType: Hive has no such type.
    """
    if pa.types.is_timestamp(arrow):
        found: str | None = "timestamp"
    elif pa.types.is_decimal(arrow):
        found = f"decimal({arrow.precision},{arrow.scale})"
    elif pa.types.is_dictionary(arrow):
        found = to_hive(arrow.value_type)
    elif pa.types.is_map(arrow):
        found = f"map<{to_hive(arrow.key_type)},{to_hive(arrow.item_type)}>"
    elif pa.types.is_list(arrow) or pa.types.is_large_list(arrow):
        found = f"array<{to_hive(arrow.value_type)}>"
    elif pa.types.is_struct(arrow):
        found = "struct<" + ",".join(f"{part.name}:{to_hive(part.type)}" for part in arrow) + ">"
    else:
        found = _TO_HIVE.get(arrow)
    if found is None:
        raise UnknownType(str(arrow))
    return found


def to_arrow(hive: str) -> pa.DataType:
    """The Arrow type that a column of a Glue catalog type is read as.

    Raises:
        UnknownType: it is no Hive type.
    """
    parser = _Parser(hive)
    found = parser.read_type()
    parser.take("")
    return found


class _Parser:
    """A reader of one Hive type, a token at a time."""

    def __init__(self, hive: str) -> None:
        self._hive = hive
        self._tokens = iter([*_TOKEN.findall(hive), ""])
        self._next = next(self._tokens)

    def read_type(self) -> pa.DataType:
        name = self.take().lower()
        if name == "array":
            (element,) = self._between("<", self.read_type, ">")
            return pa.list_(element)
        if name == "map":
            key, value = self._between("<", self.read_type, ">")
            return pa.map_(key, value)
        if name == "struct":
            return pa.struct(self._between("<", self._read_field, ">"))
        if name in {"decimal", "char", "varchar"} and self._next == "(":
            sizes = self._between("(", self._read_size, ")")
            return pa.decimal128(*sizes) if name == "decimal" else pa.string()
        if name not in _FROM_HIVE:
            raise UnknownType(self._hive)
        return _FROM_HIVE[name]

    def take(self, expected: str | None = None) -> str:
        token: str = self._next
        if expected is not None and token != expected:
            raise UnknownType(self._hive)
        self._next = next(self._tokens, "")
        return token

    def _between(self, start: str, read: Callable[[], _Part], end: str) -> list[_Part]:
        self.take(start)
        parts = [read()]
        while self._next == ",":
            self.take()
            parts.append(read())
        self.take(end)
        return parts

    def _read_field(self) -> pa.Field:
        name = self.take()
        self.take(":")
        return pa.field(name, self.read_type())

    def _read_size(self) -> int:
        return int(self.take())
