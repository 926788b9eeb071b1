"""Bounded reads of the lake: single partitions, columns by name, and short lists of days.

A partition is one file with a constant name, so it is read without a listing. A listing begins at the first
day of interest and ends at the last one. The whole history is never read or listed.
"""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import awswrangler as wr
import pandas as pd
from botocore.exceptions import ClientError

from build_report.errors import PartitionMissing
from spotify_lake.contract.raw_zone import RunManifest, manifest_key
from spotify_lake.contract.tables import PARTITION, Table
from spotify_lake.publishing.marts_report import MARTS_NAME
from spotify_lake.publishing.publish import PUBLISHED_NAME, RUNS, CuratedPaths
from spotify_lake.publishing.run_report import RunReport

from .frames import empty, in_order

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_DAY: Final = f"{PARTITION.name}="
_MISSING: Final = ("404", "NoSuchKey", "403", "AccessDenied")
"""S3 answers 403 for a missing object to those who may not list the bucket."""
_AFTER_ALL: Final = "~"
_READERS: Final = 8


@dataclasses.dataclass(frozen=True)
class PublishedRun:
    """What a run published for a day: the tables, and when its marts followed (ISO 8601; None without)."""

    report: RunReport
    marts_published_at: str | None


class Lake:
    """The buckets of a lake.

    Args:
        s3: the client.
        curated: the bucket of the tables and marts.
        raw: the bucket of the manifests.
    """

    def __init__(self, s3: S3Client, curated: str, raw: str) -> None:
        self._s3 = s3
        self.curated = curated
        self._raw = raw

    def partition(self, table: Table, day: str, columns: Sequence[str]) -> pd.DataFrame:
        """Read columns of a day. A column that the file lacks, because it is older, is null.

        Raises:
            PartitionMissing: the table has no partition of that day.
        """
        uri = self._uri(table, day)
        try:
            frame = wr.s3.read_parquet(path=[uri], columns=list(columns), use_threads=False)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                raise PartitionMissing(table.name, day, uri) from error
            raise
        return in_order(columns, frame)

    def partitions(
        self, table: Table, days: Sequence[str], columns: Sequence[str]
    ) -> Iterator[tuple[str, pd.DataFrame]]:
        """Read columns of several days, one day at a time, so that memory is bounded. See `days`."""
        for day in days:
            yield day, self.partition(table, day, columns)

    def small_partitions(
        self, table: Table, days: Sequence[str], columns: Sequence[str]
    ) -> dict[str, pd.DataFrame]:
        """Read columns of several days of a small table at once, one request per day.

        Each file is fetched as a whole, and the frames of all days are kept. See `partition`.
        """

        def read(day: str) -> pd.DataFrame:
            key = self._uri(table, day).removeprefix(f"s3://{self.curated}/")
            try:
                body = self._s3.get_object(Bucket=self.curated, Key=key)["Body"].read()
            except ClientError as error:
                if error.response["Error"]["Code"] in _MISSING:
                    raise PartitionMissing(table.name, day, self._uri(table, day)) from error
                raise
            return in_order(columns, pd.read_parquet(io.BytesIO(body)))

        with ThreadPoolExecutor(_READERS) as pool:
            return dict(zip(days, pool.map(read, days), strict=True))

    def days(self, table: Table, first: str, last: str) -> list[str]:
        """Return the days from `first` to `last` that have a partition of the table, in order."""
        keys = self._keys(f"{table.name}/{_DAY}", first, last)
        return sorted(set(map(_day_in, keys)))

    def first_day(self, table: Table) -> str | None:
        """Return the first day that has a partition of the table; None without any."""
        found = self._s3.list_objects_v2(Bucket=self.curated, Prefix=f"{table.name}/{_DAY}", MaxKeys=1)
        return next((_day_in(each["Key"]) for each in found.get("Contents", [])), None)

    def has_later(self, folder: str, day: str) -> bool:
        """Return whether a folder with a subfolder per day has a later day."""
        prefix = f"{folder}/{_DAY}"
        found = self._s3.list_objects_v2(
            Bucket=self.curated, Prefix=prefix, StartAfter=f"{prefix}{day}/{_AFTER_ALL}", MaxKeys=1
        )
        return bool(found.get("Contents"))

    def exists(self, key: str) -> bool:
        """Return whether the curated bucket has an object."""
        try:
            self._s3.head_object(Bucket=self.curated, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return False
            raise
        return True

    def put_page(self, key: str, page: str) -> None:
        """Write a page that a browser opens, and asks for again each time."""
        self._s3.put_object(
            Bucket=self.curated,
            Key=key,
            Body=page.encode(),
            ContentType="text/html; charset=utf-8",
            CacheControl="no-cache",
        )

    def published_runs(self, first: str, last: str) -> dict[str, PublishedRun]:
        """Return the latest run that published each day from `first` to `last`."""
        keys = list(self._keys(f"{RUNS}/{_DAY}", first, last))
        reports = [key for key in keys if key.endswith(f"/{PUBLISHED_NAME}")]
        with ThreadPoolExecutor(_READERS) as pool:
            texts = list(pool.map(lambda key: self._text(self.curated, key), reports))
        newest: dict[str, RunReport] = {}
        for text in texts:
            report = RunReport.from_json(text)
            known = newest.get(report.snapshot_date)
            if known is None or known.published_at < report.published_at:
                newest[report.snapshot_date] = report
        return {day: PublishedRun(report, self._marts_time(report, keys)) for day, report in newest.items()}

    def manifests(self, runs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], RunManifest]:
        """Return the manifests of fetches, by day and run id. Those that have expired are left out."""

        def read(run: tuple[str, str]) -> tuple[tuple[str, str], RunManifest] | None:
            try:
                return run, RunManifest.from_json(self._text(self._raw, manifest_key(*run)))
            except ClientError as error:
                if error.response["Error"]["Code"] in _MISSING:
                    return None
                raise

        with ThreadPoolExecutor(_READERS) as pool:
            return dict(filter(None, pool.map(read, runs)))

    def _marts_time(self, report: RunReport, keys: Sequence[str]) -> str | None:
        key = f"{RUNS}/{_DAY}{report.snapshot_date}/run_id={report.run_id}/{MARTS_NAME}"
        if key not in keys:
            return None
        stored: dict[str, Any] = json.loads(self._text(self.curated, key))
        return str(stored["published_at"])

    def _keys(self, prefix: str, first: str, last: str) -> Iterator[str]:
        """Yield the keys below `prefix<day>/`, from the first day to the last, in order."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.curated, Prefix=prefix, StartAfter=f"{prefix}{first}"
        )
        for page in pages:
            for each in page.get("Contents", []):
                if each["Key"] > f"{prefix}{last}/{_AFTER_ALL}":
                    return
                yield each["Key"]

    def _uri(self, table: Table, day: str) -> str:
        return CuratedPaths(f"s3://{self.curated}/", "", day).file(table.name)

    def _text(self, bucket: str, key: str) -> str:
        return self._s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()


def of_days(
    partitions: Iterable[tuple[str, pd.DataFrame]], columns: Sequence[str], keep: str, values: Sequence[str]
) -> pd.DataFrame:
    """Return the rows of several days with these values in the column `keep`, and their `snapshot_date`."""
    frames = [
        in_order(columns, frame[frame[keep].isin(values)]).assign(snapshot_date=day)
        for day, frame in partitions
    ]
    kept = [frame for frame in frames if not frame.empty]
    return pd.concat(kept, ignore_index=True) if kept else empty([*columns, "snapshot_date"])


def _day_in(key: str) -> str:
    return key.partition(_DAY)[2].partition("/")[0]
