"""A plugin that brings down its process, or blocks it, on one message: that one is set aside after three times, all others are sent."""

import asyncio
import os
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from tests.e2e.serving import context
from tests.gateway.scripted import Carrier, Script, message, specs, world
from wasl import worker
from wasl.answers import Accepted, MessageSeen
from wasl.api import Gateway
from wasl.lasting import HUNG
from wasl_contracts import Capabilities, Delivery, Mark, Plain, Reason, Receipt, State

CODES = {"codes": {"category": "otp", "expires_in": "10m"}}
RETRY = {"base": "1ms", "reconcile_after": "10ms"}
KILLED, QUIT = 9, 3
OTHERS = 12


def gateway(folder: Path, script: Script, *, sends: bool) -> Gateway:
    mail = Carrier("email", script, Capabilities(concurrency=4))
    told = specs(folder, {"mail": mail}, topics=CODES, retry=RETRY, worker={"hang_after": "400ms"})
    return Gateway(told, worker=sends, watchdog=sends, world=world())


def _work(folder: str, fault: str) -> None:
    """A worker, until it is killed by what it sends or from outside."""

    async def send(delivery: Delivery) -> Receipt:
        assert isinstance(delivery.content, Plain)
        if "poison" in delivery.content.text:
            if fault == "dies":
                os._exit(KILLED)
            if fault == "quits":
                await asyncio.create_task(quits())
            time.sleep(60)  # noqa: ASYNC251 - the fault that is tested
        await asyncio.sleep(0.002)
        return Receipt()

    async def quits() -> None:
        raise SystemExit(QUIT)  # in a task of the plugin's own, where nobody can catch it

    async def run() -> None:
        async with gateway(Path(folder), Script(then=send), sends=True):
            await asyncio.Event().wait()

    worker._POLL = worker._AWAY = 0.01
    asyncio.run(run())


def started(folder: Path, fault: str) -> ForkServerProcess:
    process = context().Process(target=_work, args=(str(folder), fault), daemon=True)
    process.start()
    return process


@pytest.mark.parametrize(("fault", "code"), [("dies", KILLED), ("blocks", HUNG), ("quits", QUIT)])
async def test_one_message_cannot_keep_bringing_down_its_worker(tmp_path: Path, fault: str, code: int) -> None:
    async with gateway(tmp_path, Script(), sends=False) as accepting:
        bodies = ["good"] * (OTHERS // 2) + ["poison"] + ["good"] * (OTHERS // 2)
        accepted = []
        for number, body in enumerate(bodies):
            to = {"id": f"u_{number}", "email": f"p{number}@example.com"}
            accepted.append(await accepting.accept(message(to, content={"body": body}, topic="codes")))
        codes = []

        process = started(tmp_path, fault)
        async with asyncio.timeout(60):
            while not all(one.reached("sent") for one in await _seen(accepting, accepted)):
                if not process.is_alive():
                    codes.append(process.exitcode)
                    process = started(tmp_path, fault)
                await asyncio.sleep(0.02)
        seen = await _seen(accepting, accepted)
        process.kill()
        process.join()

    assert codes == [code] * 3
    poison = seen.pop(OTHERS // 2)
    assert {one.state for one in seen} == {State.SENT}
    assert (poison.state, poison.deliveries[0].reason) == (State.UNKNOWN, Reason.POISON)
    assert [attempt.reason for attempt in poison.deliveries[0].attempts] == [Reason.WORKER_LOST] * 3
    # Whoever was on the way with it says so: none is sent twice in silence.
    assert all(Mark.POSSIBLE_DUPLICATE in one.marks for one in seen if len(one.deliveries[0].attempts) > 1)


async def _seen(accepting: Gateway, accepted: list[Accepted]) -> list[MessageSeen]:
    return [await accepting.get(one.id) for one in accepted]
