"""NUL in a URL, on both engines: PostgreSQL can be asked for no text that has one, and nothing of ours may fail at that."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from sqlalchemy import text
from yarl import URL

from tests.gateway.scripted import ANN, Carrier, message
from wasl.api import Gateway
from wasl.server.app import listening

Ask = Callable[..., Awaitable[int]]
_FOLLOWED = "/v1/events"  # never ends by itself


@pytest.fixture
async def gateway(opened: Callable[..., Awaitable[Gateway]]) -> Gateway:
    return await opened({"mail": Carrier("email")}, worker=False)


@pytest.fixture
async def ask(gateway: Gateway) -> AsyncIterator[Ask]:
    key = await gateway.create_api_key("all", ["send", "read", "webhooks"])
    async with listening(gateway, "127.0.0.1", 0) as url, aiohttp.ClientSession() as http:

        async def asked(method: str, path: str, **how: object) -> int:
            headers = {"Authorization": f"Bearer {key}"}
            async with http.request(method, URL(url + path, encoded=True), headers=headers, **how) as answer:  # type: ignore[arg-type]
                return answer.status

        yield asked


@pytest.fixture
async def paths(gateway: Gateway) -> dict[str, Any]:
    """What the server's document tells of."""
    async with listening(gateway, "127.0.0.1", 0) as url, aiohttp.ClientSession() as http, http.get(f"{url}/openapi.json") as answer:
        return dict((await answer.json())["paths"])


async def test_in_no_path_and_in_no_query_it_is_a_fault_of_ours(ask: Ask, paths: dict[str, Any]) -> None:
    found = {}
    for path, operations in paths.items():
        for method, told in operations.items():
            named = re.sub(r"\{[^}]*\}", "%00", path)
            if named != path:
                found[f"{method} {named}"] = await ask(method, named)
            for name in (one["name"] for one in told.get("parameters", ()) if one["in"] == "query" and path != _FOLLOWED):
                plain = f"{named.replace('%00', 'x')}?{name}=%00"
                found[f"{method} {plain}"] = await ask(method, plain)

    assert len(found) > 30
    assert {one: status for one, status in found.items() if status not in (401, 403, 404, 415, 422)} == {}


@pytest.mark.parametrize("field", ["about", "fact", "ordering_key", "topic", "template", "reference", "id", "body", "ref", "name"])
async def test_in_a_message_it_is_kept_or_refused(ask: Ask, field: str) -> None:
    given = {"about": "order-1\0", "fact": "f\0", "ordering_key": "k\0", "topic": "t\0", "template": "t\0", "reference": "r\0"}
    asked: dict[str, object] = {"to": ANN, "content": {"body": "Hello"}, **({field: given[field]} if field in given else {})}
    if field == "id":
        asked["to"] = {**ANN, "id": "u\0"}
    elif field == "body":
        asked["content"] = {"body": "Hello\0"}
    elif field == "ref":
        asked["metadata"] = {"ref": "order\0"}
    elif field == "name":
        asked["to"] = {**ANN, "attributes": {"name": "Ann\0"}}

    assert await ask("POST", "/v1/messages", json=asked) in (202, 422)


async def test_an_error_of_the_database_tells_no_values(gateway: Gateway) -> None:
    await gateway.accept(message(ANN))

    async with gateway._open.ledger._store.engine.connect() as connection:
        with pytest.raises(Exception, match="nowhere") as failed:
            await connection.execute(text("SELECT nowhere(CAST(:address AS text))"), {"address": "ann@example.com"})

    assert "ann@" not in str(failed.value)
