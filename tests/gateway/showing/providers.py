"""All our plugins before servers on loopback, and a gateway that sends by them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from wasl_contracts.conformance import Request, Response
from wasl_contracts.conformance.http_fake import HttpFake
from wasl_contracts.conformance.smtp_fake import SmtpFake

CHANNELS = ("email", "sms", "push", "chat", "social", "webhook", "log")
EVERYWHERE = {
    "id": "u_1", "email": "ann@example.com", "phone": "+966501234567",
    "addresses": [
        {"channel": "push", "kind": "fcm_token", "value": "c0ffee:token"}, {"channel": "chat", "kind": "telegram_chat", "value": "4711"},
        {"channel": "social", "kind": "mastodon_handle", "value": "@ann@social.example"},
        {"channel": "webhook", "kind": "url", "value": "https://ann.example/hook"}, {"channel": "log", "kind": "any", "value": "desk"},
    ],
}  # fmt: skip
"""A person who is reached on every channel."""
_TEMPLATE = """+++
title = "{title}"
[[actions]]
label = "{label}"
url = "https://shop.example/{{{{ number }}}}"
[variables]
number = {{ type = "text", example = "1042" }}
when = {{ type = "datetime", example = "2026-03-01T12:00:00+03:00", optional = true }}
+++
{body}
"""
_TEXTS = {
    "en": ("It left", "Track", "Order **{{ number }}** left{% if when %} at {{ when | time }}{% endif %} – see you."),
    "ar": ("غادر", "تتبّع", "غادر الطلب **{{ number }}**{% if when %} في {{ when | time }}{% endif %}."),
}


def write_texts(folder: Path) -> Path:
    """A template in two languages, and two brands, in `folder`; returns the template's folder."""
    template = folder / "templates" / "order_shipped"
    template.mkdir(parents=True)
    for locale, (title, label, body) in _TEXTS.items():
        (template / f"{locale}.md").write_text(_TEMPLATE.format(title=title, label=label, body=body), encoding="utf-8")
    for brand, look in (("acme", 'title = {en = "Acme", ar = "أكمي"}\nvoice = "Warm."\n'), ("shop", 'title = "Shop"\ndigits = "locale"\n')):
        (folder / "brands" / brand).mkdir(parents=True)
        (folder / "brands" / brand / "brand.toml").write_text(look, encoding="utf-8")
    return template


def rewrite_texts(folder: Path) -> None:
    """Say otherwise what was written."""
    for file in [*folder.glob("templates/*/*.md"), *folder.glob("brands/*/brand.toml")]:
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("Order", "Parcel").replace("غادر", "خرج").replace("Shop", "Store"), encoding="utf-8")


@contextmanager
def servers() -> Iterator[tuple[str, int]]:
    """The providers' servers: the URL of all that speak HTTP, and the port of the one that speaks SMTP."""
    with HttpFake(_taken, _token) as http, SmtpFake(lambda _: "250 2.0.0 ok 1", {}) as smtp:
        yield http.url, smtp.port


def config(url: str, port: int, database: str, more: str = "") -> str:
    """A wasl.toml of all plugins, each on its channel; `more` comes first."""
    return f"""database = "{database}"
locale = "en"
{more}
[server]
public_url = "https://messages.acme.example"
[providers.mail]
plugin = "smtp"
host = "127.0.0.1"
port = {port}
sender = "Acme <hello@acme.example>"
[[providers.mail.dkim."acme.example"]]
selector = "a"
key = '''{_signing_key()}'''
[providers.text]
plugin = "twilio"
account_sid = "AC0123456789abcdef0123456789abcdef"
auth_token = "secret"
sender = "ACME"
base_url = "{url}"
status_callback = "https://messages.acme.example/hooks/text"
plain_typography = true
[providers.device]
plugin = "fcm"
base_url = "{url}"
token_url = "{url}/token"
service_account = '''{_account()}'''
[providers.tele]
plugin = "telegram"
token = "123456:ABC"
base_url = "{url}"
[providers.toot]
plugin = "mastodon"
access_token = "secret"
base_url = "{url}"
[providers.hook]
plugin = "webhook"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjU"
base_url = "{url}"
[providers.desk]
plugin = "log"
show = true
[topics.news]
category = "service"
consent = "implied"
quiet_hours = false
"""


def _taken(request: Request) -> Response:
    told = {"sid": "SM" + "1" * 32, "name": "projects/a/messages/1", "ok": True, "result": {"message_id": 1}, "id": "1", "mentions": [{}]}
    return Response.json(200, told)


def _token(request: Request) -> Response | None:
    if request.path != "/token":
        return None
    return Response.json(200, {"access_token": "t", "expires_in": 3600, "token_type": "Bearer"})


@cache
def _account() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # short, as it is made for each run
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {
        "type": "service_account", "project_id": "acme-app", "private_key_id": "1", "private_key": pem, "client_email": "a@b.example",
        "token_uri": "https://oauth2.googleapis.com/token",
    }  # fmt: skip
    return json.dumps(account)


@cache
def _signing_key() -> str:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
