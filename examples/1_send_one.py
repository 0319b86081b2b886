"""Send one message: it is on disk when `send` returns, and the gateway sends it a moment later."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from wasl import Gateway

CONFIG = """
database = "sqlite:///{folder}/wasl.db"
[providers.notes]
plugin = "log"
"""
ANN = {"id": "ann", "addresses": [{"channel": "log", "kind": "any", "value": "the desk of Ann"}]}
NOTICE = {"title": "On its way", "body": "Order **1042** left our store."}


async def main(config: Path) -> None:
    async with Gateway.from_config(config) as gateway:
        accepted = await gateway.send(to=ANN, content=NOTICE, idempotency_key="order-1042")
        again = await gateway.send(to=ANN, content=NOTICE, idempotency_key="order-1042")
        print("the same key again is the same message:", again.id == accepted.id)

        seen = await gateway.wait(accepted.id, until="sent")
        print("state:", seen.state, "·", seen.reason.sentence)
        for entry in seen.timeline:
            print("-", entry.type)


with TemporaryDirectory() as folder:
    config = Path(folder, "wasl.toml")
    config.write_text(CONFIG.format(folder=folder))
    asyncio.run(main(config))

# Output:
# the same key again is the same message: True
# state: sent · It was sent, but this channel gives no delivery receipts.
# - accepted
# - sending
# - answer.receipt
