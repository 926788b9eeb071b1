"""Glue's entry point: builds the marts of one published day or of many from the lake's tables.

    build_marts.py --curated_uri s3://curated/ --run_id R --snapshot_date YYYY-MM-DD
    build_marts.py ... --snapshot_date all --forecast_popularity true

Runs on AWS Glue and on any Spark. `awsglue` is used where it exists, for Glue's bookkeeping only.
"""

from __future__ import annotations

import datetime as dt
import logging
import sys
from collections.abc import Sequence

from spotify_lake.marts.config import parse_arguments
from spotify_lake.marts.job import run_days
from spotify_lake.marts.session import marts_session
from spotify_lake.publishing.marts_report import MartsReport

try:
    from awsglue import utils as glue_utils
    from awsglue.context import GlueContext
    from awsglue.job import Job
except ImportError:
    GlueContext = Job = glue_utils = None

_LOG_FORMAT = "%(asctime)s %(levelname)-7s %(message)s"


def main(argv: Sequence[str]) -> dict[str, MartsReport]:
    """Run the job with Glue's arguments (`--key value`) and return the published reports by day.

    Raises:
        JobError: what is wrong and how to fix it (`spotify_lake.errors`). Glue shows it as the run's error.
    """
    logging.basicConfig(level=logging.INFO, format=_LOG_FORMAT, stream=sys.stdout)
    logging.getLogger("py4j").setLevel(logging.WARNING)
    config = parse_arguments(argv)
    spark = marts_session(config.job_name)
    job = None
    if Job is not None and any(word.partition("=")[0] == "--JOB_NAME" for word in argv):
        job = Job(GlueContext(spark.sparkContext))
        # Glue's parser skips the first word, the script.
        job.init(config.job_name, glue_utils.getResolvedOptions([__file__, *argv], ["JOB_NAME"]))
    reports = run_days(spark, config, lambda: dt.datetime.now(dt.UTC))
    if job is not None:
        job.commit()
    return reports


if __name__ == "__main__":
    main(sys.argv[1:])
