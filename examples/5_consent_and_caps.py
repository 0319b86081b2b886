"""Double opt-in, a cap of two a day, a withdrawal: what is not sent says why, and what they need still goes."""

import asyncio
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

from wasl import Gateway
from wasl.consent import ConsentChange

CONFIG = """providers.desk.plugin = "log"
topics = { offers = { category = "promotional", quiet_hours = false }, orders = { category = "transactional" } }
caps.offers = { limit = 2, per = "1d", categories = ["promotional"] }"""
ANN = {"id": "ann", "addresses": [{"channel": "log", "kind": "any", "value": "the desk of Ann"}]}


async def sent(gateway: Gateway, topic: str) -> str:
    accepted = await gateway.send(to=ANN, content={"body": "Hello, Ann."}, topic=topic)
    while (seen := await gateway.get(accepted.id)).state in ("accepted", "sending"):  # noqa: ASYNC110 - it is sent beside
        await asyncio.sleep(0.01)
    return f"{seen.state} ({seen.reason.code})"


async def main() -> None:
    async with Gateway.from_config() as gateway:
        print(await sent(gateway, "offers"))
        await gateway.confirm_consent(await gateway.ask_consent("ann", "offers", "log", wording="Send me offers."))
        print([await sent(gateway, topic) for topic in ("offers", "offers", "offers", "orders")])
        await gateway.record_consent("ann", [ConsentChange(topic="offers", state="withdrawn")])
        print(await sent(gateway, "offers"))


with TemporaryDirectory() as folder, chdir(folder):
    Path("wasl.toml").write_text(CONFIG)
    asyncio.run(main())

# Output:
# withheld (consent_missing)
# ['sent (no_receipts)', 'sent (no_receipts)', 'scheduled (frequency_cap)', 'sent (no_receipts)']
# withheld (opted_out)
