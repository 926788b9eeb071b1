"""Glue's entry point: turns a day's raw Spotify records into the lake's tables, or those of many days anew.

    normalize_spotify.py --raw_uri s3://raw/ --curated_uri s3://curated/ --run_id R --snapshot_date YYYY-MM-DD
    normalize_spotify.py ... --snapshot_date 2026-11-01..2026-11-20 --tables tracks,albums

Runs on AWS Glue and on any Spark; `awsglue` is used where it exists (for the job's bookkeeping only).
"""

from __future__ import annotations

import datetime as dt
import logging
import sys
from collections.abc import Sequence

from spotify_lake.config import config_from, parse_options
from spotify_lake.engine.session import job_session
from spotify_lake.publishing.run_report import RunReport
from spotify_lake.rebuild.backfill import run_days

try:
    from awsglue.context import GlueContext
    from awsglue.job import Job
except ImportError:
    GlueContext = Job = None

_LOG_FORMAT = "%(asctime)s %(levelname)-7s %(message)s"


def main(argv: Sequence[str]) -> list[RunReport]:
    """Run the job with Glue's arguments (`--key value`) and return the published reports, one a day.

    Raises:
        JobError: what is wrong and the way out (`spotify_lake.errors`); Glue shows it as the run's error.
    """
    logging.basicConfig(level=logging.INFO, format=_LOG_FORMAT, stream=sys.stdout)
    logging.getLogger("py4j").setLevel(logging.WARNING)
    options = parse_options(argv)
    config = config_from(options)
    spark = job_session(config.job_name)
    job = None
    if Job is not None and "JOB_NAME" in options:
        job = Job(GlueContext(spark.sparkContext))
        job.init(config.job_name, options)
    reports = run_days(spark, config, lambda: dt.datetime.now(dt.UTC))
    if job is not None:
        job.commit()
    return reports


if __name__ == "__main__":
    main(sys.argv[1:])
