"""What `[inbox]` of wasl.toml may say."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from yarl import URL

from wasl_contracts.duration import Duration
from wasl_contracts.model import Frozen


def _origin(text: str) -> str:
    """An origin as browsers write it (RFC 6454 section 6.2)."""
    try:
        url = URL(text)
        right = url.scheme in ("http", "https") and url.host is not None and str(url.origin()) == text
    except ValueError:
        right = False
    if not right:
        raise PydanticCustomError("bad_origin", "is not an origin; write it like https://app.example.com, with nothing behind it")
    return text


class InboxSection(Frozen):
    """`[inbox]`: the in-app feed. Pages of these `origins` may read it, a token holds so long, and a process serves so many streams."""

    origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = ()
    token_life: Annotated[Duration, Field(ge=timedelta(minutes=1), le=timedelta(days=7))] = timedelta(hours=1)
    streams: Annotated[int, Field(ge=1, le=100_000)] = 1000
