"""The answer to an accepted message, as it is on the wire."""

import asyncio
import json

import pytest


async def posted(serving, hello, *lines: str, version: str = "1.1", path: str = "/v1/messages") -> tuple[list[str], dict[str, str]]:
    """The lines of the head of the answer, and the body; the connection is closed from this side."""
    body = json.dumps(hello)
    key = f"Authorization: Bearer {serving.keys['both']}"
    fixed = (f"POST {path} HTTP/{version}", "Host: x", key, "Content-Type: application/json", f"Content-Length: {len(body)}")
    reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
    writer.write("\r\n".join((*fixed, *lines, "", body)).encode())
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 2)).decode("ascii").split("\r\n")[:-2]
    length = next(line for line in head if line.startswith("Content-Length: "))
    said = await asyncio.wait_for(reader.readexactly(int(length.partition(": ")[2])), 2)
    writer.close()
    return head, json.loads(said)


async def test_every_header_comes_once_and_the_body_is_as_long_as_told(serving, hello):
    (status, *headers), body = await posted(serving, hello, "X-Request-Id: job-7", "Idempotency-Key: k")

    found = dict(line.split(": ", 1) for line in headers)
    assert status == "HTTP/1.1 202 Accepted"
    assert sorted(found) == sorted(line.partition(":")[0] for line in headers)
    assert set(found) == {"Content-Type", "Content-Length", "Server", "Date", "X-Request-Id", "Location", "Idempotency-Expires"}
    assert (found["Content-Type"], found["Server"], found["X-Request-Id"]) == ("application/json", "wasl", "job-7")
    assert found["Location"] == f"/v1/messages/{body['id']}"


@pytest.mark.parametrize(
    ("version", "line", "told"),
    [
        ("1.1", "X-A: 1", None),
        ("1.1", "Connection: close", "Connection: close"),
        ("1.0", "Connection: keep-alive", "Connection: keep-alive"),
        ("1.0", "X-A: 1", "Connection: close"),
    ],
)
async def test_it_is_told_whether_the_connection_stays_where_that_is_not_the_rule(serving, hello, version, line, told):
    head, _ = await posted(serving, hello, line, version=version)

    assert [found for found in head if found.startswith("Connection")] == ([told] if told else [])


async def test_a_kept_connection_answers_again_and_a_closed_one_ends(serving, hello):
    body = json.dumps(hello).encode()
    head = f"POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {serving.keys['both']}\r\nContent-Type: application/json\r\n"
    first = head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body
    last = head.encode() + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)

    writer.write(first + first + last)  # pipelined
    said = await asyncio.wait_for(reader.read(), 2)
    writer.close()

    assert said.count(b"HTTP/1.1 202 Accepted\r\n") == 3


@pytest.mark.parametrize("path", ["/v1/message%73", "http://x/v1/messages"])
async def test_other_spellings_of_a_fixed_path_lead_there_too(serving, hello, path):
    (status, *_), body = await posted(serving, hello, path=path)

    assert status == "HTTP/1.1 202 Accepted"
    assert body["state"] == "accepted"


async def test_a_client_that_waits_for_100_continue_gets_it(serving, hello):
    reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
    body = json.dumps(hello).encode()
    head = f"POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {serving.keys['both']}\r\nContent-Type: application/json\r\n"
    writer.write(head.encode() + b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body))

    told = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 2)
    writer.write(body)
    said = await asyncio.wait_for(reader.read(), 2)
    writer.close()

    assert told == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert said.startswith(b"HTTP/1.1 202 Accepted\r\n")
