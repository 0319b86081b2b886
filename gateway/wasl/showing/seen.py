"""What previews and messages that were made again tell."""

from collections.abc import Iterable
from typing import Literal

from pydantic import ConfigDict, Field

from wasl.answers import CostSeen, SmsCount
from wasl.content.findings import Finding
from wasl.explanations import Would
from wasl_contracts import Message, Recipient, Sender
from wasl_contracts.content import Direction, Rendered
from wasl_contracts.model import Frozen
from wasl_contracts.recipient import Locale


class Glimpse(Message):
    """A message to be shown. Nobody need be named: then addresses are invented, and `locale` is the language.

    Without `data` a template is filled with its examples.
    """

    to: Recipient | None = None  # type: ignore[assignment]  # a preview needs nobody
    locale: Locale | None = None


class ChannelPreview(Frozen):
    """A message on one channel, as the first provider that serves it would get it.

    `content` are the parts, `wire` is the request's body or the mail before it is signed, in JSON as base64; it is None where the plugin
    does not show it. Files are not in it. The address is `invented` unless the caller gave it;
    then it is masked. `failed` says why there is nothing to show.
    """

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    channel: str
    provider: str | None = None
    address: str | None = None
    invented: bool = True
    sender: Sender | None = None
    content: Rendered | None = Field(None, repr=False)
    wire: bytes | None = Field(None, repr=False)
    size: int | None = None
    cost: CostSeen | None = None
    sms: SmsCount | None = Field(None, repr=False)
    failed: str | None = None


class Preview(Frozen):
    """A message on each channel of its route. `verdict` and `sentences` are what `explain` says of it, where somebody was named.

    `locale` and `direction` are those of the text that was found; `voice` are the brand's notes on tone; `findings` is what an author
    should look at.
    """

    template: str | None = None
    template_version: str | None = None
    brand: str
    brand_version: str | None = None
    voice: str = ""
    locale: str
    direction: Direction
    verdict: Would | None = None
    sentences: dict[str, str] = Field(default_factory=dict)
    channels: tuple[ChannelPreview, ...]
    findings: tuple[Finding, ...] = ()


Cause = Literal[
    "one_time_code",
    "erased", "content_gone", "not_kept", "address_gone", "text_gone", "files_gone", "key_gone", "provider_gone", "not_shown",
    "software_changed", "settings_changed", "person_changed", "replayed", "decided_again", "unexplained",
]  # fmt: skip
"""Why a message cannot be made again (up to `not_shown`), or why it comes out otherwise."""
_SENTENCES: dict[Cause, str] = {
    "one_time_code": "It holds a one-time code, which is never shown.",
    "erased": "The person was erased, and what was said to them with them.",
    "content_gone": "What it said is not kept any more.",
    "not_kept": "No digest of it is kept: nothing was handed over, the end of the call was never seen, or an older wasl made it.",
    "address_gone": "The person does not have the address any more that it went to.",
    "text_gone": "Its template or brand is not kept in that version, or cannot be filled by this wasl.",
    "files_gone": "A file that went along is not kept any more.",
    "key_gone": "The key of its digest is not in the key ring any more.",
    "provider_gone": "Its provider is not configured any more, or cannot be opened.",
    "not_shown": "Its provider's plugin does not show what it hands over.",
    "software_changed": "Another version made it",
    "settings_changed": "Settings have changed since",
    "person_changed": "What is known of the person has changed since, such as their time zone.",
    "replayed": "The message was given a new life since, with another expiry.",
    "decided_again": "The delivery was tried again later, perhaps to another address.",
    "unexplained": "Nothing that is kept tells why.",
}


class Difference(Frozen):
    """One reason, with a sentence for people."""

    cause: Cause
    sentence: str

    @classmethod
    def of(cls, cause: Cause, details: Iterable[str] = ()) -> "Difference":
        """`details` name what has changed."""
        told = ", ".join(details)
        return cls(cause=cause, sentence=f"{_SENTENCES[cause]}: {told}." if told else _SENTENCES[cause])


class CallShown(Frozen):
    """What one call handed over: its content, and the bytes, in no JSON, where the plugin shows them. `why` tells why one is missing."""

    id: str
    provider: str
    channel: str | None = None
    content: Rendered | None = Field(None, repr=False)
    wire: bytes | None = Field(None, exclude=True, repr=False)
    sms: SmsCount | None = Field(None, repr=False)
    why: tuple[Difference, ...] = ()


class AttemptRerendered(Frozen):
    """One call, made again: `equal` to the byte, `different`, or `gone`. `wire` is what was made now; it is in no JSON."""

    id: str
    provider: str
    verdict: Literal["equal", "different", "gone"]
    why: tuple[Difference, ...] = ()
    size: int | None = None
    wire: bytes | None = Field(None, exclude=True, repr=False)


class Rerendered(Frozen):
    """A message made again, call by call. `equal` where each of them came out to the byte as it was handed over."""

    id: str
    equal: bool
    attempts: tuple[AttemptRerendered, ...]
