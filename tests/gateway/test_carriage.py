import asyncio
from hashlib import sha256
from typing import Any, ClassVar

import aiohttp
import pytest
import structlog
from pydantic import BaseModel
from structlog.testing import capture_logs

from tests.gateway.scripted import EMAIL, NOON, Carrier, Script, ScriptedSettings
from wasl.carriage import Carried, WaryConnector, WatchedSession, carry, look_up
from wasl_contracts import AddressKind, Delivery, Plain, ProviderSpec, Reason, Receipt, Rejected, Unavailable, Unknown
from wasl_contracts.handing import handing_over

DELIVERY = Delivery(
    id="dlv_1", attempt_id="att_1", message_id="msg_1", brand="default", channel="email", address=EMAIL, content=Plain(text="secret text"),
    topic="default", category="otp", created_at=NOON, expires_at=NOON,
)  # fmt: skip

ENDS = (SystemExit(3), KeyboardInterrupt(), GeneratorExit())


async def carried(outcome: Any, seconds: float = 1) -> Any:
    provider = Carrier("email").plugin()(ScriptedSettings(script=Script(outcome)), None)
    return (await carry(provider, DELIVERY, seconds)).answer


async def test_a_receipt_is_handed_on() -> None:
    receipt = Receipt(provider_ref="x")

    assert await carried(receipt) is receipt


@pytest.mark.parametrize("error", [Rejected(Reason.INVALID_ADDRESS, "address"), Unavailable(3.0), Unknown("reset")])
async def test_the_three_errors_are_handed_on(error: Exception) -> None:
    assert await carried(error) is error


async def test_what_takes_too_long_is_unknown_and_cancelled() -> None:
    ended = []

    async def hang(_: Delivery) -> Receipt:
        try:
            await asyncio.sleep(10)
        finally:
            ended.append(1)
        return Receipt()

    answer = await carried(hang, seconds=0.01)

    assert (type(answer), answer.code, ended) == (Unknown, "timeout", [1])


@pytest.mark.parametrize("error", [ValueError("ann@example.com"), KeyError("secret text"), RuntimeError(), asyncio.CancelledError(), *ENDS])
async def test_any_other_exception_is_unknown_and_its_text_is_told_nowhere(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.carriage._log", structlog.get_logger("wasl.carriage"))  # one that was used keeps the processors of then

    async def fail(_: Delivery) -> Receipt:
        raise error

    with capture_logs() as logs:
        answer = await carried(fail)

    assert (type(answer), answer.code) == (Unknown, type(error).__name__)
    assert [log["event"] for log in logs] == ["provider.failed"]
    assert "ann@" not in str(logs)
    assert "secret" not in str(logs)


async def test_an_answer_that_is_none_of_the_four_is_unknown() -> None:
    async def nothing(_: Delivery) -> Any:
        return None

    answer = await carried(nothing)

    assert (type(answer), answer.code) == (Unknown, "no_receipt")


@pytest.mark.parametrize("error", [ValueError(), asyncio.CancelledError(), *ENDS])
async def test_whatever_a_look_up_raises_proves_nothing(error: BaseException) -> None:
    class Asked:
        async def find(self, _: str) -> Receipt | None:
            raise error

    answer = await look_up(Asked(), "att_1", 1)

    assert (type(answer), getattr(answer, "code", None)) == (Unavailable, type(error).__name__)


async def test_a_call_that_is_thrown_away_ends() -> None:
    async def hang(_: Delivery) -> Receipt:
        await asyncio.Event().wait()
        return Receipt()

    call = carried(hang)
    call.send(None)

    call.close()  # raises RuntimeError if the call went on


async def test_its_own_task_can_be_cancelled() -> None:
    begun = asyncio.Event()

    async def hang(_: Delivery) -> Receipt:
        begun.set()
        await asyncio.sleep(10)
        return Receipt()

    call = asyncio.create_task(carried(hang))
    await begun.wait()
    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await call


class HttpSettings(BaseModel):
    base_url: str = "http://127.0.0.1"


class Session:
    def request(self, *_: Any, **__: Any) -> Any:
        return "response"


class Web:
    """A plugin on HTTP that fails before or after it made its request, or in a task of its own."""

    spec: ClassVar = ProviderSpec(
        name="web", channel="email", format="plain", addresses=(AddressKind(kind="email"),), settings=HttpSettings
    )

    def __init__(self, when: str) -> None:
        self._when, self._http = when, WatchedSession(Session())  # type: ignore[arg-type]

    async def send(self, delivery: Delivery) -> Receipt:
        if self._when == "after":
            self._http.request("POST", "http://127.0.0.1")
        elif self._when == "in a task":
            await asyncio.create_task(self._requesting())
        raise ValueError

    async def _requesting(self) -> None:
        self._http.request("POST", "http://127.0.0.1")

    async def close(self) -> None:
        pass


async def test_a_fault_before_the_request_is_the_plugins_and_certainly_sent_nothing() -> None:
    answer, _ = await carry(Web("before"), DELIVERY, 1)

    assert isinstance(answer, Rejected)
    assert (answer.reason, answer.scope, answer.code) == (Reason.PROVIDER_FAULT, "provider", "ValueError")


@pytest.mark.parametrize("when", ["after", "in a task"])
async def test_a_fault_after_the_request_may_have_sent_it(when: str) -> None:
    assert isinstance((await carry(Web(when), DELIVERY, 1)).answer, Unknown)


async def test_calls_at_the_same_time_are_told_apart() -> None:
    answers = await asyncio.gather(*(carry(Web(when), DELIVERY, 1) for when in ("after", "before", "after")))

    assert [type(carried.answer) for carried in answers] == [Unknown, Rejected, Unknown]


async def test_requests_are_handed_on_outside_of_a_call_too() -> None:
    found: Any = WatchedSession(Session()).request("GET", "http://127.0.0.1")  # type: ignore[arg-type]

    assert found == "response"


async def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one() -> None:
    ok, connections = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n%b", 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ok % b"true")
        unasked = asyncio.get_running_loop().call_later(0.02, writer.write, ok % b"lies")
        await reader.read()
        unasked.cancel()
        writer.close()

    async def get() -> str:
        async with http.get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as answer:
            return await answer.text()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        async with aiohttp.ClientSession(connector=WaryConnector(), trust_env=False) as http:
            answers = [await get()]
            await asyncio.sleep(0.06)
            answers.append(await get())
            again = connections
        await asyncio.sleep(0)

    assert (answers, again) == (["true", "true"], 2)


class Telling(Web):
    """A plugin that makes a request for a token first, and may tell what the message itself is."""

    async def send(self, delivery: Delivery) -> Receipt:
        if self._when == "tells":
            handing_over(b"message")
        for body in (b"token", None) if self._when == "tells" else (b"token", b"message", None):
            self._http.request("POST", "http://127.0.0.1", data=body)
        return Receipt()


@pytest.mark.parametrize("when", ["tells", "is silent"])
async def test_the_digest_is_of_what_is_told_else_of_the_last_body(when: str) -> None:
    carried = await carry(Telling(when), DELIVERY, 1)

    assert carried.handed == sha256(b"message").digest()


async def test_what_hands_nothing_over_has_no_digest_and_calls_at_the_same_time_have_their_own() -> None:
    async def tell(content: bytes) -> Carried:
        async def send(_: Delivery) -> Receipt:
            await asyncio.sleep(0)
            await asyncio.to_thread(handing_over, content)
            return Receipt()

        return await carry(Carrier("email").plugin()(ScriptedSettings(script=Script(send)), None), DELIVERY, 1)

    one, other = await asyncio.gather(tell(b"one"), tell(b"other"))
    silent = await carry(Carrier("email").plugin()(ScriptedSettings(script=Script()), None), DELIVERY, 1)

    assert (one.handed, other.handed, silent.handed) == (sha256(b"one").digest(), sha256(b"other").digest(), None)


async def test_outside_of_a_call_nobody_is_told() -> None:
    handing_over(b"nothing")
