"""The console's users and their sessions: who may sign in, with which role, for which brands. Gateway has these verbs too.

They are of the whole installation. What is done to them is in the audit, in the same transaction.
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from wasl.audited import Action, Actor, Entry, Fact
from wasl.branded import Branded
from wasl.clock import MICROSECOND
from wasl.errors import Conflict, NotFound, Problem, Refused
from wasl.ids import new_user_id
from wasl.ledger.users import Begun
from wasl.passwords import hashed, matches
from wasl.problems import validated
from wasl.registry import Specs
from wasl.users import LEAST_PASSWORD, MOST_PASSWORD, Member, Role, Session, SignedIn, User

_HALF_OPEN = timedelta(minutes=10)


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
            Conflict: it is the user who asks, or no admin would be left who may do what this one may.
            NotFound: there is no such user.
            Refused: there is no such role or brand.
        """
        self._check_brands(brands or ())
        before = await self.user(name)
        self._check_other(before)
        told = {**before.model_dump(), "role": role, "brands": before.brands if brands is None else tuple(brands)}
        user = validated(User, told)
        entry = self._about(Action.USER_CHANGED, user, role=user.role.value, before=before.role.value, brands=user.brands)
        await self._open.ledger.users.set_access(user, entry)
        return user

    async def set_password(self, name: str, password: str) -> None:
        """Another password. They are signed out everywhere.

        Raises:
            NotFound: there is no such user.
            Refused: it is shorter than 12 characters, or they sign in by single sign-on.
        """
        user = await self.user(name)
        if user.single_sign_on:
            raise Refused([Problem(pointer="/name", code="no_password", message="signs in by single sign-on, and has no password here")])
        kept = await hashed(_checked(password))
        await self._open.ledger.users.set_password(user.id, kept, self._about(Action.PASSWORD_CHANGED, user))

    async def set_own(self, user: User) -> User:
        """What somebody chose for themselves: language, zone and single keys; raises Refused."""
        checked = validated(User, user.model_dump())
        await self._open.ledger.users.set_own(checked)
        return checked

    async def remove_user(self, name: str) -> None:
        """They cannot sign in any more.

        Raises:
            Conflict: it is the user who asks, or no admin would be left who may do what this one may.
            NotFound: there is no such user.
        """
        user = await self.user(name)
        self._check_other(user)
        await self._open.ledger.users.remove(user.id, self._about(Action.USER_REMOVED, user))

    async def sign_out_everywhere(self, name: str) -> None:
        """All their sessions end; raises NotFound."""
        user = await self.user(name)
        await self._open.ledger.users.close_all(user.id, self._about(Action.USER_SIGNED_OUT, user))

    async def members(self) -> Sequence[Member]:
        """All users, by name, and how they sign in."""
        told = self.config.console
        return await self._open.ledger.users.members(idle=told.idle // MICROSECOND, life=told.life // MICROSECOND)

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

    async def open_session(self, user: User, *, proved_at: datetime | None = None) -> Session:
        """Sign somebody in whose identity was proved in another way.

        `proved_at`: when they proved a second factor, in whatever way. Without, whoever has enrolled one is signed in half.
        """
        token, ledger = secrets.token_urlsafe(32), self._open.ledger
        await ledger.users.clear(self.config.console.life // MICROSECOND)
        factor = await ledger.second_factors.of(user.id) if proved_at is None else None
        half = factor is not None and factor.since is not None
        await ledger.users.open(digest_of(token), user.id, None if half else own(Action.SIGNED_IN, user), proved_at=proved_at)
        return Session(token, user, half)

    async def prove(self, session_token: str) -> bool:
        """A second factor was just proved in this session, and not to wasl: to a single sign-on, say. False: there is no such session."""
        found = await self.signed_in(session_token)
        if found is None:
            return False
        entry = own(Action.SIGNED_IN if found.half else Action.SESSION_PROVED, found.user)
        return await self._open.ledger.users.prove(digest_of(session_token), self.now(), entry)

    async def signed_in(self, token: str) -> SignedIn | None:
        """Who is signed in by this token; None for one that was closed, is too old or was not used for too long.

        Whoever is signed in half is given ten minutes to prove their second factor.
        """
        told = self.config.console
        found = await self._open.ledger.users.whose(digest_of(token), idle=told.idle // MICROSECOND, life=told.life // MICROSECOND)
        return found if found is None or not found.half or self.now() - found.since < _HALF_OPEN else None

    async def session(self, token: str) -> User | None:
        """Who is signed in by this token, wholly; None as for `signed_in`, and where the second factor is still to be proved."""
        found = await self.signed_in(token)
        return found.user if found is not None and not found.half else None

    async def sign_out(self, session: Session) -> None:
        """The token is worth nothing any more."""
        await self._open.ledger.users.close(digest_of(session.token), own(Action.SIGNED_OUT, session.user))

    async def begin_form(self, user: User, token: str) -> Begun:
        """Whether a form that was sent with this token is to be carried out now."""
        return await self._open.ledger.users.begin(user.id, token)

    async def end_form(self, user: User, token: str, location: str | None) -> None:
        """It was carried out and led there; with None, it was refused and may be sent again."""
        await self._open.ledger.users.end(user.id, token, location)

    def _about(self, action: Action, user: User, **facts: Fact) -> Entry:
        return Entry(action, self.actor, user.id, "", self.why, {"name": user.name, **facts})

    def _check_other(self, user: User) -> None:
        if self.actor.kind == "user" and self.actor.id == user.id:
            raise Conflict("That would be yourself.", code="own_user", suggested_action="Ask another admin.")

    def _check_brands(self, brands: Collection[str]) -> None:
        for name in brands:
            self.of(name)


def own(action: Action, user: User, **facts: Fact) -> Entry:
    """What the audit tells of what somebody did to what is their own."""
    return Entry(action, Actor("user", user.id, user.name, user.role), user.id, facts=facts)


def _checked(password: str) -> str:
    if LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        return password
    told = f"must have {LEAST_PASSWORD} to {MOST_PASSWORD} characters; a few words are easier to remember"
    raise Refused([Problem(pointer="/password", code="bad_password", message=told)])


def digest_of(token: str) -> bytes:
    """Under which a session is stored."""
    # 256 random bits need no slow hash; whoever reads the database learns no token from it.
    return hashlib.sha256(token.encode(errors="replace")).digest()
