"""The figures of the run against those of the runs before it."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from build_report.layout import Cell, Column, Panel, Spark, Table, number, text
from build_report.report import Report, RunFigure
from build_report.wording import NOTHING, count, figure, known, listed, sentence

_WIDTH: Final = 96
_HEIGHT: Final = 20
_MARGIN: Final = 2
_FEWEST_RUNS: Final = 3


def panel(report: Report) -> Panel:
    """Return the panel of the run."""
    present = [each for each in report.run_figures if each.value is not None]
    return Panel(
        id="run",
        title="The run",
        short="Run",
        sentence=_sentence(present),
        tables=(_table(report.run_figures),) if present else (),
        absent="" if present else "Nothing yet: the figures of the run are not known.",
        method="The band is the lowest and the highest value of the earlier runs shown." if present else "",
        is_wide=True,
    )


def _place(each: RunFigure) -> str:
    if each.value is None or each.low is None or each.high is None or len(known(each.earlier)) < _FEWEST_RUNS:
        return ""
    return "above" if each.value > each.high else "below" if each.value < each.low else "within"


def _sentence(present: list[RunFigure]) -> Markup:
    if not present:
        return Markup("There are no figures of this run.")
    places = {place: [each.name for each in present if _place(each) == place] for place in ("above", "below")}
    compared = [each for each in present if _place(each)]
    outside = [
        Markup("{} {} the band of the earlier runs.").format(
            listed(names), f"{'is' if len(names) == 1 else 'are'} {place}"
        )
        for place, names in places.items()
        if names
    ]
    if outside:
        return sentence(*outside)
    if compared:
        return Markup("Every figure is within the band of the earlier runs.")
    return Markup("{} of this run. A comparison needs {} earlier runs.").format(
        count(len(present), "figure"), _FEWEST_RUNS
    )


def _table(figures: tuple[RunFigure, ...]) -> Table:
    return Table(
        caption="Figures of the run",
        columns=(
            Column("Figure"),
            Column("This run", is_number=True),
            Column("Recent runs"),
            Column("Lowest to highest", is_number=True),
            Column("Compared"),
        ),
        rows=tuple(map(_row, figures)),
        is_open=True,
    )


def _row(each: RunFigure) -> tuple[Cell, ...]:
    place = _place(each)
    band = NOTHING if each.low is None or each.high is None else f"{figure(each.low)} to {figure(each.high)}"
    words = {
        "above": "\N{BLACK UP-POINTING TRIANGLE} above",
        "below": "\N{BLACK DOWN-POINTING TRIANGLE} below",
        "within": "within",
    }
    return (
        text(each.name, detail=each.unit),
        number(each.value),
        Cell(plot=_spark(each)),
        Cell(band, kind="number", tone="muted"),
        Cell(words.get(place, NOTHING), tone="warn" if place in {"above", "below"} else "muted"),
    )


def _spark(each: RunFigure) -> Spark | None:
    values = (*each.earlier, each.value)
    present = known((*values, each.low, each.high))
    if len(known(values)) < 2:  # noqa: PLR2004
        return None
    bottom, top = min(present), max(present)
    spread = (top - bottom) or 1.0

    def y(value: float) -> float:
        return round(_MARGIN + _HEIGHT * (1 - (value - bottom) / spread), 1) if top > bottom else 12.0

    step = _WIDTH / (len(values) - 1)
    points = [
        None if v is None else (round(_MARGIN + step * place, 1), y(v)) for place, v in enumerate(values)
    ]
    lines: list[list[str]] = [[]]
    for point in points:
        if point is None:
            lines.append([])
        else:
            lines[-1].append(f"{point[0]},{point[1]}")
    return Spark(
        line=tuple(" ".join(line) for line in lines if len(line) > 1),
        band=(y(each.high), round(max(y(each.low) - y(each.high), 0.5), 1))
        if each.low is not None and each.high is not None
        else None,
        end=points[-1],
        label=f"{len(known(each.earlier))} earlier values, then {figure(each.value)} {each.unit}",
    )
