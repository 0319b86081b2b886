"""The bare twins of the whole path: ready-made bytes, as many connections as wasl has, nothing kept.

`python -m wasl_bench.bare_sending webhook|email LOOP PORT`
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


@asynccontextmanager
async def webhook(port: int) -> AsyncIterator[tuple[Facts, Commands]]:
    """One aiohttp session; each task posts, reads the answer, and posts again."""
    url, headers = f"http://127.0.0.1:{port}/in", {"Content-Type": "application/json"}

    async def work(count: int, content: str) -> Facts:
        body, left = base64.b64decode(content), iter(range(count))

        async def post() -> None:
            for _ in left:
                async with http.post(url, data=body, headers=headers) as response:
                    assert response.status == 204
                    await response.read()

        await asyncio.gather(*(post() for _ in range(CALLS)))
        return {"count": count}

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CALLS)) as http:
        yield {}, {"work": work}


@asynccontextmanager
async def email(port: int) -> AsyncIterator[tuple[Facts, Commands]]:
    """A pool of aiosmtplib connections; each task sends on its own."""
    connections = [aiosmtplib.SMTP(hostname="127.0.0.1", port=port) for _ in range(CALLS)]

    async def work(count: int, content: str) -> Facts:
        mail, left = base64.b64decode(content), iter(range(count))

        async def send(smtp: aiosmtplib.SMTP) -> None:
            for number in left:
                await smtp.sendmail("orders@shop.example", [f"p{number}@example.com"], mail)

        await asyncio.gather(*map(send, connections))
        return {"count": count}

    for connection in connections:
        await connection.connect()
    yield {}, {"work": work}
    for connection in connections:
        connection.close()


if __name__ == "__main__":
    _, channel, loop, port = sys.argv
    run({"webhook": webhook, "email": email}[channel](int(port)), loop)
