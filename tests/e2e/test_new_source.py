"""The example in docs/develop.md, taken literally: one module, one line, and its rows are in the tables."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import normalize_spotify
from fetch_spotify import playlists
from fetch_spotify.playlists import registry
from infra.local.authorize import scopes_for
from infra.local.plan import plan_runs
from infra.local.settings import Mode, Settings
from infra.local.spotify_api import SpotifyApi, SpotifyApiOptions
from tests import develop
from tests.integration.fetch_support import DAY, NOTHING_YET, MemoryS3, SmallLibrary, quick_world

pytestmark = [pytest.mark.e2e, pytest.mark.spark]
SECTION = develop.section("Add a source")
NAME = "saved_episodes"


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The document's module, registered by the document's line."""
    (tmp_path / f"{NAME}.py").write_text(SECTION.block("python"), "utf-8")
    monkeypatch.setattr(playlists, "__path__", [*playlists.__path__, str(tmp_path)])
    lines = SECTION.block("diff").splitlines()
    added = [line.removeprefix("+").strip() for line in lines if line.startswith("+")]
    assert added == [f'"{NAME}",']
    code = Path(registry.__file__).read_text("utf-8")
    assert "\n".join(line.removeprefix(" ") for line in lines if not line.startswith("+")) in code
    monkeypatch.setattr(registry, "REGISTRY", registry.load((*registry.MODULES, NAME)))
    monkeypatch.delitem(sys.modules, f"fetch_spotify.playlists.{NAME}")


@pytest.mark.parametrize("mode", ["extended", "development"])
def test_the_documented_source_is_in_the_tables(registered: None, tmp_path: Path, mode: str) -> None:
    options = SpotifyApiOptions(mode=mode, day=dt.date.fromisoformat(DAY))  # type: ignore[arg-type]
    with SpotifyApi(options, catalog=SmallLibrary(NOTHING_YET)) as spotify:
        fetch = quick_world(spotify, sources=("playlists", NAME))
        answer = fetch.run()
    assert (answer["playlists"]["fetched"], answer["items"]) == (2, 54)
    assert isinstance(fetch.s3, MemoryS3)
    for key, body in fetch.s3.bodies.items():
        (tmp_path / "raw" / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "raw" / key).write_bytes(body)
    curated = tmp_path / "curated"
    curated.mkdir()
    develop.run_job(Path(normalize_spotify.__file__), tmp_path / "raw", curated, DAY)

    def rows(table: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = pq.read_table(curated / table / f"snapshot_date={DAY}").to_pylist()
        return found

    (playlist,) = (row for row in rows("playlists") if row["playlist_id"] == NAME)
    assert (playlist["name"], playlist["item_count"]) == ("Your Episodes", 54)
    assert playlist["uri"] == "spotify:collection:your-episodes"
    items = [row for row in rows("playlist_items") if row["playlist_id"] == NAME]
    assert sorted(row["position"] for row in items) == list(range(54))  # type: ignore[type-var]
    assert {row["item_type"] for row in items} == {"episode"}
    assert all(row["added_at"] for row in items)
    assert {row["episode_id"] for row in items} == {row["episode_id"] for row in rows("episodes")}
    assert [row["rule"] for row in rows("quality_results") if not row["is_passed"]] == []


def test_consent_and_planning_know_the_documented_source(registered: None) -> None:
    assert scopes_for([NAME]) == ("user-library-read", "user-read-playback-position")
    settings = Settings("", "", "", Mode.EXTENDED, dt.date.fromisoformat(DAY), sources=NAME)
    assert plan_runs(settings, {}).sources == (NAME,)
