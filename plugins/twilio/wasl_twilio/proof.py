"""What proves that a callback is Twilio's (https://www.twilio.com/docs/usage/webhooks/webhooks-security).

The signature is of the whole public URL and of the form; where the body is JSON, the URL names its digest. It has no time.
"""

from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl, urlparse

from multidict import MultiDict
from pydantic import SecretStr
from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    add_port,
    get_signature_algorithm,
    remove_port,
)

from wasl_contracts import BadSignature, Callback
from wasl_contracts.signing import header, one_of, query, same

_MOST_FIELDS: Final = 500  # Twilio posts dozens; sorting a mebibyte of them for strangers would hold everything up for a second


class Proof:
    """Checks callbacks by the account's token, and by the shared key of Twilio's webhook settings where a callback names one.

    Twilio's own `validate` is not used: it does not compare digests in constant time, and raises TypeError without a signature.
    """

    def __init__(self, auth_token: SecretStr, shared_key: SecretStr | None) -> None:
        self._by_token = RequestValidator(auth_token.get_secret_value())
        self._by_shared_key = RequestValidator(shared_key.get_secret_value()) if shared_key else None

    def form(self, callback: Callback) -> MultiDict[str]:
        """The fields of a callback that Twilio has signed; none where its body is no form.

        Raises:
            BadSignature: it is not Twilio's, or came to another URL than Twilio was told.
        """
        told = header(callback, SIGNATURE_HEADER)
        digest = query(callback, "bodySHA256")
        fields: MultiDict[str] = MultiDict()
        if digest is None:
            fields.extend(_form(callback.body.decode(errors="replace")))
        else:
            same(digest, sha256(callback.body).hexdigest())
        one_of(self._signatures(callback, fields), told.encode(errors="replace"))
        return fields

    def _signatures(self, callback: Callback, fields: MultiDict[str]) -> list[bytes]:
        """The right ones: Twilio signs some URLs with their port and others without."""
        settings = callback.headers.get(SIGNATURE_SETTINGS_HEADER)
        validator = self._by_shared_key if settings else self._by_token
        if validator is None:
            raise BadSignature
        try:
            url, algorithm = urlparse(callback.url), get_signature_algorithm(settings)
            return [validator.compute_signature(written(url), fields, algorithm).encode() for written in (remove_port, add_port)]
        except ValueError:  # no algorithm of Twilio's, or a URL that is none
            raise BadSignature from None


def _form(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise BadSignature from None
