"""The headers and the envelope that a delivery gets, as a server received them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING, cast

import pytest

from wasl_contracts import Address, Attachment, Receipt, Rejected
from wasl_contracts import Sender as Face

if TYPE_CHECKING:
    from plugins.smtp.tests.conftest import Inbox, Sender, Serve

Make = Callable[..., "Sender"]
LINK = "https://messages.acme.example/u/t0k-En_"
EVIL = "x\r\nBcc: evil@x.example"


def read(inbox: Inbox) -> EmailMessage:
    return cast("EmailMessage", message_from_bytes(inbox.mails[-1].original_content, policy=policy.default))


@pytest.mark.parametrize(
    ("category", "headers"),
    [
        ("otp", {"Auto-Submitted"}),
        ("transactional", {"Auto-Submitted"}),
        ("service", {"Feedback-ID"}),
        ("promotional", {"Feedback-ID", "List-Id"}),
    ],
)
async def test_a_category_has_its_headers(inbox: Inbox, serve: Serve, smtp: Make, category: str, headers: set[str]) -> None:
    sender = smtp(await serve())

    await sender.send(category=category, topic="offers")

    mail = read(inbox)
    assert {"Auto-Submitted", "Feedback-ID", "List-Id", "List-Unsubscribe"} & set(mail.keys()) == headers
    assert mail["Auto-Submitted"] in (None, "auto-generated")
    assert mail["List-Id"] in (None, "<offers.acme.example>")
    assert mail["Feedback-ID"] is None or mail["Feedback-ID"].startswith(f"offers:{category}:acme:wasl")


async def test_the_brand_sends_under_its_own_name_and_address(inbox: Inbox, serve: Serve, smtp: Make) -> None:
    sender = smtp(await serve())

    await sender.send(sender=Face(address="news@shop.example", name="متجر، المحدودة", reply_to="Care <care@shop.example>"))

    mail = read(inbox)
    assert (mail["From"].addresses[0].display_name, mail["From"].addresses[0].addr_spec) == ("متجر، المحدودة", "news@shop.example")
    assert mail["Reply-To"].addresses[0].addr_spec == "care@shop.example"
    assert mail["Message-ID"] == "<dlv_1@shop.example>"
    assert inbox.mails[0].mail_from == "news@shop.example"


async def test_what_a_brand_leaves_empty_is_that_of_the_settings(inbox: Inbox, serve: Serve, smtp: Make) -> None:
    sender = smtp(await serve())

    await sender.send(sender=Face(name="Shop"))
    named = read(inbox)["From"].addresses[0]
    await sender.send(sender=Face(address="news@shop.example"))
    bare = read(inbox)["From"].addresses[0]

    assert (named.display_name, named.addr_spec) == ("Shop", "hello@acme.example")
    assert (bare.display_name, bare.addr_spec) == ("", "news@shop.example")


async def test_a_bounce_comes_back_to_an_address_of_its_delivery(inbox: Inbox, serve: Serve, smtp: Make) -> None:
    sender = smtp(await serve(), return_path="bounces@bücher.example")

    await sender.send()

    assert inbox.mails[0].mail_from == "bounces+dlv_1@xn--bcher-kva.example"
    assert read(inbox)["From"].addresses[0].addr_spec == "hello@acme.example"


async def test_the_date_is_that_of_the_attempt_where_it_is_told(inbox: Inbox, serve: Serve, smtp: Make) -> None:
    sender = smtp(await serve())

    await sender.send(dated_at=datetime(2026, 3, 4, 9, 30, tzinfo=UTC))

    assert read(inbox)["Date"] == "Wed, 04 Mar 2026 09:30:00 +0000"


@pytest.mark.parametrize(("length", "by_mail"), [(40, True), (900, True), (960, False)])
async def test_opting_out_by_mail_is_offered_where_the_line_has_room(
    inbox: Inbox, serve: Serve, smtp: Make, length: int, by_mail: bool
) -> None:
    link = LINK.ljust(length, "x")
    sender = smtp(await serve(), unsubscribe_to="Leave <l@b.example>")

    await sender.send(unsubscribe=link)

    assert f"\r\nList-Unsubscribe: <{link}>".encode() in inbox.mails[0].original_content
    assert (b"<mailto:l@b.example?subject=unsubscribe%20dlv_1>" in inbox.mails[0].original_content) is by_mail


@pytest.mark.parametrize(("link", "one_click"), [(LINK, True), ("http://127.0.0.1:8080/u/t0k-En_", False)])
async def test_one_click_is_offered_over_https_alone(inbox: Inbox, serve: Serve, smtp: Make, link: str, one_click: bool) -> None:
    sender = smtp(await serve())

    await sender.send(unsubscribe=link)

    assert read(inbox)["List-Unsubscribe"] == f"<{link}>"
    assert ("List-Unsubscribe-Post" in read(inbox)) is one_click


async def test_files_arrive_with_their_names(inbox: Inbox, serve: Serve, smtp: Make) -> None:
    sender = smtp(await serve())
    large = Attachment(name="فاتورة مارس.pdf", media_type="application/pdf", content=b"%PDF" + bytes(100_000))
    small = Attachment(name='plan "B".csv', media_type="text/csv", content="رقم,اسم\r\n".encode())

    found = await sender.send(attachments=(large, small))

    files = list(read(inbox).iter_attachments())
    assert isinstance(found, Receipt)
    assert [(file.get_filename(), file.get_content_type()) for file in files] == [
        ("فاتورة مارس.pdf", "application/pdf"),
        ('plan "B".csv', "text/csv"),
    ]
    assert [cast("EmailMessage", file).get_payload(decode=True) for file in files] == [large.content, small.content]


@pytest.mark.parametrize(
    "changed",
    [
        {"address": Address.model_construct(channel="email", kind="email", value=f"a@b.example>{EVIL}")},
        {"sender": Face.model_construct(name=EVIL, address=None, reply_to=None)},
        {"sender": Face.model_construct(name="", address=f"a@b.example{EVIL}", reply_to=None)},
        {"sender": Face.model_construct(name="", address=None, reply_to=f"a@b.example{EVIL}")},
        {"unsubscribe": LINK + EVIL},
        {"category": "service", "topic": EVIL},
        {"category": "promotional", "topic": EVIL},
        {"brand": EVIL, "category": "service"},
        {"id": EVIL},
        {"attempt_id": EVIL},
        {"attempt_id": "att_\0"},
        {"attachments": (Attachment.model_construct(name=EVIL, media_type="text/plain", content=b""),)},
        {"attachments": (Attachment.model_construct(name="a", media_type=f"text/{EVIL}", content=b""),)},
    ],
)
async def test_what_slipped_through_every_other_check_starts_no_header(
    inbox: Inbox, serve: Serve, smtp: Make, changed: dict[str, object]
) -> None:
    sender = smtp(await serve(), return_path="bounces@acme.example")

    found = await sender.send(**changed)

    assert isinstance(found, Rejected)
    assert inbox.mails == []
