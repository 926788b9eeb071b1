"""The values that change from day to day, as pure functions of the date."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Final

from infra.local.spotify_api import ids

_MAX_POPULARITY: Final = 100


def popularity(mean: int, key: object, day: dt.date) -> int:
    """A popularity of 0 to 100 that varies a few points around its mean, most days by at most one."""
    phase = ids.digest("popularity", key)
    period = 9 + phase % 23
    step = (day.toordinal() + phase) % (2 * period)
    wave = abs(step - period) - period // 2  # a triangle wave: one point per day, up and then down
    return max(0, min(_MAX_POPULARITY, mean + wave // 2))


def followers(base: int, key: object, day: dt.date) -> int:
    """A count that grows on most days and sometimes shrinks."""
    growth = 1 + ids.digest("growth", key) % 7
    since = day.toordinal() - dt.date(2020, 1, 1).toordinal()
    wobble = ids.digest("wobble", key, day.toordinal()) % (3 * growth)
    return max(0, base + growth * since - wobble)


def is_renamed(number: int, day: dt.date) -> bool:
    """Whether a track with two titles has its second one; they alternate weekly."""
    return (day.toordinal() + number) // 7 % 2 == 1


@dataclasses.dataclass(frozen=True)
class Rhythm:
    """How a playlist changes.

    Attributes:
        period: days between two revisions; 0 for a playlist that never changes.
        churn: every `churn`-th slot gets another track in a revision.
        phase: shifts the days of change, so that playlists of one period do not all change together.
        gaps: whether slots are empty for a while, so that the length changes too.
    """

    period: int
    churn: int = 12
    phase: int = 0
    gaps: bool = True

    def revision(self, day: dt.date) -> int:
        """The number of the revision in force on the day."""
        return 0 if self.period == 0 else (day.toordinal() + self.phase) // self.period

    def began(self, revision: int) -> dt.date:
        """The day on which a revision came into force (revision 0 of a frozen playlist: 2 May 2019)."""
        if self.period == 0:
            return dt.date(2019, 5, 2)
        return dt.date.fromordinal(max(1, revision * self.period - self.phase))


@dataclasses.dataclass(frozen=True)
class Slot:
    """One place of a playlist.

    Attributes:
        index: the slot's own number; it stays when the slot moves.
        generation: how often it has been given another track.
        added: when its present track came.
    """

    index: int
    generation: int
    added: dt.date


def slots(count: int, rhythm: Rhythm, revision: int, key: object) -> list[Slot]:
    """The slots in the playlist's order in a revision (see `Rhythm.revision`).

    In each revision every `churn`-th slot gets another track, some slots are empty for a generation (so
    that the playlist grows and shrinks), and one slot has moved to the front. Slot 0 is never empty.
    """
    filled = []
    for index in range(count):
        generation, age = divmod(revision + index * 5, rhythm.churn) if rhythm.period else (0, 0)
        can_be_empty = rhythm.gaps and index > 0 and generation > 0
        is_empty = can_be_empty and ids.digest("empty", key, index, generation) % 11 == 0
        if not is_empty:
            filled.append(Slot(index, generation, rhythm.began(revision - age)))
    if rhythm.period and filled:
        filled.insert(0, filled.pop(ids.digest("moved", key, revision) % len(filled)))
    return filled
