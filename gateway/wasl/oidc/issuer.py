"""What an identity provider says of itself (OpenID Connect Discovery 1.0): where to ask what, and with which keys it signs."""

import asyncio
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, JsonValue, ValidationError

from wasl.clock import Clock
from wasl.config.sign_on import SignOnSection, on_loopback
from wasl.oidc.faults import Because, NotSignedOn
from wasl.outbound import Answer, Outbound, Reach, Unreached

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SECONDS = 10.0
"""For each answer of the provider, from the look-up of its name to the last byte."""
_MOST = 1_000_000  # bytes of an answer
_KEPT = timedelta(hours=1)
_AGAIN = timedelta(minutes=1)  # before an unknown key makes us ask anew: anybody can bring a token with one
_NOT_AT_ONCE = timedelta(seconds=5)
_WELL_KNOWN = "/.well-known/openid-configuration"
_INSIDE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")))
"""Where organisations have their own providers: the operator names the issuer, so it may be there. Not where clouds keep metadata."""
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_Read = TypeVar("_Read", bound=BaseModel)
Jwk = Mapping[str, JsonValue]
"""A public key as RFC 7517 writes it."""


class Metadata(BaseModel):
    """What of the discovery document counts here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False

    @property
    def urls(self) -> tuple[str, ...]:
        """All that are asked, by us or by browsers."""
        found = (self.authorization_endpoint, self.token_endpoint, self.jwks_uri, self.end_session_endpoint)
        return tuple(url for url in found if url is not None)


class _Keys(BaseModel):
    keys: tuple[dict[str, JsonValue], ...] = Field(max_length=100)


@dataclass(frozen=True, slots=True)
class Known:
    """What was read of a provider at a moment."""

    metadata: Metadata
    keys: tuple[Jwk, ...]
    at: datetime

    def fitting(self, kid: str | None) -> tuple[Jwk, ...]:
        """The keys that may have signed a token which names that one; where it names none, those that are for signing."""
        return tuple(key for key in self.keys if key.get("use", "sig") == "sig" and kid in (None, key.get("kid")))


class Issuer:
    """The provider that the configuration names. What it said is kept for an hour; `seconds` is how long it may take to say it."""

    def __init__(self, told: SignOnSection, clock: Clock, seconds: float = SECONDS) -> None:
        self._told = told
        self._clock = clock
        self._seconds = seconds
        self._known: Known | None = None
        self._failed: tuple[datetime, NotSignedOn] | None = None
        self._asking = asyncio.Lock()

    @property
    def remembered(self) -> Known | None:
        """What it said last, if it was asked."""
        return self._known

    async def known(self) -> Known:
        """What it says; raises NotSignedOn."""
        async with self._asking:
            if self._known is None or self._clock.now() - self._known.at >= _KEPT:
                self._known = await self._read()
            return self._known

    async def keys(self, kid: str | None) -> tuple[Jwk, ...]:
        """The keys that may have signed a token; for an unknown one it is asked anew, at most once a minute. Raises NotSignedOn."""
        known = await self.known()
        if found := known.fitting(kid):
            return found
        async with self._asking:
            latest = self._known or known
            if self._clock.now() - latest.at >= _AGAIN:
                self._known = latest = await self._read()
        return latest.fitting(kid)

    async def ask(self, url: str, *, form: bytes | None = None, headers: Mapping[str, str] = {}) -> Answer:
        """Ask the provider once, by POST where there is a form; redirects are not followed. Raises NotSignedOn."""
        sent = {"Accept": "application/json", **headers}
        try:
            async with self._outbound() as outbound:
                return await outbound.request("POST" if form is not None else "GET", url, data=form, headers=sent, most=_MOST)
        except Unreached as fact:
            raise NotSignedOn(Because.NO_ANSWER, f"{_place(url)} {fact.message}") from None

    async def _read(self) -> Known:
        """Ask, but not again just after that failed: whoever presses the button meanwhile is told the same at once."""
        if self._failed is not None and self._clock.now() - self._failed[0] < _NOT_AT_ONCE:
            raise self._failed[1]
        try:
            return await self._asked()
        except NotSignedOn as fact:
            self._failed = self._clock.now(), fact
            raise

    async def _asked(self) -> Known:
        metadata = await self._document(self._told.issuer.rstrip("/") + _WELL_KNOWN, Metadata)
        if metadata.issuer != self._told.issuer:
            raise NotSignedOn(Because.NO_ANSWER, f"calls itself {metadata.issuer[:200]!r}, and so must `issuer` in wasl.toml")
        for url in metadata.urls:
            if not url.startswith("https://") and not (on_loopback(url) and on_loopback(self._told.issuer)):
                raise NotSignedOn(Because.NO_ANSWER, f"names {_place(url)!r}, which is not https")
        keys = await self._document(metadata.jwks_uri, _Keys)
        return Known(metadata, keys.keys, self._clock.now())

    async def _document(self, url: str, shape: type[_Read]) -> _Read:
        answer = await self.ask(url)
        if not answer.ok:
            raise NotSignedOn(Because.NO_ANSWER, f"{_place(url)} answers with status {answer.status}")
        try:
            return shape.model_validate_json(answer.body)
        except ValidationError as error:
            wrong = ", ".join(sorted({str(one["loc"][0]) for one in error.errors() if one["loc"]}))
            raise NotSignedOn(Because.NO_ANSWER, f"{_place(url)} is not what it should be{f': {wrong}' if wrong else ''}") from None

    @asynccontextmanager
    async def _outbound(self) -> "AsyncIterator[Outbound]":
        """A client of its own for each question: they are few. It goes where the operator's own provider may be."""
        near = on_loopback(self._told.issuer)
        port = urlsplit(self._told.issuer).port
        ports = frozenset({443, 8443, *([port] if port else []), *([80] if near else [])})
        reach = Reach((*_INSIDE, *(_LOOPBACK if near else ())), http=near, ports=ports)
        async with Outbound(reach, seconds=self._seconds) as outbound:
            yield outbound


def _place(url: str) -> str:
    """A URL without its query, for the log."""
    return url.partition("?")[0][:200]
