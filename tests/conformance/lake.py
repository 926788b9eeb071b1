"""A lake's folder with the tables of tables.json and the views of the record."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from infra.local.athena.engine import Engine
from infra.local.athena.folder_catalog import FolderCatalog
from infra.local.athena.json_files import arrow_type
from infra.local.athena.parquet_files import SERDE
from infra.local.athena.statements.context import WorkGroup
from infra.local.athena.storage import FolderStorage
from infra.local.athena.type_text import parse_type, to_hive
from infra.local.athena.types import Type
from infra.local.lake_folder import write_catalog
from tests.athena_lake import MemoryPrepared
from tests.conformance.recorded import recorded_views
from tests.conformance.tables import Table, read_tables

DATABASE: Final = "spotify_lake"
NOW: Final = dt.datetime(2026, 11, 29, 21, 42, 7, 123000, dt.UTC)
"""What now() gave when the record was made: `trino.SESSION_START`."""
_BUCKET: Final = "conformance"
_DECODE: Final[dict[str, Callable[[Any], Any]]] = {
    "real": float,
    "double": float,
    "decimal": Decimal,
    "varbinary": bytes.fromhex,
    "date": dt.date.fromisoformat,
    "timestamp": dt.datetime.fromisoformat,
}


def open_engine(lake: Path) -> Engine:
    """Return an engine over a lake, with a work group of its own, at the time of the record."""
    group = WorkGroup(f"s3://{_BUCKET}/results/", is_enforced=False, prepared=MemoryPrepared())
    return Engine(FolderCatalog(lake), FolderStorage(lake / "s3"), group, clock=lambda: NOW)


def create_lake(lake: Path) -> None:
    """Create the tables and views."""
    (lake / "s3" / _BUCKET).mkdir(parents=True)
    write_catalog(lake, {DATABASE: {table.name: _saved(table, lake) for table in read_tables()}})
    engine = open_engine(lake)
    for name, query in recorded_views():
        engine.run(f"CREATE VIEW {name} AS {query}", DATABASE)


def _saved(table: Table, lake: Path) -> dict[str, Any]:
    """Write the table's files, one per partition, and return its entry in the catalog."""
    types = {name: parse_type(kind) for name, kind in table.columns}
    keys = {name: types.pop(name) for name in table.partitioned_by}
    storage = {
        "Columns": _columns(types),
        "SerdeInfo": {"SerializationLibrary": SERDE, "Parameters": {}},
    }
    location = f"{_BUCKET}/{table.name}"
    partitions = []
    for values, rows in _by_partition(table):
        folders = [f"{key}={value}" for key, value in zip(keys, values, strict=True)]
        folder = "/".join([location, *folders])
        _write(lake / "s3" / folder, types, rows)
        partitions.append(
            {"Values": list(values), "StorageDescriptor": storage | {"Location": f"s3://{folder}/"}}
        )
    described = {
        "Name": table.name,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": _columns(keys),
        "Parameters": {"classification": "parquet"},
        "StorageDescriptor": storage | {"Location": f"s3://{location}/"},
    }
    return {"table": described, "partitions": partitions if keys else []}


def _columns(types: dict[str, Type]) -> list[dict[str, str]]:
    return [{"Name": name, "Type": to_hive(kind)} for name, kind in types.items()]


def _by_partition(table: Table) -> Iterable[tuple[tuple[str, ...], list[dict[str, Any]]]]:
    names = [name for name, _ in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in table.rows]

    def values(row: dict[str, Any]) -> tuple[str, ...]:
        return tuple(row[key] for key in table.partitioned_by)

    grouped = itertools.groupby(sorted(rows, key=values), values)
    return [(partition, list(found)) for partition, found in grouped]


def _write(folder: Path, types: dict[str, Type], rows: list[dict[str, Any]]) -> None:
    columns = {
        name: pa.array([_decoded(row[name], kind) for row in rows], arrow_type(kind))
        for name, kind in types.items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), folder / "part.parquet")


def _decoded(value: Any, kind: Type) -> Any:
    if value is None:
        return None
    match kind.base:
        case "array":
            return [_decoded(item, kind.element) for item in value]
        case "map":
            return [tuple(map(_decoded, pair, kind.types)) for pair in value]
        case "row":
            return dict(zip(kind.names, map(_decoded, value, kind.types), strict=True))
    return _DECODE.get(kind.base, lambda same: same)(value)
