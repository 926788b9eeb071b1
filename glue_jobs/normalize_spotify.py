"""Glue's entry point: turns raw Spotify records into the lake's tables, of one day or of many.

    normalize_spotify.py --raw_uri s3://raw/ --curated_uri s3://curated/ --run_id R --snapshot_date YYYY-MM-DD
    normalize_spotify.py ... --snapshot_date 2026-11-01..2026-11-20 --tables tracks,albums

Runs on AWS Glue and on any Spark. `awsglue` is used where it exists, for Glue's bookkeeping only.
"""

from __future__ import annotations

import datetime as dt
import logging
import sys
from collections.abc import Sequence

from spotify_lake.config import parse_arguments
from spotify_lake.engine.session import job_session
from spotify_lake.publishing.run_report import RunReport
from spotify_lake.rebuild.backfill import run_days

try:
    from awsglue import utils as glue_utils
    from awsglue.context import GlueContext
    from awsglue.job import Job
except ImportError:
    GlueContext = Job = glue_utils = None

_LOG_FORMAT = "%(asctime)s %(levelname)-7s %(message)s"


def main(argv: Sequence[str]) -> list[RunReport]:
    """Run the job with Glue's arguments (`--key value`) and return the published reports, one per day.

    Raises:
        JobError: what is wrong and how to fix it (`spotify_lake.errors`). Glue shows it as the run's error.
    """
    logging.basicConfig(level=logging.INFO, format=_LOG_FORMAT, stream=sys.stdout)
    logging.getLogger("py4j").setLevel(logging.WARNING)
    config = parse_arguments(argv)
    spark = job_session(config.job_name)
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
