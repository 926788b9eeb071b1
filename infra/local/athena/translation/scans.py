"""Writes the reading of tables."""

from __future__ import annotations

from typing import Any

from infra.local.athena import tree
from infra.local.athena.partition_conditions import static_values
from infra.local.athena.sources import PARTITION, Scan
from infra.local.athena.translation import expressions
from infra.local.athena.translation.writer import Writer
from infra.local.athena.types import Type, field

_MICROSECONDS = 6


def scan(node: tree.TableScan, writer: Writer) -> str:
    """Return a table's columns as far as they are used, under the names of the tree."""
    relation = f"scan{len(writer.scans)}"
    used = [place for place in node.places if writer.uses(node.alias, f"c{place}")]
    columns = [node.source.columns[place] for place in used]
    names = tuple(column.name for column in columns)
    known = writer.conditions.get(node.alias, [])
    condition = " AND ".join(_of_partition(each, writer) for each in known)
    writer.scans.append(Scan(relation, node.source, names, condition, static_values(known)))
    values = (
        f"{_value(quoted(column.name), column.type, writer)} AS c{place}"
        for place, column in zip(used, columns, strict=True)
    )
    return f"(SELECT {', '.join(values) or '1 AS c0'} FROM {relation}) AS {node.alias}"


def _of_partition(condition: tree.Expression, writer: Writer) -> str:
    """Return a condition on partition columns, as columns of `PARTITION`."""

    def renamed(node: Any) -> Any:
        is_column = isinstance(node, tree.Column)
        return tree.Column(node.type, PARTITION, quoted(node.name)) if is_column else None

    return expressions.expression(tree.rewrite(condition, renamed), writer)


def quoted(name: str) -> str:
    """Return a name in quotes."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _value(written: str, kind: Type, writer: Writer) -> str:
    """Return a value of a table as `types` says that DuckDB holds it."""
    if kind.base == "timestamp" and kind.precision < _MICROSECONDS:
        return f"trino_round_timestamp({written}, {10 ** (_MICROSECONDS - kind.precision)})"
    if not kind.contains("row", "timestamp"):
        return written
    variable = f"v{next(writer.names)}"
    match kind.base:
        case "array":
            return f"list_transform({written}, lambda {variable}: {_value(variable, kind.element, writer)})"
        case "map":
            key, value = (
                _value(f"{variable}.{part}", inner, writer)
                for part, inner in zip(("key", "value"), kind.types, strict=True)
            )
            entries = f"lambda {variable}: struct_pack(key := {key}, value := {value})"
            return f"map_from_entries(list_transform(map_entries({written}), {entries}))"
    fields = ", ".join(
        f"{field(place)} := {_value(f'{written}.{quoted(name or field(place))}', inner, writer)}"
        for place, (name, inner) in enumerate(zip(kind.names, kind.types, strict=True))
    )
    return f"CASE WHEN {written} IS NULL THEN NULL ELSE struct_pack({fields}) END"
