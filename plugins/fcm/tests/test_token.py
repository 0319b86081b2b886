import asyncio
from collections.abc import Callable

import pytest
from google.auth import jwt

from wasl_contracts import Delivery, ProviderError, Reason, Rejected, Unavailable

UNAUTHENTICATED = (401, {"error": {"code": 401, "status": "UNAUTHENTICATED"}})
TAKEN = (200, {"name": "projects/acme-app/messages/1"})


async def test_200_cold_sends_fetch_one_token(google, connect: Callable, delivery: Delivery) -> None:
    provider = connect()

    await asyncio.gather(*(provider.send(delivery) for _ in range(200)))

    assert len(google.fetches) == 1
    assert set(google.used()) == {"ya29.token-1"}


async def test_the_assertion_is_signed_by_the_service_account(
    google, connect: Callable, clock, public_pem: bytes, delivery: Delivery
) -> None:
    await connect().send(delivery)

    [form] = google.fetches
    claims = jwt.decode(form["assertion"], verify=False)
    header, _, _, _ = jwt._unverified_decode(form["assertion"])
    jwt.decode(form["assertion"], certs={"key-1": public_pem}, clock_skew_in_seconds=10**10)
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert header["kid"] == "key-1"
    assert claims == {
        "iss": "sender@acme-app.iam.gserviceaccount.com",
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
        "aud": f"{google.url}/token",
        "iat": int(clock.now),
        "exp": int(clock.now) + 3600,
    }


async def test_a_token_is_renewed_five_minutes_before_its_end(google, connect: Callable, clock, delivery: Delivery) -> None:
    provider = connect()

    for seconds in (0, 3299, 1):
        clock.now += seconds
        await provider.send(delivery)

    assert google.used() == ["ya29.token-1", "ya29.token-1", "ya29.token-2"]


@pytest.mark.parametrize("seconds", [0, -5, None, "soon", 1e300, 10**400, float("nan")])
async def test_a_life_that_makes_no_sense_does_not_fetch_with_each_send(
    google, connect: Callable, delivery: Delivery, seconds: object
) -> None:
    google.tokens = [(200, {"access_token": "ya29.token", "expires_in": seconds})]
    provider = connect()

    await provider.send(delivery)
    await provider.send(delivery)

    assert len(google.fetches) == 1


async def test_a_refused_token_is_renewed_once(google, connect: Callable, delivery: Delivery) -> None:
    google.answers = [UNAUTHENTICATED, TAKEN]

    receipt = await connect().send(delivery)

    assert google.used() == ["ya29.token-1", "ya29.token-2"]
    assert receipt.provider_ref == "projects/acme-app/messages/1"


async def test_a_token_that_is_refused_again_is_a_fault_of_the_settings(google, connect: Callable, delivery: Delivery) -> None:
    google.answers = [UNAUTHENTICATED]

    with pytest.raises(Rejected) as raised:
        await connect().send(delivery)

    assert (raised.value.scope, raised.value.reason) == ("provider", Reason.PROVIDER_MISCONFIGURED)
    assert google.used() == ["ya29.token-1", "ya29.token-2"]


async def test_two_sends_with_a_revoked_token_renew_it_once(google, connect: Callable, delivery: Delivery) -> None:
    google.answers = [UNAUTHENTICATED, UNAUTHENTICATED, TAKEN]
    google.delays = [0, 0.05]  # the second hears of it when the first has renewed the token already
    provider = connect()

    await asyncio.gather(provider.send(delivery), provider.send(delivery))

    assert google.used() == ["ya29.token-1", "ya29.token-1", "ya29.token-2", "ya29.token-2"]
    assert len(google.fetches) == 2


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, {"error": "invalid_grant", "error_description": "sender@acme-app"}, "invalid_grant"),
        (401, {"error": "invalid_client"}, "invalid_client"),
        (403, {"error": {"status": "PERMISSION_DENIED"}}, "403"),
    ],
)
async def test_a_refused_key_is_a_fault_of_the_settings(
    google, connect: Callable, delivery: Delivery, status: int, error: object, code: str
) -> None:
    google.tokens = [(status, error)]

    with pytest.raises(Rejected) as raised:
        await connect().send(delivery)

    assert (raised.value.scope, raised.value.reason, raised.value.code) == ("provider", Reason.PROVIDER_MISCONFIGURED, code)
    assert google.requests == []


@pytest.mark.parametrize(
    ("status", "answer"),
    [(429, {}), (500, {}), (503, {}), (200, {}), (200, {"access_token": 7}), (200, {"access_token": "two\r\nlines"})],
)
async def test_without_a_token_nothing_is_sent_and_it_is_tried_again_later(
    google, connect: Callable, delivery: Delivery, status: int, answer: object
) -> None:
    google.tokens, google.headers = [(status, answer)], {"Retry-After": "9"}

    with pytest.raises(Unavailable) as raised:
        await connect().send(delivery)

    assert raised.value.retry_after == (None if status == 200 else 9)
    assert google.requests == []


async def test_a_token_endpoint_that_cannot_be_reached_is_unavailable(connect: Callable, delivery: Delivery, unused_tcp_port: int) -> None:
    with pytest.raises(Unavailable):
        await connect(token_url=f"http://127.0.0.1:{unused_tcp_port}/token").send(delivery)


async def test_a_token_endpoint_that_hangs_up_is_unavailable(connect: Callable, delivery: Delivery) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    with pytest.raises(Unavailable):
        await connect(token_url=f"http://127.0.0.1:{port}/token").send(delivery)

    server.close()


async def test_those_who_wait_for_a_fetch_that_fails_do_not_fetch_one_after_another(google, connect: Callable, delivery: Delivery) -> None:
    google.tokens = [(503, {})]
    provider = connect()

    ends = await asyncio.gather(*(provider.send(delivery) for _ in range(50)), return_exceptions=True)

    assert {type(end) for end in ends} == {Unavailable}
    assert len(google.fetches) == 1


async def test_after_a_failed_fetch_the_next_send_fetches_again(google, connect: Callable, delivery: Delivery) -> None:
    google.tokens = [(503, {}), (200, google.granted())]
    provider = connect()

    with pytest.raises(ProviderError):
        await provider.send(delivery)
    await provider.send(delivery)

    assert (len(google.fetches), len(google.requests)) == (2, 1)


async def test_a_cancelled_fetch_is_taken_over_by_the_next_who_waits(google, connect: Callable, delivery: Delivery) -> None:
    provider = connect()
    first, second = (asyncio.create_task(provider.send(delivery)) for _ in range(2))
    await asyncio.sleep(0.005)

    first.cancel()
    receipt = await second

    assert first.cancelled()
    assert receipt.provider_ref
