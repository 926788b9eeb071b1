"""How a crawl changes the Glue catalog, by the crawler's policies."""

import json
from collections.abc import Sequence
from typing import Any

from moto.glue.exceptions import TableNotFoundException

from infra.local.aws.crawled_folders import FoundFiles, FoundTable, Target

_STORAGE = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "Compressed": False,
    "NumberOfBuckets": -1,
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "Parameters": {"serialization.format": "1"},
    },
    "BucketColumns": [],
    "SortColumns": [],
    "StoredAsSubDirectories": False,
}
_CRAWLER_PARAMETERS = {
    "CrawlerSchemaDeserializerVersion": "1.0",
    "CrawlerSchemaSerializerVersion": "1.0",
    "classification": "parquet",
    "compressionType": "none",
    "typeOfData": "file",
}
# What GetTable gives and UpdateTable does not take.
READ_ONLY_FIELDS = frozenset({"DatabaseName", "CreateTime", "UpdateTime", "CatalogId", "VersionId"})


def update_catalog(crawler: Any, found: Sequence[FoundTable], targets: Sequence[Target]) -> None:
    """Create and update the tables and partitions that were found, and deal with those that are gone.

    The policies heeded are SchemaChangePolicy, RecrawlPolicy CRAWL_NEW_FOLDERS_ONLY, TablePrefix, and the
    configuration's AddOrUpdateBehavior for tables (MergeNewColumns) and partitions (InheritFromTable). A
    crawler that looks at new folders only makes tables on its first crawl alone; that it has crawled before
    is seen by the tables that it has made.

    Args:
        crawler: moto's crawler, with its settings.
        found: every table below the targets.
        targets: what was crawled.

    Raises:
        EntityNotFoundException: the crawler's database does not exist.
    """
    database = crawler.backend.get_database(crawler.database_name)
    makes_tables = not (_new_folders_only(crawler) and _has_crawled(crawler, database))
    names = set()
    for table in found:
        names.add(name := (crawler.table_prefix or "") + table.name)
        try:
            existing = crawler.backend.get_table(crawler.database_name, name)
        except TableNotFoundException:
            if not makes_tables:
                continue
            existing = None
        _write_table(crawler, name, table, existing)
        _write_partitions(crawler, crawler.backend.get_table(crawler.database_name, name), table)
    for name in [name for name in database.tables if name not in names]:
        if _was_crawled(crawler, database.tables[name].as_dict(), targets):
            _forget_table(crawler, name)


def _write_table(crawler: Any, name: str, table: FoundTable, existing: Any) -> None:
    if existing is None:
        crawler.backend.create_table(crawler.database_name, name, _table_input(crawler, name, table, {}))
        return
    before = {field: value for field, value in existing.as_dict().items() if field not in READ_ONLY_FIELDS}
    after = _table_input(crawler, name, table, before)
    if after != before and _policy(crawler, "UpdateBehavior", "UPDATE_IN_DATABASE") != "LOG":
        crawler.backend.update_table(crawler.database_name, name, after)


def _table_input(crawler: Any, name: str, table: FoundTable, before: dict[str, Any]) -> dict[str, Any]:
    """The table as it shall be. Descriptions and foreign parameters of the table before are kept."""
    storage = before.get("StorageDescriptor", {})
    columns = table.columns()
    if _configured(crawler, "Tables") == "MergeNewColumns":
        columns = {column["Name"]: column["Type"] for column in storage.get("Columns", ())} | columns
    parameters = {
        **_CRAWLER_PARAMETERS,
        "UPDATED_BY_CRAWLER": crawler.name,
        **_sizes(table.partitions.values()),
    }
    keys = dict.fromkeys(table.partition_keys, "string")
    return {
        "Owner": "owner",
        "Retention": 0,
        "TableType": "EXTERNAL_TABLE",
        **before,
        "Name": name,
        "Parameters": {**before.get("Parameters", {}), **parameters},
        "PartitionKeys": _columns(keys, before.get("PartitionKeys", ())),
        "StorageDescriptor": {
            **storage,
            **_STORAGE,
            "Columns": _columns(columns, storage.get("Columns", ())),
            "Location": table.location,
            "Parameters": {**storage.get("Parameters", {}), **parameters},
        },
    }


def _columns(types: dict[str, str], before: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Columns of these types; one that was there before with the same type keeps what was said of it."""
    known = {column["Name"]: column for column in before}
    return [
        dict(known[name])
        if name in known and known[name].get("Type") == type_
        else {"Name": name, "Type": type_}
        for name, type_ in types.items()
    ]


def _write_partitions(crawler: Any, registered: Any, table: FoundTable) -> None:
    known = {tuple(partition.values): partition for partition in registered.partitions.values()}
    for values, files in table.partitions.items():
        if not values:
            continue
        described = _partition_input(crawler, registered.as_dict(), table, values, files)
        if values not in known:
            registered.create_partition(described)
        elif known[values].partition_input != described and not _new_folders_only(crawler):
            registered.update_partition(list(values), described)
    if _policy(crawler, "DeleteBehavior", "DEPRECATE_IN_DATABASE") == "DELETE_FROM_DATABASE":
        for values in known.keys() - table.partitions.keys():
            registered.delete_partition(list(values))


def _partition_input(
    crawler: Any, registered: dict[str, Any], table: FoundTable, values: tuple[str, ...], files: FoundFiles
) -> dict[str, Any]:
    columns = _columns(files.columns, ())
    if _configured(crawler, "Partitions") == "InheritFromTable":
        columns = [dict(column) for column in registered["StorageDescriptor"]["Columns"]]
    parameters = {**_CRAWLER_PARAMETERS, **_sizes([files])}
    return {
        "Values": list(values),
        "Parameters": parameters,
        "StorageDescriptor": {
            **_STORAGE,
            "Columns": columns,
            "Location": table.folders[values],
            "Parameters": parameters,
        },
    }


def _sizes(found: Any) -> dict[str, str]:
    folders: list[FoundFiles] = list(found)
    rows, size = sum(files.rows for files in folders), sum(files.bytes for files in folders)
    return {
        "objectCount": str(sum(files.files for files in folders)),
        "recordCount": str(rows),
        "sizeKey": str(size),
        "averageRecordSize": str(size // rows if rows else 0),
    }


def _was_crawled(crawler: Any, table: dict[str, Any], targets: Sequence[Target]) -> bool:
    location = table.get("StorageDescriptor", {}).get("Location", "")
    return table.get("Parameters", {}).get("UPDATED_BY_CRAWLER") == crawler.name and any(
        location.startswith(f"s3://{target.bucket}/{target.prefix}") for target in targets
    )


def _forget_table(crawler: Any, name: str) -> None:
    """Deal with a table that has no files any more."""
    behavior = _policy(crawler, "DeleteBehavior", "DEPRECATE_IN_DATABASE")
    if behavior == "DELETE_FROM_DATABASE":
        crawler.backend.delete_table(crawler.database_name, name)
    elif behavior == "DEPRECATE_IN_DATABASE":
        existing = crawler.backend.get_table(crawler.database_name, name).as_dict()
        kept = {field: value for field, value in existing.items() if field not in READ_ONLY_FIELDS}
        deprecated = {**kept["Parameters"], "DEPRECATED_BY_CRAWLER": crawler.name}
        crawler.backend.update_table(crawler.database_name, name, {**kept, "Parameters": deprecated})


def _policy(crawler: Any, name: str, default: str) -> str:
    return str((crawler.schema_change_policy or {}).get(name) or default)


def _has_crawled(crawler: Any, database: Any) -> bool:
    known = [table.as_dict().get("Parameters", {}) for table in database.tables.values()]
    return any(parameters.get("UPDATED_BY_CRAWLER") == crawler.name for parameters in known)


def _new_folders_only(crawler: Any) -> bool:
    return (crawler.recrawl_policy or {}).get("RecrawlBehavior") == "CRAWL_NEW_FOLDERS_ONLY"


def _configured(crawler: Any, output: str) -> str | None:
    """The AddOrUpdateBehavior of "Tables" or "Partitions" in the crawler's Configuration (JSON)."""
    configuration = json.loads(crawler.configuration or "{}")
    behavior = configuration.get("CrawlerOutput", {}).get(output, {}).get("AddOrUpdateBehavior")
    return str(behavior) if behavior else None
