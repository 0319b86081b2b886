import json
from typing import Annotated

import pytest
from pydantic import BaseModel, ValidationError

from wasl.errors import Conflict, Forbidden, IdempotencyMismatch, NotFound, Problem, Refused, StorageLow, WaslError
from wasl.problems import ProblemDocument, pointer, problems, shown, validated
from wasl_contracts import Address, Message, Recipient

ANN = {"email": "ann@example.com"}
HELLO = {"body": "Hello"}
GO = {"label": "Go", "url": "https://x.example"}


def refused(body: object, model: type[BaseModel] = Message) -> Problem:
    with pytest.raises(Refused) as caught:
        validated(model, body)
    return caught.value.errors[0]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"content": HELLO}, "/to", "missing_field"),
        ({"to": ANN, "content": {}}, "/content/body", "missing_field"),
        ({"to": ANN, "content": HELLO, "tpoic": "orders"}, "/tpoic", "unknown_field"),
        ({"to": {"emial": "x", "id": "u"}, "content": HELLO}, "/to/emial", "unknown_field"),
        ({"to": ANN, "content": {**HELLO, "actions": [{**GO, "a/b~c": 1}]}}, "/content/actions/0/a~1b~0c", "unknown_field"),
        ({"to": "ann@example.com", "content": HELLO}, "/to", "wrong_type"),
        ({"to": {"email": 5}, "content": HELLO}, "/to/email", "wrong_type"),
        ({"to": ANN, "content": HELLO, "channels": "email"}, "/channels", "wrong_type"),
        ({"to": ANN, "content": HELLO, "channels": []}, "/channels", "too_few"),
        ({"to": ANN, "content": HELLO, "channels": ["Email!"]}, "/channels/0", "bad_value"),
        ({"to": ANN, "content": HELLO, "channels": ["email", "email"]}, "", "duplicate_channel"),
        ({"to": ANN, "content": HELLO, "mode": "some"}, "/mode", "bad_value"),
        ({"to": ANN, "content": {"body": ""}}, "/content/body", "too_short"),
        ({"to": ANN, "content": {"body": "x" * 100_001}}, "/content/body", "too_long"),
        ({"to": ANN, "content": HELLO, "send_at": "soon"}, "/send_at", "bad_time"),
        ({"to": ANN, "content": HELLO, "send_at": "2026-01-31T09:00:00"}, "/send_at", "bad_time"),
        ({"to": ANN, "content": HELLO, "expires_in": "3 days"}, "/expires_in", "bad_duration"),
        ({"to": {**ANN, "timezone": "Mars/Olympus"}, "content": HELLO}, "/to/timezone", "unknown_timezone"),
        ({"to": ANN, "content": {**HELLO, "title": "a\r\nBcc: b@example.com"}}, "/content/title", "header_injection"),
        ({"to": {"email": "a@example.com\nBcc: b@example.com"}, "content": HELLO}, "/to/email", "header_injection"),
        ({"to": {"id": "u\u202e42"}, "content": HELLO}, "/to/id", "bidi_control"),
        ({"to": {"id": "u", "locale": "\ud800"}, "content": HELLO}, "/to/locale", "invalid_unicode"),
        ({"to": ANN, "template": "t", "data": {"n": 2**60}}, "/data", "out_of_range"),
        ({"to": ANN, "template": "t", "content": HELLO}, "", "content_or_template"),
        ({"to": {"attributes": {}}, "content": HELLO}, "/to", "no_recipient"),
        ([], "", "wrong_type"),
        (None, "", "wrong_type"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_where_it_is(body: object, pointer: str, code: str) -> None:
    found = refused(body)

    assert (found.pointer, found.code) == (pointer, code)
    assert found.message


def test_a_near_name_is_suggested_at_any_depth() -> None:
    top = refused({"to": ANN, "content": HELLO, "tpoic": "orders"})
    deep = refused({"to": {"addresses": [{"channel": "push", "kind": "t", "valeu": "x", "value": "y"}]}, "content": HELLO})

    assert top.message == 'is not a known field; did you mean "topic"?'
    assert deep.pointer == "/to/addresses/0/valeu"
    assert deep.message.endswith('did you mean "value"?')


def test_allowed_values_are_listed() -> None:
    assert refused({"to": ANN, "content": HELLO, "mode": "some"}).message == "must be one of 'first' or 'all'"


def test_all_mistakes_come_at_once_up_to_twenty() -> None:
    with pytest.raises(Refused) as caught:
        validated(Message, {"to": ANN, "content": HELLO, **{f"field{n}": 1 for n in range(5000)}})

    assert len(caught.value.errors) == 20


def test_values_are_never_repeated() -> None:
    secret = "ann.secret@example.com"
    bodies = [
        {"to": {"email": [secret]}, "content": HELLO},
        {"to": secret, "content": HELLO},
        {"to": {"email": secret + "\n"}, "content": HELLO},
        {"to": {secret: 1, "id": "u"}, "content": HELLO},
        {"to": {"id": "u", "addresses": [{"channel": secret, "kind": "k", "value": secret}]}, "content": HELLO},
        {"to": ANN, "content": {"body": 1, "title": secret * 100}},
        {"to": ANN, "content": HELLO, "send_at": secret, "expires_in": secret, "mode": secret},
    ]

    for body in bodies:
        with pytest.raises(Refused) as caught:
            validated(Message, body)
        assert "secret" not in str(caught.value) + repr(caught.value.errors)


def test_names_of_union_members_are_not_part_of_the_pointer() -> None:
    class Either(BaseModel):
        who: Annotated[Address | Recipient, "a union"]

    body = {"who": {"channel": "email", "kind": "email"}}
    with pytest.raises(ValidationError) as caught:
        Either.model_validate(body)

    pointers = {found.pointer for found in problems(caught.value, body, Either)}

    assert pointers == {"/who/value", "/who/channel", "/who/kind"}


def test_what_is_shown_of_input_is_short_and_harmless() -> None:
    assert shown("a\r\nb\u202e\ud800") == "a\\u000d\\u000ab\\u202e\\ud800"
    assert len(shown("\x00" * 1000)) == 64
    assert shown("call +966501234567") == "…"
    assert shown("wasl_live_abc_def") == "…"
    assert shown("طلب") == "طلب"
    assert pointer(["a/b", 0, "~"]) == "/a~1b/0/~0"


def test_a_problem_document_survives_the_wire() -> None:
    problem = Problem(pointer="/to", code="missing_field", message="is missing")
    errors: list[WaslError] = [
        Refused([problem]),
        IdempotencyMismatch([Problem(pointer="", code="idempotency_mismatch", message="was used for another message")]),
        NotFound("There is no message with this id."),
        Conflict("It is sent.", code="already_sent", suggested_action="Nothing to do."),
        Forbidden("No."),
        StorageLow("The disk is nearly full."),
    ]

    for error in errors:
        document = ProblemDocument.of(error, "req_1")
        back = ProblemDocument.model_validate_json(document.model_dump_json()).error()

        assert type(back) is type(error)
        assert (back.message, back.code, back.suggested_action) == (error.message, error.code, error.suggested_action)
        assert back.request_id == "req_1"
        assert getattr(back, "errors", ()) == getattr(error, "errors", ())


def test_a_problem_document_has_the_fields_of_rfc_9457_and_ours() -> None:
    document = json.loads(ProblemDocument.of(NotFound("There is no message with this id."), "req_1").model_dump_json())

    assert document == {
        "type": "urn:wasl:error:not_found",
        "title": "Not found",
        "status": 404,
        "detail": "There is no message with this id.",
        "code": "not_found",
        "request_id": "req_1",
        "retryable": False,
        "suggested_action": "Check the id.",
        "errors": [],
    }
