"""Which delivery a report tells of: by the id of its attempt, by the provider's own id, or by the address that it names."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pydantic_core import to_json
from sqlalchemy import null, select
from sqlalchemy.sql.elements import ColumnElement

from wasl.ledger.hot import Hot, Row, among
from wasl.ledger.port import Reader
from wasl.ledger.reports import Report
from wasl.ledger.suppressions import ALL_BRANDS
from wasl.ledger.tables import attempts, deliveries, messages, provider_refs
from wasl.states import PENDING
from wasl_contracts import State

Missing = Literal["orphan", "foreign"]
"""Nothing that we know; or something that the provider has nothing to do with: another one made that call, or it serves other brands."""

_EARLY = PENDING | {State.SENDING}
_of_message = (messages.c.brand == deliveries.c.brand) & (messages.c.id == deliveries.c.message_id)
_told = ("state", "reason", "code", "marks", "channel", "address_hash", "address", "flow", "ordering_key", "tried", "provider")
_delivery = (*(deliveries.c[name] for name in _told), select(messages.c.proof).where(_of_message).scalar_subquery())
_called = (attempts.c.brand, attempts.c.message_id, attempts.c.delivery, attempts.c.number)
_own: ColumnElement[bool] = (
    (deliveries.c.brand == attempts.c.brand)
    & (deliveries.c.message_id == attempts.c.message_id)
    & (deliveries.c.number == attempts.c.delivery)
)
_CALLED = Hot(select(*_called, attempts.c.provider, *_delivery).join_from(attempts, deliveries, _own).where(among(*_called, name="keys")))
_sent = (deliveries.c.brand, deliveries.c.message_id, deliveries.c.number)
_SENT = Hot(select(*_sent, null(), deliveries.c.provider, *_delivery).where(among(*_sent, name="keys")))
_REFS = Hot(select(*provider_refs.columns).where(among(provider_refs.c.provider, provider_refs.c.ref, name="keys")))


class Found(NamedTuple):
    """A delivery as it is, and the attempt by which it was found; None where the provider named only the person."""

    brand: str
    message_id: str
    delivery: int
    attempt: int | None
    called: str
    """The provider of that attempt."""
    state: str
    reason: str | None
    code: str | None
    marks: str
    channel: str | None
    address_hash: str | None
    address: str | None
    flow: str
    ordering_key: str | None
    tried: str
    provider: str | None
    proof: str | None
    """What its message waits for before the next channel goes; None: it does not escalate."""

    @property
    def key(self) -> tuple[str, str, int]:
        return self.brand, self.message_id, self.delivery

    @property
    def early(self) -> bool:
        """Whether our own account of it is still to come, so that a report of it has to wait."""
        return self.state in _EARLY

    @property
    def erased(self) -> bool:
        """Whether the person was erased since: nothing that they wrote, or that tells of them, is kept any more."""
        return self.address_hash == ""


Match = Found | Missing


@dataclass(frozen=True, slots=True)
class Serving:
    """All brands of the installation, and those of providers that serve only some."""

    brands: tuple[str, ...]
    only: Mapping[str, Sequence[str]]

    def serves(self, provider: str, brand: str) -> bool:
        """Whether messages of the brand go by this provider."""
        return brand in (self.only.get(provider) or (brand,))

    def meant_by(self, provider: str) -> Sequence[str]:
        """For which brands what somebody says counts of whom no message is known: all that they may mean."""
        if self.only.get(provider):
            return self.only[provider]
        return self.brands if len(self.brands) == 1 else (ALL_BRANDS,)


async def match(reader: Reader, reports: Sequence[Report], serving: Serving) -> list[Match]:
    """What each tells of; one query for those that name an attempt, one more for each other way of naming."""
    refs = await _by_ref(reader, [r for r in reports if r.attempted is None and r.provider_ref is not None])
    called = {(brand, *r.attempted) for r in reports if r.attempted is not None for brand in serving.brands} | {*refs.values()}
    calls: dict[tuple[object, ...], Found] = {}
    for row in await rows_of(reader, _CALLED, called):
        one = Found._make(row)
        calls[row[:4]] = calls[row[1:4]] = one
    last = {tuple(r.last) for r in reports if r.last is not None}
    sent = {row[:3]: Found._make(row) for row in await rows_of(reader, _SENT, last)}
    return [_allowed(r, _one(r, refs, calls, sent), serving) for r in reports]


async def rows_of(reader: Reader, statement: Hot, keys: Collection[tuple[object, ...]]) -> list[Row]:
    """The rows of these keys; no query for none."""
    return await reader.fetch(statement, {"keys": to_json(list(keys)).decode()}) if keys else []


async def _by_ref(reader: Reader, reports: Sequence[Report]) -> dict[tuple[str, str], tuple[str, str, int, int]]:
    rows = await rows_of(reader, _REFS, {(r.provider, str(r.provider_ref)) for r in reports})
    return {(row[0], row[1]): (row[2], row[3], row[4], row[5]) for row in rows}


def _one(
    report: Report,
    refs: Mapping[tuple[str, str], tuple[str, str, int, int]],
    calls: Mapping[tuple[object, ...], Found],
    sent: Mapping[tuple[object, ...], Found],
) -> Found | None:
    by_call: Found | None = None
    if report.attempted is not None:
        by_call = calls.get(tuple(report.attempted))
    elif (ref := refs.get((report.provider, report.provider_ref or ""))) is not None:
        by_call = calls.get(ref)
    return by_call or (sent.get(tuple(report.last)) if report.last is not None else None)


def _allowed(report: Report, one: Found | None, serving: Serving) -> Match:
    if one is None:
        return "orphan"
    if not serving.serves(report.provider, one.brand) or (one.attempt is not None and one.called != report.provider):
        return "foreign"
    return one
