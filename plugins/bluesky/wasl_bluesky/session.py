"""The session of the account: made once, renewed when its token expires (30 sessions in 5 minutes are all that Bluesky allows)."""

import asyncio
import json
import re
from collections.abc import Callable

from wasl_bluesky.errors import dated, error_name
from wasl_contracts import HttpSession, ProviderError, Reason, Rejected, Unavailable, Unknown
from wasl_contracts.content import Url
from wasl_contracts.http import Answer, call, retry_after

_CREATE = "com.atproto.server.createSession"
_REFRESH = "com.atproto.server.refreshSession"


class Session:
    """Who asks while a token is fetched shares that fetch, and fails with it."""

    def __init__(self, base_url: Url, account: Callable[[], tuple[str, str]], http: HttpSession, clock: Callable[[], float]) -> None:
        self._base_url, self._account, self._http, self._clock = base_url, account, http, clock
        self._lock = asyncio.Lock()
        self._access: str | None = None
        self._refresh: str | None = None
        self._failures = 0
        self._failure: ProviderError | None = None

    async def token(self) -> str:
        """A token for one call.

        Raises:
            Unavailable: there is none now; nothing was sent.
            Rejected: Bluesky refused the account.
        """
        failures = self._failures
        async with self._lock:
            if self._access is not None:
                return self._access
            # Who waited for a fetch that failed fails with it: one after another they would use up the sessions that we may make.
            if self._failure is not None and self._failures > failures:
                raise self._failure.with_traceback(None)
            try:
                self._access = await self._fetched()
            except ProviderError as error:
                self._failures, self._failure = self._failures + 1, error
                raise
            return self._access

    def forget(self, token: str) -> None:
        """Get another one next time, unless that has happened already."""
        if token == self._access:
            self._access = None

    async def _fetched(self) -> str:
        if self._refresh is not None:
            answer = await self._post(_REFRESH, b"", {"Authorization": f"Bearer {self._refresh}"})
            if answer.ok:
                return self._kept(answer)
            self._refresh = None
        name, password = self._account()
        body = json.dumps({"identifier": name, "password": password}).encode()
        answer = await self._post(_CREATE, body, {"Content-Type": "application/json"})
        if not answer.ok:
            raise _refused(dated(answer, self._clock()))
        return self._kept(answer)

    async def _post(self, name: str, body: bytes, headers: dict[str, str]) -> Answer:
        try:
            return await call(self._http, "POST", f"{self._base_url}/xrpc/{name}", body=body, headers=headers)
        except Unknown as error:  # of the session alone: the message has not left
            raise Unavailable(code=error.code) from None

    def _kept(self, answer: Answer) -> str:
        tokens = answer.json()
        access, refresh = (_token(tokens.get(name)) for name in ("accessJwt", "refreshJwt"))
        if access is None:
            raise Unavailable(code="no_token")
        self._refresh = refresh
        return access


def _token(value: object) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"[!-~]{1,8192}", value) else None


def _refused(answer: Answer) -> ProviderError:
    if answer.status == 429:
        return Unavailable(retry_after(answer.headers), Reason.RATE_LIMITED, 429)
    if answer.status in (408, 425) or answer.status >= 500:
        return Unavailable(retry_after(answer.headers), code=answer.status)
    return Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", error_name(answer) or answer.status)
