"""A captured mail as the bytes that a mail server would get."""

from collections.abc import Mapping
from email import message_from_bytes, policy
from functools import lru_cache
from typing import Final

from wasl.capturing.capture import Captured
from wasl_contracts import ProviderError
from wasl_contracts.content import Mail
from wasl_contracts.letter import Letters

_NOBODY: Final = "Nobody yet <nobody@sender.example>"
"""As whom a mail goes for which neither a brand nor the configuration names a sender."""


def mail_bytes(captured: Captured) -> bytes | None:
    """All of it, unsigned; None where it is no mail, or could not be written as one."""
    if not isinstance(captured.delivery.content, Mail):
        return None
    try:
        return _letters(captured.sender or _NOBODY).read(captured.delivery).mime()
    except (ProviderError, ValueError):  # the sender of the configuration is no mailbox: the real plugin would not even start
        return None


def headers(captured: Captured) -> Mapping[str, str]:
    """The headers of a mail as its reader's program gets them; none of anything else."""
    written = mail_bytes(captured)
    if written is None:
        return {}
    head = message_from_bytes(written.partition(b"\r\n\r\n")[0], policy=policy.default)
    return {name: str(value) for name, value in head.items() if not name.lower().startswith(("mime-", "content-t"))}


@lru_cache(maxsize=16)
def _letters(sender: str) -> Letters:
    return Letters(sender)
