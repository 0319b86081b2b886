"""Every reason says what happened, who can fix it and how."""

import re
from typing import get_args

import pytest

from wasl_contracts import Reason
from wasl_contracts.reason import WhoCanFix


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_complete(reason: Reason) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", reason)
    assert reason.sentence[0].isupper()
    assert reason.sentence.endswith(".")
    assert reason.next_step[0].isupper()
    assert reason.next_step.endswith(".")
    assert reason.who_can_fix in get_args(WhoCanFix)


def test_no_two_reasons_say_the_same() -> None:
    assert len({reason.sentence for reason in Reason}) == len(Reason)


def test_there_is_no_unknown_error() -> None:
    assert not {"unknown", "unknown_error", "error", "other"} & set(Reason)


def test_a_reason_is_found_by_its_code_and_is_its_code() -> None:
    assert Reason("opted_out") is Reason.OPTED_OUT
    assert f"{Reason.OPTED_OUT}" == "opted_out"
