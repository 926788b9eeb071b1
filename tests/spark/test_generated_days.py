"""The job against the plain Python reference of its rules, on 700 generated catalogs (`make soak`: 7,000)."""

from __future__ import annotations

from pathlib import Path

import pyspark
import pytest
from pyspark.sql import SparkSession

from tests.soak import SOAK_FACTOR
from tests.spark.generated.catalogs import drawn
from tests.spark.generated.comparison import Comparison
from tests.spark.generated.layout import LAYOUTS
from tests.spark.generated.simplify import simplified

_SPARK = int(pyspark.__version__.split(".")[0])
pytestmark = pytest.mark.spark


@pytest.mark.parametrize("seeded", range(len(LAYOUTS) * SOAK_FACTOR))
def test_a_day_is_published_by_the_rules_however_it_is_laid_out(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seeded: int
) -> None:
    layout = LAYOUTS[seeded % len(LAYOUTS)]
    comparison = Comparison(spark, tmp_path, layout, monkeypatch)
    catalogs = drawn(layout.catalogs, seeded + 1_000 * _SPARK)  # other catalogs on another Spark
    wrong = comparison.differences(catalogs)
    if wrong:
        smallest = simplified(catalogs[min(wrong)], comparison.differences)
        told = comparison.differences([smallest]).get(0, ["(not when it is run again)"])
        lines = [
            f"{len(wrong)} of {layout.catalogs} catalogs, as {layout.name}; such as",
            smallest.told(),
            *told,
        ]
        pytest.fail("\n".join(lines), pytrace=False)
