"""Consent: what a person said of a topic on a channel, row by row, and the fold that tells what holds.

Rows are only added. What held at some moment is the fold of the rows up to it, so it needs no state of its own.
"""

from collections.abc import Iterable
from datetime import datetime
from ipaddress import ip_address
from typing import Annotated, Literal, NamedTuple, Protocol

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints
from pydantic_core import PydanticCustomError

from wasl.config.topics import ConsentRule
from wasl_contracts import Reason
from wasl_contracts.model import Frozen, Moment, Name, Slug, Text
from wasl_contracts.recipient import Locale

EVERY = "*"
"""Every topic, or every channel."""
State = Literal["granted", "withdrawn", "pending"]
Source = Literal["api", "preference_page", "one_click", "keyword", "double_opt_in", "import", "support", "provider"]


def _ip(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise PydanticCustomError("bad_ip", "is not an IP address; write it like 203.0.113.7 or 2001:db8::7") from None


Ip = Annotated[str, StringConstraints(max_length=45), AfterValidator(_ip)]
"""An IP address, in its usual spelling."""
Wording = Annotated[Text, StringConstraints(min_length=1, max_length=10_000)]
"""What was shown to them."""


class ConsentChange(Frozen):
    """One thing that a person said, or that somebody says for them: `granted`, `withdrawn`, or `pending` until they confirm it.

    `*` is every topic, or every channel. `actor` is who wrote it down. Wording, its version, locale and IP address are the evidence.
    """

    topic: Slug | Literal["*"] = "*"
    channel: Slug | Literal["*"] = "*"
    state: State
    source: Source = "api"
    actor: Name = "application"
    wording: Wording | None = None
    wording_version: Name | None = None
    locale: Locale | None = None
    ip: Ip | None = Field(None, repr=False)


class ConsentAsk(Frozen):
    """A question to a person: what they are asked for, and the words in which they are asked."""

    topic: Slug | Literal["*"]
    channel: Slug | Literal["*"]
    wording: Wording | None = None
    wording_version: Name | None = None
    locale: Locale | None = None


class ConsentAsked(Frozen):
    """The token by which they confirm. Send it to the address in question: who has it confirms."""

    token: str = Field(repr=False)


class ConsentAnswer(Frozen):
    """Their answer: the token that was sent to them, and where the answer came from."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=2048)] = Field(repr=False)
    ip: Ip | None = Field(None, repr=False)


class AsOf(Frozen):
    """A moment of the past."""

    at: Moment | None = None


class ConsentRow(Frozen):
    """A row of the ledger as shown: the IP address masked. `confirms` is the pending row that it answers."""

    id: str
    at: AwareDatetime
    topic: str
    channel: str
    state: State
    source: Source
    actor: str
    wording: str | None = None
    wording_version: str | None = None
    locale: str | None = None
    ip: str | None = Field(None, repr=False)
    confirms: str | None = None


class Effective(Frozen):
    """What holds for a topic on a channel: whether it may go, and the row or the setting from which that follows.

    `state` is what they said, `none` where they said nothing of it: then `rule` decides.
    """

    topic: str
    channel: str
    allowed: bool
    state: Literal["granted", "withdrawn", "none"]
    rule: ConsentRule
    source: str
    reason: Reason | None = None


class ConsentSeen(Frozen):
    """The consent of a recipient at a moment: what holds for each topic and channel that is configured, and every row up to then."""

    recipient: str
    at: AwareDatetime
    effective: tuple[Effective, ...]
    rows: tuple[ConsentRow, ...]


class ConsentFilters(Frozen):
    """Which rows of the ledger to list; all that are given must hold. `*` is what speaks of every topic, or of every channel."""

    recipient: str | None = None
    topic: str | None = None
    channel: str | None = None
    state: State | None = None
    source: Source | None = None

    def fit(self, row: "ConsentRow") -> bool:
        """Whether a row is one of them; of whom it is was asked before."""
        told = ((self.topic, row.topic), (self.channel, row.channel), (self.state, row.state), (self.source, row.source))
        return all(wanted in (None, found) for wanted, found in told)


class ConsentEntry(Frozen):
    """A row of the ledger, and whose it is."""

    recipient: str
    row: ConsentRow


class ConsentPage(Frozen):
    """Rows of the ledger: of one person the newest first; of all of them in the order of their ids, of each the oldest first.

    `looked_at` is how many rows were looked at for this page: where hardly any fit, a page may hold less than it could, or nothing, and
    have more behind it.
    """

    data: tuple[ConsentEntry, ...]
    looked_at: int
    next_cursor: str | None = None
    has_more: bool = False


class Said(NamedTuple):
    """What policies need to know of a row."""

    id: str
    at: datetime
    topic: str
    channel: str
    state: State


class Word(Protocol):
    """A row, to the fold; ids sort by time."""

    @property
    def id(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def topic(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def state(self) -> State: ...


class Choice(NamedTuple):
    """What they chose, and the row that says so. `hard`: they turned the whole channel off."""

    row: Word
    granted: bool
    hard: bool = False


def choice(rows: Iterable[Word], topic: str, channel: str) -> Choice | None:
    """What a person chose for a topic on a channel, by the newest row of each scope; None where they said nothing of it.

    1. What turns off every topic on the channel holds against everything. Of the channel itself only a later grant of just that
       channel lifts it; of all channels, one of all channels does too.
    2. Else what they said of the topic on the channel, then of the topic, then of the channel, then of everything. But a later no to
       the topic takes back an earlier yes to it on one channel.

    A pending row changes nothing.
    """
    newest = _newest(rows, topic, channel)
    here, everywhere = newest.get((EVERY, channel)), newest.get((EVERY, EVERY))
    if here is not None and here.state == "withdrawn":
        return Choice(here, granted=False, hard=True)
    if everywhere is not None and everywhere.state == "withdrawn":
        if here is None or here.id < everywhere.id:
            return Choice(everywhere, granted=False, hard=True)
        everywhere = None
    just, about = newest.get((topic, channel)), newest.get((topic, EVERY))
    if just is not None and about is not None and just.state == "granted" and about.state == "withdrawn" and just.id < about.id:
        just = None
    found = just or about or here or everywhere
    return Choice(found, granted=found.state == "granted") if found is not None else None


def covers(row: Word, topic: str, channel: str) -> bool:
    """Whether it speaks of the topic on the channel."""
    return row.topic in (topic, EVERY) and row.channel in (channel, EVERY)


def _newest(rows: Iterable[Word], topic: str, channel: str) -> dict[tuple[str, str], Word]:
    """The newest row of each scope that covers the topic and the channel."""
    newest: dict[tuple[str, str], Word] = {}
    for row in rows:
        if row.state != "pending" and covers(row, topic, channel):
            scope = row.topic, row.channel
            if scope not in newest or newest[scope].id < row.id:
                newest[scope] = row
    return newest


def masked_ip(ip: str) -> str:
    """Enough of an address to recognise its network: `203.0.•••`, `2001:db8:•••`."""
    parts, mark = (ip.split(":"), ":") if ":" in ip else (ip.split("."), ".")
    return mark.join([*parts[:2], "•••"])
