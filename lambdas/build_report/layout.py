"""What a panel of the page consists of: a sentence, charts and tables.

`panels` makes them of a `Report`; `templates/report.html.j2` and `charts.js` draw them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from markupsafe import Markup

from .wording import NO_NAME, figure, label

Tone = Literal["", "up", "down", "good", "warn", "bad", "muted"]
Format = Literal["number", "percent", "rank"]
ChartKind = Literal["bars", "columns", "lines", "bump"]


@dataclasses.dataclass(frozen=True)
class Spark:
    """A small line in a table cell, without axes, in a box of 100 by 24.

    Attributes:
        line: points as in SVG's `points`; gaps divide it into several.
        band: top and height of the usual range, if it is known.
        end: x and y of the last point.
        label: the same in words.
    """

    line: tuple[str, ...]
    band: tuple[float, float] | None
    end: tuple[float, float] | None
    label: str


@dataclasses.dataclass(frozen=True)
class Span:
    """A confidence interval in a table cell of 100 by 24: x of zero, of both ends and of the middle."""

    zero: float
    low: float
    high: float
    middle: float
    label: str


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: what it says.
        detail: a second, smaller line.
        kind: a `name` may be in any script and direction. A `number` is aligned right. A `day` is kept on
            one line. `code` is raw data.
        tone: the colour. The text says the same without it.
        sort: what the column is sorted by, if not the text.
        plot: a drawing in place of the text.
    """

    text: str = ""
    detail: str = ""
    kind: Literal["text", "name", "number", "day", "code"] = "text"
    tone: Tone = ""
    sort: float | None = None
    plot: Spark | Span | None = None


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a table. `explanation` is shown on hover and read by screen readers."""

    title: str
    is_number: bool = False
    explanation: str = ""


@dataclasses.dataclass(frozen=True)
class Table:
    """A table of the panel.

    Attributes:
        caption: what its rows are.
        is_open: whether it is shown without a click.
        is_sortable: whether a click on a column's title sorts it.
        total: how many rows there are in all, if `rows` are only the first of them.
        source: the table of the lake that has all rows.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    is_open: bool = False
    is_sortable: bool = False
    total: int | None = None
    source: str = ""


@dataclasses.dataclass(frozen=True)
class Line:
    """A series of a chart: one value per category. A `tone` takes the place of the palette's colour."""

    name: str
    values: tuple[float | None, ...]
    tone: Tone = ""


@dataclasses.dataclass(frozen=True)
class View:
    """What a chart shows at a time: values per category and series. Readers choose among several views.

    The negative values of a mirrored view only say on which side of the axis they are drawn.
    """

    categories: tuple[str, ...]
    series: tuple[Line, ...]
    unit: str = ""
    format: Format = "number"
    name: str = ""
    is_mirrored: bool = False


@dataclasses.dataclass(frozen=True)
class Chart:
    """A chart of the panel. `label` says in words what is drawn, for those who do not see it."""

    id: str
    kind: ChartKind
    label: str
    caption: str
    views: tuple[View, ...]
    height: int = 300

    def data(self) -> Mapping[str, Any]:
        """Return what `charts.js` draws."""
        return {"id": self.id, "kind": self.kind, "views": [dataclasses.asdict(view) for view in self.views]}


@dataclasses.dataclass(frozen=True)
class Panel:
    """A section of the page.

    Attributes:
        id: the anchor.
        short: the title in the page's navigation.
        sentence: the panel in words.
        absent: why there is nothing to show: not supplied by Spotify, or nothing yet. Empty if there is.
        method: how the figures were made.
        is_wide: whether it takes the page's whole width.
        template: a template with parts that only this panel has, given `extra`.
    """

    id: str
    title: str
    short: str
    sentence: Markup
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    absent: str = ""
    method: str = ""
    is_wide: bool = False
    template: str = ""
    extra: Any = None


def text(value: str, *, detail: str = "", tone: Tone = "") -> Cell:
    """Return a cell of plain text."""
    return Cell(value, detail, tone=tone)


def title(value: str | None, detail: str | None = "") -> Cell:
    """Return a cell of a name, with another name below it."""
    shown = label(value)
    return Cell(shown, label(detail) if detail else "", kind="name", tone="muted" if shown == NO_NAME else "")


def number(value: float | None, shown: str | None = None, *, tone: Tone = "") -> Cell:
    """Return a cell of a number, as `shown` or in full."""
    return Cell(figure(value) if shown is None else shown, kind="number", tone=tone, sort=value)


def not_supplied(what: str, mode: str | None) -> str:
    """Return why a value is missing on the whole page: Spotify does not supply it to this kind of app."""
    kind = f" in {mode.replace('_', ' ')} mode" if mode else ""
    return f"Not supplied by Spotify: {what} cannot be read by this app{kind}."
