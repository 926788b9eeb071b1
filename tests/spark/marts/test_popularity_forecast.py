"""The marts of forecasts: which tracks have one, the figures of a day, and when they are made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession

from spotify_lake.contract.marts.entities import TRACK_DAILY
from spotify_lake.contract.marts.forecasts import FORECAST_BACKTEST, POPULARITY_FORECAST
from spotify_lake.marts import popularity_forecast as forecasts
from spotify_lake.marts import track_daily
from spotify_lake.marts.config import parse_arguments
from spotify_lake.marts.job import run_days
from tests.spark.marts.curated_lake import CuratedLake
from tests.spark.marts.days import day_tables

pytestmark = pytest.mark.spark
DAY = "2026-11-22"
WALK = 50 + np.cumsum(np.random.default_rng(4).normal(size=28))
SERIES = {
    "rising": [20.0 + 2 * day for day in range(28)],
    "walk": [float(each) for each in WALK],
    "constant": [50.0] * 28,
    "short": [20.0 + 2 * day for day in range(23)],
}


def test_tracks_with_good_earlier_forecasts_have_one_and_the_day_has_their_errors(
    spark: SparkSession,
) -> None:
    series = spark.createDataFrame(
        [
            (
                "track",
                name,
                name.title(),
                "popularity",
                [(len(values) - 1 - day, each) for day, each in enumerate(values)],
            )
            for name, values in SERIES.items()
        ],
        "entity_type string, entity_id string, name string, metric string,"
        " points array<struct<age: int, value: double>>",
    )
    made = forecasts.popularity_forecast(series, day=DAY).cache()
    rows = {row.track_id: row for row in made.collect()}
    assert {name: row.has_forecast for name, row in rows.items()} == {
        "rising": True,
        "walk": False,
        "constant": False,
    }
    rising = rows["rising"]
    assert (rising.track_name, rising.forecast_day, rising.origins) == ("Rising", "2026-11-29", 12)
    assert rising.forecast == pytest.approx(20 + 2 * 34, abs=4)
    assert rising.forecast_low <= rising.forecast <= rising.forecast_high
    assert rising.mase == pytest.approx(rising.mae / rising.naive_mae)
    assert rows["walk"].forecast is None
    assert rows["constant"].mase is None
    groups = {row.track_group: row for row in forecasts.forecast_backtest(made).collect()}
    assert {name: row.tracks for name, row in groups.items()} == {"all": 3, "with_forecast": 1}
    assert groups["all"].mae == pytest.approx(np.mean([row.mae for row in rows.values()]))
    assert groups["all"].mase == pytest.approx(
        sum(row.mae for row in rows.values()) / sum(row.naive_mae for row in rows.values())
    )
    assert groups["with_forecast"].coverage == rising.covered_origins / rising.origins


def test_forecasts_are_made_only_if_asked_for(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spotify_lake.marts.job.MARTS", (track_daily.MART,))
    lake = CuratedLake(spark, tmp_path)
    lake.write_day(DAY, day_tables(DAY, {"p1": ["t0", "t1"]}))
    arguments = ["--curated_uri", tmp_path.as_uri(), "--run_id", "r", "--snapshot_date", DAY]
    run_days(spark, parse_arguments(arguments), lake._now)
    assert lake.rows(TRACK_DAILY, DAY)
    assert not lake.folder(POPULARITY_FORECAST, DAY).exists()
    run_days(spark, parse_arguments([*arguments, "--forecast_popularity", "true"]), lake._now)
    # A single day has no earlier forecasts.
    assert lake.rows(POPULARITY_FORECAST, DAY) == lake.rows(FORECAST_BACKTEST, DAY) == []
