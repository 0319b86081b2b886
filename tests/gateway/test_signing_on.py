"""What the ledger keeps of single sign-ons, on either engine."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from tests.databases import rows
from tests.gateway.scripted import Carrier, FakeClock
from wasl.api import Gateway
from wasl.errors import NotFound
from wasl.oidc import Identity
from wasl.oidc.journey import Journey
from wasl.users import Role, User

Opened = Callable[..., Awaitable[Gateway]]
OIDC = {"issuer": "https://id.example.com", "client_id": "wasl", "client_secret": "x", "roles": {"a": "admin"}}


@pytest.fixture
async def gateway(opened: Opened, clock: FakeClock) -> Gateway:
    server = {"public_url": "https://a.example"}
    return await opened({"mail": Carrier("email")}, worker=False, clock=clock, console={"oidc": OIDC}, server=server)


async def welcomed(gateway: Gateway, identity: Identity) -> User:
    return await gateway._welcomed(identity, Journey.begin(gateway.now(), "/"))


async def test_two_tabs_of_somebody_new_make_one_user(gateway: Gateway, database: str) -> None:
    ann = Identity("1", "ann", Role.ADMIN, (), None)
    found = await asyncio.gather(*(welcomed(gateway, ann) for _ in range(4)))
    await welcomed(gateway, ann._replace(subject="2"))

    assert len({user.id for user in found}) == 1
    assert [user.name for user in await gateway.users()] == ["ann", "ann 2"]
    assert all(subject != "1" and len(subject) == 34 for (subject,) in rows(database, "SELECT subject FROM users"))


async def test_users_with_and_without_single_sign_on_are_told_apart(gateway: Gateway) -> None:
    await gateway.add_user("bob", "correct horse battery", "viewer")
    await gateway.add_user("eve", "correct horse battery", "viewer")
    await welcomed(gateway, Identity("1", "ann", Role.ADMIN, (), None))

    assert {user.name: user.single_sign_on for user in await gateway.users()} == {"ann": True, "bob": False, "eve": False}


async def test_a_state_counts_once_and_is_forgotten_with_its_cookie(gateway: Gateway, clock: FakeClock, database: str) -> None:
    ledger, lasts = gateway._open.ledger.sign_ons, timedelta(minutes=10)
    at_once = await asyncio.gather(*(ledger.spend(b"a" * 32, lasts) for _ in range(4)))
    clock.advance(minutes=11)
    await ledger.spend(b"b" * 32, lasts)

    assert sorted(at_once) == [False, False, False, True]
    assert [bytes(digest) for (digest,) in rows(database, "SELECT digest FROM sign_ons")] == [b"b" * 32]


async def test_without_a_provider_there_is_no_single_sign_on(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)

    assert not gateway.may_sign_out_there
    with pytest.raises(NotFound):
        await gateway.begin_sign_on("/")
