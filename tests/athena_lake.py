"""A lake's folder in which the local Athena finds the contract's tables and the views."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from infra.local.athena.engine import Engine
from infra.local.athena.folder_catalog import FolderCatalog
from infra.local.athena.parquet_files import SERDE
from infra.local.athena.statements.context import WorkGroup
from infra.local.athena.storage import FolderStorage
from infra.local.lake_folder import OBJECTS, write_catalog
from publish_catalog.view_sql import all_views
from spotify_lake.contract.marts.registry import ALL_TABLES
from spotify_lake.contract.tables import PARTITION, Column, Table

DATABASE: Final = "spotify_lake"
CURATED: Final = "curated"
"""The bucket with a folder for each table."""


class MemoryPrepared(dict[str, str]):
    """Prepared statements that are kept in memory."""

    def put(self, name: str, text: str) -> None:
        self[name] = text

    def remove(self, name: str) -> None:
        del self[name]

    def names(self) -> Iterable[str]:
        return self


def curated_folder(lake: Path) -> Path:
    """Return the folder of the bucket with the tables."""
    return lake / OBJECTS / CURATED


def register_tables(lake: Path) -> Engine:
    """Write the lake's catalog, with every table and view and the days that are on disk."""
    curated_folder(lake).mkdir(parents=True, exist_ok=True)
    write_catalog(lake, {DATABASE: {table.name: _saved(table, lake) for table in ALL_TABLES}})
    group = WorkGroup(f"s3://{CURATED}/results/", is_enforced=True, prepared=MemoryPrepared())
    engine = Engine(FolderCatalog(lake), FolderStorage(lake / OBJECTS), group)
    for view in all_views():
        engine.run(view.statement, DATABASE)
    return engine


def _saved(table: Table, lake: Path) -> dict[str, Any]:
    location = f"s3://{CURATED}/{table.name}/"
    storage = {
        "Columns": [_column(column) for column in table.columns],
        "Location": location,
        "SerdeInfo": {"SerializationLibrary": SERDE, "Parameters": {}},
    }
    described = {
        "Name": table.name,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [_column(PARTITION)],
        "Parameters": {"classification": "parquet"},
        "StorageDescriptor": storage,
    }
    folders = sorted((curated_folder(lake) / table.name).glob(f"{PARTITION.name}=*"))
    partitions = [
        {
            "Values": [folder.name.partition("=")[2]],
            "StorageDescriptor": {**storage, "Location": f"{location}{folder.name}/"},
        }
        for folder in folders
    ]
    return {"table": described, "partitions": partitions}


def _column(column: Column) -> dict[str, str]:
    return {"Name": column.name, "Type": column.type}
