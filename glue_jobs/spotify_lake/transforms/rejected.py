"""rejected_records: what could not be normalised, why, and where it stands.

The first scan only tells which lines fail. This one reads again as text the few objects that hold such
lines, numbers their lines, judges them by the same rule, and finds the reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spotify_lake import raw_zone, tables
from spotify_lake.columns import text, whole
from spotify_lake.lines import IS_REJECTED, MISSING, OBJECT_PATH, judged
from spotify_lake.raw_schema import CORRUPT, ENVELOPE
from spotify_lake.spark_schema import conform

_KEY_IN_PATH = rf"(/{raw_zone.ROOT}/(?:{'|'.join(raw_zone.SOURCES)})/.*)$"


def numbered(text_lines: DataFrame) -> DataFrame:
    """Add `line_number` (from 1) to lines read as text: columns value and object_path.

    Compressed objects are never split, so within one the order of reading is the order of the lines.
    """
    in_order = Window.partitionBy(OBJECT_PATH).orderBy("_order")
    return (
        text_lines.withColumn("_order", F.monotonically_increasing_id())
        .withColumn("line_number", F.row_number().over(in_order))
        .drop("_order")
    )


def rejected_records(numbered_lines: DataFrame, raw_uri: str) -> DataFrame:
    """Return the rows of rejected_records from numbered lines: columns value, object_path, line_number."""
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": CORRUPT}
    parsed = numbered_lines.where(F.trim("value") != F.lit("")).select(
        "value", OBJECT_PATH, "line_number", F.from_json("value", ENVELOPE, options).alias("line")
    )
    flat = parsed.select("value", OBJECT_PATH, "line_number", "line.*")
    is_json_object = F.from_json("value", "map<string,string>").isNotNull()
    reason = (
        F.when(~is_json_object, F.lit(tables.NOT_JSON))
        .when(F.size(MISSING) > F.lit(0), F.lit(tables.ENVELOPE_INCOMPLETE))
        .otherwise(F.lit(tables.WRONG_TYPE))
    )
    detail = (
        F.when(~is_json_object, F.lit(None))
        .when(F.size(MISSING) > F.lit(0), F.concat(F.lit("missing or wrong: "), F.concat_ws(", ", MISSING)))
        .otherwise(F.concat(F.lit("not as the API documents it: "), _unreadable_fields()))
    )
    key = F.regexp_extract(F.url_decode(OBJECT_PATH), _KEY_IN_PATH, 1)
    return conform(
        judged(flat).where(F.col(IS_REJECTED)),
        tables.REJECTED_RECORDS,
        source=F.coalesce(F.col("source"), F.regexp_extract(key, rf"^/{raw_zone.ROOT}/([^/]+)/", 1)),
        reason=reason,
        detail=detail,
        raw_text=F.col("value"),
        object_uri=F.concat(F.lit(raw_uri.rstrip("/")), key),
        position=whole(F.col("position"), "int"),
        playlist_id=text(F.col("playlist_id")),
        run_id=text(F.col("run_id")),
    )


def _unreadable_fields() -> Column:
    """The paths that hold a value in the text and none after parsing, comma separated."""
    paths = [
        F.when(
            F.get_json_object("value", f"$.{path}").isNotNull() & F.col(path).isNull(),
            F.lit(path),
        )
        for path in _typed_paths(ENVELOPE)
    ]
    return F.concat_ws(", ", F.array_compact(F.array(*paths)))


def _typed_paths(schema: T.StructType, prefix: str = "") -> Iterator[str]:
    for field in schema.fields:
        path = f"{prefix}{field.name}"
        if field.name == CORRUPT or isinstance(field.dataType, T.StringType):
            continue
        yield path
        if isinstance(field.dataType, T.StructType):
            yield from _typed_paths(field.dataType, f"{path}.")
