"""The artists whose full record lies in the raw zone: one small object beside it, rebuilt from it if lost."""

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

KEY: Final = f"{ROOT}/index/artists.json.gz"
_VERSION: Final = 1
_SECONDS_A_DAY: Final = 86_400
_DAMAGED_GZIP: Final = (OSError, EOFError, zlib.error)


@dataclasses.dataclass(frozen=True)
class KnownArtist:
    """When an artist was read, and the key of the object that holds the record ("" for an unknown id)."""

    read_at: str
    key: str


class ArtistIndex:
    """Which artists are known.

    Attributes:
        artists: by artist id.
        objects: by key, those that hold the records.
    """

    def __init__(self, artists: dict[str, KnownArtist], objects: dict[str, RawObject]) -> None:
        self.artists = artists
        self.objects = objects

    @classmethod
    def load(cls, bucket: RawBucket) -> ArtistIndex | None:
        """Read the index; None when there is none that can be read."""
        body = bucket.get(KEY)
        if body is None:
            return None
        try:
            return cls._parsed(json.loads(gzip.decompress(body)))
        except (*_DAMAGED_GZIP, ValueError, LookupError, TypeError, AttributeError):
            logger.warning("the artist index cannot be read and is made anew", extra={"key": KEY})
            return None

    def save(self, bucket: RawBucket) -> None:
        """Store the index, without objects that hold no artist's latest record any more."""
        keys = sorted({artist.key for artist in self.artists.values() if artist.key})
        numbers = {key: number for number, key in enumerate(keys)}
        body = {
            "version": _VERSION,
            "objects": [dataclasses.asdict(self.objects[key]) for key in keys],
            "artists": {
                artist_id: [artist.read_at, numbers.get(artist.key, -1)]
                for artist_id, artist in self.artists.items()
            },
        }
        bucket.put(KEY, gzip.compress(json.dumps(body, separators=(",", ":")).encode(), mtime=0))

    def add(self, obj: RawObject, read_at: Mapping[str, str]) -> None:
        """Note an object and when each artist in it was read; of two readings the later one counts."""
        self.objects[obj.key] = obj
        for artist_id, moment in read_at.items():
            known = self.artists.get(artist_id)
            if known is None or known.read_at <= moment:
                self.artists[artist_id] = KnownArtist(moment, obj.key)

    def add_missing(self, artist_ids: Iterable[str], at: str) -> None:
        """Note ids that Spotify does not know, so that they are not asked for every day.

        An artist whose record is held keeps it, and is asked for again: the refusal may pass.
        """
        for artist_id in artist_ids:
            known = self.artists.get(artist_id)
            if known is None or not known.key:
                self.artists[artist_id] = KnownArtist(at, "")

    def is_fresh(self, artist_id: str, now: float, max_age_days: float) -> bool:
        """Whether an artist was read (or found missing) within so many days."""
        known = self.artists.get(artist_id)
        return known is not None and now - epoch(known.read_at) < max_age_days * _SECONDS_A_DAY

    def objects_of(self, artist_ids: Collection[str]) -> list[RawObject]:
        """The objects that hold these artists' records, each once, in order of their keys."""
        keys = {known.key for artist_id in artist_ids if (known := self.artists.get(artist_id)) and known.key}
        return [self.objects[key] for key in sorted(keys)]

    @classmethod
    def _parsed(cls, body: dict[str, Any]) -> ArtistIndex:
        if body["version"] != _VERSION:
            raise ValueError(f"version {body['version']}")
        objects = [RawObject(**obj) for obj in body["objects"]]
        artists = {
            artist_id: KnownArtist(read_at, objects[number].key if number >= 0 else "")
            for artist_id, (read_at, number) in body["artists"].items()
        }
        return cls(artists, {obj.key: obj for obj in objects})
