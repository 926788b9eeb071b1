"""Which end-to-end test enters which states of the deployed state machine.

What stands here of a test is checked whenever it runs (see `conftest`), and `test_every_state` checks that no
state is left out. A state stands here once; other tests may enter it too.
"""

from __future__ import annotations

from typing import Final

# By module and test; the states' names as words.
ENTERED_BY: Final = {
    "test_days": {
        "test_a_run_goes_through_its_states_and_ends_well": (
            "StartEmpty ResolveRun AcquireLease IsRebuild FetchSpotify IsFetchComplete NormalizeToParquet "
            "IsJobDone StartCrawler WaitForCrawler GetCrawler IsCrawlerDone PublishCatalog DailySummary "
            "GetDailySummary IsSummaryThere FillUnknownFigures ReadSummary IsConsentEnding ReleaseLease "
            "ReportSuccess Done"
        ),
    },
    "test_failures": {
        "test_a_bad_input_is_refused_before_anything_is_done": (
            "ExplainFailure ReadLambdaError TakeLambdaMessage IsAReasonGiven WasTheLeaseTaken "
            "NotifyFailure RunFailed"
        ),
        "test_an_unknown_playlist_alone_fails_the_run_and_is_named": "ReleaseLeaseAfterFailure",
        "test_a_run_that_is_in_progress_is_named": "ReadLeaseHolder IsHolderThere RunInProgress",
        "test_a_wait_longer_than_the_run_may_make_ends_it_with_the_seconds": (
            "ReadLimit ReadRetryAfter AddUpWaits MayWait WaitTooLong"
        ),
    },
    "test_failures_after_fetch": {
        "test_a_rate_limit_is_waited_out_and_nothing_is_missing": (
            "HoldLeaseWhileWaiting RenewLeaseForWait WaitForSpotify"
        ),
        "test_a_consent_that_ends_soon_is_warned_of": "WarnOfConsentEnding",
        "test_a_crawl_that_fails_is_told_with_the_crawlers_reason": "CrawlerFailed",
    },
    "test_rebuild": {
        "test_all_days_come_back_as_they_were_into_an_empty_curated_zone": "SkipFetch",
    },
    "test_state_machine_paths": {
        "test_the_fetch_goes_round_until_it_is_complete": "MayGoRound NextFetchRound ExtendLease RenewLease",
        "test_a_fetch_that_never_completes_is_ended": "FetchTookTooLong",
        "test_a_run_that_lost_its_lease_writes_nothing": "LeaseLost",
        "test_a_job_that_fails_is_told_with_its_last_line": "ReadGlueError TakeGlueMessage",
        "test_a_crawl_that_never_ends_is_not_waited_for_without_end": "CountCrawlerPoll CrawlerTookTooLong",
        "test_a_crawl_that_somebody_stopped_is_told": "CrawlerDidNotSucceed",
        "test_a_summary_that_fails_is_told_with_athenas_reason": (
            "ReadAthenaError IsAthenasReasonThere TakeAthenaMessage"
        ),
    },
    "test_failures_without_a_reason": {
        "test_a_lease_whose_holder_ends_before_it_is_read_is_told": "LeaseWasHeld",
        "test_a_function_that_fails_without_a_word_is_told_by_its_errors_name": "NoReasonGiven",
        "test_a_job_that_somebody_stops_is_told": "JobDidNotSucceed",
        "test_a_summary_that_somebody_cancels_is_told": "TakeAthenaCause",
        "test_a_summary_without_a_row_of_the_day_is_told": "SummaryMissing",
    },
}


def states_entered_by(module: str, test: str) -> set[str]:
    """The states that a test is said to enter."""
    return set(ENTERED_BY.get(module, {}).get(test, "").split())
