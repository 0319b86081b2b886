"""Charts as SVG, drawn on the server: bars, stacked where there are several series, and lines. No script, no inline style.

A drawing has no text in it, so it may be stretched to any width; what is written stands around it in HTML, in the direction of the page.
Its colours are in static/charts.css, where forced colours have their own. Every chart can be a table too: the same numbers, and the text
alternative of the drawing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

Tone = Literal["ok", "failed", "withheld", "a", "b", "c", "d", "e", "f"]
"""What a series looks like: by its meaning, or just another one."""
TONES: tuple[Tone, ...] = ("a", "b", "c", "d", "e", "f")
"""For series without a meaning of their own, in order."""

_HIGH = 100.0  # units of the drawing; its width is ten for each label
_STEP = 10.0
_GAP = 1.5
_LEAST = 1.5  # height of what is small, so that one failure among thousands is seen


def plain(value: float) -> str:
    """A number as people read it: 1,204; 3.5."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers that belong together, one for each label; None where there is none."""

    name: str
    tone: Tone
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Limit:
    """A value that should not be passed, with its name; drawn as a broken line."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn, and what its table says.

    `labels` are the places on the axis, from the first to the last; with `rtl` the first is at the right. `links` lead from a label's bar
    to a page: empty for none, else one for each. `said` is the text alternative; without it, the title is. `written` writes a value.
    """

    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    links: Sequence[str] = ()
    limit: Limit | None = None
    written: Callable[[float], str] = plain
    said: str = ""
    rtl: bool = False

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The rows of its table: a label, then a cell for each series, empty where there is no value."""
        for place, label in enumerate(self.labels):
            found = (one.values[place] for one in self.series)
            yield label, *("" if value is None else self.written(value) for value in found)

    def top(self, *, stacked: bool) -> float:
        """The value at the upper edge; never 0."""
        columns = list(zip(*(one.values for one in self.series), strict=True))
        sizes = [sum(value or 0 for value in column) if stacked else max((value or 0 for value in column), default=0) for column in columns]
        return max([*sizes, self.limit.value if self.limit else 0]) or 1.0


def bars(chart: Chart) -> Markup:
    """A bar for each label, its series one upon the other. With links, each bar that shows something is a link."""
    top = chart.top(stacked=True)
    drawn = Markup("").join(_bar(chart, place, top) for place in range(len(chart.labels)))
    return _figure(chart, drawn, top)


def lines(chart: Chart) -> Markup:
    """A line for each series; it is broken where there is no value, and a value between two gaps is a dot."""
    top = chart.top(stacked=False)
    drawn = Markup("").join(_line(chart, series, top) for series in chart.series)
    return _figure(chart, drawn, top)


def _bar(chart: Chart, place: int, top: float) -> Markup:
    x = _left(chart, place)
    told = "; ".join(f"{one.name} {chart.written(value)}" for one in chart.series if (value := one.values[place]))
    base, drawn = _HIGH, Markup("")
    for series, height in zip(chart.series, _heights([one.values[place] or 0 for one in chart.series], top), strict=True):
        if height:
            base -= height
            drawn += Markup('<rect class="tone-{}" x="{}" y="{}" width="{}" height="{}"/>').format(
                series.tone, _number(x + _GAP / 2), _number(base), _number(_STEP - _GAP), _number(height)
            )
    title = Markup("<title>{}</title>").format(f"{chart.labels[place]}: {told}") if told else Markup("")
    reach = Markup('<rect class="chart-reach" x="{}" y="0" width="{}" height="{}"/>').format(_number(x), _number(_STEP), _number(_HIGH))
    if told and chart.links:
        return Markup('<a href="{}" aria-label="{}">{}{}{}</a>').format(
            chart.links[place], f"{chart.labels[place]}: {told}", title, reach, drawn
        )
    return Markup("<g>{}{}{}</g>").format(title, reach, drawn) if told else Markup("")


def _heights(values: Sequence[float], top: float) -> list[float]:
    """How high each part of a bar is; what is small takes its height from the largest, so that the whole stays within the drawing."""
    heights = [max(_HIGH * value / top, _LEAST) if value else 0.0 for value in values]
    if (beyond := sum(heights) - _HIGH) > 0:
        heights[heights.index(max(heights))] -= beyond
    return heights


def _line(chart: Chart, series: Series, top: float) -> Markup:
    path, dots = "", ""
    for place, value in enumerate(series.values):
        if value is None:
            continue
        at = f"{_number(_left(chart, place) + _STEP / 2)} {_number(_HIGH - _HIGH * min(value / top, 1))}"
        before, after = (_known(series, place + step) for step in (-1, 1))
        if before or after:
            path += f"{'L' if before else 'M'}{at}"
        else:
            dots += f"M{at}h0.01"
    drawn = Markup('<path class="{} tone-{}" d="{}" vector-effect="non-scaling-stroke"/>')
    told = (("chart-line", path), ("chart-dots", dots))
    return Markup("").join(drawn.format(kind, series.tone, way) for kind, way in told if way)


def _known(series: Series, place: int) -> bool:
    return 0 <= place < len(series.values) and series.values[place] is not None


def _figure(chart: Chart, drawn: Markup, top: float) -> Markup:
    linked = bool(chart.links)
    wide = _number(max(1, len(chart.labels)) * _STEP)
    return Markup(
        '<figure class="chart"><figcaption>{title}</figcaption>'
        '<div class="chart-scale" aria-hidden="true"><bdi>{top}</bdi></div>'
        '<svg class="chart-drawing" viewBox="0 0 {wide} {high}" preserveAspectRatio="none" role="{role}" aria-label="{said}">'
        "{limit}{drawn}</svg>"
        '<div class="chart-axis" aria-hidden="true">{axis}</div>{legend}</figure>'
    ).format(
        title=chart.title,
        top=chart.written(top),
        wide=wide,
        high=_number(_HIGH),
        role="group" if linked else "img",
        said=chart.said or chart.title,
        limit=_limit(chart, top, wide),
        drawn=drawn,
        axis=_axis(chart),
        legend=_legend(chart),
    )


def _limit(chart: Chart, top: float, wide: str) -> Markup:
    if chart.limit is None:
        return Markup("")
    y = _number(_HIGH - _HIGH * chart.limit.value / top)
    drawn = Markup('<path class="chart-limit" d="M0 {y}H{wide}" vector-effect="non-scaling-stroke"/>')
    return drawn.format(y=y, wide=wide)


def _axis(chart: Chart) -> Markup:
    """The first and the last label; in between there may be no room."""
    ends = dict.fromkeys((chart.labels[0], chart.labels[-1])) if chart.labels else ()
    return Markup("").join(Markup("<bdi>{}</bdi>").format(label) for label in ends)


def _legend(chart: Chart) -> Markup:
    """Which colour is what; nothing where there is just one."""
    names = [Markup('<li><span class="chart-swatch tone-{}"></span><bdi>{}</bdi></li>').format(one.tone, one.name) for one in chart.series]
    if chart.limit is not None:
        name = f"{chart.limit.name} {chart.written(chart.limit.value)}"
        names.append(Markup('<li><span class="chart-swatch chart-limit"></span><bdi>{}</bdi></li>').format(name))
    return Markup('<ul class="chart-legend">{}</ul>').format(Markup("").join(names)) if len(names) > 1 else Markup("")


def _left(chart: Chart, place: int) -> float:
    return (len(chart.labels) - 1 - place if chart.rtl else place) * _STEP


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
