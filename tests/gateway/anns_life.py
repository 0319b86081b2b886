"""Ann, of whom we know much; and what tells of her."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.databases import rows
from tests.gateway.scripted import OFFERS, Carrier, Script, message, outcome
from wasl.api import Gateway
from wasl.consent import ConsentChange
from wasl.ledger.tables import schema
from wasl_contracts import Delivery, Reason, Receipt

Opened = Callable[..., Awaitable[Gateway]]
TOPICS = {"offers": OFFERS, "codes": {"category": "otp"}, "news": {"category": "promotional"}, "default": {}}
ANN = {
    "id": "ann-4711", "email": "ann.smith@example.com", "phone": "+966501234567", "locale": "ar", "timezone": "Asia/Riyadh",
    "attributes": {"name": "Annabella"},
}  # fmt: skip
BOB = {"id": "bob", "email": "bob@example.org"}
TELLING = (
    "ann-4711",
    "ann.smith",
    "a•••@e•••.com",
    "966501234567",
    "+9665•••••67",
    "Annabella",
    "order-1042",
    "secret words",
    "203.0.113.7",
    "ticket-9",
    "ref-of-ann",
)
"""What tells of Ann, in clear or masked."""


def to_ann(**fields: Any) -> Any:
    return message(ANN, content={"body": "secret words for Annabella"}, **fields)


async def shop(opened: Opened, **how: Any) -> Gateway:
    mail = how.pop("mail", None) or Carrier("email", Script(then=_taken))
    return await opened({"mail": mail, "text": Carrier("sms")}, topics=TOPICS, **how)


async def _taken(delivery: Delivery) -> Receipt:
    return Receipt(provider_ref="ref-of-ann" if delivery.address.value == ANN["email"] else "ref")


async def lived(gateway: Gateway) -> list[str]:
    """Ann's life with us: something of everything; the ids of her messages."""
    told = {"metadata": {"ref": "order-1042"}, "about": "order-1042", "ordering_key": "order-1042"}
    sent = [await outcome(gateway, to_ann(**told), None), await outcome(gateway, to_ann(topic="codes", channels=["email"]))]
    sent.append(await gateway.get((await gateway.accept(to_ann(send_at=datetime.now(UTC) + timedelta(days=1)), "ticket-9")).id))
    granted = ConsentChange(topic="news", channel="email", state="granted", ip="203.0.113.7", wording="May we write?", actor="ann-4711")
    await gateway.record_consent("ann-4711", [granted])
    await gateway.suppress("+966501234567", Reason.SUPPRESSED_COMPLAINT, note="Annabella called", actor="ann.smith")
    sent.append(await outcome(gateway, to_ann(channels=["sms"])))
    return [one.id for one in sent]


def telling(database: str) -> list[tuple[str, str]]:
    """What in any table tells of Ann, by table and word."""
    found = []
    for table in schema.tables:
        for row in rows(database, f"SELECT * FROM {table}"):
            text = " ".join(value.decode("latin-1") if isinstance(value, bytes | memoryview) else str(value) for value in row)
            found += [(table, word) for word in TELLING if word in text]
    return found
