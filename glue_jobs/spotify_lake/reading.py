"""What the job reads: the manifests of a day, and the raw objects they name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from spotify_lake import raw_zone
from spotify_lake.errors import ManifestUnreadable, RawObjectMissing
from spotify_lake.raw_zone import ManifestUnreadableError, RunManifest
from spotify_lake.storage import HadoopFiles

_OBJECT: Final = "path string, content binary"
_WORTH_LISTING: Final = 32


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


def read_objects(spark: SparkSession, raw_uri: str, keys: Sequence[str]) -> DataFrame:
    """Read raw objects whole: columns path (string) and content (binary, as stored).

    A run's folder of which many objects are wanted is listed instead of asking for each of them, so further
    objects of it may be among the rows.

    Raises:
        RawObjectMissing: one that was asked for does not exist.
    """
    if not keys:
        return spark.createDataFrame([], _OBJECT)
    paths = [raw_uri + each for each in _paths(keys)]
    try:
        reader = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
        return reader.load(paths).select("path", "content")
    except AnalysisException as error:
        raise _missing(error, paths) from error


def _paths(keys: Sequence[str]) -> list[str]:
    by_run: dict[str, list[str]] = {}
    for key in keys:
        by_run.setdefault(raw_zone.run_folder(key), []).append(key)
    return [
        path
        for folder, wanted in by_run.items()
        for path in ([folder] if len(wanted) >= _WORTH_LISTING else wanted)
    ]


def _missing(error: AnalysisException, uris: Sequence[str]) -> Exception:
    # Spark 4 renamed it.
    condition = getattr(error, "getCondition", error.getErrorClass)
    if condition() != "PATH_NOT_FOUND":
        return error
    path = (error.getMessageParameters() or {}).get("path", f"one of {len(uris)} objects")
    return RawObjectMissing(path)
