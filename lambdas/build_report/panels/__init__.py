"""The panels of the page in their order, one module per subject."""

from __future__ import annotations

from build_report.layout import Panel
from build_report.report import Report

from . import changes, genres, health, playlists, problems, ranks, run, trends, years


def all_panels(report: Report) -> tuple[Panel, ...]:
    """Return the panels below the verdict, in the order of the page."""
    return (
        changes.panel(report),
        trends.panel(report),
        ranks.tracks(report),
        ranks.artists(report),
        ranks.reach(report),
        genres.panel(report),
        years.panel(report),
        playlists.panel(report),
        problems.panel(report),
        health.panel(report),
        run.panel(report),
    )
