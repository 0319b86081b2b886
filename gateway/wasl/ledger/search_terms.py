"""The terms of a search as SQL: a condition on a message (`messages`) and on the delivery whose state is its own (`leading`)."""

import json
from collections.abc import Callable, Mapping

from sqlalchemy import ColumnElement, Text, and_, case, cast, exists, false, func, literal, not_, or_, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB

from wasl.event_types import EventType
from wasl.ledger.hot import either
from wasl.ledger.rows import LONGEST_REFERENCE
from wasl.ledger.tables import deliveries, events, message_files, messages
from wasl.searching.language import PEOPLE, TEXT, Term
from wasl.searching.tokens import Value
from wasl.searching.vocabulary import FAILED, META, STATES
from wasl.states import REPLAYED, rank
from wasl_contracts import Mark, Reason, State

Condition = ColumnElement[bool]
leading = deliveries.alias("leading")
"""The delivery whose state is the message's; of two alike the first."""
_other = deliveries.alias("other")
_RANK = case({state.value: rank(state) for state in State}, value=_other.c.state)
LEADS: Condition = and_(
    leading.c.brand == messages.c.brand,
    leading.c.message_id == messages.c.id,
    leading.c.number
    == select(_other.c.number)
    .where(_other.c.brand == messages.c.brand, _other.c.message_id == messages.c.id)
    .order_by(_RANK, _other.c.number)
    .limit(1)
    .scalar_subquery(),
)
"""Joins `leading` to `messages`."""
_ESCAPE = "\\"


def condition(term: Term) -> Condition:
    """What must hold of a message where the term does."""
    held = _meta(term) if term.key.lower().startswith(META) else _CONDITIONS[term.key](term)
    return not_(func.coalesce(held, false())) if term.negated else held


def states(term: Term) -> list[State]:
    """The states that a term leaves; none where it tells nothing of states."""
    if term.key == "status" and not term.negated:
        return [STATES[value.text] for value in term.values]
    if term.key == "is" and not term.negated:
        left = [_IS_STATES.get(value.text, ()) for value in term.values]
        return sorted({state for one in left for state in one}) if all(left) else []
    return []


def _matches(column: ColumnElement[str | None], values: tuple[Value, ...]) -> Condition:
    whole = [value.text for value in values if not value.prefix]
    begun = [column.like(_like(value.text) + "%", escape=_ESCAPE) for value in values if value.prefix]
    return or_(*([column.in_(whole)] if whole else []), *begun)


def _like(text: str) -> str:
    for special in (_ESCAPE, "%", "_"):
        text = text.replace(special, _ESCAPE + special)
    return text


def _of(column: ColumnElement[str | None]) -> Callable[[Term], Condition]:
    return lambda term: _matches(column, term.values)


def _tried(wanted: Condition) -> Condition:
    """Whether a delivery of the message is like that."""
    return exists().where(_other.c.brand == messages.c.brand, _other.c.message_id == messages.c.id, wanted).correlate(messages)


def _way(column: ColumnElement[str | None]) -> Callable[[Term], Condition]:
    return lambda term: _tried(_matches(column, term.values))


def _status(term: Term) -> Condition:
    return leading.c.state.in_([STATES[value.text].value for value in term.values])


def _ref(term: Term) -> Condition:
    whole = [value.text for value in term.values]
    told = [messages.c.about.in_(whole), messages.c.reference.in_([one[:LONGEST_REFERENCE] for one in whole])]
    return or_(*told, _tried(_other.c.provider_ref.in_(whole)))


def _request(term: Term) -> Condition:
    return or_(*(messages.c.origin.like(f"{_like(value.text)} %", escape=_ESCAPE) for value in term.values))


def _people(term: Term) -> Condition:
    texts = [value.text for value in term.values]
    return tuple_(messages.c.brand, messages.c.recipient_id).in_(list(zip(texts[::2], texts[1::2], strict=True)))


def _marked(mark: str) -> Condition:
    return _tried(_other.c.marks.like(f'%"{mark}"%'))


def _is(term: Term) -> Condition:
    return or_(*(_IS[value.text] if value.text in _IS else _marked(value.text) for value in term.values))


def _has(term: Term) -> Condition:
    return or_(*(_HAS[value.text] for value in term.values))


def _meta(term: Term) -> Condition:
    name = term.key[len(META) :]
    told = _json_text(name)
    return and_(messages.c.metadata != "{}", _matches(told, term.values))


def _json_text(name: str) -> ColumnElement[str | None]:
    """A value of the metadata as text."""
    place = literal(f"$.{json.dumps(name)}")
    of_type = func.json_type(messages.c.metadata, place)
    told = cast(func.json_extract(messages.c.metadata, place), Text)
    lite = case((of_type.in_(["true", "false"]), of_type), else_=told)
    return either(lite, cast(messages.c.metadata, JSONB).op("->>")(literal(name)))  # type: ignore[return-value]  # no condition, but the same on each engine


def _tag(term: Term) -> Condition:
    tags = func.json_each(messages.c.metadata, literal("$.tags")).table_valued("value", name="tags")
    texts = [value.text for value in term.values]
    lite = exists(select(1).select_from(tags).where(cast(tags.c.value, Text).in_(texts)))
    there = cast(messages.c.metadata, JSONB).op("->")(literal("tags"))
    postgres = or_(*(there.op("@>")(cast(literal(json.dumps(text)), JSONB)) for text in texts))
    return and_(messages.c.metadata != "{}", either(lite, postgres))


def _text(term: Term) -> Condition:
    """Somewhere in what is told of the message beside its content."""
    value = term.values[0]
    like = f"%{_like(value.text)}%"
    told = [messages.c.recipient_id, messages.c.template, messages.c.topic, messages.c.about, messages.c.metadata]
    return or_(*(column.ilike(like, escape=_ESCAPE) for column in told), _tried(_other.c.code.ilike(like, escape=_ESCAPE)))


_RETRYING = and_(leading.c.state == State.SCHEDULED.value, leading.c.reason == Reason.RETRYING.value)
_REPLAYED: EventType | str = REPLAYED
_IS: Mapping[str, Condition] = {
    "failed": leading.c.state.in_([state.value for state in FAILED]),
    "withheld": leading.c.state == State.WITHHELD.value,
    "skipped": leading.c.state == State.WITHHELD.value,
    "retrying": _RETRYING,
    "scheduled": and_(leading.c.state.in_([State.SCHEDULED.value, State.ACCEPTED.value]), not_(func.coalesce(_RETRYING, false()))),
    "unconfirmed": and_(leading.c.state == State.SENT.value, leading.c.marks.like(f'%"{Mark.UNCONFIRMED}"%')),
    "failover": _tried(or_(_other.c.tried != "[]", _other.c.reason == Reason.FAILOVER.value)),
    "resent": exists()
    .where(events.c.brand == messages.c.brand, events.c.message_id == messages.c.id, events.c.type == _REPLAYED)
    .correlate(messages),
    "test": or_(_marked(Mark.SIMULATED), leading.c.reason == Reason.TEST_MODE.value),
}
_IS_STATES: Mapping[str, tuple[State, ...]] = {
    "failed": FAILED,
    "withheld": (State.WITHHELD,),
    "skipped": (State.WITHHELD,),
    "retrying": (State.SCHEDULED,),
    "scheduled": (State.SCHEDULED, State.ACCEPTED),
    "unconfirmed": (State.SENT,),
}
_HAS: Mapping[str, Condition] = {
    "attachment": exists()
    .where(message_files.c.brand == messages.c.brand, message_files.c.message_id == messages.c.id)
    .correlate(messages),
    "error": _tried(_other.c.code.is_not(None)),
    "reference": or_(messages.c.about.is_not(None), messages.c.reference.is_not(None)),
}
_CONDITIONS: Mapping[str, Callable[[Term], Condition]] = {
    TEXT: _text,
    PEOPLE: _people,
    "person": _of(messages.c.recipient_id),
    "channel": _way(_other.c.channel),
    "status": _status,
    "reason": _of(leading.c.reason),
    "template": _of(messages.c.template),
    "topic": _of(messages.c.topic),
    "category": _of(messages.c.category),
    "provider": _way(_other.c.provider),
    "ref": _ref,
    "id": _of(messages.c.id),
    "request": _request,
    "tag": _tag,
    "error": _way(_other.c.code),
    "locale": _of(messages.c.locale),
    "brand": _of(messages.c.brand),
    "is": _is,
    "has": _has,
}
