"""How a request says who we are (https://developer.vonage.com/en/getting-started/concepts/authentication)."""

from collections.abc import Callable
from typing import Final

import jwt
from aiohttp import encode_basic_auth

from wasl_vonage.settings import Settings

_LIFE: Final = 900
_EARLY: Final = 60


class Credentials:
    """The value of the header Authorization: the API key, or a token of the application that is renewed a minute before its end."""

    def __init__(self, settings: Settings, clock: Callable[[], float], unique: Callable[[], str]) -> None:
        self._settings = settings
        self._clock = clock
        self._unique = unique
        self._value = ""
        self._made_at = float("-inf")
        if settings.api_key and settings.api_secret:
            self._value = encode_basic_auth(settings.api_key.get_secret_value(), settings.api_secret.get_secret_value())

    def header(self) -> str:
        """The value for the next request."""
        key, now = self._settings.signing_key, self._clock()
        if key is not None and not 0 <= now - self._made_at < _LIFE - _EARLY:  # below 0 where the clock was set back
            claims = {"application_id": self._settings.application_id, "iat": int(now), "exp": int(now) + _LIFE, "jti": self._unique()}
            self._value, self._made_at = f"Bearer {jwt.encode(claims, key, 'RS256')}", now
        return self._value
