"""The file formats that a statement may name, as the Glue catalog describes them."""

from __future__ import annotations

from typing import Final

from infra.local.athena.catalog import StorageFormat
from infra.local.athena.json_lines import HIVE, OPENX
from infra.local.athena.parquet_files import SERDE as PARQUET_SERDE

_HIVE_IO: Final = "org.apache.hadoop.hive.ql.io"
_TEXT: Final = (
    "org.apache.hadoop.mapred.TextInputFormat",
    f"{_HIVE_IO}.HiveIgnoreKeyTextOutputFormat",
)
DELIMITED: Final = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
PARQUET: Final = StorageFormat(
    PARQUET_SERDE,
    input_format=f"{_HIVE_IO}.parquet.MapredParquetInputFormat",
    output_format=f"{_HIVE_IO}.parquet.MapredParquetOutputFormat",
)
TEXT: Final = StorageFormat(DELIMITED, {}, *_TEXT)
FORMATS: Final = {
    "PARQUET": PARQUET,
    "TEXTFILE": TEXT,
    "JSON": StorageFormat(HIVE[0], {}, *_TEXT),
    "ORC": StorageFormat(
        f"{_HIVE_IO}.orc.OrcSerde",
        input_format=f"{_HIVE_IO}.orc.OrcInputFormat",
        output_format=f"{_HIVE_IO}.orc.OrcOutputFormat",
    ),
    "AVRO": StorageFormat(
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
        input_format=f"{_HIVE_IO}.avro.AvroContainerInputFormat",
        output_format=f"{_HIVE_IO}.avro.AvroContainerOutputFormat",
    ),
}
"""By the name after STORED AS."""
READABLE: Final = {PARQUET_SERDE, OPENX, *HIVE}
"""The serialization libraries of the files that can be read."""
