"""The witness of the audit: its newest entry, signed (Ed25519), in the log every ten minutes, so that a cut or a new chain shows later.

The log is kept elsewhere than the database, or should be: who changes one does not hold the other.
"""

import asyncio

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wasl.audited import Witness
from wasl.errors import WaslError
from wasl.keys import KeyRing
from wasl.ledger.audit import Audit, Head

_EVERY = 600.0  # seconds
_log = structlog.get_logger("wasl.audit")


def signed(ring: KeyRing, head: Head) -> Witness:
    """The head with our signature."""
    key = ring.witness_key()
    return Witness(head.number, head.hash.hex(), _public(key), key.sign(_told(head.number, head.hash.hex())).hex())


def genuine(ring: KeyRing, witness: Witness) -> bool:
    """Whether this installation has signed it."""
    key = ring.witness_key()
    try:
        key.public_key().verify(bytes.fromhex(witness.signature), _told(witness.number, witness.head))
    except (InvalidSignature, ValueError):
        return False
    return witness.key == _public(key)


class Witnessing:
    """A task beside the worker. Where nothing was written since it looked last, it says nothing."""

    def __init__(self, audit: Audit, ring: KeyRing, every: float = _EVERY) -> None:
        self._audit = audit
        self._ring = ring
        self._every = every
        self._said = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="wasl-witness")

    async def close(self) -> None:
        """Say what came last."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.look()

    async def look(self) -> None:
        """Say the newest entry, where it is another one than last time."""
        try:
            head = await self._audit.head()
        except WaslError as error:
            _log.error("audit.unwitnessed", code=error.code)
            return
        if head.number > self._said:
            witness = signed(self._ring, head)
            # `seal`, because what is named a signature is masked in every log (log_privacy.py).
            _log.info("audit.witness", number=witness.number, head=witness.head, by=witness.key, seal=witness.signature)
            self._said = head.number

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            await self.look()


def _told(number: int, head: str) -> bytes:
    return f"wasl audit|{number}|{head}".encode()


def _public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()
