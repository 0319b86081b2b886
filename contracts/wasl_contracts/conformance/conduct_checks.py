"""How a plugin behaves in wasl's process: it leaks nothing, blocks nothing, swallows nothing and says nothing."""

import asyncio
import logging
from collections.abc import Awaitable

import pytest

from wasl_contracts.conformance.stage import Contract, Fake, Stage, networked, only_where, until
from wasl_contracts.conformance.wire import Ending

_LONGEST_PAUSE = 0.1
_SLOW = 0.15


class ConductChecks(Contract):
    """The manners of a plugin."""

    async def test_nothing_is_left_after_close(self) -> None:
        before = asyncio.all_tasks()

        async with self.stage() as stage:
            await self.outcome(stage.provider, self.delivery())

            await _leaves_nothing(stage, before)

    @only_where(networked)
    async def test_a_cancelled_send_ends_at_once_and_leaves_nothing(self) -> None:
        before = asyncio.all_tasks()

        async with self.stage(Ending.HANG) as stage:
            sending = asyncio.create_task(stage.provider.send(self.delivery()))
            assert await until(lambda: stage.fake.sent), "send() did not send within a second"
            sending.cancel()
            done, _ = await asyncio.wait([sending], timeout=1)

            assert done, "a cancelled send() went on; let CancelledError pass"
            assert sending.cancelled(), "a cancelled send() did not end in CancelledError; catch Exception, never BaseException"
            assert await until(lambda: not stage.fake.connections), (
                "a cancelled send() kept its connection; use `async with` around the request"
            )
            await _leaves_nothing(stage, before)

    async def test_close_twice_is_fine_and_keeps_the_shared_session(self) -> None:
        async with self.stage() as stage:
            await self.outcome(stage.provider, self.delivery())

            await stage.provider.close()
            await stage.provider.close()

            assert not stage.http.closed, "close() closed the session that all providers share; leave it open"

    @only_where(networked)
    async def test_the_event_loop_is_never_blocked(self) -> None:
        pauses = []

        async with self.stage(delay=_SLOW) as stage:
            for number in range(1, 4):  # a busy machine pauses us now and then, a plugin that blocks does each time
                pauses.append(await _longest_pause(self.outcome(stage.provider, self.delivery(number))))
                if pauses[-1] < _LONGEST_PAUSE:
                    break

        assert min(pauses) < _LONGEST_PAUSE, (
            f"send() blocked the event loop for {min(pauses):.2f} s; await instead of sleeping or calling in sync"
        )

    async def test_nothing_confidential_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)

        await self._one_of_each()

        self.confides(caplog.text, "the log; log ids and codes, or nothing at all")

    async def test_nothing_is_printed(self, capfd: pytest.CaptureFixture[str]) -> None:
        await self._one_of_each()

        out, err = capfd.readouterr()
        assert not out + err, "the plugin prints; print nothing, the receipt and the error say it all"

    async def _one_of_each(self) -> None:
        for ending in (None, Ending.RESET) if self.networked else (None,):
            async with self.stage(ending) as stage:
                await self.outcome(stage.provider, self.delivery())


async def _leaves_nothing(stage: Stage[Fake], before: set[asyncio.Task[object]]) -> None:
    await stage.provider.close()
    await stage.http.close()

    def left() -> set[asyncio.Task[object]]:
        return asyncio.all_tasks() - before

    assert await until(lambda: not left()), f"{len(left())} task(s) live on after close(); cancel and await them there"
    assert await until(lambda: not stage.fake.connections), (
        "a connection is open after close(); use the session that wasl gives, or close yours"
    )


async def _longest_pause(work: Awaitable[object]) -> float:
    """The longest time for which the loop ran nothing else while it did the work, in seconds."""
    loop, pauses = asyncio.get_running_loop(), [0.0]

    async def watch() -> None:
        last = loop.time()
        while True:
            await asyncio.sleep(0.005)
            pauses.append(loop.time() - last - 0.005)
            last = loop.time()

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    await work
    await asyncio.sleep(0.01)
    watching.cancel()
    return max(pauses)
