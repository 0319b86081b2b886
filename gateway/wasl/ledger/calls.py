"""The newest calls of a window of time, as far as they need be looked at: how providers do is judged by some thousands, never by all.

A call belongs to the window in which its message was asked for, as the key of `attempts` begins with the message and nothing else is
indexed for this: a retry counts where its message does.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, select

from wasl.ids import message_ids_since
from wasl.ledger.hot import Hot
from wasl.ledger.store import Store
from wasl.ledger.tables import attempts

_of = (attempts.c.brand == bindparam("brand"), attempts.c.message_id >= bindparam("since"), attempts.c.message_id < bindparam("before"))
_CALLS = Hot(
    select(
        attempts.c.message_id, attempts.c.delivery, attempts.c.provider, attempts.c.started_at, attempts.c.ended_at, attempts.c.outcome,
        attempts.c.reason, attempts.c.code,
    )
    .where(*_of)
    .order_by(attempts.c.message_id.desc(), attempts.c.delivery.desc(), attempts.c.number.desc())
    .limit(bindparam("most"))
)  # fmt: skip

_LATER = "msg_g"  # sorts after every message id


class Call(NamedTuple):
    """One call to a provider; moments in microseconds since 1970 UTC. Without an `outcome` it is out, or its end was never seen."""

    message_id: str
    delivery: int
    provider: str
    started_at: int
    ended_at: int | None
    outcome: str | None
    reason: str | None
    code: str | None


class Window(NamedTuple):
    """So many `seconds`, which ended so many seconds `ago`; of each brand at most the newest `most` calls in them."""

    ago: float
    seconds: float
    most: int


class Calls(NamedTuple):
    """The newest calls of a window, newest first; `whole` tells that there were no more."""

    made: Sequence[Call]
    whole: bool


async def calls_made(store: Store, brands: Sequence[str], window: Window) -> Calls:
    """The calls for messages of these brands that were asked for in a window."""
    before = message_ids_since(window.ago) if window.ago else _LATER
    asked = {"since": message_ids_since(window.ago + window.seconds), "before": before, "most": window.most + 1}
    made: list[Call] = []
    whole = True
    for brand in brands:
        rows = await store.reader.fetch(_CALLS, {"brand": brand, **asked})
        whole = whole and len(rows) <= window.most
        made += [Call._make(row) for row in rows[: window.most]]
    return Calls(made, whole)
