"""From a stored decision back to what was judged: candidates, inputs and verdicts, so that rules can judge them anew."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, get_args

from pydantic import JsonValue

from wasl.clock import moment
from wasl.config.prices import MICROS
from wasl.consent import Said, State
from wasl.decisions import KeptCandidate, KeptVerdict
from wasl.ledger.claims import Claimed
from wasl.ledger.decided import StoredDecision
from wasl.policies.verdict import Allow, Candidate, Cost, Defer, Inputs, Standing, Suppressed, Telling, Use, Verdict, Withhold
from wasl.restoring import restored
from wasl_contracts import Address, Envelope, Reason
from wasl_contracts import State as DeliveryState

_DEVICES = 100
"""Deliveries with higher numbers were opened for further devices of a person (ledger/intents.py)."""


class Terms(NamedTuple):
    """What a configuration makes of a message: its category and the channels of its route."""

    category: str
    channels: tuple[str, ...]


def envelope_of(row: StoredDecision, brand: str, terms: Terms, ways: Sequence[KeptCandidate]) -> Envelope:
    """The envelope, as far as rules look at it; addresses are masked, which still tells the country of a number."""
    fields: dict[str, object] = {
        "message_id": row.message_id, "brand": brand, "recipient_id": row.recipient_id, "audience": row.audience,
        "addresses": tuple(_address(way) for way in ways if way.address), "locale": "", "timezone": _zone(row, ways), "attributes": {},
        "content": None, "template": None, "template_version": None, "brand_version": None, "data": {},
        "topic": row.topic, "category": terms.category, "channels": terms.channels, "mode": row.mode,
        "about": None, "fact": row.fact, "files": (), "files_optional": False, "metadata": {},
        "created_at": moment(row.created_at), "send_at": None, "expires_at": moment(row.expires_at),
    }  # fmt: skip
    return restored(Envelope, fields)


def claimed_of(row: StoredDecision, envelope: Envelope, tried: Sequence[str], *, chosen: bool) -> Claimed:
    """The delivery as it was claimed then: open, unless it had been called before."""
    settled = row.mode == "all" or row.attempts - int(chosen) > 0 or row.number > _DEVICES
    return Claimed(
        brand=envelope.brand, message_id=row.message_id, number=row.number, state=DeliveryState.ACCEPTED, reason=None, marks=(), fence=0,
        lane="", channel=row.channel if settled else None, address_hash=None, provider=None, attempts=0, refused=(), tried=tuple(tried),
        envelope=envelope,
    )  # fmt: skip


def candidate_of(way: KeptCandidate, envelope: Envelope) -> Candidate:
    """A candidate; its masked address stands for the hash too."""
    private = seen_by(way, "privacy").get("private", True)
    address, providers = _address(way), tuple(one.name for one in way.providers)
    return Candidate(envelope, way.channel, address, address.value, providers, bool(private), _cost(way))


def inputs_of(envelope: Envelope, ways: Sequence[tuple[KeptCandidate, Candidate]], uses: Sequence[Use]) -> Inputs:
    """What the policies saw of these candidates, and these uses in place of those that they counted."""
    person, message = (envelope.brand, envelope.recipient_id), (envelope.brand, envelope.message_id)
    suppressed: dict[tuple[str, str, str], list[Suppressed]] = {}
    said: dict[str, Said] = {}
    superseded: dict[tuple[str, str], str] = {}
    telling: dict[tuple[str, str, str], tuple[Telling, ...]] = {}
    for way, candidate in ways:
        if (row := seen_by(way, "suppression")).get("listed"):
            suppressed[envelope.brand, candidate.channel, candidate.address_hash] = [_suppressed(row, way)]
        if "said" in (row := seen_by(way, "consent")):
            said[str(row["row"])] = _said(row, envelope)
        if by := seen_by(way, "superseded").get("by"):
            superseded[message] = str(by)
        if "message" in (row := seen_by(way, "duplicate")) and envelope.fact is not None:
            telling[(*person, envelope.fact)] = (_telling(row, envelope),)
    consents, spent = {person: list(said.values())}, {}
    for verdict in (verdict for way, _ in ways for verdict in way.verdicts if "spent" in verdict.inputs):
        spent[str(verdict.inputs["budget"])] = _micros(verdict.inputs["spent"])
    return Inputs(suppressed=suppressed, consents=consents, superseded=superseded, telling=telling, uses={person: uses}, spent=spent)


def verdict_of(kept: KeptVerdict) -> Verdict:
    """A verdict as it was given."""
    if kept.reason is None:
        return Allow(kept.policy, kept.source, kept.inputs)
    ends_route = kept.inputs.get("over") in ("defer", "withhold")
    if kept.until is None:
        return Withhold(kept.policy, kept.source, kept.inputs, kept.reason, ends_route)
    return Defer(kept.policy, kept.source, kept.inputs, kept.reason, kept.until, ends_route)


def seen_by(way: KeptCandidate, policy: str) -> Mapping[str, JsonValue]:
    """What a policy looked at."""
    return next((verdict.inputs for verdict in way.verdicts if verdict.policy == policy), {})


def _cost(way: KeptCandidate) -> Cost | None:
    """What it cost, where a budget looked at that."""
    seen = next((verdict.inputs for verdict in way.verdicts if "cost" in verdict.inputs and "least" not in verdict.inputs), None)
    return Cost(int(str(seen["units"])), None, _micros(seen["cost"]), str(seen["currency"])) if seen is not None else None


def _micros(amount: JsonValue) -> int:
    return int(Decimal(str(amount)) * MICROS)


def _suppressed(row: Mapping[str, JsonValue], way: KeptCandidate) -> Suppressed:
    source = next(verdict.source for verdict in way.verdicts if verdict.policy == "suppression")
    ends = datetime.fromisoformat(str(row["expires_at"])) if "expires_at" in row else None
    since, scope = datetime.fromisoformat(str(row["since"])), str(row.get("scope", ""))
    return Suppressed(Reason(str(row["reason"])), since, source, str(row["row"]), scope, str(row.get("brand", "")), ends)


def _said(row: Mapping[str, JsonValue], envelope: Envelope) -> Said:
    state: State = "granted" if row["said"] == "granted" else "withdrawn"
    return Said(str(row["row"]), envelope.created_at, str(row["topic"]), str(row["channel"]), state)


def _telling(row: Mapping[str, JsonValue], envelope: Envelope) -> Telling:
    due = datetime.fromisoformat(str(row["due"])) if "due" in row else None
    standing = next(known for known in get_args(Standing) if known == row["standing"])
    return Telling(str(row["message"]), envelope.created_at, standing, due)


def _address(way: KeptCandidate) -> Address:
    kind = "phone" if way.channel == "sms" else "email" if way.channel == "email" else "masked"
    return restored(Address, {"channel": way.channel, "kind": kind, "value": way.address or "-"})


def _zone(row: StoredDecision, ways: Iterable[KeptCandidate]) -> str | None:
    """The zone that quiet hours went by, where they did; else the one that is known of the recipient now."""
    seen = next((found for way in ways if "zone_of" in (found := seen_by(way, "quiet_hours"))), None)
    if seen is None:
        return row.timezone
    return str(seen["zone"]) if seen["zone_of"] == "recipient" else None
