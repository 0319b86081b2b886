"""Texts that take long to read hold up nothing else for longer than one of them takes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from tests.gateway.scripted import Carrier, message
from wasl import pipeline
from wasl.api import Gateway, Submission
from wasl.planning import Planning

_MESSAGES = 12


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How often others had their turn before each message was planned; each of these takes longer than planning may hold them up."""
    others, found, step = [0], [], Planning.step

    async def have_a_turn() -> None:
        while True:
            others[0] += 1
            await asyncio.sleep(0)

    def planned(self: Planning, *args: Any) -> Any:
        if not found:
            running.append(asyncio.ensure_future(have_a_turn()))
        found.append(others[0])
        return step(self, *args)

    running: list[asyncio.Future[None]] = []
    monkeypatch.setattr(Planning, "step", planned)
    monkeypatch.setattr(pipeline, "_OWN_TURN", -1.0)
    yield found
    for one in running:
        one.cancel()


async def test_others_have_their_turn_between_long_texts(opened: Callable[..., Awaitable[Gateway]], turns: list[int]) -> None:
    gateway = await opened({"mail": Carrier("email")})
    texts = [message({"id": f"u_{n}", "email": f"p{n}@example.com"}, content={"body": f"- *a* {n}\n" * 9}) for n in range(_MESSAGES)]

    for one in await gateway.accept_many([Submission(one) for one in texts]):
        await gateway.wait(one.id, timeout=30)

    assert len(turns) == _MESSAGES
    assert sorted(set(turns)) == turns
