"""One JSON object a line, and nothing in it that must not be there."""

import errno
import io
import json
import logging
import traceback
from datetime import UTC, date, datetime

import pytest
import structlog
from pydantic import SecretStr

from wasl.config.mistakes import ConfigMistakes
from wasl.log import configure
from wasl.log_privacy import safe
from wasl_contracts import Address

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Noon:
    def now(self) -> datetime:
        return NOON


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


pytestmark = pytest.mark.usefixtures("own_log")


@pytest.fixture
def out() -> io.StringIO:
    stream = io.StringIO()
    configure({}, stream, Noon())
    return stream


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_event_is_one_line_of_json(out: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(request_id="req_1")

    structlog.get_logger().info("delivery.sent", delivery="dlv_1", attempt=1, seconds=0.25, ok=True, ref=None, day=date(2026, 1, 2))

    assert lines(out) == [
        {
            "delivery": "dlv_1", "attempt": 1, "seconds": 0.25, "ok": True, "ref": None, "day": "2026-01-02", "request_id": "req_1",
            "event": "delivery.sent", "level": "info", "timestamp": "2026-11-23T12:00:00.000000+00:00",
        }
    ]  # fmt: skip


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("stream", [Full(), io.StringIO()], ids=["full", "closed"])
def test_a_log_that_cannot_be_written_stops_nothing(stream: io.StringIO) -> None:
    configure({}, stream, Noon())
    if not isinstance(stream, Full):
        stream.close()

    structlog.get_logger().error("ledger.unavailable")
    logging.getLogger("asyncio").error("slow")


PRIVATE = ["to", "email", "phone", "address", "value", "token", "auth_token", "X-Api-Key", "password", "Authorization", "content",
           "body", "title", "data", "attributes", "client_secret", "subject", "headers"]  # fmt: skip


@pytest.mark.parametrize("key", PRIVATE)
def test_a_field_that_may_hold_personal_data_or_a_secret_is_masked(out: io.StringIO, key: str) -> None:
    structlog.get_logger().info("x.happened", **{key: "hunter2"}, nested={"list": [{key: {"deep": "hunter2"}}]})

    assert "hunter2" not in out.getvalue()
    assert lines(out)[0][key] == "•••"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no mailbox ann@example.com here", "no mailbox a•••@e•••.com here"),
        ("<آن@مثال.إختبار>", "<آ•••@م•••.إختبار>"),
        ("to=ann%40example.com&x=1", "to=a•••@e•••.com&x=1"),
        ("to ann@localhost", "to a•••@l•••"),
        ("call +966501234567 now", "call +9665•••••67 now"),
        ("call +966 (50) 123-4567", "call +966 •••••67"),
        ("?To=%2B966501234567", "?To=+9665•••••67"),
        ("at 2026-01-01T00:00:00+00:00, a+b=c", "at 2026-01-01T00:00:00+00:00, a+b=c"),
        ("postgresql://wasl:hunter2@db/wasl", "postgresql://••••@d•••/wasl"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer •••"),
        ("the basic idea: tokens expire", "the basic idea: tokens expire"),
        ("sent with basic YW5uOng=", "sent with basic •••"),
        ("sent 'token': 'abc', api_key=xyz1", "sent 'token': '•••', api_key=•••"),
        ("a\r\nb\x1b[31m\x7f\x85\u2028\u202e\ud800", "a\\r\\nb\\x1b[31m\\x7f\\x85\\u2028\\u202e\\ud800"),
        ("وصل: سطر واحد", "وصل: سطر واحد"),
        ("é" * 3000, "é" * 2000 + "… (3000 characters)"),
    ],
)
def test_text_is_masked_by_what_it_looks_like(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_hostile_text_is_masked_in_time() -> None:
    hostile = ["a" * 1999 + "@", "+1" * 1000, "a@" * 1000, "token" * 400, "%40" * 700, "://" * 600]

    assert all(len(safe(text)) < 8000 for text in hostile)


def test_values_of_any_type_become_harmless_json(out: io.StringIO) -> None:
    loop: list[object] = []
    loop.append(loop)

    structlog.get_logger().info(
        "x.happened",
        secret_thing=SecretStr("hunter2"),
        where=Address(channel="email", kind="email", value="ann@example.com"),
        error=ValueError("bad\nann@example.com"),
        raw=b"hunter2",
        many={"hunter": float("nan"), 3: (1, {SecretStr("x")})},
        loop=loop,
    )

    shown = lines(out)[0]
    assert shown["where"] == "Address(email, email, a•••@e•••.com)"
    assert shown["error"] == "bad\\na•••@e•••.com"
    assert shown["raw"] == "<7 bytes>"
    assert shown["many"] == {"hunter": "nan", "3": [1, ["•••"]]}
    assert "hunter2" not in out.getvalue()


def test_an_exception_is_told_without_locals_and_without_addresses(out: io.StringIO) -> None:
    password = "hunter2"

    try:
        raise ValueError(f"no mailbox {'ann@example.com'}\nsecond line")
    except ValueError as error:
        structlog.get_logger().exception("call.failed")
        structlog.get_logger().error("call.failed", exc_info=error)
        logging.getLogger("wasl.log").exception("call failed")

    for shown in lines(out):
        told = str(shown["exception"])
        assert told.startswith("Traceback (most recent call last):\n")
        assert told.endswith("ValueError: no mailbox a•••@e•••.com\nsecond line")
        assert password not in told
    assert len(lines(out)) == 3


def test_the_standard_library_logs_the_same_way(out: io.StringIO) -> None:
    logging.getLogger("wasl.log").info("sent %s", "ann@example.com")
    logging.getLogger("aiohttp.server").error("bad\x1b[31m %s", "+966501234567")

    assert lines(out) == [
        {"event": "sent a•••@e•••.com", "logger": "wasl.log", "level": "info", "timestamp": NOON.isoformat(timespec="microseconds")},
        {
            "event": "bad\\x1b[31m +9665•••••67", "logger": "aiohttp.server", "level": "error",
            "timestamp": NOON.isoformat(timespec="microseconds"),
        },
    ]  # fmt: skip


@pytest.mark.parametrize("level", ["", "debug", "info"])
def test_what_other_libraries_tell_of_requests_is_never_shown(level: str) -> None:
    out = io.StringIO()
    configure({"WASL_LOG": level}, out)

    for name in ("twilio.http_client", "sqlalchemy.engine", "aiohttp.access"):
        logging.getLogger(name).info("POST body=hunter2")

    assert out.getvalue() == ""


def test_the_lowest_level_comes_from_the_environment() -> None:
    out = io.StringIO()
    configure({"WASL_LOG": "WARNING"}, out)

    structlog.get_logger().info("a.happened")
    logging.getLogger("wasl.log").info("b happened")
    structlog.get_logger().warning("c.happened")

    assert [line["event"] for line in lines(out)] == ["c.happened"]


def test_a_level_that_does_not_exist_is_a_mistake_of_the_configuration() -> None:
    with pytest.raises(ConfigMistakes) as caught:
        configure({"WASL_LOG": "wraning"}, io.StringIO())

    assert str(caught.value) == "environment WASL_LOG: should be debug, info, warning, error or critical (did you mean 'warning'?)"


def test_a_terminal_gets_lines_for_people_without_control_characters() -> None:
    out = Terminal()
    configure({"NO_COLOR": "1"}, out, Noon())

    structlog.get_logger().info("delivery.sent", to="ann@example.com", note="مرحبا \x1b[31m")
    try:
        raise ValueError("first\x1b\nsecond")
    except ValueError:
        structlog.get_logger().exception("call.failed")

    assert "delivery.sent" in out.getvalue()
    assert "مرحبا" in out.getvalue()
    assert "ValueError: first\\x1b\nsecond" in out.getvalue()
    assert "\x1b" not in out.getvalue()


def test_a_stream_that_cannot_carry_arabic_gets_escapes() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    configure({}, out)

    structlog.get_logger().info("x.happened", note="مرحبا 👋")

    assert json.loads(raw.getvalue())["note"] == "مرحبا 👋"


def test_a_closed_stream_does_not_stop_the_work_of_other_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    configure({}, out)
    out.close()

    logging.getLogger("aiohttp.server").error("for %s", "ann@example.com")

    assert capsys.readouterr().err == ""
    assert traceback.format_exc() == "NoneType: None\n"
