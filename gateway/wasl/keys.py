"""The key ring: one secret per key id, from which the keys for hashing, encrypting and signing derive.

The first start writes it beside the database (file mode 0600), unless WASL_KEYS holds it. Hashes and ciphertexts begin with the id of
their key, so that a new key can be added while old values stay readable. What is looked up by a hash or recognised by a signature
(suppressed addresses, API keys) must come out the same for ever, so these stay with the oldest key; what is encrypted goes over to the
current one.
"""

import base64
import hmac
import json
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from wasl.errors import Unusable

_NONCE = 12  # bytes, NIST SP 800-38D section 8.2.1
_HASH = 16  # bytes kept of HMAC-SHA256: 128 bits, NIST SP 800-107 section 5.3.4


class KeyRing:
    """Keyed hashes and signatures with the oldest key, authenticated encryption with the current one. Its repr shows no key."""

    def __init__(self, keys: Mapping[int, bytes], current: int) -> None:
        self._keys = {
            key_id: {use: hmac.digest(secret, use, "sha256") for use in (b"hash", b"seal", b"sign", b"nonce", b"digest", b"witness")}
            for key_id, secret in keys.items()
        }
        self._ciphers = {key_id: AESGCM(uses[b"seal"]) for key_id, uses in self._keys.items()}
        self.current = current
        self._oldest = min(self._keys)
        self._hashing = HMAC(self._keys[self._oldest][b"hash"], SHA256())  # copied for each: hmac.digest takes three times as long

    def hash(self, text: str) -> str:
        """A keyed hash by which something is found without being stored: key id (1 byte) and 16 bytes, in hexadecimal."""
        hashing = self._hashing.copy()
        hashing.update(text.encode())
        return (bytes([self._oldest]) + hashing.finalize()[:_HASH]).hex()

    def digest(self, content: bytes, key_id: int | None = None) -> str:
        """A keyed digest that tells whether two contents are the same, and to nobody else what they are. It looks as `hash` does.

        With the current key, or another one of the ring, such as that of an older digest (`key_of`).
        """
        key_id = self.current if key_id is None else key_id
        return (bytes([key_id]) + hmac.digest(self._keys[key_id][b"digest"], content, "sha256")[:_HASH]).hex()

    def key_of(self, digest: str) -> int | None:
        """The key with which a digest was made; None where it is not in the ring any more."""
        key_id = int(digest[:2], 16)
        return key_id if key_id in self._keys else None

    def seal(self, plain: bytes, about: bytes) -> bytes:
        """Encrypt (AES-256-GCM). `about` is not secret, but must be the same when it is opened."""
        return self._sealed(os.urandom(_NONCE), plain, about)

    def seal_alike(self, plain: bytes, about: bytes) -> bytes:
        """Encrypt so that the same comes out each time, until there is a new key; whoever sees two knows whether they say the same."""
        # The nonce is a keyed hash of all that goes in (RFC 5297 section 2), so no other text ever meets it.
        said = len(about).to_bytes(4, "big") + about + plain
        return self._sealed(hmac.digest(self._keys[self.current][b"nonce"], said, "sha256")[:_NONCE], plain, about)

    def _sealed(self, nonce: bytes, plain: bytes, about: bytes) -> bytes:
        return bytes([self.current]) + nonce + self._ciphers[self.current].encrypt(nonce, plain, about)

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """Decrypt what `seal` made.

        Raises:
            Unusable: the key is not in the ring, or the value was changed.
        """
        try:
            return self._ciphers[sealed[0]].decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], about)
        except (KeyError, IndexError, ValueError, InvalidTag):
            raise Unusable("A stored value does not open with this key ring; put back the key file that belongs to the database.") from None

    def sign(self, payload: bytes) -> bytes:
        """A 16-byte MAC, for API keys and cursors."""
        return hmac.digest(self._keys[self._oldest][b"sign"], payload, "sha256")[:_HASH]

    def witness_key(self) -> Ed25519PrivateKey:
        """The key with which the newest entry of the audit is signed. It is made from the oldest key, and so is always the same."""
        return Ed25519PrivateKey.from_private_bytes(self._keys[self._oldest][b"witness"])

    def check_values(self) -> dict[int, bytes]:
        """For each key id, a value that the ledger keeps to recognise the same key again."""
        return {key_id: hmac.digest(uses[b"sign"], b"wasl key check", "sha256")[:_HASH] for key_id, uses in self._keys.items()}


def _written(keys: Mapping[int, bytes], current: int) -> str:
    return json.dumps({"current": current, "keys": {str(key_id): base64.b64encode(key).decode() for key_id, key in keys.items()}})


def _read(text: str | bytes, where: str) -> KeyRing:
    try:
        found = json.loads(text)
        keys = {int(key_id): base64.b64decode(key, validate=True) for key_id, key in found["keys"].items()}
        if found["current"] not in keys or any(len(key) < 32 for key in keys.values()) or not all(0 < key_id < 256 for key_id in keys):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unusable(
            f"The key ring in {where} cannot be read; restore it from your backup. A new one would not open what is stored."
        ) from None
    return KeyRing(keys, found["current"])


def open_ring(path: Path, environ: Mapping[str, str], *, create: bool = True) -> KeyRing:
    """The key ring from WASL_KEYS or from the file, which is made if it is not there and `create` allows it.

    Raises:
        Unusable: it cannot be read or written.
    """
    if text := environ.get("WASL_KEYS"):
        return _read(text, "WASL_KEYS")
    if not create and not path.exists():
        raise Unusable(f"The key file {path} is missing, and what is stored does not open without it; restore it from your backup.")
    try:
        _create(path)
        return _read(path.read_bytes(), str(path))
    except OSError as error:
        raise Unusable(f"The key file {path} cannot be used: {error.strerror}. Make its folder writable for this user.") from None


def _create(path: Path) -> None:
    # Written under another name and linked into place: another process sees the whole file or none, and the first one wins.
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{os.urandom(8).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w") as file:
            file.write(_written({1: os.urandom(32)}, 1))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
        _sync(path.parent)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _sync(folder: Path) -> None:
    """Make a new name in the folder survive a power cut: without its keys the database is unreadable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
