"""The plugin against the contract kit, and its requests against Discord's own description."""

import json
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wasl_contracts import Address, Callback, EventKind
from wasl_contracts.conformance import AT, ProviderContract, Request, Response
from wasl_discord import Discord

DISCORDS, FORGERS = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
CHANNEL, PERSON = "1049822517302399006", "82198898841029460"


class TestDiscord(ProviderContract):
    provider = Discord
    settings = {"token": "MTA0OTgy.secret-1", "public_key": DISCORDS.public_key().public_bytes_raw().hex()}
    address = Address(channel="chat", kind="discord_channel", value=CHANNEL)
    ref = "1290000000000000100"
    outcomes = {404: "rejected:provider"}  # Discord says what is unknown there; without that base_url is not its API
    openapi = "discord_v10.json"
    proof = ("X-Signature-Ed25519", "X-Signature-Timestamp")

    def success(self, request: Request) -> Response:
        return Response.json(200, {"id": self.ref, "channel_id": CHANNEL, "content": request.json()["content"]})

    def report(self, kind: EventKind, attempt_id: str, ref: str, event_id: str) -> Callback | None:
        """Of webhook events only this one tells something about messages; it is of a person and names no attempt."""
        if kind != "unsubscribed":
            return None
        event = {"type": "APPLICATION_DEAUTHORIZED", "timestamp": "2026-03-01T09:29:58.064834", "data": {"user": {"id": PERSON}}}
        body = json.dumps({"version": 1, "application_id": "1234560123453231555", "type": 1, "event": event}).encode()
        return Callback("POST", "https://wasl.example/hooks/discord", {}, body, AT)

    def sign(self, callback: Callback, *, forged: bool = False) -> Callback:
        stamp = str(int(AT.timestamp()))
        signature = (FORGERS if forged else DISCORDS).sign(stamp.encode() + callback.body).hex()
        return replace(callback, headers={"X-Signature-Ed25519": signature, "X-Signature-Timestamp": stamp})


class TestDiscordPerson(TestDiscord):
    """Somebody whose channel must be opened first."""

    address = Address(channel="chat", kind="discord_user", value=PERSON)

    def before(self, request: Request) -> Response | None:
        opens = request.path.endswith("/users/@me/channels")
        return Response.json(200, {"id": CHANNEL, "type": 1}) if opens else None
