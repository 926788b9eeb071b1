"""From raw lines to the rows of a table, without Spark."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

from spotify_lake.contract import raw_zone
from spotify_lake.engine import stages
from spotify_lake.engine.exchange import Tables
from spotify_lake.engine.stage_output import StageOutput
from tests.spark.raw_rows import DAY, RUN, Json

Row = dict[str, Any]
Normalize = Callable[..., list[Row]]


def raw_objects(*lines: Json | str) -> list[tuple[str, bytes]]:
    """One object per source. A string is a raw line among the playlist items."""
    by_source: dict[str, list[str]] = {}
    for line in lines:
        source = "playlist_items" if isinstance(line, str) else line["source"]
        text = line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)
        by_source.setdefault(source, []).append(text)
    return [
        (f"{raw_zone.run_prefix(source, DAY, RUN)}0.ndjson.gz", gzip.compress("\n".join(texts).encode()))
        for source, texts in by_source.items()
    ]


def decide_day(*lines: Json | str) -> StageOutput:
    """The output of the stage `decide` for raw lines, in one process."""
    return stages.decide(stages.observe(raw_objects(*lines)))


def day_of(*lines: Json | str) -> Tables:
    """All tables of a day, in one process: the stages one after the other."""
    decided = decide_day(*lines)
    return {**decided.rows, "artists": stages.decide_artists(decided.next_stage).rows["artists"]}
