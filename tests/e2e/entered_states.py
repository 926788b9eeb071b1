"""Which end-to-end test enters which states of the deployed state machine.

The states of a test are checked whenever it runs (see `conftest`), and `test_every_state` checks that no
state is left out. Each state is listed once; other tests may enter it, too.
"""

from __future__ import annotations

from typing import Final

# By module and test; the names of the states are separated by spaces.
ENTERED_BY: Final = {
    "test_days": {
        "test_a_run_enters_its_states_and_succeeds": (
            "ResolveRun AcquireLease WhatNeedsTheLease FetchSpotify IsFetchComplete NormalizeToParquet "
            "IsJobDone BuildMarts StartCrawler WaitForCrawler GetCrawler IsCrawlerDone PublishCatalog "
            "DailySummary GetDailySummary IsSummaryThere BuildReport IsConsentEnding ReleaseLease Done"
        ),
    },
    "test_failures": {
        "test_a_run_that_is_in_progress_is_named": "ReadLeaseHolder RunFailed",
        "test_a_wait_that_exceeds_the_maximum_ends_the_run_with_the_seconds": "MayWait",
    },
    "test_failures_after_fetch": {
        "test_a_rate_limit_is_waited_out_and_nothing_is_missing": "WaitForSpotify",
        "test_a_consent_that_ends_soon_causes_a_warning": "WarnOfConsentEnding",
    },
    "test_marts": {
        "test_a_report_that_cannot_be_built_is_a_warning_and_the_run_succeeds": "WarnOfMissingReport",
    },
    "test_dropped_files": {
        "test_lists_that_are_dropped_during_a_run_are_fetched_after_it": "MayWaitForLease WaitForLease",
    },
    "test_redrive": {
        "test_a_redrive_takes_the_lease_again_before_it_writes": "WasRedriven",
    },
}


def states_entered_by(module: str, test: str) -> set[str]:
    """The states that are listed for a test."""
    return set(ENTERED_BY.get(module, {}).get(test, "").split())
