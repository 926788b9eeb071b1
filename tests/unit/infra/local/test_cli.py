"""Mistakes of a user that the command line reports before it starts anything."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.local import cli
from infra.local.java import JavaNotFound
from infra.local.plan import Plan
from infra.local.run import Finished
from spotify_lake.contract.raw_zone import manifest_key

ID = "A" * 22


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET", "SPOTIFY_REFRESH_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def command(*words: str) -> Result:
    return CliRunner().invoke(cli.app, words)


def refusal(*words: str) -> str:
    done = command(*words)
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    return done.stderr.rstrip("\n")


def lake_with(folder: str, *days: str) -> Path:
    """A lake whose raw zone has a complete fetch of these days."""
    lake = Path(folder)
    for day in days:
        manifest = lake / "s3" / "raw" / manifest_key(day, "run-1")
        manifest.parent.mkdir(parents=True)
        manifest.touch()
    return lake


def test_a_mistyped_lake_is_refused_and_not_created() -> None:
    assert "There is no lake in nowhere" in refusal("rebuild", "--lake", "nowhere")
    assert not Path("nowhere").exists()


def test_a_file_instead_of_a_lake_is_refused() -> None:
    Path("README.md").touch()
    done = command("run", "--lake", "README.md")
    assert done.exit_code == 2
    assert "README.md is a file. Name a lake, or an empty or new folder: LAKE=<folder>." in done.stderr


def test_a_lake_that_cannot_be_created_is_refused_before_anything_is_started() -> None:
    done = command("run", "--lake", "/proc/lake")
    assert done.exit_code == 2
    assert "The lake /proc/lake cannot be used" in done.stderr
    assert "Starting" not in done.stdout


def test_a_folder_with_other_files_is_not_used_as_a_lake() -> None:
    Path("documents").mkdir()
    Path("documents/letter.txt").touch()
    assert "documents is not a lake: it holds letter.txt." in refusal("run", "--lake", "documents")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "--date", "22.11.2026"), "Error: DATE is '22.11.2026'"),
        (("run", "--playlists", "x"), "Error: PLAYLISTS contains 'x'"),
        (("rebuild", "--lake", "lake", "--tables", "songs"), "Error: TABLES contains 'songs'"),
        (("rebuild", "--lake", "lake", "some"), "Error: DAYS is 'some'"),
        (
            ("run", "--mode", "dev"),
            "Error: MODE is 'dev'. Write extended, legacy_development or development.",
        ),
        *(
            (
                ("run", "--max-calls", value),
                f"Error: MAX_CALLS is '{value}'. Write a whole number of 1 or more.",
            )
            for value in ("abc", "0", "-1", "1.5")
        ),
        (("run", "--report", "nowhere/report.json"), "there is no folder nowhere"),
    ],
)
def test_bad_values_are_refused_before_anything_is_started(
    started: list[tuple[Any, ...]], words: tuple[str, ...], message: str
) -> None:
    Path("lake/s3").mkdir(parents=True)
    assert message in refusal(*words)
    assert not started


def test_a_message_with_brackets_is_shown_unchanged() -> None:
    assert "There is no lake in [bold]" in refusal("rebuild", "--lake", "[bold]")


@pytest.mark.parametrize("name", ["run", "rebuild"])
def test_a_missing_java_is_reported_before_anything_is_started(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def java_home() -> Path:
        raise JavaNotFound

    monkeypatch.setattr("infra.local.run.java_home", java_home)
    lake_with("lake", "2026-11-01")
    assert refusal(name, "--lake", "lake").startswith("Error: No Java 17 was found. Set JAVA_HOME")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Records the arguments of the commands, without the console, instead of starting anything."""
    calls: list[tuple[Any, ...]] = []

    def run_all(plan: Plan, lake: Path, console: Any, tokens: Any) -> Finished:
        calls.append((plan, lake))
        return Finished([], frozenset())

    monkeypatch.setattr(cli, "run_all", run_all)

    def rebuild_days(given: dict[str, Any], lake: Path, console: Any, *, forecast: bool) -> None:
        calls.append((given, lake))

    monkeypatch.setattr(cli, "rebuild_days", rebuild_days)
    return calls


def test_runs_of_different_sources_or_modes_have_their_own_lakes(
    started: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    command("run")
    command("run", "--mode", "development")
    monkeypatch.setenv("SPOTIFY_CLIENT_ID", "id")
    monkeypatch.setenv("SPOTIFY_CLIENT_SECRET", "secret")
    command("run", "--playlists", ID)
    command("run", "--playlists", ID, "--lake", "mine")
    assert [str(lake) for _, lake in started] == [
        ".lake/synthetic",
        ".lake/synthetic-development",
        ".lake/spotify",
        "mine",
    ]


def test_a_run_takes_the_options_that_its_errors_suggest(started: list[tuple[Any, ...]]) -> None:
    command("run", "--accept-shrink", "--max-calls", "7")
    assert started[0][0].runs[0].run_input == {"accept_shrink": True, "max_calls": 7}


def test_a_rebuild_takes_the_options_that_its_errors_suggest(started: list[tuple[Any, ...]]) -> None:
    lake_with("lake", "2026-11-01")
    command("rebuild", "--lake", "lake", "--accept-shrink", "--reprocess-rejected")
    command("rebuild", "--lake", "lake", "--tables", "tracks", "2026-11-01")
    assert [given for given, _ in started] == [
        {"rebuild": "all", "accept_shrink": True, "reprocess_rejected": True},
        {"rebuild": "2026-11-01", "tables": "tracks"},
    ]


def test_a_rebuild_names_the_lake_that_it_uses(started: list[tuple[Any, ...]]) -> None:
    lake_with(".lake/recorded", "2026-11-01")
    Path(".lake/recorded/catalog.json").touch()
    message = re.sub(r"\s+", " ", command("rebuild").stderr)
    assert message == "The lake is .lake/recorded, the one that changed last; LAKE=<folder> names another. "
    assert started[0][1] == Path(".lake/recorded")


@pytest.mark.parametrize(
    "days", ["2026-11-05", "2026-11-01..2026-11-10", "..".join(["2026-11-06"] * 2), "all"]
)
def test_a_rebuild_of_days_is_started_if_some_were_fetched(started: list[tuple[Any, ...]], days: str) -> None:
    lake_with("lake", "2026-11-05", "2026-11-06")
    assert command("rebuild", "--lake", "lake", days).exit_code == 0
    assert [given["rebuild"] for given, _ in started] == [days]


@pytest.mark.parametrize(
    ("days", "missing"), [("2026-11-01..2026-11-05", "these days"), ("2026-11-01", "it")]
)
def test_a_rebuild_of_days_that_were_not_fetched_lists_the_fetched_ones(
    started: list[tuple[Any, ...]], days: str, missing: str
) -> None:
    lake_with("lake", "2026-11-20", "2026-11-21")
    Path("lake/s3/raw/spotify/manifests/snapshot_date=2026-11-01/run_id=stopped").mkdir(parents=True)
    assert refusal("rebuild", "--lake", "lake", days) == (
        f"Error: DAYS is {days}, and the lake lake has no complete fetch of {missing}. "
        "Choose from the days that it has: 2026-11-20, 2026-11-21."
    )
    assert not started


def test_a_rebuild_of_days_that_were_not_fetched_does_not_list_a_long_history() -> None:
    lake_with("lake", *(f"2026-10-{day}" for day in range(10, 32)))
    assert "that it has: 22 days from 2026-10-10 to 2026-10-31." in refusal(
        "rebuild", "--lake", "lake", "2026-11-01"
    )


def test_a_rebuild_of_a_lake_without_a_complete_fetch_is_refused(started: list[tuple[Any, ...]]) -> None:
    Path("lake/s3").mkdir(parents=True)
    assert refusal("rebuild", "--lake", "lake") == (
        "Error: The lake lake has no complete fetch of any day. Fetch a day first with `make run`, "
        "or name another lake with LAKE=<folder>."
    )
    assert not started
