"""The section of wasl.toml that names a domain at Mailgun."""

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

from wasl_contracts.content import Url
from wasl_contracts.letter import MailboxText
from wasl_contracts.model import Frozen
from wasl_contracts.signing import TOLERANCE


class Settings(Frozen):
    """A `[providers.…]` section with `plugin = "mailgun"`.

    `signing_key` signs Mailgun's webhooks; without it callbacks are refused. `callback_tolerance` is how many seconds old a signature
    may be. `tracking` lets Mailgun count opens and rewrite links.
    """

    api_key: Annotated[SecretStr, Field(min_length=1)]
    domain: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$")]
    sender: MailboxText
    signing_key: Annotated[SecretStr, Field(min_length=1)] | None = None
    callback_tolerance: Annotated[float, Field(ge=30, le=86_400)] = TOLERANCE
    tracking: bool = False
    base_url: Url = "https://api.mailgun.net"
