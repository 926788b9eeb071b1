"""A list of the account that is read like a playlist, such as its saved tracks.

Spotify has no snapshot_id and no record for such a list. This module derives both:

- The list must be in the order of saving, latest first. Any change then changes its length or its first page,
  and the digest of the two is the version.
- The record is a playlist object with the list's own name and no owner, so that the list has a row in the
  table `playlists` like any other. It holds nothing about the user.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from fetch_spotify.context import FetchContext
from fetch_spotify.errors import ApiRefused, PlaylistSkipped, ScopeNotGranted, authorize_command
from fetch_spotify.playlists.playlist import NOT_READABLE
from fetch_spotify.playlists.reader import Head, PlaylistRead
from fetch_spotify.playlists.source import Source, SourceListing, SourceSpec
from fetch_spotify.spotify.auth import CLIENT_CREDENTIALS
from fetch_spotify.spotify.client import SpotifyClient
from fetch_spotify.spotify.list_pages import ListPages
from fetch_spotify.spotify.shapes import Page, payload_of
from spotify_lake.contract.raw_zone import PLAYLIST_ITEMS

JsonObject: TypeAlias = dict[str, Any]

_PAGE_LIMIT: Final = 50


@dataclasses.dataclass(frozen=True)
class AccountList:
    """A list of the account.

    Attributes:
        name: of the source; the list's `playlist_id` in every table as well.
        title: its name in Spotify's apps and in the table `playlists`.
        path: of the Web API; it returns pages of at most 50 entries, latest first.
        uri: of the list in Spotify's apps, such as `spotify:collection:tracks`.
        purpose: what it contains, for messages.
        scopes: needed to read it.
        as_item: converts an entry to a playlist item (`added_at`, and the track or episode as `item` or
            `track`); None if the entries have this form.
        stored_as: the raw source of its entries.
    """

    name: str
    title: str
    path: str
    uri: str
    purpose: str
    scopes: tuple[str, ...]
    as_item: Callable[[JsonObject], JsonObject] | None = None
    stored_as: str = PLAYLIST_ITEMS

    def spec(self) -> SourceSpec:
        """Return the spec for the registry."""
        return SourceSpec(self.name, self.purpose, self.scopes, self._build)

    def _build(self, context: FetchContext) -> Source:
        return _AccountListSource(self, context)

    def record(self, snapshot_id: str, total: int | None, api_url: str) -> JsonObject:
        """Return the list's own record, in the form of the API's playlist object."""
        href = f"{api_url}{self.path}"
        page = self.uri.removeprefix("spotify:").replace(":", "/")
        return {
            "collaborative": False,
            "description": None,
            "external_urls": {"spotify": f"https://open.spotify.com/{page}"},
            "href": href,
            "id": self.name,
            "images": None,
            "items": {"href": href, "total": total},
            "name": self.title,
            "owner": None,
            "primary_color": None,
            "public": False,
            "snapshot_id": snapshot_id,
            "type": "playlist",
            "uri": self.uri,
        }


class _AccountListSource:
    """The source: the one list."""

    def __init__(self, account_list: AccountList, context: FetchContext) -> None:
        self._list = account_list
        self._context = context

    def list_playlists(self) -> SourceListing:
        """Return the list. Its record is stored as it is read."""
        return SourceListing((self._list.name,))

    def read(self, playlist: str) -> PlaylistRead:
        """Read the list."""
        context, account_list = self._context, self._list
        if context.client.tokens.grant == CLIENT_CREDENTIALS:
            raise PlaylistSkipped(
                NOT_READABLE,
                f"Reading {account_list.purpose} needs a user's consent. Run `{authorize_command()}`.",
            )
        context.client.tokens.require(account_list.scopes, account_list.purpose)
        known = context.reader.known(account_list.stored_as, playlist)
        return context.reader.read(_Readable(account_list, context.client), known)


class _Readable:
    """A `Readable` over the list."""

    page_limit = _PAGE_LIMIT

    def __init__(self, account_list: AccountList, client: SpotifyClient) -> None:
        self.source = account_list.stored_as
        self.playlist_id = account_list.name
        self._list = account_list
        self._client = client

    def checker(self) -> ListPages:
        """Return a checker for the pages of the list."""
        return ListPages(f"the {self._list.purpose}", self._client.api_url, as_item=self._list.as_item)

    def head(self) -> Head:
        """Read the latest entries, from which the version follows."""
        page = self.page(0, None, self.checker())
        marks = [
            [item.get("added_at"), (payload_of(item) or {}).get("uri")] if isinstance(item, dict) else item
            for item in page.items
        ]
        snapshot_id = hashlib.sha256(json.dumps([page.total, marks]).encode()).hexdigest()
        return Head(snapshot_id, page, self._list.record(snapshot_id, page.total, self._client.api_url))

    def page(self, offset: int, limit: int | None, checker: ListPages) -> Page:
        """Read a page; raise `PlaylistSkipped` when it is refused, or with the reason of `ListPages`."""
        account_list, most = self._list, min(limit or _PAGE_LIMIT, _PAGE_LIMIT)
        try:
            return self._client.get(
                account_list.path,
                lambda body, is_last: checker.check(body, offset, most, is_last=is_last),
                kind="pages",
                limit=most,
                offset=offset,
            )
        except ApiRefused as error:
            if "scope" in error.message.lower():
                raise ScopeNotGranted(account_list.scopes, account_list.purpose) from error
            raise PlaylistSkipped(
                NOT_READABLE, f"Spotify refuses the {account_list.purpose}: {error}."
            ) from error

    def snapshot_id(self) -> str:
        """Read the version again."""
        return self.head().snapshot_id
