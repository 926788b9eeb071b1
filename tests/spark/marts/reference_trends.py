"""trend_signals in plain Python, from the rows of the other marts."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from statistics import NormalDist, mean, median

from tests.spark.marts.curated_lake import Row

OBSERVED: dict[str, dict[str, Callable[[Row], bool]]] = {
    "track": {
        "popularity": lambda row: bool(row["is_popularity_observed"]),
        "playlists": lambda row: True,
        "reach": lambda row: row["playlists_without_followers"] == 0,
    },
    "artist": {
        "popularity": lambda row: bool(row["is_observed"]),
        "followers": lambda row: bool(row["is_observed"]),
        "playlists": lambda row: True,
    },
    "playlist": {
        "followers": lambda row: bool(row["is_followers_observed"]),
        "items": lambda row: row["days_without_contents"] == 0,
    },
}
Z = NormalDist().inv_cdf(0.975)


def trend_rows(day: str, rows: Mapping[str, Mapping[str, Sequence[Row]]]) -> list[Row]:
    """The trends of a day.

    Args:
        day: the day.
        rows: by type of entity and day, the rows of its mart; the day and earlier ones.
    """
    found = []
    for kind, metrics in OBSERVED.items():
        for entity in rows[kind][day]:
            for metric, is_observed in metrics.items():
                points = [
                    (age(day, each), row[metric])
                    for each, of_day in rows[kind].items()
                    for row in of_day
                    if row[f"{kind}_id"] == entity[f"{kind}_id"]
                    and row[metric] is not None
                    and is_observed(row)
                ]
                for window in (7, 28):
                    within = sorted((-days, value) for days, value in points if days < window)
                    if within:
                        key = {"entity_type": kind, "entity_id": entity[f"{kind}_id"], "name": entity["name"]}
                        found.append(key | {"metric": metric, "window_days": window} | trend(within))
    adjust(found)
    return found


def age(day: str, earlier: str) -> int:
    return (dt.date.fromisoformat(day) - dt.date.fromisoformat(earlier)).days


def trend(points: Sequence[tuple[int, float]]) -> Row:
    """Theil and Sen, Mann and Kendall, Hamed and Rao, step by step."""
    n = len(points)
    names = ("slope", "slope_low", "slope_high", "p_value", "variance_correction")
    if n < 7:
        return {"observations": n, **dict.fromkeys(names)}
    values = [float(value) for _, value in points]
    slopes = sorted((y - x) / (later - sooner) for (sooner, x), (later, y) in combinations(points, 2))
    slope = median(slopes)
    score = sum((y > x) - (y < x) for x, y in combinations(values, 2))
    ties = sum(t * (t - 1) * (2 * t + 5) for t in Counter(values).values())
    detrended = [value - slope * when for when, value in points]
    factor = correction(detrended)
    deviation = math.sqrt((n * (n - 1) * (2 * n + 5) - ties) / 18 * factor)
    normal = (abs(score) - 1) / deviation if score else 0.0
    low = max(round((len(slopes) - Z * deviation) / 2) - 1, 0)
    high = min(round((len(slopes) + Z * deviation) / 2), len(slopes) - 1)
    p_value = 2 * (1 - NormalDist().cdf(normal))
    return {"observations": n} | dict(
        zip(names, (slope, slopes[low], slopes[high], p_value, factor), strict=True)
    )


def correction(values: Sequence[float]) -> float:
    n = len(values)
    ranks = [sum(y < x for y in values) + (1 + sum(y == x for y in values)) / 2 for x in values]
    middle = mean(ranks)
    squares = sum((rank - middle) ** 2 for rank in ranks)
    total = 0.0
    for lag in range(1, n):
        products = sum((x - middle) * (y - middle) for x, y in zip(ranks, ranks[lag:], strict=False))
        rho = products / squares if squares else 0.0
        if abs(rho) > Z / math.sqrt(n):
            total += (n - lag) * (n - lag - 1) * (n - lag - 2) * rho
    return max(1.0, 1 + 2 / (n * (n - 1) * (n - 2)) * total)


def adjust(found: Sequence[Row]) -> None:
    """Benjamini and Hochberg within each type, metric and window; and the directions."""
    families = defaultdict(list)
    for row in found:
        row |= {"p_adjusted": None, "direction": "none"}
        if row["p_value"] is not None:
            families[row["entity_type"], row["metric"], row["window_days"]].append(row)
    for family in families.values():
        smallest = 1.0
        in_order = sorted(family, key=lambda row: float(row["p_value"]))
        for rank, row in reversed(list(enumerate(in_order, 1))):
            smallest = min(smallest, row["p_value"] * len(family) / rank)
            row["p_adjusted"] = smallest
            if smallest <= 0.05 and row["slope"]:
                row["direction"] = "rising" if row["slope"] > 0 else "falling"
