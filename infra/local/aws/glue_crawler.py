"""A Glue crawler that registers new folders of Parquet files in the catalog.

Moto's crawler reads nothing: it is RUNNING until its crawls are listed, and the catalog stays unchanged. This
one supports the settings of the template's crawler only (see `SUPPORTED_SETTINGS`). Each target is the folder
of one table with `name=value` partition folders. The first crawl creates the tables. Later crawls add
partitions to tables that exist. See "Scheduling incremental crawls" in Glue's guide.
"""

import json
import logging
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
from moto.core.utils import utcnow
from moto.glue import models as glue_models
from moto.s3.models import FakeKey, S3Backend, s3_backends

from infra.local.aws import patches
from infra.local.aws.context import Aws
from infra.local.aws.hive_types import UnknownType, to_hive
from infra.local.aws.patches import OwnStatus

_log = logging.getLogger(__name__)

SUPPORTED_SETTINGS: Final = {
    "RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY",
    "UpdateBehavior": "LOG",
    "DeleteBehavior": "LOG",
    "Partitions.AddOrUpdateBehavior": "InheritFromTable",
}
_CREATED_BY: Final = "UPDATED_BY_CRAWLER"
_PARQUET: Final = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}
# GetCrawler and ListCrawls have different names for the end of a crawl.
_LAST_CRAWL_STATUS: Final = {"COMPLETED": "SUCCEEDED", "STOPPED": "CANCELLED", "FAILED": "FAILED"}


class UnsupportedCrawler(NotImplementedError):
    """The crawler has a setting that the local crawler does not support."""

    def __init__(self, name: str, value: object) -> None:
        super().__init__(
            f"The local crawler does not support {name}={value!r}. Set it to {SUPPORTED_SETTINGS[name]!r}, "
            "or extend infra/local/aws/glue_crawler.py."
        )


class FileUnreadable(RuntimeError):
    """A Parquet file whose columns cannot be read."""

    def __init__(self, uri: str, reason: str) -> None:
        super().__init__(f"The Parquet file {uri} cannot be read: {reason}")


@dataclass
class FoundTable:
    """The folders of a table that a crawl has read.

    Attributes:
        name: the table's name, which is the folder's.
        location: the folder's URI, ending in a slash.
        partition_keys: names of the partition columns, from folders such as `snapshot_date=2026-01-01`.
        partitions: folder URI by partition values.
        columns: Hive type by column name, over all files read; the last file's type wins.
    """

    name: str
    location: str
    partition_keys: tuple[str, ...] = ()
    partitions: dict[tuple[str, ...], str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)


def install(local: Aws) -> None:
    """Make every crawler of this AWS crawl."""
    patches.replace(glue_models, "FakeCrawler", type("LocalCrawler", (LocalCrawler,), {"local": local}))
    patches.replace(glue_models, "FakeCrawl", LocalCrawl)


class LocalCrawl(OwnStatus, glue_models.FakeCrawl):  # type: ignore[misc]  # moto is not typed here
    """One crawl: RUNNING, then COMPLETED, FAILED or STOPPED."""

    error: str | None = None

    def advance(self) -> None:
        """Do nothing: moto ends a crawl here, the local crawl ends itself."""

    def end(self, status: str, error: str | None = None) -> None:
        """Record how the crawl ended."""
        self.end_time, self.error = utcnow(), error
        self.status = status


class LocalCrawler(glue_models.FakeCrawler):  # type: ignore[misc]  # moto is not typed here
    """A crawler that crawls."""

    local: ClassVar[Aws]

    def start_crawler(self) -> None:
        """Start a crawl; see StartCrawler."""
        if self.status != "READY":
            raise glue_models.CrawlerRunningException(f"Crawler with name {self.name} has already started")
        crawl = glue_models.FakeCrawl(self.name)
        self.crawls.append(crawl)
        thread = threading.Thread(target=self._run, args=(crawl,), name=crawl.crawl_id, daemon=True)
        thread.start()
        self.local.on_close(thread.join)  # the catalog must not be saved in the middle of a crawl

    def as_dict(self) -> dict[str, Any]:
        """Describe the crawler as GetCrawler does: the last crawl is the last one that ended."""
        described = dict(super().as_dict())
        described.pop("LastCrawl", None)
        ended = [crawl for crawl in self.crawls if crawl.end_time]
        if self.status != "READY":
            started = self.crawls[-1].start_time
            described["CrawlElapsedTime"] = int((utcnow() - started).total_seconds() * 1000)
        if ended:
            last = ended[-1]
            described["LastCrawl"] = {
                "Status": _LAST_CRAWL_STATUS[last.status],
                "LogGroup": last.log_group,
                "LogStream": last.log_stream,
                "MessagePrefix": last.message_prefix,
                "StartTime": last.start_time,
                **({"ErrorMessage": last.error} if last.error else {}),
            }
        return described

    def _run(self, crawl: LocalCrawl) -> None:
        try:
            _check_settings(self)
            s3 = s3_backends[self.local.account_id]["aws"]
            tables = self.backend.get_database(self.database_name).tables
            is_first_crawl = not any(_creator(table) == self.name for table in tables.values())
            found = [
                find_new_folders(s3, target["Path"], _partitions(tables.get(_table_name(target["Path"]))))
                for target in self.targets["S3Targets"]
            ]
            if crawl.status == "STOPPING":
                return crawl.end("STOPPED")
            for table in found:
                if table.partitions and (is_first_crawl or table.name in tables):
                    self._register(table)
        except Exception as error:
            _log.warning("The crawler %s failed: %s", self.name, error)
            return crawl.end("FAILED", getattr(error, "message", None) or str(error))
        return crawl.end("STOPPED" if crawl.status == "STOPPING" else "COMPLETED")

    def _register(self, found: FoundTable) -> None:
        """Create the table unless it exists, and add the partitions, which inherit the table's columns."""
        tables = self.backend.get_database(self.database_name).tables
        if found.name not in tables:
            self.backend.create_table(self.database_name, found.name, _table_input(self.name, found))
        columns = tables[found.name].as_dict()["StorageDescriptor"]["Columns"]
        for values, location in found.partitions.items():
            storage = {**_PARQUET, "Columns": columns, "Location": location}
            tables[found.name].create_partition({"Values": list(values), "StorageDescriptor": storage})


def find_new_folders(s3: S3Backend, path: str, registered: Collection[tuple[str, ...]]) -> FoundTable:
    """Read the Parquet files of a table's folder, except those of registered partitions.

    Args:
        s3: the buckets.
        path: `s3://` URI of the table's folder.
        registered: the values of the partitions to skip.

    Raises:
        FileUnreadable: a Parquet file is broken, in no partition folder, or has an unsupported type.
    """
    bucket, prefix = _bucket_and_prefix(path)
    found = FoundTable(_table_name(path), f"s3://{bucket}/{prefix}")
    keys = s3.get_bucket(bucket).keys
    for name in sorted(key for key in keys if key.startswith(prefix) and key.endswith(".parquet")):
        *folders, file = name.removeprefix(prefix).split("/")
        partition = [folder.partition("=")[::2] for folder in folders]
        values = tuple(value for _, value in partition)
        stored = keys.get(name)  # a delete marker if the object of a versioned bucket is deleted
        if values in registered or file.startswith(("_", ".")) or not isinstance(stored, FakeKey):
            continue
        if not all("=" in folder for folder in folders) or not folders:
            raise FileUnreadable(f"s3://{bucket}/{name}", "it is not in a `name=value` partition folder")
        found.partition_keys = tuple(key for key, _ in partition)
        found.partitions[values] = f"s3://{bucket}/{name.rpartition('/')[0]}/"
        found.columns |= _columns(stored.value, f"s3://{bucket}/{name}")
    return found


def _columns(content: bytes, uri: str) -> dict[str, str]:
    try:
        schema = pq.read_schema(pa.BufferReader(content))
        return {column.name.lower(): to_hive(column.type) for column in schema}
    except (pa.ArrowException, OSError, UnknownType) as error:
        raise FileUnreadable(uri, str(error)) from error


def _check_settings(crawler: Any) -> None:
    output = json.loads(crawler.configuration or "{}").get("CrawlerOutput", {})
    settings = {
        **(crawler.recrawl_policy or {}),
        **(crawler.schema_change_policy or {}),
        "Partitions.AddOrUpdateBehavior": output.get("Partitions", {}).get("AddOrUpdateBehavior"),
    }
    for name, supported in SUPPORTED_SETTINGS.items():
        if settings.get(name) != supported:
            raise UnsupportedCrawler(name, settings.get(name))


def _creator(table: Any) -> str | None:
    creator: str | None = table.as_dict().get("Parameters", {}).get(_CREATED_BY)
    return creator


def _partitions(table: Any) -> set[tuple[str, ...]]:
    return {tuple(partition.values) for partition in table.partitions.values()} if table else set()


def _bucket_and_prefix(path: str) -> tuple[str, str]:
    parts = urlsplit(path)
    return parts.netloc, parts.path.strip("/") + "/"


def _table_name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _table_input(crawler_name: str, found: FoundTable) -> dict[str, Any]:
    return {
        "Name": found.name,
        "Owner": "owner",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "parquet", _CREATED_BY: crawler_name},
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in found.partition_keys],
        "StorageDescriptor": {
            **_PARQUET,
            "Columns": [{"Name": name, "Type": hive} for name, hive in found.columns.items()],
            "Location": found.location,
        },
    }
