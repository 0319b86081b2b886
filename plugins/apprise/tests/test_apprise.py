"""What Apprise does with a delivery, before a server on loopback that it reaches through json://."""

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import ValidationError

from wasl_apprise import Apprise, AppriseSettings, provider
from wasl_contracts import Address, Delivery, Plain, Rejected, Unavailable, Unknown
from wasl_contracts.conformance.loopback import refusing_port
from wasl_contracts.conformance.samples import delivery

_OPS = Address(channel="chat", kind="apprise_service", value="ops")


def _saying(text: str = "Order 1042 left", name: str = "ops") -> Delivery:
    return delivery(_OPS.model_copy(update={"value": name}), Plain(text=text))


@asynccontextmanager
async def _apprise(**services: str) -> AsyncIterator[Apprise]:
    async with aiohttp.ClientSession() as http:
        apprise = Apprise(AppriseSettings.model_validate({"services": services}), http)
        yield apprise
        await apprise.close()


@pytest.fixture
async def hook(aiohttp_server: Any) -> Any:
    """A server that keeps what it gets, and answers `hook.status` once `hook.open` is set."""

    class Hook:
        def __init__(self) -> None:
            self.status, self.bodies, self.open = 200, list[dict[str, Any]](), asyncio.Event()
            self.open.set()

        async def answer(self, request: web.Request) -> web.Response:
            self.bodies.append(await request.json())
            await self.open.wait()
            return web.Response(status=self.status, headers={"Location": "/elsewhere"} if self.status == 302 else {})

    kept = Hook()
    app = web.Application()
    app.router.add_post("/{any:.*}", kept.answer)
    server = await aiohttp_server(app)
    kept.url = f"json://127.0.0.1:{server.port}/room"  # type: ignore[attr-defined]  # known once it listens
    yield kept
    kept.open.set()


async def test_a_text_arrives_as_it_was_written(hook: Any) -> None:
    text = "طلبك في الطريق 👋\n<b>*not bold*</b> & \\n"

    async with _apprise(ops=hook.url) as apprise:
        receipt = await apprise.send(_saying(text))

    assert receipt.provider_ref is None
    assert [body["message"] for body in hook.bodies] == [text]


@pytest.mark.parametrize("status", [302, 400, 401, 404, 429, 500, 503])
async def test_every_failure_is_unknown_since_apprise_tells_no_more(hook: Any, status: int) -> None:
    hook.status = status

    async with _apprise(ops=hook.url) as apprise:
        with pytest.raises(Unknown):
            await apprise.send(_saying())

    assert len(hook.bodies) == 1


async def test_a_url_that_asks_for_retries_redirects_or_to_ignore_failures_gets_none(hook: Any) -> None:
    hook.status = 500

    async with _apprise(ops=f"{hook.url}?retry=3&wait=1&optional=yes&redirect=yes") as apprise:
        with pytest.raises(Unknown):
            await apprise.send(_saying())

    assert len(hook.bodies) == 1


async def test_a_refused_connection_is_unknown_too() -> None:
    with refusing_port() as port:
        async with _apprise(ops=f"json://127.0.0.1:{port}/") as apprise:
            with pytest.raises(Unknown):
                await apprise.send(_saying())


async def test_a_service_that_the_settings_do_not_name_is_refused(hook: Any) -> None:
    async with _apprise(ops=hook.url) as apprise:
        with pytest.raises(Rejected) as refused:
            await apprise.send(_saying(name="sales"))

    assert (refused.value.scope, refused.value.code) == ("content", "no_such_service")
    assert not hook.bodies


async def test_a_service_that_says_nothing_is_unknown_and_what_had_no_thread_was_never_sent(
    hook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "PATIENCE", 0.25)
    hook.open.clear()

    async with _apprise(ops=hook.url) as apprise:
        ends = await asyncio.gather(*(apprise.send(_saying(str(n))) for n in range(10)), return_exceptions=True)
        hook.open.set()

    assert sorted(type(end).__name__ for end in ends) == ["Unavailable"] * 2 + ["Unknown"] * 8
    assert all(end.code == "no_thread" for end in ends if isinstance(end, Unavailable))
    assert not {"8", "9"} & {body["message"] for body in hook.bodies}


async def test_what_apprise_and_its_libraries_log_is_not_kept(hook: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async with _apprise(ops=hook.url) as apprise:
        await apprise.send(_saying("a secret text"))

    assert "a secret text" not in caplog.text
    assert {record.name for record in caplog.records} <= {"asyncio", "aiohttp.access"}  # the access log is the server's here


@pytest.mark.parametrize("url", ["ops", "nosuchservice://secret-token-1", "", "tgram://"])
def test_a_url_that_apprise_does_not_know_is_named_and_not_shown(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        AppriseSettings.model_validate({"services": {"ops": url}})

    assert [error["loc"] for error in refused.value.errors()] == [("services", "ops")]
    assert "secret-token-1" not in str(refused.value)


def test_the_urls_are_shown_nowhere() -> None:
    settings = AppriseSettings.model_validate({"services": {"ops": "json://user:secret-token-1@127.0.0.1/"}})

    assert "secret-token-1" not in f"{settings!r} {settings.model_dump_json()}"


def test_importing_the_plugin_does_not_import_apprise() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import json, sys, wasl_apprise; print(json.dumps('apprise' in sys.modules))"],
        capture_output=True, check=True, text=True,
    )  # fmt: skip

    assert json.loads(told.stdout) is False
