"""Ways to make an expression of a type: functions by their signatures, and forms that are not functions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from infra.local.athena.checking.signatures import Signature, signatures
from infra.local.athena.type_text import parse_type
from infra.local.athena.types import Type
from tests.conformance.generate_values import LITERALS

# With the type of each. t is any type, u another one (the same at each place), c one that CAST makes t from;
# <t> is t with lengths and precisions.
FORMS: Final[tuple[tuple[str, str], ...]] = (
    ("t", "CASE WHEN {boolean} THEN {t} ELSE {t} END"),
    ("t", "CASE WHEN {boolean} THEN {t} END"),
    ("t", "CASE {u} WHEN {u} THEN {t} WHEN {u} THEN {t} ELSE {t} END"),
    ("t", "if({boolean}, {t}, {t})"),
    ("t", "coalesce({t}, {t})"),
    ("t", "nullif({t}, {t})"),
    ("t", "try({t})"),
    ("t", "CAST({c} AS <t>)"),
    ("t", "TRY_CAST({c} AS <t>)"),
    ("t", "CAST(CAST({t} AS json) AS <t>)"),
    ("boolean", "({u} {comparison} {u})"),
    ("boolean", "({u} {comparison} {u})"),
    ("boolean", "({u} BETWEEN {u} AND {u})"),
    ("boolean", "({u} NOT BETWEEN {u} AND {u})"),
    ("boolean", "({u} IN ({u}, {u}))"),
    ("boolean", "({u} NOT IN ({u}, NULL))"),
    ("boolean", "({u} IS NULL)"),
    ("boolean", "({u} IS NOT NULL)"),
    ("boolean", "({u} IS DISTINCT FROM {u})"),
    ("boolean", "({u} IS NOT DISTINCT FROM {u})"),
    ("boolean", "({boolean} AND {boolean})"),
    ("boolean", "({boolean} OR {boolean})"),
    ("boolean", "(NOT {boolean})"),
    ("boolean", "({varchar} LIKE {like})"),
    ("boolean", "({varchar} NOT LIKE {like} ESCAPE '\\')"),
    ("boolean", "json_exists({varchar}, {json path})"),
    ("varchar", "({varchar} || {varchar})"),
    ("varchar", "format({printf}, {u})"),
    ("varchar", "format({number printf}, {bigint})"),
    ("varchar", "format({float printf}, {double})"),
    ("varchar", "typeof({u})"),
    ("varchar", "substring({varchar} FROM {small} FOR {size})"),
    ("varchar", "trim(BOTH {codepoints} FROM {varchar})"),
    ("varchar", "normalize({varchar}, NFD)"),
    ("varchar", "json_value({varchar}, {json path})"),
    ("varchar", "json_query({varchar}, {json path} WITH ARRAY WRAPPER)"),
    ("varchar", "json_object('k' : {bigint}, 'v' : {varchar})"),
    ("varchar", "json_array({varchar}, {boolean} NULL ON NULL)"),
    ("bigint", "position({varchar} IN {varchar})"),
    ("bigint", "extract({field} FROM {date})"),
    ("bigint", "extract({field} FROM {timestamp})"),
    ("timestamp with time zone", "({timestamp with time zone} AT TIME ZONE {zone})"),
    ("timestamp with time zone", "({timestamp} AT TIME ZONE {zone})"),
    ("varbinary", "({varbinary} || {varbinary})"),
    ("array(t)", "({array(t)} || {array(t)})"),
    ("array(t)", "ARRAY[{t}, {t}, NULL]"),
    ("map(varchar,t)", "map(ARRAY['a', 'b'], ARRAY[{t}, {t}])"),
    ("json", "CAST({u} AS json)"),
)

_NUMBERS: Final = ("tinyint", "smallint", "integer", "bigint", "real", "double", "decimal")
_SCALARS: Final = ("boolean", *_NUMBERS, "varchar", "json")
_TIMES: Final = ("varchar", "date", "timestamp", "timestamp with time zone")
CASTS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("boolean", *_NUMBERS), _SCALARS),
    "varchar": (*_SCALARS, *_TIMES, "char", "interval day to second", "interval year to month"),
    "char": ("varchar", "char"),
    "varbinary": ("varchar",),
    "date": _TIMES,
    "timestamp": _TIMES,
    "timestamp with time zone": _TIMES,
    "json": (*_SCALARS, "date", "timestamp", "array(bigint)", "map(varchar,bigint)"),
    "array": ("array(varchar)", "array(bigint)", "array(double)", "array(boolean)", "json"),
    "map": ("map(varchar,bigint)", "map(bigint,varchar)", "json"),
    "row": ("json",),
}
"""By the base of a type: the types that CAST makes one of it from."""

EXACT: Final[dict[str, tuple[str, ...]]] = {
    "varchar": ("varchar", "varchar", "varchar(3)", "varchar(20)"),
    "char": ("char(2)", "char(5)"),
    "decimal": ("decimal(10,2)", "decimal(38,0)", "decimal(20,10)", "decimal(5,3)", "decimal(38,18)"),
    "timestamp": ("timestamp", "timestamp(0)", "timestamp(6)"),
    "timestamp with time zone": ("timestamp with time zone", "timestamp(0) with time zone"),
}
"""By the base of a type: what CAST is given, with lengths and precisions."""

NOT_GENERATED: Final = frozenset(
    {
        # They do not give the same value each time.
        *("current_date", "current_groups", "current_timezone", "now", "rand", "random", "shuffle", "uuid"),
        # Athena's documentation does not have them, or Trino calls them hidden.
        *("parse_data_size", "spooky_hash_v2_32", "spooky_hash_v2_64"),
        # Its second argument is a keyword; it is a form.
        "normalize",
        # They are for terminals.
        *("bar", "color", "render", "rgb"),
        # Sketches: what they estimate is not specified.
        *("hash_counts", "intersection_cardinality", "jaccard_index", "empty_approx_set"),
        *("quantile_at_value", "value_at_quantile", "values_at_quantiles"),
    }
)
"""Scalar functions of Trino that are left out."""

_INFIX: Final = {
    "operator add": "({} + {})",
    "operator subtract": "({} - {})",
    "operator multiply": "({} * {})",
    "operator divide": "({} / {})",
    "operator modulus": "({} % {})",
    "operator negation": "(-{})",
    "operator subscript": "{}[{}]",
}
_BASES: Final = {*LITERALS, "array", "map", "row", "function"}


@dataclasses.dataclass(frozen=True)
class Production:
    """A way to make an expression.

    Attributes:
        name: what is counted.
        form: a text with placeholders in braces: types, or names of `CHOICES`.
        signature: instead of a form, the function to call.
        types: what the variables stand for, by name.
    """

    name: str
    form: str = ""
    signature: Signature | None = None
    types: Mapping[str, Type] = dataclasses.field(default_factory=dict)


def without_numbers(kind: Type) -> Type:
    """Return a type without lengths and precisions."""
    return Type(kind.base, tuple(map(without_numbers, kind.types)), kind.names)


def productions(kind: Type) -> Iterator[Production]:
    """Everything that gives a type."""
    for result, form in FORMS:
        types: dict[str, Type] = {}
        if _matches(parse_type(result), kind, types):
            yield Production(form, form, types=types)
    for name, overloads in signatures().items():
        for signature in overloads:
            types = {}
            if is_generated(name, signature) and _matches(signature.result, kind, types, signature):
                yield Production(name, signature=signature, types=types)


def is_generated(name: str, signature: Signature) -> bool:
    """Return whether calls of a signature are generated."""
    if signature.kind not in {"scalar", "operator"} or name in NOT_GENERATED:
        return False
    if signature.kind == "operator" and name not in _INFIX:
        return False
    parts = (*signature.arguments, signature.result)
    return all(_is_usable(each, signature) for each in parts)


def _is_usable(kind: Type, signature: Signature) -> bool:
    is_known = kind.base in _BASES or kind.base in signature.type_variables
    return is_known and all(_is_usable(part, signature) for part in kind.types)


def _matches(pattern: Type, kind: Type, types: dict[str, Type], signature: Signature | None = None) -> bool:
    """Whether a pattern can be a type; adds what its variables then stand for."""
    variables = signature.type_variables if signature else {}
    if pattern.base == "t" or pattern.base in variables:
        variable = variables.get(pattern.base)
        is_allowed = variable is None or variable.allows(_with_texts(kind))
        return is_allowed and types.setdefault(pattern.base, kind) == kind
    if pattern.base != kind.base or len(pattern.types) != len(kind.types):
        return False
    return all(
        _matches(part, of, types, signature) for part, of in zip(pattern.types, kind.types, strict=True)
    )


def _with_texts(kind: Type) -> Type:
    """Take patterns and paths for texts, though they cannot be compared: that gives some wrong types."""
    base = "varchar" if kind.base in {"joniregexp", "jsonpath", "codepoints"} else kind.base
    return Type(base, tuple(map(_with_texts, kind.types)), kind.names)


def bound(pattern: Type, types: Mapping[str, Type]) -> Type:
    """Return a pattern with its variables replaced, without lengths and precisions."""
    if pattern.base in types:
        return types[pattern.base]
    return Type(pattern.base, tuple(bound(part, types) for part in pattern.types), pattern.names)


def call_text(signature: Signature, arguments: Sequence[str]) -> str:
    name = f"operator {signature.name}" if signature.kind == "operator" else signature.name
    return _INFIX[name].format(*arguments) if name in _INFIX else f"{name}({', '.join(arguments)})"
