"""Why would it be sent, or not, and when? The rules that send answer, and nothing is sent or kept."""

import asyncio
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from wasl import Gateway
from wasl.consent import ConsentChange

CONFIG = """
database = "sqlite:///{folder}/wasl.db"
providers.desk.plugin = "log"
topics.offers.category = "promotional"
quiet_hours = {{ jitter = "1ms", night = {{ from = "21:00", to = "09:00" }} }}
"""
ANN = {"id": "ann", "timezone": "Asia/Riyadh", "addresses": [{"channel": "log", "kind": "any", "value": "the desk of Ann"}]}
ASKED = {"content": {"body": "20 % off"}, "topic": "offers", "at": datetime.fromisoformat("2030-01-31T22:30:00+03:00")}


async def main(folder: str) -> None:
    (config := Path(folder, "wasl.toml")).write_text(CONFIG.format(folder=folder))
    async with Gateway.from_config(config) as gateway:
        for _ in range(2):
            found = await gateway.explain(to=ANN, **ASKED)
            print(found.verdict, "·", found.sentences["en"])
            for one in (verdict for verdict in found.deliveries[0].decision.candidates[0].verdicts if verdict.verdict == "withhold"):
                print("-", one.policy, "·", one.counterfactual.sentences["en"])
            await gateway.send(to=ANN, content={"body": "Welcome, Ann."})
            await gateway.record_consent("ann", [ConsentChange(topic="offers", state="granted")])


with TemporaryDirectory() as folder:
    asyncio.run(main(folder))

# Output:
# withhold · It is not sent. No consent for this is recorded.
# - consent · Allowed if consent for offers by log is recorded.
# defer · It waits, and goes at 2030-02-01 09:00 Riyadh by log through desk. Held: these are quiet hours for them.
