"""Models that are put together again from what is stored, without validation."""

import pickle

import pytest
from pydantic import ValidationError

from wasl.ledger.people import restored
from wasl_contracts import Address

_FIELDS = {"channel": "email", "kind": "email", "value": "ann@example.com"}


def test_a_restored_model_is_the_one_that_was_stored() -> None:
    address = restored(Address, dict(_FIELDS))

    assert address == Address(**_FIELDS)
    assert hash(address) == hash(Address(**_FIELDS))
    assert address.model_dump_json() == Address(**_FIELDS).model_dump_json()
    assert pickle.loads(pickle.dumps(address)) == address


def test_a_restored_model_cannot_be_changed() -> None:
    address = restored(Address, dict(_FIELDS))

    with pytest.raises(ValidationError):
        address.value = "bob@example.com"  # type: ignore[misc]  # it is frozen
