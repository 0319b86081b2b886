"""Ticket texts of messages: what was sent, when, by which way and how it went."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone_location

from wasl.answers import DeliverySeen, MessageSeen
from wasl.console.tickets.wording import Wording, wording
from wasl.console.words import comma
from wasl.person_life import LifeDelivery, LifeMessage
from wasl.states import rank
from wasl_contracts import State

_ARRIVED = frozenset({State.DELIVERED})


class Reader(NamedTuple):
    """For whom a ticket is written: their language, their zone, and what topics are called in that language."""

    lang: str
    zone: str
    titles: Mapping[str, Mapping[str, str]]
    """By topic, by locale."""


def for_customer(messages: Sequence[LifeMessage], reader: Reader) -> str:
    """Plain text for the customer: no address, no id, nothing that a message said."""
    words = wording(reader.lang)
    if not messages:
        return words.nothing
    lines = [_line(message, words, reader) for message in messages]
    zone = get_timezone_location(ZoneInfo(reader.zone), locale=reader.lang, return_city=True) if reader.zone != "UTC" else "UTC"
    head = [words.heading, ""] if len(lines) > 1 else []
    return "\n".join([*head, *lines, "", words.zone.format(zone=zone)])


def for_staff(person: str, brand: str, messages: Sequence[LifeMessage]) -> str:
    """Plain text for staff: ids, states and codes in UTC; no address, nothing that a message said."""
    lines = [f"person {person} · brand {brand}"]
    for message in messages:
        lines.append(f"{message.id} · {_utc(message.at)} · {message.template or message.topic} · {message.category} · {message.state}")
        lines += [f"  {_staff_line(one)}" for one in message.deliveries]
    return "\n".join(lines)


def of_message(seen: MessageSeen) -> LifeMessage:
    """A message as the list of a person's life has it."""
    deliveries = []
    for one in seen.deliveries:
        ends = [entry.at for entry in seen.timeline if entry.delivery == one.id]
        told = one.model_dump(include={"id", "state", "reason", "provider", "marks", "due_at"})
        told |= {"channel": one.channel or _spoken(seen, one), "address": one.address}
        code = next((call.code for call in reversed(one.attempts) if call.code), None)
        deliveries.append(
            LifeDelivery.model_validate({**told, "code": code, "calls": len(one.attempts), "ended_at": max(ends, default=None)})
        )
    told = seen.model_dump(include={"id", "topic", "category", "template", "state"})
    return LifeMessage.model_validate({**told, "at": seen.created_at, "deliveries": tuple(deliveries)})


def _spoken(seen: MessageSeen, one: DeliverySeen) -> str | None:
    """The channel of the candidate whose reason a delivery has for which nothing was called."""
    candidates = (candidate for decision in seen.decisions if decision.delivery == one.id for candidate in decision.candidates)
    return next((candidate.channel for candidate in candidates if one.reason is not None and candidate.reason is one.reason), None)


def _line(message: LifeMessage, words: Wording, reader: Reader) -> str:
    leading = min(message.deliveries, key=lambda one: rank(one.state))
    at = message.at.astimezone(ZoneInfo(reader.zone))
    hour = format_time(at, "HH:mm", tzinfo=at.tzinfo, locale=reader.lang)
    when = f"{format_date(at, locale=reader.lang)}{comma(reader.lang)}{hour}"
    outcome = words.states[leading.state]
    if leading.reason is not None and leading.state not in _ARRIVED:
        outcome = f"{outcome} {words.why(leading.reason)}"
    what = _title(message, reader) or words.categories[message.category]
    if leading.channel is None:
        return words.unrouted.format(when=when, what=what, outcome=outcome)
    return words.line.format(when=when, what=what, channel=words.channels.get(leading.channel, leading.channel), outcome=outcome)


def _title(message: LifeMessage, reader: Reader) -> str | None:
    by_language = {locale.partition("-")[0]: title for locale, title in reader.titles.get(message.topic, {}).items()}
    return by_language.get(reader.lang)


def _staff_line(one: LifeDelivery) -> str:
    told = [one.id, one.channel or "no channel yet", one.provider, str(one.state), one.reason, f"code {one.code}" if one.code else None]
    ended = f"at {_utc(one.ended_at)}" if one.ended_at is not None else None
    return " · ".join(part for part in (*told, ended) if part)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
