from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.gateway.scripted import NOON, candidate
from wasl.policies.again import judge_again
from wasl.policies.suppression import judge
from wasl.policies.verdict import Allow, Inputs, Suppressed, Withhold
from wasl_contracts import Reason

ROW = "sup_email_" + "0" * 34
HOUR = timedelta(hours=1)


def listed(*rows: Suppressed) -> Inputs:
    return Inputs(suppressed={("default", "email", "hash"): rows})


def suppressed(reason: Reason = Reason.SUPPRESSED_BOUNCE, **fields: Any) -> Suppressed:
    return Suppressed(**{"reason": reason, "since": NOON, "source": "mail 5.1.1", "id": ROW, "brand": "default", **fields})


def test_an_address_that_is_not_listed_is_allowed() -> None:
    assert judge(candidate(), Inputs(), NOON) == Allow("suppression", "suppressions", {"listed": False})


def test_a_listed_address_is_withheld_and_the_verdict_names_source_and_row() -> None:
    verdict = judge(candidate(), listed(suppressed()), NOON)

    inputs = {"listed": True, "reason": "suppressed_bounce", "row": ROW, "since": NOON.isoformat()}
    assert verdict == Withhold("suppression", "mail 5.1.1", inputs, Reason.SUPPRESSED_BOUNCE)


def test_another_brand_channel_or_address_does_not_matter() -> None:
    row = [suppressed()]
    others = {("other", "email", "hash"): row, ("default", "sms", "hash"): row, ("default", "email", "other"): row}

    assert isinstance(judge(candidate(), Inputs(suppressed=others), NOON), Allow)


@pytest.mark.parametrize("brand", ["default", "*"])
@pytest.mark.parametrize(
    ("ends", "holds"), [(None, True), (HOUR, True), (timedelta(microseconds=1), True), (timedelta(0), False), (-HOUR, False)]
)
@pytest.mark.parametrize("category", ["otp", "transactional", "service", "promotional"])
@pytest.mark.parametrize("scope", ["", "service", "promotional"])
def test_a_row_holds_for_its_scope_until_it_expires_whichever_list_it_is_on(
    brand: str, ends: timedelta | None, holds: bool, category: str, scope: str
) -> None:
    row = suppressed(scope=scope, brand=brand, expires_at=NOON + ends if ends is not None else None)

    verdict = judge(candidate(category=category), listed(row), NOON)

    assert isinstance(verdict, Withhold) == (holds and scope in ("", category))
    assert judge_again("suppression", verdict.inputs, NOON).reason is getattr(verdict, "reason", None)
    if isinstance(verdict, Withhold):
        told = {"scope": scope or None, "brand": "*" if brand == "*" else None}
        assert {name: verdict.inputs.get(name) for name in told} == told
        assert verdict.inputs.get("expires_at") == (row.expires_at.isoformat() if row.expires_at else None)


def test_of_several_rows_the_same_one_is_named_whatever_their_order_the_gravest_first() -> None:
    rows = (
        suppressed(Reason.SUPPRESSED_COMPLAINT, scope="promotional", brand="*"),
        suppressed(Reason.SUPPRESSED_UNSUBSCRIBE),
        suppressed(Reason.SUPPRESSED_BOUNCE, brand="*"),
        suppressed(Reason.SUPPRESSED_MANUAL, since=NOON - HOUR),
    )

    verdicts = [judge(candidate(category="promotional"), listed(*order), NOON) for order in permutations(rows)]

    assert {getattr(verdict, "reason", None) for verdict in verdicts} == {Reason.SUPPRESSED_COMPLAINT}
    assert all(verdict == verdicts[0] for verdict in verdicts)


def test_a_row_that_does_not_hold_hides_none_that_does() -> None:
    over = suppressed(Reason.SUPPRESSED_COMPLAINT, expires_at=NOON)
    elsewhere = suppressed(Reason.SUPPRESSED_UNSUBSCRIBE, scope="promotional")

    verdict = judge(candidate(category="service"), listed(over, elsewhere, suppressed(Reason.SUPPRESSED_INVALID)), NOON)

    assert isinstance(verdict, Withhold)
    assert verdict.reason is Reason.SUPPRESSED_INVALID
