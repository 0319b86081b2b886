"""`wasl doctor` tells which brand a provider cannot send for as it should; keys that cannot sign are mistakes with their place."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from wasl.checkup import examine
from wasl.config.mistakes import ConfigMistakes
from wasl.registry import read

CONFIG = """
[providers.mail]
plugin = "smtp"
host = "127.0.0.1"
sender = "Acme <hello@acme.example>"
[[providers.mail.dkim."acme.example"]]
selector = "s1"
key = { file = "dkim.pem" }
"""


@pytest.fixture
def shop(here: Path) -> Path:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (here / "dkim.pem").write_bytes(pem)
    for name, address in (("news", "news@mail.acme.example"), ("shop", "hello@shop.example")):
        (here / "brands" / name).mkdir(parents=True)
        (here / "brands" / name / "brand.toml").write_text(f'title = "{name}"\n[senders.email]\naddress = "{address}"\n')
    (here / "wasl.toml").write_text(CONFIG)
    return here / "wasl.toml"


async def test_the_doctor_names_a_brand_whose_domain_no_key_signs(shop: Path) -> None:
    findings = await examine(shop)

    doubts = [finding for finding in findings if finding.what == "provider mail"]
    assert [(finding.ok, finding.said.partition(" so ")[0]) for finding in doubts] == [
        (False, "brand shop: no key of `dkim` is for shop.example or a domain above it,")
    ]


def test_a_key_that_cannot_sign_is_told_with_its_place(shop: Path) -> None:
    secret = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIGarbage\n-----END PRIVATE KEY-----"
    (shop.parent / "dkim.pem").write_text(secret)

    with pytest.raises(ConfigMistakes) as mistakes:
        read(shop, {})

    told = str(mistakes.value)
    assert "wasl.toml:8:" in told
    assert "holds no private key as unencrypted PEM; make one with: openssl genrsa 2048" in told
    assert "MC4C" not in told
