"""The exchange between the stages: Arrow pieces and Parquet files."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq

from spotify_lake.contract import tables
from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.engine import exchange
from spotify_lake.engine.exchange import ArrowPiece, ParquetFile, distribute, pack, to_parquet, unpack

ROWS = pa.table({"track_id": ["t1", "t2", "t3"], "popularity": pa.array([1, None, 3], pa.int32())})


def test_arrow_pieces_of_a_table_are_concatenated() -> None:
    pieces = [ArrowPiece("tracks", 0, ROWS), ArrowPiece("albums", 7, ROWS), ArrowPiece("tracks", 1, ROWS)]
    tables_by_name = unpack(pack(pieces))
    assert tables_by_name == {"tracks": pa.concat_tables([ROWS, ROWS]), "albums": ROWS}


def test_a_packed_row_is_an_arrow_stream_or_a_parquet_file() -> None:
    empty = arrow_schema(tables.TRACKS).empty_table()
    file = ParquetFile("tracks", to_parquet(tables.TRACKS, empty))
    (batch,) = pack([ArrowPiece("tracks", 5, ROWS), ArrowPiece("figures", None, ROWS), file])
    for_next_stage, for_driver, finished = batch.to_pylist()
    assert (for_next_stage["bucket"], for_driver["bucket"], finished["bucket"]) == (5, None, None)
    assert for_next_stage["parquet_file"] is for_driver["parquet_file"] is finished["arrow_stream"] is None
    assert exchange.from_streams([("figures", for_driver["arrow_stream"])]) == {"figures": ROWS}
    assert pq.read_table(io.BytesIO(finished["parquet_file"])).num_rows == 0


def test_large_pieces_are_packed_into_several_batches() -> None:
    large = ParquetFile("tracks", bytes(exchange._BATCH_BYTES))
    assert [batch.num_rows for batch in pack([large, large, ParquetFile("tracks", b"")])] == [1, 1, 1]


def test_rows_of_equal_values_get_the_same_bucket() -> None:
    rows = pa.table({"id": [str(number % 40) for number in range(200)], "n": range(200)})
    buckets = dict(distribute(rows, "id", [3, 8, 21]))
    assert sum(len(part) for part in buckets.values()) == 200
    ids = [set(part["id"].to_pylist()) for part in buckets.values()]
    assert sum(map(len, ids)) == 40
    assert all(ids), "the rows are distributed over all buckets"
