"""Which lake a command reads if none is named, and its error if there is none."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from infra.local.lake_folder import LakeBroken
from infra.local.lakes import NoLake, lake_to_query, lake_to_rebuild


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def make_lake(name: str, *, used_at: int = 0, tables: bool = True) -> Path:
    lake = Path(name)
    (lake / "s3").mkdir(parents=True)
    table: dict[str, object] = {"tracks": {"table": {}, "partitions": []}} if tables else {}
    (lake / "catalog.json").write_text(json.dumps({"version": 1, "databases": {"music": table}}))
    os.utime(lake / "catalog.json", (used_at, used_at))
    return lake


def test_the_lake_that_is_named_is_read() -> None:
    make_lake(".lake/synthetic", used_at=2)
    named = make_lake("elsewhere", used_at=1)
    assert lake_to_query(named) == lake_to_rebuild(named) == named


def test_without_a_name_it_is_the_lake_changed_last() -> None:
    make_lake(".lake/synthetic", used_at=1)
    last = make_lake(".lake/recorded", used_at=3)
    make_lake(".lake/spotify", used_at=2)
    assert lake_to_query(None) == lake_to_rebuild(None) == last


@pytest.mark.parametrize("named", [Path("mistyped"), None])
def test_a_missing_lake_is_reported_and_not_created(named: Path | None) -> None:
    for find in (lake_to_query, lake_to_rebuild):
        with pytest.raises(NoLake, match=rf"There is no lake in {named or '.lake'}: .*`make run` first"):
            find(named)
    assert not list(Path().iterdir())


def test_a_file_is_not_a_lake() -> None:
    Path("README.md").touch()
    with pytest.raises(NoLake, match=r"no lake in README\.md"):
        lake_to_query(Path("README.md"))


def test_a_lake_without_a_table_has_its_own_message() -> None:
    with pytest.raises(NoLake, match=r"The lake failed has no table yet: .*`make run` first"):
        lake_to_query(make_lake("failed", tables=False))


def test_a_lake_without_its_catalog_can_be_rebuilt() -> None:
    lake = make_lake("lost")
    (lake / "catalog.json").unlink()
    assert lake_to_rebuild(lake) == lake


def test_a_broken_catalog_is_named_before_anything_is_started() -> None:
    (make_lake("broken") / "catalog.json").write_text("{")
    with pytest.raises(LakeBroken, match=r"broken/catalog\.json"):
        lake_to_query(Path("broken"))
