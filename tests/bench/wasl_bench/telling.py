"""The servers of "a callback": wasl, and a twin that only proves it. `python -m wasl_bench.telling wasl|bare LOOP FOLDER DATABASE`."""

import hashlib
import hmac
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

from aiohttp import web
from pydantic import BaseModel, SecretStr

from wasl.api import Gateway, Submission
from wasl.config import Config, ProviderSection
from wasl.config.mistakes import Findings, Source
from wasl.config.routes import completed
from wasl.errors import WaslError
from wasl.ids import attempt_id
from wasl.registry import Specs
from wasl.server.app import listening
from wasl_bench.client import SECRET
from wasl_bench.subject import Commands, Facts, run
from wasl_contracts import AddressKind, Callback, Capabilities, Delivery, Event, Message, ProviderSpec, Receipt
from wasl_contracts.signing import from_hex, header, hmac_sha256, one_of


class Settings(BaseModel):
    secret: SecretStr = SecretStr(SECRET)


class Teller:
    """Takes everything, and reads callbacks as most plugins do."""

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="teller", channel="email", format="plain", addresses=(AddressKind(kind="email"),), settings=Settings,
        capabilities=Capabilities(receipts=True, concurrency=256),
    )  # fmt: skip

    def __init__(self, settings: Settings, http: object) -> None:
        self._secret = settings.secret

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(provider_ref=delivery.id)

    async def close(self) -> None:
        """Nothing is open."""

    def parse(self, callback: Callback) -> Sequence[Event]:
        one_of([from_hex(header(callback, "X-Signature"))], hmac_sha256(self._secret, callback.body))
        told = json.loads(callback.body)
        return [Event(kind="delivered", at=told["at"], attempt_id=told["attempt"], event_id=told["id"])]


@asynccontextmanager
async def wasl(folder: Path, database: str) -> AsyncIterator[tuple[Facts, Commands]]:
    source = Source(str(folder / "wasl.toml"))
    config = Config.model_validate({"database": database, "providers": {"mail": ProviderSection(plugin="teller")}}).found_in(source, ())
    config = completed(config, {"mail": Teller.spec}, Findings(source))
    async with Gateway(Specs(config, {"mail": Teller}, {"mail": Settings()})) as gateway, listening(gateway, "127.0.0.1", 0) as url:

        async def sent(count: int) -> Facts:
            """Send so many messages, of which can be told."""
            asked = {"content": {"body": "Hello"}, "channels": ["email"]}
            given = [Message.model_validate({**asked, "to": {"email": f"u{number}@example.com"}}) for number in range(count)]
            accepted = await gateway.accept_many([Submission(message) for message in given])
            ids = [one.id for one in accepted if not isinstance(one, WaslError)]
            for message_id in ids:
                await gateway.wait(message_id, timeout=60)
            return {"attempts": [attempt_id(message_id, 1, 1) for message_id in ids]}

        yield {"port": int(url.rpartition(":")[2])}, {"sent": sent}


@asynccontextmanager
async def bare(_folder: Path, _database: str) -> AsyncIterator[tuple[Facts, Commands]]:
    """aiohttp: verifies the same proof, reads the same JSON, stores nothing."""

    async def hook(request: web.Request) -> web.Response:
        body = await request.read()
        proof = hmac.digest(SECRET.encode(), body, hashlib.sha256)
        if not hmac.compare_digest(bytes.fromhex(request.headers["X-Signature"]), proof):
            return web.Response(status=401)
        json.loads(body)
        return web.Response()

    async def sent(count: int) -> Facts:
        return {"attempts": [f"att_{number:032x}_1_1" for number in range(count)]}

    app = web.Application()
    app.router.add_post("/hooks/{provider}", hook)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield {"port": site.port}, {"sent": sent}
    await runner.cleanup()


if __name__ == "__main__":
    _, kind, loop, folder, database = sys.argv
    run({"wasl": wasl, "bare": bare}[kind](Path(folder), database), loop)
