"""The playlists and the account of the synthetic catalogs: owners, lengths and how contents change."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from typing import Final

from infra.local.spotify_api import ids
from infra.local.spotify_api import synthetic_records as records
from infra.local.spotify_api.catalog import SPOTIFY_USER, JsonObject


@dataclasses.dataclass(frozen=True)
class ChangeSchedule:
    """How a playlist changes.

    Attributes:
        period: days between two revisions; 0 for a playlist that never changes.
        churn: a revision replaces the track of every `churn`-th slot.
        phase: shifts the days of change, so that playlists of one period do not all change together.
        gaps: whether slots are empty for a while, so that the length changes too.
    """

    period: int
    churn: int = 12
    phase: int = 0
    gaps: bool = True

    def revision(self, day: dt.date) -> int:
        """The number of the current revision on the day."""
        return 0 if self.period == 0 else (day.toordinal() + self.phase) // self.period

    def began(self, revision: int) -> dt.date:
        """The first day of a revision (revision 0 of a frozen playlist: 2 May 2019)."""
        if self.period == 0:
            return dt.date(2019, 5, 2)
        return dt.date.fromordinal(max(1, revision * self.period - self.phase))


@dataclasses.dataclass(frozen=True)
class Slot:
    """A place in a playlist.

    Attributes:
        index: the slot's own number, which it keeps when it moves.
        generation: how often its track was replaced.
        added: when its current track was added.
    """

    index: int
    generation: int
    added: dt.date


def slots_in_revision(count: int, schedule: ChangeSchedule, revision: int, key: object) -> list[Slot]:
    """The slots in the playlist's order in a revision (see `ChangeSchedule.revision`).

    A revision replaces the track of every `churn`-th slot and moves one slot to the front. Some slots are
    empty for a generation, so that the playlist grows and shrinks. Slot 0 is never empty.
    """
    filled = []
    for index in range(count):
        generation, age = divmod(revision + index * 5, schedule.churn) if schedule.period else (0, 0)
        can_be_empty = schedule.gaps and index > 0 and generation > 0
        is_empty = can_be_empty and ids.digest("empty", key, index, generation) % 11 == 0
        if not is_empty:
            filled.append(Slot(index, generation, schedule.began(revision - age)))
    if schedule.period and filled:
        filled.insert(0, filled.pop(ids.digest("moved", key, revision) % len(filled)))
    return filled


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
    EDGE_CASES = "first one item per edge case, then tracks"
    EPISODES = "every fifth slot an episode"
    UNKNOWN_DATES = "tracks whose added_at and added_by are missing or mean unknown"


@dataclasses.dataclass(frozen=True)
class Plan:
    """A playlist of the bundled catalog. `in_library` says whether GET /me/playlists lists it."""

    name: str
    slots: int
    schedule: ChangeSchedule
    owner_id: str = ACCOUNT_ID
    filling: Filling = Filling.TRACKS
    description: str | None = ""
    public: bool | None = True
    collaborative: bool = False
    has_images: bool = True
    in_library: bool = True


_NEVER: Final = ChangeSchedule(period=0)

PLANS: Final = (
    Plan("Kitchen Radio, Vol. 2", 240, ChangeSchedule(1, churn=31), description="Songs to burn toast to."),
    Plan(
        "Sunday\u00a0Ferry",
        137,
        ChangeSchedule(7, churn=9, phase=3),
        description="Slow boats &amp; slower songs &#x2F; for &quot;Bram&quot; &lt;3",
    ),
    Plan(
        "Odds & Ends, Bits & Bobs",
        12,
        ChangeSchedule(3, churn=7),
        filling=Filling.EDGE_CASES,
        description=None,
    ),
    Plan("Nothing Yet", 0, _NEVER, has_images=False),
    Plan(
        "Road Trip to Fennmoor 🚐",
        64,
        ChangeSchedule(2, churn=8),
        owner_id=FRIEND_ID,
        public=False,
        collaborative=True,
    ),
    Plan("bram's basement, no visitors", 84, ChangeSchedule(3, churn=11, phase=1), owner_id=FRIEND_ID),
    Plan(
        "Daily Fifty: Everywhere",
        50,
        ChangeSchedule(1, churn=6, gaps=False),
        owner_id=SPOTIFY_USER,
        description="What everywhere plays most today. Cover: Nerys Tidewater",
    ),
    Plan("Not for Mum", 56, ChangeSchedule(4, churn=13, phase=2), public=False),
    Plan("Talk, Then Music", 30, ChangeSchedule(7, churn=3), filling=Filling.EPISODES),
    Plan("Starred", 24, _NEVER, filling=Filling.UNKNOWN_DATES, public=None),
    Plan("A Hundred Even", 100, _NEVER),
    Plan(
        "Quarry Lane Social Club",
        40,
        ChangeSchedule(5, churn=8),
        owner_id=STRANGER_ID,
        description="found by link, followed by nobody here",
        in_library=False,
    ),
)
# GET /me/playlists may hold nulls: the bundled one shows a null before the playlist of this number.
NULL_ENTRY_BEFORE: Final = 4


def playlist_record(playlist_id: str, plan: Plan, snapshot_id: str, day: dt.date) -> JsonObject:
    """A playlist object without its contents page."""
    key = ids.digest(playlist_id)
    base = 0 if plan.public is False else 10 ** (key % 5) + key % 97
    return {
        "collaborative": plan.collaborative,
        "description": plan.description,
        "followers": {"href": None, "total": records.followers_on(base, playlist_id, day) if base else 0},
        # A user's collage comes without sizes; a playlist without pictures has null, not an empty list.
        "images": [{"url": f"https://mosaic.scdn.co/640/{key:032x}", "height": None, "width": None}]
        if plan.has_images
        else None,
        "name": plan.name,
        "owner": records.user(plan.owner_id, DISPLAY_NAMES.get(plan.owner_id)),
        "primary_color": None,
        "public": plan.public,
        "snapshot_id": snapshot_id,
        "type": "playlist",
        **records.linked("playlist", playlist_id),
    }


def private_user(user_id: str, display_name: str, day: dt.date) -> JsonObject:
    """The account as GET /me shows it with every scope (an extended app's view)."""
    return {
        "account_id": f"{ids.digest('account', user_id):016x}",
        "country": "SE",
        "email": "odalie@example.com",
        "explicit_content": {"filter_enabled": False, "filter_locked": False},
        "followers": {"href": None, "total": records.followers_on(40, user_id, day)},
        "images": [],
        "product": "premium",
        **records.user(user_id, display_name),
    }
