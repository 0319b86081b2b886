"""A brand with everything, and the demo's promotional mail in its face."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import wasl
from wasl.brands.brand import Brand
from wasl.content.rendering import render
from wasl.content.templates import Templates
from wasl_contracts.content import Mail
from wasl_contracts.envelope import Envelope

ACME = Brand.model_validate(
    {
        "name": "acme",
        "title": {"en": "Acme Teas", "ar": "شاي أكمي"},
        "legal": {"en": "Acme Teas Ltd, company no. 0123456", "ar": "شركة أكمي للشاي، سجل تجاري 1010123456"},
        "postal": {"en": "12 Market Street, Springfield, IL 62701, USA", "ar": "شارع الملك فهد 12، الرياض 12211"},
    }
).versioned()
OPT_OUT = "https://shop.example/u/a1B2a1B2a1B2a1B2a1B2a1B2"
_DEMO = Templates.load(Path(wasl.__file__).parent / "demo" / "templates")
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def offer(locale: str) -> Mail:
    """The demo's offer with its example data, as a promotional mail of ACME."""
    data = {name: variable.example for name, variable in _DEMO.find("offer", locale).variables.items()}
    envelope = Envelope.model_validate(
        {
            "message_id": "msg_1", "brand": "acme", "recipient_id": "u", "audience": "person", "addresses": (), "locale": locale,
            "topic": "offers", "category": "promotional", "channels": ("email",), "mode": "first",
            "created_at": _NOW, "expires_at": _NOW + timedelta(days=1), "template": "offer", "data": data,
        }
    )  # fmt: skip
    mail = render(envelope, "mail", _DEMO, ACME, OPT_OUT)
    assert isinstance(mail, Mail)
    return mail
