from collections.abc import Callable

import aiohttp
import pytest

from wasl_contracts import Delivery, Rejected, Sender, Sms

SID = "SM" + "1" * 32


async def test_a_message_is_posted_to_the_account_with_basic_auth(api, connect: Callable, delivery: Delivery) -> None:
    receipt = await connect().send(delivery)

    [request] = api.requests
    assert (request.method, request.path) == ("POST", f"/2010-04-01/Accounts/AC{'0' * 32}/Messages.json")
    assert request.headers["Authorization"] == aiohttp.encode_basic_auth("AC" + "0" * 32, "secret-token")
    assert api.forms == [{"To": "+966501234567", "From": "+15005550006", "Body": "طلبك في الطريق 👋"}]
    assert receipt.provider_ref == SID


@pytest.mark.parametrize("sender", ["+15005550006", "12345", "ACME-AD", "MGM"])
async def test_numbers_and_names_are_the_sender(api, connect: Callable, delivery: Delivery, sender: str) -> None:
    await connect(sender=sender).send(delivery)

    assert api.forms[0]["From"] == sender


async def test_a_brands_own_sender_comes_first(api, connect: Callable, delivery: Delivery) -> None:
    own = delivery.model_copy(update={"sender": Sender(address="SHOP")})

    await connect(sender="MG" + "0" * 32).send(own)

    assert api.forms[0]["From"] == "SHOP"
    assert "MessagingServiceSid" not in api.forms[0]


async def test_a_brands_sender_that_twilio_cannot_send_from_is_refused_before_the_call(api, connect: Callable, delivery: Delivery) -> None:
    own = delivery.model_copy(update={"sender": Sender(address="shop@acme.example")})

    with pytest.raises(Rejected) as refused:
        await connect().send(own)

    assert (refused.value.scope, refused.value.code) == ("content", "sender")
    assert api.forms == []


async def test_a_messaging_service_chooses_the_sender(api, connect: Callable, delivery: Delivery) -> None:
    service = "MG" + "a" * 32

    await connect(sender=service).send(delivery)

    assert api.forms[0]["MessagingServiceSid"] == service
    assert "From" not in api.forms[0]


@pytest.mark.parametrize(
    ("configured", "sent"),
    [
        ("https://wasl.example/hooks/sms", "https://wasl.example/hooks/sms?attempt=att_1"),
        ("https://wasl.example/hooks/sms?a=%D8%A3", "https://wasl.example/hooks/sms?a=%D8%A3&attempt=att_1"),
        ("https://wasl.example/hooks/sms#rc=3&rp=5xx", "https://wasl.example/hooks/sms?attempt=att_1#rc=3&rp=5xx"),
    ],
)
async def test_the_attempt_travels_in_the_callback_url(api, connect: Callable, delivery: Delivery, configured: str, sent: str) -> None:
    await connect(status_callback=configured).send(delivery)

    assert api.forms[0]["StatusCallback"] == sent


async def test_the_environment_does_not_move_the_call_to_another_host(
    api, connect: Callable, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    monkeypatch.setenv("TWILIO_REGION", "ie1")

    await connect().send(delivery)

    assert len(api.requests) == 1


async def test_a_slash_after_the_base_url_does_no_harm(api, connect: Callable, delivery: Delivery) -> None:
    await connect(base_url=f"{api.url}/").send(delivery)

    assert api.requests[0].path.startswith("/2010-04-01/")


async def test_what_it_costs_is_on_the_receipt(api, connect: Callable, delivery: Delivery) -> None:
    api.answer = {"sid": SID, "num_segments": "3"}

    receipt = await connect().send(delivery)

    assert receipt.facts == {"segments": "3"}


@pytest.mark.parametrize("segments", ["0", None, "", "+966501234567", ["3"], "1" * 2000])
async def test_a_segment_count_that_is_none_is_left_out(api, connect: Callable, delivery: Delivery, segments: object) -> None:
    api.answer = {"sid": SID, "num_segments": segments}

    receipt = await connect().send(delivery)

    assert receipt.facts == {}


@pytest.mark.parametrize("date", [5, "Thu, 99 Foo 2026", ["x"], "Mon, 31 Feb 2026 10:00:00 +0000"])
async def test_junk_in_fields_that_nobody_reads_does_no_harm(api, connect: Callable, delivery: Delivery, date: object) -> None:
    api.answer = {"sid": SID, "date_created": date, "error_code": float("inf"), "subresource_uris": 3}

    receipt = await connect().send(delivery)

    assert receipt.provider_ref == SID


async def test_1600_characters_are_sent_and_one_more_is_not(api, connect: Callable, delivery: Delivery) -> None:
    longest, too_long = (delivery.model_copy(update={"content": Sms(text="ب" * length)}) for length in (1600, 1601))

    await connect().send(longest)
    with pytest.raises(Rejected, match="too_long"):
        await connect().send(too_long)

    assert [form["Body"] for form in api.forms] == ["ب" * 1600]
