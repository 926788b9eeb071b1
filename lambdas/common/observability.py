"""The shared logger and metrics (AWS Lambda Powertools).

Service and namespace come from `POWERTOOLS_SERVICE_NAME` and `POWERTOOLS_METRICS_NAMESPACE`; the defaults
are for tests and the command line.
"""

from __future__ import annotations

import logging
import os

from aws_lambda_powertools import Logger, Metrics

SERVICE = os.environ.get("POWERTOOLS_SERVICE_NAME", "spotify-lake")
NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "SpotifyLake")

logger = Logger(service=SERVICE)
metrics = Metrics(namespace=NAMESPACE, service=SERVICE)

# At DEBUG spotipy and urllib3 print Authorization headers and botocore prints secrets; at ERROR spotipy
# logs each refusal that the fetch handles. Their levels do not depend on the function's level.
logging.getLogger("urllib3").setLevel(logging.WARNING)
logging.getLogger("botocore").setLevel(logging.WARNING)
logging.getLogger("spotipy").setLevel(logging.CRITICAL)
