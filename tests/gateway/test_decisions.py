import json
import random
from datetime import timedelta

import pytest

from tests.gateway.scripted import NOON, candidate
from wasl.counterfactuals import Against, counterfactual
from wasl.decision_packing import whole
from wasl.decision_reading import Decided, decode
from wasl.decision_seen import DecisionSeen
from wasl.decisions import Judged, Missed, Record, Stood
from wasl.policies.verdict import Allow, Defer, Withhold
from wasl_contracts import Reason

MAIL, TEXT = candidate(), candidate(channel="sms", providers=("text", "spare"))
ALLOW = Allow("expiry", "message.expires_in", {"expires_at": NOON.isoformat(), "@odd": "@value", "e": 1})
WITHHOLD = Withhold("suppression", "mail 5.1.1", {"listed": True}, Reason.SUPPRESSED_BOUNCE)
DEFER = Defer("quiet_hours", "wasl.toml:12", {"zone": "Asia/Riyadh"}, Reason.QUIET_HOURS, NOON + timedelta(hours=8))
PACKED = "z1A6XzMkOQ1eZGxkAMDBlDI2MTU/zp3swcmvJxJEmQ20FJAeiL2FgA"
OF = Decided("dlv_1", NOON + timedelta(hours=1), "orders", "v0")


def read(*judged: Judged, **more: object) -> DecisionSeen:
    return decode(Record("v1", NOON, judged, **more).stored(), OF)  # type: ignore[arg-type]  # each by its name


def test_a_record_is_read_as_it_was_decided() -> None:
    seen = read(Judged(MAIL, (ALLOW, WITHHOLD)), Judged(TEXT, (ALLOW, ALLOW)), chosen=TEXT, provider="text")

    assert (seen.delivery, seen.at, seen.config) == ("dlv_1", NOON, "v1")
    assert [(c.channel, c.chosen, c.reason) for c in seen.candidates] == [("email", False, Reason.SUPPRESSED_BOUNCE), ("sms", True, None)]
    verdict = seen.candidates[0].verdicts[1]
    assert (verdict.policy, verdict.verdict, verdict.source, verdict.inputs, verdict.reason) == (
        "suppression", "withhold", "mail 5.1.1", {"listed": True}, Reason.SUPPRESSED_BOUNCE,
    )  # fmt: skip
    assert all(candidate.verdicts[0].inputs == ALLOW.inputs for candidate in seen.candidates)


def test_a_record_of_an_older_wasl_is_still_read() -> None:
    verdicts = [
        ["expiry", "a", "message.expires_in", {"expires_at": "x"}],
        ["suppression", "w", "mail 5.1.1", {"listed": True}, "suppressed_bounce"],
        ["quiet_hours", "d", "wasl.toml:12", {}, "quiet_hours", DEFER.until.isoformat()],
    ]

    seen = decode(json.dumps([["email", "a•••@e•••.com", 0, verdicts], ["sms", "+9665•••••67", 1, verdicts[:1]]]), OF)

    assert (seen.at, seen.config) == (OF.at, "v0")
    assert [(c.channel, c.chosen, c.reason) for c in seen.candidates] == [("email", False, Reason.SUPPRESSED_BOUNCE), ("sms", True, None)]
    assert [v.verdict for v in seen.candidates[0].verdicts] == ["allow", "withhold", "defer"]
    assert seen.candidates[0].verdicts[2].until == DEFER.until
    assert decode("[]", OF).candidates == ()


def rules(channel: str, row: str) -> tuple[Allow | Withhold | Defer, ...]:
    """What is said of a promotional message by one channel, with consent, quiet hours and three caps."""
    said = {"rule": "opt_in", "said": "granted", "row": row, "topic": "offers", "channel": channel}
    place = {"country": "SA", "zone": "Asia/Riyadh", "zone_of": "recipient", "local": "2026-03-03T03:00:00", "window": "09:00-19:00"}
    caps = [("per-day", 1), ("per-week", 3), ("promotional-month", 8)]
    return (
        Allow("expiry", "message.expires_in", {"expires_at": NOON.isoformat()}),
        Allow("suppression", "suppressions", {"listed": False}),
        Allow("consent", f"consent {row}", said),
        Defer("quiet_hours", "calendars/sa.toml text (checked 2026-11-23)", place, Reason.QUIET_HOURS, NOON + timedelta(hours=6)),
        *(
            Allow("frequency_cap", f"caps.{name}", {"cap": name, "limit": limit, "per": "7d", "counted": 0, "over": channel})
            for name, limit in caps
        ),
    )


def test_a_record_of_three_channels_and_all_kinds_of_rules_takes_less_than_a_kilobyte() -> None:
    ways = [candidate(channel=channel, providers=(f"{channel}-one", f"{channel}-two")) for channel in ("email", "sms", "chat")]
    rows = [f"con_064bf535af1002{random.Random(place).getrandbits(72):018x}" for place in range(3)]
    record = Record("v" * 32, NOON, tuple(Judged(way, rules(way.channel, row)) for way, row in zip(ways, rows, strict=True)))

    stored = record.stored()
    short = Record("v" * 32, NOON, record.judged[:1]).stored()

    assert (len(stored.encode()) <= 1024, stored.startswith("z1"), short[0]) == (True, True, "[")
    assert [
        [(one.policy, one.source, one.inputs) for one in seen.verdicts] for seen in decode(stored, OF).candidates
    ] == [[(one.policy, one.source, one.inputs) for one in judged.verdicts] for judged in record.judged]  # fmt: skip


def test_a_packed_record_that_is_on_disk_is_read_for_ever() -> None:
    assert json.loads(whole(PACKED)) == [2, "v1", 1772377200012345, [["sms", "+9665•••••67", 1, [["s", "a", "s", {"l": False}]], ["text"]]]]


def test_a_deferral_keeps_its_moment() -> None:
    (verdict,) = read(Judged(MAIL, (DEFER,))).candidates[0].verdicts

    assert (verdict.verdict, verdict.until, verdict.reason) == ("defer", NOON + timedelta(hours=8), Reason.QUIET_HOURS)


def test_addresses_are_stored_masked() -> None:
    stored = Record("v1", NOON, (Judged(MAIL, (ALLOW,)), Judged(TEXT, (ALLOW,)))).stored()

    assert "ann@" not in stored
    assert "501234567" not in stored


def test_what_speaks_against_a_candidate_is_the_withholding_then_the_longest_deferral() -> None:
    longer = Defer("cap", "test", {}, Reason.FREQUENCY_CAP, NOON + timedelta(days=2))

    assert Judged(MAIL, (ALLOW,)).against is None
    assert Judged(MAIL, (DEFER, WITHHOLD, longer)).against == WITHHOLD
    assert Judged(MAIL, (DEFER, longer)).against == longer


def test_the_reason_of_a_candidate_is_of_what_speaks_against_it() -> None:
    assert read(Judged(MAIL, (DEFER, WITHHOLD))).candidates[0].reason is Reason.SUPPRESSED_BOUNCE
    assert read(Judged(MAIL, (DEFER, ALLOW))).candidates[0].reason is Reason.QUIET_HOURS


def test_every_provider_is_told_with_how_it_stood() -> None:
    stood = ((Stood("mail", "refused"),), (Stood("text", "resting", Reason.PROVIDER_FAILING, NOON + timedelta(minutes=1)), Stood("spare")))

    seen = read(Judged(MAIL, (ALLOW,)), Judged(TEXT, (ALLOW,)), stood=stood, chosen=TEXT, provider="spare")

    mail, (text, spare) = seen.candidates[0].providers, seen.candidates[1].providers
    assert [(one.name, one.verdict) for one in (*mail, text, spare)] == [("mail", "refused"), ("text", "resting"), ("spare", "chosen")]
    assert (text.reason, text.until) == (Reason.PROVIDER_FAILING, NOON + timedelta(minutes=1))
    assert text.counterfactual is not None
    assert text.counterfactual.sentences["en"] == "Possible from 12:01 UTC on, when text is called again."


def test_a_channel_without_a_way_is_in_the_record() -> None:
    seen = read(Judged(MAIL, (ALLOW,)), missed=(Missed("sms", Reason.NO_ADDRESS),), chosen=MAIL, provider="mail")

    gone = seen.candidates[1]
    assert (gone.channel, gone.address, gone.chosen, gone.reason, gone.verdicts) == ("sms", None, False, Reason.NO_ADDRESS, ())
    assert gone.counterfactual is not None
    assert gone.counterfactual.code == "address_added"


def test_a_deferral_tells_when_it_would_be_allowed_in_english_and_arabic() -> None:
    change = read(Judged(MAIL, (DEFER,))).candidates[0].counterfactual

    assert change is not None
    assert (change.code, change.params["until"]) == ("allowed_at", DEFER.until.isoformat())
    assert change.sentences == {"en": "Allowed at 23:00 Riyadh.", "ar": "يُسمح به في \u206823:00 الرياض\u2069."}


def test_every_reason_that_a_policy_or_a_route_may_give_says_what_would_change_it() -> None:
    for reason in Reason:
        for until in (None, NOON + timedelta(days=1)):
            change = counterfactual(Against(reason, until), NOON, channel="sms", topic="offers", provider="text")
            assert set(change.sentences) == {"en", "ar"}
            assert "…" not in change.sentences["en"] + change.sentences["ar"], (reason, change)


@pytest.mark.parametrize(
    ("against", "said"),
    [
        (
            Against(Reason.FREQUENCY_CAP, None, {"cap": "week", "limit": 3, "per": "7d"}),
            "Allowed when fewer than 3 of the cap week were sent in 7d.",
        ),
        (
            Against(Reason.FREQUENCY_CAP, NOON + timedelta(hours=2), {"cap": "week"}),
            "Allowed at 14:00 UTC, when the cap week has room again.",
        ),
        (
            Against(Reason.SUPPRESSED_BOUNCE, None, {"expires_at": "2026-03-02T12:00:00+00:00"}),
            "Allowed when the suppression of this address for sms ends at 2026-03-02 12:00 UTC, or is lifted before.",
        ),
        (
            Against(Reason.EXPIRED, None, {"opens": "2026-03-01T15:00:00+00:00", "zone": "Asia/Riyadh"}),
            "Allowed if it could wait until 18:00 Riyadh.",
        ),
        (
            Against(Reason.DUPLICATE, NOON, {"message": "msg_1", "standing": "waiting"}),
            "Allowed if the message msg_1, which tells the same, does not go.",
        ),
    ],
)
def test_a_counterfactual_tells_the_numbers_and_moments_that_it_speaks_of(against: Against, said: str) -> None:
    assert counterfactual(against, NOON, channel="sms", topic="offers").sentences["en"] == said
