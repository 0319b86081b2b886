"""The plugin against the contract kit: as a direct mention and as a public post."""

from typing import ClassVar

from wasl_contracts import Address, everybody
from wasl_contracts.conformance import ProviderContract, Request, Response
from wasl_mastodon import Mastodon


class TestDirectMention(ProviderContract):
    provider = Mastodon
    settings: ClassVar = {"access_token": "secret-token-1", "base_url": "https://mastodon.example"}
    address = Address(channel="social", kind="mastodon_handle", value="@ann@example.social")
    ref = "109300000000000100"
    outcomes: ClassVar = {404: "rejected:provider"}  # no post of ours answers another one: base_url is not a Mastodon instance

    def success(self, request: Request) -> Response:
        return Response.json(200, {"id": self.ref, "url": f"https://mastodon.example/@acme/{self.ref}"})


class TestPublicPost(TestDirectMention):
    address = everybody("social")
