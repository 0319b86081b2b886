"""The second factor of the console's users: enrolling it, proving it, and what whoever lost their phone does. Gateway has these verbs too.

A code counts once (RFC 6238 section 5.2), within half a minute either way. What is proved, refused or changed is in the audit.
"""

import secrets
from urllib.parse import urlsplit

from wasl.audited import Action, Fact
from wasl.clock import micros
from wasl.errors import Conflict
from wasl.ledger.second_factors import Kept, Proof
from wasl.ledger.users import Opening
from wasl.staffing import Staffing, digest_of, own
from wasl.totp import Enrolment, enrolment, new_recovery_codes, new_secret, step_of, typed
from wasl.users import Factor, Session, User


class Proving(Staffing):
    """The verbs of a user who proves that they have what they enrolled, and of an admin who takes it away."""

    async def second_factor(self, user: User) -> Factor | None:
        """What they have enrolled; None where they have not."""
        kept = await self._confirmed(user)
        return Factor(kept.since, kept.codes_left) if kept is not None and kept.since is not None else None

    async def begin_factor(self, user: User) -> None:
        """A new secret for them to confirm by a code; of one that they did not confirm, nothing stays. Raises Conflict: they have one."""
        if not await self._open.ledger.second_factors.begin(user.id, new_secret()):
            raise Conflict("There is a second factor already.", code="factor_enrolled", suggested_action="Remove that one first.")

    async def enrolment(self, user: User) -> Enrolment | None:
        """What their app needs, for as long as they have not confirmed it; None at any other time."""
        kept = await self._open.ledger.second_factors.of(user.id)
        if kept is None or kept.since is not None:
            return None
        return enrolment(kept.secret, user.name, urlsplit(self.config.server.public_url or "").hostname or "")

    async def confirm_factor(self, session: Session, code: str) -> tuple[str, ...] | None:
        """It is theirs from now on, and proved in this session. Returns recovery codes, which nobody sees again; None: wrong code."""
        user, codes = session.user, new_recovery_codes()
        kept = await self._open.ledger.second_factors.of(user.id)
        step = step_of(typed(code), kept.secret, self.now()) if kept is not None and kept.since is None else None
        if step is None:
            await self._refused(user)
            return None
        proof, entry = Proof(step, ""), own(Action.FACTOR_ENROLLED, user)
        done = await self._open.ledger.second_factors.confirm(user.id, proof, digest_of(session.token), _compared(codes), entry)
        return codes if done else None

    async def finish_sign_in(self, session: Session, code: str) -> Session | None:
        """The whole session of somebody who is signed in half, under a new token; None: wrong code, or one that was used."""
        now, token = micros(self.now()), secrets.token_urlsafe(32)
        proof, facts = await self._proof(session.user, code)
        whole = Opening(digest_of(token), session.user.id, now, now)
        entry = own(Action.SIGNED_IN, session.user, **facts)
        if await self._open.ledger.second_factors.enter(proof, digest_of(session.token), whole, entry):
            return Session(token, session.user)
        await self._refused(session.user)
        return None

    async def prove_by_code(self, session: Session, code: str) -> bool:
        """It was proved in this session just now. Of this and the following, False or None: wrong code, or one that was used."""
        proof, facts = await self._proof(session.user, code)
        entry = own(Action.SESSION_PROVED, session.user, **facts)
        if await self._open.ledger.second_factors.prove(session.user.id, proof, digest_of(session.token), entry):
            return True
        await self._refused(session.user)
        return False

    async def renew_recovery_codes(self, user: User, code: str) -> tuple[str, ...] | None:
        """Ten new codes; the old ones are none any more."""
        (proof, facts), codes = await self._proof(user, code), new_recovery_codes()
        entry = own(Action.RECOVERY_RENEWED, user, **facts)
        if await self._open.ledger.second_factors.renew_codes(user.id, proof, _compared(codes), entry):
            return codes
        await self._refused(user)
        return None

    async def remove_factor(self, user: User, code: str) -> bool:
        """They sign in by their password alone."""
        proof, facts = await self._proof(user, code)
        if await self._open.ledger.second_factors.remove(user.id, proof, own(Action.FACTOR_REMOVED, user, **facts)):
            return True
        await self._refused(user)
        return False

    async def reset_factor(self, name: str) -> User:
        """Whoever lost their phone signs in by their password alone, and enrols anew. They are signed out everywhere.

        Raises:
            Conflict: they have no second factor, or it is the user who asks.
            NotFound: there is no such user.
        """
        user = await self.user(name)
        self._check_other(user)
        if not await self._open.ledger.second_factors.reset(user.id, self._about(Action.FACTOR_RESET, user)):
            raise Conflict(f"{user.name} has no second factor.", code="no_factor")
        return user

    async def _confirmed(self, user: User) -> Kept | None:
        kept = await self._open.ledger.second_factors.of(user.id)
        return kept if kept is not None and kept.since is not None else None

    async def _proof(self, user: User, code: str) -> tuple[Proof, dict[str, Fact]]:
        """What was typed, as the ledger takes it, and what the audit tells of it."""
        kept, given = await self._confirmed(user), typed(code)
        step = step_of(given, kept.secret, self.now()) if kept is not None else None
        return Proof(step, given), {} if step is not None else {"recovery_code": True}

    async def _refused(self, user: User) -> None:
        await self._open.ledger.audit.record([own(Action.SIGN_IN_REFUSED, user, factor=True)])


def _compared(codes: tuple[str, ...]) -> list[str]:
    return [typed(code) for code in codes]
