"""The first thing to do after each error; the table in docs/operate.md has the same names."""

from __future__ import annotations

from typing import Final

_AUTHORIZE: Final = "Run `make authorize SECRET=<the stack's SpotifySecretArn>`."
_SAME_DAY: Final = "Start an execution for the same snapshot_date (or rebuild)."
_LATER: Final = "Start again later."

FIRST_THING_TO_DO: Final = {
    "InvalidInput": "Correct the key or value of the execution's input that the reason names.",
    "RunInProgress": "Wait until the other run has ended, then start again with the same input.",
    "LeaseLost": "Start again when the other run has ended, or raise LeaseHours.",
    "RunAborted": "Start again, or redrive the execution, when what it was stopped for is over.",
    "RunTimedOut": "Look in the execution's history for the state that took so long, then start again.",
    "SpotifyCredentialsInvalid": _AUTHORIZE,
    "SpotifyAuthorizationExpired": _AUTHORIZE,
    "SpotifyAccessRefused": "Check the app in Spotify's dashboard: its owner's Premium and its user list.",
    "ScopeNotGranted": _AUTHORIZE.replace(">`", "> SOURCES=<the sources>`"),
    "RateLimited": "Start again later, or allow a longer max_wait_seconds.",
    "QuotaExceeded": "Start again later, or allow a longer max_wait_seconds.",
    "CallBudgetSpent": "Raise MaxCallsPerRun, or let the next run go on.",
    "SpotifyUnavailable": _LATER,
    "SourceFailed": "Fix the code at the place that the reason names, or leave the source out of Sources.",
    "FetchTookTooLong": "Start an execution for the same snapshot_date with fewer playlists.",
    "NoPlaylistReadable": "Check the playlists that the reason names.",
    "ClockIsWrong": "Set the clock.",
    "RawZoneUnavailable": _LATER,
    "RedirectRefused": "Check SpotifyApiUrl, SpotifyAccountsUrl and any proxy.",
    "PrivacySaltMissing": 'Store {"salt": "..."} in the salt\'s secret: the previous one if you have it.',
    "PlaylistFileUnusable": "Restore the file of playlists that the reason names, then start again.",
    "RawZoneUnwritable": "Check the raw bucket's policy and the role of the fetch function.",
    "ManifestUnreadable": "Restore or delete the manifest that the reason names.",
    "NormalizeToParquetFailed": "Fix what the reason and the job's logs say, then redrive or start again.",
    "BuildMartsFailed": "Fix what the reason and the job's logs say, then redrive the execution.",
    "CrawlerFailed": f"Fix the cause. {_SAME_DAY}",
    "CrawlerTookTooLong": f"Wait until the crawler has ended. {_SAME_DAY}",
    "ViewNotCreated": f"Fix what the reason names. {_SAME_DAY}",
    "ReportMissing": _SAME_DAY,
    "States.DataLimitExceeded": "Put the playlists of the input into a file under drop/ in the raw bucket.",
    "DailySummaryFailed": "The day is published. Redrive the execution to run the summary query again.",
}
ANY_OTHER: Final = f"Read the service's words in the reason. {_SAME_DAY}"


def first_thing_to_do(error: str) -> str:
    """Return what an operator should do first after an error."""
    return FIRST_THING_TO_DO.get(error, ANY_OTHER)
