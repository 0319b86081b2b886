"""Twilio's signatures. The vectors are those that Twilio publishes with its SDK.

Source: twilio/twilio-python, tests/unit/test_request_validator.py (commit 30368b0, read 2026-11-23). The one for HMAC_SHA256 has no
published vector; it is made with the SDK 9.13.0, in which Twilio brought it in.
"""

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from multidict import CIMultiDict, MultiDict
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from wasl_contracts import BadSignature, Callback
from wasl_twilio.proof import Proof

URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FIELDS = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}
FORM = urlencode(FIELDS).encode()
JSON = b'{"property": "value", "boolean": true}'
DIGEST = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
SHARED = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"


def callback(url: str, body: bytes, signature: str | None, settings: str | None = None) -> Callback:
    headers = CIMultiDict({"X-Twilio-Signature": signature, "X-Twilio-Webhooks-Signature-Settings": settings})
    return Callback("POST", url, CIMultiDict({k: v for k, v in headers.items() if v is not None}), body, datetime.now(UTC))


@pytest.fixture
def proof() -> Proof:
    return Proof(SecretStr("12345"), None)


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        (URL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (URL.replace(".com", ".com:1234"), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (URL.replace(".com", ".com:1234").replace("https", "http"), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        (URL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (URL.replace("https", "http"), "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    ],
    ids=["as it is", "without its port", "http with its port", "with port 443", "with port 80"],
)
def test_a_form_that_twilio_has_signed_is_read(proof: Proof, url: str, signature: str) -> None:
    assert dict(proof.form(callback(url, FORM, signature))) == FIELDS


def test_a_field_that_is_there_twice_is_signed_twice(proof: Proof) -> None:
    body = b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234"

    assert len(proof.form(callback(URL, body, "IK+Dwps556ElfBT0I3Rgjkr1wJU="))) == 4


def test_of_a_json_body_its_digest_in_the_url_is_signed(proof: Proof) -> None:
    signed = callback(f"{URL}&bodySHA256={DIGEST}", JSON, "a9nBmqA0ju/hNViExpshrM61xv4=")

    assert not proof.form(signed)


@pytest.mark.parametrize("body", [JSON + b" ", b"", FORM])
def test_a_json_body_that_was_changed_is_refused(proof: Proof, body: bytes) -> None:
    with pytest.raises(BadSignature):
        proof.form(callback(f"{URL}&bodySHA256={DIGEST}", body, "a9nBmqA0ju/hNViExpshrM61xv4="))


def test_a_shared_key_signs_by_its_own_algorithm() -> None:
    signature = RequestValidator("shared").compute_signature(URL, MultiDict(FIELDS), "HMAC_SHA256")
    both = Proof(SecretStr("12345"), SecretStr("shared"))

    assert both.form(callback(URL, FORM, signature, SHARED))
    assert both.form(callback(URL, FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8="))
    with pytest.raises(BadSignature):
        both.form(callback(URL, FORM, signature))


@pytest.mark.parametrize("settings", [SHARED, "key=a,algorithm=NONE", "key=a", "algorithm=", ",,=", "é"])
def test_a_shared_key_that_was_never_set_proves_nothing(proof: Proof, settings: str) -> None:
    with pytest.raises(BadSignature):
        proof.form(callback(URL, FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", settings))


def test_an_algorithm_that_twilio_does_not_have_proves_nothing() -> None:
    both = Proof(SecretStr("12345"), SecretStr("12345"))

    with pytest.raises(BadSignature):
        both.form(callback(URL, FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "key=a,algorithm=NONE"))


@pytest.mark.parametrize("signature", [None, "", "é", "\udcff", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "A" * 5000])
def test_junk_in_place_of_a_signature_is_refused(proof: Proof, signature: str | None) -> None:
    with pytest.raises(BadSignature):
        proof.form(callback(URL, FORM, signature))


@pytest.mark.parametrize(
    "url", [URL.replace("foo=1", "foo=2"), URL + "\udcff", URL.replace(".com", ".com:99999"), "https://[mycompany.com/", ""]
)
def test_another_url_is_refused(proof: Proof, url: str) -> None:
    with pytest.raises(BadSignature):
        proof.form(callback(url, FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8="))


def test_more_fields_than_twilio_posts_are_not_looked_at(proof: Proof) -> None:
    fields = MultiDict((f"{number:x}", "1") for number in range(501))
    signature = RequestValidator("12345").compute_signature(URL, fields)

    with pytest.raises(BadSignature):
        proof.form(callback(URL, urlencode(list(fields.items())).encode(), signature))
