"""The job is compared with a reference in plain Python on 700 generated catalogs (`make soak`: 7,000)."""

from __future__ import annotations

from pathlib import Path

import pyspark
import pytest
from pyspark.sql import SparkSession

from tests.soak import SOAK_FACTOR
from tests.spark.generated.catalogs import draw_catalogs
from tests.spark.generated.comparison import Comparison
from tests.spark.generated.layout import LAYOUTS
from tests.spark.generated.simplify import simplify

_SPARK = int(pyspark.__version__.split(".")[0])
pytestmark = pytest.mark.spark


@pytest.mark.parametrize("number", range(len(LAYOUTS) * SOAK_FACTOR))
def test_the_job_publishes_what_the_reference_expects_for_every_layout(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    layout = LAYOUTS[number % len(LAYOUTS)]
    comparison = Comparison(spark, tmp_path, layout, monkeypatch)
    catalogs = draw_catalogs(layout.catalogs, number + 1_000 * _SPARK)  # other catalogs on another Spark
    wrong = comparison.differences(catalogs)
    if wrong:
        smallest = simplify(catalogs[min(wrong)], comparison.differences)
        problems = comparison.differences([smallest]).get(0, ["(not when it is run again)"])
        lines = [
            f"{len(wrong)} of {layout.catalogs} catalogs differ as {layout.name}, for example",
            smallest.description(),
            *problems,
        ]
        pytest.fail("\n".join(lines), pytrace=False)
