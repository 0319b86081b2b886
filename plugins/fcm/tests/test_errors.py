from collections.abc import Callable

import pytest

from wasl_contracts import Delivery, ProviderError, Reason, Rejected, Unavailable, Unknown

FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"


def refused(status: int, google_status: str, error_code: str | None = None, *fields: str) -> tuple[int, object]:
    """Google's error document."""
    details: list[dict[str, object]] = [{"@type": FCM_ERROR, "errorCode": error_code}] if error_code else []
    if fields:
        details.append({"@type": BAD_REQUEST, "fieldViolations": [{"field": field, "description": "c0ffee"} for field in fields]})
    error = {"code": status, "message": "c0ffee:APA91bToken is wrong", "status": google_status, "details": details}
    return status, {"error": error}


async def refusal(provider, delivery: Delivery) -> ProviderError:
    with pytest.raises(ProviderError) as raised:
        await provider.send(delivery)
    return raised.value


ADDRESS = (Rejected, "address")
CONTENT = (Rejected, "content")
PROVIDER = (Rejected, "provider")
HTML = "<html><title>502. That's an error.</title></html>"


@pytest.mark.parametrize(
    ("answer", "meaning", "code"),
    [
        (refused(404, "NOT_FOUND", "UNREGISTERED"), ADDRESS, "UNREGISTERED"),
        (refused(404, "NOT_FOUND"), PROVIDER, "NOT_FOUND"),
        ((404, HTML), PROVIDER, "404"),
        (refused(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.token"), ADDRESS, "INVALID_ARGUMENT"),
        (refused(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.fid"), ADDRESS, "INVALID_ARGUMENT"),
        (refused(400, "INVALID_ARGUMENT", None, "message.android", "message.token"), ADDRESS, "INVALID_ARGUMENT"),
        (refused(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.data[0].value"), CONTENT, "INVALID_ARGUMENT"),
        (refused(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"), CONTENT, "INVALID_ARGUMENT"),
        (refused(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"), CONTENT, "SENDER_ID_MISMATCH"),
        (refused(403, "PERMISSION_DENIED"), PROVIDER, "PERMISSION_DENIED"),
        (refused(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), PROVIDER, "THIRD_PARTY_AUTH_ERROR"),
        (refused(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), (Unavailable, None), "QUOTA_EXCEEDED"),
        (refused(503, "UNAVAILABLE", "UNAVAILABLE"), (Unavailable, None), "UNAVAILABLE"),
        (refused(500, "INTERNAL", "INTERNAL"), (Unknown, None), "INTERNAL"),
        ((502, HTML), (Unknown, None), "502"),
        ((200, {"name": ""}), (Unknown, None), "no_name"),
    ],
)
async def test_a_refusal_means_what_fcms_own_code_says(
    google, connect: Callable, delivery: Delivery, answer: tuple[int, object], meaning: tuple, code: str
) -> None:
    google.answers = [answer]

    error = await refusal(connect(), delivery)

    assert (type(error), getattr(error, "scope", None)) == meaning
    assert error.code == code
    assert len(google.requests) == 1


async def test_a_device_that_is_gone_and_a_wrong_project_are_not_confused(google, connect: Callable, delivery: Delivery) -> None:
    google.answers = [refused(404, "NOT_FOUND", "UNREGISTERED"), refused(404, "NOT_FOUND")]

    gone, wrong_project = await refusal(connect(), delivery), await refusal(connect(), delivery)

    assert (gone.reason, wrong_project.reason) == (Reason.INVALID_ADDRESS, Reason.PROVIDER_MISCONFIGURED)


@pytest.mark.parametrize(("headers", "wait"), [({}, 60), ({"Retry-After": "5"}, 5), ({"Retry-After": "0"}, 0)])
async def test_a_used_up_quota_waits_as_told_or_a_minute(
    google, connect: Callable, delivery: Delivery, headers: dict[str, str], wait: float
) -> None:
    provider = connect()
    await provider.send(delivery)
    google.answers, google.headers = [refused(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED")], headers

    error = await refusal(provider, delivery)

    assert isinstance(error, Unavailable)
    assert (error.retry_after, error.reason) == (wait, Reason.RATE_LIMITED)


@pytest.mark.parametrize(
    "error",
    [
        None,
        [],
        "c0ffee:APA91bToken",
        {"details": 3},
        {"details": [3, {"errorCode": ["c0ffee:APA91bToken"]}, {"fieldViolations": 3}, {"fieldViolations": [3]}]},
        {"status": "c0ffee:APA91bToken"},
    ],
)
async def test_an_error_document_that_makes_no_sense_is_judged_by_its_status(
    google, connect: Callable, delivery: Delivery, error: object
) -> None:
    google.answers = [(400, {"error": error})]

    found = await refusal(connect(), delivery)

    assert isinstance(found, Rejected)
    assert (found.scope, found.code) == ("content", "400")
