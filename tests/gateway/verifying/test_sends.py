"""What providers saw beside what the ledger says: each contradiction is found."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.gateway.verifying.shop import Kept, named, written
from wasl.ids import attempt_id, delivery_id
from wasl.verifying import Illegible

Sends = list[dict[str, Any]]
AT_ONCE = timedelta(0)


def send(kept: Kept, name: str, attempt: int | None = 1, delivery: int = 1, **fields: Any) -> dict[str, Any]:
    """One more line of the record."""
    message_id = kept.ids[name]
    called = attempt_id(message_id, delivery, attempt) if attempt is not None else None
    return {"attempt_id": called, "delivery_id": delivery_id(message_id, delivery), "keyed": False, "outcome": "receipt", **fields}


def without(sends: Sends, kept: Kept, name: str) -> Sends:
    return [line for line in sends if line["delivery_id"] != delivery_id(kept.ids[name], 1)]


async def found(kept: Kept, sends: Sends) -> set[tuple[str, str, str]]:
    return named(await kept.found(sinks=(kept.sink(sends),)))


@pytest.mark.parametrize(
    ("check", "name", "change"),
    [
        ("every_send_had_its_intent", "waiting", lambda kept: [*kept.sends, send(kept, "waiting")]),
        ("every_send_had_its_intent", "waiting", lambda kept: [*kept.sends, send(kept, "waiting", None)]),
        ("every_send_had_its_intent", "sent", lambda kept: [*kept.sends, send(kept, "sent", 2)]),
        ("every_send_had_its_intent", "sent", lambda kept: [*kept.sends, send(kept, "sent", 1)]),
        ("every_send_had_its_intent", "sent", lambda kept: [*kept.sends, send(kept, "sent", 1, 9)]),
        ("every_answer_was_given", "retried", lambda kept: [*without(kept.sends, kept, "retried"), send(kept, "retried", 1)]),
        ("every_answer_was_given", "sent", lambda kept: [*without(kept.sends, kept, "sent"), send(kept, "sent", outcome="rejected")]),
        ("every_receipt_was_seen", "sent", lambda kept: without(kept.sends, kept, "sent")),
        ("every_receipt_was_seen", "sent", lambda kept: [*without(kept.sends, kept, "sent"), send(kept, "sent", None, outcome="rejected")]),
        ("what_was_taken_twice_is_marked", "sent", lambda kept: [*kept.sends, send(kept, "sent", 2)]),
        ("what_was_taken_twice_is_marked", "offered", lambda kept: [*kept.sends, send(kept, "offered", 2)]),
    ],
)  # fmt: skip
async def test_what_the_providers_saw_must_agree(kept: Kept, check: str, name: str, change: Callable[[Kept], Sends]) -> None:
    broken = await kept.found(sinks=(kept.sink(change(kept)),), lag=AT_ONCE)

    assert ("P4", check, kept.ids[name]) in named(broken)
    assert {finding.message for finding in broken.findings} == {kept.ids[name]}


async def test_a_message_that_nobody_asked_for_is_found(kept: Kept) -> None:
    stranger = f"msg_{'0' * 32}"
    lines = [*kept.sends, {"attempt_id": attempt_id(stranger, 1, 1), "outcome": "receipt"}]

    assert await found(kept, lines) == {("P2", "nothing_unasked_is_sent", stranger)}


async def test_an_empty_record_says_that_nothing_was_sent(kept: Kept) -> None:
    report = await kept.found(sinks=(kept.sink([]),), lag=AT_ONCE)

    assert {finding.check for finding in report.findings} == {"every_receipt_was_seen"}


async def test_a_provider_that_knows_deliveries_only_may_count_them(kept: Kept) -> None:
    lines = [{**line, "attempt_id": None} for line in kept.sends]

    assert await found(kept, lines) == set()


async def test_a_repetition_that_its_provider_recognises_is_none(kept: Kept) -> None:
    lines = [{**line, "outcome": "receipt"} if line["keyed"] else line for line in kept.sends]

    assert await found(kept, lines) == set()


async def test_several_providers_have_their_own_records(kept: Kept) -> None:
    first = kept.sink(kept.sends[::2])
    second = written(kept.folder / "second", [])
    first.rename(second)

    assert named(await kept.found(sinks=(second, kept.sink(kept.sends[1::2])))) == set()


async def test_a_line_that_was_cut_off_with_its_writers_life_is_left_out(kept: Kept) -> None:
    sink = kept.sink()
    with sink.open("a") as record:
        record.write('{"attempt_id": "att_')

    assert named(await kept.found(sinks=(sink,))) == set()


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"attempt_id": "att_1"}', '{"attempt_id": "att_1_1_1"}', '{"delivery_id": "dlv_1_1", "outcome": "lost"}']
)
async def test_a_line_that_is_no_record_is_told_with_its_place(kept: Kept, line: str) -> None:
    sink = written(kept.folder / "record", ["", line])

    with pytest.raises(Illegible, match="record:2 is not the record of a send"):
        await kept.found(sinks=(sink,))


async def test_a_file_that_cannot_be_read_is_told(kept: Kept) -> None:
    with pytest.raises(Illegible, match="cannot be read"):
        await kept.found(sinks=(kept.folder / "nowhere",))
    with pytest.raises(Illegible, match="accepted:1 is not a message id"):
        await kept.found(accepted=written(kept.folder / "accepted", ["order 1042"]))
