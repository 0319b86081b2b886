"""DKIM signatures (RFC 6376, RFC 8463), made with `cryptography`: the usual library takes ten times as long for RSA."""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_SMALLEST_RSA = 2048  # bits; RFC 8301 section 3.2
# Each is named once more than it stands in the mail, so that nobody can add another one: of these also where there is none at all,
_ALWAYS = ("from", "to", "cc", "subject", "reply-to")
# and of these, which a mailing list may add, only where there is one. RFC 8058 section 4 wants both List-Unsubscribe headers signed.
_WHERE_PRESENT = (
    *("date", "message-id", "mime-version", "content-type", "content-language", "in-reply-to", "references", "auto-submitted"),
    *("list-id", "list-unsubscribe", "list-unsubscribe-post", "feedback-id"),
)
_SIGNED = frozenset((*_ALWAYS, *_WHERE_PRESENT))
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:([^\r]*(?:\r\n[ \t][^\r]*)*)\r\n")
_SPACES = re.compile(rb"[ \t]+")
_FOLD_AT = 72


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A private key and where its public half stands: in the TXT record of `<selector>._domainkey.<domain>`."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, signed: bytes) -> bytes:
        """The signature of canonical headers."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(signed, PKCS1v15(), hashes.SHA256())
        return self.private.sign(sha256(signed).digest())  # RFC 8463 section 3: Ed25519 over the hash


def private_key(pem: str) -> RSAPrivateKey | Ed25519PrivateKey:
    """The key in a PEM text.

    Raises:
        ValueError: it holds none that may sign; the text says why, and nothing of the key.
    """
    try:
        found = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("holds no private key as unencrypted PEM; make one with: openssl genrsa 2048") from None
    if isinstance(found, Ed25519PrivateKey) or (isinstance(found, RSAPrivateKey) and found.key_size >= _SMALLEST_RSA):
        return found
    raise ValueError("is neither an RSA key of at least 2048 bits nor an Ed25519 key; others verify nowhere")


def signatures(message: bytes, keys: Sequence[Key]) -> bytes:
    """The DKIM-Signature headers to put before a mail, one for each key; the same mail and keys always give the same ones.

    `message` ends each of its lines with CRLF. They cover its body and the headers that say who sent what to whom.
    """
    end = message.index(b"\r\n\r\n") + 2
    fields = [(name.lower(), value) for name, value in _FIELD.findall(message, 0, end)]
    names, head = _signed(fields)
    body_hash = b64encode(sha256(_relaxed_body(message, end + 2)).digest()).decode()
    return b"".join(_signature(key, names, head, body_hash) for key in keys)


def _signature(key: Key, names: Sequence[str], head: bytes, body_hash: str) -> bytes:
    tags = f"v=1; a={key.algorithm}; c=relaxed/relaxed; d={key.domain}; s={key.selector};"
    unsigned = f" {tags}\r\n bh={body_hash};\r\n h={_folded(names)};\r\n b=".encode()
    signature = b64encode(key.sign(head + b"dkim-signature:" + _relaxed(unsigned))).decode()
    lines = [signature[start : start + _FOLD_AT] for start in range(0, len(signature), _FOLD_AT)]
    return b"DKIM-Signature:" + unsigned + "\r\n ".join(lines).encode() + b"\r\n"


def _signed(fields: Sequence[tuple[bytes, bytes]]) -> tuple[list[str], bytes]:
    """The names for the tag h=, and the canonical headers that they name: of several with one name the last first (section 5.4.2)."""
    names: list[str] = []
    head: list[bytes] = []
    for name, value in reversed(fields):
        if (known := name.decode()) in _SIGNED:
            names.append(known)
            head.append(name + b":" + _relaxed(value) + b"\r\n")
    names += [name for name in _WHERE_PRESENT if name in names]
    return [*names, *_ALWAYS], b"".join(head)


def _folded(names: Sequence[str]) -> str:
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) > _FOLD_AT:
            lines.append("")
        lines[-1] += f"{name}:"
    return "\r\n ".join(lines).removesuffix(":")


def _relaxed(value: bytes) -> bytes:
    """Section 3.4.2."""
    return _SPACES.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")


def _relaxed_body(message: bytes, start: int) -> bytes:
    """Section 3.4.4. Base64, of which most mails consist, has nothing to change but its end."""
    body = message[start:]
    if b"\t" in body or b"  " in body or b" \r\n" in body:
        body = _SPACES.sub(b" ", body).replace(b" \r\n", b"\r\n")
    lines = body.rstrip(b"\r\n")
    return lines + b"\r\n" if lines else b""
