"""Failed quality rules, unreadable records, what the fetches of the day could read, and the verdict."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import pandas as pd

from build_report.report import FailedRule, RejectedReason, Verdict
from build_report.wording import count, plural
from spotify_lake.contract.raw_zone import RunManifest
from spotify_lake.contract.tables import QUALITY_RULE

from .frames import rows

RULE_COLUMNS: Final = ("rule", "table_name", "severity", "is_passed", "failing", "detail")
REJECTED_COLUMNS: Final = ("reason", "detail", "raw_text")
_SAMPLES: Final = 3
_SAMPLE_LENGTH: Final = 500
_SKIPPED: Final = 50
_SEVERITIES: Final = {"halt": 0, "quarantine": 1, "warn": 2}


@dataclasses.dataclass(frozen=True)
class Fetched:
    """What the fetches of a day read: number of complete playlists, reasons by skipped one, kind of app."""

    complete: int
    skipped: Mapping[str, str]
    mode: str | None


def failed_rules(
    results: Sequence[pd.DataFrame], rejected: pd.DataFrame
) -> tuple[tuple[FailedRule, ...], int]:
    """Return the failed rules of a day, the gravest first, and the number of all rules.

    Args:
        results: `quality_results` and `mart_quality_results` of the day.
        rejected: `rejected_records` of the day. A row in quarantine is a sample of the rules it broke.
    """
    quarantined = rejected[rejected["reason"] == QUALITY_RULE].dropna(subset=["detail", "raw_text"])
    every = [row for frame in results for row in rows(frame)]
    failed = [row for row in every if not row["is_passed"]]
    failed.sort(key=lambda row: (_SEVERITIES[row["severity"]], row["rule"]))
    return tuple(
        FailedRule(
            table=row["table_name"],
            rule=row["rule"],
            severity=row["severity"],
            failed_rows=row["failing"],
            detail=row["detail"],
            samples=_samples(quarantined, row["rule"]),
        )
        for row in failed
    ), len(every)


def _samples(quarantined: pd.DataFrame, rule: str) -> tuple[str, ...]:
    """Return the first rows in quarantine whose detail names the rule."""
    broken = quarantined["detail"].astype(str).str.contains(f"{rule} requires ", regex=False)
    return tuple(_short(str(text)) for text in quarantined["raw_text"][broken].head(_SAMPLES))


def rejected_reasons(rejected: pd.DataFrame) -> tuple[RejectedReason, ...]:
    """Return the records that could not be read by reason, the most frequent first."""
    found = []
    for reason, group in rejected.groupby("reason"):
        texts = group["raw_text"].dropna()
        sample = _short(str(texts.iloc[0])) if len(texts) else None
        found.append(RejectedReason(str(reason), len(group), sample))
    return tuple(sorted(found, key=lambda each: (-each.records, each.reason)))


def fetched(manifests: Iterable[RunManifest]) -> Fetched:
    """Return what the fetches of a day read together, from their manifests in the order of the runs.

    A playlist is complete if one of them read it, and not if its last complete snapshot is used instead.
    """
    complete: set[str] = set()
    reasons: dict[str, str] = {}
    mode = None
    for manifest in manifests:
        skipped = {each.playlist: each.message or each.reason for each in manifest.skipped}
        complete |= {each.playlist_id for each in manifest.playlists} - skipped.keys()
        reasons |= skipped
        mode = manifest.api_mode
    still = {playlist: reason for playlist, reason in reasons.items() if playlist not in complete}
    return Fetched(len(complete), still, mode)


def verdict(
    day: str,
    fetch: Fetched,
    names: Mapping[str, str],
    *,
    is_newest: bool,
    failed: int,
    checked: int,
    rejected: int,
) -> Verdict:
    """Return the verdict on a day.

    Args:
        day: the day.
        fetch: what its fetches read.
        names: of the playlists, by id.
        is_newest: whether no later day is published.
        failed: number of failed quality rules.
        checked: number of all quality rules.
        rejected: number of records that could not be read.
    """
    skipped = [(names.get(playlist, playlist), reason) for playlist, reason in fetch.skipped.items()]
    requested = fetch.complete + len(skipped)
    return Verdict(
        is_fresh=is_newest,
        playlists=fetch.complete,
        playlists_requested=requested,
        skipped_playlists=tuple(sorted(skipped)[:_SKIPPED]),
        failed_rules=failed,
        rejected=rejected,
        summary=_summary(
            _read(day, fetch.complete, requested),
            _rules(failed, checked),
            f"{count(rejected, 'record')} could not be read" if rejected else "",
            is_newest=is_newest,
        ),
    )


def _summary(*parts: str, is_newest: bool) -> str:
    later = "" if is_newest else " A later day is published."
    return f"{'; '.join(filter(None, parts))}.{later}"


def _read(day: str, complete: int, requested: int) -> str:
    if not requested:
        return f"No playlist was read on {day}"
    was_read = f"of {day} {plural('was', complete)} read"
    if complete == requested:
        return f"Complete: {count(complete, 'playlist')} {was_read}"
    return f"Incomplete: {complete:,} of {count(requested, 'playlist')} {was_read}"


def _rules(failed: int, checked: int) -> str:
    if failed:
        return f"{count(failed, 'quality rule')} failed"
    return "every quality rule passed" if checked else "no quality rule was checked"


def _short(text: str) -> str:
    return text if len(text) <= _SAMPLE_LENGTH else f"{text[:_SAMPLE_LENGTH]}\N{HORIZONTAL ELLIPSIS}"
