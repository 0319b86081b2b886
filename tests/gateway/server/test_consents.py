"""/v1/recipients/{id}/consent and /v1/consent:confirm."""

from typing import Any

import pytest

from tests.gateway.server.conftest import HELLO, Serving

ADDRESS = {"channel": "log", "kind": "any", "value": "x"}
NO = {"topic": "orders", "channel": "log", "state": "withdrawn"}


@pytest.fixture
async def person(serving: Serving) -> str:
    """The path of the consent of a recipient that is known."""
    assert (await serving.answer("PUT", "/v1/recipients/u_42", {"addresses": [ADDRESS]})).status == 200
    return "/v1/recipients/u_42/consent"


def cell(seen: Any, topic: str = "orders") -> dict[str, Any]:
    return next(one for one in seen["effective"] if (one["topic"], one["channel"]) == (topic, "log"))


async def test_what_they_said_is_recorded_and_read_as_of_any_moment(serving: Serving, person: str) -> None:
    first = await serving.post({"changes": [{**NO, "ip": "2001:db8::7", "actor": "support", "source": "support"}]}, person)
    at = first.json["rows"][0]["at"]
    second = await serving.post({"changes": [{**NO, "state": "granted"}]}, person)
    then = await serving.get(f"{person}?at={at.replace('+', '%2B')}")

    assert (first.status, cell(first.json)["allowed"], cell(first.json)["reason"]) == (200, False, "opted_out")
    assert (cell(second.json)["state"], cell(second.json)["source"]) == ("granted", f"consent {second.json['rows'][1]['id']}")
    assert (cell(then.json), then.json["at"]) == (cell(first.json), at)
    assert [(row["actor"], row["ip"]) for row in second.json["rows"]] == [("support", "2001:db8:•••"), (_key(serving), None)]
    assert (await serving.get(person)).json["rows"] == second.json["rows"]


def _key(serving: Serving) -> str:
    return f"API key {serving.keys['both'].split('_')[2]}"


async def test_a_double_opt_in_is_asked_and_confirmed(serving: Serving, person: str) -> None:
    asked = await serving.post({"topic": "orders", "channel": "log", "wording": "Orders?", "locale": "en"}, f"{person}:ask")
    first, second = [await serving.post({"token": asked.json["token"], "ip": "203.0.113.7"}, "/v1/consent:confirm") for _ in range(2)]

    assert (asked.status, first.status, cell(first.json)["state"]) == (200, 200, "granted")
    assert [row["state"] for row in second.json["rows"]] == ["pending", "granted"]
    assert second.json["rows"][1]["confirms"] == second.json["rows"][0]["id"]


async def test_a_link_that_was_overtaken_by_a_no_is_a_conflict(serving: Serving, person: str) -> None:
    asked = await serving.post({"topic": "orders", "channel": "log"}, f"{person}:ask")
    await serving.post({"changes": [{"state": "withdrawn"}]}, person)

    assert (await serving.post(asked.json, "/v1/consent:confirm")).problem == (409, "withdrawn_since")


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "at"),
    [
        ("/v1/recipients/nobody/consent", {"changes": [NO]}, 422, "unknown_recipient", "/id"),
        ("/v1/recipients/nobody/consent:ask", {"topic": "orders", "channel": "log"}, 422, "unknown_recipient", "/id"),
        ("/v1/recipients/u_42/consent", {"changes": []}, 422, "too_few", "/changes"),
        ("/v1/recipients/u_42/consent", {"changes": [NO] * 101}, 422, "too_many", "/changes"),
        ("/v1/recipients/u_42/consent", {"changes": [{**NO, "state": "maybe"}]}, 422, "bad_value", "/changes/0/state"),
        ("/v1/recipients/u_42/consent", {"changes": [{**NO, "ip": "home"}]}, 422, "bad_ip", "/changes/0/ip"),
        ("/v1/recipients/u_42/consent", {"changes": [{**NO, "chanel": "sms"}]}, 422, "unknown_field", "/changes/0/chanel"),
        ("/v1/recipients/u_42/consent", {"changes": [{**NO, "wording": "x" * 10_001}]}, 422, "too_long", "/changes/0/wording"),
        ("/v1/recipients/u_42/consent:ask", {"topic": "orders"}, 422, "missing_field", "/channel"),
        ("/v1/consent:confirm", {"token": "abc"}, 422, "bad_token", "/token"),
        ("/v1/consent:confirm", {"token": ""}, 422, "too_short", "/token"),
        ("/v1/consent:confirm", {"token": "abc", "ip": "home"}, 422, "bad_ip", "/ip"),
    ],
)
async def test_what_is_wrong_is_named(serving: Serving, person: str, path: str, body: Any, status: int, code: str, at: str) -> None:
    answer = await serving.post(body, path)

    assert answer.problem == (status, code)
    assert answer.json["errors"][0]["pointer"] == at
    assert (await serving.get(person)).json["rows"] == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [("?at=yesterday", 422, "bad_time"), ("?at=2026-01-01T00:00:00", 422, "bad_time"), ("?until=x", 422, "unknown_filter")],
)
async def test_a_moment_must_be_one(serving: Serving, person: str, query: str, status: int, code: str) -> None:
    assert (await serving.get(person + query)).problem == (status, code)


async def test_nobody_knows_a_stranger(serving: Serving) -> None:
    assert (await serving.get("/v1/recipients/nobody/consent")).problem == (404, "not_found")


async def test_reading_and_writing_ask_for_their_scopes(serving: Serving, person: str) -> None:
    assert (await serving.get(person, key="send")).status == 403
    for path in (person, f"{person}:ask", "/v1/consent:confirm"):
        assert (await serving.post({}, path, key="read")).status == 403
        assert (await serving.post({}, path, key=None)).status == 401


async def test_nothing_is_written_while_the_server_ends(serving: Serving, person: str) -> None:
    serving.gateway.closing = True

    for path in (person, f"{person}:ask", "/v1/consent:confirm"):
        assert (await serving.post({}, path)).status == 503


async def test_a_recipient_of_a_message_can_say_no(serving: Serving) -> None:
    await serving.post(HELLO)

    assert (await serving.post({"changes": [NO]}, "/v1/recipients/u_42/consent")).status == 200
