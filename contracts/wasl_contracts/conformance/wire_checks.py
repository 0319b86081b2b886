"""What a plugin shows of itself: the bytes that `wire` gives are those that `send` hands over."""

from wasl_contracts.conformance.http_fake import HttpFake
from wasl_contracts.conformance.smtp_fake import SmtpFake
from wasl_contracts.conformance.socket_fake import SocketFake
from wasl_contracts.conformance.stage import Contract, Fake, named, networked, only_where
from wasl_contracts.delivery import Delivery
from wasl_contracts.errors import Rejected
from wasl_contracts.handing import note_by
from wasl_contracts.provider import Provider
from wasl_contracts.receipt import Receipt


def shows(contract: type[Contract]) -> bool:
    return hasattr(contract.provider, "wire")


class WireChecks(Contract):
    """The bytes of a delivery, where the plugin shows them."""

    @only_where(shows)
    async def test_what_it_shows_is_what_it_hands_over(self) -> None:
        delivery = self.delivery()
        told: list[bytes] = []
        note_by(told.append)

        async with self.stage() as stage:
            found = await self.outcome(stage.provider, delivery)
            shown = _wire(stage.provider, delivery)
            arrived = _arrived(stage.fake)

        assert isinstance(found, Receipt), f"the provider took it, and send() ended {named(found)}; return a Receipt"

        assert isinstance(shown, bytes), f"wire() returned {type(shown).__name__}; return the bytes that send() hands over"
        if told:
            assert told[-1] == shown, "handing_over() was told other bytes than wire() gives; tell what wire() gives, once a send"
        else:
            assert arrived, "nothing tells what send() handed over; call wasl_contracts.handing.handing_over with what wire() gives"
        for body in arrived:
            # A mail is signed afterwards, in headers before it; whether its last line is ended twice is nothing to readers.
            assert body.rstrip(b"\r\n").endswith(shown.rstrip(b"\r\n")), (
                "what arrived is not what wire() gives for the same delivery; let send() use wire()"
            )

    @only_where(lambda contract: shows(contract) and networked(contract))
    async def test_showing_it_sends_nothing(self) -> None:
        async with self.stage() as stage:
            _wire(stage.provider, self.delivery())

            assert not stage.fake.sent, "wire() sent something; only make the bytes"

    @only_where(shows)
    async def test_the_same_delivery_gives_the_same_bytes(self) -> None:
        delivery, other = self.delivery(), self.delivery(2)

        async with self.stage() as one, self.stage() as another:
            shown = [_wire(provider, delivery) for provider in (one.provider, one.provider, another.provider)]
            different = _wire(one.provider, other)

        assert shown[0] == shown[1] == shown[2], "the same delivery gave other bytes; use no clock and no chance in wire()"
        assert different != shown[0], "two deliveries gave the same bytes; make them of the delivery"

    @only_where(lambda contract: shows(contract) and contract.provider.spec.capabilities.max_characters)
    async def test_what_would_be_refused_is_refused_when_it_is_shown(self) -> None:
        limit = self.provider.spec.capabilities.max_characters or 0
        refused = False

        async with self.stage() as stage:
            try:
                _wire(stage.provider, self.delivery(text="x" * (limit + 1)))
            except Rejected:
                refused = True

        assert refused, "wire() gives bytes that send() would refuse; check in wire(), and let send() use it"


def _wire(provider: Provider, delivery: Delivery) -> bytes:
    return provider.wire(delivery)  # type: ignore[attr-defined, no-any-return]  # the check is collected where it is there


def _arrived(fake: Fake) -> list[bytes]:
    if isinstance(fake, HttpFake):
        return [request.body for request in fake.sent]
    return [one.data for one in fake.sent] if isinstance(fake, SmtpFake | SocketFake) else []
