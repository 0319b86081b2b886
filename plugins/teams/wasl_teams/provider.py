"""Posts Adaptive Cards to Teams through webhooks of its app Workflows (Power Automate)."""

import json
import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from wasl_contracts import (
    AdaptiveCard,
    AddressKind,
    Capabilities,
    Delivery,
    HttpSession,
    ProviderSpec,
    Reason,
    Receipt,
    Refusal,
    Rejected,
)
from wasl_contracts.content import Url
from wasl_contracts.http import call
from wasl_contracts.model import Frozen, Slug

_LARGEST: Final = 28 * 1024  # bytes (https://learn.microsoft.com/connectors/teams/#known-issues-and-limitations-with-actions)
_CARD: Final = "application/vnd.microsoft.card.adaptive"
_HOST: Final = r"https://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]{1,5})?"
_URL: Final = rf"{_HOST}/[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]{{1,1900}}"
_ORIGIN: Final = re.compile(_HOST)


def _webhook(url: SecretStr) -> SecretStr:
    if not re.fullmatch(_URL, url.get_secret_value()):
        raise PydanticCustomError("bad_webhook", "is not the URL of a workflow's webhook; copy it from Workflows, it begins with https://")
    return url


class TeamsSettings(Frozen):
    """A section of wasl.toml with `plugin = "teams"`."""

    rooms: dict[Slug, Annotated[SecretStr, AfterValidator(_webhook)]] = Field(
        default_factory=dict, description="Names of rooms, and the URL of the webhook that posts there."
    )
    base_url: Url | None = Field(None, description="For tests: post here, with the path and query of the webhook's URL.")


_MISSING: Final = Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address")
_REFUSED: Final = Refusal(outcome="rejected", reason=Reason.PROVIDER_REJECTED, scope="content")
_CLOSED: Final = Refusal(outcome="rejected", reason=Reason.UNREACHABLE, scope="content")
# By status; each webhook is a workflow of its own, so that no answer of one pauses the others.
ERRORS: Mapping[str, Refusal] = {
    **dict.fromkeys(("404", "410"), _MISSING),  # the workflow was deleted
    **dict.fromkeys(("401", "402", "403", "407"), _CLOSED),  # the URL's signature is not right any more, or the workflow is for members
    **dict.fromkeys(("301", "302", "303", "307", "308"), _REFUSED),
}


class Teams:
    """Posts a card to the chat or channel of a workflow.

    Teams answers when the workflow has *started*: the receipt says sent, and whether the card was posted is never told. It gives no id,
    and takes no idempotency key.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="teams",
        channel="chat",
        format="adaptive_card",
        addresses=(
            AddressKind(kind="teams_room", pattern=r"^[a-z][a-z0-9_-]{0,62}$", audience="group"),
            AddressKind(kind="teams_url", pattern=_URL, audience="group"),
        ),
        settings=TeamsSettings,
        capabilities=Capabilities(max_characters=_LARGEST, counted_in="bytes", shared=False, given_urls=True),
        errors=ERRORS,
        docs_url="https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook",
    )

    def __init__(self, settings: TeamsSettings, http: HttpSession) -> None:
        self._settings = settings
        self._http = http

    async def send(self, delivery: Delivery) -> Receipt:
        """Post the delivery once; see `Provider.send` for what it raises."""
        url = self._url(delivery)
        answer = await call(self._http, "POST", url, body=self.wire(delivery), headers={"Content-Type": "application/json"})
        if not answer.ok:
            raise answer.error(ERRORS, answer.status)
        return Receipt()

    def wire(self, delivery: Delivery) -> bytes:
        return _body(delivery)

    async def close(self) -> None:
        """Nothing to let go of: the session is shared."""

    def _url(self, delivery: Delivery) -> str:
        to = delivery.address.value
        if delivery.address.kind == "teams_room":
            if (room := self._settings.rooms.get(to)) is None:
                raise Rejected(Reason.INVALID_ADDRESS, "content", "unknown_room")  # not of the address: it may be configured tomorrow
            to = room.get_secret_value()
        elsewhere = self._settings.base_url
        return to if elsewhere is None else elsewhere.rstrip("/") + _ORIGIN.sub("", to, count=1)


def _body(delivery: Delivery) -> bytes:
    content = delivery.content
    if not isinstance(content, AdaptiveCard):
        raise TypeError("needs content in the format adaptive_card")
    # The text is what notifications and screen readers show of it.
    card = {
        "type": "message",
        "summary": content.text,
        "attachments": [{"contentType": _CARD, "contentUrl": None, "content": content.card}],
    }
    body = json.dumps(card, ensure_ascii=False, separators=(",", ":")).encode()
    if len(body) > _LARGEST:
        raise Rejected(Reason.TOO_LONG, "content")
    return body
