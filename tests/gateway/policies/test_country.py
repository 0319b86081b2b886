"""Numbers of countries that are switched off."""

from dataclasses import replace
from typing import Any

import pytest

from tests.gateway.scripted import NOON, candidate
from wasl.config import Config
from wasl.counterfactuals import Against, counterfactual
from wasl.policies import Policies
from wasl.policies.country import Countries
from wasl.policies.verdict import Inputs, Verdict, Withhold
from wasl_contracts import Address, Reason

SATELLITE = "+8821612345678"


def judge(number: str, **countries: Any) -> Verdict:
    given = replace(candidate(channel="sms"), address=Address(channel="sms", kind="phone", value=number))
    return Countries(Config.model_validate({"countries": countries}))(given, Inputs(), NOON)


@pytest.mark.parametrize(
    ("number", "told", "goes"),
    [
        ("+966501234567", {"allowed": ["SA", "AE"]}, True),
        ("+12025550123", {"allowed": ["SA", "AE"]}, False),
        ("+12025550123", {"allowed": ["US"]}, True),
        ("+18765550123", {"allowed": ["US"]}, False),  # Jamaica has the same calling code
        ("+18765550123", {"denied": ["JM"]}, False),
        ("+966501234567", {"denied": ["JM"]}, True),
        (SATELLITE, {"denied": ["JM"]}, False),
        (SATELLITE, {"allowed": ["SA"]}, False),
        (SATELLITE, {}, True),
    ],
)
def test_only_numbers_of_open_countries_get_anything(number: str, told: dict[str, list[str]], goes: bool) -> None:
    verdict = judge(number, **told)

    assert isinstance(verdict, Withhold) is not goes
    assert verdict.inputs["open"] is goes


def test_it_says_which_country_and_what_would_change_it() -> None:
    verdict = judge("+18765550123", allowed=["US"])

    assert isinstance(verdict, Withhold)
    assert (verdict.policy, verdict.reason, verdict.source) == ("country", Reason.COUNTRY_BLOCKED, "countries")
    assert verdict.inputs == {"country": "JM", "open": False}
    change = counterfactual(Against(verdict.reason, None, verdict.inputs), NOON)
    assert change.sentences["en"] == "Allowed if sending to numbers of this country (JM) is switched on."


def test_other_addresses_have_no_country_and_without_a_list_nothing_is_judged() -> None:
    closed = Config.model_validate({"countries": {"allowed": ["SA"]}})

    assert not isinstance(Countries(closed)(candidate(), Inputs(), NOON), Withhold)
    assert not any(verdict.policy == "country" for verdict in Policies(Config()).judge(candidate(), Inputs(), NOON))
