"""The report page in a browser: without errors or requests, accessible, on every screen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests import reports
from tests.browser.conftest import DESKTOP, PHONE, Open

SCREENS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": DESKTOP},
    "dark": {"color_scheme": "dark", "viewport": DESKTOP},
    "phone": {"color_scheme": "light", "viewport": PHONE, "has_touch": True},
    "dark phone": {"color_scheme": "dark", "viewport": PHONE, "has_touch": True},
}
WIDTHS = "[document.documentElement.scrollWidth, window.innerWidth]"


@pytest.mark.parametrize(("kind", "screen"), list(zip(reports.KINDS, [*SCREENS, *SCREENS], strict=False)))
def test_there_is_no_error_and_no_request_and_nothing_is_wider_than_the_screen(
    open_page: Open, kind: str, screen: str
) -> None:
    opened = open_page(kind, **SCREENS[screen])
    needed, width = opened.page.evaluate(WIDTHS)
    assert needed <= width
    assert opened.page.locator(".chart:not(:has(svg path))").count() == 0
    assert opened.problems == []


@pytest.mark.parametrize(
    ("kind", "screen"),
    [
        ("ordinary-day", "light"),
        ("ordinary-day", "dark"),
        ("hostile-day", "phone"),
        ("empty-first-day", "dark phone"),
        ("development-mode", "light"),
        ("crowded-day", "phone"),
        ("sixty-days", "dark"),
        ("large-day", "phone"),
    ],
)
def test_axe_finds_no_violation(open_page: Open, kind: str, screen: str) -> None:
    page = open_page(kind, **SCREENS[screen]).page
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_names_stay_text_and_no_foreign_script_runs(open_page: Open) -> None:
    opened = open_page("hostile-day")
    page = opened.page
    assert page.locator("img, iframe, object").count() == 0
    page.focus("#changes-chart")
    page.keyboard.press("ArrowDown")
    first = opened.report.changes[0].playlist_name
    assert page.locator("#changes-chart .tip bdi").first.inner_text() == first
    assert opened.problems == []
    page.evaluate(
        "() => { const added = document.createElement('script'); added.textContent = 'window.ran = 1';"
        " document.body.append(added); }"
    )
    assert page.evaluate("window.ran") is None
    assert "Content Security Policy" in opened.problems[0]


def test_without_scripts_the_sentences_and_tables_are_there(open_page: Open) -> None:
    opened = open_page("ordinary-day", wait=False, java_script_enabled=False)
    page = opened.page
    assert page.locator(".chart:visible").count() == 0
    assert page.locator("figcaption:visible").count() == 0
    assert page.locator(".sentence:visible").count() == 11
    page.locator("#reach summary").click()
    assert page.locator("#reach td:visible").count() > 0


def test_a_change_of_the_colour_scheme_redraws_the_charts(open_page: Open) -> None:
    page = open_page("ordinary-day", color_scheme="light").page
    blue, pale_blue = (page.locator(f"#years-chart path[fill='{each}']") for each in ("#0072b2", "#4aa8e8"))
    columns = blue.count()
    assert columns > 0
    page.emulate_media(color_scheme="dark")
    expect(blue).to_have_count(0)
    expect(pale_blue).to_have_count(columns)


def test_paper_is_light(open_page: Open) -> None:
    page = open_page("ordinary-day", color_scheme="dark").page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#years-chart path[fill='#0072b2']").count() > 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#years-chart path[fill='#4aa8e8']").count() > 0
    assert page.pdf().startswith(b"%PDF")


def test_paper_has_no_navigation_and_no_closed_tables(open_page: Open) -> None:
    page = open_page("ordinary-day").page
    page.emulate_media(media="print")
    for hidden in (".contents", ".choice", "details:not([open]) summary"):
        assert page.locator(hidden).count() > 0
        assert page.locator(f"{hidden}:visible").count() == 0
    assert page.locator("details[open] summary:visible").count() > 0


@pytest.mark.parametrize("screen", ["light", "phone"])
def test_long_and_equal_names_leave_the_charts_readable(open_page: Open, screen: str) -> None:
    opened = open_page("crowded-day", **SCREENS[screen])
    chart = opened.page.locator("#reach-chart svg")
    width = chart.evaluate("(svg) => svg.clientWidth")
    names = [text for text in chart.locator("text").all() if "…" in (text.text_content() or "")]
    assert len(names) == len(opened.report.reach)
    for name in names:
        box, outer = name.bounding_box(), chart.bounding_box()
        assert box
        assert outer
        assert box["x"] + box["width"] <= outer["x"] + width


def test_nothing_moves_for_those_who_want_less_motion(open_page: Open) -> None:
    page = open_page("ordinary-day", reduced_motion="reduce").page
    page.locator("#playlists .choice").select_option(label="Average age")
    chart = page.locator("#playlists-chart")
    drawn = chart.inner_html()
    page.wait_for_timeout(400)
    assert chart.inner_html() == drawn
    assert page.evaluate("document.getAnimations().length") == 0
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


@pytest.mark.parametrize(
    ("opened_at", "age", "is_old"),
    [
        ("2026-11-29T06:50:00Z", "just now", False),
        ("2026-11-29T09:41:00Z", "3 hours ago", False),
        ("2026-12-04T06:41:00Z", "5 days ago", True),
    ],
)
def test_the_page_says_how_old_it_is(open_page: Open, opened_at: str, age: str, is_old: bool) -> None:
    page = open_page("empty-first-day", clock=opened_at).page
    text = page.locator(".built").inner_text()
    assert text.startswith(f"Built 2026-11-29 06:41 UTC ({age})")
    assert ("This page is old" in text) == is_old


def test_a_narrower_window_redraws_the_charts(open_page: Open) -> None:
    page = open_page("ordinary-day").page
    before = page.locator("#reach-chart svg").get_attribute("width") or ""
    page.set_viewport_size(PHONE)
    expect(page.locator("#reach-chart svg")).not_to_have_attribute("width", before)
    needed, width = page.evaluate(WIDTHS)
    assert needed <= width


def test_the_first_key_leads_past_the_navigation(open_page: Open) -> None:
    page = open_page("ordinary-day").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


def test_every_panel_is_reached_from_the_navigation(open_page: Open) -> None:
    page = open_page("ordinary-day").page
    links = [str(each.get_attribute("href")) for each in page.locator("nav a").all()]
    assert [page.locator(link).count() for link in links] == [1] * 11
    page.locator("nav a", has_text=re.compile("^Run$")).click()
    assert page.locator("#run h2").is_visible()
