"""The stages of a day: rows that are lost between them are noticed."""

from __future__ import annotations

import pytest

from spotify_lake.engine import stages
from spotify_lake.engine.stage_output import FIGURES, add_figures
from spotify_lake.errors import QualityGateError
from spotify_lake.publishing.staging import StagedTables
from spotify_lake.quality import row_checks, rules
from tests.spark.raw_rows import item, track
from tests.unit.spotify_lake.day_rows import raw_objects

_LINES = [item(track(id="t1"), position=0), item(track(id="t2"), position=1)]


def _results(lost: str | None) -> list[rules.Result]:
    """The broken rules of a day of two tracks if the observations of a table are lost before `decide`."""
    observed = stages.observe(raw_objects(*_LINES))
    if lost is not None:
        del observed[lost]
    decided = stages.decide(observed)
    last = stages.decide_artists(decided.next_stage)
    staged = StagedTables({}, add_figures(decided.driver[FIGURES], last.driver[FIGURES]), {})
    failing, checked = staged.of_kind("failing"), staged.of_kind("checked")
    return rules.row_results(row_checks.RULES.values(), failing, checked, orphaned={})


def test_a_whole_day_passes_the_gate() -> None:
    rules.halt_on(_results(None))


@pytest.mark.parametrize(
    ("lost", "rule", "rows"),
    [("albums", "tracks.album_id:foreign_key", 2), ("tracks", "playlist_items.track_id:foreign_key", 2)],
)
def test_a_table_that_is_lost_between_stages_leaves_orphan_rows(lost: str, rule: str, rows: int) -> None:
    results = _results(lost)
    assert (rule, rows) in {(each.rule.name, each.failing) for each in results}
    with pytest.raises(QualityGateError, match=rule):
        rules.halt_on(results)
