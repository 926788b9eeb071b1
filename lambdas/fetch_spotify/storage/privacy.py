"""Treatment of user ids in the records: kept, hashed with the deployment's salt, or dropped."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import hmac
import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

JsonObject: TypeAlias = dict[str, Any]

KEEP: Final = "keep"
HASH: Final = "hash"
DROP: Final = "drop"
TREATMENTS: Final = (KEEP, HASH, DROP)
_HASH_LENGTH: Final = 32
_ID_IN_ADDRESS: Final = re.compile(r"(?:^spotify:user:|/users?/)([^:/?#]+)")


@dataclasses.dataclass(frozen=True)
class Privacy:
    """How user ids are treated.

    Attributes:
        added_by, owner: each one of `TREATMENTS`.
        salt: makes the hashes of this deployment differ from any other's.
    """

    added_by: str
    owner: str
    salt: bytes = dataclasses.field(repr=False, default=b"")

    def item(self, item: JsonObject) -> JsonObject:
        """Treat the `added_by` of a playlist item."""
        user = item.get("added_by")
        if self.added_by == KEEP or user is None:
            return item
        # Anything but a user object is undocumented and may name the user, so it is dropped.
        return {**item, "added_by": self._user(user, self.added_by) if isinstance(user, dict) else None}

    def fingerprint(self) -> str:
        """Identifies the treatment of items; another salt is another treatment."""
        key = self.salt if self.added_by == HASH else b""
        return hmac.new(key, self.added_by.encode(), hashlib.sha256).hexdigest()[:_HASH_LENGTH]

    def playlist(self, playlist: JsonObject) -> JsonObject:
        """Treat a playlist's owner, also in old addresses (`/users/<id>/playlists/...`)."""
        owner = playlist.get("owner")
        if self.owner == KEEP or not isinstance(owner, dict):
            return playlist
        owner_id, treated = _id_of(owner), self._user(owner, self.owner)
        if not owner_id:
            return {**playlist, "owner": treated}
        return {**_renamed(playlist, owner_id, treated["id"] or "-"), "owner": treated}

    def _user(self, user: JsonObject, treatment: str) -> JsonObject:
        user_id = _id_of(user)
        if not user_id:  # an empty user, as Spotify itself writes it
            return user
        new_id = _hashed(user_id, self.salt) if treatment == HASH else None
        address = f"spotify:user:{new_id}" if new_id else None
        named = {"display_name": None} if "display_name" in user else {}
        return {"id": new_id, "type": user.get("type", "user"), "uri": address, **named}


def _id_of(user: JsonObject) -> str:
    """The user's id, from an address if necessary; "" for an empty user."""
    user_id = user.get("id")
    if isinstance(user_id, str) and user_id:
        return user_id
    found = (_ID_IN_ADDRESS.search(address) for address in _addresses(user))
    return next((unquote(match[1]) for match in found if match), "")


def _addresses(user: JsonObject) -> Iterator[str]:
    urls = user.get("external_urls")
    candidates = (user.get("uri"), user.get("href"), *(urls.values() if isinstance(urls, dict) else ()))
    return (address for address in candidates if isinstance(address, str))


@functools.lru_cache(maxsize=1_000)  # the items of a playlist were added by a few people
def _hashed(user_id: str, salt: bytes) -> str:
    return hmac.new(salt, user_id.encode(), hashlib.sha256).hexdigest()[:_HASH_LENGTH]


def _renamed(value: Any, old: str, new: str) -> Any:
    """Replace a user's id in all addresses of a record, at any depth."""
    if isinstance(value, dict):
        return {key: _renamed(entry, old, new) for key, entry in value.items()}
    if isinstance(value, list):
        return [_renamed(entry, old, new) for entry in value]
    if isinstance(value, str):
        for before in ("spotify:user:", "/users/", "/user/"):
            value = _replaced(value, before, old, new)
    return value


def _replaced(text: str, before: str, old: str, new: str) -> str:
    start = text.find(before + old)
    end = start + len(before) + len(old)
    is_whole = start >= 0 and (end == len(text) or text[end] in ":/?")
    return text[: start + len(before)] + new + text[end:] if is_whole else text
