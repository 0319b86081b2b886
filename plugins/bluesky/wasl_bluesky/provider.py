"""Posts and direct messages on Bluesky, through the server of the account (https://docs.bsky.app/docs/category/http-reference)."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar, Final
from urllib.parse import quote

from pydantic import Field, SecretStr, StringConstraints

from wasl_bluesky import record
from wasl_bluesky.errors import ERRORS, error_name, refusal
from wasl_bluesky.session import Session
from wasl_contracts import (
    PUBLIC_KIND,
    AddressKind,
    Capabilities,
    Delivery,
    HttpSession,
    Post,
    ProviderSpec,
    Reason,
    Receipt,
    Rejected,
    Unavailable,
    Unknown,
)
from wasl_contracts.content import Url
from wasl_contracts.handing import handing_over
from wasl_contracts.http import Answer, call
from wasl_contracts.model import Frozen

_LONGEST_TEXT: Final = 300
_MOST_BYTES: Final = 3000
_CHAT: Final = {"atproto-proxy": "did:web:api.bsky.chat#bsky_chat"}
_JSON: Final = {"Content-Type": "application/json"}
# https://atproto.com/specs/handle and https://atproto.com/specs/did
_HANDLE: Final = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DID: Final = r"did:(?:plc:[a-z2-7]{24}|web:[A-Za-z0-9.%-]{1,253})"
_POSTED: Final = re.compile(rf"at://({_DID})/app\.bsky\.feed\.post/([A-Za-z0-9._~-]{{1,64}})")


class BlueskySettings(Frozen):
    """A section of wasl.toml with `plugin = "bluesky"`."""

    handle: Annotated[str, StringConstraints(pattern=rf"^(?:{_HANDLE}|{_DID})$")] = Field(
        description="The account that posts and writes, like acme.example."
    )
    app_password: SecretStr = Field(min_length=1, description="An app password of it; for messages to people it must be allowed those.")
    base_url: Url = Field("https://bsky.social", description="The server (PDS) of the account.")


class Bluesky:
    """Posts to everybody, and writes to one person.

    `provider_ref` is the post's `at://` address or the message's id. A delivery that is posted twice is one post, since its key is made
    of the delivery's id; Bluesky has no such thing for messages to people, so the spec promises it for neither.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="bluesky",
        channel="social",
        format="post",
        addresses=(
            AddressKind(kind="bluesky_did", pattern=f"^{_DID}$"),
            AddressKind(kind="bluesky_handle", pattern=f"^@?{_HANDLE}$"),
            AddressKind(kind=PUBLIC_KIND, audience="public", private=False),
        ),
        settings=BlueskySettings,
        # https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json
        capabilities=Capabilities(max_characters=_LONGEST_TEXT, counted_in="graphemes", concurrency=4),
        errors=ERRORS,
        docs_url="https://docs.bsky.app/docs/category/http-reference",
    )

    def __init__(self, settings: BlueskySettings, http: HttpSession, clock: Callable[[], float] = time.time) -> None:
        self._http, self._clock = http, clock
        self._handle = settings.handle
        self._base_url = settings.base_url.rstrip("/")
        self._session = Session(self._base_url, lambda: (settings.handle, settings.app_password.get_secret_value()), http, clock)

    async def send(self, delivery: Delivery) -> Receipt:
        """Post it, or write it to the person; see `Provider.send` for what it raises."""
        said = self.wire(delivery)
        handing_over(said)  # the session sees requests for tokens too
        if delivery.address.kind == PUBLIC_KIND:
            return _posted(await self._call("POST", "com.atproto.repo.putRecord", said, _JSON))
        convo = await self._conversation(await self._did(delivery.address.value))
        return _written(await self._call("POST", "chat.bsky.convo.sendMessage", record.sending(convo, said), {**_JSON, **_CHAT}))

    def wire(self, delivery: Delivery) -> bytes:
        """The request's body; of a message to a person what it says, since the conversation must be asked for."""
        post = delivery.content
        if not isinstance(post, Post):
            raise TypeError("needs content in the format post")
        if not self.spec.capabilities.takes(post.text) or len(post.text.encode()) > _MOST_BYTES:
            raise Rejected(Reason.TOO_LONG, "content")
        return record.put(delivery, post, self._handle) if delivery.address.kind == PUBLIC_KIND else record.message(post)

    async def close(self) -> None:
        """Nothing to let go of: the session is shared."""

    async def _did(self, address: str) -> str:
        if address.startswith("did:"):
            return address
        answer = await self._ask(f"com.atproto.identity.resolveHandle?handle={quote(address.removeprefix('@'))}", {})
        if error_name(answer) == "InvalidRequest":  # nobody has it, or its domain does not answer at the moment
            raise Rejected(Reason.UNREACHABLE, "content", "InvalidRequest")
        did = self._needed(answer).get("did")
        if not isinstance(did, str) or not re.fullmatch(_DID, did):
            raise Unavailable(code="no_did")
        return did

    async def _conversation(self, did: str) -> str:
        answer = await self._ask(f"chat.bsky.convo.getConvoForMembers?members={quote(did, safe=':')}", _CHAT)
        convo = self._needed(answer).get("convo")
        ref = convo.get("id") if isinstance(convo, dict) else None
        if not isinstance(ref, str) or not 0 < len(ref) <= 512:
            raise Unavailable(code="no_conversation")
        return ref

    def _needed(self, answer: Answer) -> dict[str, object]:
        """The answer to a question before the send; whatever is wrong with it, nothing was sent."""
        if answer.ok:
            return answer.json()
        error = refusal(answer, self._clock())
        raise Unavailable(code=error.code) if isinstance(error, Unknown) else error

    async def _ask(self, query: str, headers: Mapping[str, str]) -> Answer:
        try:
            return await self._authorised("GET", query, b"", headers)
        except Unknown as error:
            raise Unavailable(code=error.code) from None

    async def _call(self, method: str, name: str, body: bytes, headers: Mapping[str, str]) -> dict[str, object]:
        answer = await self._authorised(method, name, body, headers)
        if not answer.ok:
            raise refusal(answer, self._clock())
        return answer.json()

    async def _authorised(self, method: str, name: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer; a token that is told to have expired proves that nothing was taken, and is renewed once."""
        token = await self._session.token()
        answer = await self._with(token, method, name, body, headers)
        if error_name(answer) == "ExpiredToken":
            self._session.forget(token)
            answer = await self._with(await self._session.token(), method, name, body, headers)
        return answer

    async def _with(self, token: str, method: str, name: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        allowed = {"Authorization": f"Bearer {token}", **headers}
        return await call(self._http, method, f"{self._base_url}/xrpc/{name}", body=body, headers=allowed)


def _posted(answer: dict[str, object]) -> Receipt:
    uri = answer.get("uri")
    found = _POSTED.fullmatch(uri) if isinstance(uri, str) else None
    if found is None:
        raise Unknown("no_uri")
    return Receipt(provider_ref=found.group(), facts={"url": f"https://bsky.app/profile/{found[1]}/post/{found[2]}"})


def _written(answer: dict[str, object]) -> Receipt:
    ref = answer.get("id")
    if not isinstance(ref, str) or not re.fullmatch(r"[!-~]{1,512}", ref):
        raise Unknown("no_message_id")
    return Receipt(provider_ref=ref)
