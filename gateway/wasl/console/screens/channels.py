"""Channels and providers: how each does, what waits for it, and why its calls fail."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from aiohttp import web
from babel.numbers import format_percent

from wasl.audited import Action, Audited, AuditFilters
from wasl.console.page import Nav, Page
from wasl.console.permissions import Permission
from wasl.console.plugin_cards import PluginCard, PluginName, plugin_card, unused
from wasl.console.visit import Visit
from wasl.console.words import msgid
from wasl.errors import NotFound
from wasl.provider_seen import ProviderHealth, Word
from wasl_contracts import Reason

NAV = Nav("Channels", "/channels", order=40)
_STATES: Mapping[Word, str] = {
    "healthy": msgid("Healthy"),
    "degraded": msgid("Degraded"),
    "down": msgid("Down"),
    "paused": msgid("Paused"),
}
_TIERS = {
    "": msgid("No tier"),
    "listed": msgid("Listed"),
    "bronze": msgid("Bronze"),
    "silver": msgid("Silver"),
    "gold": msgid("Gold"),
    "platinum": msgid("Platinum"),
}
_UNSETTLED = {
    "waiting": msgid("waiting for their message"),
    "orphan": msgid("of no message of ours"),
    "unparsed": msgid("not understood"),
    "quarantine": msgid("without a valid signature"),
}


async def cards(visit: Visit) -> web.StreamResponse:
    """A card for each provider, by channel, and the plugins that no provider uses."""
    healths = await visit.gateway.provider_healths()
    return visit.page("channels/cards.html", channels=_by_channel(healths), unused=_unused(visit), say=Sayings(visit))


async def detailed(visit: Visit) -> web.StreamResponse:
    """One provider: its card, the commonest errors of a day, who stepped in, and the plugin behind it."""
    story = await visit.gateway.provider_story(visit.request.match_info["provider"])
    health = story.health
    told = {"plugin": await _plugin(visit, health), "paused": await _paused(visit, health)}
    return visit.page("channels/detail.html", story=story, health=health, told=told, say=Sayings(visit))


async def installed(visit: Visit) -> web.StreamResponse:
    """A plugin: what it can, and why it cannot be loaded."""
    found = await plugin_card(visit.gateway, visit.request.match_info["plugin"])
    return visit.page("channels/plugin.html", plugin=found, say=Sayings(visit))


class Sayings:
    """What the templates of this screen write providers with, in the language of the page."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self.operates = visit.may(Permission.PROVIDERS)

    def state(self, word: Word) -> str:
        """How a provider does, in a word."""
        return self._visit.t(_STATES[word])

    def unsettled(self, state: str) -> str:
        """Why callbacks did nothing."""
        return self._visit.t(_UNSETTLED.get(state, state))

    def tier(self, tier: str | None) -> str:
        """How good a plugin claims to be."""
        return self._visit.t(_TIERS.get(tier or "", tier or ""))

    def percent(self, share: float) -> str:
        """A share from 0 to 1, to a tenth of a percent where it is small."""
        pattern = "#,##0.#%" if share < 0.1 else "#,##0%"
        return str(format_percent(share, pattern, locale=self._visit.words.locale, numbering_system="latn"))


def _by_channel(healths: Iterable[ProviderHealth]) -> Sequence[tuple[str, Sequence[ProviderHealth]]]:
    return [(channel, list(those)) for channel, those in groupby(healths, key=lambda health: health.provider.channel)]


def _unused(visit: Visit) -> Sequence[PluginName]:
    """Of concern to those who configure providers, and so of every brand."""
    return unused(visit.gateway) if visit.may(Permission.PROVIDERS) else ()


async def _paused(visit: Visit, health: ProviderHealth) -> Audited | None:
    """Who has paused it, and why; None where nobody has."""
    if health.provider.reason is None or health.provider.reason.code is not Reason.OPERATOR_PAUSED:
        return None
    filters = AuditFilters(action=Action.PROVIDER_PAUSED, object=health.provider.name)
    return next(iter((await visit.house.gateway.audited(filters, limit=1)).data), None)


async def _plugin(visit: Visit, health: ProviderHealth) -> PluginCard | None:
    """None where it is not installed any more, though this process has loaded it."""
    try:
        return await plugin_card(visit.gateway, health.provider.plugin)
    except NotFound:
        return None


PAGES = (
    Page("GET", "/channels", Permission.SEE, cards),
    Page("GET", "/channels/{provider}", Permission.SEE, detailed),
    Page("GET", "/plugins/{plugin}", Permission.PROVIDERS, installed),
)
