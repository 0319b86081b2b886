"""Requests to URLs that callers give: the only way from wasl to an address that it does not know from its configuration.

`Outbound` (client.py) sends them, and so does `GuardedSession` (session.py) for plugins; `checked` (urls.py) refuses a URL before that,
when it is given. What they must withstand is
threats.md G: addresses that are not public in any spelling, names that lead there, redirects, endless and packed answers, loops.
"""

from wasl.outbound.client import Answer, Outbound
from wasl.outbound.faults import BadUrl, BlockedAddress, Loop, NoAnswer, Redirected, TooMuch, Unreached
from wasl.outbound.guard import guard
from wasl.outbound.reach import Network, Reach
from wasl.outbound.session import GuardedSession
from wasl.outbound.urls import checked

__all__ = [
    "Answer", "BadUrl", "BlockedAddress", "GuardedSession", "Loop", "Network", "NoAnswer", "Outbound", "Reach", "Redirected", "TooMuch",
    "Unreached", "checked", "guard",
]  # fmt: skip
