"""The bare twins of the whole path: ready-made bytes, as many connections as wasl has, nothing kept.

`python -m wasl_bench.bare_sending LOOP HTTP_PORT SMTP_PORT`
"""

import asyncio
import base64
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import aiosmtplib

from wasl_bench.subject import Commands, Facts, run
from wasl_bench.workload import CALLS


class Webhook:
    """One aiohttp session; each task posts, reads the answer, and posts again."""

    def __init__(self, http: aiohttp.ClientSession, port: int) -> None:
        self._http, self._url = http, f"http://127.0.0.1:{port}/in"

    async def work(self, count: int, content: str) -> Facts:
        body, left = base64.b64decode(content), iter(range(count))
        headers = {"Content-Type": "application/json"}

        async def post() -> None:
            for _ in left:
                async with self._http.post(self._url, data=body, headers=headers) as response:
                    assert response.status == 204
                    await response.read()

        await asyncio.gather(*(post() for _ in range(CALLS)))
        return {"count": count}


class Email:
    """A pool of aiosmtplib connections; each task sends on its own."""

    def __init__(self, port: int) -> None:
        self.pool = [aiosmtplib.SMTP(hostname="127.0.0.1", port=port) for _ in range(CALLS)]

    async def work(self, count: int, content: str) -> Facts:
        mail, left = base64.b64decode(content), iter(range(count))

        async def send(smtp: aiosmtplib.SMTP) -> None:
            for number in left:
                await smtp.sendmail("orders@shop.example", [f"p{number}@example.com"], mail)

        await asyncio.gather(*map(send, self.pool))
        return {"count": count}


@asynccontextmanager
async def sending(http_port: int, smtp_port: int) -> AsyncIterator[tuple[Facts, Commands]]:
    email = Email(smtp_port)
    await asyncio.gather(*(smtp.connect() for smtp in email.pool))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CALLS)) as http:
        yield {}, {"webhook": Webhook(http, http_port).work, "email": email.work}
    for smtp in email.pool:
        smtp.close()


if __name__ == "__main__":
    _, loop, http_port, smtp_port = sys.argv
    run(sending(int(http_port), int(smtp_port)), loop)
