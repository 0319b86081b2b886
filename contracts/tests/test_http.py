"""What the end of an HTTP call means, against a server on loopback."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasl_contracts import Reason, Refusal, Rejected, Unavailable, Unknown
from wasl_contracts.conformance import Ending, Response
from wasl_contracts.conformance.http_fake import HttpFake
from wasl_contracts.conformance.loopback import refusing_port, unanswered_port
from wasl_contracts.http import Answer, call, retry_after

_NOW = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.25, sock_connect=0.1)) as session:
        yield session


async def _called(http: aiohttp.ClientSession, answer: Response | Ending) -> Answer:
    with HttpFake(lambda _: answer, lambda _: None) as fake:
        return await call(http, "POST", f"{fake.url}/in", body=b"{}", headers={"Content-Type": "application/json"})


async def test_an_answer_is_returned_whatever_its_status(http: aiohttp.ClientSession) -> None:
    answer = await _called(http, Response.json(418, {"error": "teapot"}, {"Retry-After": "7"}))

    assert (answer.status, answer.ok, answer.json()) == (418, False, {"error": "teapot"})
    assert answer.headers["retry-after"] == "7"


async def test_a_redirect_is_an_answer_and_not_followed(http: aiohttp.ClientSession) -> None:
    answer = await _called(http, Response.text(307, "", {"Location": "/elsewhere"}))

    assert answer.status == 307


async def test_64_kib_of_an_answer_are_kept(http: aiohttp.ClientSession) -> None:
    answer = await _called(http, Response.text(200, "x" * 1_000_000))

    assert len(answer.body) == 65_536


@pytest.mark.parametrize("ending", Ending)
async def test_a_lost_answer_is_unknown(http: aiohttp.ClientSession, ending: Ending) -> None:
    with pytest.raises(Unknown):
        await _called(http, ending)


async def test_a_refused_connection_is_unavailable(http: aiohttp.ClientSession) -> None:
    with refusing_port() as port, pytest.raises(Unavailable):
        await call(http, "POST", f"http://127.0.0.1:{port}/in", body=b"", headers={})


async def test_a_connection_that_times_out_is_unavailable(http: aiohttp.ClientSession) -> None:
    with unanswered_port() as port:
        if port is None:
            pytest.skip("this system accepts connections that nobody takes")
        with pytest.raises(Unavailable):
            await call(http, "POST", f"http://127.0.0.1:{port}/in", body=b"", headers={})


@pytest.mark.parametrize("url", ["", "no url", "http://", "http://127.0.0.1:99999/in"])
async def test_a_url_that_is_none_is_a_fault_of_the_settings(http: aiohttp.ClientSession, url: str) -> None:
    with pytest.raises(Rejected) as caught:
        await call(http, "POST", url, body=b"", headers={})

    assert (caught.value.reason, caught.value.scope) == (Reason.PROVIDER_MISCONFIGURED, "provider")


@pytest.mark.parametrize("end", ["\r", "\n", "\r\nX-Injected: 1", "\0"])
async def test_a_secret_that_cannot_stand_in_a_header_is_a_fault_of_the_settings(http: aiohttp.ClientSession, end: str) -> None:
    with HttpFake(lambda _: Response.json(200, {}), lambda _: None) as fake:
        with pytest.raises(Rejected) as refused:
            await call(http, "POST", f"{fake.url}/in", body=b"{}", headers={"Authorization": f"Bearer secret{end}"})

        assert (refused.value.scope, refused.value.reason) == ("provider", Reason.PROVIDER_MISCONFIGURED)
        assert "secret" not in str(refused.value)
        assert fake.sent == []


async def test_an_error_does_not_tell_where_it_called(http: aiohttp.ClientSession) -> None:
    with refusing_port() as port, pytest.raises(Unavailable) as caught:
        await call(http, "POST", f"http://127.0.0.1:{port}/bot-secret-token/in", body=b"", headers={})

    assert "secret" not in f"{caught.value} {caught.value!r}"
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 60_000])
def test_an_answer_that_is_no_json_object_is_an_empty_one(body: bytes) -> None:
    assert Answer(200, {}, body).json() == {}


@pytest.mark.parametrize(
    ("status", "outcome", "reason"),
    [
        (429, Unavailable, Reason.RATE_LIMITED),
        (503, Unavailable, Reason.PROVIDER_UNAVAILABLE),
        (401, Rejected, Reason.PROVIDER_MISCONFIGURED),
        (302, Rejected, Reason.PROVIDER_MISCONFIGURED),
        (413, Rejected, Reason.TOO_LONG),
        (422, Rejected, Reason.PROVIDER_REJECTED),
        (408, Unknown, Reason.OUTCOME_UNKNOWN),
        (500, Unknown, Reason.OUTCOME_UNKNOWN),
        (200, Unknown, Reason.OUTCOME_UNKNOWN),
    ],
)
def test_a_status_has_a_meaning(status: int, outcome: type[Exception], reason: Reason) -> None:
    error = Answer(status, {}, b"").error({})

    assert (type(error), error.reason, error.code) == (outcome, reason, str(status))


def test_the_providers_own_code_goes_before_the_status() -> None:
    errors = {"gone": Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address")}

    known = Answer(500, {}, b"").error(errors, "gone")
    strange = Answer(500, {}, b"").error(errors, "other")

    assert (type(known), known.code) == (Rejected, "gone")
    assert (type(strange), strange.code) == (Unknown, "other")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 1.5 ", 1.5),
        ("0", 0.0),
        ("999999999", 86_400.0),
        ("Mon, 23 Nov 2026 10:01:30 GMT", 90.0),
        ("Mon, 23 Nov 2026 13:01:30 +0300", 90.0),
        ("Mon, 23 Nov 2026 10:01:30", 90.0),
        ("Mon, 23 Nov 2026 09:00:00 GMT", 0.0),
        ("Mon, 23 Nov 2099 09:00:00 GMT", 86_400.0),
        ("-7", None),
        ("soon", None),
        ("", None),
        ("٧", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": value}, _NOW) == seconds


def test_without_the_header_there_is_no_time_to_wait() -> None:
    assert retry_after({}) is None


@given(
    st.text()
    | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,6} [0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{1,9}", fullmatch=True)
)
def test_no_retry_after_breaks_or_waits_longer_than_a_day(value: str) -> None:
    wait = retry_after({"Retry-After": value}, _NOW)

    assert wait is None or 0 <= wait <= 86_400
