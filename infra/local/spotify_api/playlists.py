"""The bundled catalog's playlists: who owns them, how long they are and how they change."""

from __future__ import annotations

import dataclasses
import enum
from typing import Final

from infra.local.spotify_api.content import SPOTIFY_USER
from infra.local.spotify_api.days import Rhythm

ACCOUNT_ID: Final = "odalie.marrowgate"
ACCOUNT_NAME: Final = "Odalie 🎧 Marrowgate"
FRIEND_ID: Final = "31quillfeatherbram0harrow"
STRANGER_ID: Final = "1140220587"
DISPLAY_NAMES: Final = {
    ACCOUNT_ID: ACCOUNT_NAME,
    FRIEND_ID: "Bram Quillfeather",
    STRANGER_ID: None,  # accounts without a display name exist
    SPOTIFY_USER: "Spotify",
}


class Filling(enum.Enum):
    """What a playlist's slots hold."""

    TRACKS = "tracks"
    ODDITIES = "one item an oddity first, then tracks"
    EPISODES = "every fifth slot an episode"
    UNKNOWN_DATES = "tracks whose added_at and added_by are missing or mean unknown"


@dataclasses.dataclass(frozen=True)
class Plan:
    """A playlist of the bundled catalog. `in_library` says whether GET /me/playlists lists it."""

    name: str
    slots: int
    rhythm: Rhythm
    owner_id: str = ACCOUNT_ID
    filling: Filling = Filling.TRACKS
    description: str | None = ""
    public: bool | None = True
    collaborative: bool = False
    has_images: bool = True
    in_library: bool = True


_NEVER: Final = Rhythm(period=0)

PLANS: Final = (
    Plan("Kitchen Radio, Vol. 2", 240, Rhythm(1, churn=31), description="Songs to burn toast to."),
    Plan(
        "Sunday\u00a0Ferry",
        137,
        Rhythm(7, churn=9, phase=3),
        description="Slow boats &amp; slower songs &#x2F; for &quot;Bram&quot; &lt;3",
    ),
    Plan("Odds & Ends, Bits & Bobs", 12, Rhythm(3, churn=7), filling=Filling.ODDITIES, description=None),
    Plan("Nothing Yet", 0, _NEVER, has_images=False),
    Plan(
        "Road Trip to Fennmoor 🚐",
        64,
        Rhythm(2, churn=8),
        owner_id=FRIEND_ID,
        public=False,
        collaborative=True,
    ),
    Plan("bram's basement, no visitors", 84, Rhythm(3, churn=11, phase=1), owner_id=FRIEND_ID),
    Plan(
        "Daily Fifty: Everywhere",
        50,
        Rhythm(1, churn=6, gaps=False),
        owner_id=SPOTIFY_USER,
        description="What everywhere plays most today. Cover: Nerys Tidewater",
    ),
    Plan("Not for Mum", 56, Rhythm(4, churn=13, phase=2), public=False),
    Plan("Talk, Then Music", 30, Rhythm(7, churn=3), filling=Filling.EPISODES),
    Plan("Starred", 24, _NEVER, filling=Filling.UNKNOWN_DATES, public=None),
    Plan("A Hundred Even", 100, _NEVER),
    Plan(
        "Quarry Lane Social Club",
        40,
        Rhythm(5, churn=8),
        owner_id=STRANGER_ID,
        description="found by link, followed by nobody here",
        in_library=False,
    ),
)
# GET /me/playlists may hold nulls: the bundled one shows a null before the playlist of this number.
NULL_ENTRY_BEFORE: Final = 4
