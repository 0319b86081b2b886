import asyncio
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest

from wasl.errors import IdempotencyInProgress, LedgerUnavailable, StorageLow


async def test_an_accepted_message_is_202_with_its_place(serving, hello):
    accepted = await serving.post(hello)
    shown = await serving.get(accepted.headers["Location"])

    assert accepted.status == 202
    assert accepted.headers["Location"] == f"/v1/messages/{accepted.json['id']}"
    assert shown.status == 200
    assert shown.json["state"] == accepted.json["state"] == "accepted"


async def test_a_repeated_key_gets_the_first_answer_and_makes_one_message(serving, hello):
    first = await serving.post(hello, headers={"Idempotency-Key": "order-1042/shipped"})
    second = await serving.post(hello, headers={"Idempotency-Key": "order-1042/shipped"})
    listed = await serving.get("/v1/messages")

    assert (first.status, second.status) == (202, 202)
    assert first.body == second.body
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(listed.json["data"]) == 1


async def test_a_key_says_until_when_it_is_known(serving, hello):
    accepted = await serving.post(hello, headers={"Idempotency-Key": "k"})
    without = await serving.post(hello)

    created = datetime.fromisoformat(accepted.json["created_at"]).replace(microsecond=0)
    assert datetime.fromisoformat(accepted.headers["Idempotency-Expires"]) - created == timedelta(hours=72)
    assert "Idempotency-Expires" not in without.headers


async def test_a_key_used_for_another_body_is_422(serving, hello):
    await serving.post(hello, headers={"Idempotency-Key": "k"})
    other = await serving.post({**hello, "content": {"body": "Other"}}, headers={"Idempotency-Key": "k"})

    assert other.problem == (422, "idempotency_mismatch")


async def test_a_refused_message_does_not_use_its_key_up(serving, hello):
    refused = await serving.post({**hello, "mode": "some"}, headers={"Idempotency-Key": "k"})
    accepted = await serving.post(hello, headers={"Idempotency-Key": "k"})

    assert (refused.status, accepted.status) == (422, 202)
    assert "Idempotency-Replayed" not in accepted.headers


async def test_a_newer_message_replaces_the_older_one(serving, hello):
    older = await serving.post({**hello, "about": "order-1042"})
    newer = await serving.post({**hello, "about": "order-1042", "supersedes": True, "fact": "1042 left"})

    replaced = (await serving.get(older.headers["Location"])).json
    current = (await serving.get(newer.headers["Location"])).json
    retried = await serving.post({}, path=f"{older.headers['Location']}:retry")

    assert (replaced["state"], replaced["reason"]["code"], replaced["superseded_by"]) == ("superseded", "superseded", newer.json["id"])
    assert (current["state"], current["about"], current["fact"]) == ("accepted", "order-1042", "1042 left")
    assert retried.problem == (409, "superseded")


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"supersedes": True}, "", "supersedes_without_about"),
        ({"supersedes": "yes", "about": "x"}, "/supersedes", "wrong_type"),
        ({"supersedes": 1, "about": "x"}, "/supersedes", "wrong_type"),
        ({"attachments_optional": "yes"}, "/attachments_optional", "wrong_type"),
        ({"content": {"body": " "}}, "/content/body", "blank"),
        ({"content": {"title": "Hi", "body": "\u2068\n\u200b"}}, "/content/body", "blank"),
        ({"fact": ""}, "/fact", "too_short"),
        ({"fact": 7}, "/fact", "wrong_type"),
    ],
)
async def test_what_it_replaces_and_tells_is_checked(serving, hello, fields, pointer, code):
    refused = await serving.post({**hello, **fields})

    assert refused.status == 422
    assert [(one["pointer"], one["code"]) for one in refused.json["errors"]] == [(pointer, code)]


async def test_fifty_twins_at_once_make_one_message(serving, hello):
    answers = await asyncio.gather(*(serving.post(hello, headers={"Idempotency-Key": "k"}) for _ in range(50)))

    assert {answer.status for answer in answers} == {202}
    assert len({answer.json["id"] for answer in answers}) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "طلب", "a b", "a\tb"])
async def test_a_bad_idempotency_key_is_400(serving, hello, key):
    answer = await serving.post(hello, headers={"Idempotency-Key": key})

    assert answer.problem == (400, "bad_idempotency_key")


@pytest.mark.parametrize(
    ("error", "expected", "retry_after"),
    [
        (IdempotencyInProgress("It is still being stored."), (409, "idempotency_in_progress"), "1"),
        (LedgerUnavailable("The ledger is away."), (503, "unavailable"), "5"),
        (StorageLow("The disk is nearly full."), (507, "storage_low"), "5"),
    ],
)
async def test_what_may_be_tried_again_says_when(serving, hello, error, expected, retry_after):
    serving.gateway.fails = error

    answer = await serving.post(hello)

    assert answer.problem == expected
    assert answer.headers["Retry-After"] == retry_after
    assert answer.json["retryable"] is True
    assert answer.json["suggested_action"]


async def test_a_closing_gateway_takes_nothing_new(serving, hello):
    serving.gateway.closing = True

    single = await serving.post(hello)
    batch = await serving.post(b"{}", "/v1/messages:batch", headers={"Content-Type": "application/x-ndjson"})
    recipient = await serving.answer("PUT", "/v1/recipients/u_1", {})

    assert {answer.problem for answer in (single, batch, recipient)} == {(503, "shutting_down")}
    assert single.headers["Retry-After"] == "5"


async def test_a_fault_of_ours_is_500_with_an_id_and_nothing_else(serving, hello):
    serving.gateway.fails = RuntimeError("ann@example.com")

    answer = await serving.post(hello, headers={"X-Request-Id": "my-id"})

    assert answer.problem == (500, "internal_fault")
    assert answer.json["request_id"] == "my-id"
    assert b"ann" not in answer.body


async def test_every_mistake_in_the_body_is_named(serving, hello):
    answer = await serving.post({**hello, "tpoic": "orders", "to": {"id": "u", "emial": "ann@example.com"}})

    assert answer.problem == (422, "unknown_field")
    assert answer.json["errors"] == [
        {"pointer": "/to/emial", "code": "unknown_field", "message": 'is not a known field; did you mean "email"?'},
        {"pointer": "/tpoic", "code": "unknown_field", "message": 'is not a known field; did you mean "topic"?'},
    ]
    assert b"ann@example.com" not in answer.body


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", (400, "invalid_json")),
        (b"", (400, "invalid_json")),
        (b'{"to": {}, "to": {}}', (400, "duplicate_key")),
        (b'{"to": {"id": "\\ud800"}}', (422, "invalid_unicode")),
        (b'{"to": {"id": "\\u0000"}}', (422, "nul_character")),
        (b'{"to": {"id": "u"}, "data": {"n": NaN}}', (422, "not_finite")),
        (b'{"to": {"id": "u"}, "data": {"n": 9007199254740993}}', (422, "out_of_range")),
        (b"[" * 100_000, (400, "invalid_json")),
        (b"[]", (422, "wrong_type")),
        (b'"text"', (422, "wrong_type")),
        (b'{"to": {"id": "u"}, "content": {"body": "x", "title": "a\\r\\nBcc: b"}}', (422, "header_injection")),
        (b'{"to": {"email": "a@b.example, evil@x.example"}, "content": {"body": "x"}}', (422, "one_address_expected")),
        (b'{"to": {"phone": "12"}, "content": {"body": "x"}}', (422, "bad_recipient")),
    ],
)
async def test_bad_json_and_bad_values_are_refused_and_nothing_is_kept(serving, body, expected):
    answer = await serving.post(body)
    listed = await serving.get("/v1/messages")

    assert answer.problem == expected
    assert listed.json["data"] == []


async def test_a_large_body_is_read_off_the_loop_and_accepted(serving, hello):
    answer = await serving.post({**hello, "metadata": {"text": "x" * 270_000}})

    assert answer.status == 202


async def test_arabic_text_goes_in_as_bytes_or_escapes(serving, hello):
    plain = await serving.post(
        '{"to": {"id": "u", "addresses": [{"channel": "log", "kind": "any", "value": "x"}]}, "content": {"body": "مرحبا"}}'.encode()
    )
    escaped = await serving.post({**hello, "content": {"title": "وصل", "body": "مرحبا \u200f👋"}})

    assert (plain.status, escaped.status) == (202, 202)


async def test_sql_in_a_value_is_data(serving, hello):
    evil = "'; DROP TABLE messages; --"
    hello["to"]["id"] = evil

    accepted = await serving.post(hello)
    listed = await serving.get(f"/v1/messages?{urlencode({'recipient': evil})}")

    assert accepted.json["to"]["id"] == evil
    assert [found["id"] for found in listed.json["data"]] == [accepted.json["id"]]


async def test_events_are_the_timeline(serving, hello):
    accepted = await serving.post(hello)

    answer = await serving.get(f"/v1/messages/{accepted.json['id']}/events")

    assert answer.status == 200
    assert answer.json["data"][0]["type"] == "accepted"


@pytest.mark.parametrize("message_id", ["msg_0", "x", "%00", "%ff", "..%2F..", "msg_" + "0" * 500, "%F0%9F%91%8B"])
@pytest.mark.parametrize("path", ["/v1/messages/{}", "/v1/messages/{}/events"])
async def test_an_unknown_message_is_404(serving, path, message_id):
    answer = await serving.get(path.format(message_id))

    assert answer.problem == (404, "not_found")


async def test_a_waiting_message_is_cancelled_and_again_is_as_good_as_once(serving, hello):
    accepted = await serving.post(hello)
    path = f"/v1/messages/{accepted.json['id']}:cancel"

    first = await serving.post(None, path)
    second = await serving.post(None, path)
    unknown = await serving.post(None, "/v1/messages/msg_0:cancel")

    assert (first.status, first.json["state"]) == (200, "cancelled")
    assert (second.status, second.json) == (200, first.json)
    assert unknown.problem == (404, "not_found")


async def test_pages_lead_to_one_another(serving, hello):
    for _ in range(5):
        await serving.post(hello)

    first = await serving.get("/v1/messages?limit=2&recipient=u_42")
    link = first.headers["Link"]
    second = await serving.get(link.partition(">")[0].removeprefix("<"))
    last = await serving.get(f"/v1/messages?limit=2&recipient=u_42&cursor={second.json['next_cursor']}")

    ids = [found["id"] for page in (first, second, last) for found in page.json["data"]]
    assert link.endswith('>; rel="next"')
    assert [page.json["has_more"] for page in (first, second, last)] == [True, True, False]
    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) == 5
    assert "Link" not in last.headers


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("limit=0", "out_of_range", "/limit"),
        ("limit=201", "out_of_range", "/limit"),
        ("limit=%D9%A1", "out_of_range", "/limit"),
        ("limit=1e1", "out_of_range", "/limit"),
        ("limit=", "out_of_range", "/limit"),
        ("state=gone", "bad_value", "/state"),
        ("since=yesterday", "bad_time", "/since"),
        ("since=2026-01-31T09:00:00", "bad_time", "/since"),
        ("recipeint=u_1", "unknown_filter", "/recipeint"),
        ("order+by=1%3BDROP", "unknown_filter", "/order by"),
        ("topic=a&topic=b", "duplicate_key", "/topic"),
        ("recipient=%00", "nul_character", "/recipient"),
        ("cursor=nonsense", "bad_cursor", ""),
    ],
)
async def test_a_bad_query_is_422_and_names_the_parameter(serving, query, code, pointer):
    answer = await serving.get(f"/v1/messages?{query}")

    assert answer.problem == (422, code)
    assert answer.json["errors"][0]["pointer"] == pointer


async def test_a_misspelt_filter_gets_a_suggestion(serving):
    answer = await serving.get("/v1/messages?recipeint=u_1")

    assert answer.json["errors"][0]["message"].endswith('did you mean "recipient"?')


async def test_a_recipient_is_stored_masked_under_the_id_in_the_path(serving):
    answer = await serving.answer("PUT", "/v1/recipients/u%2F1", {"email": "ann@example.com", "locale": "ar"})
    same = await serving.answer("PUT", "/v1/recipients/u%2F1", {"id": "u/1"})
    other = await serving.answer("PUT", "/v1/recipients/u_1", {"id": "u_2"})

    assert (answer.status, answer.json["id"], answer.json["locale"]) == (200, "u/1", "ar")
    assert b"ann@" not in answer.body
    assert same.status == 200
    assert other.problem == (422, "id_mismatch")


@pytest.mark.parametrize("recipient_id", ["%00", "a%0Ab", "x" * 256, "%E2%80%AE"])
async def test_a_recipient_id_that_misleads_is_refused(serving, recipient_id):
    answer = await serving.answer("PUT", f"/v1/recipients/{recipient_id}", {"email": "ann@example.com"})

    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"] == "/id"
