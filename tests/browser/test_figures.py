"""What the browser shows are the report's figures: in tables, in charts, and read by the keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from build_report.layout import Chart
from build_report.panels import all_panels
from build_report.wording import NO_NAME
from tests import reports
from tests.browser.conftest import Open


def column(table: Locator, title: str) -> list[str]:
    """The cells of a column, as they are read: without the artist below a track."""
    titles = [(each.text_content() or "").strip() for each in table.locator("thead th").all()]
    place = titles.index(title) + 1
    cells = table.locator(f"tbody td:nth-child({place})")
    found: list[str] = cells.evaluate_all(
        "(cells) => cells.map((cell) => (cell.querySelector('bdi:first-child') || cell).textContent)"
    )
    return found


def values(table: Locator, title: str) -> list[float | None]:
    """The numbers of a column."""
    return [
        None if text == "–" else float(text.replace(",", "").replace("−", "-"))
        for text in column(table, title)
    ]


@pytest.mark.parametrize("kind", ["ordinary-day", "large-day"])
def test_the_tables_have_the_reports_figures(open_page: Open, kind: str) -> None:
    opened = open_page(kind)
    page, report = opened.page, opened.report
    tracks = page.locator("#tracks table")
    assert column(tracks, "Track") == [each.name for each in report.top_tracks]
    assert values(tracks, "Rank") == [each.rank for each in report.top_tracks]
    assert values(tracks, "Reach") == [each.reach for each in report.top_tracks]
    changes = page.locator("#changes table")
    assert column(changes, "Playlist") == [each.playlist_name for each in report.changes]
    assert values(changes, "Added") == [each.added for each in report.changes]
    assert values(changes, "Removed") == [each.removed for each in report.changes]
    assert values(changes, "Moved") == [each.moved for each in report.changes]
    playlists = page.locator("#playlists table")
    assert column(playlists, "Playlist") == [each.name or NO_NAME for each in report.playlists]
    assert values(playlists, "Items") == [each.items for each in report.playlists]
    assert values(playlists, "Followers") == [each.followers for each in report.playlists]
    years = page.locator("#years table")
    assert sum(value or 0 for value in values(years, "Placements")) == sum(
        each.placements for each in report.release_years
    )
    run = page.locator("#run table")
    assert values(run, "This run") == pytest.approx([each.value for each in report.run_figures], rel=0.01)


def read(page: Page, key: str) -> str:
    page.keyboard.press(key)
    return page.locator("#live").inner_text()


def said(chart: Chart, place: int, series: int) -> str:
    """How the category and the series begin that the keyboard reads."""
    view = chart.views[0]
    name = f", {view.series[series].name}" if len(view.series) > 1 else ""
    return f"{view.categories[place]}{name}: "


def check_keys(page: Page, chart: Chart) -> None:
    onward, across = ("ArrowDown", "ArrowRight") if chart.kind == "bars" else ("ArrowRight", "ArrowDown")
    last = len(chart.views[0].categories) - 1
    second = 1 % len(chart.views[0].series)
    page.focus(f"#{chart.id}")
    assert read(page, onward).startswith(said(chart, 0, 0))
    assert read(page, onward).startswith(said(chart, 1, 0))
    assert page.locator(f"#{chart.id} .tip").is_visible()
    assert read(page, across).startswith(said(chart, 1, second))
    assert read(page, "End").startswith(said(chart, last, second))
    assert read(page, onward).startswith(said(chart, 0, second))
    page.keyboard.press("Escape")
    expect(page.locator(f"#{chart.id} .tip")).to_be_hidden()


def test_the_arrow_keys_read_every_chart(open_page: Open) -> None:
    report = reports.KINDS["ordinary-day"]()
    charts = [chart for panel in all_panels(report) for chart in panel.charts]
    page = open_page("ordinary-day").page
    assert len(charts) == page.locator(".chart").count() == 8
    for chart in charts:
        check_keys(page, chart)


def test_the_keyboard_reads_values_with_their_units(open_page: Open) -> None:
    opened = open_page("ordinary-day")
    page, report = opened.page, opened.report
    page.focus("#changes-chart")
    first = report.changes[0]
    assert read(page, "Home") == f"{first.playlist_name}, Added: {first.added} items"
    assert read(page, "ArrowRight") == f"{first.playlist_name}, Removed: {first.removed} items"
    page.focus("#tracks-chart")
    assert read(page, "End").endswith(f"{report.top_tracks[0].name}: rank 1")
    page.focus("#genres-chart")
    share = report.genres[0].values[-1]
    assert share is not None
    assert read(page, "End").endswith(f"{report.genres[0].name}: {100 * share:.1f} %")
    page.focus("#reach-chart")
    read(page, "Home")
    for _ in range(len(report.rank_days) // 3):
        text = read(page, "ArrowRight")
    assert text.endswith(": no value")


def test_another_view_of_a_chart_can_be_chosen(open_page: Open) -> None:
    opened = open_page("ordinary-day")
    page = opened.page
    oldest = max(opened.report.playlists, key=lambda each: each.average_age_years or 0)
    page.locator("#playlists .choice").select_option(label="Average age")
    page.focus("#playlists-chart")
    assert read(page, "ArrowDown") == f"{oldest.name}: {oldest.average_age_years:.1f} years"


def test_a_click_on_a_title_sorts_the_table(open_page: Open) -> None:
    opened = open_page("ordinary-day")
    page = opened.page
    table = page.locator("#playlists table")
    page.locator("#playlists summary").click()
    items = sorted((each.items or 0 for each in opened.report.playlists), reverse=True)
    table.get_by_role("button", name="Items").click()
    assert values(table, "Items") == items
    assert table.locator("th", has_text="Items").get_attribute("aria-sort") == "descending"
    table.get_by_role("button", name="Items").click()
    assert values(table, "Items") == items[::-1]
    table.get_by_role("button", name="Playlist").click()
    assert column(table, "Playlist") == sorted(column(table, "Playlist"))
    assert table.locator("th[aria-sort]").count() == 1
