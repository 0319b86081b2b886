"""/v1/suppressions: one address, the list, files."""

import asyncio
import gzip
from typing import Any

import pytest

from tests.gateway.server.conftest import HASTY, Answer, Serving
from wasl.errors import LedgerUnavailable

PATH = "/v1/suppressions"
ANN = {"address": "ann@example.com"}
CSV = {"Content-Type": "text/csv"}


async def imported(serving: Serving, body: bytes, query: str = "", **how: Any) -> Answer:
    return await serving.post(body, f"{PATH}:import{query}", **{"headers": CSV, **how})


async def test_an_address_is_suppressed_found_shown_listed_and_taken_off(serving: Serving) -> None:
    told = await serving.post({**ANN, "reason": "suppressed_complaint", "scope": "promotional", "note": "اتصلت"}, PATH)
    path = f"{PATH}/{told.json['id']}"
    shown, found, listed = await serving.get(path), await serving.post(ANN, f"{PATH}:find"), await serving.get(PATH)
    gone = await serving.answer("DELETE", path, {"reason": "She asked for it.", "listed_for": "suppressed_complaint"})
    again = await serving.answer("DELETE", path, {"reason": "She asked for it."})

    assert [answer.status for answer in (told, shown, found, listed, gone)] == [200] * 5
    assert told.json == shown.json == found.json
    assert listed.json == {"data": told.json["data"], "next_cursor": None, "has_more": False}
    (row,) = told.json["data"]
    assert (row["address"], row["reason"], row["scope"], row["brand"]) == (
        "a•••@e•••.com",
        "suppressed_complaint",
        "promotional",
        "default",
    )
    assert row["actor"].startswith("API key ")
    assert (gone.json["data"], [line["note"] for line in gone.json["history"]]) == ([], ["اتصلت", "She asked for it."])
    assert again.problem == (404, "not_found")


async def test_the_list_goes_on_at_its_cursor_and_is_narrowed(serving: Serving) -> None:
    for n in range(3):
        await serving.post({"address": f"p{n}@example.com"}, PATH)
    await serving.post({"address": "+966501234567"}, PATH)

    first = await serving.get(f"{PATH}?limit=3")
    second = await serving.get(f"{PATH}?limit=3&cursor={first.json['next_cursor']}")
    narrowed = [await serving.get(f"{PATH}?{query}") for query in ("channel=sms", "address=%2B966501234567", "reason=suppressed_bounce")]

    assert 'rel="next"' in first.headers["Link"]
    assert len({row["id"] for row in first.json["data"] + second.json["data"]}) == 4
    assert [len(answer.json["data"]) for answer in narrowed] == [1, 1, 0]


@pytest.mark.parametrize(
    ("method", "path", "body", "pointer", "code"),
    [
        ("POST", PATH, {}, "/address", "missing_field"),
        ("POST", PATH, {"address": "nobody"}, "/channel", "channel_missing"),
        ("POST", PATH, {**ANN, "all_brands": True}, "/all_brands", "unknown_field"),
        ("POST", PATH, {**ANN, "reason": "expired"}, "/reason", "bad_value"),
        ("POST", PATH, {**ANN, "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at", "out_of_range"),
        ("DELETE", f"{PATH}/sup_email_{'0' * 34}", {}, "/reason", "missing_field"),
        ("GET", f"{PATH}?chanel=email", None, "/chanel", "unknown_filter"),
        ("GET", f"{PATH}?limit=201", None, "/limit", "out_of_range"),
        ("GET", f"{PATH}?cursor=x", None, "/cursor", "bad_cursor"),
        ("GET", f"{PATH}?address=nobody", None, "/channel", "channel_missing"),
    ],
)
async def test_a_wrong_request_names_the_field(
    serving: Serving, method: str, path: str, body: dict[str, Any] | None, pointer: str, code: str
) -> None:
    answer = await serving.answer(method, path, body)

    assert answer.problem == (422, code)
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


@pytest.mark.parametrize("suppression", ["sup_email_x", "x", f"sup_email_{'0' * 34}", f"sup_EMAIL_{'0' * 34}", "%00"])
async def test_what_is_no_suppression_is_not_found(serving: Serving, suppression: str) -> None:
    assert (await serving.get(f"{PATH}/{suppression}")).problem == (404, "not_found")
    assert (await serving.answer("DELETE", f"{PATH}/{suppression}", {"reason": "x"})).problem == (404, "not_found")


async def test_a_key_cannot_change_the_list_of_all_brands(serving: Serving) -> None:
    story = await serving.gateway.suppress("ann@example.com", all_brands=True)

    answer = await serving.answer("DELETE", f"{PATH}/{story.id}", {"reason": "x"})

    assert answer.problem == (409, "all_brands")
    assert len((await serving.get(PATH)).json["data"]) == 1


async def test_a_file_is_imported_after_a_dry_run_that_told_the_same(serving: Serving) -> None:
    body = "\ufeffaddress;reason\r\nann@example.com;bounce\r\n+966501234567;\r\nnobody;\r\n".encode()

    foretold = await imported(serving, body, "?dry_run=true")
    empty = await serving.get(PATH)
    done = await imported(serving, gzip.compress(body), headers={**CSV, "Content-Encoding": "gzip"})

    assert (foretold.status, done.status, empty.json["data"]) == (200, 200, [])
    assert {**foretold.json, "dry_run": False} == done.json
    assert (done.json["lines"], done.json["new"], done.json["invalid"]) == (3, 2, 1)
    assert done.json["problems"][0]["line"] == 4
    assert {row["source"] for row in (await serving.get(PATH)).json["data"]} == {"import"}


async def test_a_file_larger_than_other_bodies_is_taken(serving: Serving) -> None:
    body = b"address,note\n" + b"".join(b"p%d@example.com,%s\n" % (n, b"x" * 950) for n in range(330))

    assert len(body) > serving.gateway.config.server.body_limit
    assert (await imported(serving, body)).json["new"] == 330


async def test_a_file_that_is_wrong_as_a_whole_keeps_nothing(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.server.bodies.LARGEST_CSV", 100)

    refusals = [
        (await imported(serving, b"ann@example.com\n")).problem,
        (await imported(serving, b"address\nann@example.com\n", headers={"Content-Type": "application/json"})).problem,
        (await imported(serving, b"address\n" + b"ann@example.com\n" * 10)).problem,
        (
            await imported(serving, gzip.compress(b"address\n" + b"ann@example.com\n" * 10), headers={**CSV, "Content-Encoding": "gzip"})
        ).problem,
        (await imported(serving, b"address\nann@example.com\n", "?dry_run=perhaps")).problem,
        (await imported(serving, b"address\nann@example.com\n", "?dry=true")).problem,
        (await imported(serving, b"not gzip", headers={**CSV, "Content-Encoding": "gzip"})).problem,
    ]

    assert refusals == [
        (422, "unknown_column"), (415, "unsupported_media_type"), (413, "body_too_large"), (413, "body_too_large"), (422, "bad_value"),
        (422, "unknown_filter"), (400, "bad_body"),
    ]  # fmt: skip
    assert (await serving.gateway.suppressions()).data == ()


@pytest.mark.parametrize("server", [HASTY])
async def test_a_file_that_comes_too_slowly_is_given_up_and_keeps_nothing(serving: Serving) -> None:
    async def dripping() -> Any:
        yield b"address\nann@example.com\n"
        await asyncio.sleep(0.25)

    headers = {"Authorization": f"Bearer {serving.keys['both']}", **CSV}
    async with serving.http.post(f"{serving.url}{PATH}:import", data=dripping(), headers=headers) as response:
        assert response.status == 408

    assert (await serving.get(PATH)).json["data"] == []


async def test_the_list_is_exported_as_a_file(serving: Serving) -> None:
    await serving.post(ANN, PATH)

    answer = await serving.get(f"{PATH}:export")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Request-Id"]
    first, line = answer.body.decode().splitlines()
    assert first.startswith("channel,address,address_hash,check,")
    assert line.startswith("email,a•••@e•••.com,")


async def test_reading_needs_one_scope_and_writing_the_other(serving: Serving) -> None:
    story = (await serving.post(ANN, PATH, key="send")).json

    for method, path, body, key in (
        ("POST", PATH, ANN, "read"),
        ("DELETE", f"{PATH}/{story['id']}", {"reason": "x"}, "read"),
        ("POST", f"{PATH}:import", b"address\n", "read"),
        ("GET", PATH, None, "send"),
        ("GET", f"{PATH}/{story['id']}", None, "send"),
        ("POST", f"{PATH}:find", ANN, "send"),
        ("GET", f"{PATH}:export", None, "send"),
    ):
        assert (await serving.answer(method, path, body, key=key)).problem == (403, "scope_required")
        assert (await serving.answer(method, path, body, key=None)).problem == (401, "unauthenticated")


async def test_while_it_stops_nothing_is_written(serving: Serving) -> None:
    story = (await serving.post(ANN, PATH)).json
    serving.gateway.closing = True

    for answer in (
        await serving.post(ANN, PATH),
        await serving.answer("DELETE", f"{PATH}/{story['id']}", {"reason": "x"}),
        await imported(serving, b"address\n"),
    ):
        assert answer.problem == (LedgerUnavailable.status, "shutting_down")


async def test_the_audit_tells_by_which_key_an_address_was_put_there(serving):
    await serving.post(ANN, PATH)

    page = await serving.gateway.audited()

    (entry,) = [one for one in page.data if one.action == "suppression.added"]
    assert (entry.actor.kind, entry.actor.id) == ("key", serving.keys["both"].split("_")[2])
