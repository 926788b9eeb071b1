"""The local Spotify: an HTTP server that simulates the Web API and the accounts host of 2026.

`python -m infra.local.spotify_api --help` runs it as a process, `SpotifyApi` in a test.
"""

from infra.local.spotify_api.accounts import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SCOPES, AccountsOptions
from infra.local.spotify_api.call_log import Call, CallLog
from infra.local.spotify_api.catalog import Catalog
from infra.local.spotify_api.faults import Fault, FaultPlan, FaultPlanError
from infra.local.spotify_api.options import Scale, SpotifyApiOptions
from infra.local.spotify_api.recorded_catalog import RecordedCatalog, RecordingUnreadableError
from infra.local.spotify_api.recorded_files import Report
from infra.local.spotify_api.server import SpotifyApi
from infra.local.spotify_api.synthetic_catalog import SyntheticCatalog

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "REFRESH_TOKEN",
    "SCOPES",
    "AccountsOptions",
    "Call",
    "CallLog",
    "Catalog",
    "Fault",
    "FaultPlan",
    "FaultPlanError",
    "RecordedCatalog",
    "RecordingUnreadableError",
    "Report",
    "Scale",
    "SpotifyApi",
    "SpotifyApiOptions",
    "SyntheticCatalog",
]
