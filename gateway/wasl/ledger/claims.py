"""Claiming: a batch of deliveries that are due, each with its envelope, under a lease and a fence that grows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wasl.clock import moment
from wasl.keys import KeyRing
from wasl.ledger import statements as sql
from wasl.ledger.people import unseal
from wasl.ledger.port import Row, Transaction, Values
from wasl.policies.verdict import Suppressed
from wasl.restoring import restored
from wasl_contracts import Content, Envelope, Mark, Reason, State

_ATTEMPTS = 10  # the position of that column in what CLAIM returns
LEASE = 60 * 1_000_000
"""How long a claim holds without a sign of life, in microseconds; that of a call begins when the call must have ended."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker alone may move on, until its lease ends; and what it is for."""

    brand: str
    message_id: str
    number: int
    state: State
    reason: Reason | None
    marks: tuple[Mark, ...]
    fence: int
    lane: str
    channel: str | None
    address_hash: str | None
    provider: str | None
    attempts: int
    refused: tuple[str, ...]
    tried: tuple[str, ...]
    envelope: Envelope
    unproven: bool = False
    """An earlier call may have sent it, so it may not go by another provider or channel."""

    @property
    def key(self) -> Values:
        """The parameters that name it in an update, fence included."""
        return {"key_brand": self.brand, "key_message": self.message_id, "key_number": self.number, "key_fence": self.fence}


@dataclass(frozen=True, slots=True)
class Release:
    """A claimed delivery that goes back without a change of state: due at that moment (None: until something happens), by that lane."""

    claimed: Claimed
    lane: str
    due_at: int | None


async def claim(tx: Transaction, rooms: Mapping[str, int], now: int) -> list[tuple[str, Row]]:
    """Claim up to so many due deliveries of each lane; returns the lane and the row of each."""
    found = []
    for lane, room in rooms.items():
        rows = await tx.fetch(sql.CLAIM, {"lane": lane, "now": now, "room": room, "lease_ends": now + LEASE})
        found += [(lane, row) for row in rows]
    return found


async def read_envelopes(tx: Transaction, rows: Sequence[tuple[str, Row]], keys: KeyRing) -> list[Claimed]:
    """The envelopes of claimed rows: one query for the batch, and one for those that were called before."""
    wanted = json.dumps(list({(row[0], row[1]) for _, row in rows}))
    envelopes = {(row[0], row[1]): _envelope(row, keys) for row in await tx.fetch(sql.CLAIMED_MESSAGES, {"keys": wanted})}
    called = [row[:3] for _, row in rows if row[_ATTEMPTS]]
    unproven = set(await tx.fetch(sql.UNPROVEN, {"keys": json.dumps(called)})) if called else set()
    return [_claimed(lane, row, envelopes[row[0], row[1]], unproven=row[:3] in unproven) for lane, row in rows]


async def read_suppressed(tx: Transaction, keys: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], Suppressed]:
    """Which of these (brand, channel, address hash) are on the suppression list: one query."""
    rows = await tx.fetch(sql.SUPPRESSED, {"keys": json.dumps(keys)}) if keys else []
    return {
        (brand, channel, hashed): Suppressed(Reason(reason), moment(since), source)
        for brand, channel, hashed, reason, since, source in rows
    }


async def release(tx: Transaction, releases: Sequence[Release]) -> None:
    """Give claims back."""
    await tx.many(sql.RELEASE, [{**r.claimed.key, "due_at": r.due_at, "lane": r.lane} for r in releases])


def _claimed(lane: str, row: Row, envelope: Envelope, *, unproven: bool) -> Claimed:
    brand, message_id, number, state, reason, marks, fence, channel, address_hash, provider, attempts, refused, tried = row
    return Claimed(
        brand=brand,
        message_id=message_id,
        number=number,
        state=State(state),
        reason=Reason(reason) if reason else None,
        marks=tuple(map(Mark, json.loads(marks))) if marks != "[]" else (),
        fence=fence,
        lane=lane,
        channel=channel,
        address_hash=address_hash,
        provider=provider,
        attempts=attempts,
        refused=tuple(json.loads(refused)) if refused != "[]" else (),
        tried=tuple(json.loads(tried)) if tried != "[]" else (),
        envelope=envelope,
        unproven=unproven,
    )


def _envelope(row: Row, keys: KeyRing) -> Envelope:
    (
        brand, message_id, created_at, due_at, expires_at, topic, category, mode, channels, locale, template, version, about, body,
        metadata, recipient_id, audience, timezone, sealed,
    ) = row  # fmt: skip
    addresses, attributes = unseal(sealed, brand, recipient_id, keys)
    told = json.loads(body)
    fields: dict[str, object] = {
        "message_id": message_id,
        "brand": brand,
        "recipient_id": recipient_id,
        "audience": audience,
        "addresses": addresses,
        "locale": locale,
        "timezone": timezone,
        "attributes": attributes,
        "content": Content.model_validate(told["content"]) if "content" in told else None,
        "template": template,
        "template_version": version,
        "data": told.get("data", {}),
        "topic": topic,
        "category": category,
        "channels": tuple(json.loads(channels)),
        "mode": mode,
        "about": about,
        "metadata": json.loads(metadata) if metadata != "{}" else {},
        "created_at": moment(created_at),
        "send_at": moment(due_at) if due_at > created_at else None,
        "expires_at": moment(expires_at),
    }
    return restored(Envelope, fields)
