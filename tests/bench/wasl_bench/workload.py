"""What is sent in every row: a notice about an order, from a template with three variables, to a recipient of its own."""

import itertools
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from wasl_contracts import Message

TEMPLATE = """+++
title = "Order {{ order }} is on its way"

[[actions]]
label = "Track it"
url = "https://shop.example/orders/{{ order }}"

[variables]
name = { type = "text", example = "Ann" }
order = { type = "text", example = "A-1042" }
days = { type = "number", example = 3 }
+++
Hello {{ name }},

your order **{{ order }}** left our warehouse and arrives in {{ days }} days.
"""
_CONFIG = """
database = "{database}"
[providers.mail]
plugin = "smtp"
host = "127.0.0.1"
port = {smtp}
sender = "Shop <orders@shop.example>"
connections = {calls}
concurrency = {calls}
[providers.hook]
plugin = "webhook"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
concurrency = {calls}
[outbound]
allow = ["127.0.0.1"]
http = true
ports = [443, {http}]
"""
_JUDGED = """
[topics.judged]
category = "promotional"
consent = "implied"
[quiet_hours]
calendars = false
[quiet_hours.pause]
from = "{closes}"
to = "{opens}"
[caps.day]
limit = 3
per = "1d"
reserve = {{ service = 1 }}
[caps.month]
limit = 20
per = "30d"
scope = "topic"
"""
_NOT_JUDGED = """
[topics.judged]
category = "transactional"
consent = "required"
"""
TOPICS = [f"topic-{number}" for number in range(50)]
"""For queues that many share: each topic has its share of every claim."""
CALLS = 32
"""Calls, and connections, at one time: the default of wasl for an HTTP provider."""
COMMIT = 500
"""Messages in one batch."""
KINDS = {"email": "email", "webhook": "url"}


def configured(folder: Path, ports: tuple[int, int] = (8080, 2525), database: str | None = None, *, judged: bool = False) -> Path:
    """Write configuration and template into the folder; returns the configuration's path. The database is a file there, or that one.

    `ports` are those of the fakes for HTTP and SMTP on 127.0.0.1.

    With `judged` the topic of that name has consent, quiet hours (half a day from now) and two caps; else it has none of them.
    """
    template = folder / "templates" / "order" / "en.md"
    template.parent.mkdir(parents=True, exist_ok=True)
    template.write_text(TEMPLATE)
    path = folder / "wasl.toml"
    http, smtp = ports
    topics = "".join(f'[topics.{topic}]\ncategory = "transactional"\n' for topic in TOPICS)
    path.write_text(
        _CONFIG.format(database=database or f"sqlite:///{folder}/wasl.db", http=http, smtp=smtp, calls=CALLS)
        + topics
        + (_policies() if judged else _NOT_JUDGED)
    )
    return path


def _policies() -> str:
    closes = datetime.now(UTC) + timedelta(hours=12)
    return _JUDGED.format(closes=f"{closes:%H:%M}", opens=f"{closes + timedelta(hours=1):%H:%M}")


def bodies(channel: str, hook: str = "https://hooks.example/in") -> Iterator[bytes]:
    """Messages as JSON, each to another recipient, without end. No two processes make the same recipients."""
    for number in itertools.count():
        person = f"p{os.getpid()}_{number}"
        value = f"{person}@example.com" if channel == "email" else hook
        yield (
            f'{{"to":{{"id":"{person}","addresses":[{{"channel":"{channel}","kind":"{KINDS[channel]}","value":"{value}"}}]}},'
            f'"template":"order","data":{{"name":"Ann {number}","order":"A-{number}","days":3}},"channels":["{channel}"]}}'
        ).encode()


def messages(channel: str, hook: str = "https://hooks.example/in", topic: str | None = None) -> Iterator[Message]:
    """The same as models, of a topic."""
    made = map(Message.model_validate_json, bodies(channel, hook))
    return made if topic is None else (message.model_copy(update={"topic": topic}) for message in made)
