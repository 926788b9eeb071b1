"""How tables travel between the stages and to the driver: as Arrow pieces and Parquet files in Spark rows.

Spark moves, distributes and caches the rows. One row is a whole Arrow table or a whole Parquet file, because
turning a million records into a million Spark rows and back costs more than processing them.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.contract.tables import Table
from spotify_lake.transforms.columns import Array, array

PACKED: Final = "table string, bucket int, arrow_stream binary, parquet_file binary"
"""The columns of a Spark row, see `ArrowPiece` and `ParquetFile`. One of the two binary columns is null."""
FOR_NEXT_STAGE: Final = "arrow_stream IS NOT NULL AND bucket IS NOT NULL"
FOR_DRIVER: Final = "arrow_stream IS NOT NULL AND bucket IS NULL"
IS_FILE: Final = "parquet_file IS NOT NULL"

_PACKED_SCHEMA: Final = pa.schema(
    [
        ("table", pa.string()),
        ("bucket", pa.int32()),
        ("arrow_stream", pa.binary()),
        ("parquet_file", pa.binary()),
    ]
)
_OPTIONS: Final = pa.ipc.IpcWriteOptions(compression="lz4")
_BATCH_BYTES: Final = 16 * 1024 * 1024
_ID_LENGTH: Final = 22  # of Spotify's ids

Tables = dict[str, pa.Table]
Hashes = np.ndarray[Any, np.dtype[np.uint64]]


@dataclasses.dataclass(frozen=True)
class ArrowPiece:
    """Rows of a table for a task of the next stage, or for the driver where the bucket is None."""

    table: str
    bucket: int | None
    rows: pa.Table


@dataclasses.dataclass(frozen=True)
class ParquetFile:
    """Finished rows of a table."""

    table: str
    content: bytes


_Row: TypeAlias = tuple[str, int | None, bytes | None, bytes | None]


def pack(pieces: Iterable[ArrowPiece | ParquetFile]) -> Iterator[pa.RecordBatch]:
    """Return batches of Spark rows, some megabytes each."""
    waiting: list[_Row] = []
    size = 0
    for piece in pieces:
        row = _packed(piece)
        waiting.append(row)
        size += len(row[2] or row[3] or b"")
        if size >= _BATCH_BYTES:
            yield _batch(waiting)
            waiting, size = [], 0
    if waiting:
        yield _batch(waiting)


def _packed(piece: ArrowPiece | ParquetFile) -> _Row:
    if isinstance(piece, ParquetFile):
        return piece.table, None, None, piece.content
    return piece.table, piece.bucket, _to_stream(piece.rows), None


def _batch(rows: list[_Row]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(each, field.type) for each, field in zip(columns, _PACKED_SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=_PACKED_SCHEMA)


def _to_stream(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema, options=_OPTIONS) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())


def unpack(batches: Iterable[pa.RecordBatch]) -> Tables:
    """Return the tables in batches of Arrow pieces by name, the pieces of each concatenated."""
    return from_streams(
        (name, stream.as_buffer())
        for batch in batches
        for name, stream in zip(batch.column("table").to_pylist(), batch.column("arrow_stream"), strict=True)
    )


def from_streams(streams: Iterable[tuple[str, Any]]) -> Tables:
    """Return tables by name from the name and the Arrow stream of each piece."""
    pieces: dict[str, list[pa.Table]] = {}
    for name, stream in streams:
        pieces.setdefault(name, []).append(pa.ipc.open_stream(stream).read_all())
    return {name: pa.concat_tables(each).combine_chunks() for name, each in pieces.items()}


def to_parquet(table: Table, rows: pa.Table) -> bytes:
    """Return a Parquet file of rows. Timestamps are microseconds, which have statistics (INT96 has none)."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows.cast(arrow_schema(table)), sink, compression="zstd", compression_level=1, store_schema=False
    )
    return bytes(sink.getvalue())


def distribute(rows: pa.Table, key: str, buckets: Sequence[int]) -> Iterator[tuple[int, pa.Table]]:
    """Distribute a table over numbered buckets by a column. Rows of equal values get the same bucket."""
    if len(buckets) == 1:
        yield buckets[0], rows
        return
    bucket = (hashes(array(rows, key)) % np.uint64(len(buckets))).astype(np.int64)
    ordered = rows.take(pa.array(np.argsort(bucket, kind="stable")))
    ends = np.cumsum(np.bincount(bucket, minlength=len(buckets))).tolist()
    for number, start, end in zip(buckets, [0, *ends], ends, strict=False):
        yield number, ordered.slice(start, end - start)


def hashes(column: Array) -> Hashes:
    """Return a 64-bit hash of each text, the same in every process. Integers are their own hash."""
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
    """The finalizer of SplitMix64: every bit of a number changes half of the bits of the result."""
    mixed = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), np.uint64)
