import json
import time

import pytest

from wasl.errors import Problem, Refused
from wasl.server.problems import Malformed
from wasl.server.strict_json import parse


def fault(body: bytes) -> tuple[int, Problem]:
    with pytest.raises(Refused) as caught:
        parse(body)
    return caught.value.status, caught.value.errors[0]


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        (b"", "invalid_json", "1:1"),
        (b"{", "invalid_json", "1:2"),
        (b'{"a": 1,\n "b": }', "invalid_json", "2:7"),
        (b'{"a": 1} x', "invalid_json", "1:10"),
        (b"{'a': 1}", "invalid_json", "1:2"),
        (b'{"a": 01}', "invalid_json", "1:8"),
        (b'{"a": "\x00"}', "invalid_json", "1:8"),
        (b'{"a": "\n"}', "invalid_json", "1:8"),
        (b"\xef\xbb\xbf{}", "invalid_json", "1:1"),
        (b'{"a":\n"\xff"}', "invalid_json", "2:2"),
        (b'{"a": "\xed\xa0\x80"}', "invalid_json", "1:8"),
        (b"[" * 33 + b"]" * 33, "invalid_json", "1:33"),
        (b'{"a":\n' * 32 + b"[]", "invalid_json", "33:1"),
        (b"[" * 1_000_000, "invalid_json", "1:33"),
        (b'{"a": ' + b"1" * 4301 + b"}", "invalid_json", "1:7"),
        (b'{"a": 1, "n": 12345678901234567890, x}', "invalid_json", "1:37"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(body: bytes, code: str, where: str) -> None:
    status, problem = fault(body)

    assert (status, problem.code) == (400, code)
    assert problem.message.endswith(f"at {where}")


@pytest.mark.parametrize(
    ("body", "code", "at"),
    [
        (b'{"data": {"n": NaN}}', "not_finite", "/data/n"),
        (b"[1, -Infinity]", "not_finite", "/1"),
        (b'{"n": 1e999}', "not_finite", "/n"),
        (b'{"a/b": 9007199254740993}', "out_of_range", "/a~1b"),
        (b'{"a": -123456789012345678901234567890}', "out_of_range", "/a"),
        (b'{"a": ["x", "\\u0000"]}', "nul_character", "/a/1"),
        (b'{"\\u0000": 1}', "nul_character", ""),
        (b'{"a": "\\ud800"}', "invalid_unicode", "/a"),
        (b'{"a": "\\uDFFF\\uD83D"}', "invalid_unicode", "/a"),
        (b'{"a": {"\\ud83d": 1}}', "invalid_unicode", "/a"),
        (b"{" + b",".join(b'"%d":0' % n for n in range(100_001)) + b"}", "too_many", ""),
    ],
)
def test_what_not_every_reader_keeps_is_refused_where_it_is(body: bytes, code: str, at: str) -> None:
    status, problem = fault(body)

    assert (status, problem.code, problem.pointer) == (422, code, at)


@pytest.mark.parametrize(
    "body", [b'{"to": 1, "to": 2}', b'[{"x": {"to": 1, "a": 0, "to": 1}}]', b'{"t\\u006f": 1, "to": 123456789012345678}']
)
def test_a_key_twice_in_one_object_is_refused_by_name(body: bytes) -> None:
    status, problem = fault(body)

    assert (status, problem.code) == (400, "duplicate_key")
    assert '"to"' in problem.message


def test_a_doubled_key_that_is_an_address_is_not_repeated() -> None:
    _, problem = fault(b'{"ann@example.com": 1, "ann@example.com": 2}')

    assert "ann" not in problem.message


@pytest.mark.parametrize(
    "value",
    [
        {"to": {"email": "a@example.com"}, "n": [1, -2.5, 1e300, True, None, 2**53, -(2**53)]},
        {"text": "مرحبا 👋 \u200f\u2067", "brackets in text": "[" * 100 + '\\" {'},
        [[[1]], {"a": {"a": {"a": 1}}}],
        "text",
        0,
        None,
    ],
)
def test_everything_else_is_read_as_json_reads_it(value: object) -> None:
    assert parse(json.dumps(value).encode()) == value
    assert parse(json.dumps(value, ensure_ascii=False, indent=1).encode()) == value


def test_thirty_two_levels_are_read() -> None:
    body = b"[" * 32 + b"]" * 32

    assert json.dumps(parse(body)).encode() == body


@pytest.mark.parametrize(
    "body",
    [b'"' + b'\\"' * 500_000, b'["' + b'\\"[' * 300_000, b"[{" * 500_000, b'{"a":' * 200_000, b'"\\' * 400_000 + b"[" * 40],
)  # fmt: skip
def test_hostile_bodies_cost_little(body: bytes) -> None:
    started = time.perf_counter()

    with pytest.raises(Malformed):
        parse(body)

    assert time.perf_counter() - started < 0.5
