from tests.gateway.scripted import NOON, candidate
from wasl.policies.superseded import judge
from wasl.policies.verdict import Allow, Inputs, Withhold
from wasl_contracts import Reason


def test_what_nothing_replaced_is_allowed() -> None:
    assert judge(candidate(about="order-1042"), Inputs(), NOON) == Allow("superseded", "message.about", {})


def test_what_was_replaced_is_withheld_and_names_the_newer_one() -> None:
    inputs = Inputs(superseded={("default", "msg_1"): "msg_2"})

    assert judge(candidate(), inputs, NOON) == Withhold("superseded", "message msg_2", {"by": "msg_2"}, Reason.SUPERSEDED)


def test_another_message_or_brand_does_not_matter() -> None:
    inputs = Inputs(superseded={("default", "msg_2"): "msg_3", ("other", "msg_1"): "msg_3"})

    assert isinstance(judge(candidate(), inputs, NOON), Allow)
