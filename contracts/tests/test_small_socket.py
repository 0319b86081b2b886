"""A small, correct provider over a socket keeps the contract; test_the_kit_catches.py changes it in one place each, and it must not."""

import asyncio
import json
from typing import ClassVar

from pydantic import SecretStr

from wasl_contracts import (
    Address,
    AddressKind,
    Delivery,
    HttpSession,
    Plain,
    ProviderSpec,
    Reason,
    Receipt,
    Rejected,
    Unavailable,
    Unknown,
)
from wasl_contracts.conformance import Heard, SocketContract
from wasl_contracts.model import Frozen


class Settings(Frozen):
    host: str
    port: int
    token: SecretStr
    timeout_seconds: float = 10


class SmallSocket:
    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="small_socket",
        channel="chat",
        format="plain",
        addresses=(AddressKind(kind="small_room", pattern=r"room-[0-9]{1,9}"),),
        settings=Settings,
    )

    def __init__(self, settings: Settings, http: HttpSession) -> None:
        self._settings = settings

    async def send(self, delivery: Delivery) -> Receipt:
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                reader, writer = await asyncio.open_connection(self._settings.host, self._settings.port, limit=4096)
        except OSError as error:
            raise Unavailable(code=type(error).__name__) from None
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                writer.write(self.wire(delivery))
                answer = await reader.readuntil(b"\n")
        except (OSError, EOFError, asyncio.LimitOverrunError) as error:
            raise Unknown(type(error).__name__) from None
        finally:
            writer.close()
        return _receipt(answer)

    async def close(self) -> None:
        pass

    def wire(self, delivery: Delivery) -> bytes:
        assert isinstance(delivery.content, Plain)
        told = {
            "token": self._settings.token.get_secret_value(),
            "room": delivery.address.value,
            "text": delivery.content.text,
            "attempt": delivery.attempt_id,
        }
        return json.dumps(told).encode() + b"\n"


def _receipt(answer: bytes) -> Receipt:
    word, _, ref = answer.decode(errors="replace").strip().partition(" ")
    if word == "NO":
        raise Rejected(Reason.PROVIDER_REJECTED, "content", "no")
    if word != "OK":
        raise Unknown("no_sense")
    return Receipt(provider_ref=ref or None)


class TestSmallSocket(SocketContract):
    provider = SmallSocket
    settings: ClassVar = {"host": "127.0.0.1", "port": 1, "token": "socket-secret-1"}
    address = Address(channel="chat", kind="small_room", value="room-4711")
    ref = "0b7f-000100"

    def success(self, heard: Heard) -> bytes:
        return f"OK {self.ref}\n".encode()

    def refusal(self, heard: Heard) -> bytes:
        return b"NO such room\n"
