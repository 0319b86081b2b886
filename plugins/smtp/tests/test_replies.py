"""What each SMTP reply means."""

import pytest

from wasl_contracts import Reason, Rejected, Unavailable, Unknown
from wasl_smtp.replies import Reply, Step, receipt, refusal

R = Reason


@pytest.mark.parametrize(
    ("step", "code", "text", "reason", "scope"),
    [
        ("rcpt", 550, "5.1.1 <ann@example.com>: no such user", R.INVALID_ADDRESS, "address"),
        ("rcpt", 553, "5.1.3 bad mailbox syntax", R.INVALID_ADDRESS, "address"),
        ("dot", 550, "5.1.1 no such user", R.INVALID_ADDRESS, "address"),
        ("rcpt", 550, "5.1.8 sender's domain not found", R.PROVIDER_MISCONFIGURED, "provider"),
        ("rcpt", 552, "5.2.2 mailbox full", R.UNREACHABLE, "content"),
        ("rcpt", 550, "5.2.1 mailbox disabled", R.UNREACHABLE, "content"),
        ("dot", 552, "mailbox full", R.UNREACHABLE, "content"),
        ("rcpt", 550, "relay not permitted", R.UNREACHABLE, "content"),
        ("rcpt", 554, "5.7.1 refused by policy", R.CONTENT_REJECTED, "content"),
        ("dot", 554, "looks like spam", R.CONTENT_REJECTED, "content"),
        ("dot", 552, "5.7.0 dangerous attachment", R.CONTENT_REJECTED, "content"),
        ("dot", 550, "5.6.0 bad MIME", R.CONTENT_REJECTED, "content"),
        ("dot", 552, "5.3.4 too big", R.TOO_LONG, "content"),
        ("mail", 552, "too big", R.TOO_LONG, "content"),
        ("mail", 553, "5.7.1 not your sender address", R.PROVIDER_MISCONFIGURED, "provider"),
        ("rcpt", 530, "5.7.0 sign in first", R.PROVIDER_MISCONFIGURED, "provider"),
        ("auth", 535, "5.7.8 bad credentials", R.PROVIDER_MISCONFIGURED, "provider"),
        ("rcpt", 501, "5.5.4 bad parameter", R.PROVIDER_REJECTED, "content"),
    ],
)
def test_a_permanent_reply_is_rejected_for_its_reason(step: Step, code: int, text: str, reason: Reason, scope: str) -> None:
    found = refusal(step, Reply(code, text))

    assert isinstance(found, Rejected)
    assert (found.reason, found.scope) == (reason, scope)
    assert found.code is not None
    assert found.code.startswith(str(code))
    assert "ann" not in str(found)


@pytest.mark.parametrize(
    ("code", "text", "reason"),
    [
        (450, "4.2.0 greylisted", R.PROVIDER_UNAVAILABLE),
        (452, "4.2.2 mailbox full for now", R.PROVIDER_UNAVAILABLE),
        (421, "4.7.0 too many mails from you", R.RATE_LIMITED),
        (451, "4.7.1 try slower", R.RATE_LIMITED),
        (454, "Throttling failure: Maximum sending rate exceeded.", R.RATE_LIMITED),
        (454, "4.7.0 temporary authentication failure", R.PROVIDER_UNAVAILABLE),
    ],
)
def test_a_temporary_reply_is_unavailable(code: int, text: str, reason: Reason) -> None:
    found = refusal("rcpt", Reply(code, text))

    assert isinstance(found, Unavailable)
    assert found.reason == reason


def test_a_reply_out_of_order_counts_by_where_it_came() -> None:
    assert isinstance(refusal("data", Reply(250, "what?")), Unavailable)
    assert isinstance(refusal("dot", Reply(354, "what?")), Unknown)


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("2.0.0 Ok: queued as 4F2A000100", "4F2A000100"),
        ("OK id=1tABcd-0000000Xy-1abc", "1tABcd-0000000Xy-1abc"),
        ("2.0.0 4ANBq2Gk012345 Message accepted for delivery", "4ANBq2Gk012345"),
        ("Ok 0100018c1f2e3d4c-5b6a7988-000000", "0100018c1f2e3d4c-5b6a7988-000000"),
        ("2.6.0 <dlv_1@acme.example> [InternalId=123] Queued mail for delivery", None),
        ("thank you, ann@example.com", None),
        ("", None),
    ],
)
def test_the_queue_id_is_the_reference_where_it_is_recognised(text: str, ref: str | None) -> None:
    assert receipt(Reply(250, text)).provider_ref == ref
