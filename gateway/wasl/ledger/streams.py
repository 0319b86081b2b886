"""What is read of a whole ledger in one stream each, sorted, for those who check messages against each other (walking.py)."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Select, and_, case, func, or_, select

from wasl.ledger.statements import DOUBTFUL
from wasl.ledger.stories import FOREVER
from wasl.ledger.tables import attempts, deliveries, events, messages
from wasl.ledger.uses import GIVEN_BACK
from wasl.states import LIVE, PENDING, REPLAYED
from wasl_contracts import Reason, State


def _every_turn() -> Select[Any]:
    keys = (deliveries.c.brand, deliveries.c.ordering_key, deliveries.c.message_id)
    waits = and_(
        deliveries.c.attempts == 0,
        deliveries.c.state.in_(sorted(PENDING)),
        func.coalesce(deliveries.c.reason, "") != Reason.AFTER_RESTORE,
    )
    replayed = select(events.c.at).where(events.c.brand == keys[0], events.c.message_id == keys[2], events.c.type == REPLAYED).exists()
    ended = case((attempts.c.number.is_(None), None), else_=func.coalesce(attempts.c.ended_at, FOREVER))
    facts = [func.min(messages.c.created_at), func.min(attempts.c.started_at), func.max(ended), func.max(case((waits, 1), else_=0))]
    child = and_(attempts.c.brand == keys[0], attempts.c.message_id == keys[2], attempts.c.delivery == deliveries.c.number)
    return (
        select(*keys, *facts, func.max(case((replayed, 1), else_=0)))
        .join_from(deliveries, messages, and_(messages.c.brand == keys[0], messages.c.id == keys[2]))
        .outerjoin(attempts, child)
        .where(keys[1].is_not(None))
        .group_by(*keys)
        .order_by(*keys)
    )


TURNS = _every_turn()


def _alike(what: Column[Any], *more: Column[Any]) -> Select[Any]:
    """The messages that have such a key, those to a recipient with one of them together, as they were accepted."""
    keys = (messages.c.brand, messages.c.recipient_id, what, messages.c.created_at, messages.c.id)
    return select(*keys, *more).where(what.is_not(None)).order_by(*keys)


def _told() -> ColumnElement[bool]:
    """Whether a call of a message is out, was taken or may have been."""
    stands = deliveries.c.state.in_(sorted(LIVE - PENDING | {State.SENT, State.DELIVERED}))
    its = and_(deliveries.c.brand == messages.c.brand, deliveries.c.message_id == messages.c.id)
    return select(deliveries.c.number).where(its, or_(stands, and_(deliveries.c.state != State.BOUNCED, DOUBTFUL))).exists()


def _every_use() -> Select[Any]:
    keys = (attempts.c.brand, attempts.c.recipient_id, attempts.c.started_at, attempts.c.message_id, attempts.c.delivery, attempts.c.number)
    its_own = case((deliveries.c.decided_at == attempts.c.started_at, deliveries.c.decision))  # an intent is written with its decision
    child = and_(deliveries.c.brand == keys[0], deliveries.c.message_id == keys[3], deliveries.c.number == keys[4])
    return (
        select(*keys, messages.c.topic, messages.c.category, deliveries.c.channel, its_own)
        .join_from(attempts, messages, and_(messages.c.brand == keys[0], messages.c.id == keys[3]))
        .join(deliveries, child)
        .where(keys[1].is_not(None), func.coalesce(attempts.c.outcome, "").not_in(GIVEN_BACK))
        .order_by(*keys)
    )


USES = _every_use()
ABOUTS = _alike(messages.c.about, messages.c.supersedes).where(messages.c.superseded_by.is_(None))
FACTS = _alike(messages.c.fact).where(_told())
