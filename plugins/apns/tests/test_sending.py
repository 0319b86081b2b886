"""What Apple gets over HTTP/2, and what its answers mean."""

import asyncio
import json
from collections.abc import Callable
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from wasl_apns.errors import ERRORS
from wasl_contracts import Delivery, Mail, ProviderError, Push, Reason, Rejected, Unavailable, Unknown


def with_push(delivery: Delivery, **changes: object) -> Delivery:
    assert isinstance(delivery.content, Push)
    return delivery.model_copy(update={"content": delivery.content.model_copy(update=changes)})


async def test_a_notification_goes_over_http_2_with_all_that_apple_asks_for(
    apple, connect: Callable, delivery: Delivery, key: ec.EllipticCurvePrivateKey
) -> None:
    async with connect() as apns:
        receipt = await apns.send(delivery)

    [request], [body] = apple.requests, apple.bodies
    assert (request[":method"], request[":path"]) == ("POST", f"/3/device/{delivery.address.value}")
    assert (request["apns-topic"], request["apns-push-type"], request["apns-priority"]) == ("example.acme.app", "alert", "10")
    assert request["apns-expiration"] == str(int(delivery.expires_at.timestamp()))
    assert request["apns-collapse-id"] == "dlv_1"
    assert receipt.provider_ref == request["apns-id"] == str(UUID(request["apns-id"]))
    assert body == {
        "aps": {"alert": {"title": "طلبك", "body": "في الطريق 👋"}},
        "url": "https://acme.example/orders/1042",
        "wasl_attempt": "att_1",
    }
    [token] = apple.tokens()
    claims = jwt.decode(token, key.public_key(), ["ES256"], options={"verify_iat": False})
    assert (claims["iss"], jwt.get_unverified_header(token)) == ("DEF123GHIJ", {"alg": "ES256", "kid": "ABC123DEFG", "typ": "JWT"})


async def test_all_at_once_share_one_connection_and_one_token(apple, connect: Callable, delivery: Delivery) -> None:
    async with connect() as apns:
        await asyncio.gather(*(apns.send(delivery.model_copy(update={"attempt_id": f"att_{n}"})) for n in range(20)))

    assert apple.connections == 1
    assert len(set(apple.tokens())) == 1
    assert len({request["apns-id"] for request in apple.requests}) == 20


async def test_the_same_attempt_has_the_same_id_and_another_has_its_own(apple, connect: Callable, delivery: Delivery) -> None:
    async with connect() as apns:
        for attempt in ("att_1", "att_1", "att_2"):
            await apns.send(delivery.model_copy(update={"attempt_id": attempt}))

    one, again, other = (request["apns-id"] for request in apple.requests)
    assert one == again != other


async def test_the_template_decides_on_sound_badge_picture_and_data(apple, connect: Callable, delivery: Delivery) -> None:
    changes = {
        "sound": "chime.caf",
        "badge": 0,
        "image": "https://acme.example/a.png",
        "data": {"order": "1042"},
        "collapse_key": "order-1042",
    }

    async with connect() as apns:
        await apns.send(with_push(delivery, **changes))

    [body] = apple.bodies
    assert body["aps"] == {"alert": {"title": "طلبك", "body": "في الطريق 👋"}, "sound": "chime.caf", "badge": 0, "mutable-content": 1}
    assert (body["order"], body["image"]) == ("1042", "https://acme.example/a.png")
    assert apple.requests[0]["apns-collapse-id"] == "order-1042"


@pytest.mark.parametrize("wanted", ["طلب-1042", "x" * 65, "two\nlines", " padded"])
async def test_a_collapse_key_that_no_header_can_carry_is_a_digest(apple, connect: Callable, delivery: Delivery, wanted: str) -> None:
    async with connect() as apns:
        await apns.send(with_push(delivery, collapse_key=wanted))
        await apns.send(with_push(delivery, collapse_key=wanted + "!"))

    one, other = (request["apns-collapse-id"] for request in apple.requests)
    assert one != other
    assert one.isalnum()
    assert len(one) <= 64


async def test_promotions_wait_for_the_devices_battery(apple, connect: Callable, delivery: Delivery) -> None:
    async with connect() as apns:
        await apns.send(delivery.model_copy(update={"category": "promotional"}))

    assert apple.requests[0]["apns-priority"] == "5"


@pytest.mark.parametrize(
    "changes", [{"body": "ش" * 1950}, {"data": {"a": "x" * 4000}}, {"body": "\n" * 2000}], ids=["text", "data", "escapes"]
)
async def test_more_than_4096_bytes_are_refused_before_they_leave(apple, connect: Callable, delivery: Delivery, changes: dict) -> None:
    async with connect() as apns:
        error = await refused(apns, with_push(delivery, **changes))

    assert isinstance(error, Rejected)
    assert (error.scope, error.reason) == ("content", Reason.TOO_LONG)
    assert apple.requests == []


async def test_data_that_would_replace_apples_own_part_is_refused(apple, connect: Callable, delivery: Delivery) -> None:
    async with connect() as apns:
        error = await refused(apns, with_push(delivery, data={"aps": "mine"}))

    assert isinstance(error, Rejected)
    assert (error.scope, error.code) == ("content", "aps_in_data")
    assert apple.requests == []


@pytest.mark.parametrize(
    ("status", "why", "expected", "about"),
    [
        (410, "Unregistered", Reason.INVALID_ADDRESS, "address"),
        (410, "ExpiredToken", Reason.INVALID_ADDRESS, "address"),
        (400, "BadDeviceToken", Reason.UNREACHABLE, "content"),
        (400, "DeviceTokenNotForTopic", Reason.UNREACHABLE, "content"),
        (400, "PayloadEmpty", Reason.CONTENT_REJECTED, "content"),
        (400, "TopicDisallowed", Reason.PROVIDER_MISCONFIGURED, "provider"),
        (403, "InvalidProviderToken", Reason.PROVIDER_MISCONFIGURED, "provider"),
        (403, "BadCertificateEnvironment", Reason.PROVIDER_MISCONFIGURED, "provider"),
        (404, "BadPath", Reason.PROVIDER_MISCONFIGURED, "provider"),
        (405, None, Reason.PROVIDER_MISCONFIGURED, "provider"),
        (410, None, Reason.PROVIDER_REJECTED, "content"),
        (413, "PayloadTooLarge", Reason.TOO_LONG, "content"),
    ],
)
async def test_a_refusal_means_what_apples_reason_says(
    apple, connect: Callable, delivery: Delivery, status: int, why: str | None, expected: Reason, about: str
) -> None:
    apple.answers = [(status, why, {})]

    async with connect() as apns:
        error = await refused(apns, delivery)

    assert isinstance(error, Rejected)
    assert (error.reason, error.scope, error.code) == (expected, about, why or str(status))
    assert len(apple.requests) == 1


@pytest.mark.parametrize(
    ("status", "why", "expected"),
    [
        (429, "TooManyRequests", Unavailable),
        (429, "TooManyProviderTokenUpdates", Unavailable),
        (503, "ServiceUnavailable", Unavailable),
        (503, "Shutdown", Unavailable),
        (500, "InternalServerError", Unknown),
        (502, None, Unknown),
    ],
)
async def test_what_is_no_refusal_is_not_called_one(
    apple, connect: Callable, delivery: Delivery, status: int, why: str | None, expected: type
) -> None:
    apple.answers = [(status, why, {"retry-after": "17"})]

    async with connect() as apns:
        error = await refused(apns, delivery)

    assert type(error) is expected
    assert expected is Unknown or error.retry_after == 17


async def test_an_expired_token_is_renewed_and_the_call_made_once_more(apple, connect: Callable, delivery: Delivery, clock) -> None:
    apple.answers = [(200, None, {}), (403, "ExpiredProviderToken", {}), (200, None, {})]

    async with connect() as apns:
        await apns.send(delivery)
        clock.now += 21 * 60
        await apns.send(delivery)

    first, refused_one, renewed = apple.tokens()
    assert first == refused_one != renewed


async def test_those_who_meet_an_expired_token_together_renew_it_once(apple, connect: Callable, delivery: Delivery, clock) -> None:
    apple.answers = [(200, None, {}), *[(403, "ExpiredProviderToken", {})] * 5, (200, None, {})]

    async with connect() as apns:
        await apns.send(delivery)
        clock.now += 21 * 60
        await asyncio.gather(*(apns.send(delivery) for _ in range(5)))

    assert len(set(apple.tokens())) == 2


async def test_a_young_token_that_is_called_expired_is_a_wrong_clock_and_not_renewed(apple, connect: Callable, delivery: Delivery) -> None:
    apple.answers = [(403, "ExpiredProviderToken", {})]

    async with connect() as apns:
        error = await refused(apns, delivery)

    assert isinstance(error, Rejected)
    assert (error.scope, error.code) == ("provider", "ExpiredProviderToken")
    assert len(apple.requests) == 1


async def test_the_token_serves_40_minutes(apple, connect: Callable, delivery: Delivery, clock) -> None:
    async with connect() as apns:
        for minutes in (0, 39, 2, 1):
            clock.now += minutes * 60
            await apns.send(delivery)

    first, still, renewed, kept = apple.tokens()
    assert first == still != renewed == kept


async def test_a_connection_that_ends_before_the_answer_leaves_it_unknown(apple, connect: Callable, delivery: Delivery) -> None:
    apple.hang_up = True

    async with connect() as apns:
        error = await refused(apns, delivery)

    assert isinstance(error, Unknown)
    assert len(apple.requests) == 1


async def test_a_certificate_of_somebody_else_gets_nothing(apple, connect: Callable, delivery: Delivery) -> None:
    async with connect(base_url=apple.url.replace("127.0.0.1", "localhost")) as apns:
        error = await refused(apns, delivery)

    assert isinstance(error, Unavailable)
    assert apple.requests == []


async def test_content_of_another_format_is_a_fault_that_sends_nothing(apple, connect: Callable, delivery: Delivery) -> None:
    mail = delivery.model_copy(update={"content": Mail(subject="s", html="h", text="t", locale="en")})

    async with connect() as apns:
        with pytest.raises(TypeError, match="apns"):
            await apns.send(mail)

    assert apple.requests == []


def test_only_what_proves_that_the_device_is_gone_drops_its_address() -> None:
    assert {code for code, refusal in ERRORS.items() if refusal.scope == "address"} == {"Unregistered", "ExpiredToken"}


def test_the_payload_is_what_apples_documentation_shows(connect: Callable, delivery: Delivery) -> None:
    """Generating a remote notification, listing 1, read 2026-11: alert with title and body; custom keys stand beside aps."""
    from wasl_apns import Apns
    from wasl_apns.notification import body

    payload = json.loads(body(with_push(delivery, title="Game Request", body="Bob wants to play poker", url=None), Apns.spec.capabilities))

    assert payload == {"aps": {"alert": {"title": "Game Request", "body": "Bob wants to play poker"}}, "wasl_attempt": "att_1"}


async def refused(apns, delivery: Delivery) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await apns.send(delivery)
    assert delivery.address.value not in f"{caught.value!r}"
    return caught.value
