"""Whom the demo writes to, and about what: the same story in English and in Arabic."""

from dataclasses import dataclass

from wasl_contracts import Address, Message, Mode, Recipient
from wasl_contracts.model import JsonObject


@dataclass(frozen=True, slots=True)
class Story:
    """One person with five addresses, and what the shop has to tell."""

    heading: str
    person: Recipient
    order: JsonObject
    news: JsonObject
    offer: JsonObject

    def order_notice(self, *channels: str, mode: Mode = "first") -> Message:
        """That the order is on its way, by these channels."""
        return Message(to=self.person, template="order_shipped", data=self.order, topic="orders", channels=channels, mode=mode)

    @property
    def mailbox(self) -> Address:
        """Their mail address."""
        return next(address for address in self.person.every_address() if address.channel == "email")


def _addresses(token: str, slack: str, handle: str) -> tuple[Address, ...]:
    return (
        Address(channel="push", kind="fcm_token", value=token),
        Address(channel="chat", kind="slack_user", value=slack),
        Address(channel="social", kind="mastodon_handle", value=handle),
    )


STORIES = (
    Story(
        heading="One person, five addresses, in English",
        person=Recipient(
            id="ann",
            email="ann@example.com",
            phone="+966501234567",
            locale="en",
            addresses=_addresses("c0ffee-demo-token-of-ann", "U024BE7LH", "@ann@social.example"),
        ),
        order={
            "order": "1042",
            "name": "Ann",
            "carrier": "Aramex",
            "arrives": "2026-12-03",
            "lines": [{"name": "Cedar tea box", "quantity": 2}],
            "tracking_url": "https://shop.example/track/1042",
        },
        news={
            "headline": "Our Riyadh store opens on Thursday",
            "summary": "Come by from 10:00; the first hundred visitors get a tea box.",
            "link": "https://shop.example/news/riyadh",
        },
        offer={"name": "Ann", "percent": 20, "collection": "winter teas", "code": "WINTER20", "until": "2026-12-31"},
    ),
    Story(
        heading="The same in Arabic · الحكاية نفسها بالعربية",
        person=Recipient(
            id="amina",
            email="amina@example.com",
            phone="+966551234567",
            locale="ar",
            addresses=_addresses("c0ffee-demo-token-of-amina", "U7AMINA01", "@amina@social.example"),
        ),
        order={
            "order": "1043",
            "name": "آمنة",
            "carrier": "أرامكس",
            "arrives": "2026-12-03",
            "lines": [{"name": "علبة شاي بالهيل", "quantity": 2}],
            "tracking_url": "https://shop.example/track/1043",
        },
        news={
            "headline": "نفتتح متجرنا في الرياض يوم الخميس",
            "summary": "نستقبلكم من الساعة 10:00، ولأول مئة زائر علبة شاي هدية.",
            "link": "https://shop.example/news/riyadh",
        },
        offer={"name": "آمنة", "percent": 20, "collection": "تشكيلة شاي الشتاء", "code": "WINTER20", "until": "2026-12-31"},
    ),
)
