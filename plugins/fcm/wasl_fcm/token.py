"""The access token: a signed assertion, exchanged once an hour (RFC 7523 section 2.1)."""

import asyncio
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from google.auth import jwt

from wasl_contracts import HttpSession, ProviderError, Reason, Rejected, Unavailable, Unknown
from wasl_contracts.http import Answer, call, retry_after
from wasl_fcm.settings import SCOPE, Account

_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_HOUR: Final = 3600.0
_EARLY: Final = 300.0


class AccessToken:
    """Fetched when it is first asked for and renewed five minutes before its end. Those who ask meanwhile share one fetch."""

    def __init__(self, account: Account, url: str, http: HttpSession, clock: Callable[[], float]) -> None:
        self._account = account
        self._url = url
        self._http = http
        self._clock = clock
        self._lock = asyncio.Lock()
        self._value = ""
        self._renew_at = 0.0
        self._failures = 0
        self._failure: ProviderError | None = None

    async def get(self) -> str:
        """A token for one call.

        Raises:
            Unavailable: the token endpoint gave none. Nothing was sent to FCM.
            Rejected: Google refused the key.
        """
        failures = self._failures
        async with self._lock:
            if self._clock() < self._renew_at:
                return self._value
            # Who waited for a fetch that failed fails with it: fetching one after another they would outlast their own timeouts.
            if self._failure and self._failures > failures:
                raise self._failure.with_traceback(None)
            try:
                await self._fetch()
            except ProviderError as error:
                self._failures, self._failure = self._failures + 1, error
                raise
            return self._value

    def forget(self, value: str) -> None:
        """Fetch another one next time, unless that has happened already."""
        if value == self._value:
            self._renew_at = 0.0

    async def _fetch(self) -> None:
        asked_at = self._clock()
        form = urlencode({"grant_type": _GRANT, "assertion": self._assertion(int(asked_at))})
        try:
            answer = await call(self._http, "POST", self._url, body=form.encode(), headers=_FORM)
        except Unknown as error:  # of the token's fetch alone: the push has not left
            raise Unavailable(code=error.code) from None
        self._value = _token(answer)
        self._renew_at = asked_at + _lifetime(answer) - _EARLY

    def _assertion(self, now: int) -> bytes:
        credentials = self._account.credentials
        claims = {"iss": credentials.signer_email, "scope": SCOPE, "aud": self._account.token_uri, "iat": now, "exp": now + int(_HOUR)}
        assertion: bytes = jwt.encode(credentials.signer, claims)  # type: ignore[no-untyped-call]  # google-auth's is untyped
        return assertion


def _token(answer: Answer) -> str:
    found = answer.json()
    if answer.ok:
        token = found.get("access_token")
        if isinstance(token, str) and re.fullmatch(r"[!-~]+", token):
            return token
        raise Unavailable(code="no_access_token")
    code = found.get("error")
    code = code if isinstance(code, str) and re.fullmatch(r"[a-z_]{1,64}", code) else answer.status
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise Unavailable(retry_after(answer.headers), code=code)
    raise Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", code)


def _lifetime(answer: Answer) -> float:
    seconds = answer.json().get("expires_in")
    return min(_HOUR, max(2 * _EARLY, seconds)) if isinstance(seconds, int | float) else _HOUR
