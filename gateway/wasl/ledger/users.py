"""The console's users, where they are signed in, and the forms that they sent. Of the whole installation, not of a brand."""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from wasl.audited import Entry
from wasl.clock import Clock, micros, moment
from wasl.errors import Conflict
from wasl.ledger import locks
from wasl.ledger import user_statements as sql
from wasl.ledger.audit import with_entry
from wasl.ledger.hot import Hot, Row, Values
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store
from wasl.users import Member, Role, SignedIn, User

_Work = Callable[[Transaction], Awaitable[list[Row]]]
_SEEN_EVERY = 60 * 1_000_000  # microseconds: how exact the time is at which a session was last used
_ACTS_KEPT = 86_400 * 1_000_000  # microseconds


class Begun(NamedTuple):
    """Whether a form is carried out now, and, where it was before, what that led to; None: it is not known to have ended."""

    now: bool
    location: str | None = None


class Opening(NamedTuple):
    """A session that begins: the digest of its cookie, whose it is, and when. `proved_at`: when a second factor was proved in it."""

    digest: bytes
    user_id: str
    created_at: int
    proved_at: int | None = None


class Users:
    """The users of one database. Writes are on disk when they return."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def add(self, user: User, password: str, entry: Entry, *, subject: str | None = None) -> bool:
        """Store a new one with the hash of their password, or as whom an identity provider knows. False: the name or subject is taken."""
        row = {**_row(user), "password": password, "signed_in_at": None, "subject": subject}
        return await self._write(lambda tx: tx.fetch(sql.ADD, row), entry)

    async def list(self) -> Sequence[User]:
        """All, by name."""
        return [user_of(row) for row in await self._store.reader.fetch(sql.LIST, {})]

    async def members(self, *, idle: int, life: int) -> Sequence[Member]:
        """All, by name, with what is known of how they sign in; of sessions those that `whose` would find."""
        now = micros(self._clock.now())
        rows = await self._store.reader.fetch(sql.MEMBERS, {"idle": now - idle, "life": now - life})
        return [Member(user_of(row), _moment(row[-3]), _moment(row[-2]), row[-1]) for row in rows]

    async def any(self) -> bool:
        """Whether there is one."""
        return bool(await self._store.reader.fetch(sql.ANY, {}))

    async def named(self, name: str) -> tuple[User, str] | None:
        """The user of that name, and the hash of their password."""
        rows = await self._store.reader.fetch(sql.BY_NAME, {"key_name": name})
        return (user_of(rows[0]), rows[0][-1]) if rows else None

    async def set_access(self, user: User, entry: Entry) -> bool:
        """Give them this role and these brands, and sign them out everywhere. False: there is no such user.

        Raises:
            Conflict: no admin would be left who may do what this one may.
        """
        told = {"key_id": user.id, "role": user.role.value, "brands": json.dumps(user.brands)}

        async def work(tx: Transaction) -> list[Row]:
            await _keep_an_admin(tx, user.id, user.brands if user.role is Role.ADMIN else None)
            return await _and_close(tx, sql.SET_ACCESS, told)

        return await self._write(work, entry)

    async def set_password(self, user_id: str, password: str, entry: Entry) -> bool:
        """Store the hash of a new password, and sign them out everywhere. False: there is no such user."""
        return await self._write(lambda tx: _and_close(tx, sql.SET_PASSWORD, {"key_id": user_id, "password": password}), entry)

    async def set_own(self, user: User) -> None:
        """Store what they chose for themselves: language, zone and keys."""
        told = {"key_id": user.id, "lang": user.lang, "zone": user.zone, "keys_off": int(user.keys_off)}
        await self._store.writer.run(lambda tx: tx.fetch(sql.SET_OWN, told))

    async def remove(self, user_id: str, entry: Entry) -> bool:
        """Remove them with their sessions and views; what the audit tells of them stays. False: there is no such user.

        Raises:
            Conflict: no admin would be left who may do what this one may.
        """

        async def work(tx: Transaction) -> list[Row]:
            await _keep_an_admin(tx, user_id, None)
            for statement in sql.FORGET:
                await tx.fetch(statement, {"key_id": user_id})
            return await _and_close(tx, sql.REMOVE, {"key_id": user_id})

        return await self._write(work, entry)

    async def open(self, digest: bytes, user_id: str, entry: Entry | None, *, proved_at: datetime | None = None) -> None:
        """They are signed in by a cookie with this digest, or, without an entry that tells of it, in the middle of signing in."""
        now = micros(self._clock.now())
        opening = Opening(digest, user_id, now, micros(proved_at) if proved_at is not None else None)
        await self._store.writer.run(with_entry(lambda tx: opened(tx, opening, whole=entry is not None), entry, now))

    async def prove(self, digest: bytes, at: datetime, entry: Entry | None = None) -> bool:
        """In the session of that cookie a second factor was proved then. False: there is no such session."""
        return await self._write(lambda tx: proved(tx, digest, micros(at)), entry)

    async def whose(self, digest: bytes, *, idle: int, life: int) -> SignedIn | None:
        """Who is signed in by that cookie, if it was used within `idle` microseconds, and began within `life`."""
        rows = await self._store.reader.fetch(sql.SESSION, {"key_digest": digest})
        now = micros(self._clock.now())
        if not rows or now - rows[0][-2] >= life or now - rows[0][-1] >= idle:
            return None
        if now - rows[0][-1] >= _SEEN_EVERY:
            await self._store.writer.run(lambda tx: tx.fetch(sql.USED, {"key_digest": digest, "at": now}))
        enrolled, proved_at, since = rows[0][-4:-1]
        return SignedIn(user_of(rows[0]), moment(since), _moment(proved_at), enrolled is not None)

    async def close(self, digest: bytes, entry: Entry | None = None) -> None:
        """That cookie signs nobody in any more."""
        work = with_entry(lambda tx: tx.fetch(sql.CLOSE, {"key_digest": digest}), entry, micros(self._clock.now()), when=lambda _: True)
        await self._store.writer.run(work)

    async def close_all(self, user_id: str, entry: Entry) -> None:
        """They are signed in nowhere any more."""
        await self._store.writer.run(with_entry(lambda tx: closed(tx, user_id=user_id), entry, micros(self._clock.now())))

    async def clear(self, life: int) -> None:
        """Remove sessions that began longer ago, and forms of yesterday."""
        now = micros(self._clock.now())

        async def work(tx: Transaction) -> None:
            await tx.fetch(sql.CLEAR, {"at": now - life})
            await tx.fetch(sql.CLEAR_ACTS, {"at": now - _ACTS_KEPT})

        await self._store.writer.run(work)

    async def begin(self, user_id: str, token: str) -> Begun:
        """A form with this token is to be carried out: once."""
        row = {"user_id": user_id, "token": token, "at": micros(self._clock.now()), "location": None}
        key = {"key_user": user_id, "key_token": token}
        if await self._store.writer.run(lambda tx: tx.fetch(sql.BEGIN, row)):
            return Begun(True)
        found = await self._store.reader.fetch(sql.FOUND, key)
        return Begun(False, found[0][0] if found else None)

    async def end(self, user_id: str, token: str, location: str | None) -> None:
        """It led there; or, with None, nothing was done, so that it may be sent again."""
        key = {"key_user": user_id, "key_token": token}
        if location is None:
            await self._store.writer.run(lambda tx: tx.fetch(sql.UNDO, key))
        else:
            await self._store.writer.run(lambda tx: tx.fetch(sql.END, {**key, "location": location}))

    async def _write(self, work: _Work, entry: Entry | None) -> bool:
        return bool(await self._store.writer.run(with_entry(work, entry, micros(self._clock.now()), when=bool)))


async def opened(tx: Transaction, opening: Opening, *, whole: bool) -> None:
    """In a transaction: a session. Where it is whole, they have signed in now."""
    await tx.fetch(sql.OPEN, {**opening._asdict(), "seen_at": opening.created_at})
    if whole:
        await tx.fetch(sql.SIGNED_IN, {"key_id": opening.user_id, "at": opening.created_at})


async def proved(tx: Transaction, digest: bytes, at: int) -> list[Row]:
    """In a transaction: a second factor was proved in that session. Returns nothing where there is none."""
    return await tx.fetch(sql.PROVE, {"key_digest": digest, "at": at})


async def closed(tx: Transaction, *, digest: bytes | None = None, user_id: str = "", unproved: bool = False) -> None:
    """In a transaction: that session ends, or all of a user, or those of them in which no second factor was proved."""
    if digest is not None:
        await tx.fetch(sql.CLOSE, {"key_digest": digest})
    else:
        await tx.fetch(sql.CLOSE_UNPROVED if unproved else sql.CLOSE_ALL, {"key_id": user_id})


async def _keep_an_admin(tx: Transaction, user_id: str, brands: Sequence[str] | None) -> None:
    """Refuse to leave an admin these brands, or to let them be one no more (None), if nobody is left who could undo that."""
    await tx.lock({locks.admins()})
    admins = {found: json.loads(seen) for found, seen in await tx.fetch(sql.ADMINS, {})}
    before = admins.pop(user_id, None)
    if before is None:
        return
    if brands is not None:
        admins[user_id] = brands
    if not admins or (not before and all(admins.values())):
        told = "There would be no admin left who sees as many brands." if admins else "There would be no admin left."
        raise Conflict(told, code="last_admin", suggested_action="Add another admin first: wasl user add NAME --role admin")


async def _and_close(tx: Transaction, change: Hot, values: Values) -> list[Row]:
    changed = await tx.fetch(change, values)
    await tx.fetch(sql.CLOSE_ALL, {"key_id": values["key_id"]})
    return changed


def _moment(microseconds: int | None) -> datetime | None:
    return moment(microseconds) if microseconds is not None else None


def _row(user: User) -> dict[str, object]:
    return {
        "id": user.id, "name": user.name, "role": user.role.value, "brands": json.dumps(user.brands), "lang": user.lang, "zone": user.zone,
        "keys_off": int(user.keys_off), "created_at": micros(user.created_at),
    }  # fmt: skip


def user_of(row: Row) -> User:
    """The user whose FIELDS a row begins with."""
    told = dict(zip(sql.FIELDS, row, strict=False))
    told["single_sign_on"] = told.pop("subject") is not None
    return User(
        **{**told, "role": Role(told["role"]), "brands": tuple(json.loads(told["brands"])), "created_at": moment(told["created_at"])}
    )
