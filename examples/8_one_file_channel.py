"""A channel of one's own in one file: a function, named in wasl.toml. Copy PAGER into plugins/pager.py and make it call your pager."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from wasl import Gateway

PAGER = """
from wasl_contracts import Delivery, HttpSession, Receipt, channel
from wasl_contracts.model import Frozen

class Settings(Frozen):
    prefix: str = ""

@channel("pager", kind="pager_id")
async def pager(delivery: Delivery, settings: Settings, http: HttpSession) -> Receipt | None:
    print(f"beep {delivery.address.value}: {settings.prefix}{delivery.content.text}")
"""
CONFIG = 'plugins = "plugins"\n[providers.ward]\nplugin = "pager"\nprefix = "Ward 3 - "\n'


async def main(folder: Path) -> None:
    (folder / "plugins").mkdir()
    (folder / "plugins" / "pager.py").write_text(PAGER)
    (folder / "wasl.toml").write_text(CONFIG)
    async with Gateway.from_config(folder / "wasl.toml") as gateway:
        nurse = {"id": "nurse_7", "addresses": [{"channel": "pager", "kind": "pager_id", "value": "4711"}]}
        message = await gateway.send(content={"body": "Bed 12 calls."}, to=nurse)
        seen = await gateway.wait(message.id)
        print(seen.state, "by", seen.deliveries[0].provider)


if __name__ == "__main__":
    with TemporaryDirectory() as here:
        asyncio.run(main(Path(here)))

# Output:
# beep 4711: Ward 3 - Bed 12 calls.
# sent by ward
