"""Templates and envelopes for the tests of content."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from wasl.content.rendering import render
from wasl.content.templates import Template, Templates
from wasl_contracts.content import Content, Format, Rendered
from wasl_contracts.envelope import Envelope

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_FRONT = """+++
title = "Hi"
[variables]
x = { type = "text", optional = true }
items = { type = "list", optional = true }
+++
"""


@pytest.fixture
def envelope() -> Callable[..., Envelope]:
    def build(**fields: object) -> Envelope:
        settled = {
            "message_id": "msg_1", "brand": "acme", "recipient_id": "u", "audience": "person", "addresses": (), "locale": "en",
            "topic": "orders", "category": "transactional", "channels": ("email",), "mode": "first",
            "created_at": _NOW, "expires_at": _NOW + timedelta(days=1),
        }  # fmt: skip
        return Envelope.model_validate(settled | fields)

    return build


@pytest.fixture
def compiled() -> Callable[..., Template]:
    """A template from a body; it declares `x` (text) and `items` (list), both optional."""

    def build(body: str, *, locale: str = "en", front: str = _FRONT) -> Template:
        return Templates.compile(front + body, name="note", locale=locale)

    return build


@pytest.fixture
def filled(compiled: Callable[..., Template], envelope: Callable[..., Envelope]) -> Callable[..., Rendered]:
    """A template's body, rendered in a format with data."""

    def build(body: str, format: Format = "plain", *, locale: str = "en", front: str = _FRONT, **data: JsonValue) -> Rendered:
        template = compiled(body, locale=locale, front=front)
        return render(envelope(template="note", data=data, locale=locale), format, Templates([template]))

    return build


@pytest.fixture
def inline(envelope: Callable[..., Envelope]) -> Callable[..., Rendered]:
    """Inline content, rendered in a format."""

    def build(body: str, format: Format = "plain", *, locale: str = "en", **parts: object) -> Rendered:
        content = Content.model_validate({"body": body, **parts})
        return render(envelope(content=content, locale=locale), format, Templates())

    return build
