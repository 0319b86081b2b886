"""Posts on Mastodon: to everybody, or as a direct mention of one person."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import ClassVar

from pydantic import Field, SecretStr

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
    Refusal,
    Rejected,
    Unknown,
)
from wasl_contracts.content import Url
from wasl_contracts.http import Answer, call
from wasl_contracts.model import Frozen

_LONGEST_TEXT = 500  # what an instance takes by default
_LONGEST_MENTION = 32  # "@", the 30 characters of a user name on Mastodon, and the line break
# How Mastodon recognises a mention: https://github.com/mastodon/mastodon/blob/main/app/models/account.rb, MENTION_RE
_MENTION = re.compile(r"(?<![=/\w])@(?=[A-Za-z0-9_])")
_INSTANCE = re.compile(r"\A(@\w+)@[A-Za-z0-9.-]+")  # a mention counts without the name of its instance
_WORD_JOINER = "\u2060"

# No post of ours answers another one, so a 404 can only mean that base_url is not a Mastodon instance.
_ERRORS = {"404": Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="provider")}


class MastodonSettings(Frozen):
    """A section of wasl.toml with `plugin = "mastodon"`."""

    base_url: Url = Field(description="The instance of the account, like https://mastodon.social.")
    access_token: SecretStr = Field(min_length=1, description="The account's access token, with the scope write:statuses.")


class Mastodon:
    """Posts to everybody, or directly to one person.

    A direct post is a mention, not a private message: the instances of both sides can read it, so `mastodon_handle` is not private.
    `provider_ref` is the status id. A delivery that is sent twice within an hour is posted once (Idempotency-Key).
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="mastodon",
        channel="social",
        format="post",
        addresses=(
            AddressKind(kind="mastodon_handle", pattern=r"^@?[A-Za-z0-9_]+(@[A-Za-z0-9.-]+)?$", private=False, adds=_LONGEST_MENTION),
            AddressKind(kind=PUBLIC_KIND, audience="public", private=False),
        ),
        settings=MastodonSettings,
        # https://github.com/mastodon/mastodon/blob/main/app/validators/status_length_validator.rb
        capabilities=Capabilities(
            max_characters=_LONGEST_TEXT, counted_in="graphemes", link_counts=23, idempotency_seconds=3600, concurrency=4
        ),
        errors=_ERRORS,
        docs_url="https://docs.joinmastodon.org/methods/statuses/#create",
    )

    def __init__(self, settings: MastodonSettings, http: HttpSession) -> None:
        self._http = http
        self._url = f"{settings.base_url.rstrip('/')}/api/v1/statuses"
        self._token = settings.access_token

    async def send(self, delivery: Delivery) -> Receipt:
        """Post the delivery; see `Provider.send` for what it raises."""
        headers = {
            "Authorization": f"Bearer {self._token.get_secret_value()}",
            "Content-Type": "application/json",
            "Idempotency-Key": delivery.id,
        }
        answer = await call(self._http, "POST", self._url, body=self.wire(delivery), headers=headers)
        if not answer.ok:
            raise _dated(answer).error(_ERRORS, answer.status)
        return _receipt(answer.json(), public=delivery.address.kind == PUBLIC_KIND)

    def wire(self, delivery: Delivery) -> bytes:
        return _body(delivery)

    async def close(self) -> None:
        """Nothing to let go of: the session is shared."""


def _body(delivery: Delivery) -> bytes:
    content = delivery.content
    if not isinstance(content, Post):
        raise TypeError("needs content in the format post")
    public = delivery.address.kind == PUBLIC_KIND
    status = content.text if public else _mentioning(delivery.address.value, content.text)
    if not Mastodon.spec.capabilities.takes(status if public else _INSTANCE.sub(r"\1", status)):
        raise Rejected(Reason.TOO_LONG, "content")
    language = re.split("[-_]", content.locale)[0].lower()
    return json.dumps({"status": status, "visibility": "public" if public else "direct", "language": language}).encode()


def _mentioning(handle: str, text: str) -> str:
    """The text for one person alone: whoever else it mentions would get it too, so other mentions are broken.

    The handle has a line of its own: before Arabic on the same line it would turn that line left-to-right.
    """
    return f"@{handle.removeprefix('@')}\n{_MENTION.sub('@' + _WORD_JOINER, text)}"


def _receipt(status: dict[str, object], *, public: bool) -> Receipt:
    ref, url = status.get("id"), status.get("url")
    if not isinstance(ref, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", ref):
        raise Unknown("no_status_id")
    if not public and status.get("mentions") == []:
        # Posted, but nobody has this handle or their instance did not answer: only our own account can see it.
        raise Rejected(Reason.UNREACHABLE, "content", "nobody_mentioned")
    shown = public and isinstance(url, str) and re.fullmatch(r"https?://\S{1,2000}", url)
    return Receipt(provider_ref=ref, facts={"url": str(url)} if shown else {})


def _dated(answer: Answer) -> Answer:
    """The answer with X-RateLimit-Reset, an ISO time, as Retry-After where there is none."""
    if answer.headers.get("Retry-After") is not None:
        return answer
    try:
        reset = datetime.fromisoformat(answer.headers.get("X-RateLimit-Reset", ""))
        reset = (reset if reset.tzinfo else reset.replace(tzinfo=UTC)).astimezone(UTC)
        # An HTTP date has whole seconds: the next one, never a moment too early.
        return replace(answer, headers={"Retry-After": format_datetime(reset + timedelta(seconds=1), usegmt=True)})
    except (ValueError, OverflowError):
        return answer
