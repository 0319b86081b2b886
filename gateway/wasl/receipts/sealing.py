"""A request as it is kept: whole, encrypted, so that a plugin which understands more can read it again."""

from datetime import datetime

from multidict import CIMultiDict
from pydantic_core import from_json, to_json

from wasl.keys import KeyRing
from wasl_contracts import Callback


def sealed(keys: KeyRing, provider: str, name: str, callback: Callback) -> bytes:
    """The request, encrypted under its id."""
    head = to_json([callback.method, callback.url, list(callback.headers.items())])
    return keys.seal(head + b"\n" + callback.body, _about(provider, name))


def opened(keys: KeyRing, provider: str, name: str, raw: bytes, at: datetime) -> Callback:
    """The request again, as of the moment at which it came. Raises Unusable where the key ring is another."""
    head, _, body = keys.open(raw, _about(provider, name)).partition(b"\n")
    method, url, headers = from_json(head)
    return Callback(method, url, CIMultiDict(headers), body, at)


def _about(provider: str, name: str) -> bytes:
    return f"callback|{provider}|{name}".encode()
