"""Showing what a message says: to whoever may and says why, one message at a time, thirty an hour, and the audit tells. Never a code."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl.audited import Action, Audited, AuditFilters
from wasl.console.permissions import Permission
from wasl.console.visit import Visit

HOURLY: Final = 30
LONGEST_REASON: Final = 500
LASTS: Final = timedelta(minutes=5)
"""How long a revealed message stays open to whoever revealed it."""
_HOUR: Final = timedelta(hours=1)


async def _lately(visit: Visit, gateway: Gateway) -> Sequence[Audited]:
    """What this user revealed within the hour, newest first, up to one too many; of whatever brand."""
    filters = AuditFilters(action=Action.MESSAGE_REVEALED, actor=visit.user.id, since=gateway.now() - _HOUR)
    return (await visit.house.gateway.audited(filters, limit=HOURLY + 1)).data


async def left(visit: Visit, gateway: Gateway) -> int:
    """How many messages this user may still reveal within the hour."""
    return max(0, HOURLY - len(await _lately(visit, gateway)))


async def reveal(visit: Visit, gateway: Gateway, seen: MessageSeen, reason: str) -> str:
    """Open it to this user for five minutes, and close what they revealed before; what stands against it, empty where it is done."""
    if seen.category == "otp":
        return visit.t("One-time codes are never shown, to nobody.")
    if not reason or len(reason) > LONGEST_REASON:
        return visit.t("Say why, in at most {most} characters.", most=LONGEST_REASON)
    if not await left(visit, gateway):
        return visit.t("You have revealed {most} messages within the hour, which is the most. Wait, or ask a colleague.", most=HOURLY)
    await gateway.by(visit.actor, reason).audit(Action.MESSAGE_REVEALED, seen.id)
    return ""


async def revealed(visit: Visit, gateway: Gateway, seen: MessageSeen) -> bool:
    """Whether it is open to this user now: the last one that they revealed, within five minutes."""
    if seen.category == "otp" or not visit.may(Permission.REVEAL):
        return False
    lately = await _lately(visit, gateway)
    if not lately or len(lately) > HOURLY:  # two forms at once may have made one too many: then none is open
        return False
    return lately[0].object == seen.id and lately[0].at > gateway.now() - LASTS
