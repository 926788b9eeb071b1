"""The kinds of full records, and the check of Spotify's answers with them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from fetch_spotify.errors import BrokenAnswer
from fetch_spotify.spotify.list_pages import TRIES
from spotify_lake.contract import raw_zone

JsonObject: TypeAlias = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class RecordKind:
    """A kind of full record.

    Attributes:
        source: the raw source; also the path of the API and the name of the list in a batch's answer.
        batch_size: the maximum number of ids per call.
        may_read_singly: whether to use one call per record where batches are refused.
    """

    source: str
    batch_size: int
    may_read_singly: bool


KINDS: Final = (
    RecordKind(raw_zone.ARTISTS, batch_size=50, may_read_singly=True),
    # One call per album would spend a development app's whole budget on three columns.
    RecordKind(raw_zone.ALBUMS, batch_size=20, may_read_singly=False),
)
"""All kinds, in the order of reading: the first ones get the budget of calls."""


class RecordCheck:
    """Parses the answers to one call, retries included.

    An answer without exactly the requested records in their order is retried. The last one is used as it is.
    """

    def __init__(self, kind: RecordKind, record_ids: Sequence[str]) -> None:
        self._kind = kind
        self._record_ids = record_ids
        self._attempts = 0

    def check_batch(self, body: JsonObject) -> list[JsonObject | None]:
        """Return the records in a batch's answer."""
        records = body.get(self._kind.source)
        return self._check(records if isinstance(records, list) else None)

    def check_one(self, body: JsonObject) -> list[JsonObject | None]:
        """Return the record in the answer to a call for one."""
        return self._check([body] if _has_id(body) else None)

    def _check(self, records: list[Any] | None) -> list[JsonObject | None]:
        self._attempts += 1
        is_last = self._attempts >= TRIES
        if records is None or not all(_has_id(record) for record in records if record):
            if is_last:
                return []
            raise BrokenAnswer(f"an answer of {self._kind.source} without its list or an id")
        if not is_last and not self._is_as_requested(records):
            raise BrokenAnswer(f"other records of {self._kind.source} than were requested")
        return [record or None for record in records]

    def _is_as_requested(self, records: Sequence[JsonObject | None]) -> bool:
        # A record that is null in a batch is read by itself where that is possible.
        may_be_null = self._kind.may_read_singly
        return len(records) == len(self._record_ids) and all(
            record["id"] == record_id if record else may_be_null
            for record, record_id in zip(records, self._record_ids, strict=True)
        )


def _has_id(record: Any) -> bool:
    return isinstance(record, dict) and isinstance(record.get("id"), str)
