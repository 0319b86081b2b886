"""Links to one person for a help desk, on both engines."""

from datetime import timedelta

import pytest

from tests.databases import rows
from tests.gateway.anns_life import ANN, BOB, Opened, shop
from tests.gateway.scripted import FakeClock, message
from wasl.errors import NotFound, Refused
from wasl.sharing import new_link_id

WEEK = timedelta(days=7)


async def test_a_link_opens_until_its_time(opened: Opened, clock: FakeClock) -> None:
    gateway = await shop(opened, worker=False, clock=clock)
    await gateway.accept(message(ANN))

    link = await gateway.share_recipient("ann-4711", by="sam", lasts=WEEK)
    found = await gateway.opened_link(str(link.token))

    assert found is not None
    assert (found[0].brand, found[1].recipient, found[1].made_by, found[1].token) == ("default", "ann-4711", "sam", None)
    clock.advance(days=7)
    assert await gateway.opened_link(str(link.token)) is None


async def test_a_revoked_link_opens_nothing_and_is_listed_no_more(opened: Opened) -> None:
    gateway = await shop(opened, worker=False)
    await gateway.accept(message(ANN))
    kept, revoked = [await gateway.share_recipient("ann-4711", by="sam", lasts=WEEK) for _ in range(2)]

    await gateway.revoke_link(revoked.id)
    await gateway.revoke_link(revoked.id)

    assert await gateway.opened_link(str(revoked.token)) is None
    assert [one.id for one in await gateway.shared_links("ann-4711")] == [kept.id]
    with pytest.raises(NotFound):
        await gateway.revoke_link(new_link_id())


async def test_erasing_a_person_ends_their_links(opened: Opened) -> None:
    gateway = await shop(opened, worker=False)
    await gateway.accept(message(ANN))
    link = await gateway.share_recipient("ann-4711", by="sam", lasts=WEEK)

    await gateway.erase_recipient("ann-4711")

    assert await gateway.opened_link(str(link.token)) is None
    with pytest.raises(NotFound):
        await gateway.share_recipient("ann-4711", by="sam", lasts=WEEK)


async def test_a_token_that_was_changed_or_is_for_something_else_opens_nothing(opened: Opened) -> None:
    gateway = await shop(opened, worker=False)
    await gateway.accept(message(ANN))
    token = str((await gateway.share_recipient("ann-4711", by="sam", lasts=WEEK)).token)
    other = await gateway.ask_consent("ann-4711", "offers", "email")

    for changed in ("", "x", token[:-1], token[:40] + ("A" if token[40] != "A" else "B") + token[41:], other, "ä" * 20, token * 20):
        assert await gateway.opened_link(changed) is None


async def test_the_same_link_is_made_once_and_never_to_somebody_else(opened: Opened, database: str) -> None:
    gateway = await shop(opened, worker=False)
    await gateway.accept(message(ANN))
    await gateway.accept(message(BOB))
    mine = new_link_id()

    links = [await gateway.share_recipient("ann-4711", by="sam", lasts=WEEK, link_id=mine) for _ in range(2)]

    assert links[0] == links[1]
    assert rows(database, "SELECT count(*) FROM desk_links") == [(1,)]
    with pytest.raises(NotFound):
        await gateway.share_recipient("bob", by="sam", lasts=WEEK, link_id=mine)


@pytest.mark.parametrize("days", [0, 8])
async def test_a_link_for_no_time_or_for_longer_than_a_week_is_refused(opened: Opened, days: int) -> None:
    gateway = await shop(opened, worker=False)
    await gateway.accept(message(ANN))

    with pytest.raises(Refused):
        await gateway.share_recipient("ann-4711", by="sam", lasts=timedelta(days=days))
    with pytest.raises(Refused):
        await gateway.share_recipient("ann-4711", by="sam", lasts=WEEK, link_id="dsk_mine")
