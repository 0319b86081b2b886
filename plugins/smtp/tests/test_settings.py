"""Mistakes in the section of wasl.toml are told before anything is sent."""

import pytest
from pydantic import ValidationError

from wasl_smtp import Settings

GOOD = {"host": "mail.acme.example", "sender": "Acme <hello@acme.example>"}
SIGN_IN = {"username": "hello", "password": "correct-horse-1"}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"sender": "أكمي <hello@acme.example>"},
        {"sender": "hello@acme.example", "host": "::1"},
        {"security": "tls", "port": 465, **SIGN_IN},
        {"return_path": "bounces@bücher.example", "unsubscribe_to": "Leave <leave@acme.example>"},
        {"host": "127.0.0.1", **SIGN_IN},
    ],
)
def test_good_settings_are_taken(changed: dict[str, object]) -> None:
    settings = Settings.model_validate(GOOD | changed)

    assert settings.connections == 8
    assert "correct-horse" not in repr(settings)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sender": "a@b.example, c@d.example"}, "is not one mail address"),
        ({"sender": "Acme"}, "is not one mail address"),
        ({"sender": "a@b.example\r\nBcc: c@d.example"}, "line break"),
        ({"username": "hello"}, "both username and password"),
        ({"password": "correct-horse-1"}, "both username and password"),
        (SIGN_IN, "would send the password unencrypted"),
        ({"security": "opportunistic"}, "'none', 'starttls' or 'tls'"),
        ({"host": "mail..example"}, "pattern"),
        ({"host": "mail example"}, "pattern"),
        ({"return_path": "Bounces <bounces@acme.example>"}, "at most 19 characters"),
        ({"return_path": f"{'b' * 20}@acme.example"}, "at most 19 characters"),
        ({"return_path": "مرتجع@acme.example"}, "of ASCII"),
        ({"return_path": "acme.example"}, "of ASCII"),
        ({"replies_to": "answers@acme.example"}, "without inbound_secret"),
        ({"inbound_secret": "correct-horse-1"}, "fewer than 32 characters"),
        ({"inbound_secret": "x" * 32, "unsubscribe_to": "a-mailbox-for-opt-outs@acme.example"}, "at most 19 characters"),
        ({"unsubscribe_to": "nobody"}, "is not one mail address"),
        ({"dkim": {"a b": []}}, "is not a domain"),
        ({"dkim": {"acme.example": []}}, "at least 1"),
        ({"dkim": {"acme.example": {"selector": "s", "key": "k"}}}, "write \\[\\["),
        ({"dkim": {"acme.example": [{"selector": "a b", "key": "k"}]}}, "pattern"),
        ({"ca_file": "/no/such/file.pem"}, "does not point to a file"),
    ],
)
def test_a_mistake_is_told_without_the_secret(changed: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said) as mistake:
        Settings.model_validate(GOOD | changed)

    assert "correct-horse" not in str(mistake.value)
