"""Where a message came from is remembered beside it: who asked, by which request."""

from collections.abc import Awaitable, Callable

import pytest

from tests.gateway.scripted import Carrier, message
from wasl.api import Gateway, Submission
from wasl.audited import IN_PROCESS, WASL, Actor
from wasl.ids import new_request_id
from wasl.origins import OriginSeen, packed, unpacked
from wasl.terminal import asked

Opened = Callable[..., Awaitable[Gateway]]


@pytest.mark.parametrize(
    ("actor", "request_id", "seen"),
    [
        (Actor("key", "k3y"), "req_1", OriginSeen(kind="key", id="k3y", request="req_1")),
        (Actor("app", "my shop"), "", OriginSeen(kind="app", id="my shop")),
        (Actor("cli", "ann"), "", OriginSeen(kind="cli", id="ann")),
        (Actor("user", ""), "-", OriginSeen(kind="user", id="")),
        (Actor("app", "ann@example.com"), "", OriginSeen(kind="app", id="a•••@e•••.com")),
    ],
)
def test_what_is_kept_is_read_again_and_no_address_is(actor: Actor, request_id: str, seen: OriginSeen) -> None:
    assert unpacked(packed(actor, request_id)) == seen


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        (OriginSeen(kind="key", id="k3y", name="web", request="req_1"), "by the API key web, request req_1"),
        (OriginSeen(kind="key", id="k3y"), "by the API key k3y"),
        (OriginSeen(kind="user", id="usr_1", name="ann"), "by ann at the console"),
        (OriginSeen(kind="cli", id="root"), "by root at the command line"),
        (unpacked(packed(IN_PROCESS)), "by the application, in process"),
        (unpacked(packed(WASL)), "by wasl itself"),
    ],
)
def test_a_terminal_tells_who_asked(origin: OriginSeen, said: str) -> None:
    assert asked(origin) == said


async def test_every_way_in_is_told_apart_and_a_batch_shares_its_request(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)
    key_id = (await gateway.create_api_key("web-backend", ["send"])).split("_")[2]
    ann = await gateway.add_user("ann", "correct horse battery", "support")
    request_id = new_request_id()
    by_key = gateway.of(gateway.brand, Actor("key", key_id, "web-backend"), request_id)

    batch = await by_key.accept_many([Submission(message()), Submission(message())])
    by_hand = await gateway.by(Actor("user", ann.id, ann.name, ann.role)).accept(message())
    in_process = await gateway.send(to={"id": "u_1"}, content={"body": "Hello"})

    assert [(await gateway.get(one.id)).origin for one in batch] == [
        OriginSeen(kind="key", id=key_id, name="web-backend", request=request_id)
    ] * 2
    assert (await gateway.get(by_hand.id)).origin == OriginSeen(kind="user", id=ann.id, name="ann")
    assert (await gateway.get(in_process.id)).origin == OriginSeen(kind="app", id="python")

    await gateway.revoke_api_key(key_id)
    await gateway.remove_user("ann")

    assert (await gateway.get(batch[0].id)).origin == OriginSeen(kind="key", id=key_id, name="web-backend", request=request_id)
    assert (await gateway.get(by_hand.id)).origin == OriginSeen(kind="user", id=ann.id)


async def test_a_request_finds_what_it_asked_for_and_nothing_else(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)
    ours, theirs = new_request_id(), "checkout_77"
    ids: dict[str, set[str]] = {}
    for request_id in (ours, theirs, "checkout-77", "checkout_778", new_request_id()):
        seen = gateway.of(gateway.brand, Actor("key", "k3y"), request_id)
        ids[request_id] = {(await seen.accept(message())).id for _ in range(2)}
    others = {one for request_id, found in ids.items() if request_id != ours for one in found}

    for query, found in (
        (f"request:{ours}", ids[ours]),
        (ours, ids[ours]),
        (ours.upper(), ids[ours]),
        (f"request:{theirs}", ids[theirs]),
        (f"request:{ours},{theirs}", ids[ours] | ids[theirs]),
        (f"-request:{ours}", others),
        ("request:req_000000000000000000000000", set()),
    ):
        page = await gateway.search(query)
        assert {one.id for one in page.data} == found, query
        assert not page.searched.goes_on
    assert (await gateway.resolve(ours)).form == "request"
    assert (await gateway.resolve(new_request_id())).form is None


async def test_the_first_request_stays_where_a_key_is_repeated_and_sending_again_is_told_as_its_own(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")})
    first, second = (gateway.of(gateway.brand, Actor("key", "k3y"), request_id) for request_id in ("req_1", "req_2"))
    accepted = await first.accept(message(), "order-1042")
    await gateway.wait(accepted.id)

    repeated = await second.accept(message(), "order-1042")
    again = await gateway.by(Actor("cli", "ann"), "lost").resend(accepted.id, anyway=True, token="once")

    origin, of_second = (await gateway.get(accepted.id)).origin, (await gateway.get(again.id)).origin
    assert (repeated.id, origin and origin.request) == (accepted.id, "req_1")
    assert of_second == OriginSeen(kind="cli", id="ann")


async def test_it_goes_when_its_person_is_erased(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)
    accepted = await gateway.accept(message())

    await gateway.erase_recipient("u_1")

    assert (await gateway.get(accepted.id)).origin is None
