"""A lake's folder with a few tables, for tests."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infra.local.athena.engine import Engine
from infra.local.athena.errors import QueryRefused
from infra.local.athena.folder_catalog import FolderCatalog
from infra.local.athena.output import Output
from infra.local.athena.statements.context import WorkGroup
from infra.local.athena.storage import FolderStorage
from infra.local.lake_folder import read_catalog, write_catalog
from tests.athena_lake import MemoryPrepared

PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
OPENX = "org.openx.data.jsonserde.JsonSerDe"
HIVE_JSON = "org.apache.hive.hcatalog.data.JsonSerDe"


class LakeFolder:
    """A lake with the database `music` and the bucket `curated`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write_catalog(folder, {"music": {}})
        (folder / "s3" / "curated").mkdir(parents=True)

    def table(
        self,
        name: str,
        columns: Mapping[str, str],
        keys: Mapping[str, str] | None = None,
        *,
        serde: str = PARQUET,
        options: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        """Create a table at `s3://curated/<name>/`, partitioned by `keys`."""
        storage = {
            "Columns": [{"Name": column, "Type": kind} for column, kind in columns.items()],
            "Location": f"s3://curated/{name}/",
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": dict(options or {})},
        }
        described = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in (keys or {}).items()],
            "Parameters": dict(properties or {}),
            "StorageDescriptor": storage,
        }
        catalog = read_catalog(self.folder)
        catalog["music"][name] = {"table": described, "partitions": []}
        write_catalog(self.folder, catalog)

    def register(self, table: str, *values: str, location: str = "") -> None:
        """Register a partition of a table."""
        catalog = read_catalog(self.folder)
        saved = catalog["music"][table]
        keys = [key["Name"] for key in saved["table"]["PartitionKeys"]]
        folder = "/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True))
        storage = {
            **saved["table"]["StorageDescriptor"],
            "Location": location or f"s3://curated/{table}/{folder}/",
        }
        saved["partitions"].append({"Values": list(values), "StorageDescriptor": storage})
        write_catalog(self.folder, catalog)

    def put(self, key: str, content: pa.Table | Mapping[str, Any] | bytes) -> Path:
        """Write an object: a Parquet file of a table, or bytes."""
        path = self.folder / "s3" / "curated" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            pq.write_table(content if isinstance(content, pa.Table) else pa.table(dict(content)), path)
        return path

    def put_lines(self, key: str, lines: Sequence[str]) -> Path:
        """Write an object of gzip-compressed lines."""
        return self.put(key, gzip.compress("".join(f"{line}\n" for line in lines).encode()))


class Analyst:
    """Someone who runs statements on a lake, in the database `music`."""

    def __init__(self, lake: LakeFolder, *, is_enforced: bool = True) -> None:
        self._lake = lake
        (lake.folder / "s3" / "results").mkdir(exist_ok=True)
        self._group = WorkGroup("s3://results/group/", is_enforced, MemoryPrepared())

    def engine(self) -> Engine:
        """An engine over the lake as it is now."""
        storage = FolderStorage(self._lake.folder / "s3")
        return Engine(FolderCatalog(self._lake.folder), storage, self._group)

    def run(self, sql: str, *parameters: str) -> Output:
        """Run a statement."""
        return self.engine().run(sql, "music", parameters, query_id="q1")

    def rows(self, sql: str, *parameters: str) -> list[tuple[Any, ...]]:
        """The rows of a statement, without blanks at the ends of texts."""
        return [
            tuple(each.rstrip() if isinstance(each, str) else each for each in row)
            for row in self.run(sql, *parameters).rows
        ]

    def refused(self, sql: str, *parameters: str) -> QueryRefused:
        """The refusal of a statement."""
        with pytest.raises(QueryRefused) as refused:
            self.run(sql, *parameters)
        return refused.value
