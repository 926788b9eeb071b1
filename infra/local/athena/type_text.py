"""Types as text: Trino's `array(row(a varchar, b bigint))`, and Hive's `array<struct<a:string,b:bigint>>`."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, TypeVar

from infra.local.athena.types import TIME_ZONED, Type, row

_TOKEN: Final = re.compile(r'\s*("(?:[^"]|"")*"|[\w$]+|[^\w\s])')
_WORD: Final = re.compile(r'[^\W\d][\w$]*|".*"')
_ALIASES: Final = {"int": "integer", "double precision": "double"}
_PHRASES: Final = ("with time zone", "without time zone", "day to second", "year to month", "precision")
_DEFAULTS: Final[dict[str, tuple[int, ...]]] = {
    "decimal": (38, 0),
    "timestamp": (3,),
    "time": (3,),
    TIME_ZONED: (3,),
    "time with time zone": (3,),
    "char": (1,),
}
_NUMBERED: Final = {*_DEFAULTS, "varchar"}
_FROM_HIVE: Final = {"int": "integer", "string": "varchar", "binary": "varbinary", "float": "real"}
_TO_HIVE: Final = {**{trino: hive for hive, trino in _FROM_HIVE.items()}, "json": "string"}


class UnreadableType(ValueError):
    """A text that is not a type.

    Attributes:
        text: the text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"{text!r} is not a type such as varchar or array(bigint)")


@lru_cache(maxsize=4096)
def parse_type(text: str) -> Type:
    """Return the type that Trino writes like this.

    Raises:
        UnreadableType: it is not a type.
    """
    return _TypeReader(_TOKEN.findall(text)).whole()


@lru_cache(maxsize=4096)
def from_hive(text: str) -> Type:
    """Return the Trino type of a column whose type in the Glue catalog is, for example, `array<string>`.

    Raises:
        UnreadableType: it is not a type.
    """
    return _HiveReader(_TOKEN.findall(text)).whole()


def to_hive(kind: Type) -> str:
    """Return the Glue catalog's name of a type; a type that Hive lacks keeps Trino's name."""
    parts = [to_hive(part) for part in kind.types]
    if kind.base == "row":
        names = [name or f"field{place}" for place, name in enumerate(kind.names)]
        return f"struct<{','.join(map(':'.join, zip(names, parts, strict=True)))}>"
    if parts:
        return f"{kind.base}<{','.join(parts)}>"
    name = kind.base if kind.base == "timestamp" else str(kind)
    return _TO_HIVE.get(name, name)


def read_type(tokens: Sequence[str], start: int) -> tuple[Type, int]:
    """Read a type from words and signs, and return it with the place after it.

    Raises:
        UnreadableType: there is no type at the place.
    """
    reader = _TypeReader(tokens, start)
    return reader.read(), reader.place


_Item = TypeVar("_Item")


class _Reader(ABC):
    """Words and signs that are read from left to right."""

    def __init__(self, tokens: Sequence[str], start: int = 0) -> None:
        self._tokens = tokens
        self.place = start

    @abstractmethod
    def read(self) -> Type:
        """Read a type."""

    def whole(self) -> Type:
        """Read a type that is the whole text."""
        kind = self.read()
        if self.place != len(self._tokens):
            raise self._unreadable()
        return kind

    @property
    def _next(self) -> str:
        return self._tokens[self.place] if self.place < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._next
        self.place += 1
        return token

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise self._unreadable()

    def _unreadable(self) -> UnreadableType:
        return UnreadableType(" ".join(self._tokens))

    def _word(self) -> str:
        token = self._take()
        if not _WORD.fullmatch(token):
            raise self._unreadable()
        return token[1:-1].replace('""', '"') if token.startswith('"') else token.lower()

    def _number(self) -> int:
        token = self._take()
        if not token.isdigit():
            raise self._unreadable()
        return int(token)

    def _list(self, opening: str, closing: str, read: Callable[[], _Item]) -> list[_Item]:
        """Read what is between brackets with commas between; nothing when they do not open here."""
        found: list[_Item] = []
        if self._next == opening:
            while not found or self._next == ",":
                self.place += 1
                found.append(read())
            self._expect(closing)
        return found


class _TypeReader(_Reader):
    def read(self) -> Type:
        """Read a type of Trino's."""
        base = self._phrase(self._word())
        if base == "row":
            fields = self._list("(", ")", self._field)
            return row((kind for _, kind in fields), (name for name, _ in fields))
        parameters = self._list("(", ")", self._parameter)
        base = self._phrase(base).removesuffix(" without time zone")
        base = _ALIASES.get(base, base)
        if base in _NUMBERED:
            parameters = [each.base if isinstance(each, Type) else each for each in parameters]
        if base == "decimal" and len(parameters) == 1:
            parameters.append(0)
        return Type(base, tuple(parameters) or _DEFAULTS.get(base, ()))

    def _phrase(self, base: str) -> str:
        for phrase in _PHRASES:
            words = phrase.split()
            following = [token.lower() for token in self._tokens[self.place : self.place + len(words)]]
            if following == words:
                self.place += len(words)
                return f"{base} {phrase}"
        return base

    def _parameter(self) -> Type | int | str:
        return self._number() if self._next.isdigit() else self.read()

    def _field(self) -> tuple[str | None, Type]:
        """Read `name type`, or a type alone."""
        start = self.place
        name = self._word()
        is_type = self._phrase(name) != name or not _WORD.fullmatch(self._next)
        if is_type:
            self.place = start
        return None if is_type else name, self.read()


class _HiveReader(_Reader):
    def read(self) -> Type:
        """Read a type of Hive's."""
        base = self._word()
        if base == "struct":
            fields = self._list("<", ">", self._field)
            return row((kind for _, kind in fields), (name for name, _ in fields))
        parameters: list[Type | int | str] = [*self._list("<", ">", self.read)]
        parameters += self._list("(", ")", self._number)
        base = _FROM_HIVE.get(base, base)
        defaults = (10, 0) if base == "decimal" else _DEFAULTS.get(base, ())
        return Type(base, tuple(parameters) or defaults)

    def _field(self) -> tuple[str, Type]:
        name = self._word()
        self._expect(":")
        return name, self.read()
