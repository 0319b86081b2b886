"""What `[console.oidc]` of wasl.toml may say: signing in to the console with an identity provider of one's own (OpenID Connect)."""

from collections.abc import Collection
from importlib.util import find_spec
from ipaddress import ip_address
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from wasl.config.mistakes import Findings, closest, listed
from wasl.config.references import Resolved
from wasl.users import Role
from wasl_contracts.model import Frozen, Slug

_BY_POWER = (Role.ADMIN, Role.OPERATOR, Role.SUPPORT, Role.DEVELOPER, Role.AUDITOR, Role.VIEWER)
_Word = Annotated[str, Field(min_length=1, max_length=200)]


def on_loopback(url: str) -> bool:
    """Whether a URL leads to this machine by name, where plain http is as good as https."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _issuer(url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = bool(parts.hostname) and parts.username is None and not parts.query and not parts.fragment and parts.port != 0
    except ValueError:
        sound = False
    if not sound or not url.isprintable() or " " in url or not (parts.scheme == "https" or (parts.scheme == "http" and on_loopback(url))):
        raise PydanticCustomError("bad_issuer", "should be an https URL without query, like https://id.example.com")
    return url


def _printable(name: str) -> str:
    if not name.isprintable() or name != name.strip():
        raise PydanticCustomError("bad_name", "may have neither control characters nor spaces around it")
    return name


class SignOnSection(Frozen):
    """`[console.oidc]`: whoever `issuer` knows signs in by what its `claim` says of them (`wasl[oidc]`).

    `issuer` is written as it calls itself. `name` is what the button says; without it, the issuer's host. `claim` names the groups: a
    claim, or a path to it with dots. `roles` gives each group a role, of which the mightiest counts; whoever is in none is not let in.
    `brands` gives groups the brands that they see, where `[]` means all; with it, whoever is in none of its groups is not let in either.
    `second_factor` are the values of `amr` (RFC 8176) or `acr` that prove one. `only`: passwords sign nobody in. `reached_at` is where
    staff reach the console, if not at `public_url`.
    """

    issuer: Annotated[str, AfterValidator(_issuer)]
    client_id: _Word
    client_secret: SecretStr
    name: Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_printable)] | None = None
    claim: _Word = "groups"
    scopes: tuple[_Word, ...] = ("openid", "profile", "email")
    roles: dict[_Word, Role] = Field(min_length=1)
    brands: dict[_Word, tuple[Slug, ...]] = Field(default_factory=dict)
    second_factor: tuple[_Word, ...] = ()
    only: bool = False
    reached_at: Annotated[str, AfterValidator(_issuer)] | None = None

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if "openid" not in self.scopes:
            raise PydanticCustomError("no_openid", 'has scopes without "openid", so nobody would be named; add it')
        if find_spec("jwt") is None:
            raise PydanticCustomError("no_pyjwt", "needs PyJWT; install it by pip install 'wasl[oidc]', or remove the table")
        return self

    @property
    def title(self) -> str:
        """What people know the provider by."""
        return self.name or str(urlsplit(self.issuer).hostname)

    def role(self, groups: frozenset[str]) -> Role | None:
        """The mightiest role that one of the groups gives; None where none does."""
        given = {role for group, role in self.roles.items() if group in groups}
        return next((role for role in _BY_POWER if role in given), None)

    def brands_of(self, groups: frozenset[str]) -> tuple[str, ...] | None:
        """The brands that these groups see, where empty means all; None: nothing."""
        if not self.brands:
            return ()
        given = [brands for group, brands in self.brands.items() if group in groups]
        if not given:
            return None
        return () if () in given else tuple(sorted({name for brands in given for name in brands}))


def check_sign_on(told: SignOnSection | None, public_url: str | None, brands: Collection[str], findings: Findings) -> None:
    """Add a finding where browsers could not come back, and for each brand that is not there."""
    if told is None:
        return
    if told.reached_at is None and public_url is None and not findings.touches(("server",)):
        findings.add(("console", "oidc"), "needs public_url under [server], or reached_at here: under which staff reach the console")
    for group, named in told.brands.items():
        for index, name in enumerate(named):
            if name not in brands and not findings.touches(("brands",)):
                near = closest(name, brands)
                missing = f"there is no brand {name}"
                findings.add(
                    ("console", "oidc", "brands", group, index), missing if near else f"{missing}; there are: {listed(brands)}", near
                )


def warn_of_secret(console: object, findings: Findings) -> None:
    """Warn where the file holds the client's secret in clear."""
    match console:
        case {"oidc": {"client_secret": str(found)}} if not isinstance(found, Resolved):
            told = 'is a secret in the file; write client_secret = { env = "NAME" } or { file = "path" }'
            findings.warn(("console", "oidc", "client_secret"), told)
