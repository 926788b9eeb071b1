"""What the job reads: the manifests of a day, and the raw lines they name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spotify_lake import raw_zone
from spotify_lake.errors import ManifestUnreadable, RawObjectMissing
from spotify_lake.lines import OBJECT_PATH
from spotify_lake.raw_schema import CORRUPT, ENVELOPE
from spotify_lake.raw_zone import ManifestUnreadableError, RunManifest
from spotify_lake.storage import HadoopFiles

_FILE_PATH = "_metadata.file_path"
_OPTIONS: Final = {
    "columnNameOfCorruptRecord": CORRUPT,
    # A cut-off object ends early instead of sinking the scan without its name: the lines of every object are
    # then compared with its manifest, and the job fails naming the object.
    "ignoreCorruptFiles": "true",
}


def manifests_uri(raw_uri: str, snapshot_date: str) -> str:
    """Return the folder of a day's manifests."""
    return raw_uri + raw_zone.manifests_prefix(snapshot_date)


def read_manifests(files: HadoopFiles, raw_uri: str, snapshot_date: str) -> list[RunManifest]:
    """Return every manifest of the day; none when the day has none.

    Raises:
        ManifestUnreadable: one of them is no manifest.
    """
    folder = manifests_uri(raw_uri, snapshot_date)
    manifests = []
    for name in files.names(folder):
        uri = f"{folder}{name}/{raw_zone.MANIFEST_NAME}"
        if not (name.startswith("run_id=") and files.exists(uri)):
            continue
        try:
            manifests.append(RunManifest.from_json(files.read_text(uri)))
        except ManifestUnreadableError as error:
            raise ManifestUnreadable(uri, error.reason) from error
    return manifests


def read_lines(spark: SparkSession, uris: Sequence[str]) -> DataFrame:
    """Read raw objects: the columns of `raw_schema.ENVELOPE`, and `object_path` as Spark names the file.

    Raises:
        RawObjectMissing: one of them does not exist.
    """
    if not uris:
        return spark.createDataFrame([], ENVELOPE).withColumn(OBJECT_PATH, F.lit(""))
    try:
        lines = spark.read.schema(ENVELOPE).options(**_OPTIONS).json(list(uris))
    except AnalysisException as error:
        raise _missing(error, uris) from error
    return lines.withColumn(OBJECT_PATH, F.col(_FILE_PATH))


def read_text_lines(spark: SparkSession, uris: Sequence[str]) -> DataFrame:
    """Read raw objects as text: columns value and object_path."""
    return (
        spark.read.options(**_OPTIONS).text(list(uris)).select("value", F.col(_FILE_PATH).alias(OBJECT_PATH))
    )


def _missing(error: AnalysisException, uris: Sequence[str]) -> Exception:
    if error.getErrorClass() != "PATH_NOT_FOUND":
        return error
    path = (error.getMessageParameters() or {}).get("path", f"one of {len(uris)} objects")
    return RawObjectMissing(path)
