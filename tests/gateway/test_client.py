import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from wasl.api import Gateway
from wasl.client import Client, SyncClient
from wasl.clock import micros
from wasl.errors import Conflict, IdempotencyMismatch, NotFound, Refused, Unauthenticated, Unusable, WaslError
from wasl.ledger.settle import Settlement
from wasl.registry import read
from wasl.server.app import listening
from wasl_contracts import Content, Message, Reason, Recipient, State
from wasl_contracts.enclosure import Enclosure

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


async def test_a_newer_message_and_a_fact_go_over_the_wire(served):
    async with served.client() as wasl:
        older = await wasl.send(to=ANN, content=HELLO, about="order-1042")
        newer = await wasl.send(to=ANN, content=HELLO, about="order-1042", supersedes=True, fact="1042 left")

        replaced, current = await wasl.get(older.id), await wasl.get(newer.id)

        assert (replaced.state, replaced.superseded_by) == (State.SUPERSEDED, newer.id)
        assert (current.superseded_by, current.fact) == (None, "1042 left")
        with pytest.raises(Conflict) as refused:
            await wasl.retry(older.id)
        assert refused.value.code == "superseded"


async def test_a_message_is_sent_looked_at_listed_and_cancelled(served):
    async with served.client() as wasl:
        sent = await wasl.send(to=ANN, content=HELLO, topic="default", metadata={"ref": "1042"})
        seen = await wasl.get(sent.id)
        listed = [found.id async for found in wasl.list(recipient="u_42", state=State.ACCEPTED)]
        cancelled = await wasl.cancel(sent.id)

        assert seen.metadata == {"ref": "1042"}
        assert listed == [sent.id]
        assert cancelled.state is State.CANCELLED
        assert (await wasl.cancel(sent.id)) == cancelled


async def test_what_failed_is_counted_and_sent_again(served):
    async with served.client() as wasl:
        sent = await wasl.send(to=ANN, content=HELLO)
        await _fails(served)

        counted = await wasl.retry_all(state=State.FAILED, dry_run=True)
        again = await wasl.retry(sent.id)
        rest = await wasl.retry_all(state=State.FAILED, reason=Reason.UNROUTABLE)
        with pytest.raises(Conflict) as conflict:
            await wasl.retry((await wasl.send(to=ANN, content=HELLO)).id)

    assert (counted.retried, counted.by_reason, again.state, rest.retried) == (1, {"unroutable": 1}, State.SCHEDULED, 0)
    assert conflict.value.code == "under_way"


async def test_what_failed_goes_again_as_a_new_message(served):
    async with served.client() as wasl:
        sent = await wasl.send(to=ANN, content=HELLO)
        await _fails(served)

        again = await wasl.resend(sent.id, idempotency_key="ticket-4711")
        twice = await asyncio.to_thread(_resent, served, sent.id)
        with pytest.raises(Conflict) as conflict:
            await wasl.resend(again.id, anyway=True)

    assert again.id == twice.id != sent.id
    assert conflict.value.code == "under_way"


def _resent(served, message_id):
    with SyncClient(served.url, served.key) as wasl:
        return wasl.resend(message_id, idempotency_key="ticket-4711")


async def _fails(served):
    ledger = served.gateway._open.ledger
    (claimed,) = await ledger.claim({"log": 10})
    await ledger.settle(Settlement(claimed, State.FAILED, micros(ledger.clock.now()), Reason.UNROUTABLE))


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


async def test_a_file_is_stored_and_sent_along(served: Served) -> None:
    async with served.client() as wasl:
        file = await wasl.put_file(b"a,b\n1,2\n", "text/csv")
        sent = await wasl.send(
            to=ANN, content=HELLO, attachments=[{"file": file.id, "name": "list.csv"}], attachments_optional=True, idempotency_key="files"
        )
        with pytest.raises(Refused) as refused:
            await wasl.put_file(b"#!/bin/sh\n", "text/plain")

    assert (file.size, file.media_type) == (8, "text/plain")
    assert sent.id.startswith("msg_")
    assert refused.value.code == "attachment_rejected"


async def test_a_file_in_the_message_travels_as_base64(served: Served) -> None:
    def together() -> tuple[str, int]:
        with SyncClient(served.url, served.key) as wasl:
            given = Enclosure(name="list.csv", content=b"a,b\n1,2\n")
            return wasl.send(to=ANN, content=HELLO, attachments=[given], attachments_optional=True).id, wasl.put_file(b"x").size

    message_id, size = await asyncio.to_thread(together)

    assert message_id.startswith("msg_")
    assert size == 1
