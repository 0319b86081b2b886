from datetime import timedelta

from tests.gateway.scripted import NOON, candidate
from wasl.policies.expiry import judge
from wasl.policies.verdict import Allow, Inputs, Withhold
from wasl_contracts import Reason


def test_before_its_expiry_a_message_may_go() -> None:
    verdict = judge(candidate(expires_at=NOON), Inputs(), NOON - timedelta(microseconds=1))

    assert isinstance(verdict, Allow)
    assert verdict.inputs == {"expires_at": NOON.isoformat()}


def test_from_the_moment_of_its_expiry_on_it_may_not() -> None:
    for late in (timedelta(0), timedelta(microseconds=1), timedelta(days=9)):
        verdict = judge(candidate(expires_at=NOON), Inputs(), NOON + late)

        assert isinstance(verdict, Withhold)
        assert (verdict.reason, verdict.source) == (Reason.EXPIRED, "message.expires_in")
        assert verdict.inputs == {"expires_at": NOON.isoformat(), "now": (NOON + late).isoformat()}
