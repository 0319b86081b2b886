"""The catalogues of ticket texts: one file for each language, in which every sentence is there."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal

from wasl_contracts import Category, Reason, State
from wasl_contracts.model import Frozen

Why = Literal[
    "no_way", "bad_address", "unreachable", "came_back", "turned_off", "unwanted", "stopped", "no_consent", "quiet", "enough", "waits",
    "not_needed", "late", "trouble", "our_side", "unclear", "unconfirmed", "test",
]  # fmt: skip
"""Why, as far as it concerns a customer: what is theirs to mend, what they chose, and what is ours without its name."""

_R = Reason
WHY: Mapping[Reason, Why] = {
    **dict.fromkeys((_R.NO_ADDRESS, _R.UNROUTABLE, _R.NOT_PRIVATE), "no_way"),
    **dict.fromkeys((_R.INVALID_ADDRESS, _R.SUPPRESSED_INVALID), "bad_address"),
    _R.UNREACHABLE: "unreachable",
    _R.SUPPRESSED_BOUNCE: "came_back",
    **dict.fromkeys((_R.OPTED_OUT, _R.SUPPRESSED_UNSUBSCRIBE), "turned_off"),
    _R.SUPPRESSED_COMPLAINT: "unwanted",
    **dict.fromkeys((_R.SUPPRESSED_MANUAL, _R.SUPPRESSED_IMPORT), "stopped"),
    _R.CONSENT_MISSING: "no_consent",
    _R.QUIET_HOURS: "quiet",
    _R.FREQUENCY_CAP: "enough",
    **dict.fromkeys((_R.SEND_AT, _R.IN_ORDER, _R.AFTER_RESTORE, _R.RETRYING, _R.FAILOVER, _R.AWAITING_PROOF, _R.RATE_LIMITED), "waits"),
    **dict.fromkeys((_R.PROVIDER_PAUSED, _R.OPERATOR_PAUSED), "waits"),
    **dict.fromkeys((_R.CANCELLED, _R.PROOF_CAME, _R.SUPERSEDED, _R.DUPLICATE), "not_needed"),
    _R.EXPIRED: "late",
    **dict.fromkeys((_R.PROVIDER_REJECTED, _R.PROVIDER_UNAVAILABLE, _R.PROVIDER_FAILING), "trouble"),
    **dict.fromkeys((_R.OUTCOME_UNKNOWN, _R.WORKER_LOST), "unclear"),
    **dict.fromkeys((_R.NO_RECEIPTS, _R.RECEIPT_OVERDUE), "unconfirmed"),
    _R.TEST_MODE: "test",
}
"""For whom a reason is not here, the cause was on our side."""


class Wording(Frozen):
    """The sentences of one language. `line` has {when}, {what}, {channel} and {outcome}; `unrouted` is for what has no channel yet."""

    lang: str
    heading: str
    nothing: str
    line: str
    unrouted: str
    zone: str
    categories: dict[Category, str]
    channels: dict[str, str]
    states: dict[State, str]
    reasons: dict[Why, str]

    def why(self, reason: Reason) -> str:
        """The reason in words that are fit for a customer."""
        return self.reasons[WHY.get(reason, "our_side")]


@cache
def languages() -> tuple[str, ...]:
    """The languages that have a catalogue, sorted."""
    return tuple(sorted(one.name.removesuffix(".toml") for one in _folder() if one.name.endswith(".toml")))


@cache
def wording(lang: str) -> Wording:
    """A catalogue; raises LookupError where there is none."""
    if lang not in languages():
        raise LookupError(lang)
    text = next(one for one in _folder() if one.name == f"{lang}.toml").read_text("utf-8")
    return Wording.model_validate({"lang": lang, **tomllib.loads(text)})


def language(*wanted: str | None) -> str:
    """The first of these locales that has a catalogue, by its language; English where none has."""
    found = (locale.replace("_", "-").partition("-")[0].lower() for locale in wanted if locale)
    return next((lang for lang in found if lang in languages()), "en")


def _folder() -> list[Traversable]:
    return list(files("wasl.console.tickets").iterdir())
