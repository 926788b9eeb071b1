"""Generated rows of marts, seeded, with nulls, ties, gaps and names that need care."""

from __future__ import annotations

import random
from typing import Any, Final

Row = dict[str, Any]

NAMES: Final = (
    "Plain",
    "</script><img src=x onerror=alert(1)>",
    "Quotes \" and ' and `",
    "\N{FIRE} emoji \N{FAMILY}",
    "\u05e9\u05d9\u05e8 \u05d1\u05e2\u05d1\u05e8\u05d9\u05ea",
    "\u0623\u063a\u0646\u064a\u0629",
    "{{ 7 * 7 }}",
    "line\nbreak",
    None,
)


def maybe(random_: random.Random, value: Any, share: float = 0.2) -> Any:
    """Return the value, or None for this share of the calls."""
    return None if random_.random() < share else value


def playlist_changes(seed: int, playlists: int = 8, items: int = 40) -> list[Row]:
    """Rows of playlist_changes, some of tracks that nobody knows."""
    random_ = random.Random(seed)
    found = []
    for playlist in range(playlists):
        for number in range(random_.randrange(1, items)):
            change = random_.choice(("added", "removed", "moved"))
            found.append(
                {
                    "playlist_id": f"p{playlist}",
                    "playlist_name": NAMES[playlist % len(NAMES)],
                    "change": change,
                    "item_name": random_.choice(NAMES),
                    "item_uri": f"spotify:track:{number}",
                    "item_type": "track",
                    "position": number,
                    "track_id": maybe(random_, f"t{random_.randrange(30)}"),
                    "previous_snapshot_date": "2026-11-18" if playlist % 2 else "2026-11-19",
                    "previous_position": None if change == "added" else random_.randrange(50),
                    "days_between": 1,
                }
            )
    return found


def with_ranks(rows: list[Row]) -> list[Row]:
    """Add competition ranks by reach (null without) and by playlists."""
    for row in rows:
        reach = row["reach"]
        row["rank_by_reach"] = (
            None if reach is None else 1 + sum((each["reach"] or -1) > reach for each in rows)
        )
        row["rank_by_playlists"] = 1 + sum(each["playlists"] > row["playlists"] for each in rows)
    return rows


def entities(seed: int, id_column: str, count: int = 60, *, has_reach: bool = True) -> list[Row]:
    """Rows of track_daily or artist_daily."""
    random_ = random.Random(seed)
    return with_ranks(
        [
            {
                id_column: f"e{number:03}",
                "name": random_.choice(NAMES),
                "artist_name": random_.choice(NAMES),
                "playlists": random_.randrange(1, 5),
                "appearances": 5,
                "best_position": 0,
                "playlists_without_followers": 0,
                "reach": maybe(random_, random_.randrange(20) * 1000) if has_reach else None,
                "popularity": maybe(random_, random_.randrange(101)),
            }
            for number in random_.sample(range(count + 10), count)
        ]
    )


def signals(seed: int, count: int = 120) -> list[Row]:
    """Rows of trend_signals, two windows per entity and metric."""
    random_ = random.Random(seed)
    found = []
    for number in range(count):
        for window in (7, 28):
            direction = random_.choice(("rising", "falling", "none"))
            is_tested = direction != "none" or random_.random() < 0.5
            slope = random_.uniform(0.1, 9) * (-1 if direction == "falling" else 1)
            found.append(
                {
                    "entity_type": random_.choice(("track", "artist", "playlist")),
                    "entity_id": f"e{number}",
                    "name": random_.choice(NAMES),
                    "metric": "followers",
                    "window_days": window,
                    "observations": 7,
                    "direction": direction,
                    "slope": slope if is_tested else None,
                    "slope_low": slope - 0.1 if is_tested else None,
                    "slope_high": slope + 0.1 if is_tested else None,
                    "p_value": 0.01 if is_tested else None,
                    "p_adjusted": round(random_.uniform(0, 0.05), 3) if is_tested else None,
                }
            )
    for pair in range(0, len(found), 2):
        found[pair + 1]["entity_type"] = found[pair]["entity_type"]
    return found
