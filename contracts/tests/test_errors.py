"""The outcomes as errors, and what their texts never tell."""

import pytest

from wasl_contracts import Capabilities, ProviderError, Reason, Refusal, Rejected, Unavailable, Unknown


def test_a_refusal_becomes_its_error() -> None:
    rejected = Refusal(outcome="rejected", reason=Reason.OPTED_OUT, scope="address").error("21610")
    unavailable = Refusal(outcome="unavailable", reason=Reason.RATE_LIMITED).error("busy", 7.0)
    unknown = Refusal(outcome="unknown").error("odd")

    assert isinstance(rejected, Rejected)
    assert (rejected.reason, rejected.scope, rejected.code) == (Reason.OPTED_OUT, "address", "21610")
    assert isinstance(unavailable, Unavailable)
    assert (unavailable.reason, unavailable.retry_after) == (Reason.RATE_LIMITED, 7.0)
    assert isinstance(unknown, Unknown)
    assert unknown.reason == Reason.OUTCOME_UNKNOWN


def test_a_text_is_the_reason_and_the_code() -> None:
    assert str(Rejected(Reason.INVALID_ADDRESS, "address", 21211)) == "invalid_address (21211)"
    assert str(Unavailable()) == "provider_unavailable"


@pytest.mark.parametrize(
    ("given", "kept"),
    [("5.1.1 <ann@x.com>\r\n", "5.1.1_ann_x.com_"), ("x" * 100, "x" * 64), ("رفض", "_"), (550, "550"), (None, None)],
)
def test_a_code_is_cut_to_harmless_characters(given: str | int | None, kept: str | None) -> None:
    assert Unknown(given).code == kept


def test_all_outcomes_but_a_receipt_are_provider_errors() -> None:
    assert all(issubclass(outcome, ProviderError) for outcome in (Rejected, Unavailable, Unknown))


def test_capabilities_promise_nothing_by_default() -> None:
    by_default = Capabilities()

    assert (by_default.receipts, by_default.idempotency_seconds, by_default.max_characters) == (False, None, None)
