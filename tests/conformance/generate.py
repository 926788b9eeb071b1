"""Expressions from a seed: functions and operators by Trino's own signatures, nested, over edge values.

An expression is made from the type that it must have: of the functions and forms that give the type, and of
columns, lambda parameters and literals, one is chosen, and its arguments are made in the same way. Of several
candidates, the one used least so far is taken, so that all of them occur. About two thirds of the expressions
have a value. The others fail while they run, or have wrong types.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from infra.local.athena.checking.signatures import Signature
from infra.local.athena.type_text import parse_type
from infra.local.athena.types import BOOLEAN, Type
from tests.conformance.corpus import Statement
from tests.conformance.generate_forms import (
    CASTS,
    EXACT,
    Production,
    bound,
    call_text,
    productions,
    without_numbers,
)
from tests.conformance.generate_values import ARGUMENTS, CHOICES, LITERALS
from tests.conformance.tables import read_tables

SEED: Final = 435
COUNT: Final = 2000
HELD_OUT: Final = 500
GROUP: Final = "generated"

# Java computes these within one or two units in the last place, and not the same way on every machine.
_INEXACT: Final = re.compile(
    r"\b(a?(sin|cos|tan)h?|atan2|exp|ln|log|log2|log10|pow|power|cbrt|(inverse_)?normal_cdf"
    r"|(inverse_)?beta_cdf|wilson_interval_(lower|upper))\("
)
_TOLERANCE: Final = 1e-14
_AGGREGATES: Final = (
    "count({})",
    "count(DISTINCT {})",
    "max({})",
    "min({})",
    "array_agg({} ORDER BY id)",
    "max_by({}, id)",
    "min_by({}, id)",
    "checksum({})",
)
_TABLES: Final = ("playlists", "tracks", "albums", "artists", "plays")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")
_MOST_LEVELS: Final = 4
_MOST_CHARACTERS: Final = 500
_CANDIDATES: Final = 8

Columns = Mapping[Type, Sequence[str]]
Scope = tuple[tuple[str, Type], ...]
"""Names of lambda parameters with their types."""


def _known(text: str) -> Type:
    return without_numbers(parse_type(text))


def _columns(table: str) -> Columns:
    """The columns of a table by their types, and the fields of rows."""
    found = defaultdict(list)
    for name, text in next(each for each in read_tables() if each.name == table).columns:
        kind = _known(text)
        found[kind].append(name)
        for field, part in zip(kind.names, kind.types, strict=False):
            found[part].append(f"{name}.{field}")
    return found


_EDGE_COLUMNS: Final = _columns("edge_values")
_SCALARS: Final = tuple(
    Type(base) for base in LITERALS if base not in {"joniregexp", "jsonpath", "codepoints"}
)
_NESTED: Final = (
    *(kind for kind in _EDGE_COLUMNS if kind.types),
    *map(_known, ("map(varchar,varchar)", "map(varchar,array(varchar))")),
)
TYPES: Final = (*_SCALARS, *_SCALARS, *_NESTED)
"""The types that expressions have: those of the tables' columns and of literals, scalars twice as often."""
_TEXTS: Final = ("varchar", "joniregexp", "codepoints")
_NUMBERS: Final = ("integer", "bigint", "double", "decimal")


class Generator:
    """Makes expressions.

    Args:
        random: where the choices come from.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._columns: Columns = {}
        self._productions: dict[Type, tuple[Production, ...]] = {}
        self.used: Counter[str] = Counter()

    def statement(self) -> str:
        """Return a query of an expression, over a table or of constants."""
        shape = self._random.random()
        if shape < 0.45:
            self._columns = {}
            return f"SELECT {self._root(self._type())}"
        if shape < 0.87:
            self._columns = _EDGE_COLUMNS
            return self._over_edge_values()
        table = self._random.choice(_TABLES)
        self._columns = _columns(table)
        return f"SELECT {self._root(self._type())} FROM {table}"

    def _over_edge_values(self) -> str:
        shape = self._random.random()
        if shape < 0.12:
            aggregate = self._random.choice(_AGGREGATES).format(self._root(self._type()))
            return f"SELECT {aggregate} FROM edge_values"
        if shape < 0.2:
            return f"SELECT id FROM edge_values WHERE {self._root(BOOLEAN)} ORDER BY id"
        expression = self._root(self._type())
        if shape < 0.45:
            return f"SELECT {expression} FROM edge_values WHERE id = {self._random.randint(1, 10)}"
        if shape < 0.7:
            expression = f"try({expression})"
        return f"SELECT id, {expression} FROM edge_values ORDER BY id"

    def _root(self, kind: Type) -> str:
        return self._composite(kind, self._random.randint(1, _MOST_LEVELS), ())

    def expression(self, kind: Type, levels: int, scope: Scope) -> str:
        """Return an expression.

        Args:
            kind: its type.
            levels: how deep calls are nested in it at most.
            scope: the parameters of the lambdas around it.
        """
        if self._random.random() < 0.02:
            kind = self._type()  # perhaps a wrong one
        if levels <= 0 or self._random.random() < 0.2 or not self._candidates(kind):
            return self._leaf(kind, scope)
        return self._composite(kind, levels, scope)

    def _composite(self, kind: Type, levels: int, scope: Scope) -> str:
        if not (candidates := self._candidates(kind)):
            return self._leaf(kind, scope)
        few = [self._random.choice(candidates) for _ in range(_CANDIDATES)]
        production = min(few, key=lambda each: self.used[each.name])
        self.used[production.name] += 1
        if production.signature:
            return self._call(production.signature, dict(production.types), levels, scope)
        return self._filled(production.form, dict(production.types), levels, scope)

    def _candidates(self, kind: Type) -> tuple[Production, ...]:
        if kind not in self._productions:
            self._productions[kind] = tuple(productions(kind))
        return self._productions[kind]

    def _type(self) -> Type:
        return self._random.choice(TYPES)

    def _leaf(self, kind: Type, scope: Scope) -> str:
        names = [name for name, known in scope if known == kind]
        if names and self._random.random() < 0.8:
            return self._random.choice(names)
        if (columns := self._columns.get(kind)) and self._random.random() < 0.7:
            return self._random.choice(columns)
        return self._literal(kind)

    def _literal(self, kind: Type) -> str:
        if self._random.random() < 0.05:
            return f"CAST(NULL AS {self.exact(kind)})" if self._random.random() < 0.7 else "NULL"
        if kind.base in LITERALS:
            return self._random.choice(LITERALS[kind.base])
        if kind.base == "row":
            fields = ", ".join(map(self._literal, kind.types))
            return f"CAST(ROW({fields}) AS {self.exact(kind)})"
        size = self._random.randint(0, 3)
        if kind.base == "array":
            listed = f"ARRAY[{', '.join(self._literal(kind.element) for _ in range(size))}]"
            return listed if size else f"CAST({listed} AS {self.exact(kind)})"
        if not size:
            return f"CAST(map() AS {self.exact(kind)})"
        keys = dict.fromkeys(self._literal(kind.types[0]) for _ in range(size))
        values = ", ".join(self._literal(kind.types[1]) for _ in keys)
        return f"map(ARRAY[{', '.join(keys)}], ARRAY[{values}])"

    def exact(self, kind: Type) -> str:
        """Return a type with lengths and precisions, as CAST takes it."""
        if kind.types:
            parts = tuple(parse_type(self.exact(part)) for part in kind.types)
            return str(Type(kind.base, parts, kind.names))
        return self._random.choice(EXACT.get(kind.base, (str(kind),)))

    def _filled(self, form: str, types: dict[str, Type], levels: int, scope: Scope) -> str:
        """Return a form with expressions for its placeholders."""
        types.setdefault("u", self._random.choice([each for each in TYPES if each.is_orderable]))
        if "t" in types:
            types["c"] = _known(self._random.choice(CASTS.get(types["t"].base, (str(types["t"]),))))
            form = form.replace("<t>", self.exact(types["t"]))

        def replacement(found: re.Match[str]) -> str:
            name = found[1]
            if name in CHOICES:
                return self._random.choice(CHOICES[name])
            return self.expression(bound(parse_type(name), types), levels - 1, scope)

        return _PLACEHOLDER.sub(replacement, form)

    def _call(self, signature: Signature, types: dict[str, Type], levels: int, scope: Scope) -> str:
        return call_text(signature, self.arguments(signature, types, levels, scope))

    def arguments(
        self, signature: Signature, types: dict[str, Type], levels: int = 0, scope: Scope = ()
    ) -> list[str]:
        """Return arguments for a call of a function; a type is chosen for each variable that has none."""
        for name, variable in signature.type_variables.items():
            if name not in types:
                types[name] = self._random.choice([each for each in TYPES if variable.allows(each)])
        count = len(signature.arguments) + self._random.randint(0, 2 * signature.has_variable_arity)
        patterns = signature.expanded(count) or ()
        # A lambda's result is not converted, so what must have its type is cast.
        exact = {
            each.types[-1].base: self.exact(types[each.types[-1].base])
            for each in patterns
            if each.base == "function" and each.types[-1].base in types and each.types[-1] in patterns
        }
        arguments = []
        for place, pattern in enumerate(patterns):
            written = self._argument((signature.name, place), pattern, types, levels, scope)
            result = pattern.types[-1] if pattern.base == "function" else pattern
            if cast := exact.get(result.base):
                start, arrow, body = (
                    written.partition(" -> ") if pattern.base == "function" else ("", "", written)
                )
                written = f"{start}{arrow}CAST({body} AS {cast})"
            arguments.append(written)
        return arguments

    def _argument(
        self, of: tuple[str, int], pattern: Type, types: Mapping[str, Type], levels: int, scope: Scope
    ) -> str:
        """Return an argument; `of` is the function's name and the argument's place."""
        kind = bound(pattern, types)
        if kind.base == "function":
            return self._lambda(of[0], kind, levels, scope)
        useful = [each for each in ARGUMENTS.get(of, ()) if _fits(each, kind)]
        if useful and self._random.random() < 0.9:
            return self._filled(self._random.choice(useful), {}, levels, scope)
        return self.expression(kind, levels - 1, scope)

    def _lambda(self, name: str, kind: Type, levels: int, scope: Scope) -> str:
        *parameters, result = kind.types
        names = [f"x{len(scope) + place}" for place in range(len(parameters))]
        if name == "array_sort":
            first, second = names
            return f"({first}, {second}) -> if({first} < {second}, 1, if({first} = {second}, 0, -1))"
        body = self.expression(result, max(levels - 1, 1), (*scope, *zip(names, parameters, strict=True)))
        return f"({', '.join(names)}) -> {body}"


def _fits(text: str, kind: Type) -> bool:
    """Whether a text of `ARGUMENTS` can be of a type: overloads of a function share the texts."""
    word, quote, _ = text.partition("'")
    match word.strip():
        case "INTERVAL":
            return kind.base == f"interval {'year to month' if text.endswith('MONTH') else 'day to second'}"
        case "DATE" | "TIMESTAMP" as name:
            return kind.base == name.lower()
        case "X":
            return kind.base == "varbinary"
        case "":
            return kind.base in _TEXTS
    return bool(quote) or text.startswith(("{", "to_", "json_", "ARRAY")) or kind.base in _NUMBERS


def generated(seed: int, count: int) -> tuple[Statement, ...]:
    """Return so many different statements."""
    generator = Generator(Random(seed))
    statements: dict[str, None] = {}
    while len(statements) < count:
        statement = generator.statement()
        if len(statement) <= _MOST_CHARACTERS:
            statements.setdefault(statement)
    return tuple(Statement(GROUP, sql, _TOLERANCE if _INEXACT.search(sql) else 0) for sql in statements)


def split_held_out(statements: Sequence[Statement]) -> tuple[list[Statement], list[Statement]]:
    """Return the statements to work with, and `HELD_OUT` others that the seed chooses."""
    held_out = set(Random(SEED).sample(range(len(statements)), HELD_OUT))
    seen = [each for place, each in enumerate(statements) if place not in held_out]
    return seen, [statements[place] for place in sorted(held_out)]
