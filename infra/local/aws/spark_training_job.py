"""A small Spark job of the kind that the lake's own job is: it shows which classes such a job loads."""

import gzip
import json
import sys
import tempfile
from pathlib import Path

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F  # Spark's own custom

_RECORD = "struct<name: string, tags: array<struct<tag: string>>>"
_SCHEMA = f"id string, at timestamp, count long, record {_RECORD}"


def main(root: str) -> None:
    """Read JSON lines and text, parse, explode, rank, join, aggregate, and write Parquet below `root`."""
    spark = SparkSession.builder.appName("training").getOrCreate()
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "lines.ndjson.gz"
        with gzip.open(lines, "wt", encoding="utf-8") as out:
            for number in range(20):
                record = {"name": str(number), "tags": [{"tag": "a"}, {"tag": "b"}]}
                at = "2026-01-01T00:00:00.000Z"
                out.write(json.dumps({"id": str(number % 7), "at": at, "count": number, "record": record}))
                out.write("\n")
        rows = spark.read.schema(_SCHEMA).json(lines.as_uri()).withColumn("file", F.input_file_name())
        texts = spark.read.text(lines.as_uri()).select(F.from_json("value", _SCHEMA).alias("row"))
        latest = Window.partitionBy("id").orderBy(F.col("at").desc_nulls_last(), F.col("count").desc())
        ranked = (
            rows.withColumn("rank", F.row_number().over(latest))
            .where("rank = 1")
            .drop("rank", "file")
            .cache()
        )
        tags = rows.select("id", F.posexplode("record.tags").alias("position", "tag"))
        tagged = ranked.join(tags.groupBy("id").agg(F.count("*").alias("tags")), on="id", how="left")
        for name, frame in {"ranked": ranked, "tagged": tagged, "texts": texts}.items():
            day = frame.withColumn("day", F.lit("2026-01-01"))
            day.repartition(1).write.mode("overwrite").partitionBy("day").parquet(f"{root}{name}")
            spark.read.parquet(f"{root}{name}").count()
        rows.select("id", F.to_json("record")).unionByName(
            rows.limit(0).select("id", F.to_json("record"))
        ).collect()
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])
