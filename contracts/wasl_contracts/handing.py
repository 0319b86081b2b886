"""The bytes that a call hands over, for those who keep their digest: the shared session sees requests, the rest is told here."""

from collections.abc import Callable
from contextvars import ContextVar

_note: ContextVar[Callable[[bytes], None]] = ContextVar("wasl_handing_over")


def handing_over(content: bytes) -> None:
    """Tell what this call hands over: the same bytes as `Transparent.wire` gives.

    For plugins that do not use the shared session, or use it for other requests with a body too (a token's). What is told goes before
    what the session sees; of several the last counts.
    """
    if (note := _note.get(None)) is not None:
        note(content)


def note_by(note: Callable[[bytes], None]) -> None:
    """From now on in this task and those that it starts, this is called with what is handed over."""
    _note.set(note)
