"""What rises and what falls, with the method that says so."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from markupsafe import Markup

from build_report.layout import Cell, Chart, Column, Line, Panel, Span, Table, View, number, text, title
from build_report.report import Report, Trend
from build_report.wording import label, name, sentence, signed

_CHARTED: Final = 8
_METRICS: Final = {"items": "size"}
_METHOD: Final = (
    "Theil-Sen slope with its 95 % interval; Mann-Kendall test with corrections for ties and autocorrelation;"
    " p adjusted by Benjamini and Hochberg over all entities of the day. Listed: adjusted p of at most 0.05,"
    " from at least 7 observations."
)


def panel(report: Report) -> Panel:
    """Return the panel of rising and falling figures."""
    return Panel(
        id="trends",
        title="Rising and falling",
        short="Trends",
        sentence=_sentence(report),
        charts=(_chart(report.trends),) if report.trends else (),
        tables=(_table(report.trends),) if report.trends else (),
        absent=""
        if report.trends_tested
        else "Nothing yet: a trend needs at least 7 days on which a value was read.",
        method=_METHOD,
        is_wide=True,
    )


def _sentence(report: Report) -> Markup:
    if not report.trends_tested:
        return Markup("There are not enough days yet to speak of trends.")
    if not report.trends:
        return Markup("Of {} series tested, none rises or falls more clearly than chance explains.").format(
            f"{report.trends_tested:,}"
        )
    rising = [trend for trend in report.trends if trend.direction == "rising"]
    falling = [trend for trend in report.trends if trend.direction == "falling"]
    return sentence(
        Markup("Of {} series tested, {} {} and {} {}.").format(
            f"{report.trends_tested:,}",
            len(rising),
            "rises" if len(rising) == 1 else "rise",
            len(falling),
            "falls" if len(falling) == 1 else "fall",
        ),
        _example(rising, "The clearest rise"),
        _example(falling, "The clearest fall"),
    )


def _example(trends: list[Trend], what: str) -> Markup | None:
    if not trends:
        return None
    trend = min(trends, key=lambda each: each.adjusted_p)
    return Markup("{}: the {} of {}, {} a day.").format(
        what, _metric(trend), name(trend.entity_name), signed(trend.slope)
    )


def _metric(trend: Trend) -> str:
    return _METRICS.get(trend.metric, trend.metric)


def _group(trend: Trend) -> tuple[str, str, int]:
    return (trend.entity_type, trend.metric, trend.window_days)


def _chart(trends: tuple[Trend, ...]) -> Chart:
    groups = [list(each) for _, each in groupby(sorted(trends, key=_group), _group)]
    views = tuple(map(_view, sorted(groups, key=len, reverse=True)))
    return Chart(
        id="trends-chart",
        kind="bars",
        label="Bars: change per day of what rises and what falls",
        caption="Change per day (slope)",
        views=views,
        height=60 + 28 * max(len(view.categories) for view in views),
    )


def _view(group: list[Trend]) -> View:
    ordered = sorted(group, key=lambda trend: trend.slope, reverse=True)
    shown = ordered if len(ordered) <= 2 * _CHARTED else [*ordered[:_CHARTED], *ordered[-_CHARTED:]]
    first = shown[0]
    return View(
        name=f"{first.entity_type.capitalize()} {_metric(first)}, {first.window_days} days",
        categories=tuple(label(trend.entity_name) for trend in shown),
        series=(
            Line("Rising", tuple(trend.slope if trend.slope > 0 else None for trend in shown), "up"),
            Line("Falling", tuple(trend.slope if trend.slope < 0 else None for trend in shown), "down"),
        ),
        unit=f"{_metric(first)} a day",
    )


def _table(trends: tuple[Trend, ...]) -> Table:
    scale = {
        key: max(max(abs(trend.slope_low), abs(trend.slope_high)) for trend in group) or 1.0
        for key, group in groupby(sorted(trends, key=_group), _group)
    }
    return Table(
        caption="Rising and falling figures",
        columns=(
            Column("Name"),
            Column("Figure"),
            Column("Direction"),
            Column("Per day", is_number=True, explanation="Theil-Sen slope"),
            Column("95 % interval", explanation="The line in the middle is no change"),
            Column("Window", is_number=True, explanation="Days, and days with a value"),
            Column("Adjusted p", is_number=True),
        ),
        rows=tuple(_row(trend, scale[_group(trend)]) for trend in trends),
        is_sortable=True,
        source="trend_signals",
    )


def _row(trend: Trend, scale: float) -> tuple[Cell, ...]:
    is_rising = trend.direction == "rising"
    return (
        title(trend.entity_name, trend.entity_type),
        text(_metric(trend)),
        text("\N{BLACK UP-POINTING TRIANGLE} rising", tone="up")
        if is_rising
        else text("\N{BLACK DOWN-POINTING TRIANGLE} falling", tone="down"),
        number(trend.slope, signed(trend.slope), tone="up" if is_rising else "down"),
        Cell(
            f"{signed(trend.slope_low)} to {signed(trend.slope_high)}",
            sort=trend.slope_low,
            tone="up" if is_rising else "down",
            plot=_span(trend, scale),
        ),
        number(trend.window_days, f"{trend.window_days} ({trend.observations})"),
        number(trend.adjusted_p, f"{trend.adjusted_p:.3f}" if trend.adjusted_p >= 0.001 else "< 0.001"),  # noqa: PLR2004
    )


def _span(trend: Trend, scale: float) -> Span:
    low, middle, high = (
        round(50 + 46 * value / scale, 1) for value in (trend.slope_low, trend.slope, trend.slope_high)
    )
    return Span(50, low, high, middle, f"{signed(trend.slope_low)} to {signed(trend.slope_high)}")
