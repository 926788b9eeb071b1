"""The ways people name a playlist: its id, a URL they copied, a URI."""

from __future__ import annotations

import re
from typing import Final

_ID: Final = r"(?P<id>[0-9A-Za-z]{22})"
_FORMS: Final = (
    re.compile(_ID),
    # The path may carry a language (/intl-de/) or, in old links, the owner (/user/<name>/playlist/<id>).
    re.compile(
        rf"(?:https?://)?(?:open|play)\.spotify\.com/(?:intl-[A-Za-z-]+/)?(?:embed/)?(?:user/[^/]+/)?"
        rf"playlist/{_ID}/?(?:[?#].*)?"
    ),
    re.compile(rf"spotify:(?:user:[^:]+:)?playlist:{_ID}"),
    re.compile(rf"https?://api\.spotify\.com/v1/playlists/{_ID}(?:[/?].*)?"),
)
_OTHER_KIND: Final = re.compile(
    r"(?:spotify\.com/(?:intl-[A-Za-z-]+/)?|spotify:)(track|album|artist|show|episode|user|collection)\b"
)


class InvalidPlaylistReference(ValueError):
    """A text that names no playlist.

    Attributes:
        text: what was given.
        way_out: what it names instead, if that can be told, and what to give.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        other = _OTHER_KIND.search(text)
        hint = f"It names a Spotify {other[1]}, not a playlist. " if other else ""
        self.way_out = (
            f"{hint}Give its 22-character id, its link (https://open.spotify.com/playlist/<id>) or its URI "
            "(spotify:playlist:<id>)."
        )
        super().__init__(f"'{text}' is not a playlist. {self.way_out}")


def playlist_id_of(text: str) -> str:
    """Return the id in a playlist's id, link or URI.

    Raises:
        InvalidPlaylistReference: the text is none of them.
    """
    for form in _FORMS:
        match = form.fullmatch(text.strip())
        if match:
            return match["id"]
    raise InvalidPlaylistReference(text)
