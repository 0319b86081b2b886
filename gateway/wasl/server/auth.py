"""Who calls: the API key in the Authorization header, and what it allows."""

import re

import structlog
from aiohttp import web

from wasl.api import Gateway
from wasl.apikeys import ApiKey, Scope
from wasl.errors import Forbidden, Unauthenticated
from wasl.server.bodies import header

_LONGEST_KEY = 256
_KEY = re.compile(r"wasl_(?:live|test)_")

_log = structlog.get_logger("wasl.server")


async def authorized(gateway: Gateway, request: web.Request, scope: Scope) -> ApiKey:
    """The key that the request carries.

    Raises:
        Unauthenticated: there is none, or it is wrong, revoked, expired, of another brand, or in the URL.
        Forbidden: it lacks the scope.
    """
    if "?" in request.raw_path:
        await _refuse_key_in_url(gateway, request)
    if (key := await presented(gateway, request)) is None:
        # One text for every cause, so that nobody learns which keys exist.
        raise Unauthenticated("No valid API key came with the request.")
    if scope not in key.scopes:
        raise Forbidden(f"This API key lacks the scope {scope}.", suggested_action=f"Use a key with the scope {scope}.")
    return key


async def presented(gateway: Gateway, request: web.Request) -> ApiKey | None:
    """The valid key in the Authorization header, None where there is none.

    Raises:
        Malformed: the header cannot be read.
    """
    scheme, _, token = (header(request, "Authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= _LONGEST_KEY:
        return None
    return await gateway.authenticate(token.encode())


async def _refuse_key_in_url(gateway: Gateway, request: web.Request) -> None:
    found = next((value for value in request.query.values() if _KEY.match(value)), None)
    if found is None:
        return
    key = await gateway.authenticate(found[:_LONGEST_KEY].encode(errors="replace"))
    _log.warning("apikey.seen_in_url", key_id=key.id if key else None)
    raise Unauthenticated(
        "The API key is in the URL, where proxies and logs keep it.",
        code="key_in_url",
        suggested_action="Make a new key, revoke this one, and send the new one as `Authorization: Bearer …`.",
    )
