"""A provider's callback as it is shown: what it told and what became of it, never what stood in it."""

from typing import Literal

from pydantic import AwareDatetime

from wasl_contracts import EventKind
from wasl_contracts.model import Frozen, Slug

CallbackState = Literal["settled", "waiting", "orphan", "unparsed", "quarantine"]
"""`settled`: it did what it says. `waiting`: for our own account of the call. `orphan`: nothing that we know is meant. `unparsed`: it is
the provider's, but was not understood. `quarantine`: it is not the provider's."""


class ListedCallbacks(Frozen):
    """Which callbacks to list; all that are given must hold."""

    state: CallbackState | None = None
    provider: Slug | None = None


class CallbackSeen(Frozen):
    """One thing that a provider told. `kind` is None where it was not understood; `delivery` where none is known to be meant."""

    id: str
    provider: str
    at: AwareDatetime
    state: CallbackState
    kind: EventKind | None = None
    message: str | None = None
    delivery: str | None = None


class CallbackPage(Frozen):
    """Some callbacks, newest first, and how to get the next ones."""

    data: tuple[CallbackSeen, ...]
    next_cursor: str | None = None
    has_more: bool = False


class CallbacksRead(Frozen):
    """What reading again did: how many are understood now, how many still are not, and how many are to be matched again."""

    understood: int
    left: int
    matching: int
