"""The plugin against the contract kit: as a post, and as a message to a person."""

from dataclasses import replace
from typing import ClassVar

from wasl_bluesky import Bluesky
from wasl_contracts import Address, everybody
from wasl_contracts.conformance import ProviderContract, Request, Response

DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
_NAMES = {401: "AuthenticationRequired", 429: "RateLimitExceeded", 500: "InternalServerError", 502: "UpstreamFailure"}


class TestPost(ProviderContract):
    provider = Bluesky
    settings: ClassVar = {"handle": "acme.example", "app_password": "abcd-efgh-ijkl-mnop", "base_url": "https://bsky.social"}
    address = everybody("social")
    ref: str | None = f"at://{DID}/app.bsky.feed.post/3jzfcijpj2100"
    outcomes: ClassVar = {404: "rejected:provider"}  # nothing that is asked for can be missing: base_url is not a server of theirs

    def before(self, request: Request) -> Response | None:
        if request.path == "/xrpc/com.atproto.server.createSession":
            return Response.json(200, {"accessJwt": "eyJ.access", "refreshJwt": "eyJ.refresh", "handle": "acme.example", "did": DID})
        return None

    def success(self, request: Request) -> Response:
        assert request.path == "/xrpc/com.atproto.repo.putRecord"
        return Response.json(200, {"uri": self.ref, "cid": "bafyreib2rxk3rybk3aobmv5cjuql3bm2twh4jo5uxgf5kpqcsgz7soitae"})

    def failure(self, request: Request, status: int) -> Response:
        told = super().failure(request, status)
        return Response.json(status, {"error": _NAMES.get(status, "InvalidRequest"), "message": told.body.decode()})


class TestMessage(TestPost):
    address = Address(channel="social", kind="bluesky_handle", value="@ann.example.social")
    ref = "3kmzwvu000100"

    def before(self, request: Request) -> Response | None:
        if request.path == "/xrpc/com.atproto.identity.resolveHandle":
            return Response.json(200, {"did": DID})
        if request.path == "/xrpc/chat.bsky.convo.getConvoForMembers":
            return Response.json(200, {"convo": {"id": "3kmzconvo", "rev": "1", "members": [], "muted": False, "unreadCount": 0}})
        return super().before(request)

    def read(self, request: Request) -> Request:
        """What it says; in front of that stands the conversation, which had to be asked for."""
        return replace(request, body=request.body.partition(b'"message":')[2].removesuffix(b"}"))

    def success(self, request: Request) -> Response:
        assert request.path == "/xrpc/chat.bsky.convo.sendMessage"
        assert request.headers["atproto-proxy"] == "did:web:api.bsky.chat#bsky_chat"
        return Response.json(200, {"id": self.ref, "rev": "2", "text": "", "sender": {"did": DID}, "sentAt": "2026-11-23T10:00:00.000Z"})
