"""The console's users, where they are signed in, and the forms that they sent. Of the whole installation, not of a brand."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, LargeBinary, SmallInteger, Text, bindparam, delete, insert, literal_column, select, update

from wasl.audited import Entry
from wasl.clock import Clock, micros, moment
from wasl.ledger.audit import with_entry
from wasl.ledger.hot import Hot, Row, Values, upsert
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store
from wasl.ledger.tables import saved_views, user_acts, user_sessions, users
from wasl.users import Role, User

_Work = Callable[[Transaction], Awaitable[list[Row]]]
_SEEN_EVERY = 60 * 1_000_000  # microseconds: how exact the time is at which a session was last used
_ACTS_KEPT = 86_400 * 1_000_000  # microseconds
_FIELDS = ("id", "name", "role", "brands", "lang", "zone", "keys_off", "created_at")
_columns = tuple(users.c[name] for name in _FIELDS)


def _key(name: str) -> object:
    return bindparam(f"key_{name}", type_=Text())


_its, _at = users.c.id == _key("id"), bindparam("at", type_=BigInteger())
_session = user_sessions.c.digest == bindparam("key_digest", type_=LargeBinary())
_act = (user_acts.c.user_id == _key("user"), user_acts.c.token == _key("token"))
_ADD = Hot(
    upsert(users)
    .values({column.name: bindparam(column.name) for column in users.columns})
    .on_conflict_do_nothing(index_elements=["name"])
    .returning(users.c.id)
)
_LIST = Hot(select(*_columns).order_by(users.c.name))
_ANY = Hot(select(users.c.id).limit(literal_column("1")))
_BY_NAME = Hot(select(*_columns, users.c.password).where(users.c.name == _key("name")))
_SET_ACCESS = Hot(
    update(users).where(_its).values(role=bindparam("role", type_=Text()), brands=bindparam("brands", type_=Text())).returning(users.c.id)
)
_SET_PASSWORD = Hot(update(users).where(_its).values(password=bindparam("password", type_=Text())).returning(users.c.id))
_SET_OWN = Hot(
    update(users)
    .where(_its)
    .values(
        lang=bindparam("lang", type_=Text()), zone=bindparam("zone", type_=Text()), keys_off=bindparam("keys_off", type_=SmallInteger())
    )
)
_REMOVE = Hot(delete(users).where(_its).returning(users.c.id))
_FORGET_VIEWS = Hot(delete(saved_views).where(saved_views.c.user_id == _key("id")))
_FORGET_ACTS = Hot(delete(user_acts).where(user_acts.c.user_id == _key("id")))
_OPEN = Hot(insert(user_sessions).values({column.name: bindparam(column.name) for column in user_sessions.columns}))
_SESSION = Hot(
    select(*_columns, user_sessions.c.created_at, user_sessions.c.seen_at)
    .join_from(user_sessions, users, users.c.id == user_sessions.c.user_id)
    .where(_session)
)
_USED = Hot(update(user_sessions).where(_session).values(seen_at=_at))
_CLOSE = Hot(delete(user_sessions).where(_session))
_CLOSE_ALL = Hot(delete(user_sessions).where(user_sessions.c.user_id == _key("id")))
_CLEAR = Hot(delete(user_sessions).where(user_sessions.c.created_at < _at))
_BEGIN = Hot(
    upsert(user_acts)
    .values({column.name: bindparam(column.name) for column in user_acts.columns})
    .on_conflict_do_nothing()
    .returning(user_acts.c.token)
)
_FOUND = Hot(select(user_acts.c.location).where(*_act))
_END = Hot(update(user_acts).where(*_act).values(location=bindparam("location", type_=Text())))
_UNDO = Hot(delete(user_acts).where(*_act))
_CLEAR_ACTS = Hot(delete(user_acts).where(user_acts.c.at < _at))


class Begun(NamedTuple):
    """Whether a form is carried out now, and, where it was before, what that led to; None: it is not known to have ended."""

    now: bool
    location: str | None = None


class Users:
    """The users of one database. Writes are on disk when they return."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def add(self, user: User, password: str, entry: Entry) -> bool:
        """Store a new one with the hash of their password. False: the name is taken."""
        row = {**_row(user), "password": password}
        return await self._write(lambda tx: tx.fetch(_ADD, row), entry)

    async def list(self) -> Sequence[User]:
        """All, by name."""
        return [_user(row) for row in await self._store.reader.fetch(_LIST, {})]

    async def any(self) -> bool:
        """Whether there is one."""
        return bool(await self._store.reader.fetch(_ANY, {}))

    async def named(self, name: str) -> tuple[User, str] | None:
        """The user of that name, and the hash of their password."""
        rows = await self._store.reader.fetch(_BY_NAME, {"key_name": name})
        return (_user(rows[0]), rows[0][-1]) if rows else None

    async def set_access(self, user: User, entry: Entry) -> bool:
        """Give them this role and these brands, and sign them out everywhere. False: there is no such user."""
        told = {"key_id": user.id, "role": user.role.value, "brands": json.dumps(user.brands)}
        return await self._write(lambda tx: _and_close(tx, _SET_ACCESS, told), entry)

    async def set_password(self, user_id: str, password: str, entry: Entry) -> bool:
        """Store the hash of a new password, and sign them out everywhere. False: there is no such user."""
        return await self._write(lambda tx: _and_close(tx, _SET_PASSWORD, {"key_id": user_id, "password": password}), entry)

    async def set_own(self, user: User) -> None:
        """Store what they chose for themselves: language, zone and keys."""
        told = {"key_id": user.id, "lang": user.lang, "zone": user.zone, "keys_off": int(user.keys_off)}
        await self._store.writer.run(lambda tx: tx.fetch(_SET_OWN, told))

    async def remove(self, user_id: str, entry: Entry) -> bool:
        """Remove them with their sessions and views; what the audit tells of them stays. False: there is no such user."""

        async def work(tx: Transaction) -> list[Row]:
            for statement in (_FORGET_VIEWS, _FORGET_ACTS):
                await tx.fetch(statement, {"key_id": user_id})
            return await _and_close(tx, _REMOVE, {"key_id": user_id})

        return await self._write(work, entry)

    async def open(self, digest: bytes, user_id: str, entry: Entry) -> None:
        """They are signed in by a cookie with this digest."""
        now = micros(self._clock.now())
        row = {"digest": digest, "user_id": user_id, "created_at": now, "seen_at": now}
        await self._store.writer.run(with_entry(lambda tx: tx.fetch(_OPEN, row), entry, now))

    async def whose(self, digest: bytes, *, idle: int, life: int) -> User | None:
        """Who is signed in by that cookie, if it was used within `idle` microseconds, and began within `life`."""
        rows = await self._store.reader.fetch(_SESSION, {"key_digest": digest})
        now = micros(self._clock.now())
        if not rows or now - rows[0][-2] >= life or now - rows[0][-1] >= idle:
            return None
        if now - rows[0][-1] >= _SEEN_EVERY:
            await self._store.writer.run(lambda tx: tx.fetch(_USED, {"key_digest": digest, "at": now}))
        return _user(rows[0])

    async def close(self, digest: bytes, entry: Entry | None = None) -> None:
        """That cookie signs nobody in any more."""
        work = with_entry(lambda tx: tx.fetch(_CLOSE, {"key_digest": digest}), entry, micros(self._clock.now()), when=lambda _: True)
        await self._store.writer.run(work)

    async def clear(self, life: int) -> None:
        """Remove sessions that began longer ago, and forms of yesterday."""
        now = micros(self._clock.now())

        async def work(tx: Transaction) -> None:
            await tx.fetch(_CLEAR, {"at": now - life})
            await tx.fetch(_CLEAR_ACTS, {"at": now - _ACTS_KEPT})

        await self._store.writer.run(work)

    async def begin(self, user_id: str, token: str) -> Begun:
        """A form with this token is to be carried out: once."""
        row = {"user_id": user_id, "token": token, "at": micros(self._clock.now()), "location": None}
        key = {"key_user": user_id, "key_token": token}
        if await self._store.writer.run(lambda tx: tx.fetch(_BEGIN, row)):
            return Begun(True)
        found = await self._store.reader.fetch(_FOUND, key)
        return Begun(False, found[0][0] if found else None)

    async def end(self, user_id: str, token: str, location: str | None) -> None:
        """It led there; or, with None, nothing was done, so that it may be sent again."""
        key = {"key_user": user_id, "key_token": token}
        if location is None:
            await self._store.writer.run(lambda tx: tx.fetch(_UNDO, key))
        else:
            await self._store.writer.run(lambda tx: tx.fetch(_END, {**key, "location": location}))

    async def _write(self, work: _Work, entry: Entry) -> bool:
        return bool(await self._store.writer.run(with_entry(work, entry, micros(self._clock.now()), when=bool)))


async def _and_close(tx: Transaction, change: Hot, values: Values) -> list[Row]:
    changed = await tx.fetch(change, values)
    await tx.fetch(_CLOSE_ALL, {"key_id": values["key_id"]})
    return changed


def _row(user: User) -> dict[str, object]:
    return {
        "id": user.id, "name": user.name, "role": user.role.value, "brands": json.dumps(user.brands), "lang": user.lang, "zone": user.zone,
        "keys_off": int(user.keys_off), "created_at": micros(user.created_at),
    }  # fmt: skip


def _user(row: Row) -> User:
    told = dict(zip(_FIELDS, row, strict=False))
    return User(
        **{**told, "role": Role(told["role"]), "brands": tuple(json.loads(told["brands"])), "created_at": moment(told["created_at"])}
    )
