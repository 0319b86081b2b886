"""The second factor on either engine: enrolling it, what a code opens and how often, and what whoever lost their phone does."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.databases import rows
from tests.gateway.authenticator import enrolled, shown
from tests.gateway.scripted import Carrier, FakeClock
from wasl.api import Gateway
from wasl.audited import Action, Actor
from wasl.errors import Conflict, NotFound
from wasl.users import Session, User

PASSWORD = "correct horse battery"
ROOT = Actor("cli", "root")
Opened = Callable[..., Awaitable[Gateway]]


@pytest.fixture
async def gateway(opened: Opened, clock: FakeClock) -> Gateway:
    return await opened({"mail": Carrier("email")}, worker=False, clock=clock)


@pytest.fixture
async def ann(gateway: Gateway) -> User:
    return await gateway.add_user("Ann", PASSWORD, "admin")


async def signed_in(gateway: Gateway) -> Session:
    session = await gateway.sign_in("Ann", PASSWORD)
    assert session is not None
    return session


async def actions(gateway: Gateway) -> list[Action]:
    return [entry.action for entry in reversed((await gateway.audited()).data)]


async def test_it_holds_once_it_is_confirmed_and_not_before(gateway: Gateway, ann: User) -> None:
    before = await gateway.open_session(ann)
    await gateway.begin_factor(ann)
    told = await gateway.enrolment(ann)
    assert told is not None
    wrong = await gateway.confirm_factor(before, "000000")
    unconfirmed = await gateway.second_factor(ann), (await signed_in(gateway)).half
    codes = await gateway.confirm_factor(before, shown(told.spelled, gateway.now()))
    factor = await gateway.second_factor(ann)

    assert wrong is None
    assert unconfirmed == (None, False)
    assert codes is not None
    assert factor == (gateway.now(), 10)
    assert await gateway.enrolment(ann) is None
    assert await gateway.session(before.token) == ann
    with pytest.raises(Conflict):
        await gateway.begin_factor(ann)
    assert await gateway.confirm_factor(before, shown(told.spelled, gateway.now(), 1)) is None


async def test_a_secret_that_was_not_confirmed_gives_way_to_a_new_one(gateway: Gateway, ann: User) -> None:
    session = await gateway.open_session(ann)
    await gateway.begin_factor(ann)
    first = await gateway.enrolment(ann)
    await gateway.begin_factor(ann)
    second = await gateway.enrolment(ann)

    assert first is not None
    assert second is not None
    assert await gateway.confirm_factor(session, shown(first.spelled, gateway.now())) is None
    assert await gateway.confirm_factor(session, shown(second.spelled, gateway.now())) is not None


async def test_after_the_password_somebody_is_nobody_until_the_code_comes(gateway: Gateway, ann: User) -> None:
    secret, _ = await enrolled(gateway, ann)
    half = await signed_in(gateway)
    nobody = await gateway.session(half.token)
    wrong = await gateway.finish_sign_in(half, "000000")
    whole = await gateway.finish_sign_in(half, shown(secret, gateway.now()))

    assert half.half
    assert nobody is None
    assert wrong is None
    assert whole is not None
    assert whole.token != half.token
    assert await gateway.session(whole.token) == ann
    assert await gateway.signed_in(half.token) is None
    assert (await gateway.signed_in(whole.token)).proved_at == gateway.now()  # type: ignore[union-attr]
    assert (await actions(gateway))[-4:] == [Action.SIGNED_IN, Action.FACTOR_ENROLLED, Action.SIGN_IN_REFUSED, Action.SIGNED_IN]


async def test_whoever_is_half_signed_in_has_ten_minutes(gateway: Gateway, ann: User, clock: FakeClock) -> None:
    await enrolled(gateway, ann)
    half = await signed_in(gateway)
    clock.advance(minutes=9)
    found = await gateway.signed_in(half.token)
    clock.advance(minutes=1)

    assert found is not None
    assert await gateway.signed_in(half.token) is None


async def test_a_code_counts_once_and_no_older_one_after_it(gateway: Gateway, ann: User) -> None:
    secret, _ = await enrolled(gateway, ann)
    code, next_code = shown(secret, gateway.now()), shown(secret, gateway.now(), 1)
    sessions = [await signed_in(gateway) for _ in range(4)]
    of_enrolling = await gateway.finish_sign_in(sessions[0], shown(secret, gateway.now(), -1))
    at_once = await asyncio.gather(*(gateway.finish_sign_in(session, code) for session in sessions))
    later = await gateway.finish_sign_in(sessions[1], next_code)
    older = await gateway.finish_sign_in(sessions[2], code)

    assert of_enrolling is None
    assert len([session for session in at_once if session is not None]) == 1
    assert older is None
    assert later is not None or at_once[1] is not None


async def test_a_recovery_code_stands_in_for_the_phone_once(gateway: Gateway, ann: User) -> None:
    _, codes = await enrolled(gateway, ann)
    first, second = await signed_in(gateway), await signed_in(gateway)
    entered = await gateway.finish_sign_in(first, codes[3].upper().replace("-", " "))
    again = await gateway.finish_sign_in(second, codes[3])
    other = await gateway.prove_by_code(entered or second, codes[4])

    assert entered is not None
    assert again is None
    assert other
    assert (await gateway.second_factor(ann)).codes_left == 8  # type: ignore[union-attr]
    opening = [entry for entry in (await gateway.audited()).data if entry.action is Action.SIGNED_IN]
    assert opening[0].facts == {"recovery_code": True}


async def test_recovery_codes_are_somebodys_own_and_new_ones_end_the_old(gateway: Gateway, ann: User) -> None:
    bob = await gateway.add_user("Bob", PASSWORD, "admin")
    secret, old = await enrolled(gateway, ann)
    _, of_bob = await enrolled(gateway, bob)
    stranger = await gateway.renew_recovery_codes(ann, of_bob[0])
    new = await gateway.renew_recovery_codes(ann, shown(secret, gateway.now()))
    session = await signed_in(gateway)

    assert stranger is None
    assert new is not None
    assert await gateway.finish_sign_in(session, old[0]) is None
    assert await gateway.finish_sign_in(session, new[0]) is not None


async def test_proving_it_again_is_known_by_its_moment(gateway: Gateway, ann: User, clock: FakeClock) -> None:
    secret, _ = await enrolled(gateway, ann)
    whole = await gateway.finish_sign_in(await signed_in(gateway), shown(secret, gateway.now()))
    assert whole is not None
    clock.advance(hours=1)
    wrong = await gateway.prove_by_code(whole, "123456")
    before = await gateway.signed_in(whole.token)
    right = await gateway.prove_by_code(whole, shown(secret, gateway.now()))
    after = await gateway.signed_in(whole.token)

    assert (wrong, right) == (False, True)
    assert before is not None
    assert after is not None
    assert (after.proved_at, after.proved_at != before.proved_at) == (gateway.now(), True)
    assert (await actions(gateway))[-2:] == [Action.SIGN_IN_REFUSED, Action.SESSION_PROVED]


async def test_removing_it_needs_a_code_and_ends_what_was_half_open(gateway: Gateway, ann: User) -> None:
    secret, _ = await enrolled(gateway, ann)
    whole = await gateway.finish_sign_in(await signed_in(gateway), shown(secret, gateway.now()))
    assert whole is not None
    half = await signed_in(gateway)
    wrong = await gateway.remove_factor(ann, "000000")
    right = await gateway.remove_factor(ann, shown(secret, gateway.now(), 1))

    assert (wrong, right) == (False, True)
    assert await gateway.signed_in(half.token) is None
    assert await gateway.session(whole.token) == ann
    assert not (await signed_in(gateway)).half
    assert await gateway.remove_factor(ann, shown(secret, gateway.now(), 1)) is False


async def test_whoever_lost_their_phone_is_helped_by_another_and_signs_in_anew(gateway: Gateway, ann: User, database: str) -> None:
    await enrolled(gateway, ann)
    half = await signed_in(gateway)
    await gateway.by(ROOT, "lost in the sea").reset_factor("Ann")
    entry = (await gateway.audited()).data[0]

    assert (entry.action, entry.actor.id, entry.reason, entry.object) == (Action.FACTOR_RESET, "root", "lost in the sea", ann.id)
    assert await gateway.signed_in(half.token) is None
    assert not (await signed_in(gateway)).half
    assert rows(database, "SELECT count(*) FROM recovery_codes") == [(0,)]
    with pytest.raises(Conflict, match="no second factor"):
        await gateway.reset_factor("Ann")
    with pytest.raises(NotFound):
        await gateway.reset_factor("Bob")
    with pytest.raises(Conflict, match="yourself"):
        await gateway.by(Actor("user", ann.id)).reset_factor("Ann")


async def test_a_single_sign_on_may_tell_that_it_was_proved(gateway: Gateway, ann: User) -> None:
    plain = await gateway.open_session(ann)
    told = await gateway.prove(plain.token)
    await enrolled(gateway, ann)
    half, whole = await gateway.open_session(ann), await gateway.open_session(ann, proved_at=gateway.now())
    made_whole = await gateway.prove(half.token)

    assert (told, half.half, whole.half, made_whole) == (True, True, False, True)
    assert (await gateway.signed_in(plain.token)).proved_at == gateway.now()  # type: ignore[union-attr]
    assert await gateway.session(half.token) == ann
    assert not await gateway.prove("no session")
    assert (await actions(gateway))[-2:] == [Action.SIGNED_IN, Action.SIGNED_IN]


async def test_neither_secret_nor_recovery_code_can_be_read_in_the_database(gateway: Gateway, ann: User, database: str) -> None:
    secret, codes = await enrolled(gateway, ann)
    kept = await gateway._open.ledger.second_factors.of(ann.id)

    assert kept is not None
    stored = repr(rows(database, "SELECT user_id, sealed FROM second_factors") + rows(database, "SELECT * FROM recovery_codes"))
    assert repr(kept.secret)[2:-1] not in stored
    assert not any(code.replace("-", "") in stored for code in codes)
    assert repr(kept) == f"Kept(since={gateway.now()!r}, codes_left=10)"
    told = repr((await gateway.audited()).data)
    assert secret not in told
    assert not any(code in told for code in codes)


async def test_with_a_user_goes_their_second_factor(gateway: Gateway, ann: User, database: str) -> None:
    await gateway.add_user("Bob", PASSWORD, "admin")
    await enrolled(gateway, ann)
    await gateway.remove_user("Ann")

    assert rows(database, "SELECT (SELECT count(*) FROM second_factors) + (SELECT count(*) FROM recovery_codes)") == [(0,)]
