"""The fetch's settings."""

from __future__ import annotations

import pytest

from fetch_spotify.config import Config
from fetch_spotify.errors import InvalidRequest

ENV = {"RAW_BUCKET": "raw", "SPOTIFY_SECRET_ARN": "arn"}


def test_two_settings_are_enough() -> None:
    config = Config.from_env(ENV)
    assert (config.raw_bucket, config.fetch_concurrency, config.sources) == ("raw", 4, ("playlists",))
    assert (config.user_id_privacy, config.owner_id_privacy) == ("hash", "keep")
    assert config.reread_unchanged == "heads"


def test_settings_are_read_by_their_types_and_blank_ones_are_ignored() -> None:
    config = Config.from_env(
        {
            **ENV,
            "MAX_CALLS": "900",
            "REREAD_UNCHANGED": "contents",
            "SOURCES": "playlists, saved_tracks",
            "SPOTIFY_API_URL": "http://127.0.0.1:1/v1",
            "FETCH_CONCURRENCY": " ",
        }
    )
    assert (config.max_calls, config.reread_unchanged) == (900, "contents")
    assert config.sources == ("playlists", "saved_tracks")
    assert config.spotify_api_url == "http://127.0.0.1:1/v1/"
    assert config.fetch_concurrency == 4


@pytest.mark.parametrize(("previous", "now"), [("true", "contents"), ("false", "heads"), ("False", "heads")])
def test_values_of_an_earlier_release_are_accepted(previous: str, now: str) -> None:
    assert Config.from_env({**ENV, "REREAD_UNCHANGED": previous}).reread_unchanged == now


@pytest.mark.parametrize(("calls", "workers"), [(1, 1), (2, 3), (4, 6), (16, 24)])
def test_there_are_more_workers_than_concurrent_calls_except_for_one(calls: int, workers: int) -> None:
    assert Config.from_env({**ENV, "FETCH_CONCURRENCY": str(calls)}).workers == workers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_CALLS", "many"),
        ("REREAD_UNCHANGED", "perhaps"),
        ("USER_ID_PRIVACY", "encrypt"),
        ("RAW_BUCKET", ""),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidRequest, match=name):
        Config.from_env({**ENV, name: value})
