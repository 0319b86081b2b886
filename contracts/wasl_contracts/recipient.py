"""The person, group or public that a message is for."""

from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from wasl_contracts.address import PUBLIC_KIND, Address, Audience
from wasl_contracts.model import Frozen, JsonObject, Name, Slug, one_line

# What a machine is set to, and a placeholder for that, say something else on each machine.
_ZONES = frozenset(available_timezones()) - {"localtime", "Factory"}


def _zone(name: str) -> str:
    if name not in _ZONES:
        raise PydanticCustomError("unknown_timezone", "is not an IANA time zone; write it like Asia/Riyadh")
    return name


def _once(channels: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(channels)) < len(channels):
        raise PydanticCustomError("duplicate_channel", "names a channel twice")
    return channels


Locale = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}$")]
"""A BCP 47 tag such as `ar` or `ar-SA`."""
TimeZone = Annotated[str, AfterValidator(_zone)]
"""An IANA time zone name."""


class Recipient(Frozen):
    """Whom a message is for.

    `id` is the caller's own; without it the keyed hash of the first address is the id. `email` and `phone` (E.164) are short for
    addresses of the channels email and sms. `preferred` are the channels that come first for them, whatever the order of a route.
    Everything but the id, the audience and the locale is personal data and absent from repr.
    """

    id: Name | None = None
    audience: Audience = "person"
    email: Annotated[str, StringConstraints(min_length=1, max_length=254), AfterValidator(one_line)] | None = Field(None, repr=False)
    phone: Annotated[str, StringConstraints(min_length=1, max_length=32), AfterValidator(one_line)] | None = Field(None, repr=False)
    locale: Locale | None = None
    timezone: TimeZone | None = Field(None, repr=False)
    addresses: Annotated[tuple[Address, ...], Field(max_length=50)] = Field((), repr=False)
    preferred: Annotated[tuple[Slug, ...], Field(max_length=10), AfterValidator(_once)] = Field((), repr=False)
    attributes: JsonObject = Field(default_factory=dict, repr=False)

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.id is None and not self.every_address():
            raise PydanticCustomError("no_recipient", "names nobody; give an id that wasl knows, or an address")
        return self

    def every_address(self) -> tuple[Address, ...]:
        """All addresses, the short forms first, in the order in which a channel tries them."""
        short = []
        if self.email is not None:
            short.append(Address(channel="email", kind="email", value=self.email))
        if self.phone is not None:
            short.append(Address(channel="sms", kind="phone", value=self.phone))
        return (*short, *self.addresses) if short else self.addresses


def everybody(channel: str) -> Address:
    """The address of a provider's followers on a channel, for recipients whose audience is public."""
    return Address(channel=channel, kind=PUBLIC_KIND, value="*")
