"""What the models take, refuse, normalise and hide."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from wasl_contracts import (
    Action,
    Address,
    Callback,
    Content,
    Delivery,
    Mail,
    Message,
    Plain,
    Push,
    Receipt,
    Recipient,
    Slack,
    Structured,
    everybody,
    masked,
)
from wasl_contracts.http import Answer
from wasl_contracts.model import Frozen, one_line, without_direction_controls, without_nul

_NOW = datetime(2026, 11, 23, tzinfo=UTC)
_ANN = {"id": "u_42", "email": "ann@example.com"}


def _kinds_of_mistake(make: Callable[[], object]) -> set[str]:
    with pytest.raises(ValidationError) as caught:
        make()
    return {error["type"] for error in caught.value.errors()}


def _every_model(model: type[BaseModel] = Frozen) -> set[type[BaseModel]]:
    own = {sub for sub in model.__subclasses__() if sub.__module__.startswith("wasl_contracts.")}
    return own.union(*(_every_model(sub) for sub in own)) if own else own


@pytest.mark.parametrize("model", sorted(_every_model(), key=lambda model: model.__name__), ids=lambda model: model.__name__)
def test_every_model_is_frozen_and_refuses_unknown_fields(model: type[BaseModel]) -> None:
    assert model.model_config.get("frozen") is True
    assert model.model_config.get("extra") == "forbid"
    assert model.model_config.get("hide_input_in_errors") is True


def test_a_value_cannot_be_changed() -> None:
    receipt = Receipt(provider_ref="1")

    with pytest.raises(ValidationError, match="frozen"):
        receipt.provider_ref = "2"  # type: ignore[misc]


def test_a_mistake_does_not_repeat_what_was_given() -> None:
    with pytest.raises(ValidationError) as caught:
        Recipient.model_validate({"email": "ann\nBcc: eve@example.com", "phone": "+966501234567"})

    assert "eve@example.com" not in str(caught.value)


@pytest.mark.parametrize("end", ["\r", "\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\0"])
def test_a_header_cannot_be_injected(end: str) -> None:
    bad = f"a{end}Bcc: eve@example.com"

    assert _kinds_of_mistake(lambda: Content(title=bad, body="x")) == {"header_injection"}
    assert _kinds_of_mistake(lambda: Recipient(email=bad)) == {"header_injection"}
    assert _kinds_of_mistake(lambda: Address(channel="email", kind="email", value=bad)) == {"header_injection"}


def test_every_character_that_some_text_refuses_is_not_printable() -> None:
    refused = {chr(code) for code in (*range(0x3000), *range(0xD800, 0xE000), *range(0xE0000, 0xE0100)) if _refused(chr(code))}

    assert {"\0", "\n", "\x85", "\u2028", "\u202e", "\u2069", "\U000e0041", "\ud800"} <= refused
    assert not any(character.isprintable() for character in refused)  # what the quick way around the checks rests on


@pytest.mark.parametrize("control", ["\u202e", "\u2066", "\u2069", "\U000e0041"])
def test_a_name_holds_no_invisible_control_but_a_text_may(control: str) -> None:
    assert _kinds_of_mistake(lambda: Recipient(id=f"u{control}42")) == {"bidi_control"}
    assert Content(body=f"طلبك {control}").body


@pytest.mark.parametrize(
    ("data", "mistake"),
    [
        ({"a": ["x\0"]}, "nul_character"),
        ({"x\0": 1}, "nul_character"),
        ({"a": {"b": 2**53 + 1}}, "out_of_range"),
        ({"a": float("nan")}, "finite_number"),
        ({"a": "\ud800"}, "invalid_unicode"),
    ],
)
def test_data_that_a_store_would_change_is_refused(data: dict[str, Any], mistake: str) -> None:
    assert _kinds_of_mistake(lambda: Recipient(id="u_42", attributes=data)) == {mistake}


def test_data_comes_back_as_it_was_given() -> None:
    data = {"name": "آن 👋🏽", "list": [1, 1.5, True, None], "deep": {"largest": 2**53}}

    assert Recipient.model_validate_json(Recipient(id="u_42", attributes=data).model_dump_json()).attributes == data


def test_half_a_surrogate_pair_is_no_text() -> None:
    assert _kinds_of_mistake(lambda: Content.model_validate_json(b'{"body": "\\ud83d"}')) == {"json_invalid"}


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//example.com", "https://a b", 'https://a"b', "https://a\\b", "https://a\nb", "data:x"]
)
def test_only_whole_web_links_are_links(url: str) -> None:
    assert _kinds_of_mistake(lambda: Action(label="Track", url=url)) == {"bad_url"}


@pytest.mark.parametrize(
    ("fields", "mistake"),
    [
        ({}, "content_or_template"),
        ({"content": {"body": "x"}, "template": "t"}, "content_or_template"),
        ({"content": {"body": "x"}, "data": {"a": 1}}, "data_without_template"),
        ({"template": "t", "channels": ["sms", "sms"]}, "duplicate_channel"),
        ({"template": "t", "supersedes": True}, "supersedes_without_about"),
        ({"template": "t", "fact": ""}, "string_too_short"),
        ({"template": "t", "fact": "a\nb"}, "header_injection"),
        ({"template": "t", "channels": []}, "too_short"),
        ({"template": "t", "to": {"locale": "ar"}}, "no_recipient"),
        ({"template": "t", "to": {"id": "u", "timezone": "Mars/Base"}}, "unknown_timezone"),
        ({"template": "t", "to": {"id": "u", "timezone": "localtime"}}, "unknown_timezone"),
        ({"template": "t", "to": {"id": "u", "timezone": "Factory"}}, "unknown_timezone"),
        ({"template": "t", "send_at": "2026-11-23T10:00:00"}, "timezone_aware"),
        ({"template": "t", "send_at": "9999-12-31T23:59:59-14:00"}, "out_of_range"),
        ({"template": "t", "send_at": "1970-12-31T23:59:59Z"}, "out_of_range"),
        ({"template": "t", "send_at": "2026-11-23T10:00:00 00:00"}, "bad_time"),
        ({"template": "t", "expires_in": "soon"}, "bad_duration"),
        ({"template": "../etc"}, "string_pattern_mismatch"),
        ({"template": "t", "surprise": 1}, "extra_forbidden"),
    ],
)
def test_a_message_that_cannot_be_meant_is_refused(fields: dict[str, Any], mistake: str) -> None:
    assert _kinds_of_mistake(lambda: Message.model_validate({"to": _ANN, **fields})) == {mistake}


def test_the_short_forms_of_addresses_come_first() -> None:
    token = Address(channel="push", kind="fcm_token", value="token-1")

    found = Recipient(email="ann@example.com", phone="+966501234567", addresses=(token,)).every_address()

    assert [address.kind for address in found] == ["email", "phone", "fcm_token"]


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("email", "ann@example.com", "a•••@e•••.com"),
        ("email", "ann@localhost", "a•••@l•••"),
        ("email", "@example.com", "•••@e•••.com"),
        ("phone", "+966501234512", "+9665•••••12"),
        ("phone", "+96650", "•••"),
        ("slack_user", "U0123456789", "U0•••89"),
        ("slack_user", "U01234", "•••"),
        ("public", "*", "everybody"),
    ],
)
def test_an_address_is_masked(kind: str, value: str, shown: str) -> None:
    assert masked(kind, value) == shown


@given(st.sampled_from(["email", "phone", "fcm_token"]), st.text(min_size=9, max_size=60))
def test_no_mask_shows_most_of_an_address(kind: str, value: str) -> None:
    assert value not in masked(kind, value)


@pytest.mark.parametrize(
    "shown",
    [
        Address(channel="email", kind="email", value="private@example.com"),
        everybody("social").model_copy(update={"kind": "email", "value": "private@example.com"}),
        Recipient(email="private@example.com", phone="+1private", attributes={"name": "private"}),
        Content(title="private", body="private", actions=(Action(label="private", url="https://private.example"),)),
        Mail(subject="private", html="private", text="private", locale="ar"),
        Plain(text="private"),
        Push(title="private", body="private", url="https://private.example"),
        Slack(text="private", blocks=({"text": "private"},)),
        Structured(title="private", text="private", locale="ar", actions=(Action(label="private", url="https://private.example"),)),
        Message(to=Recipient(email="private@example.com"), template="t", data={"name": "private"}, metadata={"ref": "private"}),
        Callback("POST", "https://wasl.example/hooks/private", {"Authorization": "private"}, b"private", _NOW),
        Answer(200, {"Set-Cookie": "private"}, b"private"),
    ],
    ids=lambda shown: type(shown).__name__,
)
def test_repr_shows_no_address_content_or_data(shown: object) -> None:
    assert "private" not in f"{shown!r} {shown}"


def test_a_delivery_survives_json() -> None:
    delivery = Delivery(
        id="dlv_1", attempt_id="att_1", message_id="msg_1", brand="acme", channel="sms",
        address=Address(channel="sms", kind="phone", value="+966501234567"), content=Plain(text="مرحبًا"),
        topic="orders", category="otp", created_at=_NOW, expires_at=_NOW,
    )  # fmt: skip

    assert Delivery.model_validate_json(delivery.model_dump_json()) == delivery


@pytest.mark.parametrize("moment", [20261124, "20261124", "2026", -1, 1e12, "1795419075", "2026-11-24", "2026-11-24T10:00:00"])
def test_a_moment_is_written_with_its_offset(moment: object) -> None:
    content = {"body": "hello"}

    assert _kinds_of_mistake(lambda: Message.model_validate({"to": _ANN, "content": content, "send_at": moment})) <= {
        "bad_time",
        "timezone_aware",
    }


@pytest.mark.parametrize("control", ["\a", "\x1b", "\x7f", "\x9b", "\x00"])
def test_a_title_holds_no_control_characters(control: str) -> None:
    assert _kinds_of_mistake(lambda: Content(title=f"a{control}b", body="hello")) == {"header_injection"}


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://ann:secret@shop.example/", "bad_url"),
        ("https://shop.example@evil.example/", "bad_url"),
        ("https:///path", "bad_url"),
        ("https://shop.example/\u202e", "bad_url"),
    ],
)
def test_a_link_shows_where_it_leads(url: str, kind: str) -> None:
    assert _kinds_of_mistake(lambda: Action(label="Track", url=url)) <= {kind, "bidi_control"}


def _refused(character: str) -> bool:
    """Whether some text type refuses it by the long way, which the second character asks for."""
    for check in (without_nul, one_line, without_direction_controls):
        try:
            check(f"{character}\u00ad")
        except PydanticCustomError:
            return True
    return False


def test_what_no_database_keeps_is_replaced_in_what_a_provider_said() -> None:
    receipt = Receipt(provider_ref="a\0b\ud800", facts={"x\0": "\udc00y"})

    assert (receipt.provider_ref, receipt.facts) == ("a\ufffdb?", {"x\ufffd": "?y"})
