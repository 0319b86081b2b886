from tests.gateway.scripted import NOON, candidate
from wasl.policies.suppression import judge
from wasl.policies.verdict import Allow, Inputs, Suppressed, Withhold
from wasl_contracts import Reason

LISTED = Suppressed(Reason.SUPPRESSED_BOUNCE, NOON, "mail 5.1.1")


def test_an_address_that_is_not_listed_is_allowed() -> None:
    assert isinstance(judge(candidate(), Inputs(), NOON), Allow)


def test_a_listed_address_is_withheld_with_the_source_of_the_listing() -> None:
    verdict = judge(candidate(), Inputs({("default", "email", "hash"): LISTED}), NOON)

    assert verdict == Withhold("suppression", "mail 5.1.1", {"listed": True, "since": NOON.isoformat()}, Reason.SUPPRESSED_BOUNCE)


def test_another_brand_channel_or_address_does_not_matter() -> None:
    others = {("other", "email", "hash"): LISTED, ("default", "sms", "hash"): LISTED, ("default", "email", "other"): LISTED}

    assert isinstance(judge(candidate(), Inputs(others), NOON), Allow)
