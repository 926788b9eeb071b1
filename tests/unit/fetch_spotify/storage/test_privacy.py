"""The treatment of user ids."""

from __future__ import annotations

from typing import Any

import pytest

from fetch_spotify.storage.privacy import Privacy

USER = {
    "id": "some.one",
    "uri": "spotify:user:some.one",
    "type": "user",
    "href": "https://api.spotify.com/v1/users/some.one",
    "external_urls": {"spotify": "https://open.spotify.com/user/some.one"},
}


def test_a_hashed_user_appears_nowhere_in_the_item() -> None:
    item = Privacy("hash", "keep", b"salt").item({"added_by": USER, "track": {"id": "t"}})
    assert "some.one" not in str(item)
    assert item["added_by"]["uri"] == f"spotify:user:{item['added_by']['id']}"
    assert item["track"] == {"id": "t"}


def test_the_same_user_has_the_same_hash_and_another_salt_gives_another() -> None:
    def hashed(salt: bytes) -> Any:
        return Privacy("hash", "keep", salt).item({"added_by": USER})["added_by"]["id"]

    assert hashed(b"a") == hashed(b"a") != hashed(b"b")


def test_a_missing_user_stays_missing() -> None:
    nobody = {"added_by": {"id": "", "uri": "spotify:user:"}}
    assert Privacy("hash", "hash", b"salt").item(nobody) == nobody
    assert Privacy("drop", "drop").item({"added_by": None}) == {"added_by": None}


def test_a_dropped_user_leaves_only_the_type() -> None:
    assert Privacy("drop", "keep").item({"added_by": USER})["added_by"] == {
        "id": None,
        "type": "user",
        "uri": None,
    }


@pytest.mark.parametrize("treatment", ["hash", "drop"])
@pytest.mark.parametrize("field", ["uri", "href", "external_urls"])
def test_a_user_with_only_an_address_is_treated_like_any_other(treatment: str, field: str) -> None:
    user = {"id": None, field: USER[field]}
    item = Privacy(treatment, "keep", b"salt").item({"added_by": user})
    assert "some.one" not in str(item)
    whole = Privacy(treatment, "keep", b"salt").item({"added_by": USER})
    assert item["added_by"] == whole["added_by"]


def test_an_added_by_that_is_not_a_user_object_is_dropped() -> None:
    assert Privacy("hash", "keep", b"salt").item({"added_by": "some.one"}) == {"added_by": None}


def test_a_fingerprint_distinguishes_treatments_and_salts_without_showing_the_salt() -> None:
    settings = [Privacy("keep", "keep"), Privacy("drop", "keep")]
    settings += [Privacy("hash", "keep", salt) for salt in (b"one", b"two")]
    assert len({setting.fingerprint() for setting in settings}) == 4
    assert Privacy("drop", "keep", b"one").fingerprint() == Privacy("drop", "hash", b"two").fingerprint()


@pytest.mark.parametrize("treatment", ["hash", "drop"])
def test_an_owner_is_removed_from_old_addresses_and_from_the_name_too(treatment: str) -> None:
    playlist = {
        "owner": {**USER, "display_name": "Some One"},
        "uri": "spotify:user:some.one:playlist:abc",
        "href": "https://api.spotify.com/v1/users/some.one/playlists/abc",
        "name": "songs by some.one else",
    }
    treated = Privacy("keep", treatment, b"salt").playlist(playlist)
    assert treated["name"] == playlist["name"]
    assert "some.one" not in str({**treated, "name": ""})
    assert treated["owner"]["display_name"] is None


def test_another_user_whose_name_has_the_same_beginning_is_unchanged() -> None:
    playlist = {"owner": USER, "href": "https://api.spotify.com/v1/users/some.one.else/playlists/abc"}
    assert Privacy("keep", "hash", b"salt").playlist(playlist)["href"] == playlist["href"]


def test_kept_users_are_unchanged() -> None:
    item = {"added_by": USER}
    assert Privacy("keep", "keep").item(item) is item
