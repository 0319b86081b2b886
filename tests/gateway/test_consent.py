"""The consent ledger through the gateway, on each engine; the fold against a replay of the rows one by one."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.databases import rows
from tests.gateway.scripted import NOON, Carrier, FakeClock, calls, message, outcome, person
from wasl.api import Gateway, Submission
from wasl.clock import micros
from wasl.config import load
from wasl.config.mistakes import ConfigMistakes
from wasl.consent import ConsentChange, ConsentSeen, Said, Word, choice
from wasl.errors import Conflict, NotFound, Refused
from wasl.problems import validated
from wasl_contracts import Delivery, Reason, Receipt, State

Opened = Callable[..., Awaitable[Gateway]]
TOPICS = {"offers": {"category": "promotional", "quiet_hours": False}, "news": {"category": "service", "caps": False}}
IP = "203.0.113.77"


def change(state: str, topic: str = "offers", channel: str = "email", **evidence: Any) -> ConsentChange:
    return validated(ConsentChange, {"topic": topic, "channel": channel, "state": state, **evidence})


async def shop(opened: Opened, clock: FakeClock | None = None, *, worker: bool = False, **config: Any) -> tuple[Gateway, Carrier]:
    """A gateway that knows Ann."""
    mail = Carrier("email")
    told = {"topics": TOPICS, **config}
    gateway = await opened({"mail": mail, "text": Carrier("sms")}, worker=worker, clock=clock, **told)
    await gateway.put_recipient(person(id="u_1", email="ann@example.com", phone="+966501234567"))
    return gateway, mail


def holds(seen: ConsentSeen) -> dict[tuple[str, str], bool]:
    return {(one.topic, one.channel): one.allowed for one in seen.effective}


def replayed(said: Sequence[Word], topic: str, channel: str) -> bool | None:
    """The oracle: what was chosen, by going through the rows one after the other with switches."""
    channel_off = everything_off = False
    just = about = here = everywhere = None
    for row in said:
        yes = row.state == "granted"
        match row.topic, row.channel:
            case _ if row.state == "pending":
                pass
            case "*", "*":
                everywhere, everything_off = yes, not yes
            case "*", of if of == channel:
                here, channel_off = yes, not yes
                everything_off = everything_off and not yes
            case of, "*" if of == topic:
                about = yes
                just = just if yes or not just else None
            case of, on if (of, on) == (topic, channel):
                just = yes
    if channel_off or everything_off:
        return False
    return next((chosen for chosen in (just, about, here, True if everywhere else None) if chosen is not None), None)


def scopes(names: Sequence[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(["*", *names])


ROWS = st.lists(st.tuples(scopes(["offers", "news"]), scopes(["sms", "email"]), st.sampled_from(["granted", "withdrawn", "pending"])))


@given(ROWS)
def test_the_fold_is_what_a_replay_of_the_rows_leads_to(told: list[tuple[str, str, Any]]) -> None:
    said = [Said(f"con_{number:04}", NOON, *one) for number, one in enumerate(told)]

    for topic in ("offers", "news"):
        for channel in ("sms", "email"):
            chosen = choice(reversed(said), topic, channel)

            assert (chosen.granted if chosen is not None else None) == replayed(said, topic, channel)
            assert chosen is None or chosen.granted == (chosen.row.state == "granted")


@pytest.mark.parametrize("seed", range(3))
async def test_what_held_at_any_moment_is_the_fold_of_the_rows_up_to_it(opened: Opened, clock: FakeClock, seed: int) -> None:
    gateway, _ = await shop(opened, clock)
    chance, moments = Random(seed), [clock.now()]
    for _ in range(25):
        clock.advance(seconds=chance.choice([0, 0, 1, -5, 60]))  # and now and then it is set back
        told = [
            change(
                chance.choice(["granted", "withdrawn", "pending"]), chance.choice(["*", "offers", "news"]), chance.choice(["*", "email"])
            )
            for _ in range(chance.randint(1, 3))
        ]
        last = (await gateway.record_consent("u_1", told)).rows[-1]
        moments.append(last.at)

    every = (await gateway.consent("u_1")).rows
    for at in moments:
        seen = await gateway.consent("u_1", at=at)

        before = [row for row in every if row.at <= at]
        assert seen.rows == tuple(before)
        assert {(one.topic, one.channel): one.state for one in seen.effective if one.channel == "email"} == {
            (topic, "email"): {True: "granted", False: "withdrawn", None: "none"}[replayed(before, topic, "email")]
            for topic in ("default", "offers", "news")
        }
    assert [row.at for row in every] == sorted({row.at for row in every})
    assert [row.id for row in every] == sorted(row.id for row in every)


async def test_a_promotional_message_goes_with_a_consent_only_and_links_its_row(opened: Opened) -> None:
    gateway, mail = await shop(opened, worker=True)
    without = await outcome(gateway, message(topic="offers", channels=["email"]))
    granted = (await gateway.record_consent("u_1", [change("granted")])).rows[0]
    with_it = await outcome(gateway, message(topic="offers", channels=["email"]))
    withdrawn = (await gateway.record_consent("u_1", [change("withdrawn")])).rows[-1]
    after = await outcome(gateway, message(topic="offers", channels=["email"]))

    found = [
        next(v for v in seen.decisions[-1].candidates[0].verdicts if v.policy == "consent" or v.reason is not None)
        for seen in (without, with_it, after)
    ]
    assert [seen.state for seen in (without, with_it, after)] == [State.WITHHELD, State.SENT, State.WITHHELD]
    assert [one.reason for one in found] == [Reason.CONSENT_MISSING, None, Reason.OPTED_OUT]
    assert [one.source for one in found[1:]] == [f"consent {granted.id}", f"consent {withdrawn.id}"]
    assert found[1].inputs["row"] == granted.id
    assert calls(mail) == [1]


async def test_what_is_turned_off_on_one_channel_goes_by_the_next(opened: Opened) -> None:
    gateway, mail = await shop(opened, worker=True)
    await gateway.record_consent("u_1", [change("withdrawn", "*", "email")])

    seen = await outcome(gateway, message(topic="news", channels=["email", "sms"]))

    assert (seen.state, seen.deliveries[0].channel, calls(mail)) == (State.SENT, "sms", [0])


async def test_a_withdrawal_stops_1000_queued_messages_while_they_are_sent(opened: Opened, database: str) -> None:
    under_way = asyncio.Event()

    async def take(_delivery: Delivery) -> Receipt:
        await asyncio.sleep(0.002)
        if len(mail.script.calls) > 50:
            under_way.set()
        return Receipt()

    gateway, mail = await shop(opened, worker=True)
    mail.script.then = take
    accepted = await gateway.accept_many([Submission(message({"id": "u_1"}, topic="news", channels=["email"])) for _ in range(1000)])

    await under_way.wait()
    seen = await gateway.record_consent("u_1", [change("withdrawn", "*", "email")])
    ((begun,),) = rows(database, "SELECT count(*) FROM attempts")
    async with asyncio.timeout(20):
        while rows(database, "SELECT count(*) FROM deliveries WHERE due_at IS NOT NULL") != [(0,)]:  # noqa: ASYNC110 - it happens in the ledger
            await asyncio.sleep(0.02)

    assert (len(accepted), 50 < begun < 1000) == (1000, True)
    assert rows(database, "SELECT count(*) FROM attempts WHERE started_at > ?", micros(seen.rows[-1].at)) == [(0,)]
    assert (rows(database, "SELECT count(*) FROM attempts"), calls(mail)) == ([(begun,)], [begun])
    assert rows(database, "SELECT state, reason, count(*) FROM deliveries GROUP BY state, reason ORDER BY state") == [
        ("sent", "no_receipts", begun),
        ("withheld", "opted_out", 1000 - begun),
    ]


async def test_an_unknown_recipient_has_no_consent(opened: Opened) -> None:
    gateway, _ = await shop(opened)

    with pytest.raises(Refused) as refused:
        await gateway.record_consent("nobody", [change("granted")])
    with pytest.raises(Refused) as asked:
        await gateway.ask_consent("nobody", "offers", "email")
    with pytest.raises(NotFound):
        await gateway.consent("nobody")

    assert [error.value.errors[0].code for error in (refused, asked)] == ["unknown_recipient"] * 2


async def test_a_moment_without_a_zone_is_refused(opened: Opened) -> None:
    gateway, _ = await shop(opened)

    with pytest.raises(Refused) as refused:
        await gateway.consent("u_1", at=NOON.replace(tzinfo=None))

    assert (refused.value.errors[0].pointer, refused.value.errors[0].code) == ("/at", "bad_time")


async def test_evidence_is_kept_and_the_ip_address_is_encrypted_at_rest(opened: Opened, database: str, folder: Path) -> None:
    gateway, _ = await shop(opened)
    told = change("granted", source="preference_page", wording="Offers, please. عروض", wording_version="v7", locale="ar", ip=IP)

    (row,) = (await gateway.record_consent("u_1", [told])).rows
    whole = await gateway._open.ledger.consents.history("default", "u_1", whole=True)

    assert (row.source, row.actor, row.wording, row.wording_version, row.locale, row.ip) == (
        "preference_page", "application", "Offers, please. عروض", "v7", "ar", "203.0.•••",
    )  # fmt: skip
    assert whole is not None
    assert whole.rows[0].ip == IP
    assert IP not in repr(told) + repr(row) + repr(whole)
    ((sealed,),) = rows(database, "SELECT sealed FROM consents")
    stored = [repr(rows(database, "SELECT * FROM consents")).encode(), *_files(folder)]
    assert len(sealed) > 20
    assert not any(re.search(rb"203\.0\.113|203\.0", text) for text in stored)


def _files(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.glob("wasl.db*")]


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"ip": "here"}, "bad_ip"), ({"topic": "Offers!"}, "bad_value"), ({"source": "guess"}, "bad_value"), ({"locale": "?"}, "bad_value")],
)
def test_a_wrong_field_is_named(fields: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        change("granted", **fields)

    assert {problem.code for problem in refused.value.errors} == {code}
    assert refused.value.errors[0].pointer.startswith(f"/{next(iter(fields))}")


def test_an_ipv6_address_is_kept_in_its_usual_spelling() -> None:
    assert change("granted", ip="2001:DB8:0:0:0:0:0:7").ip == "2001:db8::7"


def test_a_channel_that_is_not_there_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "wasl.toml"
    channels = '[providers.mail]\nplugin = "log"\n[channels]\nemail = ["mail"]\n'
    file.write_text(f'{channels}[consent]\ndefault = "opt_in"\n[consent.channels]\nemial = "opt_in"\n', encoding="utf-8")

    with pytest.raises(ConfigMistakes) as mistakes:
        load(file, {})

    assert f"{file}:8:1" in str(mistakes.value)
    assert "email" in str(mistakes.value)


@pytest.mark.parametrize(("told", "allowed"), [("opt_in", False), ("implied", True)])
async def test_the_brand_has_its_own_default(opened: Opened, told: str, allowed: bool) -> None:
    gateway, _ = await shop(opened, consent={"default": told, "channels": {"sms": "implied"}})

    seen = holds(await gateway.consent("u_1"))

    assert (seen["news", "email"], seen["offers", "email"]) == (allowed, allowed)
    assert (seen["news", "sms"], seen["offers", "sms"]) == (True, True)
    assert timedelta(days=7) == gateway.config.consent.confirm_within


@pytest.mark.parametrize(
    ("said", "pointer", "code", "message"),
    [
        (change("withdrawn", "ofers"), "/changes/1/topic", "unknown_topic", 'did you mean "offers"?'),
        (change("granted", "offers", "emial"), "/changes/1/channel", "unknown_channel", 'did you mean "email"?'),
        (change("withdrawn", "ghost"), "/changes/1/topic", "unknown_topic", "there are: default, news, offers"),
    ],
)
async def test_what_is_not_configured_is_refused(opened: Opened, said: ConsentChange, pointer: str, code: str, message: str) -> None:
    gateway, _ = await shop(opened)

    with pytest.raises(Refused, match=re.escape(message)) as refused:
        await gateway.record_consent("u_1", [change("withdrawn"), said])
    with pytest.raises(Refused, match=re.escape(message)):
        await gateway.ask_consent("u_1", said.topic, said.channel)

    assert [(one.pointer, one.code) for one in refused.value.errors] == [(pointer, code)]
    assert (await gateway.consent("u_1")).rows == ()


async def test_what_they_once_spoke_of_may_be_withdrawn_when_it_is_configured_no_more(opened: Opened) -> None:
    before, _ = await shop(opened, topics={**TOPICS, "old": {"category": "promotional"}})
    await before.record_consent("u_1", [change("granted", "old")])
    gateway, _ = await shop(opened)

    seen = await gateway.record_consent("u_1", [change("withdrawn", "old")])

    assert [(row.topic, row.state) for row in seen.rows] == [("old", "granted"), ("old", "withdrawn")]
    with pytest.raises(Refused):
        await gateway.record_consent("u_1", [change("granted", "old")])


@pytest.mark.parametrize("channel", ["email", "*"])
async def test_withdrawing_what_cannot_be_switched_off_says_so(opened: Opened, channel: str) -> None:
    gateway, _ = await shop(opened, topics={**TOPICS, "legal": {"category": "service", "consent": "required"}})

    with pytest.raises(Conflict, match="legal cannot be switched off") as refused:
        await gateway.record_consent("u_1", [change("withdrawn"), change("withdrawn", "legal", channel)])
    seen = await gateway.record_consent("u_1", [change("withdrawn", "*", channel), change("granted", "legal")])

    assert refused.value.code == "topic_required"
    assert len(seen.rows) == 2
