"""Descriptions from the contract onto the Glue catalog's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from spotify_lake.tables import PARTITION, Column, Table

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

# What get_table returns and update_table takes.
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

    The columns become the contract's, in its order and with its types, so that a column that older
    partitions lack reads as null. A table that the crawler did not make (it saw no file) is made.

    Args:
        glue: the client.
        database: the catalog's database.
        table: the contract.
        location: `s3://` URI of the table's folder.
    """
    try:
        found: dict[str, Any] = dict(glue.get_table(DatabaseName=database, Name=table.name)["Table"])
    except glue.exceptions.EntityNotFoundException:
        glue.create_table(DatabaseName=database, TableInput=_described(_new_table(table, location), table))  # type: ignore[arg-type]  # built key by key
        return
    before = {key: value for key, value in found.items() if key in _TABLE_INPUT_KEYS}
    after = _described(before, table)
    if after != before:
        glue.update_table(DatabaseName=database, TableInput=after, SkipArchive=True)  # type: ignore[arg-type]  # built key by key


def describe_view(glue: GlueClient, database: str, view: str, description: str) -> None:
    """Put a description onto a view that Athena made."""
    found: dict[str, Any] = dict(glue.get_table(DatabaseName=database, Name=view)["Table"])
    table_input = {key: value for key, value in found.items() if key in _TABLE_INPUT_KEYS}
    if table_input.get("Description") != description:
        table_input["Description"] = description
        glue.update_table(DatabaseName=database, TableInput=table_input, SkipArchive=True)  # type: ignore[arg-type]  # as it was found


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
    # The catalog takes 255 characters; the data dictionary has the whole text.
    return {"Name": column.name, "Type": column.type, "Comment": column.description[:255]}
