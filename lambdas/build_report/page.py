"""Render the report as one HTML page that needs no network.

The Content-Security-Policy allows the page's own style and scripts by their hashes, and nothing else. Jinja2
escapes the names from Spotify. In the charts' data, `tojson` escapes what could end the script element.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
from functools import cache
from pathlib import Path
from typing import Final

import jinja2
from markupsafe import Markup

from .panels import all_panels
from .report import Report
from .verdict import verdict_of
from .wording import long_day

_HERE: Final = Path(__file__).parent
_SCRIPTS: Final = (
    "vendor/echarts.min.js",
    "scripts/chart_parts.js",
    "scripts/charts.js",
    "scripts/tables.js",
    "scripts/age.js",
)


@dataclasses.dataclass(frozen=True)
class _Asset:
    """A style sheet or a script, with the source that the Content-Security-Policy allows it by."""

    text: Markup
    source: str


def render(report: Report) -> str:
    """Return the page.

    Args:
        report: what the page shows.

    Raises:
        ValueError: a number is infinite or not a number.
    """
    panels = all_panels(report)
    style, scripts = _asset("style.css"), [_asset(name) for name in _SCRIPTS]
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(script.source for script in scripts)}",
            f"style-src {style.source}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            verdict=verdict_of(report),
            panels=panels,
            charts=[chart.data() for panel in panels for chart in panel.charts],
            day=long_day(report.snapshot_date),
            policy=policy,
            style=style.text,
            scripts=[script.text for script in scripts],
        )
    )


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {
        "allow_nan": False,
        "ensure_ascii": False,
        "separators": (",", ":"),
    }
    return environment


@cache
def _asset(name: str) -> _Asset:
    text = (_HERE / name).read_text("utf-8")
    if "</script" in text.lower() or "</style" in text.lower() or "<!--" in text:
        raise ValueError(f"{name} has text that would end its element in the page. Write it in another way.")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return _Asset(Markup(text), f"'sha256-{digest}'")  # noqa: S704 - the project's own file
