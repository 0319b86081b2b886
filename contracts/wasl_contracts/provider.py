"""What a plugin is: a spec as data, and an object with one verb."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import ClassVar, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, Field

from wasl_contracts.address import Audience
from wasl_contracts.content import Format
from wasl_contracts.delivery import Delivery
from wasl_contracts.errors import ProviderError, Rejected, Scope, Unavailable, Unknown
from wasl_contracts.event import Callback, Event
from wasl_contracts.model import Frozen, Slug
from wasl_contracts.reason import Reason
from wasl_contracts.receipt import Receipt


class AddressKind(Frozen):
    """A kind of address that a provider serves.

    `pattern` is a regular expression that a whole value must match, checked when a message is accepted. `private` is False where
    others can see what is sent to one person (a mention in public): one-time codes never go there.
    """

    kind: Slug
    audience: Audience = "person"
    pattern: str | None = None
    private: bool = True


class Capabilities(Frozen):
    """What a provider can do. Each is a promise that the contract kit checks where it can.

    `receipts`: it reports later what became of a delivery. `idempotency_seconds`: how long it recognises a repeated delivery id,
    None where it does not. `max_characters`: the longest text it takes; longer ones are refused before sending.
    `timeout_seconds`: after this long without an answer a call counts as unknown. `concurrency`: calls at one time.
    `shared`: one service carries for all addresses; False where each is a server of its own, whose failures say nothing of the others.
    """

    receipts: bool = False
    idempotency_seconds: int | None = Field(None, gt=0)
    max_characters: int | None = Field(None, gt=0)
    timeout_seconds: float = Field(20, gt=0, le=300)
    concurrency: int = Field(32, gt=0, le=10_000)
    shared: bool = True


class Refusal(Frozen):
    """What one of the provider's error codes means."""

    outcome: Literal["rejected", "unavailable", "unknown"]
    reason: Reason = Reason.PROVIDER_REJECTED
    scope: Scope = "content"

    def error(self, code: str | int | None = None, retry_after: float | None = None) -> ProviderError:
        """The error to raise for it."""
        if self.outcome == "rejected":
            return Rejected(self.reason, self.scope, code)
        if self.outcome == "unavailable":
            return Unavailable(retry_after, self.reason, code)
        return Unknown(code)


class ProviderSpec(Frozen):
    """Everything that can be known of a provider without running it.

    `settings` is the pydantic model of its section in wasl.toml; secrets in it are SecretStr, and every HTTP provider has a
    `base_url`. `errors` maps the provider's own codes to what they mean; codes that it lacks are judged by HTTP or SMTP status.
    """

    name: Slug
    channel: Slug
    format: Format
    addresses: tuple[AddressKind, ...] = Field(min_length=1)
    settings: type[BaseModel]
    capabilities: Capabilities = Capabilities()
    errors: Mapping[str, Refusal] = Field(default_factory=dict)
    docs_url: str | None = None
    api: Literal["1"] = "1"

    def kind(self, name: str) -> AddressKind | None:
        """The address kind of that name, None where this provider does not serve it."""
        return next((kind for kind in self.addresses if kind.kind == name), None)


class HttpResponse(Protocol):
    """The part of aiohttp's response that plugins use."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content(self) -> "HttpBody": ...


class HttpBody(Protocol):
    """The part of aiohttp's stream that plugins use."""

    async def readany(self) -> bytes: ...


class HttpSession(Protocol):
    """The part of `aiohttp.ClientSession` that plugins use; `wasl_contracts.http.call` turns its failures into outcomes."""

    def request(
        self, method: str, url: str, *, data: bytes | None = None, headers: Mapping[str, str] | None = None, allow_redirects: bool = True
    ) -> AbstractAsyncContextManager[HttpResponse]: ...


class Provider(Protocol):
    """Carries deliveries on one channel. No base class: anything of this shape will do.

    It is constructed inside a running event loop with its validated settings and the session that all providers share (which it
    must not close). It keeps no retry, cap, consent or template, and writes no log.
    """

    spec: ClassVar[ProviderSpec]

    def __init__(self, settings: BaseModel, http: HttpSession) -> None: ...

    async def send(self, delivery: Delivery) -> Receipt:
        """Hand one delivery to the provider; called concurrently.

        Raises:
            Rejected: the provider said a definite no.
            Unavailable: the provider certainly did not take it.
            Unknown: it may have taken it.
        """
        ...

    async def close(self) -> None:
        """Let go of connections. May be called twice."""
        ...


@runtime_checkable
class Finder(Protocol):
    """Optional: settles an unknown outcome by asking the provider. A look-up sends nothing."""

    async def find(self, attempt_id: str) -> Receipt | None:
        """The receipt of an attempt that the provider took, None where it proves that it never did.

        Raises:
            ProviderError: it could not tell (now); asked again later. Only an answer that says so is proof: never an error or silence.
        """
        ...


class EventSource(Protocol):
    """Optional: understands the provider's callbacks."""

    def parse(self, callback: Callback) -> Sequence[Event]:
        """The events in a callback.

        Raises:
            BadSignature: it does not prove that it comes from the provider.
            Unreadable: it does, but we do not understand it.
        """
        ...
