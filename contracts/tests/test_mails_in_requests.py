"""The kit finds what a request says also where it is inside a whole mail."""

import base64
import json
from datetime import UTC, datetime

import pytest

from wasl_contracts import Mail
from wasl_contracts.conformance import Request
from wasl_contracts.conformance.wire import Headers
from wasl_contracts.mime import mime_bytes

MAIL = mime_bytes(
    Mail(subject="طلبك", html="<p>مرحبا</p>", text="مرحبا", locale="ar"),
    sender="hello@acme.example",
    to="ann@example.com",
    message_id="<1@acme.example>",
    date=datetime(2026, 3, 1, tzinfo=UTC),
)
FORM = (
    b'--b\r\nContent-Disposition: form-data; name="to"\r\n\r\n\xd8\xa3@x\r\n'
    b'--b\r\nContent-Disposition: form-data; name="m"; filename="f"\r\n\r\n'
)


@pytest.mark.parametrize(
    ("content_type", "body", "place"),
    [
        ("application/json", json.dumps({"raw": base64.b64encode(MAIL).decode()}).encode(), "body /raw"),
        ("multipart/form-data; boundary=b", FORM + MAIL + b"\r\n--b--\r\n", "form m"),
    ],
)
def test_a_mail_is_opened(content_type: str, body: bytes, place: str) -> None:
    fields = Request("POST", "/", "", Headers({"Content-Type": content_type}), body).fields()

    assert fields[f"{place}: part text/plain"].strip() == "مرحبا"
    assert fields[f"{place}: header subject"] == "طلبك"
    assert place in fields


def test_the_fields_of_a_form_are_utf_8() -> None:
    fields = Request("POST", "/", "", Headers({"Content-Type": "multipart/form-data; boundary=b"}), FORM + b"x\r\n--b--\r\n").fields()

    assert (fields["form to"], fields["form m"]) == ("أ@x", "x")


@pytest.mark.parametrize("text", ["A" * 400, "no mail", base64.b64encode(b"x" * 400).decode()])
def test_what_is_no_mail_stays_as_it_is(text: str) -> None:
    fields = Request("POST", "/", "", Headers({}), json.dumps({"text": text}).encode()).fields()

    assert fields == {"path": "/", "body /text": text}
