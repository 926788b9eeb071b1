"""The contract in Spark's types."""

from __future__ import annotations

from typing import Final

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
