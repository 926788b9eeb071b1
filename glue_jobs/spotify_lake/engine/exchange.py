"""How tables travel between the steps of the job: as packed Arrow batches in rows of Spark.

Spark moves, spreads and keeps rows; a row here is a whole Arrow table for one bucket. Taking apart a million
records into a million Spark rows and back costs more than all the work on them.

Columns of such a row: table (string), bucket (int), rows (binary: an Arrow IPC stream).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from spotify_lake.transforms.columns import Array, array

PACKED: Final = "table string, bucket int, rows binary"
PACKED_SCHEMA: Final = pa.schema([("table", pa.string()), ("bucket", pa.int32()), ("rows", pa.binary())])
_OPTIONS: Final = pa.ipc.IpcWriteOptions(compression="lz4")
_BATCH_BYTES: Final = 16 * 1024 * 1024
_ID_LENGTH: Final = 22  # of Spotify's ids

Tables = dict[str, pa.Table]
Hashes = np.ndarray[Any, np.dtype[np.uint64]]


def to_stream(rows: pa.Table) -> bytes:
    """Return a table as the bytes of an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema, options=_OPTIONS) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())


def pack(pieces: Iterable[tuple[str, int, bytes]]) -> Iterator[pa.RecordBatch]:
    """Return rows for Spark, some megabytes at a time: each piece is a table's name, a bucket, and bytes."""
    waiting: list[tuple[str, int, bytes]] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece[2])
        if size >= _BATCH_BYTES:
            yield _packed(waiting)
            waiting, size = [], 0
    if waiting:
        yield _packed(waiting)


def _packed(pieces: list[tuple[str, int, bytes]]) -> pa.RecordBatch:
    columns = zip(*pieces, strict=True)
    arrays = [pa.array(each, field.type) for each, field in zip(columns, PACKED_SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=PACKED_SCHEMA)


def unpack(batches: Iterable[pa.RecordBatch]) -> Tables:
    """Return the packed tables by name, the pieces of each joined; one without a row is not among them."""
    pieces: dict[str, list[pa.Table]] = {}
    for batch in batches:
        for name, stream in zip(batch.column(0).to_pylist(), batch.column(2), strict=True):
            pieces.setdefault(name, []).append(pa.ipc.open_stream(stream.as_buffer()).read_all())
    return {name: pa.concat_tables(each).combine_chunks() for name, each in pieces.items()}


def spread(rows: pa.Table, key: str, buckets: Sequence[int]) -> Iterator[tuple[int, pa.Table]]:
    """Spread a table over numbered buckets by a column, so that equal values meet in one bucket."""
    if len(buckets) == 1:
        yield buckets[0], rows
        return
    bucket = (hashes(array(rows, key)) % np.uint64(len(buckets))).astype(np.int64)
    ordered = rows.take(pa.array(np.argsort(bucket, kind="stable")))
    ends = np.cumsum(np.bincount(bucket, minlength=len(buckets))).tolist()
    for number, start, end in zip(buckets, [0, *ends], ends, strict=False):
        yield number, ordered.slice(start, end - start)


def hashes(column: Array) -> Hashes:
    """Return 64 bits for each text, the same in every process; a whole number stands for itself."""
    if not pa.types.is_string(column.type):
        return np.asarray(column.fill_null(0).to_numpy().astype(np.uint64))
    texts = column.fill_null("")
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    is_id = np.diff(offsets) == _ID_LENGTH
    made = np.zeros(len(texts), np.uint64)
    made[is_id] = _hashed_ids(texts.buffers()[2], offsets[:-1][is_id])
    if not is_id.all():
        others = texts.filter(pa.array(~is_id)).dictionary_encode()
        known = np.array([_hashed(each) for each in others.dictionary.to_pylist()], np.uint64)
        made[~is_id] = known[others.indices.to_numpy()]
    return made


def _hashed(value: str) -> int:
    return int.from_bytes(hashlib.blake2b(value.encode(), digest_size=8).digest(), "little")


def combined(columns: Iterable[Hashes]) -> Hashes:
    """Return one hash for several columns."""
    total: Hashes | None = None
    for column in columns:
        total = column if total is None else _mixed(total) ^ column
    if total is None:
        message = "no column to combine"
        raise ValueError(message)
    return total


def _hashed_ids(texts: Any, starts: Any) -> Hashes:
    """Hash texts of `_ID_LENGTH` bytes, all at once, as three numbers that overlap."""
    if not len(starts):
        return np.zeros(0, np.uint64)
    at = np.frombuffer(texts, np.uint8)[starts[:, None] + np.arange(_ID_LENGTH)]
    parts = [np.ascontiguousarray(at[:, first : first + 8]).view(np.uint64)[:, 0] for first in (0, 8, 14)]
    return combined(_mixed(part + np.uint64(place)) for place, part in enumerate(parts))


def _mixed(numbers: Hashes) -> Hashes:
    """The finaliser of SplitMix64: every bit of a number changes half of the bits of the result."""
    mixed = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), np.uint64)
