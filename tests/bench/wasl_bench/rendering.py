"""The sides of "render a mail", all in one process, one at a time. `python -m wasl_bench.rendering LOOP`."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from itertools import count

from css_inline import CSSInliner
from jinja2 import Environment
from markupsafe import Markup

from wasl.brands.brand import DEFAULT
from wasl.content.frame import Frame
from wasl.content.rendering import render
from wasl.content.templates import Templates
from wasl_bench.subject import Commands, Facts, run
from wasl_bench.workload import TEMPLATE
from wasl_contracts import Content
from wasl_contracts.content import Mail
from wasl_contracts.envelope import Envelope
from wasl_contracts.mime import mime_bytes

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_SENDER, _TO, _ID = "Shop <orders@shop.example>", "Ann <ann@example.com>", "<a.1@shop.example>"
_TITLE = "Order {{ order }} is on its way"
_BODY = "Hello {{ name }},\n\nyour order **{{ order }}** left our warehouse and arrives in {{ days }} days."
_TEXT = f"{_BODY.replace('**', '')}\n\nTrack it: https://shop.example/orders/{{{{ order }}}}"
_HTML = "<p>Hello {{ name }},</p><p>your order <strong>{{ order }}</strong> left our warehouse and arrives in {{ days }} days.</p>"


class Wasl:
    """`render` and `mime_bytes` of envelopes that are there already."""

    def __init__(self, envelope: Callable[[int], Envelope]) -> None:
        self._templates = Templates([Templates.compile(TEMPLATE, name="order", locale="en")])
        self._envelopes = map(envelope, count())
        self._waiting: list[Envelope] = []

    async def prepare(self, count: int) -> Facts:
        self._waiting = [next(self._envelopes) for _ in range(count)]
        return {}

    async def work(self) -> Facts:
        for envelope in self._waiting:
            mail = render(envelope, "mail", self._templates)
            assert isinstance(mail, Mail)
            assert mime_bytes(mail, sender=_SENDER, to=_TO, message_id=_ID, date=_NOW)
        return {"count": len(self._waiting)}


class Bare:
    """The same page with the same CSS: Jinja templates that are compiled already, css-inline, email.message."""

    def __init__(self) -> None:
        frame = Frame(DEFAULT, "en", "ltr")
        url = "https://shop.example/orders/{{ order }}"
        page = frame.page(
            None,
            title=_TITLE,
            heading=_TITLE,
            preheader=_BODY,
            body=Markup(_HTML),
            buttons=[Markup(frame.button("Track it", url, first=True))],
        )
        self._page = Environment(autoescape=True).from_string(page)
        self._title, self._text = map(Environment().from_string, (_TITLE, _TEXT))
        self._inliner = CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
        self._numbers = count()
        self._waiting: list[dict[str, object]] = []

    async def prepare(self, count: int) -> Facts:
        self._waiting = [_data(next(self._numbers)) for _ in range(count)]
        return {}

    async def work(self) -> Facts:
        for data in self._waiting:
            mail = EmailMessage(policy=policy.SMTP)
            mail["From"], mail["To"], mail["Subject"] = _SENDER, _TO, self._title.render(data)
            mail["Date"], mail["Message-ID"] = _NOW, _ID
            mail.set_content(self._text.render(data))
            mail.add_alternative(self._inliner.inline(self._page.render(data)), subtype="html")
            assert mail.as_bytes()
        return {"count": len(self._waiting)}


def _data(number: int) -> dict[str, object]:
    return {"name": f"Ann {number}", "order": f"A-{number}", "days": 3}


def _from_template(number: int) -> Envelope:
    return _envelope(template="order", data=_data(number))


def _inline(number: int) -> Envelope:
    """Content that is new each time, so that nothing of it was compiled before."""
    said = {name: str(value) for name, value in _data(number).items()}
    texts = [text.replace("{{ ", "{").replace(" }}", "}").format(**said) for text in (_TITLE, _BODY)]
    action = {"label": "Track it", "url": f"https://shop.example/orders/{said['order']}"}
    return _envelope(content=Content.model_validate({"title": texts[0], "body": texts[1], "actions": [action]}))


def _envelope(**said: object) -> Envelope:
    return Envelope.model_validate(
        {
            "message_id": "msg_1", "brand": "default", "recipient_id": "u", "audience": "person", "addresses": (), "locale": "en",
            "topic": "orders", "category": "transactional", "channels": ("email",), "mode": "first",
            "created_at": _NOW, "expires_at": _NOW + timedelta(days=1), **said,
        }
    )  # fmt: skip


@asynccontextmanager
async def sides() -> AsyncIterator[tuple[Facts, Commands]]:
    found = {"wasl": Wasl(_from_template), "inline": Wasl(_inline), "bare": Bare()}
    yield {}, {f"{do} {name}": getattr(side, do) for name, side in found.items() for do in ("prepare", "work")}


if __name__ == "__main__":
    run(sides(), sys.argv[1])
