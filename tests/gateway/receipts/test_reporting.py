"""Which providers report depends on their settings: where there is no place for reports, or no proof of them, none is waited for."""

from base64 import b64encode
from pathlib import Path

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from wasl.registry import open_providers, read
from wasl_contracts import Reporting

MAIL = 'sender = "hello@acme.example"'
META = 'access_token = "t"'
PLUGINS = {
    "twilio": ('account_sid = "AC1"\nauth_token = "t"\nsender = "Acme"', 'status_callback = "https://acme.example/hooks/it"'),
    "vonage": ('api_key = "abcd1234"\napi_secret = "s"\nsender = "Acme"', 'signature_secret = "s"'),
    "whatsapp": (f'phone_number_id = "1"\n{META}', 'app_secret = "s"'),
    "messenger": (f'page_id = "1"\n{META}', 'app_secret = "s"'),
    "mailgun": (f'api_key = "k"\ndomain = "acme.example"\n{MAIL}', 'signing_key = "k"'),
    "postmark": (f'server_token = "t"\n{MAIL}', f'callback_token = "{"x" * 43}"'),
    "ses": (
        f'access_key_id = "AKIA000000000000"\nsecret_access_key = "s"\nregion = "eu-west-1"\n{MAIL}',
        'topics = ["arn:aws:sns:eu-west-1:123456789012:wasl"]',
    ),
    "sendgrid": (f'api_key = "k"\n{MAIL}', None),
}


@pytest.mark.parametrize("plugin", PLUGINS)
async def test_it_says_whether_it_is_set_up_to_report(tmp_path: Path, plugin: str, sendgrid_key: str) -> None:
    settings, proof = PLUGINS[plugin]
    proof = proof or f'verification_key = "{sendgrid_key}"'
    section = f'plugin = "{plugin}"\n{settings}\n'
    (tmp_path / "wasl.toml").write_text(f"[providers.without]\n{section}[providers.with]\n{section}{proof}\n", encoding="utf-8")
    specs = read(tmp_path / "wasl.toml", {})

    async with aiohttp.ClientSession() as session:
        opened = await open_providers(specs.config, specs, lambda _: session)
        for provider in opened.values():
            await provider.close()

    assert all(isinstance(provider, Reporting) for provider in opened.values())
    assert {name: getattr(provider, "reports", None) for name, provider in opened.items()} == {"without": False, "with": True}
    assert specs["with"].capabilities.receipts
    assert specs["with"].capabilities.confirms_in_seconds is not None


@pytest.fixture(scope="module")
def sendgrid_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
