"""The Apple Push Notification service (https://developer.apple.com/documentation/usernotifications)."""

import re
import ssl
import time
from collections.abc import Callable
from typing import ClassVar, Final

from wasl_apns.connection import Connection
from wasl_apns.errors import ERRORS, EXPIRED_TOKEN, reason, refusal
from wasl_apns.notification import body, headers, notification_id
from wasl_apns.settings import Settings
from wasl_apns.token import ProviderToken
from wasl_contracts import AddressKind, Capabilities, Delivery, HttpSession, ProviderSpec, Receipt
from wasl_contracts.handing import handing_over
from wasl_contracts.http import Answer

_ID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_LARGEST: Final = 3800  # of the 4,096 bytes that Apple takes, the names and what is added left out


class Apns:
    """Sends push notifications to devices of Apple.

    Apple takes no idempotency key and reports nothing later: a call whose answer is lost is Unknown, and is never repeated here. Only
    a provider token that Apple calls expired is renewed and the call made once more: the refusal proves that nothing was sent.

    It has a connection of its own, which `close` ends: Apple speaks HTTP/2 alone, and aiohttp does not.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="apns",
        channel="push",
        format="push",
        addresses=(AddressKind(kind="apns_token", pattern=r"^([0-9A-Fa-f]{2}){32,100}$"),),
        settings=Settings,
        capabilities=Capabilities(max_characters=_LARGEST, counted_in="bytes", concurrency=100),
        errors=ERRORS,
        docs_url="https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns",
    )

    def __init__(
        self, settings: Settings, http: HttpSession, clock: Callable[[], float] = time.time, tls: ssl.SSLContext | None = None
    ) -> None:
        """`tls` is whom to trust, the system's authorities where it is left out."""
        self._connection = Connection(settings.timeout_seconds, tls)
        self._token = ProviderToken(settings, clock)
        self._server = settings.server
        self._topic = settings.topic

    async def send(self, delivery: Delivery) -> Receipt:
        payload = self.wire(delivery)
        handing_over(payload)  # it does not go over the shared session
        answer = await self._post(delivery, payload)
        if not answer.ok:
            raise refusal(answer)
        told = answer.headers.get("apns-id", "")
        return Receipt(provider_ref=told if _ID.fullmatch(told) else notification_id(delivery.attempt_id))

    def wire(self, delivery: Delivery) -> bytes:
        return body(delivery, self.spec.capabilities)

    async def close(self) -> None:
        """End the connection to Apple; the shared session is left alone."""
        await self._connection.close()

    async def _post(self, delivery: Delivery, payload: bytes) -> Answer:
        token = self._token.get()
        answer = await self._post_with(token, delivery, payload)
        if answer.status == 403 and reason(answer) == EXPIRED_TOKEN and (renewed := self._token.after(token)):
            answer = await self._post_with(renewed, delivery, payload)
        return answer

    async def _post_with(self, token: str, delivery: Delivery, payload: bytes) -> Answer:
        told = {**headers(delivery, self._topic), "authorization": f"bearer {token}", "content-type": "application/json"}
        return await self._connection.post(f"{self._server}/3/device/{delivery.address.value}", payload, told)
