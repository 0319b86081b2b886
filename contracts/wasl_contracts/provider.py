"""What a plugin is: a spec as data, and an object with one verb."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import ClassVar, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, Field

from wasl_contracts.address import Audience
from wasl_contracts.content import Format
from wasl_contracts.delivery import Delivery, Sender
from wasl_contracts.errors import ProviderError, Rejected, Scope, Unavailable, Unknown
from wasl_contracts.event import Callback, Event
from wasl_contracts.length import CountedIn, length
from wasl_contracts.model import Frozen, Slug
from wasl_contracts.reason import Reason
from wasl_contracts.receipt import Receipt


class AddressKind(Frozen):
    """A kind of address that a provider serves.

    `pattern` is a regular expression that a whole value must match, checked when a message is accepted. `private` is False where
    others can see what is sent to one person (a mention in public): one-time codes never go there. `adds` is the length of what the
    provider puts into a text for such an address, so that texts are cut to leave room for it.
    """

    kind: Slug
    audience: Audience = "person"
    pattern: str | None = None
    private: bool = True
    adds: int = Field(0, ge=0)


class Capabilities(Frozen):
    """What a provider can do. Each is a promise that the contract kit checks where it can.

    `receipts`: it reports later what became of a delivery. `idempotency_seconds`: how long it recognises a repeated delivery id,
    None where it does not. `max_characters`: the longest text it takes; longer ones are refused before sending. `counted_in`: in what
    that is measured. `link_counts`: what a link in the text counts, whatever its length; None where it counts as it is written.
    `timeout_seconds`: after this long without an answer a call counts as unknown. `concurrency`: calls at one time.
    `attachments`: it carries `delivery.attachments`; where it does not, messages that must have theirs go another way.
    `shared`: one service carries for all addresses; False where each is a server of its own, whose failures say nothing of the others.
    `given_urls`: it calls URLs that come with an address or a message; its session then reaches public addresses only.
    `found_by_ref`: what it reports carries its own id alone and not `attempt_id`, so that wasl keeps an index of `provider_ref`.
    `confirms_in_seconds`: by then it has reported that a delivery arrived, mostly; None where it never reports that.
    """

    receipts: bool = False
    idempotency_seconds: int | None = Field(None, gt=0)
    max_characters: int | None = Field(None, gt=0)
    counted_in: CountedIn = "characters"
    link_counts: int | None = Field(None, gt=0)
    timeout_seconds: float = Field(20, gt=0, le=300)
    concurrency: int = Field(32, gt=0, le=10_000)
    attachments: bool = False
    shared: bool = True
    given_urls: bool = False
    found_by_ref: bool = False
    confirms_in_seconds: int | None = Field(None, gt=0)

    def length(self, text: str) -> int:
        """How long a text is, as this provider counts."""
        return length(text, self.counted_in, self.link_counts)

    def takes(self, text: str) -> bool:
        """Whether it is short enough."""
        return self.max_characters is None or self.length(text) <= self.max_characters


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


@runtime_checkable
class SenderCheck(Protocol):
    """Optional: knows what stands in the way of sending as somebody. `wasl doctor` asks it for every brand; no I/O."""

    def doubts(self, sender: Sender) -> Sequence[str]:
        """What would go wrong, as sentences that name the fix; none where all is well."""
        ...


@runtime_checkable
class Transparent(Protocol):
    """Optional: shows what it would hand over. Previews show it, and a message that was sent can be proved by it."""

    def wire(self, delivery: Delivery) -> bytes:
        """The bytes that `send` hands over for this delivery: the body of its request, or a mail before it is signed.

        The same delivery always gives the same bytes, whatever the time; nothing is sent. A plugin that hands them over otherwise than
        as the only body on the shared session tells so by `wasl_contracts.handing.handing_over`.

        Raises:
            Rejected: it would be refused before sending.
        """
        ...


@runtime_checkable
class EventSource(Protocol):
    """Optional: understands the provider's callbacks."""

    def parse(self, callback: Callback) -> Sequence[Event]:
        """The events in a callback; none where it tells nothing that we have a word for. No I/O.

        The proof is checked first, over the raw bytes and in constant time (`wasl_contracts.signing`), before anything is parsed.

        Raises:
            BadSignature: it does not prove that it comes from the provider.
            Unreadable: it does, but we do not understand it.
        """
        ...


@runtime_checkable
class Mailroom(Protocol):
    """Optional, beside EventSource: gives its mails addresses of their own that bounces and replies come back to, as callbacks.

    Such a callback is the mail itself; its header X-Original-To names the address to which it came.
    """

    def made(self, address: str) -> bool:
        """Whether the address is one of its making, by its proof. No I/O."""
        ...


@runtime_checkable
class Reporting(Protocol):
    """Optional: whether it reports what became of a delivery depends on its settings, which may name no place for reports or no proof.

    Where `reports` is False no report is waited for, whatever the capabilities say.
    """

    @property
    def reports(self) -> bool: ...


@runtime_checkable
class Handshake(Protocol):
    """Optional: has more to do with callbacks than to read them. It is asked before `parse`, with every callback."""

    async def handshake(self, callback: Callback) -> bytes | None:
        """What to answer to one that only sets callbacks up: the provider's challenge, or nothing where it had to be confirmed elsewhere.

        None: it is to be parsed. Whatever `parse` needs, such as the provider's certificate, is fetched here and kept. Nothing is fetched
        from a host that is not the provider's.

        Raises:
            BadSignature: it does not prove that it comes from the provider.
        """
        ...
