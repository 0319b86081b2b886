"""POST /v1/explain, and the client's verb for it."""

import asyncio
from datetime import UTC, datetime

import pytest

from wasl.client import Client, SyncClient
from wasl.errors import Refused

ANN = {"id": "u_42", "addresses": [{"channel": "log", "kind": "any", "value": "desk"}]}
HELLO = {"body": "Hello"}


async def test_a_question_is_answered_with_each_way_and_why(serving):
    answer = await serving.answer("POST", "/v1/explain", {"to": ANN, "content": HELLO}, key="read")

    assert answer.status == 200
    assert (answer.json["verdict"], answer.json["channel"], answer.json["provider"]) == ("send", "log", "mail")
    assert set(answer.json["sentences"]) == {"en", "ar"}
    (delivery,) = answer.json["deliveries"]
    (candidate,) = delivery["decision"]["candidates"]
    assert [verdict["policy"] for verdict in candidate["verdicts"]][:3] == ["expiry", "superseded", "duplicate"]
    assert (await serving.get("/v1/messages", key="read")).json["data"] == []


async def test_another_moment_may_be_asked_about(serving):
    asked = {"to": ANN, "content": HELLO, "at": "2099-01-31T09:00:00+03:00"}

    answer = await serving.answer("POST", "/v1/explain", asked, key="read")

    assert answer.json["at"] == "2099-01-31T06:00:00Z"
    assert answer.json["assumptions"] == ["nothing_more_is_sent", "providers_as_now", "recipient_as_now"]


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"content": HELLO}, "/to"),
        ({"to": ANN, "content": HELLO, "at": "soon"}, "/at"),
        ({"to": ANN, "content": HELLO, "topic": "gone"}, "/topic"),
        ({"to": ANN, "content": HELLO, "idempotency_key": "k"}, "/idempotency_key"),
        ({"to": {"id": "nobody"}, "content": HELLO}, "/to"),
    ],
)
async def test_a_question_about_what_would_be_refused_is_refused(serving, asked, pointer):
    answer = await serving.answer("POST", "/v1/explain", asked, key="read")

    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"] == pointer


async def test_it_takes_a_key_that_may_read(serving):
    assert (await serving.answer("POST", "/v1/explain", {"to": ANN, "content": HELLO}, key=None)).status == 401


async def test_the_client_asks_in_the_same_words(serving):
    async with Client(serving.url, serving.keys["read"]) as wasl:
        found = await wasl.explain(to=ANN, content=HELLO, at=datetime(2099, 1, 31, 6, tzinfo=UTC))
        with pytest.raises(Refused, match="/topic"):
            await wasl.explain(to=ANN, content=HELLO, topic="gone")

    assert (found.verdict, found.channel) == ("send", "log")

    def ask():
        with SyncClient(serving.url, serving.keys["read"]) as wasl:
            return wasl.explain(to=ANN, content=HELLO)

    assert (await asyncio.to_thread(ask)).verdict == "send"
