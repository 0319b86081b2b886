"""The console's users and their sessions: who may sign in, with which role, for which brands. Gateway has these verbs too.

They are of the whole installation. What is done to them is in the audit, in the same transaction.
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime

from wasl.audited import Action, Actor, Entry, Fact
from wasl.branded import Branded
from wasl.clock import MICROSECOND
from wasl.errors import NotFound, Problem, Refused
from wasl.ids import new_user_id
from wasl.ledger.users import Begun
from wasl.passwords import hashed, matches
from wasl.problems import validated
from wasl.registry import Specs
from wasl.users import LEAST_PASSWORD, MOST_PASSWORD, Role, Session, User


class Staffing(Branded):
    """The verbs of those who decide who may use the console, and of the console itself."""

    _specs: Specs

    def now(self) -> datetime:
        """The present moment by the clock of the ledger."""
        return self._open.ledger.clock.now()

    async def add_user(self, name: str, password: str, role: Role | str, brands: Sequence[str] = ()) -> User:
        """Somebody new. Without brands they see all of them.

        Raises:
            Refused: the name is taken, there is no such role or brand, or the password is shorter than 12 characters.
        """
        self._check_brands(brands)
        told = {"id": new_user_id(), "name": name, "role": role, "brands": tuple(brands), "created_at": self.now()}
        user = validated(User, told)
        kept = await hashed(_checked(password))
        entry = self._about(Action.USER_ADDED, user, role=user.role.value, brands=user.brands)
        if not await self._open.ledger.users.add(user, kept, entry):
            raise Refused([Problem(pointer="/name", code="name_taken", message="is the name of another user")])
        return user

    async def users(self) -> Sequence[User]:
        """All users, by name."""
        return await self._open.ledger.users.list()

    async def user(self, name: str) -> User:
        """The user of that name; raises NotFound."""
        found = await self._open.ledger.users.named(name)
        if found is None:
            raise NotFound("There is no user of that name.", suggested_action="See: wasl user list")
        return found[0]

    async def set_role(self, name: str, role: Role | str, brands: Sequence[str] | None = None) -> User:
        """Another role, and other brands where they are given. They are signed out everywhere.

        Raises:
            NotFound: there is no such user.
            Refused: there is no such role or brand.
        """
        self._check_brands(brands or ())
        before = await self.user(name)
        told = {**before.model_dump(), "role": role, "brands": before.brands if brands is None else tuple(brands)}
        user = validated(User, told)
        entry = self._about(Action.USER_CHANGED, user, role=user.role.value, before=before.role.value, brands=user.brands)
        await self._open.ledger.users.set_access(user, entry)
        return user

    async def set_password(self, name: str, password: str) -> None:
        """Another password. They are signed out everywhere.

        Raises:
            NotFound: there is no such user.
            Refused: it is shorter than 12 characters.
        """
        user = await self.user(name)
        kept = await hashed(_checked(password))
        await self._open.ledger.users.set_password(user.id, kept, self._about(Action.PASSWORD_CHANGED, user))

    async def set_own(self, user: User) -> User:
        """What somebody chose for themselves: language, zone and single keys; raises Refused."""
        checked = validated(User, user.model_dump())
        await self._open.ledger.users.set_own(checked)
        return checked

    async def remove_user(self, name: str) -> None:
        """They cannot sign in any more; raises NotFound."""
        user = await self.user(name)
        await self._open.ledger.users.remove(user.id, self._about(Action.USER_REMOVED, user))

    async def has_user(self) -> bool:
        """Whether anybody can sign in."""
        return await self._open.ledger.users.any()

    @property
    def specs(self) -> Specs:
        """The configuration, with the providers that it names."""
        return self._specs

    # Sessions

    async def sign_in(self, name: str, password: str) -> Session | None:
        """A session, or None: which of the two was wrong is not told, and an unknown name takes as long as a wrong password."""
        found = await self._open.ledger.users.named(name)
        if not await matches(password[:MOST_PASSWORD], found[1] if found is not None else None) or found is None:
            known = found[0] if found is not None else None
            actor = Actor("user", known.id, known.name, known.role) if known is not None else Actor("user", "unknown")
            await self._open.ledger.audit.record([Entry(Action.SIGN_IN_REFUSED, actor, known.id if known is not None else "")])
            return None
        return await self.open_session(found[0])

    async def knows_password(self, user: User, password: str) -> bool:
        """Whether that is their password."""
        found = await self._open.ledger.users.named(user.name)
        return await matches(password[:MOST_PASSWORD], found[1] if found is not None else None)

    async def open_session(self, user: User) -> Session:
        """Sign somebody in whose identity was proved in another way."""
        token = secrets.token_urlsafe(32)
        life = self.config.console.life // MICROSECOND
        await self._open.ledger.users.clear(life)
        await self._open.ledger.users.open(_digest(token), user.id, _own(Action.SIGNED_IN, user))
        return Session(token, user)

    async def session(self, token: str) -> User | None:
        """Who is signed in by this token; None for one that was closed, is too old or was not used for too long."""
        told = self.config.console
        return await self._open.ledger.users.whose(_digest(token), idle=told.idle // MICROSECOND, life=told.life // MICROSECOND)

    async def sign_out(self, session: Session) -> None:
        """The token is worth nothing any more."""
        await self._open.ledger.users.close(_digest(session.token), _own(Action.SIGNED_OUT, session.user))

    async def begin_form(self, user: User, token: str) -> Begun:
        """Whether a form that was sent with this token is to be carried out now."""
        return await self._open.ledger.users.begin(user.id, token)

    async def end_form(self, user: User, token: str, location: str | None) -> None:
        """It was carried out and led there; with None, it was refused and may be sent again."""
        await self._open.ledger.users.end(user.id, token, location)

    def _about(self, action: Action, user: User, **facts: Fact) -> Entry:
        return Entry(action, self.actor, user.id, "", self.why, {"name": user.name, **facts})

    def _check_brands(self, brands: Collection[str]) -> None:
        for name in brands:
            self.of(name)


def _own(action: Action, user: User) -> Entry:
    return Entry(action, Actor("user", user.id, user.name, user.role), user.id)


def _checked(password: str) -> str:
    if LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        return password
    told = f"must have {LEAST_PASSWORD} to {MOST_PASSWORD} characters; a few words are easier to remember"
    raise Refused([Problem(pointer="/password", code="bad_password", message=told)])


def _digest(token: str) -> bytes:
    # 256 random bits need no slow hash; whoever reads the database learns no token from it.
    return hashlib.sha256(token.encode(errors="replace")).digest()
