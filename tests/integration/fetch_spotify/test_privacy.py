"""User ids over several runs: contents stored under other settings are not referred to, and nothing leaks."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Iterator

import pytest

from fetch_spotify.errors import PrivacySaltMissing
from infra.local.spotify_api import SpotifyApi, SpotifyApiOptions
from tests.integration.fetch_support import (
    DAY,
    NOTHING_YET,
    SUNDAY_FERRY,
    USER_SECRET,
    JsonObject,
    MemorySecrets,
    SmallLibrary,
    World,
    quick_world,
)


class TwoSecrets(MemorySecrets):
    """The app's secret, and one with the salt."""

    def __init__(self, salt: JsonObject) -> None:
        super().__init__({**USER_SECRET, "salt": "of the app's secret"})
        self.salt = salt

    def get_secret_value(self, *, SecretId: str) -> JsonObject:
        if SecretId == "salt":
            return {"SecretString": json.dumps(self.salt)}
        return super().get_secret_value(SecretId=SecretId)


@pytest.fixture(params=["named", "account"])
def playlists(request: pytest.FixtureRequest) -> list[str]:
    return [SUNDAY_FERRY] if request.param == "named" else []


@pytest.fixture(scope="module")
def spotify() -> Iterator[SpotifyApi]:
    options = SpotifyApiOptions(mode="development", day=dt.date.fromisoformat(DAY))
    with SpotifyApi(options, catalog=SmallLibrary(SUNDAY_FERRY, NOTHING_YET)) as server:
        yield server


@pytest.fixture
def fetch(spotify: SpotifyApi) -> World:
    return quick_world(spotify, user_id_privacy="keep")


def users(fetch: World, run_id: str) -> set[str | None]:
    """The users who added the items of a run's manifest."""
    objects = [obj for entry in fetch.manifest(run_id).playlists for obj in entry.objects]
    records = [line["record"] for obj in objects for line in fetch.lines(obj.key)]
    return {record["added_by"]["id"] for record in records if record.get("added_by")}


def in_clear(fetch: World, name: str) -> list[str]:
    """The keys of the objects that contain a name."""
    bodies = {
        key: gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
        for key, body in fetch.s3.bodies.items()
    }
    return [key for key, body in bodies.items() if name.encode() in body]


@pytest.mark.parametrize("treatment", ["hash", "drop"])
def test_a_stricter_treatment_applies_to_unchanged_playlists_from_the_next_run_on(
    fetch: World, playlists: list[str], treatment: str
) -> None:
    fetch.run("run-1", playlists=playlists)
    assert "odalie.marrowgate" in users(fetch, "run-1")
    fetch.settings["user_id_privacy"] = treatment
    fetch.run("run-2", playlists=playlists)
    assert not users(fetch, "run-1") & users(fetch, "run-2") - {""}
    answer = fetch.run("run-3", playlists=playlists)
    assert answer["playlists"]["fetched"] == 0


def test_hashes_of_two_salts_are_never_in_one_run(fetch: World, playlists: list[str]) -> None:
    fetch.settings["user_id_privacy"] = "hash"
    for run_id, salt in (("run-1", "old"), ("run-2", "new")):
        fetch.secrets = MemorySecrets({**USER_SECRET, "salt": salt})
        fetch.run(run_id, playlists=playlists)
    assert not users(fetch, "run-1") & users(fetch, "run-2") - {""}


def test_a_rebuilt_index_refers_to_nothing_with_another_treatment(fetch: World) -> None:
    fetch.run("run-1")
    fetch.settings["user_id_privacy"] = "hash"
    for key in fetch.all_keys("spotify/index/playlists/"):
        del fetch.s3.bodies[key]
    assert fetch.run("run-2")["playlists"]["unchanged"] == 0


def test_with_every_user_id_dropped_the_accounts_id_is_nowhere_in_the_bucket(fetch: World) -> None:
    fetch.settings.update(user_id_privacy="drop", owner_id_privacy="drop")
    fetch.run()
    me = fetch.spotify.catalog.me(dt.date.fromisoformat(DAY))["id"]
    assert fetch.spotify.calls.number("me") == 1
    assert in_clear(fetch, me) == []


def test_an_owners_treatment_reaches_the_stored_records(fetch: World, playlists: list[str]) -> None:
    fetch.settings["owner_id_privacy"] = "hash"
    fetch.run(playlists=playlists)
    records = [line["record"] for obj in fetch.manifest().playlist_records for line in fetch.lines(obj.key)]
    assert records
    assert all(len(record["owner"]["id"]) == 32 for record in records)


def test_the_salt_of_its_own_secret_takes_precedence(fetch: World) -> None:
    fetch.settings.update(user_id_privacy="hash", privacy_salt_secret_arn="salt")
    hashes = []
    for number, salt in enumerate(("one", "two")):
        fetch.secrets = TwoSecrets({"salt": salt})
        fetch.run(f"run-{number}", playlists=[SUNDAY_FERRY])
        hashes.append(users(fetch, f"run-{number}"))
    assert not hashes[0] & hashes[1] - {""}


@pytest.mark.parametrize("salt", [{}, {"salt": ""}])
def test_a_salt_secret_without_a_salt_is_refused_before_anything_is_read(
    fetch: World, salt: JsonObject
) -> None:
    fetch.settings.update(user_id_privacy="hash", privacy_salt_secret_arn="salt")
    fetch.secrets = TwoSecrets(salt)
    with pytest.raises(PrivacySaltMissing, match="'salt' lacks salt"):
        fetch.run()
    assert len(fetch.spotify.calls) == 0
    fetch.settings["user_id_privacy"] = "drop"
    assert fetch.run()["status"] == "COMPLETE"
