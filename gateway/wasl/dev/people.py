"""Whom the made-up day of `wasl dev --seed` is about. Their addresses and numbers belong to nobody."""

from dataclasses import dataclass, field
from typing import Final

from wasl.registry import Specs
from wasl_contracts import Address, Audience, Recipient


@dataclass(frozen=True, slots=True)
class Someone:
    """A person who buys tea. `offers`: they agreed to offers. `brand` is of which shop; None, the configuration's own."""

    id: str
    name: str
    locale: str
    timezone: str
    phone: str
    offers: bool = False
    brand: str | None = None
    further: tuple[Address, ...] = field(default=())
    audience: Audience = "person"

    @property
    def email(self) -> str:
        """Where their mails go."""
        return f"{self.id}@example.com"

    def recipient(self, specs: Specs) -> Recipient:
        """They, with those of their addresses that a provider serves."""
        if self.audience != "person":
            return Recipient(id=self.id, audience=self.audience, locale=self.locale)
        served = {kind.kind for name in specs.plugins for kind in specs[name].addresses}
        told = {"email": self.email if "email" in served else None, "phone": self.phone if "phone" in served else None}
        addresses = tuple(one for one in self.further if one.kind in served)
        return Recipient(
            id=self.id, locale=self.locale, timezone=self.timezone, attributes={"name": self.name}, addresses=addresses, **told
        )


def _device(name: str) -> Address:
    return Address(channel="push", kind="fcm_token", value=f"c0ffee-{name}-device")


def _app(name: str) -> Address:
    return Address(channel="inapp", kind="inapp", value=name)


MAYA: Final = Someone(
    "maya",
    "Maya Cohen-Lee",
    "en",
    "America/New_York",
    "+12025550143",
    further=(
        Address(channel="chat", kind="slack_user", value="U024BE7LH"),
        Address(channel="social", kind="mastodon_handle", value="@maya@social.example"),
    ),
)
"""She is reached in chats too."""
PEOPLE: Final = (
    Someone("ann", "Ann Keller", "en", "Europe/London", "+447911123456", True, further=(_device("ann"), _app("ann"))),
    Someone("amina", "آمنة الحربي", "ar", "Asia/Riyadh", "+966551234567", True, further=(_device("amina"), _app("amina"))),
    Someone("khalid", "خالد المنصوري", "ar", "Asia/Dubai", "+971501234567", further=(_app("khalid"),)),
    Someone("camille", "Camille Durand", "fr", "Europe/Paris", "+33612345678", True),
    Someone("bilal", "بلال احمد", "ur", "Asia/Karachi", "+923001234567", further=(_device("bilal"),)),
    Someone("lucia", "Lucía Romero", "es", "Europe/Madrid", "+34612345678"),
    Someone("jonas", "Jonas Weber", "de", "Europe/Berlin", "+4915112345678", True),
    MAYA,
    Someone("noor", "نور السالم", "ar", "Asia/Riyadh", "+966501234568", True, brand="nour"),
    Someone("omar", "Omar Haddad", "en", "Asia/Amman", "+962791234567", brand="nour"),
)
"""Ten of them, in six languages, on four continents."""
FOLLOWERS: Final = Someone("followers", "", "en", "UTC", "", audience="public")
"""Everybody who reads what the shop posts."""
