"""The source `saved_tracks`: the account's liked songs."""

from __future__ import annotations

from typing import Final

from fetch_spotify.playlists.account_list import AccountList
from spotify_lake.contract.raw_zone import SAVED_TRACKS

SOURCE: Final = AccountList(
    name=SAVED_TRACKS,
    title="Liked Songs",
    path="me/tracks",
    uri="spotify:collection:tracks",
    purpose="saved tracks",
    scopes=("user-library-read",),
    stored_as=SAVED_TRACKS,
).spec()
