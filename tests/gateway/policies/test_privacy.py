import pytest

from tests.gateway.scripted import NOON, candidate
from wasl.policies.privacy import judge
from wasl.policies.verdict import Allow, Inputs, Withhold
from wasl_contracts import Reason


@pytest.mark.parametrize("category", ["otp", "transactional", "service", "promotional"])
@pytest.mark.parametrize("private", [True, False])
def test_only_one_time_codes_are_kept_from_where_others_read(category: str, private: bool) -> None:
    verdict = judge(candidate(category=category, private=private), Inputs(), NOON)

    if category == "otp" and not private:
        assert verdict == Withhold("privacy", "kind email", {"private": False, "category": "otp"}, Reason.NOT_PRIVATE)
    else:
        assert verdict == Allow("privacy", "kind email", {"private": private, "category": category})
