from collections.abc import Callable
from datetime import timedelta

import pytest

from wasl_contracts import Address, Delivery, Push, Rejected


def saying(delivery: Delivery, **push: object) -> Delivery:
    return delivery.model_copy(update={"content": Push(**{"title": "t", "body": "b", "url": None, **push})})


async def test_a_push_is_posted_to_the_project(google, connect: Callable, delivery: Delivery) -> None:
    receipt = await connect().send(delivery)

    [request], [body] = google.requests, google.bodies
    assert request.path == "/v1/projects/acme-app/messages:send"
    assert request.headers["Authorization"] == "Bearer ya29.token-1"
    assert body["message"]["token"] == "c0ffee:APA91bToken"
    assert body["message"]["notification"] == {"title": "طلبك", "body": "في الطريق 👋"}
    assert receipt.provider_ref.startswith("projects/acme-app/messages/")


async def test_the_project_of_the_settings_comes_before_the_keys(google, connect: Callable, delivery: Delivery) -> None:
    await connect(project_id="other-app").send(delivery)

    assert google.requests[0].path == "/v1/projects/other-app/messages:send"


async def test_an_installation_is_addressed_by_fid_and_no_token(google, connect: Callable, delivery: Delivery) -> None:
    fid = Address(channel="push", kind="fcm_fid", value="cIdmyJ0KQYKrJ5eTzQyXnA")

    await connect().send(delivery)
    await connect().send(delivery.model_copy(update={"address": fid}))

    by_token, by_fid = (body["message"] for body in google.bodies)
    assert by_fid.pop("fid") == "cIdmyJ0KQYKrJ5eTzQyXnA"
    assert by_token.pop("token") == "c0ffee:APA91bToken"
    assert by_fid == by_token


async def test_data_is_text_and_carries_the_attempt(google, connect: Callable, delivery: Delivery) -> None:
    await connect().send(delivery)

    assert google.bodies[0]["message"]["data"] == {"wasl_attempt": "att_1", "url": "https://acme.example/orders/1042"}


async def test_a_tap_in_a_browser_opens_the_link(google, connect: Callable, delivery: Delivery) -> None:
    await connect().send(delivery)

    assert google.bodies[0]["message"]["webpush"]["fcm_options"] == {"link": "https://acme.example/orders/1042"}


@pytest.mark.parametrize("url", [None, "http://acme.example/orders/1042"])
async def test_a_link_that_browsers_may_not_open_is_left_out(google, connect: Callable, delivery: Delivery, url: str | None) -> None:
    await connect().send(saying(delivery, url=url))

    assert "fcm_options" not in google.bodies[0]["message"]["webpush"]


async def test_a_notification_without_words_is_left_out(google, connect: Callable, delivery: Delivery) -> None:
    await connect().send(saying(delivery, title="", body=""))

    assert "notification" not in google.bodies[0]["message"]


@pytest.mark.parametrize(("age", "left"), [(0, 3600), (3000, 600), (3601, 0)])
async def test_nothing_shows_after_its_expiry(google, connect: Callable, clock, delivery: Delivery, age: int, left: int) -> None:
    decided_at = delivery.created_at + timedelta(seconds=age)
    clock.now += 86_400  # the same delivery is the same payload, whatever the time

    await connect().send(delivery.model_copy(update={"dated_at": decided_at}))

    message = google.bodies[0]["message"]
    assert message["android"]["ttl"] == f"{left}s"
    assert message["apns"]["headers"]["apns-expiration"] == str(int(decided_at.timestamp()) + left)
    assert message["webpush"]["headers"]["TTL"] == str(left)


async def test_no_life_is_longer_than_fcm_allows(google, connect: Callable, delivery: Delivery) -> None:
    await connect().send(delivery.model_copy(update={"expires_at": delivery.created_at + timedelta(days=90)}))

    assert google.bodies[0]["message"]["android"]["ttl"] == "2419200s"


async def test_a_delivery_that_arrives_twice_shows_once(google, connect: Callable, delivery: Delivery) -> None:
    await connect().send(delivery)
    await connect().send(delivery.model_copy(update={"attempt_id": "att_2"}))

    first, second = (body["message"] for body in google.bodies)
    assert first["android"]["notification"] == second["android"]["notification"] == {"tag": "dlv_1"}
    assert first["apns"]["headers"]["apns-collapse-id"] == "dlv_1"
    assert first["webpush"]["notification"] == {"tag": "dlv_1"}


async def test_picture_sound_badge_and_collapse_key_reach_every_platform(google, connect: Callable, delivery: Delivery) -> None:
    image = "https://acme.example/a.png"

    await connect().send(saying(delivery, image=image, sound="bell.caf", badge=3, collapse_key="order-1042", data={"screen": "order"}))

    message = google.bodies[0]["message"]
    assert message["notification"]["image"] == message["webpush"]["notification"]["image"] == image
    assert message["android"]["notification"] == {"tag": "order-1042", "sound": "bell.caf", "notification_count": 3}
    assert message["apns"]["payload"] == {"aps": {"sound": "bell.caf", "badge": 3, "mutable-content": 1}}
    assert message["apns"]["fcm_options"] == {"image": image}
    assert message["apns"]["headers"]["apns-collapse-id"] == message["webpush"]["notification"]["tag"] == "order-1042"
    assert message["data"] == {"screen": "order", "wasl_attempt": "att_1"}


async def test_a_badge_of_0_takes_it_away(google, connect: Callable, delivery: Delivery) -> None:
    await connect().send(saying(delivery, badge=0))

    assert google.bodies[0]["message"]["apns"]["payload"] == {"aps": {"badge": 0}}


async def test_what_is_larger_than_4000_bytes_is_refused_before_sending(google, connect: Callable, delivery: Delivery) -> None:
    with pytest.raises(Rejected, match="too_long") as raised:
        await connect().send(saying(delivery, body="ب" * 2048))

    assert raised.value.scope == "content"
    assert google.fetches == google.requests == []


async def test_exactly_4000_bytes_are_sent(google, connect: Callable, delivery: Delivery) -> None:
    await connect().send(saying(delivery, body="b" * 3999))
    with pytest.raises(Rejected):
        await connect().send(saying(delivery, body="b" * 4000))

    assert len(google.requests) == 1
