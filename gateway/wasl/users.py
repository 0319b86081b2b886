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

    With `keys_off` single keys do nothing for them (WCAG 2.2, success criterion 2.1.4). `single_sign_on`: an identity provider knows them,
    says their role and brands, and signs them in; they have no password here.
    """

    id: str
    name: UserName
    role: Role
    brands: tuple[Slug, ...] = ()
    lang: Locale | None = None
    zone: TimeZone | None = None
    keys_off: bool = False
    single_sign_on: bool = False
    created_at: datetime


class SignedIn(NamedTuple):
    """Who is signed in by a cookie, since when, when they proved a second factor in that session last, and whether they enrolled one."""

    user: User
    since: datetime
    proved_at: datetime | None
    enrolled: bool

    @property
    def half(self) -> bool:
        """Whether the second factor is still to be proved: until then they are nobody."""
        return self.enrolled and self.proved_at is None


class Member(NamedTuple):
    """A user, and how they sign in: when they did last, since when with a second factor (None: without), in how many browsers now."""

    user: User
    signed_in_at: datetime | None
    factor_since: datetime | None
    sessions: int


class Factor(NamedTuple):
    """A second factor that somebody enrolled: since when, and how many of their recovery codes they have not used."""

    since: datetime
    codes_left: int


class Session(NamedTuple):
    """A user who is signed in. `token` is the secret of their cookie: whoever has it is them.

    `half`: they have enrolled a second factor, and are nobody until they proved it.
    """

    token: str
    user: User
    half: bool = False

    def __repr__(self) -> str:
        return f"Session(user={self.user.name!r})"
