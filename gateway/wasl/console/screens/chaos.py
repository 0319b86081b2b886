"""What goes wrong under `wasl dev`: switched on and off while it runs."""

from aiohttp import web
from pydantic import ValidationError

from wasl.capturing.capture import Tray
from wasl.capturing.mishaps import CALM, Chaos, Mishap
from wasl.console.captured import TRAY
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.visit import Visit
from wasl.console.words import msgid

MISHAPS: dict[Mishap, tuple[str, str]] = {
    Mishap.DOWN: (msgid("Down"), msgid("It answers 503: certainly not taken, tried again.")),
    Mishap.BUSY: (msgid("Busy"), msgid("It answers 429 and asks for 2 seconds.")),
    Mishap.REFUSED: (msgid("Refuses"), msgid("A definite no: the next provider or channel, else failed.")),
    Mishap.BOUNCED: (msgid("Bounces"), msgid("Taken, and returned later; the address lives.")),
    Mishap.HANGING: (msgid("Hangs"), msgid("Not taken, and no answer for 5 seconds: the outcome is unknown.")),
    Mishap.LOST: (msgid("Answer lost"), msgid("Taken, and the connection broke: the outcome is unknown.")),
}
"""Each with its name and what it does."""
_MOST = 20


async def shown(visit: Visit) -> web.StreamResponse:
    """The switches."""
    return _page(visit, _tray(visit).chaos)


async def changed(visit: Visit) -> web.StreamResponse:
    """Shares in percent, the delay, the channels."""
    fields, tray = await visit.form(), _tray(visit)
    if "calm" in fields:
        tray.strike(())
        tray.chaos = CALM.model_copy(update={"reports": tray.chaos.reports})
        return visit.redirect("/inbox/chaos", visit.t("Everything goes well again."))
    wanted = {
        **{mishap.value: _share(fields.get(mishap.value, "")) for mishap in Mishap},
        "delay_ms": fields.get("delay_ms", "").strip() or 0,
        "channels": tuple(fields.getall("channel", [])),
        "reports": "reports" in fields,
    }
    try:
        tray.chaos = Chaos.model_validate(wanted)
    except ValidationError as wrong:
        at = {str(error["loc"][0]) if error["loc"] else "sum" for error in wrong.errors(include_url=False, include_input=False)}
        return _page(visit, tray.chaos, {**{name: fields.get(name, "") for name in wanted}}, at)
    return visit.redirect("/inbox/chaos", visit.t("From now on this goes wrong."))


async def struck(visit: Visit) -> web.StreamResponse:
    """What happens to the next call, after what is planned already."""
    fields, tray = await visit.form(), _tray(visit)
    name = fields.get("next", "")
    if name not in [*Mishap] or len(tray.next) >= _MOST:
        return visit.refused(visit.t("Choose what is to go wrong; at most {most} calls can be planned.", most=_MOST))
    tray.strike([*tray.next, Mishap(name)])
    return visit.redirect("/inbox/chaos", visit.t("The next call: {what}.", what=visit.t(MISHAPS[Mishap(name)][0])))


def _page(visit: Visit, chaos: Chaos, written: dict[str, str] | None = None, wrong: set[str] = frozenset()) -> web.Response:  # type: ignore[assignment]
    tray = _tray(visit)
    percent = {mishap.value: _percent(share) for mishap, share in chaos.shares.items()}
    values = {**percent, "delay_ms": str(chaos.delay_ms or ""), **(written or {})}
    channels = [(name, name in chaos.channels) for name in visit.house.gateway.config.channels]
    told = {"chaos": chaos, "values": values, "wrong": wrong, "channels": channels, "mishaps": MISHAPS, "next": list(tray.next)}
    return visit.page("inbox/chaos.html", status=422 if wrong else 200, **told)


def _percent(share: float) -> str:
    return f"{share * 100:.3g}" if share else ""


def _share(percent: str) -> float | str:
    try:
        return float(percent.strip().replace(",", ".").replace("%", "") or 0) / 100
    except ValueError:
        return percent


def _tray(visit: Visit) -> Tray:
    return visit.request.config_dict[TRAY]


PAGES = (
    Page("GET", "/inbox/chaos", Permission.DEV, shown),
    Page("POST", "/inbox/chaos", Permission.DEV, changed),
    Page("POST", "/inbox/next", Permission.DEV, struck),
)
