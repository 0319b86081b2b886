"""AWS's own vectors: the Signature Version 4 test suite (aws-sig-v4-test-suite.zip of the AWS General Reference, 2015-08-30)."""

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from wasl_ses.sigv4 import Signer

AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
SECRET = SecretStr("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi"
    "/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPk"
    "UL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("method", "headers", "body", "token", "names", "signature"),
    [
        ("GET", {}, b"", None, "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", {}, b"", None, "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "POST",
            FORM,
            b"Param1=value1",
            None,
            "content-type;host;x-amz-date",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
        (
            "POST",
            {},
            b"",
            SecretStr(TOKEN),
            "host;x-amz-date;x-amz-security-token",
            "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
        ),
    ],
    ids=["get-vanilla", "post-vanilla", "post-x-www-form-urlencoded", "post-sts-header-before"],
)
def test_a_request_is_signed_as_amazon_signs_it(
    method: str, headers: dict[str, str], body: bytes, token: SecretStr | None, names: str, signature: str
) -> None:
    signer = Signer("AKIDEXAMPLE", SECRET, token, "us-east-1", "service")

    signed = signer.signed(method, "https://example.amazonaws.com/", headers, body, AT)

    assert signed["X-Amz-Date"] == "20150830T123600Z"
    assert signed["Authorization"] == (
        f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={names}, Signature={signature}"
    )
    assert signed.get("X-Amz-Security-Token") == (TOKEN if token else None)
