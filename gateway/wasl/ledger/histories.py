"""The history of one person over all channels: messages, consents and suppressions as one timeline, in pages, newest first.

There is no index of events by person: the messages of one are found by their index, and the rest by them. Each kind of thing that
happens is one query for a page; the pages of all kinds are merged. Their order is total: by moment, by kind, by key.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from wasl.clock import moment
from wasl.decision_reading import Decided, decode
from wasl.ids import attempt_id, delivery_id
from wasl.ledger.tables import attempts, consents, deliveries, events, messages, suppression_changes
from wasl.person_seen import PersonEntry

Found = Row[Any]
Place = tuple[str, str]
"""A channel, and the hash of an address there."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that happens to a person: where it is found, by which moment and key it is ordered, how it is told."""

    query: Select[Any]
    at: ColumnElement[Any]
    key: tuple[ColumnElement[Any], ...]
    tell: Callable[[Found], PersonEntry]


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a timeline: the entry of that kind with that moment and key."""

    at: int
    kind: int
    key: tuple[str | int, ...]

    @classmethod
    def read(cls, told: Sequence[Any]) -> "Where":
        return cls(told[0], told[1], tuple(told[2:]))

    @property
    def told(self) -> tuple[str | int, ...]:
        return (self.at, self.kind, *self.key)


async def page(
    connection: AsyncConnection, kinds: Sequence[Kind], before: Where | None, limit: int
) -> tuple[list[PersonEntry], Where | None]:
    """Entries older than a place, newest first, and the place of the last one where there are more."""
    found: list[tuple[Where, PersonEntry]] = []
    for number, kind in enumerate(kinds):
        newest = [kind.at.desc(), *(column.desc() for column in kind.key)]
        query = kind.query.add_columns(kind.at.label("place_at"), *(column.label(f"place_{n}") for n, column in enumerate(kind.key)))
        older = query if before is None else query.where(_older(kind, number, before))
        for row in (await connection.execute(older.order_by(*newest).limit(limit + 1))).all():
            place = Where(row.place_at, number, tuple(getattr(row, f"place_{n}") for n in range(len(kind.key))))
            found.append((place, kind.tell(row)))
    found.sort(key=lambda one: (one[0].at, one[0].kind), reverse=True)  # stable: within a kind they are in their order
    shown = found[:limit]
    return [entry for _, entry in shown], shown[-1][0] if len(found) > limit else None


def _older(kind: Kind, number: int, before: Where) -> ColumnElement[bool]:
    if number == before.kind:
        return tuple_(kind.at, *kind.key) < tuple_(before.at, *before.key)
    return kind.at <= before.at if number < before.kind else kind.at < before.at


def kinds(brand: str, person_id: str, places: Sequence[Place]) -> list[Kind]:
    """All that can happen to a person. Of two things in the same moment the later kind is the newer one."""
    whose = (messages.c.brand == brand, messages.c.recipient_id == person_id)
    given = [messages.c.topic, messages.c.config]

    def of(table: Any, *columns: Any) -> Select[Any]:
        own = (table.c.brand == messages.c.brand) & (table.c.message_id == messages.c.id)
        return select(*columns).select_from(messages.join(table, own)).where(*whose)

    call = (attempts.c.message_id, attempts.c.delivery, attempts.c.number)
    sent = of(attempts, *attempts.c)
    listed = select(suppression_changes).where(
        suppression_changes.c.brand.in_([brand, "*"]),
        tuple_(suppression_changes.c.channel, suppression_changes.c.address_hash).in_(list(places)),
    )
    asked = select(*(c for c in consents.c if c is not consents.c.sealed)).where(
        consents.c.brand == brand, consents.c.recipient_id == person_id
    )
    return [
        Kind(select(messages).where(*whose), messages.c.created_at, (messages.c.id,), _accepted),
        Kind(sent, attempts.c.started_at, call, _called),
        Kind(sent.where(attempts.c.ended_at.is_not(None)), attempts.c.ended_at, call, _answered),
        Kind(of(events, *events.c), events.c.at, (events.c.message_id, events.c.delivery, events.c.type), _happened),
        Kind(
            of(deliveries, *deliveries.c, *given).where(deliveries.c.decision.is_not(None)),
            deliveries.c.decided_at,
            (deliveries.c.message_id, deliveries.c.number),
            _decided,
        ),
        Kind(asked, consents.c.at, (consents.c.id,), _said),
        Kind(listed, suppression_changes.c.at, tuple(suppression_changes.c[n] for n in ("channel", "address_hash", "id")), _listed),
    ]


def _accepted(row: Found) -> PersonEntry:
    facts = {"topic": row.topic, "category": row.category, "template": row.template, "about": row.about}
    return PersonEntry(at=moment(row.created_at), type="accepted", message=row.id, facts=_told(facts))


def _called(row: Found) -> PersonEntry:
    facts = {"attempt": row.number, "provider": row.provider}
    return PersonEntry(at=moment(row.started_at), type="sending", message=row.message_id, delivery=_delivery(row), facts=facts)


def _answered(row: Found) -> PersonEntry:
    facts = {
        "attempt": attempt_id(row.message_id, row.delivery, row.number), "provider": row.provider, "reason": row.reason, "code": row.code,
    }  # fmt: skip
    return PersonEntry(
        at=moment(row.ended_at), type=f"answer.{row.outcome}", message=row.message_id, delivery=_delivery(row), facts=_told(facts)
    )


def _happened(row: Found) -> PersonEntry:
    facts = json.loads(row.facts)
    if due := facts.pop("due_at", None):
        facts["until"] = moment(due).isoformat()
    return PersonEntry(at=moment(row.at), type=row.type, message=row.message_id, delivery=_delivery(row), facts=facts)


def _decided(row: Found) -> PersonEntry:
    """The reason of each candidate; the whole record is in the message."""
    delivery = delivery_id(row.message_id, row.number)
    decision = decode(row.decision, Decided(delivery, moment(row.decided_at), row.topic, row.config))
    candidates = [
        _told({"channel": one.channel, "address": one.address, "chosen": one.chosen, "reason": one.reason}) for one in decision.candidates
    ]
    return PersonEntry(
        at=moment(row.decided_at), type="decided", message=row.message_id, delivery=delivery, facts={"candidates": list(candidates)}
    )


def _said(row: Found) -> PersonEntry:
    names = ("topic", "channel", "source", "actor", "wording_version")
    facts = {name: getattr(row, name) for name in names}
    return PersonEntry(at=moment(row.at), type=f"consent.{row.state}", facts=_told({"row": row.id, **facts}))


def _listed(row: Found) -> PersonEntry:
    names = ("channel", "reason", "source", "actor", "scope")
    facts = {name: getattr(row, name) or None for name in names}
    return PersonEntry(at=moment(row.at), type=f"suppression.{row.change}", message=row.message_id, facts=_told(facts))


def _told(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}


def _delivery(row: Found) -> str:
    return delivery_id(row.message_id, row.delivery)
