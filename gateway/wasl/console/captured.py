"""What only the console of `wasl dev` has: the tray of captured messages, their providers' voices, and its own way in."""

import hmac
import secrets
from collections.abc import Callable
from typing import Final

from aiohttp import web

from wasl.capturing.capture import Tray
from wasl.capturing.telling import Telling

TRAY: Final = web.AppKey("wasl.tray", Tray)
TELLING: Final = web.AppKey("wasl.telling", Telling)


DEVELOPER: Final = "developer"
"""The user of `wasl dev`."""


class WayIn:
    """A link that signs in, once: whoever used it gets a session, and `used` is told, which may show the next one."""

    def __init__(self, used: Callable[[], None]) -> None:
        self._used = used
        self._token = secrets.token_urlsafe(32)

    @property
    def path(self) -> str:
        """Below /console."""
        return f"/dev/{self._token}"

    def opens(self, token: str) -> bool:
        """Whether this is the token of the link; then it was."""
        if not hmac.compare_digest(token.encode(errors="replace"), self._token.encode()):
            return False
        self._token = secrets.token_urlsafe(32)
        self._used()
        return True


WAY_IN: Final = web.AppKey("wasl.way_in", WayIn)
