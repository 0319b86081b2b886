from datetime import timedelta

from tests.gateway.scripted import NOON, candidate
from wasl.clock import micros
from wasl.decisions import Judged, decode, encode
from wasl.policies.verdict import Allow, Defer, Withhold
from wasl_contracts import Reason

MAIL, TEXT = candidate(), candidate(channel="sms", providers=("text",))
ALLOW = Allow("expiry", "message.expires_in", {"expires_at": "x"})
WITHHOLD = Withhold("suppression", "mail 5.1.1", {"listed": True}, Reason.SUPPRESSED_BOUNCE)
DEFER = Defer("quiet_hours", "wasl.toml:12", {"zone": "Asia/Riyadh"}, Reason.QUIET_HOURS, NOON + timedelta(hours=8))


def test_a_record_is_read_as_it_was_decided() -> None:
    stored = encode([Judged(MAIL, (ALLOW, WITHHOLD)), Judged(TEXT, (ALLOW,))], TEXT)

    seen = decode(stored, delivery="dlv_1", at=micros(NOON), config="v1")

    assert (seen.delivery, seen.at, seen.config) == ("dlv_1", NOON, "v1")
    assert [(c.channel, c.chosen, c.reason) for c in seen.candidates] == [("email", False, Reason.SUPPRESSED_BOUNCE), ("sms", True, None)]
    verdict = seen.candidates[0].verdicts[1]
    assert (verdict.policy, verdict.verdict, verdict.source, verdict.inputs, verdict.reason) == (
        "suppression", "withhold", "mail 5.1.1", {"listed": True}, Reason.SUPPRESSED_BOUNCE,
    )  # fmt: skip


def test_a_deferral_keeps_its_moment() -> None:
    seen = decode(encode([Judged(MAIL, (DEFER,))], None), delivery="d", at=0, config="v")

    (verdict,) = seen.candidates[0].verdicts
    assert (verdict.verdict, verdict.until, verdict.reason) == ("defer", NOON + timedelta(hours=8), Reason.QUIET_HOURS)


def test_addresses_are_stored_masked() -> None:
    stored = encode([Judged(MAIL, (ALLOW,)), Judged(TEXT, (ALLOW,))], MAIL)

    assert "ann@" not in stored
    assert "501234567" not in stored


def test_what_speaks_against_a_candidate_is_the_withholding_then_the_longest_deferral() -> None:
    longer = Defer("cap", "test", {}, Reason.FREQUENCY_CAP, NOON + timedelta(days=2))

    assert Judged(MAIL, (ALLOW,)).against is None
    assert Judged(MAIL, (DEFER, WITHHOLD, longer)).against == WITHHOLD
    assert Judged(MAIL, (DEFER, longer)).against == longer


def test_the_reason_of_a_candidate_is_of_what_speaks_against_it() -> None:
    seen = decode(encode([Judged(MAIL, (DEFER, WITHHOLD))], None), delivery="d", at=0, config="v")

    assert seen.candidates[0].reason is Reason.SUPPRESSED_BOUNCE
