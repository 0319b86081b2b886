"""The section of wasl.toml that names a server at Postmark."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

from wasl_contracts.content import Url
from wasl_contracts.letter import MailboxText
from wasl_contracts.model import Frozen

# 22 characters of base64url hold 128 bits. They need no escaping in a URL.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,256}")


def _hard_to_guess(token: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(token.get_secret_value()):
        told = "is not at least 22 letters, digits, - and _; make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        raise PydanticCustomError("weak_token", told)
    return token


class Settings(Frozen):
    """A `[providers.…]` section with `plugin = "postmark"`.

    `callback_token` is what Postmark repeats with each webhook, since it signs none; without it callbacks are refused. `tracking` lets
    Postmark count opens and rewrite links.
    """

    server_token: Annotated[SecretStr, Field(min_length=1)]
    sender: MailboxText
    message_stream: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")] = "outbound"
    callback_token: Annotated[SecretStr, AfterValidator(_hard_to_guess)] | None = None
    tracking: bool = False
    base_url: Url = "https://api.postmarkapp.com"
