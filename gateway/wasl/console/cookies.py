"""The console's cookies. Over https they are `__Host-`: only this host has set them, and only it gets them (RFC 6265bis section 4.1.3.2).

On loopback, where there is no https, they have plain names. Elsewhere without https a browser drops the session, and nobody can sign in.
"""

import base64
import binascii
import hmac
from ipaddress import ip_address

from aiohttp import web

LANG = "wasl_lang"
"""The language that somebody chose, kept for the sign-in page."""
THEME = "wasl_theme"
_SESSION, _FLASH, _JOURNEY = "wasl_session", "wasl_said", "wasl_oidc"
_MOST_SAID = 1000  # bytes; a browser keeps 4,096 of a cookie
_YEAR = 365 * 86_400


def session(request: web.Request) -> str | None:
    """The token of the session."""
    return request.cookies.get(_name(request, _SESSION))


def set_session(request: web.Request, response: web.StreamResponse, token: str) -> None:
    """This browser is signed in by that token, until it is closed."""
    _set(request, response, _SESSION, token)


def drop_session(request: web.Request, response: web.StreamResponse) -> None:
    """This browser is signed out."""
    _drop(request, response, _SESSION)


def journey(request: web.Request) -> str:
    """What this browser keeps while its user is at the identity provider; empty where it keeps nothing."""
    return request.cookies.get(_name(request, _JOURNEY), "")


def set_journey(request: web.Request, response: web.StreamResponse, sealed: str, seconds: int) -> None:
    """Keep that while its user is there. It comes back with the browser, because Lax lets a link bring it from another site."""
    _set(request, response, _JOURNEY, sealed, seconds)


def drop_journey(request: web.Request, response: web.StreamResponse) -> None:
    """They are back."""
    _drop(request, response, _JOURNEY)


def set_flash(request: web.Request, response: web.StreamResponse, csrf: str, said: str) -> None:
    """What the next page says first. It is signed, so that nobody else puts words there."""
    text = said.encode()[:_MOST_SAID].decode(errors="ignore").encode()
    _set(request, response, _FLASH, base64.urlsafe_b64encode(_mac(csrf, text) + text).decode())


def read_flash(request: web.Request, csrf: str) -> str:
    """What was said; empty where nothing was, or not by us."""
    try:
        found = base64.b64decode(request.cookies.get(_name(request, _FLASH), ""), altchars=b"-_", validate=True)
        return found[16:].decode() if hmac.compare_digest(found[:16], _mac(csrf, found[16:])) else ""
    except (binascii.Error, ValueError):
        return ""


def drop_flash(request: web.Request, response: web.StreamResponse) -> None:
    """It was shown."""
    _drop(request, response, _FLASH)


def set_choice(response: web.StreamResponse, name: str, value: str) -> None:
    """Remember a choice in this browser for a year: LANG or THEME. Nothing secret."""
    response.set_cookie(name, value, max_age=_YEAR, path="/console", httponly=True, samesite="Lax")


def on_loopback(request: web.Request) -> bool:
    """Whether the browser reached this by a name of its own machine, where plain http is as good as https."""
    host = (request.host or "").rpartition(":")[0] if not request.host.endswith("]") else request.host
    host = (host or request.host).strip("[]").lower()
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _name(request: web.Request, name: str) -> str:
    return name if on_loopback(request) else f"__Host-{name}"


def _set(request: web.Request, response: web.StreamResponse, name: str, value: str, seconds: int | None = None) -> None:
    secure = not on_loopback(request)
    response.set_cookie(_name(request, name), value, max_age=seconds, path="/", httponly=True, secure=secure, samesite="Lax")


def _drop(request: web.Request, response: web.StreamResponse, name: str) -> None:
    response.del_cookie(_name(request, name), path="/", httponly=True, secure=not on_loopback(request), samesite="Lax")


def _mac(csrf: str, text: bytes) -> bytes:
    return hmac.digest(csrf.encode(), b"said|" + text, "sha256")[:16]
