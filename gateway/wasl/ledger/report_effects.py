"""What follows from reports beside the state of a delivery: suppressions, withdrawn consents, and the next channel.

bounced, failed ─ the address is dead       → suppressed
complained                                  → suppressed
unsubscribed                                → the consent for its topic on the channel is withdrawn, else suppressed
replied with STOP, START                    → suppressed, taken back
failed; bounced after all, where it escalates → the next channel of the route, where one is left
"""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select

from wasl.consent import ConsentChange
from wasl.inbound import KEYWORD
from wasl.keys import KeyRing
from wasl.ledger import locks
from wasl.ledger.consents import Consents
from wasl.ledger.hot import Hot, among
from wasl.ledger.matching import Found, rows_of
from wasl.ledger.merging import Standing, negative
from wasl.ledger.port import Transaction
from wasl.ledger.reports import Report, Whose
from wasl.ledger.successors import Following, open_successors
from wasl.ledger.suppression_list import Place, about_note
from wasl.ledger.suppressions import Addition, Removal, add, remove
from wasl.ledger.tables import messages
from wasl_contracts import Category, Reason, State

_MESSAGES = Hot(
    select(
        messages.c.brand, messages.c.id, messages.c.recipient_id, messages.c.topic, messages.c.category, messages.c.mode,
        messages.c.channels, messages.c.expires_at, messages.c.proof,
    ).where(among(messages.c.brand, messages.c.id, name="keys"))
)  # fmt: skip
_AGAINST = frozenset({"failed", "bounced", "complained", "replied"})  # what may put an address on the list, or take it off
_BY_PERSON = "recipient"
_PROVIDER = "provider"

Reported = tuple[Found, Standing, Sequence[tuple[Report, int | None]]]
"""A delivery, where it is now, and the reports that led there."""


class _Message(NamedTuple):
    brand: str
    id: str
    recipient_id: str
    topic: str
    category: Category
    mode: str
    channels: str
    expires_at: int
    proof: str | None
    """What it waits for before the next channel goes; None: it does not escalate."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What of the configuration matters here: which topics a person can turn off, and which channels there are."""

    optional: Callable[[str, Category], bool]
    channels: Collection[str]


class Effects:
    """Writes what follows, in the transaction of the reports."""

    def __init__(self, keys: KeyRing, consents: Consents, terms: Terms) -> None:
        self._keys = keys
        self._consents = consents
        self._terms = terms

    async def follow(self, tx: Transaction, reported: Sequence[Reported], now: int) -> dict[tuple[str, str], int]:
        """What follows from reports of deliveries; returns the number of each successor by brand and message."""
        told = [(found, report) for found, _, reports in reported for report, _ in reports if report.kind in _AGAINST]
        listed = [one for found, report in told for one in self._listed(found, report, now)]
        leaving = [(found, report) for found, _, reports in reported for report, _ in reports if report.kind == "unsubscribed"]
        failed = [found for found, after, _ in reported if _lost(found, after.state)]
        sent = await _messages(tx, [*failed, *(found for found, _ in leaving)])
        for found, report in leaving:
            message = sent.get((found.brand, found.message_id))
            if not await self._withdrawn(tx, found, report, message):
                listed += self._left(found, report, now)
        await self._list(tx, listed)
        return await open_successors(tx, list(self._following(failed, sent, now)))

    async def of_strangers(self, tx: Transaction, reports: Sequence[tuple[Report, str]], now: int) -> None:
        """What follows from reports that name a person and no delivery that we know, each for a brand or for all."""
        listed: list[Addition | Removal] = []
        for report, brand in reports:
            if report.whose is not None:
                listed += self._against(brand, report.whose, report, None, now)
                if report.kind == "unsubscribed":
                    listed.append(_addition(brand, report.whose, Reason.SUPPRESSED_UNSUBSCRIBE, report, now))
        await self._list(tx, listed)

    def _listed(self, found: Found, report: Report, now: int) -> Iterator["Addition | Removal"]:
        # What names its attempt tells of whom that went to: as whom a mail comes is only what its sender says.
        wrote = report.whose if report.kind == "replied" and report.attempted is None else None
        whose = wrote or _addressed(found)
        if whose is not None:
            yield from self._against(found.brand, whose, report, found.message_id, now)

    def _left(self, found: Found, report: Report, now: int) -> list["Addition | Removal"]:
        whose = _addressed(found) or report.whose
        if whose is None:
            return []
        return [_addition(found.brand, whose, Reason.SUPPRESSED_UNSUBSCRIBE, report, now, found.message_id)]

    def _against(self, brand: str, whose: Whose, report: Report, message_id: str | None, now: int) -> Iterator["Addition | Removal"]:
        if report.kind == "complained":
            yield _addition(brand, whose, Reason.SUPPRESSED_COMPLAINT, report, now, message_id)
        elif negative(report.kind) and report.dead:
            bounced = report.kind == "bounced" and whose.channel != "push"
            yield _addition(brand, whose, Reason.SUPPRESSED_BOUNCE if bounced else Reason.SUPPRESSED_INVALID, report, now, message_id)
        elif report.kind == "replied" and report.meaning in ("stop", "start"):
            yield self._obeyed(brand, whose, report, now)

    def _obeyed(self, brand: str, whose: Whose, report: Report, now: int) -> "Addition | Removal":
        note = self._keys.seal((report.text or "").encode(), about_note(brand, Place(whose.channel, whose.address_hash)))
        if report.meaning == "stop":
            return Addition(
                brand=brand, channel=whose.channel, address_hash=whose.address_hash, address=whose.address,
                reason=Reason.SUPPRESSED_UNSUBSCRIBE, source=KEYWORD, since=now, actor=_BY_PERSON, sealed=note,
            )  # fmt: skip
        return Removal(
            brand=brand, channel=whose.channel, address_hash=whose.address_hash, at=now, source=KEYWORD, sealed=note,
            actor=_BY_PERSON, scope="", reason=Reason.SUPPRESSED_UNSUBSCRIBE, listed_by=KEYWORD,
        )  # fmt: skip

    async def _list(self, tx: Transaction, listed: Sequence["Addition | Removal"]) -> None:
        """In the order in which they came: a START takes back the STOP before it, and not the one after."""
        if not listed:
            return
        await tx.lock({locks.opt_outs(one.brand) for one in listed})
        additions: list[Addition] = []
        for one in listed:
            if isinstance(one, Addition):
                additions.append(one)
                continue
            await add(tx, additions)
            additions = []
            await remove(tx, one)
        await add(tx, additions)

    async def _withdrawn(self, tx: Transaction, found: Found, report: Report, message: _Message | None) -> bool:
        """Whether the person's consent for the topic of the message is withdrawn now: where the topic is one that can be turned off."""
        if message is None or found.channel is None or not self._terms.optional(message.topic, message.category):
            return False
        said = {"topic": message.topic, "channel": found.channel, "state": "withdrawn", "source": _PROVIDER, "actor": report.provider}
        return await self._consents.add(tx, message.brand, message.recipient_id, [ConsentChange.model_validate(said)]) is not None

    def _following(self, failed: Sequence[Found], told: dict[tuple[str, str], _Message], now: int) -> Iterator[Following]:
        for found in failed:
            message = told.get((found.brand, found.message_id))
            if message is None or message.mode != "first" or message.expires_at <= now or found.channel is None:
                continue
            if found.state == State.DELIVERED and message.proof is None:
                continue  # it bounced: where nothing escalates that is the end
            tried = tuple(dict.fromkeys((*json.loads(found.tried), found.channel)))
            lane = next((name for name in json.loads(message.channels) if name not in tried and name in self._terms.channels), None)
            if lane is not None:
                yield Following(found.brand, found.message_id, found.flow, found.ordering_key, now, lane, tried)


async def _messages(tx: Transaction, deliveries: Sequence[Found]) -> dict[tuple[str, str], _Message]:
    rows = await rows_of(tx, _MESSAGES, {(found.brand, found.message_id) for found in deliveries})
    return {(row[0], row[1]): _Message._make(row) for row in rows}


def _lost(found: Found, after: State) -> bool:
    """Whether the next channel is to go: it failed, or it bounced after the proof that it arrived had ended what waited."""
    return (after is State.FAILED and found.state != State.FAILED) or (after is State.BOUNCED and found.state == State.DELIVERED)


def _addressed(found: Found) -> Whose | None:
    """To whom it went; None for one that was erased since."""
    if not found.channel or not found.address_hash:
        return None
    return Whose(found.channel, found.address_hash, found.address or "•••")


def _addition(  # noqa: PLR0913, PLR0917 - what a row is made of
    brand: str, whose: Whose, reason: Reason, report: Report, now: int, message_id: str | None = None
) -> Addition:
    return Addition(
        brand=brand,
        channel=whose.channel,
        address_hash=whose.address_hash,
        address=whose.address,
        reason=reason,
        source=f"{report.provider} {report.code or report.reason or report.kind}",
        since=now,
        message_id=message_id,
    )
