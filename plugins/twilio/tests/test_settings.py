from collections.abc import Callable

import pytest
from pydantic import ValidationError


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ("account_sid", "SK" + "0" * 32),
        ("auth_token", ""),
        ("sender", "twelve chars"),
        ("sender", "ACME; DROP"),
        ("sender", "وصل"),
        ("sender", "+0123456789"),
        ("base_url", "api.twilio.com"),
        ("status_callback", "javascript:alert(1)"),
    ],
)
async def test_a_wrong_setting_is_named(connect: Callable, setting: str, wrong: str) -> None:
    with pytest.raises(ValidationError) as raised:
        connect(**{setting: wrong})

    assert raised.value.errors()[0]["loc"] == (setting,)
