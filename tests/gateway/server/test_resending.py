"""POST /v1/messages/{id}:resend."""

from tests.gateway.server.conftest import HELLO, Serving
from tests.gateway.server.test_retrying import failed


async def test_a_dead_letter_goes_as_a_new_message_once_per_key(serving: Serving) -> None:
    dead = await failed(serving, metadata={"order": "1042"})
    key = {"Idempotency-Key": "ticket-4711"}

    first = await serving.post({}, f"/v1/messages/{dead}:resend", headers=key)
    second = await serving.post({}, f"/v1/messages/{dead}:resend", headers=key)
    seen = await serving.get(f"/v1/messages/{first.json['id']}")

    assert (first.status, first.headers["Location"], first.json["state"]) == (202, f"/v1/messages/{first.json['id']}", "accepted")
    assert (second.json["id"], second.headers["Idempotency-Replayed"]) == (first.json["id"], "true")
    assert seen.json["metadata"] == {"order": "1042"}
    assert first.json["id"] != dead


async def test_a_dry_run_tells_what_would_be_and_sends_nothing(serving: Serving) -> None:
    dead = await failed(serving)

    told = await serving.post({"dry_run": True}, f"/v1/messages/{dead}:resend")
    listed = await serving.get("/v1/messages")

    assert (told.status, told.json["refused"], told.json["ways"]) == (200, None, ["log"])
    assert told.json["explanation"]["verdict"] == "send"
    assert len(listed.json["data"]) == 1


async def test_a_refusal_says_why_and_what_to_do(serving: Serving) -> None:
    dead = await failed(serving)
    waiting = (await serving.post(HELLO)).json["id"]

    under_way = await serving.post({}, f"/v1/messages/{waiting}:resend")
    nowhere = await serving.post({"channel": "pigeon"}, f"/v1/messages/{dead}:resend")
    missing = await serving.post({}, "/v1/messages/msg_none:resend")
    misspelt = await serving.post({"chanel": "sms"}, f"/v1/messages/{dead}:resend")

    assert under_way.problem == (409, "under_way")
    assert under_way.json["suggested_action"]
    assert nowhere.problem == (422, "unknown_channel")
    assert missing.problem == (404, "not_found")
    assert misspelt.problem == (422, "unknown_field")
