"""The index of the raw zone's full records: one small object per kind, rebuilt when it is lost.

A record belongs to the day (`snapshot_date`) of the run that read it. A run uses the records of its own day
and of earlier days only. The age of a record is the difference between the two days, whatever the clock says.
The index keeps the record of the latest day for each id. A run for an earlier day reads an id again when its
only record is of a later day.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import gzip
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec

from common.observability import logger
from fetch_spotify.storage.bucket import RawBucket
from fetch_spotify.storage.writer import read_object
from spotify_lake.contract.raw_zone import ID_NAMES, ROOT, RawObject, snapshot_date_of

_DAMAGED_GZIP: Final = (OSError, EOFError, zlib.error)


def index_key(source: str) -> str:
    """The key of the index of one raw source, such as `artists`."""
    return f"{ROOT}/index/{source}.json.gz"


@dataclasses.dataclass(frozen=True)
class KnownRecord:
    """A record that was read.

    Attributes:
        day: the run's snapshot_date.
        read_at: when.
        key: of the object that holds it; "" for an id unknown to Spotify.
    """

    day: str
    read_at: str
    key: str

    @property
    def order(self) -> tuple[str, str]:
        """Of two records of an id, the one with the larger value counts."""
        return self.day, self.read_at


class _Stored(msgspec.Struct, omit_defaults=True):
    """The stored index of one raw source, which is also the name of its records.

    A record is its day, the time when it was read, and the number of its object in `objects`, or -1.
    """

    version: Literal[2]
    objects: list[RawObject]
    artists: dict[str, tuple[str, str, int]] = {}
    albums: dict[str, tuple[str, str, int]] = {}


class RecordIndex:
    """The known records of one raw source, for one run.

    Attributes:
        source: the raw source, such as `artists`.
        day: the run's snapshot_date.
        latest: the record of the latest day, by Spotify id.
        usable: the latest record of the run's day or before, by Spotify id.
        objects: the objects that hold the records, by key.
    """

    def __init__(
        self,
        source: str,
        day: str,
        latest: dict[str, KnownRecord] | None = None,
        objects: dict[str, RawObject] | None = None,
    ) -> None:
        self.source = source
        self.day = day
        self.latest = latest or {}
        self.usable = {record_id: record for record_id, record in self.latest.items() if record.day <= day}
        self.objects = objects or {}

    @classmethod
    def load_or_rebuild(cls, bucket: RawBucket, source: str, day: str) -> RecordIndex:
        """Read the index; when it cannot be read, rebuild it from every object that a manifest names."""
        if (index := cls.load(bucket, source, day)) is not None:
            return index
        index = cls(source, day)
        manifests = bucket.manifests()
        keys = {obj.key for manifest in manifests for obj in manifest.full_records() if obj.source == source}
        for key in sorted(keys):
            if (stored := read_object(bucket, key, source)) is not None:
                obj, lines = stored
                index.add(obj, {line[ID_NAMES[source]]: line["fetched_at"] for line in lines})
        if keys:
            logger.info("an index was rebuilt", extra={"source": source, "records": len(index.latest)})
        return index

    @classmethod
    def load(cls, bucket: RawBucket, source: str, day: str) -> RecordIndex | None:
        """Read the index; None when it does not exist or cannot be read."""
        key = index_key(source)
        body = bucket.get(key)
        if body is None:
            return None
        try:
            stored = msgspec.json.decode(gzip.decompress(body), type=_Stored)
            keys = [obj.key for obj in stored.objects]
            records = {
                record_id: KnownRecord(read_for, read_at, keys[number] if number >= 0 else "")
                for record_id, (read_for, read_at, number) in getattr(stored, source).items()
            }
        except (*_DAMAGED_GZIP, msgspec.DecodeError, IndexError):
            logger.warning("an index of full records cannot be read and is rebuilt", extra={"key": key})
            return None
        return cls(source, day, records, {obj.key: obj for obj in stored.objects})

    def save(self, bucket: RawBucket) -> None:
        """Store the index, without the objects that no longer hold the latest record of anything."""
        keys = sorted({record.key for record in self.latest.values() if record.key})
        numbers = {key: number for number, key in enumerate(keys)}
        records = {
            record_id: (record.day, record.read_at, numbers.get(record.key, -1))
            for record_id, record in self.latest.items()
        }
        stored = _Stored(2, [self.objects[key] for key in keys], **{self.source: records})
        bucket.put(index_key(self.source), gzip.compress(msgspec.json.encode(stored), mtime=0))

    def add(self, obj: RawObject, read_at: Mapping[str, str]) -> None:
        """Add an object, with the time when each of its records was read.

        Of two records of an id, the one of the later day counts, and of the same day the later one.
        """
        self.objects[obj.key] = obj
        day = snapshot_date_of(obj.key)
        for record_id, moment in read_at.items():
            record = KnownRecord(day, moment, obj.key)
            for records in self._maps_for(day):
                known = records.get(record_id)
                if known is None or known.order <= record.order:
                    records[record_id] = record

    def add_missing(self, record_ids: Iterable[str], at: str) -> None:
        """Add ids that Spotify does not know, so that they are not requested every day.

        An id with a record keeps it and is requested again, because the refusal may be temporary.
        """
        missing = KnownRecord(self.day, at, "")
        for record_id in record_ids:
            for records in self._maps_for(self.day):
                known = records.get(record_id)
                if known is None or (not known.key and known.order <= missing.order):
                    records[record_id] = missing

    def read_at(self, record_id: str) -> str:
        """When a usable record was read or found missing; "" if it never was."""
        known = self.usable.get(record_id)
        return known.read_at if known else ""

    def is_fresh(self, record_id: str, max_age_days: int) -> bool:
        """Whether a record was read (or found missing) less than `max_age_days` before the run's day."""
        known = self.usable.get(record_id)
        if known is None:
            return False
        age = dt.date.fromisoformat(self.day) - dt.date.fromisoformat(known.day)
        return age.days < max_age_days

    def objects_of(self, record_ids: Collection[str]) -> list[RawObject]:
        """The objects that hold the usable records, each once, in the order of their keys."""
        keys = {known.key for record_id in record_ids if (known := self.usable.get(record_id)) and known.key}
        return [self.objects[key] for key in sorted(keys)]

    def _maps_for(self, day: str) -> Sequence[dict[str, KnownRecord]]:
        return (self.latest, self.usable) if day <= self.day else (self.latest,)
