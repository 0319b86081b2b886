"""The list in the ledger: rows, their history, and what reading for the policies finds of them."""

from datetime import timedelta
from typing import Any

from tests.gateway.scripted import NOON, Desk, message
from wasl.clock import micros
from wasl.ledger.settle import Ended, Suppress
from wasl.ledger.suppressions import Addition, Removal
from wasl_contracts import Reason, State

HISTORY = "SELECT change, scope, reason, source, actor, message_id, expires_at FROM suppression_changes ORDER BY id"
ROWS = "SELECT brand, scope, reason, since, expires_at FROM suppressions ORDER BY brand, scope, reason"
HOUR = 3_600_000_000


def addition(desk: Desk, hashed: str = "hash", **fields: Any) -> Addition:
    usual: dict[str, Any] = {
        "brand": "default", "channel": "email", "address_hash": hashed, "address": "a•••", "reason": Reason.SUPPRESSED_MANUAL,
        "source": "api", "since": desk.now,
    }  # fmt: skip
    return Addition(**{**usual, **fields})


def removal(desk: Desk, **fields: Any) -> Removal:
    return Removal(
        **{"brand": "default", "channel": "email", "address_hash": "hash", "at": desk.now, "source": "cli", "sealed": b"", **fields}
    )


async def test_a_row_and_its_history_are_written_together_and_again_is_as_good_as_once(desk: Desk) -> None:
    first = await desk.ledger.suppressions.add([addition(desk, actor="ann", message_id="msg_1")])
    again = await desk.ledger.suppressions.add([addition(desk)])

    assert (first, again) == (["new"], ["already_there"])
    assert desk.rows(HISTORY) == [("added", "", "suppressed_manual", "api", "ann", "msg_1", None)]
    assert desk.rows(ROWS) == [("default", "", "suppressed_manual", desk.now, None)]


async def test_scopes_reasons_and_brands_have_rows_of_their_own(desk: Desk) -> None:
    rows = [
        addition(desk),
        addition(desk, scope="promotional"),
        addition(desk, reason=Reason.SUPPRESSED_COMPLAINT),
        addition(desk, brand="*"),
    ]

    assert await desk.ledger.suppressions.add(rows) == ["new"] * 4
    assert len(desk.rows(ROWS)) == 4


async def test_a_later_end_extends_a_row_and_an_earlier_one_does_not_shorten_it(desk: Desk) -> None:
    began = desk.now
    await desk.ledger.suppressions.add([addition(desk, expires_at=began + HOUR)])
    desk.clock.advance(minutes=1)

    fates = [
        (await desk.ledger.suppressions.add([addition(desk, expires_at=end)]))[0]
        for end in (began + HOUR // 2, began + HOUR, began + 2 * HOUR, None, began + 3 * HOUR)
    ]

    assert fates == ["already_there", "already_there", "extended", "extended", "already_there"]
    assert desk.rows(ROWS) == [("default", "", "suppressed_manual", began, None)]
    assert [row[-1] for row in desk.rows(HISTORY)] == [began + HOUR, began + 2 * HOUR, None]


async def test_a_row_that_has_run_out_counts_as_none(desk: Desk) -> None:
    await desk.ledger.suppressions.add([addition(desk, expires_at=desk.now + HOUR)])
    desk.clock.advance(hours=1)

    assert await desk.ledger.suppressions.add([addition(desk, expires_at=desk.now + HOUR)]) == ["new"]
    assert desk.rows(ROWS) == [("default", "", "suppressed_manual", desk.now, desk.now + HOUR)]


async def test_the_same_row_several_times_in_a_batch_is_one_that_holds_longest(desk: Desk) -> None:
    batch = [addition(desk, expires_at=desk.now + n * HOUR) for n in (1, 3, 2)]

    foretold = await desk.ledger.suppressions.foretell(batch)
    fates = await desk.ledger.suppressions.add(batch)

    assert fates == foretold == ["new", "extended", "already_there"]
    assert [row[-1] for row in desk.rows(ROWS)] == [desk.now + 3 * HOUR]


async def test_foretelling_writes_nothing(desk: Desk) -> None:
    assert await desk.ledger.suppressions.foretell([addition(desk)]) == ["new"]

    assert desk.rows(ROWS) == desk.rows(HISTORY) == []


async def test_removing_takes_only_what_is_meant_and_is_told_in_the_history(desk: Desk) -> None:
    rows = [addition(desk, scope="promotional"), addition(desk, reason=Reason.SUPPRESSED_BOUNCE), addition(desk, brand="*"), addition(desk)]
    await desk.ledger.suppressions.add([*rows, addition(desk, "another")])
    desk.clock.advance(seconds=1)

    removed = [
        await desk.ledger.suppressions.remove(removal(desk, **how))
        for how in ({"scope": "service"}, {"scope": "promotional"}, {"reason": Reason.SUPPRESSED_BOUNCE}, {}, {}, {"brand": "*"})
    ]

    assert removed == [0, 1, 1, 1, 0, 1]
    assert desk.rows("SELECT address_hash FROM suppressions") == [("another",)]
    assert desk.rows(
        "SELECT brand, scope, reason, source FROM suppression_changes WHERE change = 'removed' ORDER BY brand, scope, reason"
    ) == [
        ("*", "", "suppressed_manual", "cli"),
        ("default", "", "suppressed_bounce", "cli"),
        ("default", "", "suppressed_manual", "cli"),
        ("default", "promotional", "suppressed_manual", "cli"),
    ]


async def test_an_address_that_the_provider_called_dead_is_told_in_the_history_with_its_message(desk: Desk) -> None:
    claimed = await desk.sending()
    dead = Suppress("email", "hash", "a•••", "mail 5.1.1")
    ended = Ended(1, desk.now, "rejected", Reason.INVALID_ADDRESS)

    await desk.ledger.settle(desk.settlement(claimed, State.FAILED, reason=Reason.INVALID_ADDRESS, ended=ended, suppress=dead))

    assert desk.rows(HISTORY) == [("added", "", "suppressed_invalid", "mail 5.1.1", None, claimed.message_id, None)]
    assert desk.rows("SELECT reason, source, message_id FROM suppressions") == [("suppressed_invalid", "mail 5.1.1", claimed.message_id)]


async def test_what_a_late_worker_says_suppresses_nothing(desk: Desk) -> None:
    claimed = await desk.sending()
    desk.clock.advance(minutes=2)
    await desk.claim()
    dead = Suppress("email", "hash", "a•••", "mail 5.1.1")

    settled = await desk.ledger.settle(desk.settlement(claimed, State.FAILED, reason=Reason.INVALID_ADDRESS, suppress=dead))

    assert settled is False
    assert desk.rows(ROWS) == desk.rows(HISTORY) == []


async def test_policies_see_the_rows_of_the_brand_and_of_all_brands_with_scope_and_end(desk: Desk) -> None:
    await desk.accept(message())
    (claimed,) = await desk.claim()
    candidates = desk.deciding.candidates(claimed)
    hashed = candidates[0].address_hash
    await desk.suppress("email", hashed, brand="*", scope="promotional")
    await desk.suppress("email", hashed, brand="elsewhere")
    await desk.suppress("email", hashed, expires_at=desk.now + HOUR)

    inputs = await desk.ledger.inputs(candidates)

    ((key, rows),) = inputs.suppressed.items()
    assert key == ("default", "email", hashed)
    assert sorted((row.brand, row.scope, row.expires_at) for row in rows) == [
        ("*", "promotional", None),
        ("default", "", NOON + timedelta(hours=1)),
    ]
    assert {row.id for row in rows} == {f"sup_email_{hashed}"}


async def test_no_intent_commits_after_a_suppression_for_all_brands_or_its_category_and_others_do(desk: Desk) -> None:
    people = [{"id": f"u_{n}", "email": f"p{n}@example.com"} for n in range(5)]
    for to in people:
        await desk.accept(message(to))
    intents = [await desk.plan(claimed) for claimed in await desk.claim()]
    hashes = [intent.candidate.address_hash for intent in intents]
    await desk.suppress("email", hashes[0], brand="*")
    await desk.suppress("email", hashes[1], scope="transactional")
    await desk.suppress("email", hashes[2], scope="promotional")
    await desk.suppress("email", hashes[3], expires_at=micros(NOON) + 1)
    await desk.suppress("email", hashes[4], brand="elsewhere")
    desk.clock.advance(microseconds=1)

    assert await desk.ledger.commit_intents(intents) == [False, False, True, True, True]
