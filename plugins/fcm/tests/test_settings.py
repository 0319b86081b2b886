import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import ValidationError

from wasl_contracts import Delivery


def refused(connect: Callable, **settings: object) -> str:
    with pytest.raises(ValidationError) as raised:
        connect(**settings)
    return str(raised.value)


async def test_the_key_may_be_a_file(google, connect: Callable, key: dict[str, str], tmp_path: Path, delivery: Delivery) -> None:
    file = tmp_path / "key.json"
    file.write_text(json.dumps(key))

    await connect(service_account=None, service_account_file=str(file)).send(delivery)

    assert len(google.requests) == 1


async def test_one_key_and_only_one_is_needed(connect: Callable, tmp_path: Path) -> None:
    neither = refused(connect, service_account=None)
    both = refused(connect, service_account_file=tmp_path)

    assert "either service_account_file or service_account" in neither
    assert "either service_account_file or service_account" in both


async def test_a_file_that_is_not_there_is_named(connect: Callable, tmp_path: Path) -> None:
    told = refused(connect, service_account=None, service_account_file=tmp_path / "absent.json")

    assert "service_account_file that cannot be read" in told


@pytest.mark.parametrize("wrong", ["private_key", "client_email", "token_uri", "project_id"])
async def test_a_broken_key_is_refused_and_not_shown(connect: Callable, key: dict[str, str], wrong: str) -> None:
    told = refused(connect, service_account=json.dumps(key | {wrong: 7}))

    assert "is not a service account's key" in told
    assert key["private_key"][40:60] not in told


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json", "-----BEGIN PRIVATE KEY-----"])
async def test_what_is_no_key_is_refused(connect: Callable, text: str) -> None:
    assert "is not a service account's key" in refused(connect, service_account=text)


async def test_a_private_key_that_is_none_is_refused_and_not_shown(connect: Callable, key: dict[str, str]) -> None:
    told = refused(connect, service_account=json.dumps(key | {"private_key": "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n"}))

    assert "is not a service account's key" in told
    assert "c2VjcmV0" not in told


async def test_a_key_without_a_project_needs_one_in_the_settings(connect: Callable, key: dict[str, str]) -> None:
    del key["project_id"]

    told = refused(connect, service_account=json.dumps(key))

    assert "add project_id" in told
    assert connect(service_account=json.dumps(key), project_id="acme-app")


async def test_a_key_of_another_kind_is_refused(connect: Callable, key: dict[str, str]) -> None:
    elliptic = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    assert "is not a service account's key" in refused(connect, service_account=json.dumps(key | {"private_key": elliptic}))
