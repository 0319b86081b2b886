"""A link to one person that a help desk was given, as it is shown."""

from pydantic import AwareDatetime, Field

from wasl_contracts.model import Frozen


class DeskLinkSeen(Frozen):
    """A link: to whom it leads, who made it, until when it opens. The token is told once, when it is made."""

    id: str
    brand: str
    recipient: str
    made_by: str
    made_at: AwareDatetime
    expires_at: AwareDatetime
    revoked_at: AwareDatetime | None = None
    token: str | None = Field(None, repr=False)
