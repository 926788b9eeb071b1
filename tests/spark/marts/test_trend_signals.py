"""Which series rise or fall, and how the number of series counts."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from spotify_lake.marts.trend_signals import trend_results, with_directions

pytestmark = pytest.mark.spark
SHAPES = {
    "up": [(age, -age) for age in range(1, 28)],
    "down": [(age, 3 * age) for age in range(28)],
    "constant": [(age, 5) for age in range(28)],
    "short": [(age, -age) for age in range(6)],
    "old": [(age, -age) for age in range(7, 20)],
}


def test_only_series_that_are_long_enough_and_change_have_a_direction(spark: SparkSession) -> None:
    found = spark.createDataFrame(
        [
            ("track", name, name, "reach", [(age, float(value)) for age, value in points])
            for name, points in SHAPES.items()
        ],
        "entity_type string, entity_id string, name string, metric string,"
        " points array<struct<age: int, value: double>>",
    )
    rows = {
        (row.entity_id, row.window_days): row
        for row in with_directions(trend_results(found, can_test=True)).collect()
    }
    assert {key: (row.direction, row.slope, row.observations) for key, row in rows.items()} == {
        ("up", 28): ("rising", 1.0, 27),
        ("up", 7): ("none", None, 6),
        ("down", 28): ("falling", -3.0, 28),
        ("down", 7): ("falling", -3.0, 7),
        ("constant", 28): ("none", 0.0, 28),
        ("constant", 7): ("none", 0.0, 7),
        ("short", 28): ("none", None, 6),
        ("short", 7): ("none", None, 6),
        ("old", 28): ("rising", 1.0, 13),
    }
    # Benjamini and Hochberg over the tested series; equal p-values have the rank of the last of them.
    in_28 = [row for (_, days), row in rows.items() if days == 28 and row.p_value is not None]
    for row in in_28:
        better = [each.p_value for each in in_28 if each.p_value >= row.p_value]
        adjusted = min(p * len(in_28) / sum(each.p_value <= p for each in in_28) for p in better)
        assert row.p_adjusted == pytest.approx(min(1, adjusted))
    without = {
        (row.entity_id, row.window_days): (row.observations, row.p_value)
        for row in trend_results(found, can_test=False).collect()
    }
    assert without == {key: (row.observations, None) for key, row in rows.items()}
