"""What is sent arrives: once, whole, under its own ids, and not at all where the spec says that it cannot."""

import asyncio
from collections.abc import Mapping

from wasl_contracts.conformance import samples
from wasl_contracts.conformance.stage import Contract, named, networked, only_where
from wasl_contracts.errors import Rejected
from wasl_contracts.provider import Capabilities
from wasl_contracts.reason import Reason
from wasl_contracts.receipt import Receipt

_MANY = 50


def _counts_characters(can: Capabilities) -> bool:
    return can.max_characters is not None and can.counted_in != "bytes"


class CarriageChecks(Contract):
    """The way of a delivery to the provider."""

    async def test_a_taken_delivery_gets_the_providers_reference(self) -> None:
        async with self.stage() as stage:
            found = await self.outcome(stage.provider, self.delivery())

        assert isinstance(found, Receipt), f"the provider took it, and send() ended {named(found)}; return a Receipt"
        assert found.provider_ref == self.ref, f"the receipt's provider_ref is {found.provider_ref!r}; read {self.ref!r} from the answer"

    @only_where(networked)
    async def test_a_taken_delivery_is_one_send(self) -> None:
        async with self.stage() as stage:
            await self.outcome(stage.provider, self.delivery())

            assert len(stage.fake.sent) == 1, f"one send() made {len(stage.fake.sent)} sends; make exactly one"

    async def test_fifty_at_once_each_get_their_own(self) -> None:
        numbers = range(1, _MANY + 1)

        async with self.stage(delay=0.02) as stage:
            found = await asyncio.gather(*(self.outcome(stage.provider, self.delivery(number)) for number in numbers))
            sent = [send.fields() for send in stage.fake.sent]

        for number, receipt in zip(numbers, found, strict=True):
            assert isinstance(receipt, Receipt), f"one of {_MANY} sends at once ended {named(receipt)}; keep nothing of a send on self"
            own = None if self.ref is None else samples.numbered(self.ref, number)
            assert receipt.provider_ref == own, (
                f"of {_MANY} sends at once, number {number} got {receipt.provider_ref!r}, not {own!r}; keep nothing of a send on self"
                " (and let the test's success() answer with self.ref)"
            )
        if self.networked:
            self._each_once(sent)

    def _each_once(self, sent: list[Mapping[str, str]]) -> None:
        arrived = sorted(number for fields in sent if (number := samples.marked(" ".join(fields.values()))))
        assert arrived == list(range(1, _MANY + 1)), f"of {_MANY} deliveries sent at once, {len(set(arrived))} arrived; each must, once"
        for fields in sent:
            text = " ".join(fields.values())
            own = samples.marked(text)
            strange = [n for n in range(1, _MANY + 1) if n != own and self.delivery(n).attempt_id in text]
            assert not strange, f"delivery {own} travelled with the attempt id of delivery {strange}; keep nothing of a send on self"

    @only_where(networked)
    async def test_every_script_arrives_unharmed(self) -> None:
        async with self.stage() as stage:
            await self.outcome(stage.provider, self.delivery(text=samples.MULTILINGUAL))
            fields = [field.replace("\r\n", "\n") for send in stage.fake.sent for field in send.fields().values()]

        assert any(samples.MULTILINGUAL in field for field in fields), (
            "Arabic, Hebrew, Hindi, Chinese and emoji did not arrive as they were sent; encode as UTF-8 and change no character"
        )

    @only_where(lambda contract: contract.provider.spec.capabilities.max_characters)
    async def test_text_that_is_too_long_is_refused_before_sending(self) -> None:
        limit = self.provider.spec.capabilities.max_characters or 0

        async with self.stage() as stage:
            found = await self.outcome(stage.provider, self.delivery(text="x" * (limit + 1)))
            sent = len(stage.fake.sent)

        assert isinstance(found, Rejected), f"text over max_characters ended {named(found)}; raise Rejected before any request"
        assert (found.reason, found.scope) == (Reason.TOO_LONG, "content"), (
            f'it was refused as {found.reason}; use Rejected(Reason.TOO_LONG, "content")'
        )
        assert sent == 0, "text over max_characters left; measure it before any request"

    @only_where(lambda contract: _counts_characters(contract.provider.spec.capabilities))
    async def test_length_is_counted_in_characters(self) -> None:
        limit = self.provider.spec.capabilities.max_characters or 0

        async with self.stage() as stage:
            found = await self.outcome(stage.provider, self.delivery(text="ش" * (limit * 2 // 3)))

        assert isinstance(found, Receipt), f"Arabic text of two thirds of max_characters ended {named(found)}; count characters, not bytes"

    @only_where(lambda contract: contract.networked and contract.provider.spec.capabilities.idempotency_seconds)
    async def test_the_delivery_id_travels_alike_over_attempts(self) -> None:
        # In turn, so that a clock that ticks between two of them does not look like a key.
        turns = [(1, 1), (2, 1), (1, 2), (2, 2)]

        async with self.stage() as stage:
            for number, attempt in turns:
                await self.outcome(stage.provider, self.delivery(number, "the same text", attempt))
            one, other, one_again, other_again = (send.fields() for send in stage.fake.sent)

        keys = [n for n in one if one[n] == one_again.get(n) != other.get(n) and other.get(n) == other_again.get(n)]
        assert keys, (
            "spec.capabilities.idempotency_seconds promises that the provider recognises a repeated delivery, but no header or field is"
            " the same over two attempts of one delivery and another for the next; send delivery.id as the idempotency key"
        )
