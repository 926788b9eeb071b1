"""What a function's translation is made of: templates, Python functions and aggregates.

The package's docstring shows how a function is added.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from infra.local.athena.errors import NotSupportedHere
from infra.local.athena.types import Type, duckdb_type

NOT_CONSTANT: Final = object()
PREFIX: Final = "trino_"
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_SIMPLE: Final = re.compile(r"[\w.]+|CAST\('?[-\w.]+'? AS [\w() ,]+\)|'[^']*'")


@dataclass(frozen=True)
class Argument:
    """An argument of a call, already of the type that the function's signature asks for.

    Attributes:
        sql: DuckDB's expression; it can stand anywhere, for example before `[1]`.
        type: its Trino type.
        constant: its value if it is a literal, else `NOT_CONSTANT`.
        parameters: of a lambda, the names of its parameters within `body`.
        body: of a lambda, the expression.
    """

    sql: str
    type: Type
    constant: Any = NOT_CONSTANT
    parameters: tuple[str, ...] = ()
    body: str = ""

    @property
    def is_constant(self) -> bool:
        """Whether it is a literal."""
        return self.constant is not NOT_CONSTANT

    @property
    def is_lambda(self) -> bool:
        """Whether it is a lambda."""
        return self.type.base == "function"

    def apply(self, *values: str) -> str:
        """Return the lambda's body with expressions in the place of its parameters."""
        return _replaced(self.body, dict(zip(self.parameters, values, strict=True)))


@dataclass(frozen=True)
class Call:
    """A call to translate.

    Attributes:
        name: the function's name in lower case.
        arguments: the arguments.
        type: the Trino type of the result.
        names: numbers for names that are used once in a statement.
    """

    name: str
    arguments: tuple[Argument, ...]
    type: Type
    names: Iterator[int] = field(default_factory=itertools.count, repr=False, compare=False)

    def variable(self) -> str:
        """Return a name for a lambda's parameter that nothing else in the statement has."""
        return f"v{next(self.names)}"

    def refuse(self, what: str = "") -> NotSupportedHere:
        """Return the refusal of this call; `what` says of which part, for example "the option 'x'"."""
        types = ", ".join(str(argument.type) for argument in self.arguments)
        return NotSupportedHere(f"{self.name}({types}){what and f' with {what}'}")


Translation = Callable[[Call], str]
Entry = str | Translation
"""A template or a function; see the package's docstring."""


def translate(entry: Entry, call: Call) -> str:
    """Return the call in DuckDB's SQL.

    Raises:
        NotSupportedHere: the translation does not cover these arguments.
    """
    return render(entry, call) if isinstance(entry, str) else entry(call)


def render(template: str, call: Call, **more: str) -> str:
    """Fill a template.

    `{0}`, `{1}` are the arguments, `{rest}` those from the second on, `{all}` all of them, each with commas
    between; `{type}`, `{type0}` DuckDB's types of the result and of arguments. An argument that occurs more
    than once is evaluated once.

    Args:
        template: the template.
        call: the call.
        more: what further names stand for.
    """
    values = {str(place): argument.sql for place, argument in enumerate(call.arguments)}
    texts = {**_texts(call), **more}
    used = _PLACEHOLDER.findall(template)
    bound: dict[str, str] = {}
    if any(used.count(name) > 1 and _is_worth_binding(texts[name]) for name in used):
        for name in dict.fromkeys(used):
            if name in {*values, "value", "count"} and _is_worth_binding(texts[name]):
                variable = call.variable()
                bound[variable], texts[name] = texts[name], variable
    body = _PLACEHOLDER.sub(lambda found: texts[found[1]], template)
    return bind(bound, body, call.variable) if bound else body


def fill(template: str, call: Call) -> str:
    """Fill a template of several expressions; an argument that occurs more than once is repeated."""
    texts = _texts(call)
    return _PLACEHOLDER.sub(lambda found: texts[found[1]], template)


def _texts(call: Call) -> dict[str, str]:
    values = {str(place): argument.sql for place, argument in enumerate(call.arguments)}
    return {
        **values,
        **{f"type{place}": _duckdb(argument.type) for place, argument in enumerate(call.arguments)},
        "all": ", ".join(values.values()),
        "rest": ", ".join(list(values.values())[1:]),
        "type": _duckdb(call.type),
    }


def is_simple(text: str) -> bool:
    """Return whether an expression is a column, a parameter or a literal, which costs nothing to repeat."""
    return bool(_SIMPLE.fullmatch(text))


def _is_worth_binding(text: str) -> bool:
    return not is_simple(text) and not text.startswith("lambda ")


def bind(values: Mapping[str, str], body: str, variable: Callable[[], str]) -> str:
    """Return an expression in which names stand for values that are evaluated once."""
    if len(values) == 1:
        ((name, value),) = values.items()
        return f"list_transform([{value}], lambda {name}: {body})[1]"
    packed = variable()
    body = _replaced(body, {name: f"{packed}.{name}" for name in values})
    fields = ", ".join(f"{name} := {value}" for name, value in values.items())
    return f"list_transform([struct_pack({fields})], lambda {packed}: {body})[1]"


def _replaced(body: str, values: Mapping[str, str]) -> str:
    """Replace names in an expression, but not within its text literals."""
    names = "|".join(map(re.escape, values))
    pattern = rf"'[^']*'|\b({names})\b"
    return re.sub(pattern, lambda found: values[found[1]] if found[1] else found[0], body)


def by_arity(entries: Mapping[int, Entry]) -> Translation:
    """A translation for each number of arguments; others are refused."""

    def translation(call: Call) -> str:
        entry = entries.get(len(call.arguments))
        if entry is None:
            raise call.refuse()
        return translate(entry, call)

    return translation


def by_type(entries: Mapping[str, Entry], argument: int = 0) -> Translation:
    """A translation for each type of an argument, by its base (`varchar`); others are refused."""

    def translation(call: Call) -> str:
        entry = entries.get(call.arguments[argument].type.base)
        if entry is None:
            raise call.refuse()
        return translate(entry, call)

    return translation


@dataclass(frozen=True)
class Aggregate:
    """An aggregate function, which may have DISTINCT, ORDER BY, FILTER and OVER.

    Attributes:
        function: DuckDB's aggregate function.
        arguments: the template of its arguments.
        result: the template of the result, in which `{value}` is what the function gives, and `{count}` the
            number of rows whose first argument is not null.
        condition: the template of a condition on the rows that count; "" for all.
    """

    function: str
    arguments: str = "{all}"
    result: str = "{value}"
    condition: str = ""


@dataclass(frozen=True)
class PythonFunction:
    """A scalar function of Python's that DuckDB calls; an argument that is null makes the result null."""

    name: str
    function: Callable[..., Any]
    parameters: tuple[str, ...]
    returns: str
    takes_null: bool = False


@dataclass(frozen=True)
class Macro:
    """A macro of DuckDB's: `name(parameters)`, and its body."""

    name: str
    parameters: str
    body: str


HELPERS: Final[dict[str, PythonFunction | Macro]] = {}
"""What a translation may call besides DuckDB's own functions; a query defines only those that it uses."""


def python_function(
    *parameters: str, returns: str, takes_null: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a Python function known to DuckDB as `trino_<its name without _ at the beginning>`.

    Args:
        parameters: DuckDB's types of the parameters.
        returns: DuckDB's type of the result.
        takes_null: whether it is called when an argument is null.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        name = PREFIX + function.__name__.lstrip("_")
        _add(PythonFunction(name, function, parameters, returns, takes_null))
        return function

    return register


def macro(name: str, parameters: str, body: str) -> None:
    """Define a macro that templates may call; its name begins with `trino_`."""
    _add(Macro(name, parameters, body))


def _add(helper: PythonFunction | Macro) -> None:
    if helper.name in HELPERS:
        raise ValueError(f"two modules of functions define {helper.name}: rename one of them")
    HELPERS[helper.name] = helper


def _duckdb(kind: Type) -> str:
    return "" if kind.base == "function" else duckdb_type(kind) or ""
