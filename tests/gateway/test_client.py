import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from wasl.api import Gateway
from wasl.client import Client, SyncClient
from wasl.errors import Conflict, IdempotencyMismatch, LedgerUnavailable, NotFound, Refused, Unauthenticated, Unusable, WaslError
from wasl.registry import read
from wasl.server.app import listening
from wasl_contracts import Content, Message, Recipient, State

WASL_TOML = 'database = "sqlite:///{folder}/wasl.db"\n[providers.desk]\nplugin = "log"\n[channels]\nlog = ["desk"]\n'
ANN = {"id": "u_42", "addresses": [{"channel": "log", "kind": "any", "value": "desk"}]}
HELLO = {"body": "Hello"}


@dataclass
class Served:
    url: str
    key: str
    gateway: Gateway

    def client(self, **how: Any) -> Client:
        return Client(self.url, self.key, **how)


@pytest.fixture
def sends() -> bool:
    return False


@pytest.fixture
async def served(tmp_path: Path, fresh_ledger: Path, sends: bool) -> AsyncIterator[Served]:
    shutil.copytree(fresh_ledger, tmp_path, dirs_exist_ok=True)
    (tmp_path / "wasl.toml").write_text(WASL_TOML.format(folder=tmp_path))
    async with Gateway(read(tmp_path / "wasl.toml", {}), worker=sends) as gateway:
        key = await gateway.create_api_key("test", ["send", "read"])
        async with listening(gateway, "127.0.0.1", 0) as url:
            yield Served(url, key, gateway)


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


async def test_a_message_is_sent_looked_at_listed_and_cancelled(served):
    async with served.client() as wasl:
        sent = await wasl.send(to=ANN, content=HELLO, topic="default", metadata={"ref": "1042"})
        seen = await wasl.get(sent.id)
        listed = [found.id async for found in wasl.list(recipient="u_42", state=State.ACCEPTED)]
        cancelled = await wasl.cancel(sent.id)

        assert seen.metadata == {"ref": "1042"}
        assert listed == [sent.id]
        assert cancelled.state is State.CANCELLED
        with pytest.raises(Conflict):
            await wasl.cancel(sent.id)


async def test_models_and_times_go_over_the_wire(served):
    to = Recipient.model_validate({**ANN, "locale": "ar", "attributes": {"name": "آن"}})
    at = datetime.now(UTC) + timedelta(hours=1)

    async with served.client() as wasl:
        sent = await wasl.send(to=to, content=Content(title="وصل", body="مرحبا"), send_at=at, expires_in="2h", channels=("log",))

    assert sent.due_at == at
    assert sent.to.locale == "ar"


async def test_the_same_key_is_replayed_and_another_body_is_refused(served):
    async with served.client() as wasl:
        first = await wasl.send(to=ANN, content=HELLO, idempotency_key="k")
        second = await wasl.send(to=ANN, content=HELLO, idempotency_key="k")

        assert (first.id, first.replayed) == (second.id, False)
        assert second.replayed
        with pytest.raises(IdempotencyMismatch) as caught:
            await wasl.send(to=ANN, content={"body": "Other"}, idempotency_key="k")
        assert caught.value.code == "idempotency_mismatch"


async def test_errors_are_those_of_the_python_api(served):
    async with served.client() as wasl:
        with pytest.raises(Refused) as refused:
            await wasl.send(to={"id": "u", "emial": "x"}, content=HELLO)
        with pytest.raises(NotFound) as missing:
            await wasl.get("msg_0/../..")

    assert [(problem.pointer, problem.code) for problem in refused.value.errors] == [("/to/emial", "unknown_field")]
    assert refused.value.request_id.startswith("req_")
    assert missing.value.suggested_action


async def test_a_wrong_key_is_unauthenticated_and_a_missing_one_says_where_to_put_it(served, monkeypatch):
    monkeypatch.delenv("WASL_API_KEY", raising=False)

    async with Client(served.url, "wasl_live_wrong") as wasl:
        with pytest.raises(Unauthenticated):
            await wasl.get("msg_1")
    with pytest.raises(Unauthenticated) as caught:
        Client(served.url)
    assert "WASL_API_KEY" in caught.value.suggested_action


async def test_url_and_key_may_come_from_the_environment(served, monkeypatch):
    monkeypatch.setenv("WASL_URL", served.url + "/")
    monkeypatch.setenv("WASL_API_KEY", served.key)

    async with Client() as wasl:
        assert (await wasl.send(to=ANN, content=HELLO)).id


async def test_many_messages_each_have_their_own_fate_in_order(served):
    good = Message.model_validate({"to": ANN, "content": HELLO})
    messages = [
        {"to": ANN, "content": HELLO, "idempotency_key": "a"},
        good,
        {"to": ANN},
        {"to": ANN, "content": HELLO, "idempotency_key": "a"},
    ]

    async with served.client() as wasl:
        results = await wasl.send_many(messages)

    first, second, third, fourth = results
    assert isinstance(third, Refused)
    assert third.errors[0].code == "content_or_template"
    assert (fourth.id, fourth.replayed) == (first.id, True)
    assert second.id not in (first.id, third)


async def test_long_lists_go_in_parts_and_pages_are_followed(served):
    async with served.client() as wasl:
        results = await wasl.send_many({"to": ANN, "content": HELLO} for _ in range(1203))
        listed = [found.id async for found in wasl.list()]

    assert all(not isinstance(result, WaslError) for result in results)
    assert set(listed) == {result.id for result in results}
    assert len(listed) == len(set(listed)) == 1203


async def test_a_recipient_is_stored_under_its_id(served):
    async with served.client() as wasl:
        stored = await wasl.put_recipient(Recipient(id="u/1 آن", email="ann@example.com"))

    assert stored.id == "u/1 آن"


@pytest.mark.parametrize("sends", [True])
async def test_waiting_ends_when_it_is_sent(served):
    async with served.client() as wasl:
        sent = await wasl.send(to=ANN, content=HELLO)

        assert (await wasl.wait(sent.id)).state is State.SENT


async def test_waiting_gives_up_in_time(served):
    async with served.client() as wasl:
        sent = await wasl.send(to=ANN, content=HELLO)

        with pytest.raises(TimeoutError):
            await wasl.wait(sent.id, timeout=0.1)


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


async def test_the_blocking_client_has_the_same_verbs(served):
    def work() -> tuple[list[str], list[str]]:
        with SyncClient(served.url, served.key) as wasl:
            first = wasl.send(to=ANN, content=HELLO)
            many = wasl.send_many([{"to": ANN, "content": HELLO}] * 2)
            wasl.put_recipient(Recipient(id="u_1", email="ann@example.com"))
            wasl.cancel(first.id)
            assert wasl.get(first.id).state is State.CANCELLED
            assert wasl.wait(first.id).id == first.id
            return [first.id, *(sent.id for sent in many)], [found.id for found in wasl.list()]

    sent, listed = await asyncio.to_thread(work)

    assert set(sent) == set(listed)


async def test_the_blocking_client_refuses_to_block_a_running_loop(served):
    wasl = SyncClient(served.url, served.key)

    with pytest.raises(Unusable, match="running event loop") as caught:
        wasl.get("msg_1")
    await asyncio.to_thread(wasl.close)
    await asyncio.to_thread(wasl.close)

    assert "wasl.client.Client" in caught.value.suggested_action
