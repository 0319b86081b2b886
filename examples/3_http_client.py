"""The HTTP API, and the client with the same verbs. Here the server runs beside it; elsewhere it is `wasl serve`."""

import asyncio

from wasl.client import Client
from wasl.demo.playground import playground
from wasl.errors import Refused
from wasl.server.app import listening

ORDER = {"order": "1042", "carrier": "Aramex", "arrives": "2026-12-03", "tracking_url": "https://shop.example/track/1042"}


async def main() -> None:
    async with playground() as ground, listening(ground.gateway, "127.0.0.1", 0) as url:
        key = await ground.gateway.create_api_key("example", ["send", "read"])  # or: wasl apikey create example
        async with Client(url, key) as wasl:
            accepted = await wasl.send("order_shipped", to={"email": "ann@example.com"}, data=ORDER, idempotency_key="order-1042")
            seen = await wasl.wait(accepted.id)
            print(seen.state, "to", seen.deliveries[0].address)

            try:
                await wasl.send("order_shipped", to={"email": "ann@example.com"}, data={**ORDER, "arrives": "soon"})
            except Refused as refused:
                print(refused.code, "at", refused.errors[0].pointer, "·", refused.errors[0].message)

            async for summary in wasl.list(template="order_shipped"):
                print(summary.channels, summary.state)


asyncio.run(main())

# Output:
# sent to a•••@e•••.com
# wrong_type at /data/arrives · is of another type; give a date like 2026-01-31
# ('email', 'sms', 'push', 'chat') sent
