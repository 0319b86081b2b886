"""The preference order as a table: hard opt-out of the channel > the recipient's choice > the brand's default > the topic's default."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from tests.gateway.scripted import NOON, candidate
from wasl.config import Config
from wasl.config.mistakes import Source
from wasl.consent import Said
from wasl.policies.again import judge_again
from wasl.policies.consent import Consent
from wasl.policies.verdict import Allow, Inputs, Verdict, Withhold
from wasl_contracts import Reason

TOPICS = {
    "offers": {"category": "promotional"},
    "news": {"category": "service"},
    "codes": {"category": "otp"},
    "terms": {"category": "service", "consent": "required"},
}


def said(*words: str) -> list[Said]:
    """Rows in the order in which they came, each as `+offers/sms`, `-*/sms` or `?offers/sms` (pending)."""
    states: dict[str, Any] = {"+": "granted", "-": "withdrawn", "?": "pending"}
    numbers = count(1)
    return [
        Said(f"con_{number}", NOON + timedelta(days=number), *word[1:].split("/"), states[word[0]])
        for word, number in zip(words, numbers, strict=False)
    ]


def verdict(rows: Iterable[Said] = (), *, topic: str = "offers", brand: Any = None, audience: str = "person") -> Verdict:
    """What the policy says of a message to Ann by SMS."""
    config = Config.model_validate({"topics": TOPICS, "consent": brand or {}}).found_in(Source("wasl.toml"), ())
    category = config.topics[topic].category if topic in config.topics else "promotional"
    inputs = Inputs(consents={("default", "u_1"): list(rows)})
    found = Consent(config)(candidate(channel="sms", topic=topic, category=category, audience=audience), inputs, NOON)
    again = judge_again("consent", found.inputs, NOON)
    assert (again.verdict, again.reason) == (type(found).__name__.lower(), getattr(found, "reason", None))
    return found


OPT_IN, IMPLIED = {"default": "opt_in"}, {"default": "implied"}


@pytest.mark.parametrize(
    ("rows", "topic", "brand", "reason", "source"),
    [
        # They said nothing: the brand's default, and before that the topic's.
        ([], "offers", None, Reason.CONSENT_MISSING, "category promotional"),
        ([], "news", None, None, "category service"),
        ([], "news", OPT_IN, Reason.CONSENT_MISSING, "category service"),
        ([], "offers", IMPLIED, None, "category promotional"),
        ([], "offers", {"default": "opt_in", "channels": {"sms": "implied"}}, None, "category promotional"),
        ([], "news", {"channels": {"sms": "opt_in"}}, Reason.CONSENT_MISSING, "category service"),
        ([], "news", {"channels": {"email": "opt_in"}}, None, "category service"),
        # Their choice beats both.
        (["+offers/sms"], "offers", None, None, "con_1"),
        (["+offers/*"], "offers", OPT_IN, None, "con_1"),
        (["+*/sms"], "offers", None, None, "con_1"),
        (["+*/*"], "offers", None, None, "con_1"),
        (["-news/sms"], "news", IMPLIED, Reason.OPTED_OUT, "con_1"),
        (["-news/*"], "news", None, Reason.OPTED_OUT, "con_1"),
        (["+offers/email"], "offers", None, Reason.CONSENT_MISSING, "category promotional"),
        (["-news/email", "-offers/sms"], "news", None, None, "category service"),
        # The newest word of a scope, and nothing of what waits for a confirmation.
        (["+offers/sms", "-offers/sms"], "offers", None, Reason.OPTED_OUT, "con_2"),
        (["-offers/sms", "+offers/sms"], "offers", None, None, "con_2"),
        (["?offers/sms"], "offers", None, Reason.CONSENT_MISSING, "category promotional"),
        (["+offers/sms", "?offers/sms"], "offers", None, None, "con_1"),
        # The most specific choice, whichever came first; but a later no to the topic takes back an earlier yes on the channel.
        (["+offers/sms", "+offers/*"], "offers", None, None, "con_1"),
        (["-offers/sms", "+offers/*"], "offers", None, Reason.OPTED_OUT, "con_1"),
        (["-offers/*", "+offers/sms"], "offers", None, None, "con_2"),
        (["+offers/sms", "-offers/*"], "offers", None, Reason.OPTED_OUT, "con_2"),
        (["-offers/sms", "+*/sms"], "offers", None, Reason.OPTED_OUT, "con_1"),
        (["-offers/*", "+*/*"], "offers", None, Reason.OPTED_OUT, "con_1"),
        # The hard opt-out of the channel beats every choice; only a later grant of just that channel lifts it.
        (["-*/sms"], "news", IMPLIED, Reason.OPTED_OUT, "con_1"),
        (["+offers/sms", "-*/sms"], "offers", None, Reason.OPTED_OUT, "con_2"),
        (["-*/sms", "+offers/sms"], "offers", None, Reason.OPTED_OUT, "con_1"),
        (["-*/sms", "+*/*"], "offers", None, Reason.OPTED_OUT, "con_1"),
        (["-*/sms", "+*/sms"], "offers", None, None, "con_2"),
        (["+offers/sms", "-*/sms", "+*/sms"], "offers", None, None, "con_1"),
        (["-*/email"], "news", None, None, "category service"),
        (["-*/*"], "news", None, Reason.OPTED_OUT, "con_1"),
        (["+offers/sms", "-*/*"], "offers", None, Reason.OPTED_OUT, "con_2"),
        (["-*/*", "+offers/sms"], "offers", None, Reason.OPTED_OUT, "con_1"),
        (["-*/*", "+*/*"], "offers", None, None, "con_2"),
        (["-*/*", "+*/sms"], "offers", None, None, "con_2"),
        (["+*/sms", "-*/*"], "offers", None, Reason.OPTED_OUT, "con_2"),
        (["+offers/sms", "-*/*", "+*/sms"], "offers", None, None, "con_1"),
        # What cannot be turned off asks nobody.
        (["-*/*", "-codes/sms"], "codes", OPT_IN, None, "category otp"),
        (["-*/*"], "terms", OPT_IN, None, "category service"),
        # A topic that the configuration has lost keeps the rule of its category.
        ([], "lost", None, Reason.CONSENT_MISSING, "category promotional"),
    ],
)
def test_the_preference_order(rows: list[str], topic: str, brand: Any, reason: Reason | None, source: str) -> None:
    found = verdict(said(*rows), topic=topic, brand=brand)

    assert (getattr(found, "reason", None), found.source.removeprefix("consent ")) == (reason, source)


def test_a_verdict_names_the_row_that_it_relies_on() -> None:
    granted, withdrawn = verdict(said("+offers/*")), verdict(said("-*/sms"))

    assert granted == Allow(
        "consent", "consent con_1", {"rule": "opt_in", "said": "granted", "row": "con_1", "topic": "offers", "channel": "*"}
    )
    assert withdrawn == Withhold(
        "consent",
        "consent con_1",
        {"rule": "opt_in", "said": "withdrawn", "row": "con_1", "topic": "*", "channel": "sms"},
        Reason.OPTED_OUT,
    )


def test_without_a_word_it_names_the_line_of_the_rule() -> None:
    lines = {("consent", "default"): (3, 1), ("consent", "channels", "sms"): (5, 1), ("topics", "offers", "consent"): (9, 1)}
    told = {"topics": {"offers": {"category": "promotional", "consent": "opt_in"}, "news": {}}, "consent": {"channels": {"sms": "opt_in"}}}
    config = Config.model_validate(told).found_in(Source("wasl.toml", lines), ())
    policy = Consent(config)

    assert policy.rule("offers", "promotional", "email") == ("opt_in", "wasl.toml:9")
    assert policy.rule("offers", "promotional", "sms") == ("opt_in", "wasl.toml:5")


@pytest.mark.parametrize("audience", ["group", "public"])
def test_members_and_followers_came_by_themselves_and_may_still_be_told_no(audience: str) -> None:
    assert verdict(audience=audience).source == f"audience {audience}"
    assert isinstance(verdict(audience=audience, brand=OPT_IN), Allow)
    assert isinstance(verdict(said("-*/sms"), audience=audience), Withhold)


def test_nobody_is_asked_for_what_is_required() -> None:
    policy = Consent(Config.model_validate({"topics": TOPICS}))
    given = [candidate(topic=topic, category=category, recipient_id=topic) for topic, category in (("codes", "otp"), ("news", "service"))]

    assert policy.asked(given) == {("default", "news")}
