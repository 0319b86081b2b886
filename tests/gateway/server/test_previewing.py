"""POST /v1/preview and /v1/messages/{id}:rerender, and the client's verbs for them."""

import asyncio
import json
from base64 import b64decode

import pytest

from wasl.client import Client, SyncClient
from wasl.errors import NotFound, Refused

ANN = {"id": "u_42", "addresses": [{"channel": "log", "kind": "any", "value": "desk"}]}
HELLO = {"body": "مرحبًا **Ann**"}


async def test_a_preview_tells_parts_bytes_and_size(serving):
    answer = await serving.answer("POST", "/v1/preview", {"content": HELLO, "locale": "ar"}, key="read")

    assert answer.status == 200, answer.json
    (channel,) = answer.json["channels"]
    wire = b64decode(channel["wire"])
    assert (channel["channel"], channel["size"], channel["content"]["text"], channel["invented"]) == ("log", len(wire), "مرحبًا Ann", True)
    assert json.loads(wire)["topic"] == "default"
    assert (answer.json["direction"], answer.json["verdict"]) == ("rtl", None)
    assert (await serving.get("/v1/messages", key="read")).json["data"] == []


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"content": HELLO, "locale": 1}, "/locale"),
        ({"content": HELLO, "idempotency_key": "k"}, "/idempotency_key"),
        ({"content": HELLO, "to": {"id": "nobody"}}, "/to"),
        ({"content": HELLO, "brand": "other"}, "/brand"),
    ],
)
async def test_a_preview_of_what_would_be_refused_is_refused(serving, asked, pointer):
    answer = await serving.answer("POST", "/v1/preview", asked, key="read")

    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, pointer)


async def test_both_take_a_key_that_may_read(serving):
    for path, body in (("/v1/preview", {"content": HELLO}), ("/v1/messages/msg_1:rerender", None)):
        assert (await serving.answer("POST", path, body, key=None)).status == 401
        assert (await serving.answer("POST", path, body, key="send")).status == 403


async def test_the_client_asks_in_the_same_words(serving):
    async with Client(serving.url, serving.keys["read"]) as wasl:
        found = await wasl.preview(content=HELLO, to=ANN)
        with pytest.raises(Refused, match="/topic"):
            await wasl.preview(content=HELLO, topic="gone")
        with pytest.raises(NotFound):
            await wasl.rerender("msg_none")

    assert (found.verdict, found.channels[0].invented) == ("send", False)
    assert json.loads(found.channels[0].wire or b"")["topic"] == "default"

    def ask():
        with SyncClient(serving.url, serving.keys["read"]) as wasl:
            return wasl.preview(content=HELLO)

    assert (await asyncio.to_thread(ask)).channels[0].wire is not None


async def test_of_a_message_that_waits_nothing_was_handed_over(serving):
    accepted = await serving.answer("POST", "/v1/messages", {"to": ANN, "content": HELLO}, key="send")

    answer = await serving.answer("POST", f"/v1/messages/{accepted.json['id']}:rerender", None, key="read")

    assert (answer.status, answer.json) == (200, {"id": accepted.json["id"], "equal": False, "attempts": []})
