"""Every column of the contract has values for the kinds of app that it declares, and for no others."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from typing import Any

import pyarrow as pa
import pytest

from infra.local.spotify_api import SpotifyApi, SpotifyApiOptions
from spotify_lake.contract import raw_zone, tables
from spotify_lake.engine import stages
from spotify_lake.engine.stage_output import FIGURES, StageOutput, add_figures
from spotify_lake.quality import row_checks, rules
from tests.integration.fetch_support import DAY, World, quick_world

Rows = dict[str, list[dict[str, Any]]]
SOURCES = ("playlists", "saved_tracks")


@pytest.fixture(scope="module", params=tables.APP_MODES)
def day(request: pytest.FixtureRequest) -> tuple[tables.AppMode, Rows]:
    """The rows of a day of the bundled catalog, as an app of each kind fetches it."""
    mode: tables.AppMode = request.param
    with SpotifyApi(SpotifyApiOptions(day=dt.date.fromisoformat(DAY), mode=mode)) as spotify:
        fetch = quick_world(spotify, sources=SOURCES)
        fetch.run()
    return mode, normalised(fetch)


def normalised(fetch: World) -> Rows:
    """Normalise what was fetched, and a damaged object, in one process."""
    objects = [(each.key, fetch.body(each.key)) for each in fetch.manifest().objects()]
    decided = stages.decide(stages.observe([*objects, damaged(fetch)]))
    last = stages.decide_artists(decided.next_stage)
    made: dict[str, pa.Table] = {
        table.name: pa.concat_tables(
            [output.rows[table.name] for output in (decided, last) if table.name in output.rows]
        )
        for table in tables.TABLES
        if table is not tables.QUALITY_RESULTS
    }
    rows = {name: table.to_pylist() for name, table in made.items()}
    return {**rows, tables.QUALITY_RESULTS.name: quality_results(decided, last)}


def damaged(fetch: World) -> tuple[str, bytes]:
    """An object with a line that cannot be read, and one that breaks a quality rule."""
    entry = next(each for each in fetch.manifest().playlists if each.source == raw_zone.PLAYLIST_ITEMS)
    line = fetch.lines(entry.objects[0].key)[0]
    payload = "item" if "item" in line["record"] else "track"
    content = {**line["record"][payload], "id": "t" * 22}
    content["album"] = {**content["album"], "id": "a" * 22, "total_tracks": -1}
    lines = [{**line, "snapshot_id": None}, {**line, "position": 9_999, "record": {payload: content}}]
    body = gzip.compress("\n".join(map(json.dumps, lines)).encode())
    return f"{raw_zone.run_prefix(raw_zone.PLAYLIST_ITEMS, DAY, 'run-1')}damaged.ndjson.gz", body


def quality_results(*outputs: StageOutput) -> list[dict[str, Any]]:
    figures = add_figures(*(output.driver.get(FIGURES) for output in outputs))
    failing, checked, orphaned = (
        {name: count for (each, name), count in figures.items() if each == kind}
        for kind in ("failing", "checked", "orphaned")
    )
    results = rules.row_results(row_checks.RULES.values(), failing, checked, orphaned=orphaned)
    return [each.as_row() for each in results]


def test_every_column_is_filled_for_the_apps_it_is_declared_for_and_for_no_others(
    day: tuple[tables.AppMode, Rows],
) -> None:
    mode, rows = day
    filled = {
        (table.name, column.name)
        for table in tables.TABLES
        for column in table.columns
        if any(row[column.name] is not None for row in rows[table.name])
    }
    declared = {
        (table.name, column.name)
        for table in tables.TABLES
        for column in table.columns
        if mode in column.modes
    }
    assert sorted(declared - filled) == [], f"null in every row of {mode}"
    assert sorted(filled - declared) == [], f"filled in {mode}, though `modes` says that it cannot be"
