"""People over HTTP."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wasl.person_seen import PersonExport

ANN: dict[str, Any] = {"id": "u_42", "addresses": [{"channel": "log", "kind": "any", "value": "desk of Ann"}]}
PLACE = {"address": "desk of Ann", "channel": "log", "kind": "any"}


@pytest.fixture
async def known(serving):
    """Ann, with two messages of which one waits, and a key for everything."""
    serving.keys["people"] = await serving.gateway.create_api_key("people", ["people:export", "people:erase"])
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for fields in ({}, {"send_at": later}):
        answer = await serving.post({"to": ANN, "content": {"body": "secret words"}, **fields})
        assert answer.status == 202
    return serving


async def test_a_person_is_found_and_shown_masked(known):
    found = await known.post(PLACE, "/v1/recipients:find", key="read")
    nobody = await known.post({"id": "nobody"}, "/v1/recipients:find", key="read")
    shown = await known.get("/v1/recipients/u_42", key="read")

    assert [one["id"] for one in found.json["data"]] == ["u_42"]
    assert nobody.json == {"data": []}
    assert (shown.status, shown.json["messages"], shown.json["last_contact_at"]) == (200, 2, None)
    assert b"desk of Ann" not in found.body + shown.body


async def test_a_timeline_goes_on_by_its_cursor(known):
    first = await known.get("/v1/recipients/u_42/timeline?limit=1")
    second = await known.get(f"/v1/recipients/u_42/timeline?limit=1&cursor={first.json['next_cursor']}")

    assert [one["type"] for one in first.json["data"] + second.json["data"]] == ["accepted", "accepted"]
    assert first.headers["Link"].endswith('rel="next"')
    assert (first.json["has_more"], second.json["has_more"], second.json["next_cursor"]) == (True, False, None)


async def test_an_export_is_one_document_in_clear(known):
    answer = await known.get("/v1/recipients/u_42/export", key="people")

    copy = PersonExport.model_validate_json(answer.body)
    assert (answer.status, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (200, "application/json", "no-store")
    assert answer.headers["X-Request-Id"].startswith("req_")
    assert [address.value for address in copy.recipient.addresses] == ["desk of Ann"]
    assert [json.dumps(one.content).count("secret words") for one in copy.messages] == [1, 1]


async def test_an_export_of_many_pages_is_whole(known, monkeypatch):
    monkeypatch.setattr("wasl.ledger.dossiers._EXPORTED", 1)

    answer = await known.get("/v1/recipients/u_42/export", key="people")

    assert len(PersonExport.model_validate_json(answer.body).messages) == 2


async def test_an_erased_person_is_a_stub_and_stays_one(known):
    first = await known.post({"because": "request"}, "/v1/recipients/u_42:erase", key="people")
    second = await known.post({"because": "request"}, "/v1/recipients/u_42:erase", key="people")
    shown = await known.get("/v1/recipients/u_42")
    refused = await known.post({"to": {"id": "u_42"}, "content": {"body": "x"}})

    assert (first.status, first.json["messages"], first.json["cancelled"], first.json["under_way"]) == (200, 2, 2, 0)
    assert (second.status, second.json["messages"]) == (200, 0)
    assert (shown.json["id"], shown.json["erased_because"], shown.json["addresses"]) == (first.json["recipient"], "request", [])
    assert refused.problem == (422, "unknown_recipient")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/recipients/nobody", None),
        ("GET", "/v1/recipients/nobody/timeline", None),
        ("GET", "/v1/recipients/nobody/export", None),
        ("POST", "/v1/recipients/nobody:erase", {"because": "request"}),
    ],
)
async def test_nobody_is_not_found(known, method, path, body):
    key = "people" if "export" in path or "erase" in path else "read"

    assert (await known.answer(method, path, body, key=key)).problem == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "body", "scope"),
    [
        ("GET", "/v1/recipients/u_42", None, "read"),
        ("GET", "/v1/recipients/u_42/timeline", None, "read"),
        ("POST", "/v1/recipients:find", {"id": "u_42"}, "read"),
        ("GET", "/v1/recipients/u_42/export", None, "people:export"),
        ("POST", "/v1/recipients/u_42:erase", {"because": "request"}, "people:erase"),
    ],
)
async def test_each_needs_a_key_that_allows_it(known, method, path, body, scope):
    for name in ("send", "both") if scope.startswith("people") else ("send", "people"):
        assert (await known.answer(method, path, body, key=name)).problem == (403, "scope_required")
    assert (await known.answer(method, path, body, key=None)).status == 401


@pytest.mark.parametrize(
    ("path", "body", "pointer", "code"),
    [
        ("/v1/recipients:find", {}, "", "one_of"),
        ("/v1/recipients:find", {"id": "a", "email": "a@example.com"}, "", "one_of"),
        ("/v1/recipients:find", {"address": "desk", "kind": "any"}, "", "one_of"),
        ("/v1/recipients:find", {"email": "no address"}, "/email", "invalid_address"),
        ("/v1/recipients:find", {**PLACE, "kind": "fax"}, "/kind", "unknown_kind"),
        ("/v1/recipients/u_42:erase", {"because": "I like to"}, "/because", "bad_value"),
        ("/v1/recipients/u_42:erase", {}, "/because", "missing_field"),
        ("/v1/recipients/u_42/timeline?limit=0", None, "/limit", "out_of_range"),
        ("/v1/recipients/u_42/timeline?since=x", None, "/since", "unknown_filter"),
        ("/v1/recipients/u_42/timeline?limit=1&limit=2", None, "/limit", "duplicate_key"),
        ("/v1/recipients/u_42/timeline?cursor=x", None, "/cursor", "bad_cursor"),
    ],
)
async def test_what_is_wrong_is_named(known, path, body, pointer, code):
    key = "people" if "erase" in path else "read"
    answer = await known.answer("POST" if body is not None else "GET", path, body, key=key)

    assert answer.problem[0] == 422
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [(pointer, code)]
