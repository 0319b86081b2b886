"""/v1/webhooks over HTTP."""

import pytest

URL = "https://shop.acme.example/hook?key=s3cret"


async def added(serving, **fields):
    answer = await serving.post({"url": URL, **fields}, "/v1/webhooks", key="hooks")
    assert answer.status == 201
    return answer.json


async def test_a_webhook_is_made_with_a_secret_that_is_never_shown_again(serving):
    made = await serving.post({"url": URL, "types": ["message.failed"], "topics": ["orders"]}, "/v1/webhooks", key="hooks")
    shown = await serving.get(made.headers["Location"], key="hooks")
    listed = await serving.get("/v1/webhooks", key="hooks")

    assert made.status == 201
    assert made.json["secret"].startswith("whsec_")
    assert {**made.json, "secret": None} == shown.json
    assert listed.json == {"data": [shown.json]}
    assert (shown.json["url"], shown.json["types"], shown.json["topics"], shown.json["enabled"]) == (
        URL,
        ["message.failed"],
        ["orders"],
        True,
    )


async def test_it_is_changed_disabled_enabled_and_removed(serving):
    path = f"/v1/webhooks/{(await added(serving, types=['message.sent']))['id']}"

    changed = await serving.answer("PATCH", path, {"topics": ["orders"]}, key="hooks")
    disabled = await serving.answer("PATCH", path, {"enabled": False}, key="hooks")
    enabled = await serving.answer("PATCH", path, {"enabled": True, "types": []}, key="hooks")
    removed = await serving.answer("DELETE", path, key="hooks")

    assert (changed.json["types"], changed.json["topics"], changed.json["url"]) == (["message.sent"], ["orders"], URL)
    assert (disabled.json["enabled"], disabled.json["disabled_reason"], disabled.json["disabled_at"] is not None) == (False, "asked", True)
    assert (enabled.json["enabled"], enabled.json["disabled_reason"], enabled.json["types"]) == (True, None, [])
    assert (removed.status, removed.json) == (200, {"data": []})
    assert (await serving.get(path, key="hooks")).problem == (404, "not_found")


async def test_a_secret_is_rotated_and_tries_are_shown(serving):
    made = await added(serving)

    rotated = await serving.post(None, f"/v1/webhooks/{made['id']}:rotate", key="hooks")
    tries = await serving.get(f"/v1/webhooks/{made['id']}/tries", key="hooks")

    assert rotated.json["secret"].startswith("whsec_")
    assert rotated.json["secret"] != made["secret"]
    assert tries.json == {"data": [], "waiting": 0}


async def test_a_replay_is_taken_and_one_of_nothing_is_refused(serving):
    path = f"/v1/webhooks/{(await added(serving))['id']}:replay"

    since = await serving.post({"since": "2026-01-01T00:00:00Z"}, path, key="hooks")
    nothing = await serving.post({}, path, key="hooks")
    both = await serving.post({"since": "2026-01-01T00:00:00Z", "event": "evt_1-0-1-0"}, path, key="hooks")
    absent = await serving.post({"event": "evt_1-0-1-0"}, path, key="hooks")

    assert since.status == 202
    assert {nothing.problem, both.problem} == {(422, "missing_field")}
    assert absent.problem == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/url", "missing_field"),
        ({"url": "https://127.0.0.1/hook"}, "/url", "blocked_address"),
        ({"url": "https://①②⑦.⓪.⓪.①/hook"}, "/url", "blocked_address"),
        ({"url": "http://acme.example/hook"}, "/url", "bad_url"),
        ({"url": "https://ann:s3cret@acme.example/"}, "/url", "bad_url"),
        ({"url": "https://acme.example/\r\nx"}, "/url", "header_injection"),
        ({"url": "https://acme.example/" + "a" * 3000}, "/url", "too_long"),
        ({"url": URL, "types": ["message.send"]}, "/types/0", "bad_value"),
        ({"url": URL, "topics": [""]}, "/topics/0", None),
        ({"url": URL, "secret": "whsec_mine"}, "/secret", "unknown_field"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_kept(serving, body, pointer, code):
    answer = await serving.post(body, "/v1/webhooks", key="hooks")

    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"] == pointer
    assert code in (None, answer.json["errors"][0]["code"])
    assert b"s3cret" not in answer.body
    assert (await serving.get("/v1/webhooks", key="hooks")).json == {"data": []}


async def test_a_bad_url_is_refused_in_a_change_too(serving):
    made = await added(serving)

    answer = await serving.answer("PATCH", f"/v1/webhooks/{made['id']}", {"url": "https://localhost/"}, key="hooks")

    assert answer.problem == (422, "blocked_address")
    assert (await serving.get(f"/v1/webhooks/{made['id']}", key="hooks")).json["url"] == URL


async def test_a_key_without_the_scope_sees_and_does_nothing(serving):
    made = await added(serving)
    path = f"/v1/webhooks/{made['id']}"

    answers = [
        await serving.answer(method, where, {} if method in ("POST", "PATCH") else None, key="both")
        for method, where in (
            ("GET", "/v1/webhooks"), ("POST", "/v1/webhooks"), ("GET", path), ("PATCH", path), ("DELETE", path), ("POST", f"{path}:rotate"),
            ("POST", f"{path}:replay"), ("POST", f"{path}:test"), ("GET", f"{path}/tries"),
        )
    ]  # fmt: skip

    assert {answer.problem for answer in answers} == {(403, "scope_required")}


async def test_an_id_that_is_none_is_not_found(serving):
    for method, path in (
        ("GET", "/v1/webhooks/wh_0"), ("DELETE", "/v1/webhooks/wh_0"), ("POST", "/v1/webhooks/wh_0:rotate"),
        ("POST", "/v1/webhooks/wh_0:test"), ("GET", "/v1/webhooks/wh_0/tries"), ("GET", "/v1/webhooks/%00"),
        ("GET", "/v1/webhooks/%F0%9F%92%A5"),
    ):  # fmt: skip
        assert (await serving.answer(method, path, key="hooks")).problem == (404, "not_found")
