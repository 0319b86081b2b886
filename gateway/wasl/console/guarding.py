"""What proves that a form comes from a page of ours: where the browser says that it was sent from, and a token of the session in it."""

import hmac
from urllib.parse import urlsplit

from wasl.console.visit import Visit


def csrf_of(token: str) -> str:
    """What the forms of a session carry: it follows from the cookie, and the cookie does not follow from it."""
    return hmac.digest(token.encode(errors="replace"), b"csrf", "sha256").hex()


def of_our_own(visit: Visit, *, open_to_all: bool) -> bool:
    """Whether a POST was sent by a page of ours; forms that are `open_to_all` (signing in) have no session to carry a token of."""
    if not _same_origin(visit):
        return False
    given = visit.fields.get("csrf", "")
    return open_to_all or hmac.compare_digest(given.encode(errors="replace"), visit.csrf.encode())


def _same_origin(visit: Visit) -> bool:
    # Pages that send no referrer make browsers send `Origin: null` with a form (Fetch section 3.2), so Sec-Fetch-Site decides first.
    headers = visit.request.headers
    origin, site = headers.get("Origin"), headers.get("Sec-Fetch-Site")
    if origin not in (None, "null") and urlsplit(str(origin)).netloc.lower() != visit.request.host.lower():
        return False
    return site == "same-origin" if site is not None else origin not in (None, "null")
