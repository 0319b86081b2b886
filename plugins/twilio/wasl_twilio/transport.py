"""Twilio's SDK over wasl's session: the SDK's own client has no timeout and loses Retry-After."""

import json
import logging
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from aiohttp import encode_basic_auth
from twilio.http import AsyncHttpClient, HttpClient
from twilio.http.response import Response

from wasl_contracts import HttpSession, Refusal, Unknown
from wasl_contracts.http import Answer, call
from wasl_twilio.errors import ERRORS

_LONGEST_SID: Final = 64
_NOT_SENT: Final = ("failed", "undelivered", "canceled")


class Written(Exception):
    """The SDK has written a request. `body` is what would be posted."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.body = body


class Paper(HttpClient):  # type: ignore[misc]  # as below
    """Takes the SDK's requests and makes none."""

    def __init__(self) -> None:
        super().__init__(logging.getLogger("wasl.twilio"), is_async=False)

    def request(self, _method: str, _uri: str, *, data: Mapping[str, str], **_: object) -> Response:
        """Raises Written, always."""
        raise Written(_form(data))


class Transport(AsyncHttpClient):  # type: ignore[misc]  # twilio ships no types
    """Makes the SDK's requests on the shared session, once each, and raises every refusal as an outcome of the contract."""

    def __init__(self, http: HttpSession) -> None:
        super().__init__(logging.getLogger("wasl.twilio"), is_async=True)
        self._http = http

    async def request(
        self, method: str, uri: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: tuple[str, str], **_: object
    ) -> Response:
        """Make one request. The SDK's own timeout, redirects and query are not used: the session's rules hold.

        Raises:
            Rejected: Twilio said no, for good.
            Unavailable: Twilio certainly did not take it.
            Unknown: it may have taken it.
        """
        signed = {**headers, "Authorization": encode_basic_auth(*auth)}
        answer = await call(self._http, method, uri, body=_form(data), headers=signed)
        return Response(answer.status, json.dumps(_taken(answer)), answer.headers)


def _form(data: Mapping[str, str]) -> bytes:
    return urlencode(data).encode()


def _taken(answer: Answer) -> dict[str, str]:
    """The fields that the provider reads. The SDK would trip over junk in the others, such as a date that is not one."""
    found = answer.json()
    if not answer.ok:
        code = _number(found.get("code"))
        raise answer.error(ERRORS, answer.status if code is None else code)
    sid = found.get("sid")
    if not isinstance(sid, str) or not 0 < len(sid) <= _LONGEST_SID:
        raise Unknown("no_sid")
    if found.get("status") in _NOT_SENT:
        code = _number(found.get("error_code"))
        raise ERRORS.get(str(code), Refusal(outcome="rejected")).error(code)
    # With a messaging service the count is 0 here, because no sender is chosen yet.
    segments = re.fullmatch(r"[1-9][0-9]{0,2}", str(found.get("num_segments")))
    return {"sid": sid, "num_segments": segments[0] if segments else ""}


def _number(code: object) -> int | None:
    """Twilio's codes are numbers; anything else could carry an address into a log."""
    return code if isinstance(code, int) else None
