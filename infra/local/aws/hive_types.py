"""Column types of Parquet files (as Arrow types) and of the Glue catalog (as Hive type names)."""

from typing import Final

import pyarrow as pa

_ARROW_TYPES: Final = {
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}
_HIVE_TYPES: Final = {arrow: hive for hive, arrow in _ARROW_TYPES.items()}


class UnknownType(ValueError):
    """A column type that the local AWS cannot convert."""

    def __init__(self, name: str) -> None:
        known = ", ".join(_ARROW_TYPES)
        super().__init__(f"the type {name!r} is not supported here; supported are {known} and arrays of them")


def to_hive(arrow: pa.DataType) -> str:
    """Return the Glue catalog's name of an Arrow type, as a crawler writes it.

    Raises:
        UnknownType: the type is not supported.
    """
    if pa.types.is_list(arrow):
        return f"array<{to_hive(arrow.value_type)}>"
    if pa.types.is_timestamp(arrow):  # of any unit: Spark's INT96 is read as nanoseconds
        return "timestamp"
    if arrow not in _HIVE_TYPES:
        raise UnknownType(str(arrow))
    return _HIVE_TYPES[arrow]
