"""Paths of JSON_VALUE and its like: `lax $.a[*] ? (@.b > 1).c`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from infra.local.athena.errors import NotSupportedHere, Position, QueryRefused

_TOKEN: Final = re.compile(
    r'\s*(?:(?P<text>"(?:[^"]|"")*")|(?P<double>\d+(?:\.\d*)?[eE][+-]?\d+)|(?P<decimal>\d+\.\d*|\.\d+)'
    r"|(?P<integer>\d+)|(?P<name>[A-Za-z_]\w*)|(?P<sign>\.\.|==|<>|!=|<=|>=|&&|\|\||[-+*/%$@.,?!<>=()\[\]]))"
)
_MODE: Final = re.compile(r"\s*(lax|strict)\b")
_METHODS: Final = ("type", "size", "double", "ceiling", "floor", "abs", "keyvalue")
_COMPARISONS: Final = ("==", "<>", "!=", "<=", ">=", "<", ">")
_LITERALS: Final = {"true": True, "false": False, "null": None}
_UNARY: Final = 3


def _unquoted(word: str) -> str:
    return word[1:-1].replace('""', '"')


_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "text": _unquoted,
    "integer": int,
    "decimal": Decimal,
    "double": float,
}
_PRECEDENCE: Final = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2}


@dataclass(frozen=True)
class Path:
    """An expression of a path or a predicate of a filter.

    Attributes:
        kind: what it is, for example `member`, `filter`, `and`, `==`.
        parts: its operands; what an accessor is applied to is the first.
        value: a literal's value, or the name of a member or a variable.
    """

    kind: str
    parts: tuple[Path, ...] = ()
    value: object = None


@lru_cache(maxsize=1000)
def parse_path(text: str) -> tuple[bool, Path]:
    """Return whether a path is strict, and the path.

    Raises:
        QueryRefused: SYNTAX_ERROR, with the place in the path.
        NotSupportedHere: it has what is not supported here.
    """
    mode = _MODE.match(text)
    if mode is None:
        offset = len(text) - len(text.lstrip())
        what = f"missing {{'lax', 'strict'}} at '{text[offset : offset + 1] or '<EOF>'}'"
        raise QueryRefused("SYNTAX_ERROR", what, Position(1, offset + 1))
    parser = _Parser(text, mode.end())
    path = parser.expression()
    if parser.tokens[parser.place] != ("end", ""):
        raise parser.error()
    return mode[1] == "strict", path


def _tokens(text: str, position: int) -> tuple[list[tuple[str, str]], list[int]]:
    """Return the tokens after a position, with their kinds, and where each begins."""
    found, starts = [], []
    while text[position:].strip():
        token = _TOKEN.match(text, position)
        if not token or not token.lastgroup:
            raise NotSupportedHere(f"the JSON path '{text}'")
        found.append((token.lastgroup, token[token.lastgroup]))
        starts.append(token.start(token.lastgroup))
        position = token.end()
    return [*found, ("end", "")], [*starts, len(text)]


class _Parser:
    """Reads the tokens of a path from left to right."""

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.tokens, self._starts = _tokens(text, start)
        self.place = 0

    def error(self) -> QueryRefused:
        """Return the error that the next token is wrong."""
        token = self.tokens[self.place][1] or "<EOF>"
        message = f"mismatched input '{token}' in the JSON path '{self.text}'"
        return QueryRefused("SYNTAX_ERROR", message, Position(1, self._starts[self.place] + 1))

    def sees(self, *words: str) -> bool:
        """Return whether the next tokens are these."""
        ahead = self.tokens[self.place : self.place + len(words)]
        return all(kind != "text" for kind, _ in ahead) and [word for _, word in ahead] == [*words]

    def skip(self, *words: str) -> bool:
        """Skip tokens if they are next."""
        found = self.sees(*words)
        self.place += len(words) * found
        return found

    def expect(self, *words: str) -> None:
        """Skip tokens that have to be next."""
        if not self.skip(*words):
            raise self.error()

    def take(self, *kinds: str) -> str:
        """Return the next token, which has to be of one of these kinds."""
        kind, word = self.tokens[self.place]
        if kind not in kinds:
            raise self.error()
        self.place += 1
        return word

    def expression(self, least: int = 1) -> Path:
        """Read arithmetic of operators that bind at least as closely as a level."""
        if self.sees("-") or self.sees("+"):
            left = Path(f"unary {self.take('sign')}", (self.expression(_UNARY),))
        else:
            left = self._accessors(self._primary())
        while _PRECEDENCE.get(self.tokens[self.place][1], 0) >= least:
            sign = self.take("sign")
            left = Path(sign, (left, self.expression(_PRECEDENCE[sign] + 1)))
        return left

    def _primary(self) -> Path:
        kind, word = self.tokens[self.place]
        self.place += 1
        if kind in _READERS or word in _LITERALS:
            return Path("literal", value=_READERS[kind](word) if kind in _READERS else _LITERALS[word])
        if word == "$" and self.tokens[self.place][0] == "name":
            raise NotSupportedHere("a named variable in a JSON path")
        if word in {"$", "@", "last"}:
            return Path(word)
        if word == "(":
            path = self.expression()
            self.expect(")")
            return path
        self.place -= 1
        raise self.error()

    def _accessors(self, path: Path) -> Path:
        while True:
            if self.skip("."):
                path = self._after_point(path)
            elif self.skip(".."):
                path = Path("descendants", (path,), self._name())
            elif self.skip("[", "*", "]"):
                path = Path("elements", (path,))
            elif self.skip("["):
                path = Path("subscript", (path, *self._subscripts()))
            elif self.skip("?"):
                self.expect("(")
                path = Path("filter", (path, self._predicate()))
                self.expect(")")
            else:
                return path

    def _after_point(self, path: Path) -> Path:
        if self.skip("*"):
            return Path("members", (path,))
        if self.sees("datetime", "("):
            raise NotSupportedHere("the method datetime in a JSON path")
        method = next((name for name in _METHODS if self.skip(name, "(", ")")), None)
        return Path(method, (path,)) if method else Path("member", (path,), self._name())

    def _name(self) -> str:
        word = self.take("name", "text")
        return _unquoted(word) if word.startswith('"') else word

    def _subscripts(self) -> list[Path]:
        found = []
        while True:
            start = self.expression()
            found.append(Path("range", (start, self.expression()) if self.skip("to") else (start,)))
            if not self.skip(","):
                self.expect("]")
                return found

    def _predicate(self) -> Path:
        return self._joined("||", "or", lambda: self._joined("&&", "and", self._negation))

    def _joined(self, sign: str, kind: str, operand: Callable[[], Path]) -> Path:
        left = operand()
        while self.skip(sign):
            left = Path(kind, (left, operand()))
        return left

    def _negation(self) -> Path:
        if self.skip("!"):
            return Path("not", (self._delimited(),))
        if self.sees("exists", "("):
            return self._delimited()
        start = self.place
        if self.sees("("):
            try:
                return self._delimited()
            except QueryRefused as error:
                if isinstance(error, NotSupportedHere):
                    raise
                self.place = start  # then it is a comparison whose left side is in parentheses
        return self._comparison()

    def _delimited(self) -> Path:
        if self.skip("exists", "("):
            path = Path("exists", (self.expression(),))
            self.expect(")")
            return path
        self.expect("(")
        path = self._predicate()
        self.expect(")")
        return Path("is unknown", (path,)) if self.skip("is", "unknown") else path

    def _comparison(self) -> Path:
        left = self.expression()
        if self.skip("starts", "with"):
            return Path("starts with", (left, Path("literal", value=_unquoted(self.take("text")))))
        if self.sees("like_regex"):
            raise NotSupportedHere("like_regex in a JSON path")
        sign = next((sign for sign in _COMPARISONS if self.skip(sign)), None)
        if sign is None:
            raise self.error()
        return Path("<>" if sign == "!=" else sign, (left, self.expression()))
