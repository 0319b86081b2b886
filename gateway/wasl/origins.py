"""Where a message came from: who asked for it, and by which request. One short text beside the message, so that it costs no row."""

from typing import cast

from wasl.audited import Actor, ActorKind
from wasl.log_privacy import safe
from wasl_contracts.model import Frozen

_NO_REQUEST = "-"


class OriginSeen(Frozen):
    """Who asked for a message: an API key, a user of the console, somebody at the command line, the application that wasl runs in.

    `id` is that of the key or user, else what they are called; `name` is that of the key or user, empty where it is gone. `request` is
    the id of the HTTP request (X-Request-Id), which all messages of a batch share.
    """

    kind: ActorKind
    id: str
    name: str = ""
    request: str | None = None


def packed(actor: Actor, request: str = "") -> str:
    """As it is kept. What looks like an address in the id is masked. A request leads, so that it is found by how the text begins."""
    return f"{request or _NO_REQUEST} {actor.kind} {safe(actor.id)}"


def unpacked(text: str, name: str = "") -> OriginSeen:
    """As it is seen, with the name that belongs to its id."""
    request, kind, actor = text.split(" ", 2)
    return OriginSeen(kind=cast("ActorKind", kind), id=actor, name=name, request=None if request == _NO_REQUEST else request)
