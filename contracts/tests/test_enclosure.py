import base64

import pytest
from pydantic import ValidationError

from wasl_contracts import Message
from wasl_contracts.enclosure import LARGEST_INLINE, Enclosure

FILE = "file_" + "01" * 17


def message(*attachments: dict[str, object]) -> Message:
    return Message.model_validate({"to": {"id": "u_1"}, "content": {"body": "Hello"}, "attachments": attachments})


def codes(*attachments: dict[str, object]) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as raised:
        message(*attachments)
    return [(".".join(map(str, error["loc"])), error["type"]) for error in raised.value.errors()]


def test_bytes_travel_as_base64_and_come_back() -> None:
    given = message({"name": "a.bin", "content": base64.b64encode(b"\0\xff").decode()})

    again = Message.model_validate_json(given.model_dump_json())

    assert given.attachments[0].content == b"\0\xff"
    assert again == given
    assert message({"name": "a.bin", "content": b"\0\xff"}) == given


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "../a.pdf",
        "a/b.pdf",
        "C:\\a.pdf",
        "..",
        ".",
        "a.pdf\r\nX-Injected: 1",
        "a\n",
        "a\0",
        "a\x85b",
        "a\u2028b",
        "\u202efdp.exe",
        "a\u2066b",
    ],
)
def test_a_name_with_folders_line_breaks_or_direction_controls_is_refused(name: str) -> None:
    assert [place for place, _ in codes({"name": name, "file": FILE})] == ["attachments.0.name"]


@pytest.mark.parametrize("name", ["فاتورة مارس.pdf", "a b (1).pdf", "naïve – final.docx", "请.pdf"])
def test_a_plain_name_in_any_language_is_taken(name: str) -> None:
    assert message({"name": name, "file": FILE}).attachments[0].name == name


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({}, "one_of"),
        ({"file": FILE, "url": "https://a.example/a"}, "one_of"),
        ({"content": "not base64!"}, "bad_base64"),
        ({"content": "YWI"}, "bad_base64"),
        ({"content": ""}, "too_large"),
        ({"content": base64.b64encode(b"a" * (LARGEST_INLINE + 1)).decode()}, "too_large"),
        ({"file": "msg_1"}, "string_pattern_mismatch"),
        ({"file": FILE, "media_type": "text/plain; charset=utf-8"}, "bad_media_type"),
        ({"file": FILE, "media_type": "multipart/mixed"}, "bad_media_type"),
        ({"url": "https://a.example/\n"}, "header_injection"),
        ({"url": "https://a.example/" + "a" * 2048}, "string_too_long"),
        ({"file": FILE, "path": "/etc/passwd"}, "extra_forbidden"),
    ],
)
def test_what_is_not_one_file_is_refused(wrong: dict[str, object], code: str) -> None:
    assert [kind for _, kind in codes({"name": "a", **wrong})] == [code]


def test_files_in_a_message_are_bounded_together_and_in_number() -> None:
    half = {"name": "a", "content": b"a" * (LARGEST_INLINE // 2 + 1)}

    assert codes(half, half) == [("attachments", "too_large")]
    assert codes(*[{"name": "a", "file": FILE}] * 21) == [("attachments", "too_long")]
    assert len(message(*[{"name": "a", "file": FILE}] * 20).attachments) == 20


def test_its_repr_shows_neither_name_nor_bytes_nor_url() -> None:
    shown = repr([Enclosure(name="ann.pdf", content=b"secret"), Enclosure(name="ann.pdf", url="https://a.example/secret")])

    assert "secret" not in shown
    assert "ann" not in shown
