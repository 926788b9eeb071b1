"""Read the manifests of a day and the raw objects that they name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from spotify_lake.contract import raw_zone
from spotify_lake.contract.raw_zone import ManifestUnreadableError, RunManifest
from spotify_lake.engine.storage import HadoopFiles
from spotify_lake.errors import ManifestUnreadable, RawObjectMissing

_OBJECT: Final = "path string, content binary"
_WORTH_LISTING: Final = 32


def manifests_uri(raw_uri: str, snapshot_date: str) -> str:
    """Return the folder of a day's manifests."""
    return raw_uri + raw_zone.manifests_prefix(snapshot_date)


def read_manifests(files: HadoopFiles, raw_uri: str, snapshot_date: str) -> list[RunManifest]:
    """Return every manifest of the day.

    Raises:
        ManifestUnreadable: one of them is not a valid manifest.
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
    """Read raw objects: columns path (string) and content (binary, as stored).

    If most objects of a run's folder are needed the whole folder is read, so there may be rows of other
    objects.

    Raises:
        RawObjectMissing: a requested object does not exist.
    """
    if not keys:
        return spark.createDataFrame([], _OBJECT)
    files = HadoopFiles(spark)
    paths = [raw_uri + each for each in paths_of(keys, lambda folder: objects_in(files, raw_uri, folder))]
    try:
        reader = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
        return reader.load(paths).select("path", "content")
    except AnalysisException as error:
        raise _missing(error, paths) from error


def paths_of(keys: Sequence[str], objects_in: Callable[[str], int | None]) -> list[str]:
    """Return the paths to read for these objects: folders of runs, and single objects.

    A day's unchanged playlists are in the folders of earlier runs, among many objects that the day does not
    need. Reading a folder reads all of them.

    Args:
        keys: the objects.
        objects_in: returns the number of objects in a run's folder, or None if it is unknown; called for
            folders of which many objects are needed.
    """
    by_run: dict[str, list[str]] = {}
    for key in keys:
        by_run.setdefault(raw_zone.run_folder(key), []).append(key)
    paths: list[str] = []
    for folder, needed in by_run.items():
        total = objects_in(folder) if len(needed) >= _WORTH_LISTING else None
        paths += [folder] if total is not None and len(needed) * 2 >= total else needed
    return paths


def objects_in(files: HadoopFiles, raw_uri: str, folder: str) -> int | None:
    """Return the number of objects in a folder according to its run's manifest; None without one."""
    uri = raw_uri + raw_zone.manifest_of(folder)
    if not files.exists(uri):
        return None
    try:
        manifest = RunManifest.from_json(files.read_text(uri))
    except ManifestUnreadableError:
        return None
    return sum(each.key.startswith(folder) for each in manifest.objects())


def _missing(error: AnalysisException, uris: Sequence[str]) -> Exception:
    # Spark 4 renamed it.
    condition = getattr(error, "getCondition", error.getErrorClass)
    if condition() != "PATH_NOT_FOUND":
        return error
    path = (error.getMessageParameters() or {}).get("path", f"one of {len(uris)} objects")
    return RawObjectMissing(path)
