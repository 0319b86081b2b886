"""A gateway in a temporary folder, with the real plugins before providers on loopback. Needs no account and leaves nothing behind."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from wasl.api import Gateway
from wasl.errors import Unusable
from wasl.registry import installed

if TYPE_CHECKING:
    from wasl.demo.providers import Providers

_PLUGINS = ("smtp", "twilio", "fcm", "slack", "mastodon")
_TEMPLATES = Path(__file__).with_name("templates")
_CONFIGURATION = """
database = {database}
templates = {templates}
[providers.mail]
plugin = "smtp"
host = "127.0.0.1"
port = {port}
sender = "Cedar Tea <hello@shop.example>"
[providers.texts]
plugin = "twilio"
account_sid = "AC00000000000000000000000000000001"
auth_token = {{ env = "DEMO_TOKEN" }}
sender = "CedarTea"
base_url = "{url}/twilio"
[providers.phones]
plugin = "fcm"
service_account_file = {key}
base_url = "{url}/fcm"
[providers.chats]
plugin = "slack"
token = {{ env = "DEMO_TOKEN" }}
base_url = "{url}/slack"
[providers.posts]
plugin = "mastodon"
access_token = {{ env = "DEMO_TOKEN" }}
base_url = "{url}/mastodon"
[topics.orders]
category = "transactional"
[topics.news]
category = "service"
[topics.offers]
category = "promotional"
[retry]
base = "400ms"
"""


@dataclass(frozen=True, slots=True)
class Playground:
    """The gateway, and the providers that it sends to."""

    gateway: Gateway
    providers: "Providers"


@asynccontextmanager
async def playground() -> AsyncIterator[Playground]:
    """Everything that the demo needs, for as long as the block runs.

    Raises:
        Unusable: a plugin or the mail server is not installed.
    """
    require_plugins()
    from wasl.demo.providers import Providers, http_server, mail_server  # noqa: PLC0415 - aiosmtpd may be missing until here

    providers = Providers()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="wasl-demo-")))
        url = await stack.enter_async_context(http_server(providers))
        port = await stack.enter_async_context(mail_server(providers))
        config = folder / "wasl.toml"
        config.write_text(_configuration(folder, url, port), encoding="utf-8")
        environ = {"DEMO_TOKEN": "not-a-secret"}  # and nothing of the real environment, which could change what is shown
        gateway = await stack.enter_async_context(Gateway.from_config(config, environ=environ))
        yield Playground(gateway, providers)


def require_plugins() -> None:
    """Make sure that the demo's plugins and mail server are installed.

    Raises:
        Unusable: names those that are missing, and the command that installs them.
    """
    available = installed({})
    missing = [f"wasl-{name}" for name in _PLUGINS if name not in available]
    if find_spec("aiosmtpd") is None:
        missing.append("aiosmtpd")
    if missing:
        raise Unusable(f"The demo needs {', '.join(missing)}; install everything that it shows with: pip install 'wasl[demo]'")


def _configuration(folder: Path, url: str, port: int) -> str:
    key = folder / "service-account.json"
    key.write_text(_service_account(url), encoding="utf-8")
    database = f"sqlite:///{folder / 'wasl.db'}"
    quoted = {"database": database, "templates": str(_TEMPLATES), "key": str(key)}
    # A JSON string is also a TOML string.
    return _CONFIGURATION.format(url=url, port=port, **{name: json.dumps(text) for name, text in quoted.items()})


def _service_account(url: str) -> str:
    """A key of the shape that Google gives out, for the token endpoint on loopback."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {
        "type": "service_account",
        "project_id": "cedar-tea",
        "private_key_id": "demo",
        "private_key": pem,
        "client_email": "demo@cedar-tea.example",
        "token_uri": f"{url}/token",
    }
    return json.dumps(account)
