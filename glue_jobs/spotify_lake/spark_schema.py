"""The contract in Spark's types, and the plain select with which every transform ends."""

from __future__ import annotations

from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spotify_lake.tables import Table

_SPARK_TYPES: Final[dict[str, T.DataType]] = {
    "string": T.StringType(),
    "int": T.IntegerType(),
    "bigint": T.LongType(),
    "boolean": T.BooleanType(),
    "double": T.DoubleType(),
    "date": T.DateType(),
    "timestamp": T.TimestampType(),
    "array<string>": T.ArrayType(T.StringType()),
}


def spark_type(glue_type: str) -> T.DataType:
    """Return the Spark type of a Glue type; raise `KeyError` for one the contract may not use."""
    return _SPARK_TYPES[glue_type]


def spark_schema(table: Table) -> T.StructType:
    """Return the schema of the table's files: every column nullable, the partition column left out.

    Nullable throughout, so that a later contract may add columns; the rules are checked on the staged files.
    """
    return T.StructType([T.StructField(column.name, spark_type(column.type)) for column in table.columns])


def conform(rows: DataFrame, table: Table, **values: Column) -> DataFrame:
    """Select exactly the table's columns, in their order.

    Args:
        rows: what the columns are taken from.
        table: the contract.
        values: expressions by column name; a column without one is taken from `rows` by its own name.

    Raises:
        KeyError: an expression names a column that the contract does not have.
    """
    unknown = set(values) - set(table.column_names)
    if unknown:
        raise KeyError(f"table {table.name} has no column {', '.join(sorted(unknown))}")
    return rows.select(*[values.get(name, F.col(name)).alias(name) for name in table.column_names])
