"""What became of a turn: what was taken, what waits and until when, and whether the endpoint is still of use."""

import json
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from wasl.clock import MICROSECOND, moment
from wasl.ledger.feed import Cursor
from wasl.ledger.webhooks import Endpoint, Turn, Wait
from wasl.webhooks.happening import Happening
from wasl.webhooks.posting import Answered
from wasl.webhooks.schedule import FAILING, due_in
from wasl.webhooks.webhook import Try

_SHOWN = 50  # tries that are kept of an endpoint, and as many that failed


class Posted(NamedTuple):
    """An event, and how its post ended; None where it was not tried."""

    happening: Happening
    answered: Answered | None


def outcome(endpoint: Endpoint, cursor: Cursor, posted: Sequence[Posted], now: int, random: Random) -> Turn:
    """What to write. `cursor` is the place behind all that was read."""
    answers = [answered for _, answered in posted if answered is not None]
    since = _failing_since(endpoint, answers, now)
    return Turn(
        cursor=cursor,
        taken=[happening.id for happening, answered in posted if happening.kept and answered is not None and answered.ok],
        waits=[_wait(one, now, random) for one in posted if one.answered is None or not one.answered.ok],
        failing_since=since,
        disabled=_disabled(answers, since, now),
        tries=_tries(endpoint.tries, posted),
    )


def tries(text: str) -> tuple[Try, ...]:
    """The last posts, newest first, as they are shown."""
    fields = tuple(Try.model_fields)
    told = (dict(zip(fields, one, strict=True)) for one in json.loads(text))
    return tuple(Try.model_validate({**one, "at": moment(one["at"])}) for one in told)


def _failing_since(endpoint: Endpoint, answers: Sequence[Answered], now: int) -> int | None:
    if any(answered.ok for answered in answers):
        return None
    return endpoint.failing_since or (now if answers else None)


def _disabled(answers: Sequence[Answered], failing_since: int | None, now: int) -> str | None:
    if any(answered.gone for answered in answers):
        return "gone"
    long = failing_since is not None and now - failing_since >= FAILING // MICROSECOND
    return "failing" if answers and long else None


def _wait(posted: Posted, now: int, random: Random) -> Wait:
    happening, answered = posted
    if answered is None:
        return happening.waits(happening.tried, now)
    tried = happening.tried + 1
    later = due_in(tried, answered.retry_after, random)
    return happening.waits(tried, answered.at + later // MICROSECOND if later is not None else None)


def _tries(before: str, posted: Sequence[Posted]) -> str:
    told = [
        [happening.id, happening.type, answered.at, happening.tried + 1, answered.status, answered.code, answered.ms]
        for happening, answered in posted
        if answered is not None
    ]
    told = [*reversed(told), *json.loads(before)]
    failed = [one for one in told if one[5] != "ok"][:_SHOWN]
    return json.dumps([one for place, one in enumerate(told) if place < _SHOWN or one in failed])
