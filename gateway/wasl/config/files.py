"""What `[files]` and `[outbound]` of wasl.toml may say: how long attachments are kept, and which URLs are fetched."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from wasl.config.networks import NetworkText
from wasl_contracts.duration import Duration
from wasl_contracts.model import Frozen


class FilesSection(Frozen):
    """`[files]`: a file is kept for so long after it was stored, and after the end of the last message that has it."""

    keep: Duration = timedelta(days=30)


class OutboundSection(Frozen):
    """`[outbound]`: what may be asked beside public addresses over https, where callers give the URL.

    `allow` are networks of the operator's own, `http` is whether without TLS too, `ports` are all that are used.
    """

    allow: tuple[NetworkText, ...] = ()
    http: bool = False
    ports: Annotated[tuple[Annotated[int, Field(ge=1, le=65_535)], ...], Field(min_length=1)] = (443, 80, 8443)
