"""The provider's token: who we are, signed anew every 40 minutes.

Source: https://developer.apple.com/documentation/usernotifications/establishing-a-token-based-connection-to-apns, which asks for a new
one at least once an hour and at most every 20 minutes.
"""

from collections.abc import Callable
from typing import Final

import jwt

from wasl_apns.settings import Settings

_RENEWED_AFTER: Final = 40 * 60.0
_SOONEST: Final = 20 * 60.0


class ProviderToken:
    """One token for all requests, made when it is first asked for."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._value = ""
        self._made_at = float("-inf")

    def get(self) -> str:
        """The token for the next request."""
        now = self._clock()
        if not 0 <= now - self._made_at < _RENEWED_AFTER:  # below 0 where the clock was set back
            claims = {"iss": self._settings.team_id, "iat": int(now)}
            self._value = jwt.encode(claims, self._settings.signing_key, "ES256", {"kid": self._settings.key_id})
            self._made_at = now
        return self._value

    def after(self, expired: str) -> str | None:
        """Another token than the one that Apple called expired; None where it was young, so that a new one would fare no better."""
        if self._value == expired:
            if self._clock() - self._made_at < _SOONEST:
                return None
            self._made_at = float("-inf")
        return self.get()
