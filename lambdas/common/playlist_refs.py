"""Parses references to a playlist: its id, a URL or a URI."""

from __future__ import annotations

import re
from typing import Final

_ID: Final = r"(?P<id>[0-9A-Za-z]{22})"
_FORMS: Final = (
    re.compile(_ID),
    # The path may contain a language (/intl-de/) or, in old links, the owner (/user/<name>/playlist/<id>).
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
    """The text is not a reference to a playlist.

    Attributes:
        text: the text.
        remedy: what it refers to instead, if known, and the valid forms.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        other = _OTHER_KIND.search(text)
        hint = f"It is a Spotify {other[1]}, not a playlist. " if other else ""
        self.remedy = (
            f"{hint}Give its 22-character id, its link (https://open.spotify.com/playlist/<id>) or its URI "
            "(spotify:playlist:<id>)."
        )
        super().__init__(f"'{text}' is not a playlist. {self.remedy}")


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
