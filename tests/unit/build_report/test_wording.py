from __future__ import annotations

import pytest

from build_report import wording


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 items"), (1, "1 item"), (2, "2 items"), (1_200, "1,200 items")]
)
def test_a_noun_is_in_the_number_of_what_it_counts(number: int, said: str) -> None:
    assert wording.count(number, "item") == said


@pytest.mark.parametrize(("number", "said"), [(1, "was"), (2, "were")])
def test_a_verb_is_in_the_number_of_what_it_counts(number: int, said: str) -> None:
    assert wording.plural("was", number) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (0, "0"),
        (1234.0, "1,234"),
        (-3, "−3"),
        (0.123, "0.12"),
        (58.77, "58.8"),
    ],
)
def test_a_figure_is_in_full(value: float | None, said: str) -> None:
    assert wording.figure(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (9_870, "9,870"),
        (12_340, "12.3k"),
        (5_000_000, "5M"),
        (-45_600_000, "−45.6M"),
        (2e9, "2B"),
    ],
)
def test_a_large_figure_is_shortened(value: float | None, said: str) -> None:
    assert wording.compact(value) == said


@pytest.mark.parametrize(("value", "said"), [(None, "–"), (3, "+3"), (-2, "−2"), (0, "0")])
def test_a_change_has_a_sign(value: float | None, said: str) -> None:
    assert wording.signed(value) == said


@pytest.mark.parametrize(("share", "said"), [(None, "–"), (0.125, "12.5 %"), (0.2, "20 %"), (0.0, "0 %")])
def test_a_share_is_in_percent(share: float | None, said: str) -> None:
    assert wording.percent(share) == said.replace(" ", "\N{NO-BREAK SPACE}")


def test_days_are_written_out() -> None:
    assert wording.long_day("2026-11-29") == "Sunday, 29 November 2026"
    assert wording.short_day("2026-11-09") == "9\N{NO-BREAK SPACE}Nov"


@pytest.mark.parametrize(
    ("parts", "said"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "<c>"], "a, b and &lt;c&gt;")],
)
def test_a_list_reads_as_a_sentence(parts: list[str], said: str) -> None:
    assert wording.listed(parts) == said


def test_a_name_is_escaped_and_isolated() -> None:
    assert wording.name("<b>") == "<bdi>&lt;b&gt;</bdi>"
    assert wording.name("") == wording.name(None) == "<bdi>(no name)</bdi>"
