"""What a plugin does that no plugin should: the kit says so in a sentence, and soon."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import cast

import pytest
from pydantic import BaseModel

from wasl_contracts import Address, Callback, Delivery, Event, Provider, Receipt
from wasl_contracts.conformance import Ending, samples
from wasl_contracts.conformance.callback_checks import CallbackChecks, Read
from wasl_contracts.conformance.stage import Contract, Fake, Stage
from wasl_contracts.one_function import NoSettings
from wasl_contracts.provider import EventSource

ADDRESS = Address(channel="chat", kind="room", value="room-4711")
WILD = [SystemExit(3), asyncio.CancelledError(), GeneratorExit(), BaseException("boo")]


class Wild:
    def __init__(self, raises: BaseException) -> None:
        self._raises = raises

    async def send(self, delivery: Delivery) -> Receipt:
        raise self._raises

    def parse(self, callback: Callback) -> Sequence[Event]:
        raise self._raises


class Hanging:
    async def send(self, delivery: Delivery) -> Receipt:
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        pass


class Kit(Contract):
    @asynccontextmanager
    async def stage(self, ending: Ending | None = None, delay: float = 0) -> AsyncIterator[Stage[Fake]]:
        raise NotImplementedError
        yield  # type: ignore[unreachable]


def delivery() -> Delivery:
    return samples.delivery(ADDRESS, samples.sample("plain"))


@pytest.mark.parametrize("raised", WILD, ids=repr)
async def test_what_is_no_exception_is_told_like_one(raised: BaseException) -> None:
    wild, told = Wild(raised), f"raised {type(raised).__name__}"

    with pytest.raises(pytest.fail.Exception, match=rf"send\(\) {told}.*turn it into Rejected"):
        await Kit().outcome(cast("Provider", wild), delivery())
    with pytest.raises(pytest.fail.Exception, match=rf"parse\(\) {told}.*BadSignature or Unreadable"):
        await Read(cast("EventSource", wild))(Callback("POST", "https://wasl.example/hooks/wild", {}, b"", datetime.now(UTC)))


async def test_who_interrupts_the_tests_still_can() -> None:
    with pytest.raises(KeyboardInterrupt):
        await Kit().outcome(cast("Provider", Wild(KeyboardInterrupt())), delivery())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await Kit().outcome(cast("Provider", Hanging()), delivery())


async def test_a_plugin_that_hung_once_is_not_waited_for_so_long_again() -> None:
    class Hung(Kit):
        _patience = 0.01

        def valid(self, settings: Mapping[str, object]) -> BaseModel:
            return NoSettings()

        def provider(self, settings: BaseModel, http: object) -> Hanging:  # type: ignore[override]  # only constructed
            return Hanging()

    with pytest.raises(pytest.fail.Exception, match=r"did not end within 0\.01 s; bound every wait"):
        async with Hung().staged(cast("Fake", None), {}):
            await asyncio.Event().wait()

    assert Hung._patience == 2


async def test_who_awaits_in_parse_is_told_not_to() -> None:
    class Awaiting(Hanging):
        async def parse(self, callback: Callback) -> Sequence[Event]:
            return []

    class Checked(CallbackChecks, Kit):
        provider = cast("type[Provider]", Awaiting)

    with pytest.raises(AssertionError, match=r"parse\(\) is `async def`; make it `def`"):
        await Checked().test_callbacks_are_read_without_waiting()
