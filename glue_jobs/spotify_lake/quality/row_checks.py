"""Check rows against the quality rules: count the rows that break them, and remove those to quarantine.

The rules are in the contract. All but foreign keys apply to one row, or to rows of one key, which are in the
same task. Foreign keys are checked in the last stage. `foreign_keys` returns hashes of the values that refer
to another table, `referenced_keys` those of the referenced values. Both are distributed by the hash.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from functools import reduce
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotify_lake.contract import raw_zone, tables
from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.contract.tables import Column, Table
from spotify_lake.engine.exchange import combined, hashes
from spotify_lake.quality.rules import Rule, rules_of
from spotify_lake.transforms.columns import Array, array, is_true

RULES: Final = {
    rule.name: rule for each in tables.TABLES if each is not tables.QUALITY_RESULTS for rule in rules_of(each)
}
"""Every rule on columns and keys, by name."""
_NUMBERS: Final = {name: number for number, name in enumerate(RULES)}
_JSON_TYPES: Final = (str, int, float, bool, list, type(None))


@dataclasses.dataclass(frozen=True)
class CheckedRows:
    """Rows that were checked.

    Attributes:
        kept: the rows to publish.
        removed: the other rows, unchanged.
        quarantined: rows of rejected_records for the removed rows; object_uri is the table's name.
        failing: by rule, the number of rows that break it.
    """

    kept: pa.Table
    removed: pa.Table
    quarantined: pa.Table
    failing: dict[str, int]


def check(table: Table, rows: pa.Table) -> CheckedRows:
    """Check rows of a table against all its rules but foreign keys, and separate those to quarantine.

    All rows of a key must be passed together. Additional columns are kept.
    """
    broken = {rule: _breaking(rule, table, rows) for rule in rules_of(table) if _is_of_rows(rule)}
    failing = {rule.name: int(each.sum()) for rule, each in broken.items()}
    quarantining = {
        rule: each for rule, each in broken.items() if rule.severity == "quarantine" and failing[rule.name]
    }
    nothing = arrow_schema(tables.REJECTED_RECORDS).empty_table()
    if not quarantining:
        return CheckedRows(rows, rows.slice(0, 0), nothing, failing)
    is_removed = pa.array(np.logical_or.reduce(list(quarantining.values())))
    removed = rows.filter(is_removed)
    rejects = [
        _reject(table, row, [rule for rule, each in quarantining.items() if each[place]])
        for place, row in zip(np.flatnonzero(is_removed).tolist(), removed.to_pylist(), strict=True)
    ]
    quarantined = pa.Table.from_pylist(rejects, schema=nothing.schema)
    return CheckedRows(rows.filter(pc.invert(is_removed)), removed, quarantined, failing)


def _is_of_rows(rule: Rule) -> bool:
    return rule.check != "foreign_key"


def _breaking(rule: Rule, table: Table, rows: pa.Table) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether each row breaks a rule. All rows but one of a duplicated key break its uniqueness."""
    if rule.check == "unique":
        _, firsts = np.unique(combined(hashes(array(rows, name)) for name in rule.columns), return_index=True)
        is_repeated = np.ones(rows.num_rows, bool)
        is_repeated[firsts] = False
        return is_repeated
    column = array(rows, rule.columns[0])
    breaks = _breaks(rule, table.column(rule.columns[0]), column)
    return np.asarray(breaks.to_numpy(zero_copy_only=False), bool)


def _breaks(rule: Rule, contract: Column, column: Array) -> Array:
    if rule.check == "not_null":
        return column.is_null()
    if rule.check == "values":
        known = pc.is_in(column, value_set=pa.array(contract.values, column.type))
        return pc.and_(column.is_valid(), pc.invert(known))
    bounds = []
    if contract.minimum is not None:
        bounds.append(is_true(pc.less(column, contract.minimum)))
    if contract.maximum is not None:
        bounds.append(is_true(pc.greater(column, contract.maximum)))
    return reduce(pc.or_, bounds)


def _reject(table: Table, row: dict[str, Any], rules: list[Rule]) -> dict[str, Any]:
    is_item = table is tables.PLAYLIST_ITEMS
    has_playlist = is_item or table is tables.PLAYLISTS
    values = {name: _as_json(row[name]) for name in table.column_names if row[name] is not None}
    return {
        "source": _source(table, row),
        "reason": tables.QUALITY_RULE,
        "detail": ", ".join(f"{rule.name} requires {rule.expected}" for rule in rules),
        "raw_text": json.dumps(values, ensure_ascii=False),
        "object_uri": table.name,
        "playlist_id": row["playlist_id"] if has_playlist else None,
        "position": row["position"] if is_item else None,
    }


def _as_json(value: Any) -> Any:
    return value if isinstance(value, _JSON_TYPES) else value.isoformat()


def _source(table: Table, row: dict[str, Any]) -> str | None:
    """The raw source of a row; None if it is made from parts of several records."""
    if table is tables.PLAYLIST_ITEMS:
        return str(row["_source"])
    if table is tables.ARTISTS:
        return raw_zone.ARTISTS if row["is_full"] else None
    if table is tables.ALBUMS:
        return raw_zone.ALBUMS if row["full_record_observed_at"] else None
    return raw_zone.PLAYLISTS if table is tables.PLAYLISTS else None


def foreign_keys(table: Table, rows: pa.Table) -> pa.Table:
    """Return hashes of the values in a table's foreign keys.

    Columns: rule (int32, a number), hash (uint64), rows (int64), is_published (bool, true).
    """
    found = []
    for rule in RULES.values():
        if rule.table != table.name or rule.check != "foreign_key":
            continue
        values = array(rows, rule.columns[0]).drop_null()
        referring, counts = np.unique(hashes(values), return_counts=True)
        found.append(_numbered(_NUMBERS[rule.name], referring, counts))
    return pa.concat_tables(found) if found else _numbered(0, [], [])


def referenced_keys(table: Table, rows: pa.Table, *, is_published: bool = True) -> pa.Table:
    """Return hashes of the values that foreign keys of other tables refer to.

    Args:
        table: the table.
        rows: its rows.
        is_published: whether they are published or in quarantine.

    Returns:
        The columns of `foreign_keys`; rows is 0.
    """
    found = []
    for rule in RULES.values():
        reference = tables.table(rule.table).column(rule.columns[0]).references
        if rule.check == "foreign_key" and reference is not None and reference.table == table.name:
            values = hashes(array(rows, reference.column))
            none = np.zeros(len(values), np.int64)
            found.append(_numbered(_NUMBERS[rule.name], values, none, is_published=is_published))
    return pa.concat_tables(found) if found else _numbered(0, [], [])


def _numbered(rule: int, values: Any, counts: Any, *, is_published: bool = True) -> pa.Table:
    return pa.table(
        {
            "rule": pa.array(np.full(len(values), rule), pa.int32()),
            "hash": pa.array(values, pa.uint64()),
            "rows": pa.array(counts, pa.int64()),
            "is_published": pa.array(np.full(len(values), is_published), pa.bool_()),
        }
    )


def count_orphans(foreign: pa.Table, referenced: pa.Table) -> tuple[dict[str, int], dict[str, int]]:
    """Count, by rule, the rows whose foreign key does not exist, and those that refer to a quarantined row.

    Args:
        foreign: from `foreign_keys`.
        referenced: from `referenced_keys`.
    """
    missing: Counter[str] = Counter()
    quarantined: Counter[str] = Counter()
    names = list(RULES)
    for number in pc.unique(array(foreign, "rule")).to_pylist():
        referring = foreign.filter(pc.equal(foreign["rule"], number))
        existing = referenced.filter(pc.equal(referenced["rule"], number))
        published = array(existing.filter(existing["is_published"]), "hash")
        is_published = pc.is_in(referring["hash"], value_set=published)
        exists = pc.is_in(referring["hash"], value_set=array(existing, "hash"))
        missing[names[number]] += _sum_rows(referring, pc.invert(exists))
        quarantined[names[number]] += _sum_rows(referring, pc.and_not(exists, is_published))
    return dict(missing), dict(quarantined)


def _sum_rows(foreign: pa.Table, condition: Any) -> int:
    return int(pc.sum(foreign["rows"].filter(condition)).as_py() or 0)
