"""Who may use the console: a person with a name, a role and the brands that they may see."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from wasl_contracts.model import Frozen, Slug
from wasl_contracts.recipient import Locale, TimeZone

LEAST_PASSWORD = 12
"""Characters; NIST SP 800-63B-4 section 3.1.1.2 asks for 15 where it is the only factor, and for 8 beside another."""
MOST_PASSWORD = 256


class Role(StrEnum):
    """What somebody is here for; `wasl.console.permissions` says what each may do."""

    VIEWER = "viewer"
    SUPPORT = "support"
    OPERATOR = "operator"
    DEVELOPER = "developer"
    ADMIN = "admin"
    AUDITOR = "auditor"


def _name(name: str) -> str:
    if not name.isprintable() or name != name.strip() or ":" in name:
        raise PydanticCustomError("bad_name", "may have neither control characters, colons nor spaces around it")
    return name


UserName = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_name)]
"""What a user signs in with: case counts, spaces inside are allowed."""


class User(Frozen):
    """Somebody who may sign in. `brands` are those that they see; empty, all. `lang` and `zone` are None where they did not choose.

    With `keys_off` single keys do nothing for them (WCAG 2.2, success criterion 2.1.4).
    """

    id: str
    name: UserName
    role: Role
    brands: tuple[Slug, ...] = ()
    lang: Locale | None = None
    zone: TimeZone | None = None
    keys_off: bool = False
    created_at: datetime


class Session(NamedTuple):
    """A user who is signed in. `token` is the secret of their cookie: whoever has it is them."""

    token: str
    user: User

    def __repr__(self) -> str:
        return f"Session(user={self.user.name!r})"
