from collections.abc import Callable

import pytest

from wasl_contracts import Delivery, ProviderError, Reason, Rejected, Unavailable, Unknown

ADDRESS = (Rejected, "address")
CONTENT = (Rejected, "content")
PROVIDER = (Rejected, "provider")
MEANINGS = [
    (400, 21211, ADDRESS, Reason.INVALID_ADDRESS),
    (400, 21614, ADDRESS, Reason.INVALID_ADDRESS),
    (400, 30005, ADDRESS, Reason.INVALID_ADDRESS),
    (400, 30006, ADDRESS, Reason.INVALID_ADDRESS),
    (400, 21610, ADDRESS, Reason.OPTED_OUT),
    (400, 30007, CONTENT, Reason.CONTENT_REJECTED),
    (400, 63016, CONTENT, Reason.CONTENT_REJECTED),
    (400, 21617, CONTENT, Reason.TOO_LONG),
    (400, 21408, CONTENT, Reason.COUNTRY_BLOCKED),
    (400, 21999, CONTENT, Reason.PROVIDER_REJECTED),
    (401, 20003, PROVIDER, Reason.PROVIDER_MISCONFIGURED),
    (404, 20404, PROVIDER, Reason.PROVIDER_MISCONFIGURED),
    (400, 21703, PROVIDER, Reason.PROVIDER_MISCONFIGURED),
    (400, 21705, PROVIDER, Reason.PROVIDER_MISCONFIGURED),
    (400, 30034, PROVIDER, Reason.PROVIDER_MISCONFIGURED),
    (429, 20429, (Unavailable, None), Reason.RATE_LIMITED),
    (400, 30001, (Unavailable, None), Reason.PROVIDER_UNAVAILABLE),
    (400, 30003, (Unavailable, None), Reason.PROVIDER_UNAVAILABLE),
    (503, 20503, (Unavailable, None), Reason.PROVIDER_UNAVAILABLE),
    (400, 30008, (Unknown, None), Reason.OUTCOME_UNKNOWN),
    (500, 20500, (Unknown, None), Reason.OUTCOME_UNKNOWN),
]


async def refusal(provider, delivery: Delivery) -> ProviderError:
    with pytest.raises(ProviderError) as raised:
        await provider.send(delivery)
    return raised.value


@pytest.mark.parametrize("extra", [{}, {"type": "https://www.twilio.com/docs/api/errors", "title": "No"}], ids=["rest", "rfc9457"])
@pytest.mark.parametrize(("status", "code", "meaning", "reason"), MEANINGS)
async def test_a_code_means_the_same_in_both_of_twilios_error_forms(
    api, connect: Callable, delivery: Delivery, status: int, code: int, meaning: tuple, reason: Reason, extra: dict
) -> None:
    api.refuses(status, code)
    api.answer |= extra

    error = await refusal(connect(), delivery)

    assert (type(error), getattr(error, "scope", None)) == meaning
    assert (error.reason, error.code) == (reason, str(code))


async def test_retry_after_survives_the_sdk(api, connect: Callable, delivery: Delivery) -> None:
    api.refuses(429, 20429, {"Retry-After": "17"})

    error = await refusal(connect(), delivery)

    assert isinstance(error, Unavailable)
    assert error.retry_after == 17
    assert len(api.requests) == 1


async def test_a_code_that_is_no_number_is_not_repeated(api, connect: Callable, delivery: Delivery) -> None:
    api.refuses(400, "+966501234567")

    error = await refusal(connect(), delivery)

    assert error.code == "400"


@pytest.mark.parametrize("status", ["failed", "undelivered", "canceled"])
async def test_a_created_message_that_failed_at_once_is_no_receipt(api, connect: Callable, delivery: Delivery, status: str) -> None:
    api.answer = {"sid": "SM1", "status": status, "error_code": 30005}

    error = await refusal(connect(), delivery)

    assert isinstance(error, Rejected)
    assert (error.reason, error.scope, error.code) == (Reason.INVALID_ADDRESS, "address", "30005")


async def test_a_created_message_that_failed_for_no_known_reason_is_rejected(api, connect: Callable, delivery: Delivery) -> None:
    api.answer = {"sid": "SM1", "status": "failed", "error_code": None}

    error = await refusal(connect(), delivery)

    assert isinstance(error, Rejected)
    assert (error.reason, error.scope) == (Reason.PROVIDER_REJECTED, "content")


@pytest.mark.parametrize("sid", [None, "", 7, "S" * 600])
async def test_a_success_without_a_usable_sid_is_unknown(api, connect: Callable, delivery: Delivery, sid: object) -> None:
    api.answer = {"sid": sid}

    error = await refusal(connect(), delivery)

    assert isinstance(error, Unknown)
