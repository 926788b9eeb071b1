"""Reads tokens from left to right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from infra.local.athena.errors import Position, QueryRefused, did_you_mean
from infra.local.athena.parsing.syntax import Identifier
from infra.local.athena.parsing.tokens import RESERVED, Kind, Token, tokenize
from infra.local.athena.type_text import UnreadableType, read_type
from infra.local.athena.types import Type

_Item = TypeVar("_Item")
_NAMES: Final = (Kind.NAME, Kind.QUOTED_NAME)


class Cursor:
    """A place in a statement.

    Args:
        sql: the statement.

    Raises:
        QueryRefused: SYNTAX_ERROR, also from every method that expects something else than there is.
    """

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._tokens = tokenize(sql)
        self._place = 0
        self.parameters = 0

    @property
    def token(self) -> Token:
        """The next token."""
        return self._tokens[self._place]

    @property
    def at(self) -> Position:
        """Where the next token is."""
        return self.token.at

    def ahead(self, distance: int = 1) -> Token:
        """Return a token after the next one."""
        return self._tokens[min(self._place + distance, len(self._tokens) - 1)]

    def mark(self) -> tuple[int, int]:
        """Return the place, for `back`."""
        return self._place, self.parameters

    def back(self, mark: tuple[int, int]) -> None:
        """Go back to a place."""
        self._place, self.parameters = mark

    def take(self) -> Token:
        """Return the next token and go on."""
        token = self.token
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return token

    def sees(self, *words: str) -> bool:
        """Return whether these words or signs come next."""
        return all(self.ahead(place).word == word for place, word in enumerate(words))

    def sees_any(self, *words: str) -> bool:
        """Return whether one of these words or signs comes next."""
        return self.token.word in words

    def skip(self, *words: str) -> bool:
        """Go past these words or signs if they come next, and return whether they do."""
        found = self.sees(*words)
        if found:
            self._place += len(words)
        return found

    def expect(self, *words: str) -> None:
        """Go past words or signs that have to be here."""
        for word in words:
            if not self.skip(word):
                raise self.mismatch(f"'{word}'")

    def one_of(self, *words: str) -> str:
        """Return the next word, which has to be one of these."""
        if not self.sees_any(*words):
            raise self.mismatch(*(f"'{word}'" for word in words))
        return self.take().word

    def mismatch(self, *expected: str) -> QueryRefused:
        """Return the refusal of the next token, with what could stand here."""
        hint = f". Expecting: {', '.join(expected)}" if expected else ""
        return QueryRefused("SYNTAX_ERROR", f"mismatched input '{self.token.text}'{hint}", self.at)

    def unknown_statement(self, known: Iterable[Sequence[str]]) -> QueryRefused:
        """Return the refusal of a statement's first word, or of the first one that cannot follow it.

        Args:
            known: the words with which each statement begins.
        """
        possible = [tuple(words) for words in known]
        while following := [words[1:] for words in possible if words and self.sees(words[0])]:
            self.take()
            possible = following
        expected = sorted({words[0] for words in possible if words})
        refused = self.mismatch(*(f"'{word}'" for word in expected))
        hint = did_you_mean(self.token.word, map(str.lower, expected))
        return QueryRefused(refused.kind, f"{refused.message}{hint}", refused.position)

    def sees_name(self) -> bool:
        """Return whether a name comes next that is not a reserved word."""
        token = self.token
        return token.kind is Kind.QUOTED_NAME or (token.kind is Kind.NAME and token.word not in RESERVED)

    def sees_alias(self) -> bool:
        """Return whether a name comes next that does not begin a clause, as LIMIT does before a number."""
        following = self.ahead()
        begins_clause = {
            "LIMIT": following.kind is Kind.INTEGER or following.word in {"ALL", "?"},
            "OFFSET": following.kind is Kind.INTEGER or following.word == "?",
            "FETCH": following.word in {"FIRST", "NEXT"},
            "WINDOW": self.ahead(2).word == "AS" and self.ahead(3).word == "(",
            "TABLESAMPLE": following.word in {"BERNOULLI", "SYSTEM"},
            "MATCH_RECOGNIZE": following.word == "(",
        }
        return self.sees_name() and not begins_clause.get(self.token.word, False)

    def identifier(self) -> Identifier:
        """Read a name."""
        if not self.sees_name():
            raise self.mismatch("<identifier>")
        token = self.take()
        if not token.text:
            raise QueryRefused("SYNTAX_ERROR", "Zero-length delimited identifier not allowed", token.at)
        return Identifier(token.at, token.text.lower(), token.kind is Kind.QUOTED_NAME, token.text)

    def name(self) -> str:
        """Read a name, in lower case."""
        return self.identifier().name

    def qualified_name(self) -> tuple[str, ...]:
        """Read a name of one to three parts."""
        parts = [self.name()]
        while self.skip("."):
            parts.append(self.name())
        return tuple(parts)

    def names_in_parentheses(self) -> tuple[Identifier, ...]:
        """Read `(a, b)`."""
        return self.in_parentheses(self.identifier)

    def in_parentheses(self, read: Callable[[], _Item]) -> tuple[_Item, ...]:
        """Read one or more items with commas between, in parentheses."""
        self.expect("(")
        found = self.list_of(read)
        self.expect(")")
        return found

    def list_of(self, read: Callable[[], _Item]) -> tuple[_Item, ...]:
        """Read one or more items with commas between."""
        found = [read()]
        while self.skip(","):
            found.append(read())
        return tuple(found)

    def string(self) -> str:
        """Read a text in quotes."""
        if self.token.kind is not Kind.STRING:
            raise self.mismatch("<string>")
        return self.take().text

    def type(self) -> Type:
        """Read a type."""
        words = [
            f'"{token.text}"' if token.kind is Kind.QUOTED_NAME else token.text
            for token in self._tokens[self._place : -1]
        ]
        try:
            kind, length = read_type(words, 0)
        except UnreadableType as error:
            raise self.mismatch("<type>") from error
        self._place += length
        return kind
