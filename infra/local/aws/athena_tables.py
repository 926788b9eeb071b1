"""The tables that a query may see: what the Glue catalog says, read from the buckets.

As on Athena, a partition that is not registered does not exist, a partition's values come from the catalog
and not from the folder's name, and a column that a file lacks is null.
"""

import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.dataset as ds
from moto.s3.models import FakeKey, S3Backend
from pyarrow import fs

from infra.local.aws.athena_sql import PATH_COLUMN, QueryRefused
from infra.local.aws.hive_types import UnknownType, to_arrow

_PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
# Spark writes INT96 timestamps, which Arrow would read as nanoseconds.
_FORMAT = ds.ParquetFileFormat(read_options=ds.ParquetReadOptions(coerce_int96_timestamp_unit="us"))


class BucketFiles(fs.FileSystemHandler):  # type: ignore[misc]  # pyarrow is not typed
    """The buckets as a file system that can only be read, and that counts what is read from it.

    Attributes:
        read: size in bytes of each object that was opened, by `bucket/key`.
    """

    def __init__(self, s3: S3Backend) -> None:
        self._s3 = s3
        self._lock = threading.Lock()
        self.read: dict[str, int] = {}

    def get_type_name(self) -> str:
        """Arrow's name of this kind of file system."""
        return "local-s3"

    def normalize_path(self, path: str) -> str:
        """A key is as it is."""
        return path

    def get_file_info(self, paths: list[str]) -> list[fs.FileInfo]:
        """Existence and size of objects."""
        return [fs.FileInfo(path, fs.FileType.File, size=self._object(path).size) for path in paths]

    def open_input_file(self, path: str) -> pa.NativeFile:
        """An object's content."""
        content = self._object(path).value
        with self._lock:
            self.read[path] = len(content)
        return pa.BufferReader(content)

    def _object(self, path: str) -> Any:
        bucket, _, key = path.partition("/")
        found = self._s3.get_object(bucket, key)
        if found is None:
            raise FileNotFoundError(path)
        return found

    def _not_offered(self, *_: Any) -> Any:
        raise NotImplementedError

    open_input_stream = get_file_info_selector = open_output_stream = open_append_stream = _not_offered
    create_dir = delete_dir = delete_dir_contents = delete_root_dir_contents = _not_offered
    delete_file = move = copy_file = _not_offered


@dataclass(frozen=True)
class CatalogTable:
    """A table of the catalog, ready to be read.

    Attributes:
        columns: the names of its columns, the partition's last.
        date_columns: those of type date.
        dataset: its files, with the column `$path` beside its own.
        partitions: the partition columns' values, a row a partition.
    """

    columns: tuple[str, ...]
    date_columns: frozenset[str]
    dataset: ds.Dataset
    partitions: pa.Table


def open_table(table: Any, s3: S3Backend, files: BucketFiles) -> CatalogTable:
    """A table of moto's Glue catalog, for reading.

    Raises:
        QueryRefused: it is not Parquet, or has a column of a type that cannot be read.
    """
    described = table.as_dict()
    storage = described.get("StorageDescriptor", {})
    serde = storage.get("SerdeInfo", {}).get("SerializationLibrary")
    if serde != _PARQUET_SERDE:
        raise QueryRefused(
            f"NOT_SUPPORTED: Table {table.name} is not Parquet (its SerDe is {serde}); the local Athena "
            "reads Parquet only."
        )
    keys = [_field(table.name, column) for column in described.get("PartitionKeys", ())]
    fields = [_field(table.name, column) for column in storage.get("Columns", ())] + keys
    filesystem = fs.PyFileSystem(files)
    fragments = []
    rows = []
    for values, location in _folders(table, storage.get("Location", "")):
        partition = [_value(key, value) for key, value in zip(keys, values, strict=True)]
        rows.append(dict(zip([key.name for key in keys], partition, strict=True)))
        where = _condition(keys, partition)
        for path in _objects(s3, location):
            is_there = ds.field(PATH_COLUMN) == f"s3://{path}"
            known = is_there if where is None else where & is_there
            fragments.append(_FORMAT.make_fragment(path, filesystem, known))
    schema = pa.schema([*fields, pa.field(PATH_COLUMN, pa.string())])
    return CatalogTable(
        columns=tuple(field.name for field in fields),
        date_columns=frozenset(field.name for field in fields if pa.types.is_date(field.type)),
        dataset=ds.FileSystemDataset(fragments, schema, _FORMAT, filesystem),
        partitions=pa.Table.from_pylist(rows, schema=pa.schema(keys)),
    )


def _field(table: str, column: dict[str, Any]) -> pa.Field:
    try:
        return pa.field(column["Name"], to_arrow(column["Type"]))
    except UnknownType as error:
        raise QueryRefused(f"NOT_SUPPORTED: Column {column['Name']} of table {table}: {error}") from error


def _folders(table: Any, location: str) -> list[tuple[list[str], str]]:
    """Values and location of each registered partition; of the table itself when it has none."""
    if not table.as_dict().get("PartitionKeys"):
        return [([], location)]
    return [
        (list(partition.values), partition.partition_input["StorageDescriptor"]["Location"])
        for partition in list(table.partitions.values())
    ]


def _value(key: pa.Field, value: str) -> Any:
    if value == _NULL_PARTITION:
        return None
    return pa.scalar(value).cast(key.type).as_py()


def _condition(keys: list[pa.Field], values: list[Any]) -> ds.Expression | None:
    condition = None
    for key, value in zip(keys, values, strict=True):
        known = (
            ds.field(key.name).is_null()
            if value is None
            else ds.field(key.name) == pa.scalar(value, key.type)
        )
        condition = known if condition is None else condition & known
    return condition


def _objects(s3: S3Backend, location: str) -> list[str]:
    """The files below a location, as `bucket/key`; Athena leaves out those that begin with _ or a dot."""
    parts = urlsplit(location)
    prefix = parts.path.strip("/")
    prefix = f"{prefix}/" if prefix else ""
    if parts.netloc not in s3.buckets:
        return []
    keys = s3.buckets[parts.netloc].keys
    return [
        f"{parts.netloc}/{name}"
        for name in sorted(name for name in list(keys) if name.startswith(prefix))
        if not name.rpartition("/")[2].startswith(("_", ".")) and _has_content(keys.get(name))
    ]


def _has_content(key: Any) -> bool:
    return isinstance(key, FakeKey) and key.size > 0  # neither a delete marker nor a folder's marker
