"""What the operator may write, and what is told about mistakes."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import ValidationError

from wasl_apns import Settings

GIVEN = {"key_id": "ABC123DEFG", "team_id": "DEF123GHIJ", "topic": "example.acme.app"}


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


KEY = pem(ec.generate_private_key(ec.SECP256R1()))


def test_the_environment_names_apples_server_and_base_url_replaces_it() -> None:
    assert Settings(**GIVEN, key=KEY).server == "https://api.push.apple.com"
    assert Settings(**GIVEN, key=KEY, environment="sandbox").server == "https://api.sandbox.push.apple.com"
    assert Settings(**GIVEN, key=KEY, base_url="http://127.0.0.1:1/").server == "http://127.0.0.1:1"


def test_the_key_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "AuthKey.p8").write_text(KEY)

    assert Settings(**GIVEN, key_file=tmp_path / "AuthKey.p8").signing_key.curve.name == "secp256r1"


@pytest.mark.parametrize(
    "key",
    ["", "secret", KEY[:100], pem(ec.generate_private_key(ec.SECP384R1())), pem(rsa.generate_private_key(65537, 1024)), "é\udc80"],
    ids=["empty", "text", "cut", "another curve", "rsa", "half a character"],
)
def test_what_cannot_sign_is_refused_with_the_settings_and_not_shown(key: str) -> None:
    with pytest.raises(ValidationError, match="AuthKey") as caught:
        Settings(**GIVEN, key=key)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("given", [{}, {"key": KEY, "key_file": "AuthKey.p8"}], ids=["neither", "both"])
def test_one_key_is_needed(given: dict) -> None:
    with pytest.raises(ValidationError, match="either key_file or key"):
        Settings(**GIVEN, **given)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="cannot be read"):
        Settings(**GIVEN, key_file=tmp_path / "no.p8")


@pytest.mark.parametrize("wrong", [{"key_id": "abc"}, {"team_id": "DEF123GHIJK"}, {"topic": "a\nb"}, {"environment": "test"}])
def test_a_wrong_id_is_refused(wrong: dict) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Settings(**{**GIVEN, "key": KEY, **wrong})
