"""P5 by the consent ledger: what needs a consent went by one that held, and nothing was called after a person had turned it off."""

from collections.abc import Iterator
from typing import cast

from wasl.clock import micros
from wasl.config.topics import CATEGORIES
from wasl.consent import choice, covers
from wasl.decisions import KeptVerdict, kept
from wasl.ledger.stories import StoredConsent
from wasl.verifying.judging import Rules, Told
from wasl_contracts import Category


def what_needs_consent_went_by_one(told: Told, rules: Rules) -> Iterator[str]:
    """The row that its last call relied on, by its decision, is there, grants that, and was there when it was decided."""
    verdict = _verdict(told)
    if not told.attempts or verdict is None or told.row.decided_at != told.attempts[-1].started_at:
        return
    which, relied = f"its attempt {told.attempts[-1].number}", verdict.inputs.get("row")
    if verdict.verdict != "allow":
        yield f"{which} began though its decision says {verdict.reason}"
    elif relied is not None:
        row = next((one for one in told.consents if one.id == relied), None)
        if row is not None:
            yield from (f"{which} relied on a consent that {said}" for said in _unfit(told, row, rules))
        elif told.message.erased_at is None:  # an erased person's rows move before their messages do
            yield f"{which} relied on a consent that is not there"
    elif verdict.inputs.get("rule") == "opt_in":
        yield f"{which} began without a consent, and its topic asks for one"


def _unfit(told: Told, row: StoredConsent, rules: Rules) -> Iterator[str]:
    if row.state != "granted" or not covers(row, told.message.topic, told.row.channel or ""):
        yield "does not grant it"
    if micros(row.at) > told.attempts[-1].started_at + rules.apart:
        yield "was given later"


def no_call_after_a_withdrawal(told: Told, rules: Rules) -> Iterator[str]:
    """Nothing is called on a channel after the person turned it or the topic off, before they turn it on again."""
    if not told.consents or _required(told, rules):
        return
    for attempt in told.attempts:
        before, after = attempt.started_at - rules.lag - rules.apart, attempt.started_at + rules.apart
        if _off(told, before) and _off(told, after):
            yield f"its attempt {attempt.number} began after they had turned it off"


def _off(told: Told, at: int) -> bool:
    rows = [row for row in told.consents if micros(row.at) < at]
    chosen = choice(rows, told.message.topic, told.row.channel or "")
    return chosen is not None and not chosen.granted


def _required(told: Told, rules: Rules) -> bool:
    """Whether the topic cannot be turned off: by the decision, else as it is configured now."""
    verdict = _verdict(told)
    rule = verdict.inputs.get("rule") if verdict is not None else rules.consents.get(told.message.topic)
    return (rule or CATEGORIES[cast("Category", told.message.category)].consent) == "required"


def _verdict(told: Told) -> KeptVerdict | None:
    """What its decision says of consent; None where it says nothing, as of an older wasl, or cannot be read."""
    try:
        candidates = kept(told.row.decision).candidates if told.row.decision is not None else ()
    except (LookupError, TypeError, ValueError):
        return None  # another check tells
    return next((one for candidate in candidates if candidate.chosen for one in candidate.verdicts if one.policy == "consent"), None)
