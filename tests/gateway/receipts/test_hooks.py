"""threats.md H: what comes to /hooks, and what is answered to it."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from tests.gateway.receipts.conftest import Hooked
from tests.gateway.receipts.teller import SECRET, event, signed
from tests.gateway.scripted import types
from wasl.errors import LedgerUnavailable
from wasl.ledger.callbacks import Arrival, Fate
from wasl_contracts import Callback, Event, State

DELIVERED = json.dumps([event("delivered", "att_1_1_1")]).encode()
GOOD = signed(DELIVERED)


async def test_what_a_provider_tells_is_in_the_timeline(hooked: Hooked) -> None:
    seen = await hooked.sent()

    outcomes = await hooked.tell(seen, "delivered")

    now = await hooked.get(seen)
    assert outcomes == ["settled"]
    assert (now.state, types(now)[-1]) == (State.DELIVERED, "delivered")
    assert now.timeline[-1].facts == {"rule": "receipt", "provider": "mail", "attempt": 1}


FORGED: list[dict[str, str]] = [
    {},
    {"X-Stamp": GOOD["X-Stamp"]},
    {**GOOD, "X-Signature": ""},
    {**GOOD, "X-Signature": GOOD["X-Signature"][:-2]},
    {**GOOD, "X-Signature": "no hex at all, and no comma"},
    {**GOOD, "X-Signature": GOOD["X-Signature"][:-2] + "zz"},
    {**GOOD, "X-Signature": "00" * 32},
    signed(DELIVERED, secret=SECRET + "x"),
    signed(DELIVERED, datetime.now(UTC) - timedelta(seconds=301)),
    signed(DELIVERED, datetime.now(UTC) + timedelta(hours=1)),
    {**GOOD, "X-Stamp": "nan"},
    {**GOOD, "X-Stamp": "inf"},
    {**GOOD, "X-Stamp": "9" * 5000},
    {**GOOD, "X-Stamp": "١٧٦٤٠٠٠٠٠٠"},
    {**GOOD, "X-Stamp": "-1"},
]


async def test_what_is_not_the_providers_is_refused_and_the_first_of_an_hour_are_kept(lite: Hooked) -> None:
    answers = [await lite.call(DELIVERED, headers=headers) for headers in FORGED]

    problems = [await answer.json() for answer in answers]
    assert {(answer.status, told["code"], told["detail"]) for answer, told in zip(answers, problems, strict=True)} == {
        (401, "bad_signature", "")
    }
    assert lite.rows("SELECT state, count(*) FROM callbacks GROUP BY state") == [("quarantine", 10)]
    assert lite.gateway.callback_counts.by_outcome["mail", "bad_signature"] == len(FORGED)


async def test_a_repeated_callback_counts_once(hooked: Hooked) -> None:
    seen = await hooked.sent()

    outcomes = await hooked.tell(seen, "delivered", "delivered", "delivered")

    assert outcomes == ["settled", "duplicate", "duplicate"]
    assert hooked.rows("SELECT state FROM callbacks") == [("settled",)]
    assert types(await hooked.get(seen)).count("delivered") == 1


async def test_what_cannot_be_read_is_kept(lite: Hooked) -> None:
    bodies = [b"{no json", b'"unknown"', b'[{"kind": "exploded"}]']
    answers = [await lite.call(body) for body in bodies for _ in range(2)]

    assert [(answer.status, answer.headers["Wasl-Outcome"]) for answer in answers] == [(202, "unparsed"), (200, "duplicate")] * 3
    assert lite.rows("SELECT state, kind FROM callbacks") == [("unparsed", None)] * 3


async def test_what_tells_of_nothing_we_know_is_kept(hooked: Hooked) -> None:
    nothing = [event("delivered", "att_1_1_1"), event("delivered", "of another system"), event("delivered", provider_ref="ref")]
    answers = [await hooked.call([one]) for one in nothing]

    assert [(answer.status, answer.headers["Wasl-Outcome"]) for answer in answers] == [(202, "orphan")] * 3
    assert hooked.rows("SELECT state, kind FROM callbacks") == [("orphan", "delivered")] * 3


async def test_what_tells_nothing_that_matters_is_kept_too(hooked: Hooked) -> None:
    answers = [await hooked.call([]), await hooked.call([])]

    assert [(answer.status, answer.headers["Wasl-Outcome"]) for answer in answers] == [(200, "settled"), (200, "duplicate")]


async def test_a_provider_that_is_not_there_is_not_found(lite: Hooked) -> None:
    answer = await lite.call([], provider="other")

    assert (answer.status, (await answer.json())["code"]) == (404, "not_found")


async def test_a_body_that_is_too_large_is_refused(lite: Hooked) -> None:
    answer = await lite.call(BytesIO(b"x" * (1024 * 1024 + 1)), headers=GOOD)

    assert (answer.status, (await answer.json())["code"]) == (413, "body_too_large")


async def test_nothing_is_confirmed_before_it_is_on_disk(hooked: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = await hooked.sent()

    async def away(*_: Any) -> list[Any]:
        raise LedgerUnavailable("The database is away.")

    with monkeypatch.context() as patched:
        patched.setattr(hooked.gateway._open.receipts.callbacks, "put_all", away)
        told = [event("delivered", seen.deliveries[0].attempts[0].id)]
        answer, forged = await asyncio.gather(hooked.call(told), hooked.call(told, headers=FORGED[0]))

    assert (answer.status, answer.headers["Retry-After"], forged.status) == (503, "5", 401)
    assert await hooked.tell(seen, "delivered") == ["settled"]


async def test_a_callback_is_judged_by_itself_among_others_of_its_moment(hooked: Hooked) -> None:
    seen = [await hooked.sent() for _ in range(3)]
    told = [[event("delivered", one.deliveries[0].attempts[0].id)] for one in seen]

    calls = [*map(hooked.call, told), hooked.call(told[0], headers=FORGED[0]), hooked.call(b"{no json"), hooked.call(told[1])]
    answers = await asyncio.gather(*calls)

    outcomes = sorted(answer.headers.get("Wasl-Outcome", str(answer.status)) for answer in answers)
    assert outcomes == ["401", "duplicate", "settled", "settled", "settled", "unparsed"]
    assert [(await hooked.get(one)).state for one in seen] == [State.DELIVERED] * 3


async def test_what_breaks_the_storing_of_one_breaks_no_other_one(lite: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [await lite.sent() for _ in range(3)]
    callbacks = lite.gateway._open.receipts.callbacks
    put_all, bad = callbacks.put_all, seen[0].id[4:]

    async def broken(arrivals: Sequence[Arrival]) -> list[Fate]:
        if any(arrival.key.startswith(bad) for arrival in arrivals):
            raise ValueError(bad)
        return await put_all(arrivals)

    monkeypatch.setattr(callbacks, "put_all", broken)
    answers = await asyncio.gather(*(lite.tell(one, "delivered") for one in seen))

    assert sorted(answers) == [["500"], ["settled"], ["settled"]]


async def test_others_have_their_turn_while_large_ones_are_read(lite: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway, turns, seen_at = lite.gateway, 0, []
    source = await gateway._open.receipts.sources.of("mail")
    assert source is not None

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    def parse(_self: object, _callback: Callback) -> list[Event]:
        seen_at.append(turns)
        return []

    monkeypatch.setattr(type(source.reader), "parse", parse)
    large = [Callback("POST", "", {}, str(n).encode() * 300_000, gateway.received_at()) for n in range(4)]
    beside = asyncio.create_task(others())
    taken = await asyncio.gather(*(gateway.take_callback("mail", one) for one in large))
    beside.cancel()

    assert {one.fate for one in taken} == {"settled"}
    assert len(set(seen_at)) == len(large)


async def test_a_handshake_that_breaks_loses_no_callback(lite: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = await lite.sent()
    source = await lite.gateway._open.receipts.sources.of("mail")
    assert source is not None

    async def broken(_self: object, _callback: object) -> None:
        raise KeyError("a fault of the plugin")

    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(type(source.reader), "handshake", broken)
        outcomes = await lite.tell(seen, "delivered")

    assert outcomes == ["unparsed"]
    assert [(log["event"], log["error"]) for log in logs if log["log_level"] == "error"] == [("callback.parse_failed", "KeyError")]
    assert (await lite.gateway.reread_callbacks()).understood == 1


async def test_the_log_names_the_callback_that_a_plugin_could_not_read(lite: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = await lite.sent()
    source = await lite.gateway._open.receipts.sources.of("mail")
    assert source is not None

    with monkeypatch.context() as patched, capture_logs(processors=[merge_contextvars]) as logs:
        patched.setattr(type(source.reader), "broken", KeyError("a fault of the plugin"))
        outcomes = await lite.tell(seen, "delivered")

    failed = next(log for log in logs if log["event"] == "callback.parse_failed")
    assert outcomes == ["unparsed"]
    assert lite.rows("SELECT id FROM callbacks WHERE state = 'unparsed'") == [(failed["callback"],)]
    assert "request_id" not in failed


async def test_a_handshake_is_answered(lite: Hooked) -> None:
    answer = await lite.http.get(f"{lite.url}/hooks/mail/whatever?hub.challenge=1")

    assert (answer.status, await answer.text(), answer.headers["X-Content-Type-Options"]) == (200, "challenge", "nosniff")


async def test_callbacks_are_listed_without_what_stood_in_them(hooked: Hooked) -> None:
    seen = await hooked.sent()
    await hooked.tell(seen, "delivered")
    await hooked.call([event("delivered", "att_1_1_1")])
    key = await hooked.gateway.create_api_key("test", ["read"])

    async with hooked.http.get(f"{hooked.url}/v1/callbacks?state=orphan", headers={"Authorization": f"Bearer {key}"}) as answer:
        page = await answer.json()

    assert [(one["state"], one["kind"], one["message"]) for one in page["data"]] == [("orphan", "delivered", None)]
    whole = (await hooked.gateway.callbacks()).data
    assert [one.message for one in whole] == [None, seen.id]
    first = await hooked.gateway.callbacks(limit=1)
    assert (await hooked.gateway.callbacks(limit=1, cursor=first.next_cursor)).data == whole[1:]
