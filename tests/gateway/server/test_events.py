"""GET /v1/events: server-sent events, as clients of any kind read them."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from tests.gateway.server.conftest import Serving
from wasl.ledger.feed import Told, tell
from wasl.server import events as served


class Stream:
    """Reads a stream the way browsers do: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.last_id = ""

    async def block(self) -> dict[str, str]:
        """The fields up to the next empty line; a comment has no name."""
        fields: dict[str, str] = {}
        while (line := (await asyncio.wait_for(self.response.content.readline(), 5)).decode()) != "\n":
            assert line, "the stream has ended"
            name, _, value = line.rstrip("\n").partition(": ")
            fields[name] = value
        self.last_id = fields.get("id", self.last_id)
        return fields

    async def event(self) -> dict[str, Any]:
        while "data" not in (fields := await self.block()):
            pass
        told = json.loads(fields["data"])
        assert (told["id"], told["type"]) == (fields["id"], fields["event"])
        return told

    async def ended(self) -> bool:
        return not await asyncio.wait_for(self.response.content.read(), 5)


@asynccontextmanager
async def following(serving: Serving, path: str = "/v1/events", *, headers: dict[str, str] | None = None) -> AsyncIterator[Stream]:
    async with serving.ask("GET", path, key="read", headers=headers) as response:
        assert response.status == 200, await response.text()
        stream = Stream(response)
        assert (await stream.block())["retry"] == "2000"
        yield stream


async def cancelled(serving: Serving, hello: dict[str, Any], **fields: Any) -> str:
    """A message that was cancelled: one event."""
    accepted = (await serving.post({**hello, "send_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(), **fields})).json
    await serving.gateway.of("default").cancel(accepted["id"])
    return str(accepted["id"])


async def told(serving: Serving, *what: Told) -> None:
    async def work(tx: Any) -> None:
        tell(tx, what)

    await serving.gateway._open.ledger._store.writer.run(work)


async def test_an_event_comes_as_it_happens(serving, hello):
    async with following(serving) as stream:
        message = await cancelled(serving, hello)

        event = await stream.event()

    assert event == {
        "id": stream.last_id, "type": "message.cancelled", "at": event["at"], "message": message, "delivery": 1, "recipient": "u_42",
        "topic": "default", "reason": "cancelled",
    }  # fmt: skip
    head = stream.response.headers
    assert (head["Content-Type"], head["Cache-Control"]) == ("text/event-stream", "no-cache, no-transform")
    assert head["X-Request-Id"].startswith("req_")


@pytest.mark.parametrize("how", ["header", "query", "both"])
async def test_who_comes_back_gets_what_was_missed_each_once(serving, hello, how):
    first, *others = [await cancelled(serving, hello) for _ in range(4)]
    async with following(serving, "/v1/events?after=start") as stream:
        assert (await stream.event())["message"] == first
    path = {"query": f"/v1/events?after={stream.last_id}", "both": "/v1/events?after=start"}.get(how, "/v1/events")

    async with following(serving, path, headers={"Last-Event-ID": stream.last_id} if how != "query" else None) as again:
        others.append(await cancelled(serving, hello))

        assert [(await again.event())["message"] for _ in range(4)] == others


async def test_only_what_is_asked_for_comes(serving, hello):
    other = {"to": {**hello["to"], "id": "u_7"}}
    async with (
        following(serving, "/v1/events?type=message.sent,message.cancelled") as both,
        following(serving, "/v1/events?type=message.sent") as sent,
        following(serving, "/v1/events?recipient=u_7") as sevens,
    ):
        messages = [await cancelled(serving, hello), await cancelled(serving, hello, **other)]
        async with following(serving, f"/v1/events?after=start&message={messages[1]}") as one:
            found = [(await both.event())["message"], (await both.event())["message"]]

            assert found == messages
            assert (await sevens.event())["message"] == (await one.event())["message"] == messages[1]
            serving.gateway.end_listening()
            assert await sent.ended()


async def test_a_sign_of_life_tells_the_place_of_what_was_not_wanted(serving, hello, monkeypatch):
    monkeypatch.setattr(served, "HEARTBEAT", served.HEARTBEAT / 150)
    async with following(serving, "/v1/events?type=message.sent") as stream:
        began = stream.last_id
        await cancelled(serving, hello)
        while (fields := await stream.block())["id"] == began:
            assert fields[""] == "here" or ": here" in fields

    async with following(serving, headers={"Last-Event-ID": stream.last_id}) as again:
        message = await cancelled(serving, hello)
        assert (await again.event())["message"] == message


async def test_an_event_that_is_not_kept_any_more_is_gone(serving):
    answer = await serving.get("/v1/events?after=1-0-7-0")

    assert answer.problem == (410, "gone")
    assert not answer.json["retryable"]


@pytest.mark.parametrize(
    ("path", "code", "pointer"),
    [
        ("/v1/events?after=yesterday", "bad_cursor", "/after"),
        ("/v1/events?after=%D9%A1-0-0-0", "bad_cursor", "/after"),
        (f"/v1/events?after={'9' * 500}", "bad_cursor", "/after"),
        ("/v1/events?type=message.snet", "bad_value", "/type"),
        ("/v1/events?type=", "bad_value", "/type"),
        ("/v1/events?type=message.sent,", "bad_value", "/type"),
        ("/v1/events?types=message.sent", "unknown_filter", "/types"),
        ("/v1/events?message=%00", "nul_character", "/message"),
        ("/v1/events?recipient=a&recipient=b", "duplicate_key", "/recipient"),
    ],
)
async def test_what_cannot_be_asked_for_is_refused_by_name(serving, path, code, pointer):
    answer = await serving.get(path)

    assert answer.problem == (422, code)
    assert [found["pointer"] for found in answer.json["errors"]] == [pointer]
    assert 'did you mean "message.sent"?' in answer.json["detail"] or "snet" not in path


async def test_it_needs_the_scope_read(serving):
    assert (await serving.get("/v1/events", key="send")).problem == (403, "scope_required")
    assert (await serving.get("/v1/events", key=None)).problem == (401, "unauthenticated")


async def test_a_key_that_is_revoked_is_told_nothing_more(serving, hello, monkeypatch):
    monkeypatch.setattr("wasl.admitting._KEY_CACHE", served.HEARTBEAT * 0)
    async with following(serving) as stream:
        key = await serving.gateway.authenticate(serving.keys["read"].encode())
        await serving.gateway.revoke_api_key(key.id)
        await asyncio.sleep(0.01)
        await cancelled(serving, hello)

        assert await stream.ended()


async def test_another_brand_is_told_nothing(serving, hello):
    async with following(serving) as stream:
        await told(serving, Told("other", "message.sent", 1, "msg_1", 1))
        message = await cancelled(serving, hello)

        assert (await stream.event())["message"] == message


async def test_no_more_listen_than_are_served(serving, monkeypatch):
    monkeypatch.setattr(serving.gateway._open.listeners, "_most", 1)
    monkeypatch.setattr(served, "_LOOK", 0.01)
    async with following(serving):
        refused = await serving.get("/v1/events")

    assert refused.problem == (503, "too_many_listeners")
    async with asyncio.timeout(5):
        while (await serving.answer("HEAD", "/v1/events")).status == 503:
            pass


async def test_who_takes_nothing_is_cut_off_and_can_go_on_later(serving, monkeypatch):
    monkeypatch.setattr(served, "_STUCK", 0.1)
    total, long = 3_000, "x" * 3_000  # more than the buffers of two sockets hold
    await told(serving, *(Told("default", "message.sent", number + 1, f"msg_{number}_{long}", 1) for number in range(total)))
    reader, writer = await asyncio.open_connection("127.0.0.1", serving.port, limit=2**14)
    writer.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**14)
    writer.transport.pause_reading()
    writer.write(f"GET /v1/events?after=start HTTP/1.0\r\nHost: x\r\nAuthorization: Bearer {serving.keys['read']}\r\n\r\n".encode())
    listening = serving.gateway._open.listeners._open
    async with asyncio.timeout(10):
        while not listening["default"]:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
        while listening["default"]:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.01)

    writer.transport.resume_reading()
    came = b""
    with suppress(ConnectionResetError):
        while chunk := await reader.read(2**20):
            came += chunk
    writer.close()

    last = [json.loads(block.partition(b"data: ")[2]) for block in came.split(b"\n\n")[:-1] if b"data: " in block][-1]
    position = int(last["message"].split("_")[1])
    assert position < total - 1
    async with following(serving, headers={"Last-Event-ID": last["id"]}) as again:
        assert (await again.event())["message"] == f"msg_{position + 1}_{long}"


async def test_a_server_that_stops_ends_every_stream_at_once(serving, hello):
    async with following(serving) as stream:
        serving.gateway.closing = True
        serving.gateway.end_listening()

        assert await stream.ended()
    assert (await serving.get("/v1/events")).problem == (503, "shutting_down")


async def test_a_head_request_has_no_body(serving):
    answer = await serving.answer("HEAD", "/v1/events")

    assert (answer.status, answer.headers["Content-Type"], answer.body) == (200, "text/event-stream", b"")
