"""Files that go along with a message: what they may be called, and how a mail carries them."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from wasl_contracts import Attachment, Mail
from wasl_contracts.mime import mime_bytes

NOON = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
LETTER = Mail(subject="Your invoice", html="<p>فاتورة</p>", text="Here it is.", locale="en")

names = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Zs"], exclude_characters="/\\."), min_size=1, max_size=255)


def with_files(*files: Attachment, letter: Mail = LETTER) -> bytes:
    return mime_bytes(letter, sender="a@b.example", to="c@d.example", message_id="<dlv_1@b.example>", date=NOON, attachments=files)


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not [part.defects for part in message.walk() if part.defects]
    return message


def files_in(raw: bytes) -> list[tuple[str | None, str, bytes]]:
    return [(file.get_filename(), file.get_content_type(), file.get_payload(decode=True)) for file in read(raw).iter_attachments()]  # type: ignore[misc]  # bytes, as no file is a multipart


@settings(max_examples=60, deadline=None)
@given(name=names, content=st.binary(max_size=400))
def test_the_standard_library_reads_name_and_bytes_as_they_were(name: str, content: bytes) -> None:
    file = Attachment(name=name, media_type="application/octet-stream", content=content)

    raw = with_files(file)

    assert files_in(raw) == [(file.name, "application/octet-stream", content)]
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", raw) is None
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_mail_with_files_is_still_the_same_mail() -> None:
    raw = with_files(*(Attachment(name=f"{n}.pdf", media_type="application/pdf", content=b"%PDF") for n in range(3)))

    message = read(raw)

    body = message.get_body()
    assert message.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in message.iter_parts()] == ["multipart/alternative", *["application/pdf"] * 3]
    assert isinstance(body, EmailMessage)
    assert body.get_content() == LETTER.html
    assert raw == with_files(*(Attachment(name=f"{n}.pdf", media_type="application/pdf", content=b"%PDF") for n in range(3)))


def test_a_long_arabic_name_is_cut_into_lines_between_characters() -> None:
    name = "تقرير الطلبات المتأخرة لشهر رمضان المبارك " * 4 + "٢٠٢٦.xlsx"

    raw = with_files(Attachment(name=name, media_type="application/pdf", content=b"x"))

    pieces = re.findall(rb"filename\*\d+\*=(?:utf-8'')?(\S+?);?\r\n", raw)
    assert len(pieces) > 3
    assert all(len(piece) <= 76 for piece in pieces)
    assert not any(later.startswith((b"%8", b"%9", b"%A", b"%B")) for _, later in pairwise(pieces))
    assert files_in(raw)[0][0] == name


@pytest.mark.parametrize("inner", [True, False])
def test_a_text_that_holds_a_boundary_ends_no_part(inner: bool) -> None:
    file = Attachment(name="a.pdf", media_type="application/pdf", content=b"x")
    outer, alternative = re.findall(rb'boundary="([^"]+)"', with_files(file))
    forged = f"before\n--{(alternative if inner else outer).decode()}--\nafter"

    raw = with_files(file, letter=LETTER.model_copy(update={"text": forged}))

    assert len(files_in(raw)) == 1
    text = read(raw).get_body(("plain",))
    assert isinstance(text, EmailMessage)
    assert text.get_content() == forged.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("media_type", "content", "charset"),
    [
        ("text/csv", "رقم".encode(), "utf-8"),
        ("text/csv", "رقم".encode("cp1256"), None),
        ("application/pdf", b"x", None),
    ],
)
def test_text_that_is_utf8_says_so(media_type: str, content: bytes, charset: str | None) -> None:
    raw = with_files(Attachment(name="a", media_type=media_type, content=content))

    [file] = read(raw).iter_attachments()

    assert file.get_param("charset") == charset


@pytest.mark.parametrize("name", ["a/b.pdf", "..\\b.pdf", "..", "a.exe.", "", " ", "a\r\nb", "a\0b", "invoice\u202efdp.exe", "x" * 256])
def test_a_name_with_folders_breaks_or_hidden_controls_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        Attachment(name=name, media_type="application/pdf", content=b"")


@pytest.mark.parametrize("media_type", ["pdf", "a/b; c=d", "multipart/mixed", "message/rfc822", "text/\r\nplain", "", "é/x"])
def test_a_media_type_that_no_file_can_have_is_refused(media_type: str) -> None:
    with pytest.raises(ValidationError):
        Attachment(name="a", media_type=media_type, content=b"")


def test_its_repr_shows_neither_name_nor_bytes_and_json_keeps_both() -> None:
    file = Attachment(name="Ann's results.pdf", media_type="Application/PDF", content=b"\xff\x00secret")

    again = Attachment.model_validate_json(file.model_dump_json())

    assert "Ann" not in repr(file)
    assert "secret" not in repr(file)
    assert again == file
    assert (again.size, again.media_type) == (8, "application/pdf")


def test_a_name_that_a_mail_program_would_decode_is_refused_and_written_so_that_it_is_not() -> None:
    with pytest.raises(ValidationError, match="bad_file_name"):
        Attachment(name="=?utf-8?q?a.exe?=", media_type="text/plain", content=b"a")

    raw = with_files(Attachment.model_construct(name="=?utf-8?q?a.exe?=", media_type="text/plain", content=b"a"))

    assert b"filename*=utf-8''%3D%3Futf-8%3Fq%3Fa.exe%3F%3D" in raw


def test_a_large_file_has_lines_of_the_same_length_to_its_end() -> None:
    content = bytes(range(256)) * 1500

    raw = with_files(Attachment(name="a.bin", media_type="application/octet-stream", content=content))

    assert files_in(raw) == [("a.bin", "application/octet-stream", content)]
    lines = raw.split(b"\r\n")
    assert sum(len(line) == 76 for line in lines) == len(content) // 57
