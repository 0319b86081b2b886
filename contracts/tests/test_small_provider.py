"""A small, correct provider keeps the contract; test_the_kit_catches.py changes it in one place each, and it must not."""

import json
from typing import ClassVar

from pydantic import SecretStr

from wasl_contracts import (
    Address,
    AddressKind,
    Capabilities,
    Delivery,
    HttpSession,
    Plain,
    ProviderSpec,
    Reason,
    Receipt,
    Refusal,
    Rejected,
    Unavailable,
    Unknown,
)
from wasl_contracts.conformance import ProviderContract, Request, Response
from wasl_contracts.http import call
from wasl_contracts.model import Frozen


class Settings(Frozen):
    token: SecretStr
    base_url: str = "https://small.example"


class Small:
    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="small",
        channel="chat",
        format="plain",
        addresses=(AddressKind(kind="small_room", pattern=r"room-[0-9]{1,9}"),),
        settings=Settings,
        capabilities=Capabilities(max_characters=500, idempotency_seconds=3600),
        errors={
            "no_room": Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address"),
            "busy": Refusal(outcome="unavailable", reason=Reason.RATE_LIMITED),
        },
    )

    def __init__(self, settings: Settings, http: HttpSession) -> None:
        self._url = f"{settings.base_url}/rooms"
        self._authorization = f"Bearer {settings.token.get_secret_value()}"
        self._http = http

    async def send(self, delivery: Delivery) -> Receipt:
        body = self.wire(delivery)
        answer = await call(self._http, "POST", self._url, body=body, headers=self._headers(delivery))
        if not answer.ok:
            code = answer.json().get("error")
            raise answer.error(self.spec.errors, code if isinstance(code, str) else None)
        ref = answer.json().get("id")
        if not isinstance(ref, str) or len(ref) > 512:
            raise Unknown(answer.status)
        return Receipt(provider_ref=ref)

    async def find(self, attempt_id: str) -> Receipt | None:
        url, headers = f"{self._url}/attempts/{attempt_id}", {"Authorization": self._authorization}
        answer = await call(self._http, "GET", url, body=b"", headers=headers)
        if answer.status == 404 and answer.json().get("error") == "no_attempt":
            return None
        if not answer.ok:
            raise answer.error(self.spec.errors)
        found = answer.json().get("id")
        if not isinstance(found, str) or len(found) > 512:
            raise Unavailable(code="no_id")
        return Receipt(provider_ref=found)

    async def close(self) -> None:
        pass

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        return {"Authorization": self._authorization, "Content-Type": "application/json", "Idempotency-Key": delivery.id}

    def wire(self, delivery: Delivery) -> bytes:
        assert isinstance(delivery.content, Plain)
        if len(delivery.content.text) > 500:
            raise Rejected(Reason.TOO_LONG, "content")
        return json.dumps({"room": delivery.address.value, "text": delivery.content.text, "attempt": delivery.attempt_id}).encode()


class TestSmall(ProviderContract):
    provider = Small
    settings: ClassVar = {"token": "small-secret-1"}
    address = Address(channel="chat", kind="small_room", value="room-4711")
    ref = "0b7f-000100"

    def success(self, request: Request) -> Response:
        return Response.json(200, {"id": self.ref})

    def missing(self, request: Request) -> Response:
        return Response.json(404, {"error": "no_attempt"})
