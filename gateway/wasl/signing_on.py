"""Single sign-on to the console: who came back from the identity provider is a user here, as it says. Gateway has these verbs too.

The protocol is in `wasl.oidc`. A user is known by a keyed hash of issuer and subject, never by a name: a name is only what is shown.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import structlog
from pydantic_core import to_json

from wasl.audited import WASL, Action, Actor, Entry, Fact
from wasl.errors import NotFound
from wasl.ids import new_user_id
from wasl.oidc import LASTS, Because, Departure, Identity, Journey, NotSignedOn, Party
from wasl.problems import validated
from wasl.staffing import Staffing, digest_of
from wasl.users import Role, Session, User

_MOST_NAMESAKES = 100
_log = structlog.get_logger("wasl.signing_on")


class Arrival(NamedTuple):
    """Somebody who is signed in now, and the path below /console that they were on their way to."""

    session: Session
    then: str


class SigningOn(Staffing):
    """The verbs of whoever signs in by `[console.oidc]`; without it, NotFound."""

    async def begin_sign_on(self, then: str, proving: User | None = None) -> Departure:
        """Where to send a browser, and what it keeps meanwhile. `proving` is who is to prove themselves anew. Raises NotSignedOn."""
        return await self._party.begin(then, proving.id if proving is not None else "")

    async def finish_sign_on(self, cookie: str, answered: Mapping[str, Sequence[str]], before: str = "") -> Arrival:
        """Somebody came back with what the provider answered: once. The session `before` ends, where they had one.

        Raises:
            NotSignedOn: nobody is signed in; the audit and the log tell why.
        """
        try:
            return await self._arrived(cookie, answered, before)
        except NotSignedOn as fact:
            _log.warning("sign_on.refused", because=fact.because, detail=fact.detail)
            if fact.because is not Because.NOT_BEGUN:  # anybody can come with an answer that belongs to nothing
                facts: dict[str, Fact] = {"single_sign_on": True, "because": fact.because.value}
                await self._open.ledger.audit.record([Entry(Action.SIGN_IN_REFUSED, Actor("user", "unknown"), facts=facts)])
            raise

    async def sign_out_there(self) -> str | None:
        """The URL that ends a session at the provider; None where it has none. Raises NotSignedOn."""
        return await self._party.leaving()

    @property
    def may_sign_out_there(self) -> bool:
        """Whether it makes sense to offer that."""
        return self._open.party is not None and self._open.party.may_leave

    async def _arrived(self, cookie: str, answered: Mapping[str, Sequence[str]], before: str) -> Arrival:
        journey = self._party.came_back(cookie, answered)
        if not await self._open.ledger.sign_ons.spend(journey.digest, LASTS):
            raise NotSignedOn(Because.NOT_BEGUN)
        identity = await self._party.identified(journey, answered)
        user, at = await self._welcomed(identity, journey), identity.factor_at
        session = await self.open_session(user, proved_at=min(at, self.now()) if at is not None else None)
        if before:
            await self._open.ledger.users.close(digest_of(before))
        return Arrival(session, journey.then)

    async def _welcomed(self, identity: Identity, journey: Journey) -> User:
        """The user that somebody is, with the role and the brands that they have now."""
        subject = self._open.ring.hash(to_json(["oidc", self._party.told.issuer, identity.subject]).decode())
        known = await self._open.ledger.sign_ons.of(subject)
        if journey.proving and (known is None or known.id != journey.proving):
            raise NotSignedOn(Because.SOMEBODY_ELSE)
        if identity.role is None or identity.brands is None:
            await self._shut_out(known)
            raise NotSignedOn(Because.NO_ROLE if identity.role is None else Because.NO_BRAND)
        if journey.proving and identity.factor_at is None:
            raise NotSignedOn(Because.NOT_FRESH, "amr")
        if known is None:
            return await self._added(subject, identity, identity.role, identity.brands)
        return await self._changed(known, identity.role, identity.brands)

    async def _shut_out(self, known: User | None) -> None:
        """Whoever has no place here any more is signed in nowhere."""
        if known is not None:
            await self._open.ledger.users.close_all(known.id, _told(Action.USER_SIGNED_OUT, known))

    async def _added(self, subject: str, identity: Identity, role: Role, brands: tuple[str, ...]) -> User:
        for name in _names(identity.name or f"user {subject[-6:]}"):
            told = {"id": new_user_id(), "name": name, "role": role, "brands": brands, "single_sign_on": True, "created_at": self.now()}
            user = validated(User, told)
            entry = _told(Action.USER_ADDED, user)
            if await self._open.ledger.users.add(user, "", entry, subject=subject):
                return user
            if (twin := await self._open.ledger.sign_ons.of(subject)) is not None:  # their other tab was quicker
                return await self._changed(twin, role, brands)
        raise NotSignedOn(Because.NOT_PROVED, "too many users have that name")

    async def _changed(self, known: User, role: Role, brands: tuple[str, ...]) -> User:
        if (known.role, sorted(known.brands)) == (role, sorted(brands)):
            return known
        user = known.model_copy(update={"role": role, "brands": brands})
        await self._open.ledger.sign_ons.set_access(user, _told(Action.USER_CHANGED, user, before=known.role))
        return user

    @property
    def _party(self) -> Party:
        if self._open.party is None:
            raise NotFound("There is no single sign-on here.", suggested_action="Write [console.oidc] in wasl.toml.")
        return self._open.party


def _names(name: str) -> list[str]:
    """The name, then with numbers behind it: whoever had it first keeps it."""
    return [name, *(f"{name} {number}" for number in range(2, _MOST_NAMESAKES))]


def _told(action: Action, user: User, before: Role | None = None) -> Entry:
    """What the audit tells of what the provider's word did to a user."""
    changed: dict[str, Fact] = {"before": before.value} if before is not None else {}
    facts: dict[str, Fact] = {"name": user.name, "role": user.role.value, "brands": user.brands, "single_sign_on": True, **changed}
    return Entry(action, WASL, user.id, facts=facts)
