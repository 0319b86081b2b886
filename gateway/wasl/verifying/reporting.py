"""P8: what providers told is kept, and the state does not depend on the order in which it came."""

from collections.abc import Iterator
from typing import cast, get_args

from wasl.ledger.merging import Sign, Standing, merged, negative
from wasl.states import PENDING
from wasl.verifying.judging import Happened, Rules, Told
from wasl_contracts import EventKind, Reason, State

_KINDS = frozenset(get_args(EventKind))
_MAY_HAVE_SENT = frozenset({"receipt", "unknown", None})
_EARLY = PENDING | {State.SENDING}
"""Where our own account of a call is still to come, so that what is told of it waits."""


def what_was_told_is_an_event(told: Told, _rules: Rules) -> Iterator[str]:
    """A callback that was applied is in the timeline."""
    happened = {event.type for event in told.events if event.reported}
    for kind in sorted({callback.kind for callback in told.callbacks} - happened):
        yield f"a callback told {kind} of it, and no event says so"


def what_it_was_told_was_kept(told: Told, _rules: Rules) -> Iterator[str]:
    """What the timeline says that a provider told came by a callback that is stored."""
    kept = {callback.kind for callback in told.callbacks}
    for kind in sorted({event.type for event in told.events if event.reported} - kept):
        yield f"a provider told {kind} of it, and no callback that says so is stored"


def its_state_is_that_of_its_reports(told: Told, _rules: Rules) -> Iterator[str]:
    """Merging all that was told of it, whatever the order, leads no further than it is, and to no mark that it lacks.

    Not where it was sent anew, or its recipient was erased: then it is not kept to which call what was told belongs.
    """
    signs = [_sign(event) for event in told.events if event.reported and event.type in _KINDS]
    if not signs or told.replays or told.message.erased_at is not None or told.state in _EARLY:
        return
    before = Standing(told.state, None, None, told.marks)
    against = [sign for sign in signs if negative(sign.kind)]
    after = merged(before, signs, against, [attempt.number for attempt in told.attempts if attempt.outcome in _MAY_HAVE_SENT])
    if after.state is not told.state:
        yield f"it is {told.state}, and by what was told of it it is {after.state}"
    if lacking := sorted(set(after.marks) - set(told.marks)):
        yield f"it is not marked {', '.join(lacking)}, though that was told of it"


def _sign(event: Happened) -> Sign:
    facts, attempt = event.facts, event.facts.get("attempt")
    return Sign(
        cast("EventKind", event.type),
        event.at,
        attempt if isinstance(attempt, int) else None,
        machine=bool(facts.get("machine")),
        dead=bool(facts.get("dead")),
        reason=Reason(str(facts["reason"])) if "reason" in facts else None,
    )
