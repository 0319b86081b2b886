"""What a test asks: what was sent, by which channel, to whom, and with which words."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from wasl.answers import DeliverySeen
from wasl.api import Gateway
from wasl.assembly import World
from wasl.capturing.capture import Captured, News, Tray
from wasl.capturing.configuration import specs_of
from wasl.capturing.telling import Telling
from wasl.clock import Clock, SystemClock
from wasl.states import LIVE
from wasl_contracts import State
from wasl_contracts.event import EventKind

_LOOK = 0.01
_SOON = timedelta(seconds=1)
_MOST = 500


class Shifted:
    """A clock that begins at a moment and goes on from there."""

    def __init__(self, start: datetime) -> None:
        self._ahead = start.astimezone(UTC) - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


class Outbox:
    """A gateway that is open, and what its providers got. Use it as an asynchronous context manager.

    `gateway` is the real one, on a ledger of its own: templates, consent, quiet hours and routes are those of the configuration.
    """

    def __init__(self, config: Path | None, folder: Path, now: datetime | None = None) -> None:
        """`folder` holds an empty ledger; `now` is the moment at which it begins, None the present one."""
        self._tray = Tray()
        clock: Clock = SystemClock() if now is None else Shifted(now)
        self.gateway = Gateway(specs_of(config, folder, self._tray), unsafe_durability=True, world=World(clock, Random(7), {}))  # noqa: S311 - of retries
        self._faults: list[Exception] = []
        self._telling = Telling(self.gateway, self._tray, self._faults.append)
        self._tray.tell = self._telling.soon

    @property
    def sent(self) -> tuple[Captured, ...]:
        """What providers got so far, in order; see `settled`."""
        return tuple(self._tray.sent)

    async def __aenter__(self) -> "Outbox":
        await self.gateway.__aenter__()
        return self

    async def __aexit__(self, *how: object) -> None:
        await self._telling.close()
        await self.gateway.__aexit__(*how)

    async def settled(self, within: float = 2) -> None:
        """Wait until nothing is on its way: what is left waits for a moment, a person, or for ever.

        Raises:
            AssertionError: something still is, after so many seconds.
        """
        try:
            async with asyncio.timeout(within):
                while True:
                    settled = not await self._moving() and not self._telling.busy
                    if self._faults:
                        raise self._faults.pop()  # what went wrong in telling fails the test
                    if settled:
                        return
                    await asyncio.sleep(_LOOK)
        except TimeoutError:
            raise AssertionError(f"messages are still on their way after {within} s: {', '.join(await self._moving())}") from None

    async def assert_sent(
        self,
        *,
        to: str | None = None,
        channel: str | None = None,
        template: str | None = None,
        text_contains: str | None = None,
        times: int | None = None,
    ) -> Captured:
        """The newest delivery that is as told; `times` is how many there must be, at least one where it is not said.

        Raises:
            AssertionError: there is none, or another number; its text lists what was sent.
        """
        await self.settled()
        found = [one for one in self.sent if await self._is(one, to, channel, template, text_contains)]
        if (times is None and not found) or (times is not None and len(found) != times):
            asked = {"to": to, "channel": channel, "template": template, "text_contains": text_contains}
            told = ", ".join(f"{name}={value!r}" for name, value in asked.items() if value is not None) or "anything"
            listed = "".join(f"\n  {one}" for one in self.sent) or " nothing"
            raise AssertionError(f"sent {len(found)} times, not {times or 'once at least'}: {told}; sent was:{listed}")
        return found[-1]

    async def assert_nothing_sent(self) -> None:
        """Nothing was, and nothing is on its way.

        Raises:
            AssertionError: lists what was sent.
        """
        await self.settled()
        if self.sent:
            raise AssertionError("sent was:" + "".join(f"\n  {one}" for one in self.sent))

    async def tell(self, captured: Captured, *kinds: EventKind) -> None:
        """Let the provider report of a delivery, as it would by a callback: `delivered`, `read`, `bounced`, `complained`, …"""
        await self._telling.tell(captured, *(News(kind, dead=kind == "bounced") for kind in kinds))

    async def _is(self, one: Captured, to: str | None, channel: str | None, template: str | None, text: str | None) -> bool:
        if to not in (None, one.to) or channel not in (None, one.channel) or (text is not None and text not in one.text):
            return False
        seen = await self.gateway.of(one.delivery.brand).get(one.delivery.message_id)
        return template in (None, seen.template)

    async def _moving(self) -> list[str]:
        """The messages that something will happen to soon."""
        soon = self.gateway.received_at() + _SOON
        listed = [one.id for one in (await self.gateway.list(limit=_MOST)).data if one.state in LIVE]
        seen = [await self.gateway.get(one) for one in listed]
        return [one.id for one in seen if any(_moves(part, soon) for part in one.deliveries)]


def _moves(part: DeliverySeen, soon: datetime) -> bool:
    # Where a call is under way, the moment is when its worker would be given up on.
    return part.state is State.SENDING or (part.state in LIVE and part.due_at is not None and part.due_at < soon)
