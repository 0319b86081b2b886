import io
import random
import struct
import tracemalloc
import zlib
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest

from wasl.files.inspecting import NotSendable, agreed, inspected

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 40
GIF = b"GIF89a" + b"\0" * 20
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
MZ = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0"
NOISE = random.Random(7).randbytes(4096)


def zipped(*members: tuple[str, bytes], how: int = ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", how) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


DOCX = zipped(("[Content_Types].xml", b"<Types/>"), ("_rels/.rels", b"<r/>"), ("word/document.xml", b"<w:document/>"))


@pytest.mark.parametrize(
    ("content", "name", "said", "is_"),
    [
        (PDF, None, None, "application/pdf"),
        (PDF, "invoice.pdf", None, "application/pdf"),
        (PDF, "فاتورة.PDF", "application/pdf", "application/pdf"),
        (PDF, "invoice", "application/octet-stream", "application/pdf"),
        (PNG, "a.png", "image/png", "image/png"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 20, "a.jpg", "image/jpg", "image/jpg"),
        (MP4, "a.m4a", "audio/mp4", "audio/mp4"),
        (OLE, "a.doc", "application/msword", "application/msword"),
        (DOCX, "a.docx", None, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (zipped(("a.txt", b"a")), "a.zip", "application/zip", "application/zip"),
        (zipped(("pass.json", b"{}")), "a.pkpass", "application/vnd.apple.pkpass", "application/vnd.apple.pkpass"),
        (b"id,name\n1,Ann\n", "people.csv", None, "text/csv"),
        ("الاسم,المدينة\nآمنة,الرياض\n".encode(), "people.csv", "text/csv", "text/csv"),
        ("الاسم".encode("cp1256") * 9 + b"\n", "people.txt", "text/plain", "text/plain"),
        ("\ufeffid\tname\n".encode("utf-16-le"), "people.tsv", None, "text/tab-separated-values"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "meeting.ics", "text/calendar", "text/calendar"),
        (b"<!DOCTYPE html>\n<html></html>", "a.html", "text/html", "text/html"),
        (b"<p>Hello</p>", "a.html", "text/html", "text/html"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "a.svg", "image/svg+xml", "image/svg+xml"),
        (b'{"a": 1}', "a.json", "application/json", "application/json"),
        (b"From: a@b.example\n\nHello", "mail.eml", None, "text/plain"),  # message/* is no type of a file
        (NOISE, "a.p7s", "application/pkcs7-signature", "application/pkcs7-signature"),
        (NOISE, "a.xyz", None, "application/octet-stream"),
        (b"MZ-100 is the name of a machine\n", "a.txt", None, "text/plain"),
        (b"FWS,CWS\n1,2\n", "a.csv", None, "text/csv"),
    ],
)
def test_a_file_is_what_it_is_said_to_be_where_its_bytes_agree(content: bytes, name: str | None, said: str | None, is_: str) -> None:
    assert inspected(content, name=name, said=said) == is_


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (PNG, "a.pdf", None), (PNG, "a", "application/pdf"), (PDF, "a.pdf", "image/png"), (PDF, "a.txt", None), (b"hello", "a.pdf", None),
        (b"hello", "a", "image/png"), (NOISE, "a.png", None), (NOISE, "a.txt", None), (NOISE, "a.csv", "text/csv"), (NOISE, "a.docx", None),
        (NOISE, "a", "application/msword"), (GIF, "a.png", "image/png"), (OLE, "a.pdf", None), (DOCX, "a.doc", "application/msword"),
        (b"<html><script>", "a.txt", "text/plain"), (b" <!-- x --> <SCRIPT>alert(1)</SCRIPT>", "a.csv", None),
        (b"hello", "a.xls", "application/vnd.ms-excel"), (b"<svg/>", "a.png", "image/png"), (MP4, "a.mkv", "video/x-matroska"),
    ],
)  # fmt: skip
def test_what_is_said_and_is_not_so_is_refused(content: bytes, name: str, said: str | None) -> None:
    with pytest.raises(NotSendable, match="is said to be"):
        inspected(content, name=name, said=said)


@pytest.mark.parametrize(
    "content",
    [
        MZ, b"\x7fELF\x02\x01\x01", b"#!/bin/sh\nrm -rf /\n", b"\xca\xfe\xba\xbe\0\0\0\x34", b"\xcf\xfa\xed\xfe\x07\0\0\x01",
        b"\0asm\x01\0\0\0", b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0", b"!<arch>\ndebian-binary", b"\xed\xab\xee\xdb\x03\0",
        b"Cr24\x03\0\0\0", b"CWS\x06\0\0\0",
        b"dex\n035\0",
    ],
)  # fmt: skip
def test_a_program_is_known_by_its_bytes(content: bytes) -> None:
    for name, said in (("invoice.pdf", "application/pdf"), ("invoice", None), ("a.bin", "application/octet-stream")):
        with pytest.raises(NotSendable, match="program"):
            inspected(content + b"\0" * 100, name=name, said=said)


@pytest.mark.parametrize(
    "name",
    ["a.exe", "A.EXE", "invoice.pdf.exe", "a.exe.", "a.exe ", "a.js", "a.vbs", "a.scr", "a.lnk", "a.ps1", "a.jar", "a.msi", "a.iso",
     "a.ｅｘｅ", "a.exe::$DATA", "a.apk", "a.html.hta", "x.com"],
)  # fmt: skip
def test_a_program_is_known_by_its_name(name: str) -> None:
    with pytest.raises(NotSendable, match="program"):
        inspected(b"hello", name=name)
    with pytest.raises(NotSendable, match="program"):
        agreed("text/plain", name=name)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(NotSendable, match="empty"):
        inspected(b"", name="a.txt")


def lying(size: int) -> bytes:
    """An archive whose list says that its member is so large."""
    found = bytearray(zipped(("a.txt", b"\0" * 5000)))
    place = found.index(b"PK\x01\x02")
    struct.pack_into("<I", found, place + 24, size)
    return bytes(found)


def encrypted(name: str) -> bytes:
    """An archive that says that its member is encrypted."""
    found = bytearray(zipped((name, b"secret"), how=ZIP_STORED))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        found[found.index(mark) + at] |= 1
    return bytes(found)


def overlapping(times: int) -> bytes:
    """An archive that lists one member many times, each with its whole size (a `zip bomb` without nesting)."""
    one = zipped(("a", b"\0" * 100_000))
    start, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    listed, tail = one[start:end] * times, bytearray(one[end:])
    struct.pack_into("<HHI", tail, 8, times, times, len(listed))
    return one[:start] + listed + bytes(tail)


LARGE_INNER = zipped(("noise", NOISE * 2100), how=ZIP_STORED)
NESTED = zipped(("inner.zip", zipped(("a.txt", b"a"))))
REFUSED = {
    "a program by its name": (zipped(("docs/readme.txt", b"a"), ("docs/setup.exe", b"a")), "program"),
    "a program by its bytes": (zipped(("invoice.pdf", MZ)), "program"),
    "a program in an inner archive": (zipped(("inner.zip", zipped(("run.bat", b"a")))), "program"),
    "a program in an archive of another name": (zipped(("inner.dat", zipped(("run.bat", b"a")))), "program"),
    "three levels": (zipped(("middle.zip", NESTED)), "in an archive in an archive"),
    "a bomb": (zipped(("zeros", b"\0" * 3_000_000)), "100 times"),
    "a bomb inside": (zipped(("inner.zip", zipped(("zeros", b"\0" * 3_000_000))), how=ZIP_STORED), "100 times"),
    "a bomb that overlaps": (overlapping(200), "100 times"),
    "a size that is a lie": (lying(0xFFFFFFF0), "100 times"),
    "an encrypted archive inside": (encrypted("inner.zip"), "encrypted"),
    "too many members": (b"PK\x03\x04" + b"PK\x01\x02" * 2_001, "more than 2000"),
    "too many members of both levels": (
        zipped(("inner.zip", zipped(*((f"{n}", b"") for n in range(1500)))), *((f"{n}", b"") for n in range(600))),
        "more than 2000",
    ),
    "an archive behind something else": (zipped(("a.gif", GIF + zipped(("run.bat", b"a")))), "program"),
    "an archive too large to be held": (zipped(("a.gif", GIF + LARGE_INNER), how=ZIP_STORED), "more than 8 MiB"),
    "a packing that cannot be read in pieces": (zipped(("a.txt", b"a" * 999), how=ZIP_BZIP2), "ordinary ZIP"),
    "cut off": (zipped(("a.txt", b"hello" * 99))[:-30], "cannot be read"),
    "broken inside": (zipped(("a.txt", NOISE), how=ZIP_STORED).replace(NOISE[:64], b"\xff" * 64), "cannot be read"),
    "a member that is not packed as said": (zipped(("a.txt", b"a" * 999)).replace(zlib.compress(b"a" * 999)[2:-4], b"\xff" * 9), "read"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_an_archive_is_refused_that_holds(what: str) -> None:
    content, why = REFUSED[what]

    with pytest.raises(NotSendable, match=why):
        inspected(content, name="a.zip")


@pytest.mark.parametrize("content", [NESTED, encrypted("letter.txt"), zipped(), zipped(("a/", b""), ("a/b.txt", b"b"))])
def test_a_harmless_archive_is_taken(content: bytes) -> None:
    assert inspected(content, name="a.zip") == "application/zip"


def test_an_archive_behind_something_else_is_looked_into() -> None:
    with pytest.raises(NotSendable, match="program"):
        inspected(GIF + zipped(("run.bat", b"a")), name="a.gif")


def test_an_archive_in_an_archive_takes_no_more_memory_than_the_bound() -> None:
    content = zipped(("inner.zip", b"PK\x03\x04" + bytes(60_000_000)), ("noise", random.Random(1).randbytes(700_000)))
    tracemalloc.start()

    with pytest.raises(NotSendable):
        inspected(content, name="a.zip")

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000
