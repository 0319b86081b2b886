from datetime import timedelta
from pathlib import Path

import pytest

from tests.gateway.scripted import EMAIL, NOON, PHONE, Carrier, claimed, envelope, specs
from wasl.deciding import Deciding, Go, Stop, Wait
from wasl.decisions import Missed
from wasl.policies import Policies
from wasl.policies.verdict import Allow, Candidate, Defer, Inputs, Policy, Suppressed, Verdict, Withhold
from wasl.routing import Routing
from wasl_contracts import Address, Reason, State

DEVICES = tuple(Address(channel="push", kind="fcm_token", value=token) for token in ("a", "b", "c"))
LATER = NOON + timedelta(hours=9)


def hashed(address: Address) -> str:
    return address.value


def suppressed(*addresses: Address) -> Inputs:
    row = Suppressed(Reason.SUPPRESSED_BOUNCE, NOON, "test", "sup_test")
    return Inputs({("default", address.channel, address.value): [row] for address in addresses})


@pytest.fixture
def deciding(tmp_path: Path) -> Deciding:
    loaded = specs(tmp_path, {"mail": Carrier("email"), "text": Carrier("sms"), "device": Carrier("push")})
    routing = Routing(loaded.config.channels, {name: loaded[name] for name in loaded.plugins})
    return Deciding(routing, Policies(loaded.config), hashed)


def with_policies(deciding: Deciding, *policies: Policy) -> None:
    """In place of the real ones."""
    deciding._policies.all = policies


def ask(deciding: Deciding, given, inputs: Inputs | None = None, now=NOON):  # type: ignore[no-untyped-def]
    return deciding.decide(given, deciding.candidates(given), inputs or Inputs(), now)


def channels(candidates: tuple[Candidate, ...]) -> list[str]:
    return [candidate.channel for candidate in candidates]


def test_the_first_channel_goes_and_the_others_may_follow(deciding: Deciding) -> None:
    go = ask(deciding, claimed())

    assert isinstance(go, Go)
    assert (go.chosen.address, channels(go.others), go.siblings) == (EMAIL, ["sms"], ())
    assert [len(judged.verdicts) for judged in go.judged] == [len(deciding._policies.all)] * 2


def test_a_suppressed_address_makes_way_for_the_next_channel_and_is_in_the_record(deciding: Deciding) -> None:
    go = ask(deciding, claimed(), suppressed(EMAIL))

    assert isinstance(go, Go)
    assert (go.chosen.address, channels(go.others)) == (PHONE, [])
    against = go.judged[0].against
    assert against is not None
    assert against.reason is Reason.SUPPRESSED_BOUNCE


def test_a_channel_of_the_route_without_a_way_is_told_with_its_reason(deciding: Deciding) -> None:
    fax = Address(channel="push", kind="pager", value="4711")
    given = envelope(addresses=(EMAIL, fax), channels=("fax", "push", "sms", "email"))

    go = ask(deciding, claimed(given))

    assert isinstance(go, Go)
    assert go.missed == (
        Missed("fax", Reason.CHANNEL_DISABLED), Missed("push", Reason.UNROUTABLE), Missed("sms", Reason.NO_ADDRESS),
    )  # fmt: skip


def test_when_nothing_may_go_it_is_withheld_with_the_reason_of_the_first(deciding: Deciding) -> None:
    stop = ask(deciding, claimed(), suppressed(EMAIL, PHONE))

    assert stop == Stop(stop.judged, State.WITHHELD, Reason.SUPPRESSED_BOUNCE, at=NOON)
    assert len(stop.judged) == 2


def test_what_is_too_old_expires_whatever_else_holds(deciding: Deciding) -> None:
    given = claimed(envelope(expires_at=NOON))

    for inputs in (Inputs(), suppressed(EMAIL, PHONE)):
        stop = ask(deciding, given, inputs)
        assert isinstance(stop, Stop)
        assert (stop.state, stop.reason) == (State.EXPIRED, Reason.EXPIRED)


def test_without_an_address_there_is_no_way(deciding: Deciding) -> None:
    for audience, reason in (("person", Reason.NO_ADDRESS), ("group", Reason.UNROUTABLE)):
        stop = ask(deciding, claimed(envelope(addresses=(), audience=audience)))
        assert stop == Stop((), State.FAILED, reason, at=NOON, missed=stop.missed)
        assert stop.missed == (Missed("email", Reason.NO_ADDRESS), Missed("sms", Reason.NO_ADDRESS))


def test_a_channel_that_is_gone_is_told_as_such(deciding: Deciding) -> None:
    stop = ask(deciding, claimed(envelope(channels=("fax",), mode="all"), channel="fax"))

    assert stop == Stop((), State.FAILED, Reason.CHANNEL_DISABLED, at=NOON, missed=(Missed("fax", Reason.CHANNEL_DISABLED),))


def test_all_devices_of_a_person_are_opened_by_the_first(deciding: Deciding) -> None:
    given = envelope(addresses=(*DEVICES, EMAIL), channels=("push", "email"))

    go = ask(deciding, claimed(given), suppressed(DEVICES[1]))

    assert isinstance(go, Go)
    assert (go.chosen.address, [c.address for c in go.siblings], channels(go.others)) == (DEVICES[0], [DEVICES[2]], ["email"])


def test_a_device_of_its_own_opens_no_others(deciding: Deciding) -> None:
    given = envelope(addresses=(*DEVICES, EMAIL), channels=("push", "email"))

    go = ask(deciding, claimed(given, number=102, channel="push", address_hash="b"))

    assert isinstance(go, Go)
    assert (go.chosen.address, go.siblings, channels(go.others)) == (DEVICES[1], (), ["email"])


def test_a_delivery_that_has_settled_never_changes_its_channel_but_names_who_could_take_over(deciding: Deciding) -> None:
    stop = ask(deciding, claimed(channel="email", address_hash=EMAIL.value, attempts=1), suppressed(EMAIL))

    assert isinstance(stop, Stop)
    assert (stop.state, stop.reason, channels(stop.others)) == (State.WITHHELD, Reason.SUPPRESSED_BOUNCE, ["sms"])


def test_of_all_channels_each_delivery_keeps_to_its_own(deciding: Deciding) -> None:
    go = ask(deciding, claimed(envelope(mode="all"), number=2, channel="sms"))

    assert isinstance(go, Go)
    assert (go.chosen.address, go.others) == (PHONE, ())


def test_a_successor_does_not_try_again_what_failed(deciding: Deciding) -> None:
    go = ask(deciding, claimed(number=2, tried=("email",)))

    assert isinstance(go, Go)
    assert (go.chosen.address, go.others) == (PHONE, ())


def test_what_may_have_been_sent_has_no_other_way(deciding: Deciding) -> None:
    given = claimed(channel="email", address_hash=EMAIL.value, attempts=1, unproven=True)

    go = ask(deciding, given)
    assert isinstance(go, Go)
    assert (go.chosen.address, go.others) == (EMAIL, ())

    stop = ask(deciding, given, suppressed(EMAIL))
    assert isinstance(stop, Stop)
    assert stop.others == ()

    moved = claimed(channel="email", address_hash="an older address", attempts=1, unproven=True)
    assert deciding.candidates(moved) == []


def test_a_deferral_waits_until_its_soonest_end_and_never_beyond_expiry(deciding: Deciding) -> None:
    until = {"email": LATER, "sms": LATER - timedelta(hours=1)}

    def quiet(candidate: Candidate, _inputs: Inputs, _now: object) -> Verdict:
        return Defer("quiet", "test", {}, Reason.QUIET_HOURS, until[candidate.channel])

    with_policies(deciding, quiet)

    wait = ask(deciding, claimed())
    assert wait == Wait(wait.judged, LATER - timedelta(hours=1), Reason.QUIET_HOURS, at=NOON)

    short = ask(deciding, claimed(envelope(expires_at=NOON + timedelta(minutes=1))))
    assert isinstance(short, Wait)
    assert short.until == NOON + timedelta(minutes=1)


def test_of_several_verdicts_the_withholding_one_counts_and_then_the_longest_deferral(deciding: Deciding) -> None:
    def defer(hours: int):  # type: ignore[no-untyped-def]
        return lambda *_: Defer("d", "test", {}, Reason.QUIET_HOURS, NOON + timedelta(hours=hours))

    real = deciding._policies.all
    with_policies(deciding, defer(1), defer(3), lambda *_: Allow("a", "test", {}))
    wait = ask(deciding, claimed())
    assert isinstance(wait, Wait)
    assert wait.until == NOON + timedelta(hours=3)

    with_policies(deciding, defer(1), *real)
    stop = ask(deciding, claimed(), suppressed(EMAIL, PHONE))
    assert isinstance(stop, Stop)
    assert stop.state is State.WITHHELD


def test_deciding_twice_is_deciding_the_same(deciding: Deciding) -> None:
    assert ask(deciding, claimed(), suppressed(EMAIL)) == ask(deciding, claimed(), suppressed(EMAIL))


def until_expiry(candidate: Candidate, _inputs: Inputs, _now: object) -> Verdict:
    """Text messages could only go after their end; other channels may be used."""
    late = Withhold("quiet_hours", "calendar", {"opens": None}, Reason.EXPIRED)
    return late if candidate.channel == "sms" else Allow("quiet_hours", "calendar", {})


def test_what_could_only_go_after_its_end_expires_now(deciding: Deciding) -> None:
    with_policies(deciding, until_expiry)

    stop = ask(deciding, claimed(envelope(channels=("sms",))))

    assert isinstance(stop, Stop)
    assert (stop.state, stop.reason, stop.others) == (State.EXPIRED, Reason.EXPIRED, ())


def test_before_it_expires_another_channel_of_its_route_is_used(deciding: Deciding) -> None:
    with_policies(deciding, until_expiry)

    go = ask(deciding, claimed(envelope(channels=("sms", "email"))))
    opened = ask(deciding, claimed(envelope(channels=("sms", "email")), channel="sms", lane="sms", address_hash=PHONE.value))

    assert isinstance(go, Go)
    assert go.chosen.channel == "email"
    assert isinstance(opened, Stop)
    assert (opened.state, channels(opened.others)) == (State.EXPIRED, ["email"])
