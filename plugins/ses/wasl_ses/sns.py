"""What SNS posts, and what proves that it did (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html).

The signature is by a certificate whose URL stands in the message, so everything depends on whose URL that is: the topic must be one of
ours, and the URL SNS's own in the topic's region. Only then is anything fetched.
"""

import asyncio
import json
import re
from typing import Final, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from wasl_contracts import BadSignature, Callback, HttpSession, Rejected, Unknown
from wasl_contracts.http import call
from wasl_contracts.signing import from_base64

_RETRIED_FOR: Final = 86_400  # SNS tries for hours after an outage of ours; what it repeats counts once, by its MessageId
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-f]{32}\.pem")
_MOMENT = TypeAdapter(AwareDatetime)
_MOST_KEYS: Final = 32


class Notification(BaseModel):
    """What SNS posts; the names are SNS's. `Message` is what SES published."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    Type: Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]
    MessageId: str
    TopicArn: str
    Message: str
    Timestamp: str
    SignatureVersion: Literal["1", "2"]
    Signature: str
    SigningCertURL: str
    Subject: str | None = None
    Token: str | None = None
    SubscribeURL: str | None = None

    @property
    def host(self) -> str:
        """Where SNS is for the topic."""
        _, partition, _, region, *_ = self.TopicArn.split(":")
        return f"https://sns.{region}.amazonaws.com{'.cn' if partition == 'aws-cn' else ''}"

    def signed(self) -> bytes:
        """The bytes that the signature is of."""
        also = ("Subject",) if self.Type == "Notification" else ("SubscribeURL", "Token")
        told = {name: getattr(self, name) for name in sorted(("Message", "MessageId", "Timestamp", "TopicArn", "Type", *also))}
        return "".join(f"{name}\n{value}\n" for name, value in told.items() if value is not None).encode(errors="replace")


class Notifications:
    """Reads notifications of the topics that are ours. `url` stands in for SNS in tests."""

    def __init__(self, http: HttpSession, topics: frozenset[str], url: str | None) -> None:
        self._http, self._topics, self._url = http, topics, url
        self._keys: dict[str, RSAPublicKey] = {}
        self._fetching = asyncio.Lock()

    async def settle(self, callback: Callback) -> bytes | None:
        """Fetch the certificate that the callback names, where it is new; confirm where it asks to confirm a subscription.

        Raises:
            BadSignature: it is not of a topic of ours, or not signed by SNS.
            ProviderError: SNS could not be asked; it posts again.
        """
        told = self._allowed(callback)
        if told.SigningCertURL not in self._keys:
            await self._learn(told)
        if told.Type == "Notification":
            return None
        self.read(callback)
        if told.Type == "SubscriptionConfirmation":
            await self._confirm(told)
        return b""

    def read(self, callback: Callback) -> Notification:
        """The notification in a callback, once its signature is verified.

        Raises:
            BadSignature: it is not of a topic of ours, or not signed by SNS, or too old.
        """
        told = self._allowed(callback)
        key = self._keys.get(told.SigningCertURL)
        if key is None:
            raise BadSignature
        # SignatureVersion 1 is SHA-1, still SNS's default; the topic's owner chooses.
        digest = SHA1() if told.SignatureVersion == "1" else SHA256()  # noqa: S303 - as above
        try:
            key.verify(from_base64(told.Signature), told.signed(), PKCS1v15(), digest)
            age = callback.at - _MOMENT.validate_python(told.Timestamp)
        except (InvalidSignature, ValidationError):
            raise BadSignature from None
        if abs(age.total_seconds()) > _RETRIED_FOR:
            raise BadSignature
        return told

    def _allowed(self, callback: Callback) -> Notification:
        try:
            # Not model_validate_json: it would convert a stranger's mebibyte once more for each field that is missing.
            told = Notification.model_validate(json.loads(callback.body))
        except (ValueError, RecursionError):  # the proof stands in the body
            raise BadSignature from None
        if told.TopicArn not in self._topics or not told.SigningCertURL.startswith(f"{told.host}/"):
            raise BadSignature
        if not _CERTIFICATE.fullmatch(told.SigningCertURL.removeprefix(told.host)):
            raise BadSignature
        return told

    async def _learn(self, told: Notification) -> None:
        async with self._fetching:  # one at a time: many at once need the same, and junk fetches little
            if told.SigningCertURL not in self._keys:
                kept = [*self._keys.items(), (told.SigningCertURL, await self._key(told))]
                self._keys = dict(kept[-_MOST_KEYS:])

    async def _key(self, told: Notification) -> RSAPublicKey:
        try:
            key = x509.load_pem_x509_certificate(await self._fetched(told, told.SigningCertURL)).public_key()
        except Rejected:  # SNS has no such certificate
            raise BadSignature from None
        except ValueError:
            raise Unknown("certificate") from None
        if not isinstance(key, RSAPublicKey):
            raise Unknown("certificate")
        return key

    async def _confirm(self, told: Notification) -> None:
        url = told.SubscribeURL or ""
        if not url.startswith(f"{told.host}/?Action=ConfirmSubscription&"):
            raise BadSignature
        await self._fetched(told, url)

    async def _fetched(self, told: Notification, url: str) -> bytes:
        answer = await call(
            self._http, "GET", url.replace(told.host, self._url.rstrip("/") if self._url else told.host, 1), body=b"", headers={}
        )
        if not answer.ok:
            raise answer.error({})
        return answer.body
