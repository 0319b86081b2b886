"""Apprise sending the same notice: its throttle off, its objects made once. `python -m wasl_bench.apprise_sending HTTP_PORT SMTP_PORT`."""

import functools
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import apprise

from wasl_bench.subject import Commands, Facts, run

_URLS = {
    "webhook": "json://127.0.0.1:{}/in",
    "email": "mailto://127.0.0.1:{}/?from=orders@shop.example&to=ann@example.com&format=html",
}
_BODY = """Hello Ann {number},

your order **A-{number}** left our warehouse and arrives in 3 days.

[Track it](https://shop.example/orders/A-{number})
"""


class Sender:
    """One Apprise object with one target, used for every mail or post."""

    def __init__(self, url: str) -> None:
        self._apprise = apprise.Apprise()
        assert self._apprise.add(url)
        for server in self._apprise:
            server.request_rate_per_sec = 0

    async def work(self, count: int) -> Facts:
        # Blocking calls, one after the other: threads would only add to its CPU time.
        for number in range(count):
            title, body = f"Order A-{number} is on its way", _BODY.format(number=number)
            assert self._apprise.notify(title=title, body=body, body_format=apprise.NotifyFormat.MARKDOWN)
        return {"count": count}


@asynccontextmanager
async def sending(http_port: int, smtp_port: int) -> AsyncIterator[tuple[Facts, Commands]]:
    webhook, email = Sender(_URLS["webhook"].format(http_port)), Sender(_URLS["email"].format(smtp_port))

    async def with_one_tls_context(count: int) -> Facts:
        # Apprise 2.2 makes a TLS context for every mail, even for plain SMTP: 22 ms. A version that does not is not far away.
        make = ssl.create_default_context
        ssl.create_default_context = functools.cache(make)
        try:
            return await email.work(count)
        finally:
            ssl.create_default_context = make

    yield {}, {"webhook": webhook.work, "email": email.work, "email, one TLS context": with_one_tls_context}


if __name__ == "__main__":
    _, http_port, smtp_port = sys.argv
    run(sending(int(http_port), int(smtp_port)), "asyncio")
