"""What comes in before anybody looks at a message: threats.md A, over raw sockets where a client library would not do it."""

import asyncio
import gzip
import json
import time
import tracemalloc

import pytest

from tests.gateway.server.conftest import HASTY
from wasl.server.problems import PROBLEM_JSON


async def talk(serving, *parts: bytes, pause: float = 0.0) -> tuple[bytes, float]:
    """Send the parts, and read until the server closes: everything it said, and after how long."""
    reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
    started = time.monotonic()
    for part in parts:
        writer.write(part)
        await asyncio.sleep(pause)
    try:
        said = await asyncio.wait_for(reader.read(), 2)
    finally:
        writer.close()
    return said, time.monotonic() - started


def head(serving, *lines: str, path: str = "/v1/messages") -> bytes:
    key = f"Authorization: Bearer {serving.keys['both']}"
    return "\r\n".join((f"POST {path} HTTP/1.1", "Host: x", key, "Connection: close", *lines, "", "")).encode("utf-8", "surrogateescape")


def problem(said: bytes) -> tuple[int, str]:
    top, _, body = said.partition(b"\r\n\r\n")
    assert PROBLEM_JSON.encode() in top
    assert b"X-Request-Id" in top
    found = json.loads(body)
    assert int(top.split()[1]) == found["status"]
    return found["status"], found["code"]


@pytest.mark.parametrize("server", [HASTY])
async def test_a_head_that_does_not_end_is_closed_without_a_word(serving):
    silent, after = await talk(serving)
    trickling, later = await talk(serving, b"POST /v1/messages HT", b"TP/1.1\r\nHost: x\r\n", b"X-A: 1\r\n", pause=0.08)

    assert (silent, trickling) == (b"", b"")
    assert 0.15 < after < 1
    assert 0.15 < later < 1


@pytest.mark.parametrize("server", [HASTY])
async def test_a_second_head_on_the_same_connection_must_end_too(serving):
    reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
    writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    first = await reader.readuntil(b"}")
    await asyncio.sleep(0.25)  # idle is fine for longer than a head may take
    writer.write(b"GET /livez HTT")

    rest = await asyncio.wait_for(reader.read(), 1)
    writer.close()

    assert b"200 OK" in first
    assert rest == b""


async def test_a_slow_head_that_ends_in_time_is_served(serving):
    said, _ = await talk(serving, b"GET /livez HTTP/1.1\r\nHo", b"st: x\r\nConnection: close\r\n\r\n", pause=0.05)

    assert b"200 OK" in said


@pytest.mark.parametrize("server", [HASTY])
async def test_a_stalled_body_is_408(serving):
    declared = head(serving, "Content-Type: application/json", "Content-Length: 1000")
    chunked = head(serving, "Content-Type: application/json", "Transfer-Encoding: chunked")

    for start in (declared + b'{"to": ', chunked + b"2\r\n{}\r\n"):
        said, after = await talk(serving, start)

        assert problem(said) == (408, "request_timeout")
        assert after < 1.5


async def test_a_body_in_pieces_is_read(serving, hello):
    body = json.dumps(hello).encode()
    start = head(serving, "Content-Type: application/json", f"Content-Length: {len(body)}")

    said, _ = await talk(serving, start, body[:10], body[10:], pause=0.03)

    assert b"202 Accepted" in said


async def test_a_body_over_the_limit_is_413_however_it_comes(serving):
    declared = await serving.post(b" " * 300_001)
    chunked = (
        head(serving, "Content-Type: application/json", "Transfer-Encoding: chunked") + b"493e1\r\n" + b" " * 300_001 + b"\r\n0\r\n\r\n"
    )
    said, _ = await talk(serving, chunked)

    assert declared.problem == (413, "body_too_large")
    assert "300000" in declared.json["detail"]
    assert problem(said) == (413, "body_too_large")


async def test_a_gzip_bomb_is_413_and_costs_no_memory(serving):
    bomb = gzip.compress(b"\0" * 50_000_000)
    tracemalloc.start()

    answer = await serving.post(bomb, headers={"Content-Encoding": "gzip"})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert answer.problem == (413, "body_too_large")
    assert peak < 5_000_000


async def test_a_gzipped_body_is_read_and_a_broken_one_is_400(serving, hello):
    good = await serving.post(gzip.compress(json.dumps(hello).encode()), headers={"Content-Encoding": "gzip"})
    broken = await serving.post(b"not gzip at all", headers={"Content-Encoding": "gzip"})

    assert good.status == 202
    assert broken.problem == (400, "bad_body")


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "x"])
async def test_other_encodings_are_415(serving, hello, encoding):
    said, _ = await talk(
        serving, head(serving, "Content-Type: application/json", f"Content-Encoding: {encoding}", "Content-Length: 2") + b"{}"
    )

    assert problem(said) == (415, "unsupported_media_type")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "json", ""])
async def test_another_media_type_is_415_and_says_what_to_send(serving, hello, media_type):
    answer = await serving.post(json.dumps(hello).encode(), headers={"Content-Type": media_type})

    assert answer.problem == (415, "unsupported_media_type")
    assert "application/json" in answer.json["suggested_action"]


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON", 'application/json;charset="UTF-8"'])
async def test_json_may_be_spelled_in_its_usual_ways(serving, hello, media_type):
    assert (await serving.post(hello, headers={"Content-Type": media_type})).status == 202


@pytest.mark.parametrize("name", ["Authorization", "Idempotency-Key", "X-Request-Id", "Content-Type", "Content-Encoding"])
async def test_header_bytes_that_are_not_utf8_are_400(serving, name):
    lines = {"Content-Type": "application/json", "Content-Length": "2", name: "\udcff\udcfe"}
    start = head(serving, *(f"{header}: {value}" for header, value in lines.items() if header != "Authorization"))
    if name == "Authorization":
        start = start.replace(serving.keys["both"].encode(), b"\xff\xfe")

    said, _ = await talk(serving, start + b"{}")

    assert problem(said) == (400, "bad_header")
    assert b"\xff" not in said


@pytest.mark.parametrize("name", ["Host", "Authorization", "Idempotency-Key", "Content-Type"])
async def test_a_header_that_came_twice_is_400(serving, name):
    said, _ = await talk(serving, head(serving, f"{name}: application/json", f"{name}: application/json", "Content-Length: 2") + b"{}")

    assert problem(said)[0] == 400


async def test_a_request_without_a_host_is_400(serving):
    said, _ = await talk(serving, b"GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n")

    assert problem(said) == (400, "bad_request")


@pytest.mark.parametrize("hosts", [["api.example.com"]])
async def test_only_known_hosts_are_served_where_they_are_listed(serving, hello):
    unknown = await serving.post(hello)
    known = await serving.post(hello, headers={"Host": "API.example.com:8080"})
    probe = await serving.get("/livez", key=None)

    assert unknown.problem == (421, "unknown_host")
    assert (known.status, probe.status) == (202, 200)


@pytest.mark.parametrize(
    "start",
    [
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nSecret : wasl_live_x\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_400_and_closed_without_an_echo(serving, start):
    said, _ = await talk(serving, start)

    assert problem(said) == (400, "bad_request")
    assert b"wasl_live" not in said


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", (404, "not_found")),
        ("GET", "/v1/nothing?a=%ff", (404, "not_found")),
        ("POST", "/v1/messages/", (404, "not_found")),
        ("GET", "/v1/messages/a/b/c", (404, "not_found")),
        ("DELETE", "/v1/messages", (405, "method_not_allowed")),
        ("POST", "/openapi.json", (405, "method_not_allowed")),
        ("OPTIONS", "/v1/messages:batch", (405, "method_not_allowed")),
    ],
)
async def test_unknown_paths_and_methods_get_problems(serving, method, path, expected):
    answer = await serving.answer(method, path)

    assert answer.problem == expected
    assert ("Allow" in answer.headers) == (expected[0] == 405)
    assert "/openapi.json" in answer.json["suggested_action"]


async def test_an_expectation_that_nobody_meets_is_a_problem_too(serving):
    said, _ = await talk(serving, head(serving, "Expect: the-impossible", "Content-Length: 0"))

    assert problem(said) == (417, "expectation_failed")


@pytest.mark.parametrize("path", ["/v1/messages?x=\udcff", "/\udcff", "/v1/messages/\udcff", "//", "http://[", "*"])
async def test_a_path_of_odd_bytes_is_no_fault_of_ours(serving, path):
    said, _ = await talk(serving, head(serving, path=path).replace(b"POST", b"GET"))

    assert 400 <= problem(said)[0] < 500


async def test_the_callers_request_id_is_used_when_it_is_a_plain_one(serving):
    given = await serving.get("/livez", headers={"X-Request-Id": "job-7_a"})
    odd = await serving.get("/livez", headers={"X-Request-Id": "a b<script>"})
    absent = await serving.get("/livez")

    assert given.headers["X-Request-Id"] == "job-7_a"
    assert odd.headers["X-Request-Id"].startswith("req_")
    assert absent.headers["X-Request-Id"].startswith("req_")


async def test_answers_do_not_name_the_software(serving):
    answer = await serving.get("/livez")

    assert answer.headers["Server"] == "wasl"


async def test_a_client_that_leaves_in_the_middle_disturbs_nobody(serving, hello, caplog):
    for _ in range(5):
        _, writer = await asyncio.open_connection("127.0.0.1", serving.port)
        writer.write(head(serving, "Content-Type: application/json", "Content-Length: 100") + b"{")
        await asyncio.sleep(0.01)
        writer.transport.abort()

    answer = await serving.post(hello)

    assert answer.status == 202
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]
