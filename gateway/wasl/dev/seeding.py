"""Makes up a day of messages: the real gateway, before providers that keep what they get, with a clock that runs through the day."""

import asyncio
from datetime import datetime
from random import Random
from typing import Final

import structlog

from wasl.api import Gateway
from wasl.capturing.mishaps import CALM
from wasl.capturing.telling import Telling
from wasl.clock import AnchoredClock, SystemClock
from wasl.consent import ConsentChange
from wasl.dev.day import LENGTH, Episode, own_day, shop_day
from wasl.dev.people import PEOPLE
from wasl.dev.workshop import Workshop
from wasl.errors import WaslError
from wasl.registry import Specs
from wasl_contracts import State

_log = structlog.get_logger("wasl.dev")
_SEED: Final = 7
_LOOK: Final = 0.004
_LOOKS: Final = 500
_UNDER_WAY: Final = (State.ACCEPTED, State.SENDING)


async def seed(workshop: Workshop, specs: Specs) -> int:
    """Fill an empty ledger with a day that ends now; how many messages there are, 0 where there were some before."""
    ends = SystemClock().now()
    clock, chaos = AnchoredClock(ends - LENGTH), workshop.tray.chaos
    workshop.tray.chaos = CALM.model_copy(update={"reports": False})
    try:
        async with workshop.gateway(specs, clock) as gateway:
            telling = Telling(gateway, workshop.tray, _untold)
            return await _Day(gateway, workshop, specs, clock, telling).live() if await _empty(gateway) else 0
    finally:
        workshop.tray.strike(())
        workshop.tray.chaos = chaos


async def _empty(gateway: Gateway) -> bool:
    pages = [await gateway.of(brand).list(limit=1) for brand in gateway.brands]
    return not any(page.data for page in pages)


class _Day:
    """The day while it is lived."""

    def __init__(self, gateway: Gateway, workshop: Workshop, specs: Specs, clock: AnchoredClock, telling: Telling) -> None:
        self._gateway = gateway
        self._workshop = workshop
        self._specs = specs
        self._clock = clock
        self._telling = telling
        self._began = clock.now()

    async def live(self) -> int:
        """How many messages it had."""
        await self._meet()
        random, own = Random(_SEED), self._workshop.file is not None  # noqa: S311 - a made-up day
        templates = (await self._gateway.templates()).data
        count = 0
        for episode in own_day(random, templates, self._gateway.brands) if own else shop_day(random):
            count += await self._happen(episode)
        return count

    async def _meet(self) -> None:
        """The people, and who agreed to offers."""
        promotional = [name for name, topic in self._gateway.config.topics.items() if topic.category == "promotional"]
        for who in PEOPLE:
            if (who.brand or self._gateway.brand) in self._gateway.brands:
                seen = self._gateway.of(who.brand or self._gateway.brand)
                await seen.put_recipient(who.recipient(self._specs))
                changes = [
                    ConsentChange(topic=topic, state="granted", source="preference_page", locale=who.locale) for topic in promotional
                ]
                if who.offers and changes:
                    await seen.record_consent(who.id, changes)

    async def _happen(self, episode: Episode) -> bool:
        """One message of the day; False where the configuration does not allow it."""
        tray, start = self._workshop.tray, self._began + episode.at
        seen = self._gateway.of(episode.who.brand or self._gateway.brand)
        self._clock.anchor(start)
        tray.strike(episode.mishaps)
        before = {one.id for one in tray.sent}
        try:
            accepted = await self._gateway.accept(episode.message(episode.who.recipient(self._specs), start))
        except WaslError as refused:
            _log.info("seed.refused", code=refused.code)
            return False
        if episode.cancelled:
            await seen.cancel(accepted.id)
        await _carried(seen, accepted.id)
        mine = [one for one in tray.sent if one.id not in before and one.delivery.message_id == accepted.id]
        for after, news in episode.news:
            self._clock.anchor(_after(start, after))
            for captured in mine:
                await self._telling.tell(captured, news)
        return True


async def _carried(gateway: Gateway, message_id: str) -> None:
    """Wait until each of its calls has ended; what is tried again later goes while the day goes on."""
    for _ in range(_LOOKS):
        if not any(part.state in _UNDER_WAY for part in (await gateway.get(message_id)).deliveries):
            return
        await asyncio.sleep(_LOOK)


def _after(start: datetime, seconds: int) -> datetime:
    return datetime.fromtimestamp(start.timestamp() + seconds, start.tzinfo)


def _untold(fault: Exception) -> None:
    _log.error("seed.untold", exc_info=fault)
