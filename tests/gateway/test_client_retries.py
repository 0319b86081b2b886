from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from wasl.client import Client
from wasl.errors import LedgerUnavailable, Unusable, WaslError

ANN = {"id": "u_42", "addresses": [{"channel": "log", "kind": "any", "value": "desk"}]}
HELLO = {"body": "Hello"}


@dataclass
class Scripted:
    """A server that plays a list of answers and keeps what it was asked."""

    answers: list[web.Response | None]
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    url: str = ""

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append((request.method, request.path_qs, dict(request.headers), await request.read()))
        answer = self.answers.pop(0)
        if answer is None:
            request.transport.abort()
            return web.Response()
        return answer

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)

    def client(self) -> Client:
        return Client(self.url, "wasl_live_secret", uniform=lambda low, high: high, sleep=self.sleep)


@pytest.fixture
async def scripted() -> AsyncIterator[Scripted]:
    script = Scripted([])
    runner = web.ServerRunner(web.Server(script))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    script.url = f"http://127.0.0.1:{site.port}"
    yield script
    await runner.cleanup()


def accepted(message_id: str = "msg_1") -> web.Response:
    now = "2026-01-31T09:00:00Z"
    to = {"id": "u_42", "audience": "person", "locale": None, "timezone": None, "addresses": [], "added_later": 1}
    body = {"id": message_id, "state": "accepted", "to": to, "created_at": now, "due_at": now, "expires_at": now, "added_later": {"x": 1}}
    return web.json_response(body, status=202)


def busy(retry_after: str | None = None, status: int = 503) -> web.Response:
    problem = {
        "type": "urn:wasl:error:unavailable", "title": "Unavailable", "status": status, "detail": "Later.", "code": "unavailable",
        "request_id": "req_9", "retryable": True, "suggested_action": "Wait.", "errors": [], "added_later": 1,
    }  # fmt: skip
    return web.json_response(problem, status=status, headers={"Retry-After": retry_after} if retry_after else None)


async def test_a_busy_server_is_asked_again_with_the_same_key(scripted):
    scripted.answers = [busy(), None, accepted()]

    async with scripted.client() as wasl:
        sent = await wasl.send(to=ANN, content=HELLO)

    keys = {headers["Idempotency-Key"] for _, _, headers, _ in scripted.asked}
    assert sent.id == "msg_1"
    assert len(scripted.asked) == 3
    assert len(keys) == 1
    assert scripted.waited == [0.2, 0.4]


async def test_after_three_times_the_error_is_raised(scripted):
    scripted.answers = [busy("1"), busy("0", 429), busy()]

    async with scripted.client() as wasl:
        with pytest.raises(LedgerUnavailable) as caught:
            await wasl.send(to=ANN, content=HELLO)

    assert (caught.value.code, caught.value.request_id) == ("unavailable", "req_9")
    assert scripted.waited == [1.0, 0.4]


async def test_what_is_not_safe_to_repeat_or_would_take_long_is_not_repeated(scripted):
    scripted.answers = [busy(), busy("3600")]

    async with scripted.client() as wasl:
        with pytest.raises(LedgerUnavailable):
            await wasl.cancel("msg_1")
        with pytest.raises(LedgerUnavailable):
            await wasl.get("msg_1")

    assert len(scripted.asked) == 2
    assert scripted.waited == []


async def test_a_refusal_is_not_repeated(scripted):
    scripted.answers = [busy(status=500)]

    async with scripted.client() as wasl:
        with pytest.raises(WaslError):
            await wasl.get("msg_1")

    assert len(scripted.asked) == 1


async def test_nobody_there_is_one_clear_sentence(unused_tcp_port):
    async def no_sleep(_: float) -> None:
        return

    async with Client(f"http://127.0.0.1:{unused_tcp_port}", "k", sleep=no_sleep) as wasl:
        with pytest.raises(LedgerUnavailable) as caught:
            await wasl.get("msg_1")

    assert caught.value.code == "unreachable"
    assert "WASL_URL" in caught.value.suggested_action


async def test_a_url_that_is_none_is_unusable():
    async with Client("not a url", "k") as wasl:
        with pytest.raises(Unusable):
            await wasl.get("msg_1")


async def test_a_proxys_page_is_not_taken_for_wasls_answer(scripted):
    scripted.answers = [web.Response(status=502, text="<html>"), web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})]

    async with scripted.client() as wasl:
        for status in ("502", "302"):
            with pytest.raises(WaslError, match=status) as caught:
                await wasl.get("msg_1")
            assert caught.value.code == "not_wasl"


async def test_a_part_that_cannot_be_sent_fails_alone(scripted):
    result = b'{"line":1,"status":202,"message":' + accepted().body + b"}\n"
    scripted.answers = [web.Response(body=result * 1000, content_type="application/x-ndjson"), busy("3600")]

    async with scripted.client() as wasl:
        results = await wasl.send_many({"to": ANN, "content": HELLO} for _ in range(1002))

    assert [isinstance(found, LedgerUnavailable) for found in results] == [False] * 1000 + [True] * 2


async def test_the_key_is_in_no_repr_and_no_error(scripted):
    scripted.answers = [busy("3600")]

    async with scripted.client() as wasl:
        with pytest.raises(WaslError) as caught:
            await wasl.send(to=ANN, content=HELLO)

    assert "secret" not in repr(wasl) + repr(caught.value) + str(caught.value)
