"""The page as HTML: complete, within its limits, and safe whatever the names are."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from build_report.page import render
from build_report.report import RejectedReason, Report, RunFigure
from tests import reports
from tests.project import ROOT

VENDOR = ROOT / "lambdas" / "build_report" / "vendor"
PANELS = [
    "changes",
    "trends",
    "tracks",
    "artists",
    "reach",
    "genres",
    "years",
    "playlists",
    "problems",
    "quality",
    "run",
]


class Page(HTMLParser):
    """What a browser makes of the page: elements, the text of each kind of element, all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.text = ""
        self._within = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._within = tag if tag in self.raw else ""

    def handle_data(self, data: str) -> None:
        if self._within:
            self.raw[self._within].append(data)
            self._within = ""
        else:
            self.text += data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(report: Report) -> Page:
    return Page(render(report))


@pytest.mark.parametrize("kind", reports.KINDS)
def test_the_page_has_every_panel_in_order_with_a_title_and_a_sentence(kind: str) -> None:
    html = render(reports.KINDS[kind]())
    assert [each["id"] for each in Page(html).attributes("section")] == PANELS
    assert len(re.findall(r'<h2 id="[a-z]+-title">[^<]+</h2>\s+<p class="sentence">[^\s]', html)) == len(
        PANELS
    )


@pytest.mark.parametrize("kind", reports.KINDS)
def test_the_page_is_smaller_than_two_megabytes(kind: str) -> None:
    assert len(render(reports.KINDS[kind]()).encode()) < 2_000_000


def test_the_page_of_a_day_is_always_the_same() -> None:
    assert render(reports.KINDS["ordinary-day"]()) == render(reports.KINDS["ordinary-day"]())


def test_the_policy_allows_the_pages_own_style_and_scripts_only() -> None:
    made = page(reports.KINDS["hostile-day"]())
    (policy,) = (each["content"] for each in made.attributes("meta") if "http-equiv" in each)
    assert policy is not None
    directives = dict(each.split(" ", 1) for each in policy.split("; "))
    _, *code = made.raw["script"]

    def hashes(texts: list[str]) -> str:
        digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
        return " ".join(f"'sha256-{digest}'" for digest in digests)

    assert directives == {
        "default-src": "'none'",
        "script-src": hashes(code),
        "style-src": hashes(made.raw["style"]),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert not any(name.startswith("on") or name == "style" for _, each in made.elements for name in each)
    assert not any("src" in each or "http" in (each.get("href") or "") for _, each in made.elements)


def test_names_stay_text() -> None:
    made = page(reports.KINDS["hostile-day"]())
    assert {tag for tag, _ in made.elements}.isdisjoint({"img", "b"})
    assert "49" not in re.findall(r"apostrophes' (\w+)", made.text)
    for name in reports.HOSTILE:
        assert name in made.text
    charts = json.loads(made.raw["script"][0])
    drawn = {name for chart in charts for view in chart["views"] for name in view["categories"]}
    assert drawn >= {"</script><img src=x onerror=alert(1)>", "أغنية جميلة 2026"}


def test_a_name_of_any_direction_is_isolated() -> None:
    html = render(reports.KINDS["hostile-day"]())
    assert html.count("שלום עולם (רמיקס)") - html.split('id="charts"')[1].count("שלום") == html.count(
        "<bdi>שלום עולם (רמיקס)</bdi>"
    )


def test_a_number_that_is_not_finite_is_refused() -> None:
    report = reports.KINDS["ordinary-day"]()
    series = dataclasses.replace(report.reach[0], values=(float("nan"),) * len(report.rank_days))
    with pytest.raises(ValueError, match="JSON"):
        render(dataclasses.replace(report, reach=(series,)))


def test_missing_names_are_said_to_be_missing() -> None:
    report = reports.KINDS["ordinary-day"]()
    nameless = tuple(dataclasses.replace(each, name=None) for each in report.top_tracks)
    html = render(dataclasses.replace(report, top_tracks=nameless))
    assert "<bdi>(no name)</bdi>" in html
    assert "None" not in Page(html).text


def test_a_blank_name_is_said_to_be_missing_and_a_long_one_is_shortened() -> None:
    report = reports.KINDS["ordinary-day"]()
    first, second, *others = report.top_tracks
    named = (dataclasses.replace(first, name=" \n"), dataclasses.replace(second, name="x" * 5_000), *others)
    html = render(dataclasses.replace(report, top_tracks=named))
    assert "<bdi>(no name)</bdi>" in html
    assert f"<bdi>{'x' * 120}\N{HORIZONTAL ELLIPSIS}</bdi>" in html
    assert "x" * 121 not in html


def test_a_long_list_of_skipped_playlists_says_how_many_it_leaves_out() -> None:
    report = reports.KINDS["large-day"]()
    skipped = tuple((f"Playlist {number}", "Gone.") for number in range(50))
    verdict = dataclasses.replace(report.verdict, playlists=0, skipped_playlists=skipped)
    text = page(dataclasses.replace(report, verdict=verdict)).text
    assert "Not read: 500" in text
    assert "And 450 more." in text


def test_a_long_list_says_how_many_rows_it_leaves_out() -> None:
    report = dataclasses.replace(reports.KINDS["ordinary-day"](), playlists_total=1_234)
    assert "The first 12 of 1,234. The table playlist_daily has all of them." in page(report).text


def test_of_a_long_record_only_the_start_is_shown() -> None:
    reason = RejectedReason("no_id", 1, "x" * 100_000)
    html = render(dataclasses.replace(reports.KINDS["empty-first-day"](), rejected=(reason,)))
    assert f"<code>{'x' * 400}…</code>" in html


def test_a_figure_with_gaps_is_drawn_without_the_gaps() -> None:
    figure = RunFigure("Calls", "calls", 5.0, 1.0, 6.0, (1.0, None, 3.0, 6.0, None))
    made = page(dataclasses.replace(reports.KINDS["empty-first-day"](), run_figures=(figure,)))
    assert [each["points"] for each in made.attributes("polyline")] == ["40.4,14.0 59.6,2.0"]
    assert made.attributes("circle") == [{"class": "end", "cx": "98.0", "cy": "6.0", "r": "2.5"}]


def test_the_chart_library_is_the_one_that_was_built() -> None:
    digest, name = (VENDOR / "echarts.min.js.sha256").read_text("utf-8").split()
    bundle = (VENDOR / name).read_bytes()
    assert hashlib.sha256(bundle).hexdigest() == digest
    assert len(bundle) < 600_000
    assert b"eval(" not in bundle
    assert b"new Function(" not in bundle


def test_the_chart_library_comes_with_its_licences() -> None:
    notice = (VENDOR / "NOTICE").read_text("utf-8")
    versions = {
        name.removeprefix("node_modules/"): package["version"]
        for name, package in json.loads(
            (ROOT / "infra" / "report_charts" / "package-lock.json").read_text("utf-8")
        )["packages"].items()
        if name and not package.get("dev")
    }
    for name, version in versions.items():
        assert f"{name} {version}" in notice.replace("Apache ECharts", "echarts")
        assert (VENDOR / f"LICENSE-{name}").is_file()
    assert set(re.findall(r"LICENSE-\w+", notice)) == {each.name for each in VENDOR.glob("LICENSE-*")}


def test_the_lock_of_the_chart_library_names_no_registry() -> None:
    assert "http" not in (ROOT / "infra" / "report_charts" / "package-lock.json").read_text("utf-8")
