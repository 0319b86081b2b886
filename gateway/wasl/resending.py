"""Sending again what was sent: the same text filled anew, as a new message that is tied to the old one. Gateway has these verbs too.

To try the very same message once more is `retry`, in operating.py.
"""

import asyncio
from abc import abstractmethod
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from wasl.answers import Accepted, DeliverySeen, LeftAlone, MessageSeen
from wasl.audited import Action
from wasl.branded import Branded
from wasl.clock import moment
from wasl.errors import Conflict, NotFound
from wasl.ledger.accept import Draft, Stored
from wasl.ledger.dead_letters import Terms
from wasl.ledger.handed import Handed
from wasl.ledger.kin import resent_key
from wasl.ledger.rows import MessageRow
from wasl.problems import validated
from wasl.resent_seen import NOT_AGAIN, OVERRIDABLE, HasSeen, NotAgain, ResendSeen
from wasl.states import LIVE
from wasl_contracts import Escalation, Mark, Message, Reason, State

_LATELY = timedelta(hours=24)
_MOST = 10  # messages like it that are told
_MAY_HAVE = frozenset({State.SENT, State.DELIVERED}) | LIVE
_ENGAGED = frozenset({Mark.OPENED, Mark.SEEN, Mark.READ, Mark.CLICKED, Mark.REPLIED})
_NO_ESCALATION = Escalation(until="sent")


class Resending(Branded):
    """The verbs of those who want it to go once more."""

    @abstractmethod
    async def _enclosed(self, draft: Draft, message: Message) -> Draft: ...

    @abstractmethod
    async def _stored(self, draft: Draft, storing: "asyncio.Future[Stored]") -> Accepted: ...

    async def foresee_resend(self, message_id: str, *, channel: str | None = None) -> ResendSeen:
        """What `resend` would do, and what the person has already. Nothing is sent or kept.

        Raises:
            NotFound: there is no such message.
            Refused: it would not be accepted today: its template is gone, or there is no such channel.
        """
        return (await self._foreseen(message_id, channel))[0]

    async def resend(self, message_id: str, *, channel: str | None = None, anyway: bool = False, token: str) -> Accepted:
        """Send it again as a new message, by its own channels or by another one; the same token is sent once.

        Consents, suppressions and all other rules hold for it as for every new message. It tells no `fact`, so that it is no duplicate
        of the first. A one-time code keeps its end.

        Raises:
            NotFound: there is no such message.
            Conflict: it is not to be sent again; `code` is one of NotAgain.
            Refused: it would not be accepted today.
        """
        seen, message = await self._foreseen(message_id, channel)
        now, key = self._open.ledger.clock.now(), resent_key(message_id, sha256(token.encode()).hexdigest())
        repeated = await self._open.ledger.foreseeing.repeats(self.brand, key, now)
        allowed = seen.refused is None or repeated or (anyway and seen.overridable)
        if message is None or not allowed:
            raise Conflict(seen.sentence, code=seen.refused, suggested_action=seen.next_step)
        if not repeated:
            action = Action.MESSAGE_SENT_AGAIN if channel is None else Action.MESSAGE_OTHER_CHANNEL
            await self._open.ledger.audit.record([self._entry(action, message_id, channel=channel, anyway=seen.refused)])
        draft = _tied(self._open.drafting.draft(message, None, now, caller=self.caller), key, channel)
        draft = await self._enclosed(draft, message)
        return await self._stored(draft, self._open.ledger.accept(draft))

    async def foresee_retry(self, message_id: str, *, possible_duplicate: bool = False) -> LeftAlone | None:
        """Why `retry` would leave it alone; None where it would go. Raises NotFound."""
        terms = Terms(possible_duplicate=possible_duplicate)
        fates = await self._open.ledger.replays.these(self.brand, [message_id], terms, dry_run=True)
        if not fates:
            raise NotFound("There is no such message.")
        return fates[0].left_alone

    async def _foreseen(self, message_id: str, channel: str | None) -> tuple[ResendSeen, Message | None]:
        """What would become of it, and the new message, where it can be made."""
        ledger = self._open.ledger
        handed, seen = await ledger.handed.of(self.brand, message_id), await ledger.message(self.brand, message_id)
        told = ResendSeen(
            message=message_id,
            category=seen.category,
            channel=channel,
            has=tuple([*_own(seen), *await self._alike(seen)]),
            ways=tuple(name for name in self.config.channels if any(name == one.channel for one in handed.envelope.addresses)),
        )
        refused = _why_not(handed, seen, ledger.clock.now())
        if refused is not None and refused not in OVERRIDABLE:
            return _refused(told, refused, *NOT_AGAIN[refused]), None
        message = self._again(handed, channel, ledger.clock.now())
        explanation = await self._open.explaining.explain(message, seen_as=self.seen_as)
        told = told.model_copy(update={"explanation": explanation})
        if explanation.verdict not in ("send", "defer"):
            reason = explanation.reason
            said = (reason.sentence, reason.next_step) if reason is not None else NOT_AGAIN["would_not_go"]
            return _refused(told, "would_not_go", *said), message
        return (_refused(told, refused, *NOT_AGAIN[refused]) if refused is not None else told), message

    async def _alike(self, seen: MessageSeen) -> list[HasSeen]:
        """What else of this kind the person has, or may have, of the last day."""
        since = self._open.ledger.clock.now() - _LATELY
        found = await self._open.ledger.handed.lately(seen, since, _MOST)
        return [
            HasSeen(message=one, own=False, state=state, certain=state is State.DELIVERED, channels=(), at=at)
            for one, state, at in found
            if state in _MAY_HAVE
        ]

    def _again(self, handed: Handed, channel: str | None, now: datetime) -> Message:
        """The same message as it would be asked for today."""
        envelope = handed.envelope
        kept = tuple(one for one in envelope.channels if one in self.config.channels)
        life = envelope.expires_at - (now if envelope.category == "otp" else moment(handed.life_began))
        fields: dict[str, object] = {
            "to": {"id": envelope.recipient_id, "audience": envelope.audience},
            "content": envelope.content,
            "template": envelope.template,
            "data": envelope.data if envelope.template is not None else None,
            "topic": envelope.topic,
            "channels": (channel,) if channel is not None else kept or None,
            "mode": envelope.mode if channel is None else "first",
            "escalate": (envelope.escalation or _NO_ESCALATION) if channel is None else _NO_ESCALATION,
            "expires_in": life,
            "about": envelope.about,
            "attachments": [{"name": one.name, "file": one.file, "media_type": one.media_type} for one in envelope.files] or None,
            "attachments_optional": envelope.files_optional,
            "metadata": envelope.metadata,
        }
        return validated(Message, {name: value for name, value in fields.items() if value is not None})


def _why_not(handed: Handed, seen: MessageSeen, now: datetime) -> NotAgain | None:
    if handed.erased or handed.cleared:
        return "content_gone"
    if any(one.state in LIVE and not _rests(one) for one in seen.deliveries):
        return "under_way"
    if seen.category == "otp" and now >= seen.expires_at:
        return "code_expired"
    if seen.superseded_by is not None:
        return "superseded"
    return "confirmed" if seen.state is State.DELIVERED or _ENGAGED & {*seen.marks} else None


def _rests(delivery: DeliverySeen) -> bool:
    """Nothing happens to it by itself."""
    return delivery.due_at is None and (delivery.state is State.UNKNOWN or delivery.reason is Reason.AFTER_RESTORE)


def _own(seen: MessageSeen) -> list[HasSeen]:
    """What arrived, or may have, of the message itself."""
    ends = {State.DELIVERED: True, State.SENT: False, State.UNKNOWN: False}
    found = []
    for state, certain in ends.items():
        by = [one for one in seen.deliveries if one.state is state]
        at = max((call.ended_at or call.started_at for one in by for call in one.attempts), default=seen.created_at)
        if by:
            channels = tuple(one.channel for one in by if one.channel is not None)
            found.append(HasSeen(message=seen.id, own=True, state=state, certain=certain, channels=channels, at=at))
    return found


def _refused(told: ResendSeen, why: NotAgain, sentence: str, next_step: str) -> ResendSeen:
    return told.model_copy(update={"refused": why, "sentence": sentence, "next_step": next_step, "overridable": why in OVERRIDABLE})


def _tied(draft: Draft, key: str, channel: str | None) -> Draft:
    """The draft with its key, also in another language. What makes a repetition the same is the old message, the way and the token."""
    fingerprint = sha256(f"{key} {channel or ''}".encode()).hexdigest()
    row: MessageRow = {**draft.row, "idempotency_key": key, "fingerprint": fingerprint}
    return replace(draft, row=row, in_locale=lambda locale: _tied(draft.in_locale(locale), key, channel))
