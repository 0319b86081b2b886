"""Firebase Cloud Messaging, HTTP v1 (https://firebase.google.com/docs/cloud-messaging/send/v1-api)."""

import time
from collections.abc import Callable
from typing import ClassVar, Final

from pyfcm import FCMNotification

from wasl_contracts import AddressKind, Capabilities, Delivery, HttpSession, ProviderSpec, Receipt, Unknown
from wasl_contracts.handing import handing_over
from wasl_contracts.http import Answer, call
from wasl_fcm.errors import ERRORS, error_code, refusal
from wasl_fcm.payload import body
from wasl_fcm.settings import Settings
from wasl_fcm.token import AccessToken

_LONGEST_NAME: Final = 512
_LARGEST: Final = 4000  # of the 4,096 bytes that FCM takes, the names and the attempt's id that are added to the data left out


class Fcm:
    """Sends push notifications through FCM.

    FCM takes no idempotency key and reports nothing later: a call whose answer is lost is Unknown, and is never repeated here.
    Only an access token that FCM refuses is renewed and the call made once more: the refusal proves that nothing was sent.
    """

    spec: ClassVar = ProviderSpec(
        name="fcm",
        channel="push",
        format="push",
        addresses=(
            AddressKind(kind="fcm_token", pattern=r"^[!-~]{1,4096}$"),
            AddressKind(kind="fcm_fid", pattern=r"^[A-Za-z0-9_-]{1,128}$"),
        ),
        settings=Settings,
        capabilities=Capabilities(max_characters=_LARGEST, counted_in="bytes"),
        errors=ERRORS,
        docs_url="https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send",
    )

    def __init__(self, settings: Settings, http: HttpSession, clock: Callable[[], float] = time.time) -> None:
        account = settings.account
        self._builder = FCMNotification(credentials=account.credentials, project_id=account.project_id)
        self._token = AccessToken(account, settings.token_url or account.token_uri, http, clock)
        self._url = f"{settings.base_url.rstrip('/')}/v1/projects/{account.project_id}/messages:send"
        self._http = http

    async def send(self, delivery: Delivery) -> Receipt:
        payload = self.wire(delivery)
        handing_over(payload)  # the session sees requests for tokens too
        answer = await self._post(payload)
        if not answer.ok:
            raise refusal(answer)
        name = answer.json().get("name")
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
            raise Unknown("no_name")
        return Receipt(provider_ref=name)

    def wire(self, delivery: Delivery) -> bytes:
        return body(self._builder, delivery, self.spec.capabilities)

    async def close(self) -> None:
        """Nothing to let go of: the session is shared."""

    async def _post(self, payload: bytes) -> Answer:
        token = await self._token.get()
        answer = await self._post_with(token, payload)
        if answer.status == 401 and error_code(answer) != "THIRD_PARTY_AUTH_ERROR":
            self._token.forget(token)
            answer = await self._post_with(await self._token.get(), payload)
        return answer

    async def _post_with(self, token: str, payload: bytes) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8"}
        return await call(self._http, "POST", self._url, body=payload, headers=headers)
