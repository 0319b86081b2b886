"""What captured providers tell: callbacks of this process, proved, kept and applied as those of real providers are."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime

from wasl.api import Gateway
from wasl.capturing.capture import PROOF, Captured, News, Tray
from wasl_contracts import Callback, Event

_LOOK = 0.02
_LONGEST = 10.0  # seconds that a call may take before it is told of all the same


class Telling:
    """Tells of what lies in a tray, to the gateway that sent it. `faulty` gets what goes wrong in telling by itself."""

    def __init__(self, gateway: Gateway, tray: Tray, faulty: Callable[[Exception], None]) -> None:
        self._gateway = gateway
        self._tray = tray
        self._faulty = faulty
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    @property
    def busy(self) -> bool:
        """Whether anything is still to be told."""
        return bool(self._tasks)

    def soon(self, captured: Captured, news: tuple[News, ...]) -> None:
        """Tell it when the call has ended."""
        task = asyncio.get_running_loop().create_task(self._told(captured, news))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def tell(self, captured: Captured, *news: News) -> None:
        """Tell it now; it is in the ledger when this returns."""
        at, attempt = self._gateway.received_at(), captured.delivery.attempt_id
        events = [
            Event(kind=one.kind, at=at, attempt_id=attempt, event_id=_id(attempt, one, at), dead=one.dead, text=one.text) for one in news
        ]
        body = json.dumps([event.model_dump(mode="json") for event in events]).encode()
        url = f"https://simulator.example/hooks/{captured.provider}"
        await self._gateway.take_callback(captured.provider, Callback("POST", url, {PROOF: self._tray.proof}, body, at))

    async def close(self) -> None:
        """Tell nothing more. What is being told is told to its end: a statement that is cancelled costs a connection."""
        self._closing = True
        await asyncio.gather(*self._tasks)

    async def _told(self, captured: Captured, news: tuple[News, ...]) -> None:
        try:
            await self._until_ended(captured)
            if not self._closing:
                await self.tell(captured, *news)
        except Exception as fault:
            self._faulty(fault)

    async def _until_ended(self, captured: Captured) -> None:
        """Wait for the call's end in the ledger; where another channel of the message hangs, what is told early counts too."""
        gateway, now = self._gateway.of(captured.delivery.brand), asyncio.get_running_loop().time
        latest = now() + _LONGEST
        message_id = captured.delivery.message_id
        while not self._closing and now() < latest and not (await gateway.get(message_id)).reached("sent"):  # noqa: ASYNC110 - as `wait` does
            await asyncio.sleep(_LOOK)


def _id(attempt: str, news: News, at: datetime) -> str:
    """Told twice it counts once; what people write is new each time."""
    return f"{attempt}-{news.kind}" if news.text is None else f"{attempt}-{news.kind}-{at.isoformat()}"
