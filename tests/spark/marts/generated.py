"""Histories of playlists that come and go, change, are unreadable for a while, and skip days."""

from __future__ import annotations

import datetime as dt
import random

from tests.spark.marts.days import Contents

FIRST = dt.date(2026, 11, 1)
# Nine days, with every comparison: 1, 7 and 28 days before, and a gap before the previous day.
DAY_NUMBERS = (0, 1, 2, 4, 7, 8, 9, 28, 29)


def history(seed: int, playlists: int) -> dict[str, Contents]:
    """Return the contents of playlists by day. The days are those of `DAY_NUMBERS`.

    Args:
        seed: of the random choices.
        playlists: how many playlists there are.
    """
    chance = random.Random(seed)
    catalog = [f"{kind}{number}" for kind in "tttel" for number in range(8)]
    items: dict[str, list[str | None]] = {
        f"p{number}": chance.choices(catalog, k=chance.randrange(6)) for number in range(playlists)
    }
    made: dict[str, Contents] = {}
    for number in DAY_NUMBERS:
        items = {name: changed(listed, catalog, chance) for name, listed in items.items()}
        day = (FIRST + dt.timedelta(number)).isoformat()
        made[day] = {
            name: None if chance.random() < 0.1 else list(listed)
            for name, listed in items.items()
            if chance.random() < 0.8
        }
    return made


def changed(items: list[str | None], catalog: list[str], chance: random.Random) -> list[str | None]:
    """Return the items after a few random changes of a playlist."""
    after = list(items)
    for _ in range(chance.choice((0, 0, 1, 2, 5))):
        kind = chance.choice(("add", "add", "remove", "move", "empty slot", "clear", "shuffle"))
        if kind == "add":
            after.insert(chance.randint(0, len(after)), chance.choice(catalog))
        elif kind == "empty slot":
            after.insert(chance.randint(0, len(after)), None)
        elif kind == "remove" and after:
            after.pop(chance.randrange(len(after)))
        elif kind == "move" and after:
            after.insert(chance.randint(0, len(after) - 1), after.pop(chance.randrange(len(after))))
        elif kind == "clear" and chance.random() < 0.3:
            after.clear()
        elif kind == "shuffle":
            chance.shuffle(after)
    return after
