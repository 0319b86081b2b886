import asyncio
import os
import signal

import aiohttp
import pytest

from wasl.errors import Unusable
from wasl.server.app import listening, serve


async def test_a_port_in_use_is_one_clear_sentence(serving):
    with pytest.raises(Unusable) as caught:
        async with listening(serving.gateway, "127.0.0.1", serving.port):
            pass

    assert str(caught.value).startswith(f"Cannot listen on 127.0.0.1, port {serving.port}: ")
    assert "\n" not in str(caught.value)
    assert "wasl.toml" in caught.value.suggested_action


async def test_a_host_that_does_not_exist_is_unusable_too(serving):
    with pytest.raises(Unusable, match="Cannot listen on 203"):
        async with listening(serving.gateway, "203.0.113.1", 0):
            pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_after_open_requests_are_answered(serving, hello, number, unused_tcp_port):
    begun, go_on = asyncio.Event(), asyncio.Event()
    accept = serving.gateway.accept

    async def slowly(message, idempotency_key=None):
        begun.set()
        await go_on.wait()
        return await accept(message, idempotency_key)

    serving.gateway.accept = slowly
    running = asyncio.create_task(serve(serving.gateway, "127.0.0.1", unused_tcp_port))
    url = f"http://127.0.0.1:{unused_tcp_port}"
    await reachable(serving.http, url)
    asking = asyncio.create_task(ask(serving, url, hello))
    await begun.wait()

    os.kill(os.getpid(), number)
    await asyncio.sleep(0.05)
    not_ready = serving.gateway.closing
    with pytest.raises(aiohttp.ClientConnectorError):
        await serving.http.get(f"{url}/livez")
    go_on.set()

    assert not_ready
    assert await asking == 202
    await asyncio.wait_for(running, 1)


async def reachable(http, url):
    while True:
        try:
            async with http.get(f"{url}/livez"):
                return
        except aiohttp.ClientConnectorError:
            await asyncio.sleep(0.01)


async def ask(serving, url, hello):
    headers = {"Authorization": f"Bearer {serving.keys['both']}"}
    async with aiohttp.ClientSession() as own, own.post(f"{url}/v1/messages", json=hello, headers=headers) as response:
        return response.status
