"""A person's life as a page lists it: by day, each message with what became of it on every channel."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from wasl.console.times import Times
from wasl.console.words import msgid
from wasl.person_life import LifeDelivery, LifeEntry, LifeMessage
from wasl_contracts import Mark, State

_ONE_ADDRESS = frozenset({"email", "sms", "voice"})  # channels on which a person has one address at a time
_CALLED = frozenset({State.SENT, State.DELIVERED, State.BOUNCED, State.FAILED, State.UNKNOWN})
AFTER_FAILURE: Final = msgid("instead of another way, which failed")
NOT_OPEN: Final = msgid("instead of another way, which was not open")
OTHER_ADDRESS: Final = msgid("instead of another address, which was not open")
NO_PROOF: Final = msgid("in addition, as no proof of the way before came in time")
BESIDE: Final = msgid("beside another way")


@dataclass(frozen=True, slots=True)
class Went:
    """How a message went on one channel.

    `beside` says what it has to do with the other ways of the same message: whether it went instead of one or in addition; empty where
    there was no other. `moved`: the message before it on this channel went to another address. `seconds`: from being asked for to its
    state, where a call was made.
    """

    delivery: LifeDelivery
    beside: str = ""
    moved: bool = False
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """Something of the list; of a message also how it went."""

    entry: LifeEntry
    ways: tuple[Went, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """A day by the clocks of the viewer's choice, newest first."""

    title: str
    items: tuple[Item, ...]


def days(entries: Sequence[LifeEntry], times: Times) -> tuple[Day, ...]:
    """The entries, newest first, by the days of a zone."""
    items = _items(entries)
    by_day = groupby(items, key=lambda item: times.local(item.entry.at).date())
    return tuple(Day(times.weekday(own[0].entry.at), own) for own in (tuple(group) for _, group in by_day))


def _items(entries: Sequence[LifeEntry]) -> list[Item]:
    last: dict[str, str] = {}
    items = []
    for entry in reversed(entries):
        ways: tuple[Went, ...] = ()
        if isinstance(entry, LifeMessage):
            ways = tuple(_went(entry, place, last) for place in range(len(entry.deliveries)))
        items.append(Item(entry, ways))
    return items[::-1]


def _went(message: LifeMessage, place: int, last: dict[str, str]) -> Went:
    one = message.deliveries[place]
    called = one.state in _CALLED
    seconds = (one.ended_at - message.at).total_seconds() if one.ended_at is not None and called else None
    return Went(one, _beside(one, message.deliveries[:place]) if called else "", _moved(one, last), seconds)


def _beside(one: LifeDelivery, before: Sequence[LifeDelivery]) -> str:
    """What a way that was taken has to do with those before it, and with those that were not taken."""
    if Mark.ESCALATED in one.marks:
        return NO_PROOF
    if one.tried:  # what takes over names the channels before it; the devices of a person and the channels of `all` name none
        return AFTER_FAILURE
    sooner = {missed.channel == one.channel for missed in one.instead if missed.sooner}
    if sooner:
        return NOT_OPEN if False in sooner else OTHER_ADDRESS
    return BESIDE if any(other.state in _CALLED for other in before) else ""


def _moved(one: LifeDelivery, last: dict[str, str]) -> bool:
    if one.channel not in _ONE_ADDRESS or one.address is None:
        return False
    before = last.get(one.channel)
    last[one.channel] = one.address
    return before is not None and before != one.address


def messages_of(entries: Iterable[LifeEntry]) -> list[LifeMessage]:
    """The messages among them."""
    return [entry for entry in entries if isinstance(entry, LifeMessage)]
