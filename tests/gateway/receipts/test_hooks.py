"""threats.md H: what comes to /hooks, and what is answered to it."""

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest

from tests.gateway.receipts.conftest import Hooked
from tests.gateway.receipts.teller import SECRET, event, signed
from tests.gateway.scripted import types
from wasl.errors import LedgerUnavailable
from wasl_contracts import State

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
        patched.setattr(hooked.gateway._open.receipts.callbacks._receiving, "_write", away)
        answer = await hooked.call([event("delivered", seen.deliveries[0].attempts[0].id)])

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert await hooked.tell(seen, "delivered") == ["settled"]


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
