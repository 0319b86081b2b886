"""Judging again by what a verdict kept: its inputs and its moment, nothing else.

So a decision record can be checked long after, and a draft configuration rehearsed. A policy has its function here, under its name; what
that needs, the policy keeps in its inputs. A test runs every policy through it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from pydantic import JsonValue

from wasl.policies.duplicate import looks_again
from wasl_contracts import Reason

Inputs = Mapping[str, JsonValue]


class Ruling(NamedTuple):
    """What a policy says, without its rule and its inputs."""

    verdict: Literal["allow", "withhold", "defer"]
    reason: Reason | None = None
    until: datetime | None = None


ALLOWED = Ruling("allow")


class NotKept(ValueError):
    """The inputs are not enough to judge by: an older wasl kept less, or the policy is not known any more."""


def _expiry(inputs: Inputs, at: datetime) -> Ruling:
    return Ruling("withhold", Reason.EXPIRED) if at >= _moment(inputs["expires_at"]) else ALLOWED


def _superseded(inputs: Inputs, _at: datetime) -> Ruling:
    return Ruling("withhold", Reason.SUPERSEDED) if "by" in inputs else ALLOWED


def _duplicate(inputs: Inputs, at: datetime) -> Ruling:
    if "message" not in inputs:
        return ALLOWED
    standing = str(inputs["standing"])
    if standing == "sent":
        return Ruling("withhold", Reason.DUPLICATE)
    due = _moment(inputs["due"]) if "due" in inputs else None
    return Ruling("defer", Reason.DUPLICATE, looks_again(at, due, standing))


def _privacy(inputs: Inputs, _at: datetime) -> Ruling:
    return Ruling("withhold", Reason.NOT_PRIVATE) if not inputs["private"] and inputs["category"] == "otp" else ALLOWED


def _suppression(inputs: Inputs, at: datetime) -> Ruling:
    if not inputs["listed"] or ("expires_at" in inputs and at >= _moment(inputs["expires_at"])):
        return ALLOWED
    return Ruling("withhold", Reason(str(inputs["reason"])))


def _consent(inputs: Inputs, _at: datetime) -> Ruling:
    if inputs["rule"] == "required":
        return ALLOWED
    if "said" in inputs:
        return ALLOWED if inputs["said"] == "granted" else Ruling("withhold", Reason.OPTED_OUT)
    return Ruling("withhold", Reason.CONSENT_MISSING) if inputs["rule"] == "opt_in" else ALLOWED


def _quiet_hours(inputs: Inputs, at: datetime) -> Ruling:
    if inputs.get("hours") == "any" or ("closes" in inputs and at < _moment(inputs["closes"])):
        return ALLOWED
    opens = _moment(inputs["opens"]) if inputs["opens"] is not None else None
    if opens is None or opens >= _whole_seconds(_moment(inputs["expires_at"])):
        return Ruling("withhold", Reason.EXPIRED)
    return Ruling("defer", Reason.QUIET_HOURS, opens + timedelta(seconds=_number(inputs["jitter"]))) if at < opens else ALLOWED


def _frequency_cap(inputs: Inputs, _at: datetime) -> Ruling:
    if "exempt" in inputs or "elsewhere" in inputs or "again" in inputs:
        return ALLOWED
    if _number(inputs["counted"]) + _number(inputs["reserved"]) < _number(inputs["limit"]):
        return ALLOWED
    if inputs["over"] != "defer":
        return Ruling("withhold", Reason.FREQUENCY_CAP)
    return Ruling("defer", Reason.FREQUENCY_CAP, _moment(inputs["free_at"]) + timedelta(seconds=_number(inputs["jitter"])))


def _country(inputs: Inputs, _at: datetime) -> Ruling:
    return ALLOWED if inputs["open"] else Ruling("withhold", Reason.COUNTRY_BLOCKED)


def _budget(inputs: Inputs, _at: datetime) -> Ruling:
    if "exempt" in inputs or "elsewhere" in inputs or "free" in inputs:
        return ALLOWED
    if "unpriced" in inputs:
        return ALLOWED if inputs["unpriced"] == "allow" else Ruling("withhold", Reason.PRICE_UNKNOWN)
    cost, spent, amount = (Decimal(str(inputs[name])) for name in ("cost", "spent", "amount"))
    if cost == 0 or spent + cost <= amount:
        return ALLOWED
    if inputs["over"] != "defer":
        return Ruling("withhold", Reason.BUDGET_EXCEEDED)
    return Ruling("defer", Reason.BUDGET_EXCEEDED, _moment(inputs["renews_at"]) + timedelta(seconds=_number(inputs["jitter"])))


def _moment(written: JsonValue) -> datetime:
    return datetime.fromisoformat(str(written))


def _whole_seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _number(value: JsonValue) -> float:
    return float(str(value))


AGAIN: Mapping[str, Callable[[Inputs, datetime], Ruling]] = {
    "expiry": _expiry,
    "superseded": _superseded,
    "duplicate": _duplicate,
    "privacy": _privacy,
    "suppression": _suppression,
    "consent": _consent,
    "quiet_hours": _quiet_hours,
    "frequency_cap": _frequency_cap,
    "country": _country,
    "budget": _budget,
}


def judge_again(policy: str, inputs: Inputs, at: datetime) -> Ruling:
    """What a policy says of these inputs at that moment.

    Raises:
        NotKept: they are not enough.
    """
    try:
        return AGAIN[policy](inputs, at)
    except (KeyError, ValueError, TypeError) as missing:
        raise NotKept(f"{policy}: {type(missing).__name__}") from None
