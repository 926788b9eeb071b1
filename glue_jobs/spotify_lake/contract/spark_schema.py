"""The contract in Spark's types, and the select at the end of every mart."""

from __future__ import annotations

from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from spotify_lake.contract.tables import PARTITION, Table

_SPARK_TYPES: Final[dict[str, T.DataType]] = {
    "string": T.StringType(),
    "int": T.IntegerType(),
    "bigint": T.LongType(),
    "boolean": T.BooleanType(),
    "double": T.DoubleType(),
    "date": T.DateType(),
    "timestamp": T.TimestampType(),
    "array<string>": T.ArrayType(T.StringType()),
    "array<int>": T.ArrayType(T.IntegerType()),
}


def spark_schema(table: Table, *, with_partition: bool = False) -> T.StructType:
    """Return the schema of a table's files. Every column is nullable.

    Args:
        table: the table.
        with_partition: whether the partition column, which is in the path, comes last.
    """
    columns = (*table.columns, PARTITION) if with_partition else table.columns
    return T.StructType([T.StructField(column.name, _SPARK_TYPES[column.type]) for column in columns])


def conform(rows: DataFrame, table: Table) -> DataFrame:
    """Return exactly the table's columns, in their order and types. A column that is missing is null."""
    return rows.to(spark_schema(table))
