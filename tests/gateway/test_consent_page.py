"""The consent ledger as a list: of one person, and of everybody, row by row in bounded steps."""

from collections.abc import Awaitable, Callable

import pytest

from tests.gateway.scripted import Carrier, person
from wasl.api import Gateway
from wasl.consent import ConsentChange, ConsentFilters, ConsentPage
from wasl.errors import NotFound, Refused
from wasl_contracts import Reason

Opened = Callable[..., Awaitable[Gateway]]
TOPICS = {"offers": {"category": "promotional"}, "news": {"category": "service"}}
IP = "203.0.113.77"


async def shop(opened: Opened) -> Gateway:
    """A gateway whose three people each granted offers and withdrew news."""
    gateway = await opened({"mail": Carrier("email")}, worker=False, topics=TOPICS)
    for who in ("u_1", "u_2", "u_3"):
        await gateway.put_recipient(person(id=who, email=f"{who}@example.com"))
        granted = ConsentChange(topic="offers", channel="email", state="granted", source="preference_page", wording="Send offers", ip=IP)
        await gateway.record_consent(who, [granted, ConsentChange(topic="news", state="withdrawn", source="one_click")])
    return gateway


def told(page: ConsentPage) -> list[tuple[str, str]]:
    return [(entry.recipient, entry.row.topic) for entry in page.data]


async def test_everybodys_rows_come_page_by_page_and_each_once(opened: Opened) -> None:
    gateway = await shop(opened)

    first = await gateway.consents(limit=4)
    second = await gateway.consents(limit=4, cursor=first.next_cursor)

    assert told(first) + told(second) == [(who, topic) for who in ("u_1", "u_2", "u_3") for topic in ("offers", "news")]
    assert (first.has_more, second.has_more, second.next_cursor) == (True, False, None)


async def test_rows_are_chosen_by_topic_state_and_source_and_tell_the_evidence(opened: Opened) -> None:
    gateway = await shop(opened)

    page = await gateway.consents(ConsentFilters(topic="offers", channel="email", state="granted", source="preference_page"))

    assert told(page) == [("u_1", "offers"), ("u_2", "offers"), ("u_3", "offers")]
    assert {(entry.row.wording, entry.row.ip) for entry in page.data} == {("Send offers", "203.0.•••")}
    assert page.looked_at == 6


async def test_where_hardly_any_fit_a_page_says_how_many_rows_it_looked_at_and_goes_on(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasl.ledger.consents._CHUNK", 2)
    monkeypatch.setattr("wasl.ledger.consents._MOST_LOOKED_AT", 4)
    gateway = await shop(opened)

    first = await gateway.consents(ConsentFilters(topic="none"))
    second = await gateway.consents(ConsentFilters(topic="none"), cursor=first.next_cursor)

    assert [(page.data, page.looked_at, page.has_more) for page in (first, second)] == [((), 4, True), ((), 2, False)]


async def test_one_persons_rows_are_newest_first_and_an_unknown_person_is_not_found(opened: Opened) -> None:
    gateway = await shop(opened)

    first = await gateway.consents(ConsentFilters(recipient="u_2"), limit=1)
    second = await gateway.consents(ConsentFilters(recipient="u_2"), limit=1, cursor=first.next_cursor)
    with pytest.raises(NotFound):
        await gateway.consents(ConsentFilters(recipient="nobody"))

    assert told(first) + told(second) == [("u_2", "news"), ("u_2", "offers")]
    assert second.next_cursor is None


async def test_a_cursor_of_another_list_is_refused(opened: Opened) -> None:
    gateway = await shop(opened)
    cursor = (await gateway.consents(limit=1)).next_cursor

    with pytest.raises(Refused):
        await gateway.consents(ConsentFilters(topic="news"), cursor=cursor)


async def test_a_grant_after_the_suppression_is_proof_and_one_before_it_is_not(opened: Opened) -> None:
    gateway = await shop(opened)
    story = await gateway.suppress("u_1@example.com", Reason.SUPPRESSED_UNSUBSCRIBE)
    before = await gateway.grants_since(story)

    await gateway.record_consent("u_1", [ConsentChange(topic="offers", channel="email", state="granted")])
    after = await gateway.grants_since(story)

    await gateway.record_consent("u_1", [ConsentChange(topic="*", channel="*", state="withdrawn")])
    taken_back = await gateway.grants_since(story)

    assert before == taken_back == ()
    assert [(entry.recipient, entry.row.state) for entry in after] == [("u_1", "granted")]
