"""What people write to us: STOP, START and HELP are obeyed, everything else is only read. Gateway has these verbs too."""

from wasl.branded import Branded
from wasl.clock import micros
from wasl.errors import NotFound
from wasl.inbound import KEYWORD, InboundSeen, InboundText
from wasl.ledger.suppression_list import Place
from wasl.ledger.suppressions import Removal
from wasl.problems import validated
from wasl.suppression import Origin, Suppression
from wasl.suppression_rows import Hashed, Rows
from wasl_contracts import Reason


class Hearing(Branded):
    """The verbs of inbound texts."""

    async def inbound_text(self, channel: str | None, address: str, text: str, *, kind: str | None = None) -> InboundSeen:
        """Obey a text that came from an address on a channel: STOP, START, HELP and the words of `[keywords]`, as a whole message.

        STOP suppresses the address on the channel, whoever has it, with the text as evidence; from when this returns nothing begins to
        leave to it. START takes back what STOP did, and nothing else. Again is as good as once.

        Raises:
            Refused: the address is none, or the text cannot be kept.
        """
        told = validated(InboundText, {"channel": channel, "address": address, "kind": kind, "text": text})
        rows = Rows(self._open.addresses, self._open.ring, self.brand)
        hashed = rows.found(told.address, told.channel, told.kind)
        heard = self.config.keywords.read(told.text)
        changed = False
        if heard.meaning == "stop":
            changed = await self._stop(rows, hashed, told)
        elif heard.meaning == "start":
            changed = await self._start(rows, hashed, told)
        reply = self.config.keywords.reply(heard, self.config.locale)
        return InboundSeen(
            meaning=heard.meaning, changed=changed, maybe_stop=heard.maybe_stop, language=heard.language or None, reply=reply
        )

    async def _stop(self, rows: Rows, hashed: Hashed, told: InboundText) -> bool:
        asked = Suppression(address=told.address, reason=Reason.SUPPRESSED_UNSUBSCRIBE, note=told.text)
        row = rows.addition(asked, hashed, Origin(KEYWORD, "recipient"), micros(self._open.ledger.clock.now()))
        (fate,) = await self._open.ledger.suppressions.add([row])
        return fate != "already_there"

    async def _start(self, rows: Rows, hashed: Hashed, told: InboundText) -> bool:
        ledger, place = self._open.ledger, Place(hashed.channel, hashed.address_hash)
        try:
            story = await ledger.suppressions.story(self.brand, place)
        except NotFound:
            return False
        ours = [row for row in story.data if row.brand == self.brand and row.source == KEYWORD]
        if not any(row.reason is Reason.SUPPRESSED_UNSUBSCRIBE for row in ours):
            return False
        removal = Removal(
            brand=self.brand,
            channel=place.channel,
            address_hash=place.address_hash,
            at=micros(ledger.clock.now()),
            source=KEYWORD,
            sealed=rows.sealed(told.text, place),
            actor="recipient",
            scope="",
            reason=Reason.SUPPRESSED_UNSUBSCRIBE,
        )
        return await ledger.suppressions.remove(removal) > 0
