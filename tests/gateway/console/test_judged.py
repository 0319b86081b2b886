"""A decision record as rows for people."""

import pytest

from tests.gateway.scripted import ANN, OFFERS, Carrier
from wasl.console import judged
from wasl.console.judged import ways
from wasl.console.words import Words, catalogue
from wasl_contracts import Address

ENGLISH, ARABIC = Words("en"), Words("ar")


@pytest.fixture
def database(folder):
    """Decisions are read alike on both engines."""
    return f"sqlite:///{folder}/wasl.db"


async def _ways(gateway, words=ENGLISH, **told):
    found = await gateway.explain(to=ANN, content={"body": "Hello"}, **told)
    return ways(found.deliveries[0].decision, words)


async def test_every_rule_has_a_sign_a_sentence_what_it_saw_and_its_place(opened):
    gateway = await opened({"mail": Carrier("email"), "text": Carrier("sms")}, worker=False, topics={"offers": OFFERS})
    await gateway.suppress(Address(channel="email", kind="email", value="ann@example.com"))

    mail, sms = await _ways(gateway, topic="offers")

    rules = {rule.name: rule for rule in mail.rules}
    assert (mail.channel, mail.chosen, sms.chosen) == ("email", False, True)
    assert (rules["Suppression"].sign, rules["Suppression"].said) == ("no", "Somebody put this address on the suppression list.")
    assert rules["Suppression"].change.startswith("Allowed when the suppression")
    assert {value.name for value in rules["Suppression"].values} >= {"listed", "since", "cause", "row"}
    assert next(value for value in rules["Suppression"].values if value.name == "since").moment is not None
    assert (rules["Life"].sign, rules["Life"].source) == ("yes", "message.expires_in")
    assert rules["Consent"].said == "They have not turned it off."
    assert [(rule.name, rule.sign, rule.said) for rule in sms.rules if rule.source == "provider"] == [("text", "yes", "Chosen.")]


async def test_rules_that_do_not_concern_a_way_are_neither_for_nor_against_it(opened):
    gateway = await opened({"mail": Carrier("email")}, worker=False)

    (mail,) = await _ways(gateway)

    assert {rule.name for rule in mail.rules} <= {"mail", *(name for name, _ in judged.POLICIES.values())}
    assert {rule.name for rule in mail.rules if rule.sign == "none"} >= {"Said before", "Quiet hours"}


async def test_a_channel_without_an_address_says_so(opened):
    gateway = await opened({"mail": Carrier("email"), "device": Carrier("push")}, worker=False, routes={"default": {"channels": ["push"]}})

    (push,) = await _ways(gateway, channels=["push"])

    assert push.address is None
    assert (push.rules[0].sign, push.rules[0].name) == ("no", "Address")
    assert push.rules[0].change


async def test_rules_are_told_in_arabic(opened):
    gateway = await opened({"mail": Carrier("email")}, worker=False)
    await gateway.suppress(Address(channel="email", kind="email", value="ann@example.com"))

    (mail,) = await _ways(gateway, ARABIC)

    assert all(any("\u0600" <= letter <= "\u06ff" for letter in rule.said) for rule in mail.rules)


def test_all_words_of_judgements_have_arabic_ones():
    tables = [*judged.SEEN.values(), *judged.CONSENTS.values(), judged.UNCONCERNED, *(said for _, said in judged.STOOD.values())]
    tables += [word for pair in judged.POLICIES.values() for word in pair]

    assert [one for one in tables if one not in catalogue("ar")] == []
