"""Web Push: RFC 8030 (the request), RFC 8291 (the encryption) and RFC 8292 (who sends)."""

import time
from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from wasl_contracts import AddressKind, Capabilities, Delivery, HttpSession, ProviderSpec, Reason, Receipt, Refusal
from wasl_contracts.handing import handing_over
from wasl_contracts.http import call
from wasl_webpush.notification import body, headers
from wasl_webpush.settings import Settings
from wasl_webpush.subscription import PATTERN, Subscription
from wasl_webpush.vapid import Vapid

_LARGEST: Final = 3500  # of the 3,993 bytes that can be encrypted, the names and what is added left out
_GONE: Final = Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address")
_REFUSED: Final = Refusal(outcome="rejected", reason=Reason.PROVIDER_REJECTED, scope="content")
_NOT_OURS: Final = Refusal(outcome="rejected", reason=Reason.UNREACHABLE, scope="content")
# By status (RFC 8030 sections 5 to 8). Anybody can give us the URL of a service, so no answer of one pauses the others.
ERRORS: Mapping[str, Refusal] = {
    **dict.fromkeys(("404", "410"), _GONE),
    **dict.fromkeys(("401", "403"), _NOT_OURS),  # it was subscribed to with another VAPID key, or ours is refused
    **dict.fromkeys(("301", "302", "303", "307", "308", "402", "407"), _REFUSED),
}


class WebPush:
    """Sends push notifications to browsers, each through the push service of its maker.

    Services take no idempotency key and report nothing later: a call whose answer is lost is Unknown, and is never repeated here. They
    could not tell what they carry: it is encrypted for the browser.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="webpush",
        channel="push",
        format="push",
        addresses=(AddressKind(kind="webpush", pattern=PATTERN),),
        settings=Settings,
        capabilities=Capabilities(max_characters=_LARGEST, counted_in="bytes", shared=False, given_urls=True),
        errors=ERRORS,
        docs_url="https://www.rfc-editor.org/rfc/rfc8030",
    )

    def __init__(self, settings: Settings, http: HttpSession, clock: Callable[[], float] = time.time) -> None:
        self._base_url = settings.base_url.rstrip("/") if settings.base_url else None
        self._vapid = Vapid(settings.signer, settings.contact, clock)
        self._clock = clock
        self._http = http

    async def send(self, delivery: Delivery) -> Receipt:
        """Post the delivery once; see `Provider.send` for what it raises."""
        subscription = Subscription.read(delivery.address.value)
        content = self.wire(delivery)
        handing_over(content)  # what is posted is encrypted, and never the same twice
        told = {
            **headers(delivery, self._clock()),
            "Authorization": self._vapid.header(subscription.origin),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
        }
        url = (self._base_url or subscription.origin) + subscription.path
        answer = await call(self._http, "POST", url, body=subscription.encrypted(content), headers=told)
        if not answer.ok:
            raise answer.error(ERRORS, answer.status)
        return Receipt()  # the URL that some services give for the message lets anybody delete it

    def wire(self, delivery: Delivery) -> bytes:
        return body(delivery, self.spec.capabilities)

    async def close(self) -> None:
        """Nothing to let go of: the session is shared."""
