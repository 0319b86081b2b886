"""Apprise sending the same notice: its throttle off, its objects made once. `python -m wasl_bench.apprise_sending webhook|email PORT`."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import apprise

from wasl_bench.subject import Commands, Facts, run

_URLS = {
    "webhook": "json://127.0.0.1:{port}/in",
    "email": "mailto://127.0.0.1:{port}/?from=orders@shop.example&to=ann@example.com&format=html",
}
_BODY = """Hello Ann {number},

your order **A-{number}** left our warehouse and arrives in 3 days.

[Track it](https://shop.example/orders/A-{number})
"""


@asynccontextmanager
async def sending(channel: str, port: int) -> AsyncIterator[tuple[Facts, Commands]]:
    apprise.plugins.base.NotifyBase.request_rate_per_sec = 0
    sender = apprise.Apprise()
    assert sender.add(_URLS[channel].format(port=port))
    for server in sender:
        server.request_rate_per_sec = 0

    async def work(count: int) -> Facts:
        # Blocking calls, one after the other: more threads change its CPU time for the worse only.
        for number in range(count):
            sent = sender.notify(
                title=f"Order A-{number} is on its way", body=_BODY.format(number=number), body_format=apprise.NotifyFormat.MARKDOWN
            )
            assert sent
        return {"count": count}

    yield {}, {"work": work}


if __name__ == "__main__":
    _, channel, port = sys.argv
    run(sending(channel, int(port)), "asyncio")
