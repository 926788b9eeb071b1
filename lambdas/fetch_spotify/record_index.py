"""The full records that the raw zone holds: one small index object per kind, rebuilt when it is lost."""

from __future__ import annotations

import dataclasses
import gzip
import json
import zlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from common.observability import logger
from fetch_spotify.clock import epoch
from fetch_spotify.raw_bucket import RawBucket
from spotify_lake.raw_zone import ROOT, RawObject

_VERSION: Final = 1
_SECONDS_A_DAY: Final = 86_400
_DAMAGED_GZIP: Final = (OSError, EOFError, zlib.error)


def index_key(source: str) -> str:
    """The key of the index of one raw source, such as `artists`."""
    return f"{ROOT}/index/{source}.json.gz"


@dataclasses.dataclass(frozen=True)
class KnownRecord:
    """When a record was read, and the key of the object that holds it ("" for an id unknown to Spotify)."""

    read_at: str
    key: str


class RecordIndex:
    """The known records of one raw source.

    Attributes:
        source: the raw source, such as `artists`.
        records: by Spotify id.
        objects: the objects that hold the records, by key.
    """

    def __init__(
        self,
        source: str,
        records: dict[str, KnownRecord] | None = None,
        objects: dict[str, RawObject] | None = None,
    ) -> None:
        self.source = source
        self.records = records or {}
        self.objects = objects or {}

    @classmethod
    def load(cls, bucket: RawBucket, source: str) -> RecordIndex | None:
        """Read the index; None when there is none or it cannot be read."""
        key = index_key(source)
        body = bucket.get(key)
        if body is None:
            return None
        try:
            return cls._parsed(source, json.loads(gzip.decompress(body)))
        except (*_DAMAGED_GZIP, ValueError, LookupError, TypeError, AttributeError):
            logger.warning("an index of full records cannot be read and is rebuilt", extra={"key": key})
            return None

    def save(self, bucket: RawBucket) -> None:
        """Store the index, without the objects that no longer hold the latest record of anything."""
        keys = sorted({record.key for record in self.records.values() if record.key})
        numbers = {key: number for number, key in enumerate(keys)}
        body = {
            "version": _VERSION,
            "objects": [dataclasses.asdict(self.objects[key]) for key in keys],
            self.source: {
                record_id: [record.read_at, numbers.get(record.key, -1)]
                for record_id, record in self.records.items()
            },
        }
        text = json.dumps(body, separators=(",", ":")).encode()
        bucket.put(index_key(self.source), gzip.compress(text, mtime=0))

    def add(self, obj: RawObject, read_at: Mapping[str, str]) -> None:
        """Note an object and when each record in it was read; of two readings the later one counts."""
        self.objects[obj.key] = obj
        for record_id, moment in read_at.items():
            known = self.records.get(record_id)
            if known is None or known.read_at <= moment:
                self.records[record_id] = KnownRecord(moment, obj.key)

    def add_missing(self, record_ids: Iterable[str], at: str) -> None:
        """Note ids that Spotify does not know, so that they are not requested every day.

        An id whose record is held keeps it and is requested again: the refusal may be temporary.
        """
        for record_id in record_ids:
            known = self.records.get(record_id)
            if known is None or not known.key:
                self.records[record_id] = KnownRecord(at, "")

    def is_fresh(self, record_id: str, now: float, max_age_days: float) -> bool:
        """Whether a record was read (or found missing) within so many days."""
        known = self.records.get(record_id)
        return known is not None and now - epoch(known.read_at) < max_age_days * _SECONDS_A_DAY

    def objects_of(self, record_ids: Collection[str]) -> list[RawObject]:
        """The objects that hold these records, each once, in the order of their keys."""
        keys = {known.key for record_id in record_ids if (known := self.records.get(record_id)) and known.key}
        return [self.objects[key] for key in sorted(keys)]

    @classmethod
    def _parsed(cls, source: str, body: dict[str, Any]) -> RecordIndex:
        if body["version"] != _VERSION:
            raise ValueError(f"version {body['version']}")
        objects = [RawObject(**obj) for obj in body["objects"]]
        records = {
            record_id: KnownRecord(read_at, objects[number].key if number >= 0 else "")
            for record_id, (read_at, number) in body[source].items()
        }
        return cls(source, records, {obj.key: obj for obj in objects})
