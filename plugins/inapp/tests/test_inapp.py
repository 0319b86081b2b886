"""What an item of the feed holds."""

import aiohttp
import pytest

from wasl_contracts import Address, Mail
from wasl_contracts.conformance.samples import delivery
from wasl_contracts.content import Action, Card
from wasl_inapp import InApp, InAppSettings

_ANN = Address(channel="inapp", kind="inapp", value="u_42")


async def test_an_item_is_what_the_card_says_and_its_topic() -> None:
    card = Card(
        title="طلبك <b>", text="في الطريق", html="<p>في الطريق</p>", actions=(Action(label="تتبع", url="https://acme.example/t"),),
        locale="ar", direction="rtl",
    )  # fmt: skip

    async with aiohttp.ClientSession() as http:
        receipt = await InApp(InAppSettings(), http).send(delivery(_ANN, card))

    assert receipt.state == "sent"
    assert receipt.entry == {
        "title": "طلبك <b>", "text": "في الطريق", "html": "<p>في الطريق</p>", "image": None, "locale": "ar", "direction": "rtl",
        "actions": [{"label": "تتبع", "url": "https://acme.example/t"}], "topic": "orders",
    }  # fmt: skip
    assert "طلبك" not in repr(receipt)


async def test_content_of_another_format_is_a_fault() -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(TypeError, match="card"):
            await InApp(InAppSettings(), http).send(delivery(_ANN, Mail(subject="s", html="h", text="t", locale="en")))
