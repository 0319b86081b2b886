"""Users' second factors: the sealed secret that an app shares, the newest time step of which a code was used, and recovery codes.

A code and what it opens are one transaction, so that no code counts twice, whoever sends it at the same moment.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, LargeBinary, Text, bindparam, delete, func, insert, null, select, update

from wasl.audited import Entry
from wasl.clock import Clock, micros, moment
from wasl.keys import KeyRing
from wasl.ledger.audit import with_entry
from wasl.ledger.hot import Hot, Row, upsert
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store
from wasl.ledger.tables import recovery_codes, second_factors
from wasl.ledger.users import Opening, closed, opened, proved

_key = bindparam("key_user", type_=Text())
_its, _codes = second_factors.c.user_id == _key, recovery_codes.c.user_id == _key
_step, _at = bindparam("step", type_=BigInteger()), bindparam("at", type_=BigInteger())
_begun = upsert(second_factors).values(user_id=_key, sealed=bindparam("sealed", type_=LargeBinary()), step=_step, confirmed_at=null())
_BEGIN = Hot(
    _begun.on_conflict_do_update(
        index_elements=["user_id"],
        set_={"sealed": _begun.excluded.sealed, "step": _begun.excluded.step},
        where=second_factors.c.confirmed_at.is_(None),
    ).returning(second_factors.c.user_id)
)
_left = select(func.count()).select_from(recovery_codes).where(_codes).scalar_subquery()
_OF = Hot(select(second_factors.c.sealed, second_factors.c.confirmed_at, _left).where(_its))
_unconfirmed = second_factors.c.confirmed_at.is_(None)
_CONFIRM = Hot(update(second_factors).where(_its, _unconfirmed).values(step=_step, confirmed_at=_at).returning(second_factors.c.user_id))
_SPEND = Hot(
    update(second_factors).where(_its, ~_unconfirmed, second_factors.c.step < _step).values(step=_step).returning(second_factors.c.user_id)
)
_SPEND_CODE = Hot(
    delete(recovery_codes).where(_codes, recovery_codes.c.digest == bindparam("digest", type_=Text())).returning(recovery_codes.c.user_id)
)
_PUT_CODES = Hot(insert(recovery_codes).values({column.name: bindparam(column.name) for column in recovery_codes.columns}))
_DROP_CODES = Hot(delete(recovery_codes).where(_codes))
_DROP = Hot(delete(second_factors).where(_its).returning(second_factors.c.user_id))


class Kept(NamedTuple):
    """A second factor: its secret, since when it holds (None: no code was given yet), and how many recovery codes are left."""

    secret: bytes
    since: datetime | None
    codes_left: int

    def __repr__(self) -> str:
        return f"Kept(since={self.since!r}, codes_left={self.codes_left})"


class Proof(NamedTuple):
    """What somebody gave: the time step of a code that is right, or else what may be a recovery code, as `totp.typed` has it."""

    step: int | None
    code: str

    def __repr__(self) -> str:
        return "Proof(…)"


class SecondFactors:
    """The second factors of one database. Writes are on disk when they return; where they return False, nothing was changed."""

    def __init__(self, store: Store, keys: KeyRing, clock: Clock) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock

    async def of(self, user_id: str) -> Kept | None:
        """What they have, also where they have not confirmed it."""
        rows = await self._store.reader.fetch(_OF, {"key_user": user_id})
        if not rows:
            return None
        sealed, since, left = rows[0]
        return Kept(self._keys.open(sealed, _about(user_id)), moment(since) if since is not None else None, left)

    async def begin(self, user_id: str, secret: bytes) -> bool:
        """Keep the secret that they shall confirm, in place of one that they did not. False: they have one that holds."""
        row = {"key_user": user_id, "sealed": self._keys.seal(secret, _about(user_id)), "step": 0}
        return bool(await self._store.writer.run(lambda tx: tx.fetch(_BEGIN, row)))

    async def confirm(self, user_id: str, proof: Proof, digest: bytes, codes: Sequence[str], entry: Entry) -> bool:
        """From now on it holds, and was proved in that session; these are its recovery codes. False: there was none to confirm."""
        now = micros(self._clock.now())

        async def work(tx: Transaction) -> list[Row]:
            confirmed = await tx.fetch(_CONFIRM, {"key_user": user_id, "step": proof.step, "at": now})
            if confirmed:
                await self._put_codes(tx, user_id, codes)
                await proved(tx, digest, now)
            return confirmed

        return await self._run(work, entry)

    async def prove(self, user_id: str, proof: Proof, digest: bytes, entry: Entry) -> bool:
        """It was proved in that session. Of this and the following, False means that the proof is none, or was used."""
        return await self._with_proof(user_id, proof, lambda tx: proved(tx, digest, micros(self._clock.now())), entry)

    async def enter(self, proof: Proof, half: bytes, whole: Opening, entry: Entry) -> bool:
        """In place of a session that was half open, one that is whole."""

        async def work(tx: Transaction) -> None:
            await closed(tx, digest=half)
            await opened(tx, whole, whole=True)

        return await self._with_proof(whole.user_id, proof, work, entry)

    async def renew_codes(self, user_id: str, proof: Proof, codes: Sequence[str], entry: Entry) -> bool:
        """These are their recovery codes, and all others are none any more."""
        return await self._with_proof(user_id, proof, lambda tx: self._put_codes(tx, user_id, codes), entry)

    async def remove(self, user_id: str, proof: Proof, entry: Entry) -> bool:
        """They sign in without it. Sessions that were half open end, for nothing would be asked of them any more."""

        async def work(tx: Transaction) -> None:
            await _dropped(tx, user_id)
            await closed(tx, user_id=user_id, unproved=True)

        return await self._with_proof(user_id, proof, work, entry)

    async def reset(self, user_id: str, entry: Entry) -> bool:
        """Take it away without a proof, and sign them out everywhere. False: they have none."""

        async def work(tx: Transaction) -> list[Row]:
            dropped = await _dropped(tx, user_id)
            if dropped:
                await closed(tx, user_id=user_id)
            return dropped

        return await self._run(work, entry)

    async def _with_proof(self, user_id: str, proof: Proof, then: Callable[[Transaction], Awaitable[object]], entry: Entry) -> bool:
        async def work(tx: Transaction) -> list[Row]:
            key = {"key_user": user_id}
            if proof.step is not None:
                spent = await tx.fetch(_SPEND, {**key, "step": proof.step})
            else:
                spent = await tx.fetch(_SPEND_CODE, {**key, "digest": self._digest(user_id, proof.code)})
            if spent:
                await then(tx)
            return spent

        return await self._run(work, entry)

    async def _put_codes(self, tx: Transaction, user_id: str, codes: Sequence[str]) -> None:
        await tx.fetch(_DROP_CODES, {"key_user": user_id})
        tx.put(_PUT_CODES, [{"user_id": user_id, "digest": self._digest(user_id, code)} for code in codes])

    async def _run(self, work: Callable[[Transaction], Awaitable[list[Row]]], entry: Entry) -> bool:
        return bool(await self._store.writer.run(with_entry(work, entry, micros(self._clock.now()), when=bool)))

    def _digest(self, user_id: str, code: str) -> str:
        # 59 random bits and a key that is not in the database: nothing here needs to be slow.
        return self._keys.hash(f"recovery code|{user_id}|{code}")


async def _dropped(tx: Transaction, user_id: str) -> list[Row]:
    await tx.fetch(_DROP_CODES, {"key_user": user_id})
    return await tx.fetch(_DROP, {"key_user": user_id})


def _about(user_id: str) -> bytes:
    return f"second factor|{user_id}".encode()
