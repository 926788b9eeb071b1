"""CAST of numbers, texts, arrays, maps and rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from infra.local.athena.errors import QueryRefused
from infra.local.athena.functions.api import Call, Entry, macro, python_function, render
from infra.local.athena.functions.casting import cast_value, fitting, register
from infra.local.athena.functions.json_text import scientific, scientific_real
from infra.local.athena.functions.nested import padded
from infra.local.athena.types import INTEGERS, duckdb_type, field

_FLOATS: Final = ("real", "double")
_NUMBERS: Final = (*INTEGERS, "decimal", *_FLOATS)
_LONG: Final = "INVALID_CAST_ARGUMENT: Value ' || {0} || ' cannot be represented as varchar"
_TRINO_NAMES: Final = {"TINYINT": "TINYINT", "SMALLINT": "SMALLINT", "INTEGER": "INT", "BIGINT": "BIGINT"}

macro(
    "trino_boolean",
    "s",
    "CASE WHEN lower(s) IN ('t', 'true', '1') THEN true WHEN lower(s) IN ('f', 'false', '0') THEN false "
    "WHEN s IS NULL THEN NULL "
    "ELSE CAST(trino_fail('INVALID_CAST_ARGUMENT: Cannot cast ''' || s || ''' to BOOLEAN') AS BOOLEAN) END",
)
macro(
    "trino_matching",
    "s, pattern, kind",
    "CASE WHEN regexp_full_match(s, pattern) THEN s WHEN s IS NULL THEN NULL "
    "ELSE trino_fail('INVALID_CAST_ARGUMENT: Cannot cast ''' || s || ''' to ' || kind) END",
)
macro(
    "trino_at_most",
    "s, n",
    "CASE WHEN length(s) > n THEN trino_fail('INVALID_CAST_ARGUMENT: Value ' || s || ' cannot be represented "
    "as varchar(' || n || ')') ELSE s END",
)


macro(
    "trino_fitting",
    "s, n",
    "CASE WHEN length(s) > n THEN trino_fail('GENERIC_INTERNAL_ERROR: Value [' || s || '] does not fit in "
    "type varchar(' || n || ')') ELSE s END",
)
macro(
    "trino_json_fitting",
    "s, n",
    "CASE WHEN length(s) > n THEN trino_fail('NOT_SUPPORTED: the local Athena does not support texts of JSON "
    "that are longer than the varchar(' || n || ') that they are cast to; Athena does') ELSE s END",
)
macro(
    "trino_char_of_char",
    "s",
    "CASE WHEN right(s, 1) = ' ' THEN trino_fail('NOT_SUPPORTED: the local Athena does not support a char "
    "that is cut after a space; Athena does') ELSE s END",
)
macro(
    "trino_cast_map",
    "names, items",
    "CASE WHEN CASE WHEN list_unique(names) < len(names) THEN trino_fail('INVALID_CAST_ARGUMENT: duplicate "
    "keys') WHEN list_count(names) < len(names) THEN trino_fail('INVALID_CAST_ARGUMENT: map key is null') "
    "END IS NULL THEN map(names, items) END",
)
macro(
    "trino_real",
    "d",
    "CASE WHEN d IS NULL OR isnan(d) OR abs(d) < 3.4028235677973366e38 THEN CAST(d AS FLOAT) "
    "ELSE CAST(CASE WHEN d > 0 THEN 'inf' ELSE '-inf' END AS FLOAT) END",
)


@python_function("VARCHAR", returns="VARCHAR")
def _scientific(digits: str) -> str:
    """Write the shortest digits of a double as Trino's CAST does: `1.0E0`."""
    return _not_finite(digits) or scientific(digits)


@python_function("VARCHAR", returns="VARCHAR")
def _scientific_real(digits: str) -> str:
    """Write the shortest digits of a real's value as a double as Trino's CAST of the real does."""
    return _not_finite(digits) or scientific_real(digits)


def _not_finite(digits: str) -> str | None:
    return {"nan": "NaN", "-nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(digits.lower())


@python_function("VARCHAR", returns="VARCHAR")
def _double_digits(text: str) -> str:
    """Read a number as Java does: with blanks around, and perhaps `d` or `f` at its end."""
    stripped = text.strip()
    number = stripped[:-1] if stripped[-1:] in {*"dDfF"} else stripped
    is_readable = number.lstrip("+-") in {"NaN", "Infinity"} or set(number) <= {*"0123456789.eE+-"}
    try:
        return repr(float(number.replace("Infinity", "inf") if is_readable else "not a number"))
    except ValueError as error:
        raise QueryRefused("INVALID_CAST_ARGUMENT", f"Cannot cast '{text}' to DOUBLE") from error


def _to_bounded(entry: str) -> Entry:
    """A text that has to fit into the varchar."""

    def translation(call: Call) -> str:
        text = render(entry, call)
        return text if call.type.length is None else f"trino_at_most({text}, {call.type.length})"

    return translation


def _shortened(call: Call) -> str:
    """A text that is cut to the length of a varchar or char."""
    (operand,) = call.arguments
    length = call.type.length
    written = operand.sql
    if operand.type.base == "char":
        written = padded(written, operand.type)
    if length is not None and (operand.type.length is None or operand.type.length > length):
        written = f"left({written}, {length})"
        if call.type.base == operand.type.base == "char":
            return f"trino_char_of_char(left({operand.sql}, {length}))"
    return f"rtrim({written}, ' ')" if call.type.base == "char" else written


def _of_decimal_text(call: Call) -> str:
    pattern = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
    kind = f"DECIMAL({call.type.precision}, {call.type.scale})"
    return render(f"CAST(trino_matching({{0}}, '{pattern}', '{kind}') AS {kind})", call)


def _to_integer_of_text(call: Call) -> str:
    name = _TRINO_NAMES[duckdb_type(call.type) or ""]
    return render(f"CAST(trino_matching({{0}}, '[+-]?[0-9]+', '{name}') AS {{type}})", call)


def _array(call: Call) -> str:
    source, kind = call.arguments[0].type.element, call.type.element
    name = call.variable()
    value = cast_value(name, source, kind, call)
    if value == name:
        return call.arguments[0].sql
    return f"list_transform({call.arguments[0].sql}, lambda {name}: {value})"


def _map(call: Call) -> str:
    (operand,) = call.arguments
    entry = call.variable()
    key, value = (
        cast_value(f"{entry}.{part}", source, kind, call)
        for part, source, kind in zip(("key", "value"), operand.type.types, call.type.types, strict=True)
    )
    if (key, value) == (f"{entry}.key", f"{entry}.value"):
        return operand.sql
    keys, values = (f"list_transform(map_entries({{0}}), lambda {entry}: {part})" for part in (key, value))
    return render(f"trino_cast_map({keys}, {values})", call)


def _row(call: Call) -> str:
    (operand,) = call.arguments
    parts = [
        cast_value(f"{{0}}.{field(place)}", source, kind, call)
        for place, (source, kind) in enumerate(zip(operand.type.types, call.type.types, strict=True))
    ]
    if all(part == f"{{0}}.{field(place)}" for place, part in enumerate(parts)):
        return operand.sql
    fields = ", ".join(f"{field(place)} := {part}" for place, part in enumerate(parts))
    return render(f"(CASE WHEN {{0}} IS NULL THEN NULL ELSE struct_pack({fields}) END)", call)


# DuckDB writes .5 for a decimal that has all its digits after the point.
macro(
    "trino_decimal_text",
    "d",
    "list_transform([CAST(d AS VARCHAR)], lambda t: CASE WHEN t[1] = '.' THEN '0' || t "
    "WHEN t[1:2] = '-.' THEN '-0' || t[2:] ELSE t END)[1]",
)


def _pairs(sources: tuple[str, ...], targets: tuple[str, ...], entry: Entry) -> dict[tuple[str, str], Entry]:
    return {(source, target): entry for source in sources for target in targets}


_PLAIN: Final = "CAST({0} AS {type})"
register(
    {
        **_pairs((*INTEGERS, "decimal", "boolean"), _NUMBERS, _PLAIN),
        **_pairs(_NUMBERS, ("boolean",), "({0} <> 0)"),
        **_pairs(_FLOATS, INTEGERS, "CAST(round({0}) AS {type})"),
        **_pairs(_FLOATS, _FLOATS, _PLAIN),
        ("double", "real"): "trino_real({0})",
        **_pairs(_FLOATS, ("decimal",), "CAST(CAST({0} AS VARCHAR) AS {type})"),
        **_pairs(
            (*INTEGERS, "boolean", "date", "uuid"),
            ("varchar",),
            _to_bounded("CAST({0} AS VARCHAR)"),
        ),
        ("decimal", "varchar"): _to_bounded("trino_decimal_text({0})"),
        **_pairs(("boolean", "uuid"), ("varchar",), fitting("CAST({0} AS VARCHAR)")),
        ("double", "varchar"): _to_bounded("trino_scientific(CAST({0} AS VARCHAR))"),
        ("real", "varchar"): _to_bounded("trino_scientific_real(CAST(CAST({0} AS DOUBLE) AS VARCHAR))"),
        **_pairs(("varchar",), INTEGERS, _to_integer_of_text),
        ("varchar", "double"): "CAST(trino_double_digits({0}) AS DOUBLE)",
        ("varchar", "real"): "trino_real(CAST(trino_double_digits({0}) AS DOUBLE))",
        ("varchar", "decimal"): _of_decimal_text,
        ("varchar", "boolean"): "trino_boolean({0})",
        ("varchar", "varbinary"): "encode({0})",
        ("varchar", "jsonpath"): "{0}",
        ("varchar", "joniregexp"): "{0}",
        ("varchar", "codepoints"): "{0}",
        ("varchar", "uuid"): "CAST(CAST({0} AS UUID) AS VARCHAR)",
        ("uuid", "varbinary"): "unhex(replace({0}, '-', ''))",
        **_pairs(("varchar", "char"), ("varchar", "char"), _shortened),
        ("decimal", "decimal"): _PLAIN,
        ("array", "array"): _array,
        ("map", "map"): _map,
        ("row", "row"): _row,
    }
)


def _insert(call: Call) -> str:
    """A text that INSERT stores in a varchar or char, of which it may cut blanks only."""
    (operand,), kind = call.arguments, call.type
    value = cast_value("{0}", operand.type, kind, call)
    if kind.length is None:
        return render(value, call)
    reason = f"Cannot truncate non-space characters when casting from {operand.type} to {kind} on INSERT"
    failure = f"CAST(trino_fail('INVALID_CAST_ARGUMENT: {reason}') AS {{type}})"
    return render(
        f"CASE WHEN length(rtrim({{0}}, ' ')) > {kind.length} THEN {failure} ELSE {value} END", call
    )


FUNCTIONS: Final[Mapping[str, Entry]] = {"operator insert": _insert}
