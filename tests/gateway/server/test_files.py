import asyncio
import gzip
import hashlib
import json
import re
from typing import Any

import pytest

from tests.gateway.server.conftest import HELLO, Serving
from wasl.server import files

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"invoice " * 100
TYPE = {"Content-Type": "application/pdf"}


def form(content: bytes, media_type: str = "application/pdf", name: str = "file") -> tuple[bytes, dict[str, str]]:
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="a"\r\nContent-Type: {media_type}\r\n\r\n'
    return head.encode() + content + b"\r\n--x--\r\n", {"Content-Type": "multipart/form-data; boundary=x"}


async def test_a_file_is_stored_and_told_by_its_content(serving: Serving) -> None:
    answer = await serving.post(PDF, "/v1/files", headers=TYPE)
    again = await serving.post(PDF, "/v1/files", headers=TYPE)

    assert answer.status == 200
    assert answer.json["size"] == len(PDF)
    assert answer.json["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert answer.json["media_type"] == "application/pdf"
    assert re.fullmatch("file_[0-9a-f]{34}", answer.json["id"])
    assert again.json["id"] == answer.json["id"]


async def test_a_form_and_a_packed_body_give_the_same_file(serving: Serving) -> None:
    ids = set()
    binary = bytes(range(256)) * 40 + b"--x\r\n-- x\r\n\n"
    for content in (PDF, binary):
        body, headers = form(content, "application/octet-stream")
        plain = await serving.post(content, "/v1/files", headers={"Content-Type": "application/octet-stream"})
        filled = await serving.post(body, "/v1/files", headers=headers)
        packed = await serving.post(gzip.compress(content), "/v1/files", headers={**TYPE, "Content-Type": "", "Content-Encoding": "gzip"})
        assert plain.json["size"] == len(content)
        assert {filled.json.get("id"), packed.json.get("id")} == {plain.json["id"]}
        ids.add(plain.json["id"])

    assert len(ids) == 2


async def test_a_stored_file_goes_into_a_message(serving: Serving) -> None:
    file = (await serving.post(PDF, "/v1/files", headers=TYPE)).json["id"]

    sent = await serving.post({**HELLO, "attachments": [{"file": file, "name": "invoice.pdf"}], "attachments_optional": True})
    unknown = await serving.post({**HELLO, "attachments": [{"file": "file_" + "0" * 34, "name": "a.pdf"}]})

    assert sent.status == 202
    assert (unknown.status, unknown.json["errors"][0]["pointer"], unknown.json["code"]) == (422, "/attachments/0/file", "unknown_file")


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", TYPE, 422, "attachment_rejected"),
        (b"MZ\x90\0" + b"\0" * 99, TYPE, 422, "attachment_rejected"),
        (PDF, {"Content-Type": "image/png"}, 422, "attachment_rejected"),
        (PDF, {"Content-Encoding": "br"}, 415, "unsupported_media_type"),
        (PDF, {"Content-Encoding": "gzip"}, 400, "bad_body"),
        (*form(PDF, name="other"), 400, "missing_field"),
        (b"--x\r\nnonsense", {"Content-Type": "multipart/form-data; boundary=x"}, 400, "bad_header"),
        (PDF, {"Content-Type": "multipart/form-data"}, 400, "bad_header"),
        (PDF, {"Content-Type": "multipart/form-data; boundary=" + "x" * 99}, 400, "bad_header"),
    ],
)
async def test_what_is_no_file_to_send_is_refused(serving: Serving, body: bytes, headers: dict[str, str], status: int, code: str) -> None:
    answer = await serving.post(body, "/v1/files", headers=headers)

    assert (answer.status, answer.json["code"]) == (status, code)


async def test_a_body_beyond_the_bound_is_cut_off(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 1000)
    monkeypatch.setattr(files, "_FRAME", 1000)

    async def endless() -> Any:
        for _ in range(3):
            yield b"a" * 500

    headers = {"Authorization": f"Bearer {serving.keys['both']}", "Content-Type": "text/plain"}
    async with serving.http.post(f"{serving.url}/v1/files", data=endless(), headers=headers) as chunked:
        assert chunked.status == 413
    assert (await serving.post(b"a" * 1001, "/v1/files", headers=TYPE)).status == 413
    assert (await serving.post(gzip.compress(b"a" * 9999), "/v1/files", headers={"Content-Encoding": "gzip"})).status == 413
    body, told = form(b"a" * 1001, "text/plain")
    assert (await serving.post(body, "/v1/files", headers=told)).status == 413


async def test_a_key_without_the_scope_send_stores_nothing(serving: Serving) -> None:
    assert (await serving.post(PDF, "/v1/files", headers=TYPE, key="read")).status == 403
    assert (await serving.post(PDF, "/v1/files", headers=TYPE, key=None)).status == 401


@pytest.mark.parametrize(("slow_ones", "status"), [(7, 200), (8, 503)])
async def test_only_so_many_uploads_of_a_brand_come_at_one_time(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, slow_ones: int, status: int
) -> None:
    hold = asyncio.Event()

    async def slow() -> Any:
        yield b"a"
        await hold.wait()

    headers = {"Authorization": f"Bearer {serving.keys['both']}", "Content-Type": "text/plain"}

    async def upload() -> int:
        async with serving.http.post(f"{serving.url}/v1/files", data=slow(), headers=headers) as answer:
            return answer.status

    waiting = [asyncio.create_task(upload()) for _ in range(slow_ones)]
    coming = serving.gateway.files._enclosing.coming["default"]
    async with asyncio.timeout(10):
        while coming._value > 8 - slow_ones:  # noqa: ASYNC110 - nobody tells when the last one has begun
            await asyncio.sleep(0.01)
    if slow_ones == 8:
        monkeypatch.setattr("wasl.filing._PATIENCE", 0.05)

    another = await serving.post(PDF, "/v1/files", headers=TYPE)
    hold.set()

    assert (another.status, another.json.get("code"), another.headers.get("Retry-After")) in [(200, None, None), (503, "busy", "5")]
    assert another.status == status
    assert await asyncio.gather(*waiting) == [200] * slow_ones
    assert json.loads((await serving.post(PDF, "/v1/files", headers=TYPE)).body)["size"] == len(PDF)
