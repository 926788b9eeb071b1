"""The contract in Spark's types: what the files that the job writes have to read as."""

from __future__ import annotations

from typing import Final

from pyspark.sql import types as T

from spotify_lake.contract.tables import Table

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


def spark_schema(table: Table) -> T.StructType:
    """The schema of the table's files: every column nullable, the partition column left out."""
    return T.StructType([T.StructField(column.name, _SPARK_TYPES[column.type]) for column in table.columns])
