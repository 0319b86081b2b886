"""/v1/messages:search."""

from typing import Any

from tests.gateway.server.conftest import Serving


async def test_a_query_finds_messages_page_by_page(serving: Serving, hello: dict[str, Any]) -> None:
    for number in range(3):
        await serving.post({**hello, "about": f"order-{number}"})

    first = await serving.get("/v1/messages:search?q=status:accepted&limit=2")
    second = await serving.get(f"/v1/messages:search?q=status:accepted&limit=2&cursor={first.json['older']}")
    order = await serving.get("/v1/messages:search?q=%232")

    assert first.status == 200
    assert f"cursor={first.json['older']}".replace("=", "%3D")[:9] in first.headers["Link"].replace("=", "%3D")
    assert [one["ref"] for one in (*first.json["data"], *second.json["data"])] == ["order-2", "order-1", "order-0"]
    assert (order.json["understood"], [one["ref"] for one in order.json["data"]]) == ("reference", ["order-2"])
    assert "name" not in first.json["data"][0]


async def test_what_cannot_be_read_is_named_with_its_place(serving: Serving) -> None:
    found = await serving.get("/v1/messages:search?q=statsu:failed")

    assert found.problem == (422, "bad_query")
    assert found.json["errors"][0]["pointer"] == "/q"
    assert 'did you mean "status"' in found.json["errors"][0]["message"]


async def test_only_who_may_read_searches(serving: Serving) -> None:
    assert (await serving.get("/v1/messages:search", key="send")).problem == (403, "scope_required")
    assert (await serving.get("/v1/messages:search", key=None)).problem == (401, "unauthenticated")
    assert (await serving.get("/v1/messages:search?cursor=x")).problem == (422, "bad_cursor")
    assert (await serving.get("/v1/messages:search?state=x")).problem == (422, "unknown_filter")
