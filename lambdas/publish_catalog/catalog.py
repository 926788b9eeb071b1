"""Brings the Glue catalog in line with the contract: columns, descriptions and partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import awswrangler as wr

from spotify_lake.contract.tables import PARTITION, Column, Table

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

# The keys of get_table's answer that update_table accepts.
_TABLE_INPUT_KEYS: Final = frozenset(
    {
        "Name",
        "Description",
        "Owner",
        "Retention",
        "StorageDescriptor",
        "PartitionKeys",
        "ViewOriginalText",
        "ViewExpandedText",
        "TableType",
        "Parameters",
    }
)
_PARQUET: Final = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}


def describe_table(glue: GlueClient, database: str, table: Table, location: str) -> None:
    """Bring a table of the catalog in line with the contract.

    The table gets the contract's columns, in its order and with its types, so that a column that older
    partitions lack reads as null. A table that the crawler did not create (it saw no file) is created. A view
    of that name, which an earlier release created, is deleted first.

    Args:
        glue: the client.
        database: the catalog's database.
        table: the contract.
        location: `s3://` URI of the table's folder.
    """
    found = _existing_table(glue, database, table.name)
    if found is None:
        glue.create_table(DatabaseName=database, TableInput=_described(_new_table(table, location), table))  # type: ignore[arg-type]  # built key by key
        return
    before = {key: value for key, value in found.items() if key in _TABLE_INPUT_KEYS}
    after = _described(before, table)
    if after != before:
        glue.update_table(DatabaseName=database, TableInput=after, SkipArchive=True)  # type: ignore[arg-type]  # built key by key


def _existing_table(glue: GlueClient, database: str, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = dict(glue.get_table(DatabaseName=database, Name=name)["Table"])
    except glue.exceptions.EntityNotFoundException:
        return None
    if found.get("TableType") == "VIRTUAL_VIEW":
        glue.delete_table(DatabaseName=database, Name=name)
        return None
    return found


def register_days(database: str, table: Table, location: str) -> list[str]:
    """Register the days of a table that are in S3 but not in the catalog.

    A crawler that reads only new folders creates no table after its first crawl and never reads a folder
    again. So it leaves out the days of a table that was deleted from the catalog or added to the contract
    later. See infra/decisions/0010.

    Args:
        database: the catalog's database.
        table: the contract; the catalog has the table already.
        location: `s3://` URI of the table's folder.

    Returns:
        The registered days, in order.
    """
    known = {day for (day,) in wr.catalog.get_partitions(database, table.name).values()}
    folders = {folder: _day_of(folder) for folder in wr.s3.list_directories(location)}
    missing = {folder: [day] for folder, day in folders.items() if day and day not in known}
    columns = {column.name: column.type for column in table.columns}
    wr.catalog.add_parquet_partitions(database, table.name, missing, columns_types=columns)
    return sorted(day for [day] in missing.values())


def _day_of(folder: str) -> str | None:
    name, _, value = folder.rstrip("/").rpartition("/")[2].partition("=")
    return value if name == PARTITION.name else None


def describe_view(glue: GlueClient, database: str, view: str, description: str) -> None:
    """Set the description of a view that Athena created."""
    found: dict[str, Any] = dict(glue.get_table(DatabaseName=database, Name=view)["Table"])
    table_input = {key: value for key, value in found.items() if key in _TABLE_INPUT_KEYS}
    if table_input.get("Description") != description:
        table_input["Description"] = description
        glue.update_table(DatabaseName=database, TableInput=table_input, SkipArchive=True)  # type: ignore[arg-type]  # from get_table


def _described(table_input: dict[str, Any], table: Table) -> dict[str, Any]:
    return {
        **table_input,
        "Description": f"{table.description} Grain: {table.grain}.",
        "StorageDescriptor": {
            **table_input["StorageDescriptor"],
            "Columns": [_column(column) for column in table.columns],
        },
        "PartitionKeys": [_column(PARTITION)],
    }


def _new_table(table: Table, location: str) -> dict[str, Any]:
    return {
        "Name": table.name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "parquet", "EXTERNAL": "TRUE"},
        "StorageDescriptor": {"Location": location, **_PARQUET},
    }


def _column(column: Column) -> dict[str, str]:
    # The catalog accepts 255 characters; the data dictionary has the full text.
    return {"Name": column.name, "Type": column.type, "Comment": column.description[:255]}
