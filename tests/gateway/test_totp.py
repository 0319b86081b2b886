"""Codes of an app against the vectors of RFC 6238, and what counts as one however it is typed."""

import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.gateway.authenticator import shown
from wasl.totp import enrolment, new_recovery_codes, new_secret, step_of, typed

SECRET = b"12345678901234567890"
NOON = datetime(2026, 3, 1, 12, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    assert step_of(code, SECRET, datetime.fromtimestamp(seconds, UTC)) == seconds // 30


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_phone_may_be_half_a_minute_wrong(steps: int, right: bool) -> None:
    secret = new_secret()
    told = enrolment(secret, "ann")

    found = step_of(shown(told.spelled, NOON, steps), secret, NOON)

    assert (found is not None) is right
    if right:
        assert found == int(NOON.timestamp()) // 30 + steps


@pytest.mark.parametrize("code", ["", "28708", "2870820", "abcdef", "\udcff28708", "²87082"])
def test_what_is_no_code_is_none(code: str) -> None:
    assert step_of(code, SECRET, datetime.fromtimestamp(59, UTC)) is None


def test_a_code_may_be_typed_as_people_type() -> None:
    assert typed("287 082") == typed("٢٨٧٠٨٢") == typed(" 287-082\u200f") == "287082"
    assert typed("ABCD-efgh jkmn") == "abcdefghjkmn"
    assert len(typed("1" * 10_000)) == 64


def test_an_app_is_told_whose_code_it_is_and_of_which_installation() -> None:
    told = enrolment(SECRET, "ann: the first", "wasl.acme.example")
    asked = parse_qs(urlsplit(told.address).query)

    assert told.address.startswith("otpauth://totp/wasl%20wasl.acme.example:ann%3A%20the%20first?")
    assert asked["secret"] == [told.spelled.replace(" ", "")]
    assert (asked["issuer"], asked["digits"], asked["period"]) == (["wasl wasl.acme.example"], ["6"], ["30"])
    assert re.fullmatch("([A-Z2-7]{4} ){7}[A-Z2-7]{4}", told.spelled)
    assert told.spelled not in repr(told)


def test_recovery_codes_are_ten_and_none_is_like_another() -> None:
    codes = {code for _ in range(20) for code in new_recovery_codes()}

    assert len(codes) == 200
    assert all(re.fullmatch("[2-9a-hjkmnp-z]{4}(-[2-9a-hjkmnp-z]{4}){2}", code) for code in codes)
