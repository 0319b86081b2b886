"""The charts of a report: each with its title, what its numbers mean, the drawing, and the same numbers as rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from wasl.config.prices import MICROS
from wasl.console.charts import TONES, Chart, Limit, Series, Tone, bars, lines
from wasl.console.report_words import Wording
from wasl.console.words import msgid
from wasl.reported import COMPLAINTS_LIMIT, Measured, Report

_MOST = len(TONES)
_Value = Callable[[Measured], float | None]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart of a page. `id` is its name in the URL of its CSV."""

    id: str
    definition: str
    chart: Chart
    drawing: Markup


def drawn(report: Report, words: Wording) -> list[Drawn]:
    """All charts of a report, those without anything in them left out."""
    made = [
        _volume(report, words), _delivery(report, words), _times(report, words), _withheld(report, words), _saves(report, words),
        *_costs(report, words), _engagement(report, words), _complaints(report, words),
    ]  # fmt: skip
    return [one for one in made if any(value for series in one.chart.series for value in series.values)]


def _volume(report: Report, words: Wording) -> Drawn:
    series = [
        _one(report, words.t("Sent"), "ok", lambda m: m.sent),
        _one(report, words.t("Failed, bounced or expired"), "failed", lambda m: m.failed + m.bounced + m.expired),
        _one(report, words.t("Withheld"), "withheld", lambda m: m.withheld),
    ]
    told = words.t("Deliveries that a provider took, that came to nothing, and that a rule held back, when that happened.")
    return _bars("volume", told, _chart(report, words, words.t("Volume"), series))


def _delivery(report: Report, words: Wording) -> Drawn:
    told = words.t("Delivered ÷ (sent − sent by what gives no receipts). Things count when they happen.")
    series = [Series(words.group(report.wanted.by, name), TONES[place], [m.delivery_rate for m in points])
              for place, (name, points) in enumerate(report.lines.items())]  # fmt: skip
    return _lines("delivery", told, _chart(report, words, words.t("Delivery rate"), series, words.share))


def _times(report: Report, words: Wording) -> Drawn:
    told = words.t("From when a message was due until we heard that it arrived: half within the first line, 95 % within the second.")
    series = [
        _one(report, words.t("Half"), "a", lambda m: m.seconds(0.5)),
        _one(report, words.t("95 %"), "d", lambda m: m.seconds(0.95)),
    ]
    return _lines("times", told, _chart(report, words, words.t("Time to deliver"), series, words.lasted))


def _withheld(report: Report, words: Wording) -> Drawn:
    told = words.t("What a rule held back for good, by the reason.")
    sizes = report.now.withheld_by
    reasons = sorted(sizes, key=lambda name: (-sizes[name], name))
    series = [_of_reason(report, words.reason(name), TONES[place], [name]) for place, name in enumerate(reasons[: _MOST - 1])]
    if rest := reasons[_MOST - 1 :]:
        series.append(_of_reason(report, words.t("All others"), TONES[-1], rest))
    return _bars("withheld", told, _chart(report, words, words.t("Withheld, by reason"), series))


def _saves(report: Report, words: Wording) -> Drawn:
    told = words.t("Sent, after another provider or channel had failed.")
    series = [_one(report, words.t("Saved"), "ok", lambda m: m.saved)]
    return _bars("saves", told, _chart(report, words, words.t("Saved by failover"), series))


def _costs(report: Report, words: Wording) -> list[Drawn]:
    """A chart for each currency: they cannot be added."""
    told = words.t("What was sent cost this, as far as prices are known.")
    made = []
    for currency in sorted(report.now.cost):
        series = [Series(currency, "a", [point.cost.get(currency, 0) / MICROS for point in report.points])]
        chart = _chart(report, words, words.t("Cost in {currency}", currency=currency), series, partial(words.money, currency))
        made.append(_bars(f"cost-{currency.lower()}", told, chart))
    return made


def _engagement(report: Report, words: Wording) -> Drawn:
    told = words.t("What people did with messages, each time that they did it. A program that opens all mail counts as well.")
    does: Mapping[str, _Value] = {
        msgid("Opened"): lambda m: m.opened,
        msgid("Read"): lambda m: m.read,
        msgid("Clicked"): lambda m: m.clicked,
        msgid("Replied"): lambda m: m.replied,
    }
    series = [_one(report, words.t(name), TONES[place], value) for place, (name, value) in enumerate(does.items())]
    return _lines("engagement", told, _chart(report, words, words.t("Engagement"), series))


def _complaints(report: Report, words: Wording) -> Drawn:
    told = words.t("Unsubscribed ÷ sent, and complained ÷ delivered. Mailbox providers block senders beyond 0.3 % of complaints.")
    series = [
        _one(report, words.t("Opt-out rate"), "withheld", lambda m: m.opt_out_rate),
        _one(report, words.t("Complaint rate"), "failed", lambda m: m.complaint_rate),
    ]
    limit = Limit(words.t("Limit of complaints:"), COMPLAINTS_LIMIT)
    chart = _chart(report, words, words.t("Opt-outs and complaints"), series, words.share, limit)
    return _lines("complaints", told, chart)


def _chart(  # noqa: PLR0913, PLR0917 - what a chart is made of
    report: Report, words: Wording, title: str, series: Sequence[Series], written: Callable[[float], str] | None = None,
    limit: Limit | None = None,
) -> Chart:  # fmt: skip
    labels = [words.moment(at, report.wanted.grain) for at in report.at]
    return Chart(title, labels, series, limit=limit, written=written or words.number, rtl=words.rtl)


def _bars(name: str, told: str, chart: Chart) -> Drawn:
    return Drawn(name, told, chart, bars(chart))


def _lines(name: str, told: str, chart: Chart) -> Drawn:
    return Drawn(name, told, chart, lines(chart))


def _one(report: Report, name: str, tone: Tone, value: _Value) -> Series:
    return Series(name, tone, [value(point) for point in report.points])


def _of_reason(report: Report, name: str, tone: Tone, reasons: Sequence[str]) -> Series:
    return Series(name, tone, [sum(point.withheld_by.get(reason, 0) for reason in reasons) for point in report.points])
