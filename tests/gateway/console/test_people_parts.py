"""What the page of a person is made of, without a page: reachability, the list by days, the table of consent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from babel import Locale

from tests.gateway.scripted import KINDS
from wasl.answers import ProviderSeen, WhyNot
from wasl.config import Config
from wasl.consent import ConsentRow, ConsentSeen, Effective
from wasl.console.consent_grid import grid
from wasl.console.days import AFTER_FAILURE, BESIDE, NO_PROOF, NOT_OPEN, OTHER_ADDRESS, days
from wasl.console.paths import message_path, person_path
from wasl.console.reachability import channels_for, reaches
from wasl.console.times import Times
from wasl.person_life import AddressSeen, LifeDelivery, LifeMessage, Missed, PersonGlance
from wasl.suppression import SuppressionSeen
from wasl_contracts import Mark, ProviderSpec, Reason, State

NOW = datetime(2026, 5, 12, 20, 30, tzinfo=UTC)
MAIL = AddressSeen(id="sup_email_1", channel="email", kind="email", shown="a•••@e•••.com")
PHONE = AddressSeen(id="sup_sms_1", channel="sms", kind="phone", shown="+9665•••••67")


def held(address: AddressSeen, **fields: Any) -> SuppressionSeen:
    told = {"id": address.id, "channel": address.channel, "address": address.shown, "brand": "default", "source": "api", "since": NOW}
    return SuppressionSeen.model_validate({**told, "reason": Reason.SUPPRESSED_BOUNCE, **fields})


def consent(*effective: tuple[str, str, bool], rows: tuple[ConsentRow, ...] = ()) -> ConsentSeen:
    told = tuple(
        Effective(
            topic=topic, channel=channel, allowed=allowed, state="none" if allowed else "withdrawn", rule="implied",
            source="category service" if allowed else "consent con_1", reason=None if allowed else Reason.OPTED_OUT,
        )
        for topic, channel, allowed in effective
    )  # fmt: skip
    return ConsentSeen(recipient="u_1", at=NOW, effective=told, rows=rows)


def glance(*addresses: AddressSeen, **fields: Any) -> PersonGlance:
    return PersonGlance(id="u_1", audience="person", brand="default", updated_at=NOW, writes_to=addresses, **fields)


def provider(state: str, channel: str = "email") -> ProviderSeen:
    why = WhyNot.of(Reason.PROVIDER_MISCONFIGURED) if state != "closed" else None
    told = {"name": "mail", "channel": channel, "plugin": "smtp", "state": state, "reason": why, "since": NOW, "concurrency": 1}
    return ProviderSeen.model_validate(told)


OFF = ConsentRow(id="con_1", at=NOW, topic="news", channel="email", state="withdrawn", source="preference_page", actor="recipient")


def test_a_channel_without_an_address_is_not_reachable() -> None:
    (reach,) = reaches(glance(), ["email"], [])

    assert (reach.reason, reach.since) == (Reason.NO_ADDRESS, None)


def test_a_channel_whose_addresses_are_all_stopped_tells_why_and_since_when() -> None:
    second = AddressSeen(id="sup_email_2", channel="email", kind="email", shown="b•••@e•••.com")

    (all_stopped,) = reaches(glance(MAIL, suppressions=(held(MAIL),)), ["email"], [])
    (one_open,) = reaches(glance(MAIL, second, suppressions=(held(MAIL),)), ["email"], [])

    assert (all_stopped.reason, all_stopped.since) == (Reason.SUPPRESSED_BOUNCE, NOW)
    assert one_open.reason is None
    assert [one.held is not None for one in one_open.addresses] == [True, False]


def test_an_address_that_is_stopped_for_some_messages_is_reachable() -> None:
    (reach,) = reaches(glance(MAIL, suppressions=(held(MAIL, scope="promotional"),)), ["email"], [])

    assert reach.reason is None
    assert [one.scope for one in reach.addresses[0].partly] == ["promotional"]


def test_a_channel_of_which_every_topic_is_off_is_not_reachable_and_one_of_which_some_are_is() -> None:
    nothing = consent(("news", "email", False), rows=(OFF,))
    some = consent(("news", "email", False), ("orders", "email", True))

    (off,) = reaches(glance(MAIL, consent=nothing), ["email"], [])
    (partly,) = reaches(glance(MAIL, consent=some), ["email"], [])

    assert (off.reason, off.since) == (Reason.OPTED_OUT, NOW)
    assert (partly.reason, partly.off, partly.topics) == (None, 1, 2)


def test_a_channel_is_not_reachable_while_none_of_its_providers_is_called() -> None:
    down, up = provider("paused"), provider("closed")

    (resting,) = reaches(glance(MAIL), ["email"], [down])
    (served,) = reaches(glance(MAIL), ["email"], [down, up])

    assert (resting.reason, resting.since) == (Reason.PROVIDER_MISCONFIGURED, NOW)
    assert served.reason is None


def test_only_channels_that_serve_one_person_are_shown_for_one() -> None:
    specs = [ProviderSpec(name=name, channel=name, addresses=KINDS[name], settings=Config, format="plain") for name in ("email", "chat")]
    public = ProviderSpec(name="page", channel="social", addresses=(KINDS["social"][1],), settings=Config, format="plain")

    assert channels_for([*specs, public], {"chat": (), "email": (), "social": ()}, "person") == ("chat", "email")


def test_consent_is_a_table_of_topics_by_category_with_the_word_that_it_follows_from() -> None:
    config = Config.model_validate({"topics": {"news": {"category": "promotional", "title": {"en-GB": "News", "ar": "أخبار"}}}})
    said = consent(("news", "email", False), ("news", "sms", True), ("default", "email", True), rows=(OFF,))

    blocks = grid(said, config, ["email", "sms", "push"], "en")
    arabic = grid(said, config, ["email"], "ar")

    assert [(block.category, block.on, block.all) for block in blocks] == [("transactional", 1, 1), ("promotional", 1, 2)]
    (line,) = blocks[1].lines
    assert line.title == "News"
    assert arabic[1].lines[0].title == "أخبار"
    first, second, third = line.cells
    assert first is not None
    assert second is not None
    assert (first.row, second.row, third) == (OFF, None, None)


def sent(hours: float, address: str = "a•••@e•••.com", *ways: LifeDelivery) -> LifeMessage:
    at = NOW - timedelta(hours=hours)
    way = LifeDelivery(id="dlv_1_1", channel="email", state=State.DELIVERED, address=address, ended_at=at + timedelta(seconds=4))
    told = {"at": at, "id": f"msg_{hours}", "topic": "default", "category": "transactional", "state": "delivered"}
    return LifeMessage.model_validate({**told, "deliveries": ways or (way,)})


def times(zone: str) -> Times:
    return Times(Locale("en"), zone, NOW)


def test_days_are_those_of_the_chosen_clocks() -> None:
    entries = [sent(0), sent(1)]  # 20:30 and 19:30 UTC

    assert [(day.title, len(day.items)) for day in days(entries, times("UTC"))] == [("Tuesday 12 May 2026", 2)]
    assert [day.title for day in days(entries, times("Asia/Dubai"))] == ["Wednesday 13 May 2026", "Tuesday 12 May 2026"]
    assert days([], times("UTC")) == ()


def test_a_message_tells_how_long_it_took_and_that_another_way_was_closed() -> None:
    instead = Missed(channel="sms", reason=Reason.SUPPRESSED_BOUNCE, sooner=True)
    way = LifeDelivery(id="dlv_1_1", channel="email", state=State.SENT, instead=(instead,), ended_at=NOW)
    failed = LifeDelivery(id="dlv_1_1", channel="sms", state=State.FAILED, ended_at=NOW)
    after = LifeDelivery(id="dlv_1_2", channel="email", state=State.DELIVERED, ended_at=NOW, tried=("sms",))
    waits = LifeDelivery(id="dlv_1_1", channel="email", state=State.SCHEDULED, ended_at=NOW, instead=(instead,))

    (plain,) = days([sent(1)], times("UTC"))[0].items[0].ways
    (by_rule,) = days([sent(0, "", way)], times("UTC"))[0].items[0].ways
    first, second = days([sent(0, "", failed, after)], times("UTC"))[0].items[0].ways
    (waiting,) = days([sent(0, "", waits)], times("UTC"))[0].items[0].ways

    assert (plain.seconds, plain.beside) == (4.0, "")
    assert by_rule.beside == NOT_OPEN
    assert (first.beside, second.beside) == ("", AFTER_FAILURE)
    assert (waiting.beside, waiting.seconds) == ("", None)


def way(number: int, channel: str, state: State = State.SENT, **fields: Any) -> LifeDelivery:
    return LifeDelivery(id=f"dlv_1_{number}", channel=channel, state=state, ended_at=NOW, **fields)


@pytest.mark.parametrize(
    ("ways", "said"),
    [
        ([way(1, "email", State.FAILED), way(2, "sms"), way(3, "push")], ["", BESIDE, BESIDE]),  # mode all
        ([way(1, "email", State.WITHHELD), way(2, "sms")], ["", ""]),
        ([way(1, "push", State.FAILED), way(2, "push")], ["", BESIDE]),  # two devices
        ([way(1, "push"), way(2, "sms", tried=("push",), marks=(Mark.ESCALATED,))], ["", NO_PROOF]),
        ([way(1, "push", State.BOUNCED), way(2, "sms", tried=("push",), marks=(Mark.ESCALATED,))], ["", NO_PROOF]),
        (
            [way(1, "push"), way(2, "sms", State.FAILED, tried=("push",), marks=(Mark.ESCALATED,)), way(3, "email", tried=("push", "sms"))],
            ["", NO_PROOF, AFTER_FAILURE],
        ),
        ([way(1, "push"), way(2, "sms", State.SCHEDULED, tried=("push",))], ["", ""]),
        ([way(1, "email", instead=(Missed(channel="sms", reason=Reason.OPTED_OUT),))], [""]),  # a later one of the route
        ([way(1, "email", instead=(Missed(channel="email", reason=Reason.OPTED_OUT, sooner=True),))], [OTHER_ADDRESS]),
    ],
)
def test_a_way_instead_of_another_is_told_from_one_beside_it(ways: list[LifeDelivery], said: list[str]) -> None:
    assert [one.beside for one in days([sent(0, "", *ways)], times("UTC"))[0].items[0].ways] == said


def test_the_first_message_to_another_address_says_so() -> None:
    entries = [sent(0, "n•••@e•••.com"), sent(1, "n•••@e•••.com"), sent(2), sent(3)]

    moved = [item.ways[0].moved for day in days(entries, times("UTC")) for item in day.items]

    assert moved == [False, True, False, False]


def test_ids_with_any_sign_make_paths_that_lead_to_them() -> None:
    assert person_path("a/b?c#d é", "acme") == "/people/a%2Fb%3Fc%23d%20%C3%A9?brand=acme"
    assert person_path("u", "acme", "ticket", {"lang": "de", "none": None}) == "/people/u/ticket?brand=acme&lang=de"
    assert message_path("msg_1", "acme") == "/messages/msg_1?brand=acme"
