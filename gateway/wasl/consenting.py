"""What people say of topics and channels: recording it, reading it as of any moment, and asking for it. Gateway has these verbs too."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from wasl import tokens
from wasl.branded import Branded
from wasl.clock import micros, moment
from wasl.config import Config
from wasl.consent import (
    EVERY,
    AsOf,
    ConsentAnswer,
    ConsentAsk,
    ConsentChange,
    ConsentEntry,
    ConsentFilters,
    ConsentPage,
    ConsentRow,
    ConsentSeen,
    Effective,
    choice,
)
from wasl.consent_naming import refuse_without_effect, unknown
from wasl.errors import Conflict, NotFound, Problem, Refused
from wasl.ledger.consents import History
from wasl.policies.consent import Consent, judge
from wasl.policies.verdict import Allow, Withhold
from wasl.problems import validated
from wasl_contracts.recipient import Locale

_LARGEST_PAGE = 1000
_PURPOSE = "consent"
_BAD_TOKEN = Problem(pointer="/token", code="bad_token", message="is not a token of this gateway; take the one that ask_consent returned")
_EXPIRED = Problem(pointer="/token", code="token_expired", message="has expired; ask them again")


class Consenting(Branded):
    """The verbs of consent."""

    async def record_consent(self, recipient_id: str, changes: Sequence[ConsentChange]) -> ConsentSeen:
        """Write down what they said, in this order. On disk when it returns, and from then on nothing begins to leave against it.

        Raises:
            Refused: the recipient is unknown, or a topic or channel is not configured; they may withdraw what they once spoke of.
            Conflict: a topic is withdrawn that cannot be switched off; nothing was kept.
        """
        refuse_without_effect(self.config, changes)
        if _unknown(self.config, changes):
            history = await self._open.ledger.consents.history(self.brand, recipient_id)
            if problems := _unknown(self.config, changes, history.rows if history is not None else ()):
                raise Refused(problems)
        await self._record(recipient_id, changes)
        return await self.consent(recipient_id)

    async def consent(self, recipient_id: str, *, at: datetime | None = None) -> ConsentSeen:
        """What a recipient said up to a moment (now), and what holds by it under the rules that are configured now.

        Raises:
            NotFound: there is no such recipient.
            Refused: the moment has no time zone.
        """
        as_of = validated(AsOf, {"at": at}).at
        ledger = self._open.ledger
        history = await ledger.consents.history(self.brand, recipient_id)
        if history is None:
            raise NotFound("There is no recipient with this id.")
        rows = tuple(row for row in history.rows if as_of is None or row.at <= as_of)
        effective = _effective(Consent(self.config), self.config, History(history.audience, rows))
        return ConsentSeen(recipient=recipient_id, at=as_of or ledger.clock.now(), effective=effective, rows=rows)

    async def consents(self, filters: ConsentFilters | None = None, *, limit: int = 50, cursor: str | None = None) -> ConsentPage:
        """The rows of the consent ledger that fit, IP addresses masked. Nothing is ever changed or taken away in it.

        Raises:
            NotFound: there is no recipient with this id.
            Refused: the cursor was not given out for this list.
        """
        if not 1 <= limit <= _LARGEST_PAGE:
            raise Refused([Problem(pointer="/limit", code="out_of_range", message=f"must be from 1 to {_LARGEST_PAGE}")])
        filters, kept = filters or ConsentFilters(), self._open.ledger.consents
        if filters.recipient is None:
            return await kept.page(self.brand, filters, limit=limit, cursor=cursor)
        history = await kept.history(self.brand, filters.recipient)
        if history is None:
            raise NotFound("There is no recipient with this id.")
        rows = [ConsentEntry(recipient=filters.recipient, row=row) for row in reversed(history.rows) if filters.fit(row)]
        begin = next((at for at, entry in enumerate(rows) if entry.row.id < cursor), len(rows)) if cursor else 0
        page, more = tuple(rows[begin : begin + limit]), len(rows) > begin + limit
        return ConsentPage(data=page, looked_at=len(history.rows), next_cursor=page[-1].row.id if more else None, has_more=more)

    async def ask_consent(  # noqa: PLR0913 - the fields of a question, each with a name
        self,
        recipient_id: str,
        topic: str,
        channel: str,
        *,
        wording: str | None = None,
        wording_version: str | None = None,
        locale: Locale | None = None,
    ) -> str:
        """Note that they are asked (pending), and return the token by which they confirm within `[consent] confirm_within`.

        Send it to the address in question: who has the token confirms. Until then nothing changes.

        Raises:
            Refused: the recipient is unknown, a field is wrong, or a topic or channel is not configured.
        """
        told = {"topic": topic, "channel": channel, "wording": wording, "wording_version": wording_version, "locale": locale}
        asked = validated(ConsentAsk, told)
        if problems := list(unknown(self.config, asked)):
            raise Refused(problems)
        change = ConsentChange(**asked.model_dump(), state="pending", source="double_opt_in")
        (pending,) = await self._record(recipient_id, [change])
        until = micros(self._open.ledger.clock.now() + self.config.consent.confirm_within)
        return tokens.issue(self._open.ring, _PURPOSE, {"brand": self.brand, "recipient": recipient_id, "row": pending, "until": until})

    async def confirm_consent(self, token: str, *, ip: str | None = None) -> ConsentSeen:
        """Grant what a token was issued for; again is as good as once.

        Raises:
            Refused: the token is not ours, or it expired before it was used.
            Conflict: they turned it off after they were asked; an old link does not turn it on again.
        """
        answer = validated(ConsentAnswer, {"token": token, "ip": ip})
        told = tokens.read(self._open.ring, _PURPOSE, answer.token)
        if told is None or self.seen_as not in (None, told["brand"]):
            raise Refused([_BAD_TOKEN])
        seen, recipient_id, until = self._as(str(told["brand"])), str(told["recipient"]), moment(int(told["until"]))
        became = await self._open.ledger.consents.confirm(seen.brand, recipient_id, str(told["row"]), ip=answer.ip, until=until)
        if became == "withdrawn":
            raise Conflict("They turned this off after they were asked.", code="withdrawn_since", suggested_action="Ask them again.")
        if became != "confirmed":
            raise Refused([_EXPIRED if became == "expired" else _BAD_TOKEN])
        return await seen.consent(recipient_id)

    async def _record(self, recipient_id: str, changes: Sequence[ConsentChange]) -> list[str]:
        rows = await self._open.ledger.consents.record(self.brand, recipient_id, changes)
        if rows is None:
            raise Refused([Problem(pointer="/id", code="unknown_recipient", message="is an id that wasl does not know; store it first")])
        return rows


def _unknown(config: Config, changes: Sequence[ConsentChange], rows: Sequence[ConsentRow] = ()) -> list[Problem]:
    return [problem for place, change in enumerate(changes) for problem in unknown(config, change, f"/changes/{place}", rows)]


def _effective(policy: Consent, config: Config, history: History) -> tuple[Effective, ...]:
    """What the policy says for every topic and channel that is configured."""
    found, spoken = [], defaultdict(list)
    for row in history.rows:
        spoken[row.topic].append(row)
    for topic, about in config.topics.items():
        rows = [*spoken.get(topic, ()), *spoken.get(EVERY, ())]
        for channel in config.channels:
            ruled = policy.rule(topic, about.category, channel, history.audience)
            verdict, chosen = judge(ruled, rows, topic, channel), choice(rows, topic, channel)
            found.append(
                Effective(
                    topic=topic,
                    channel=channel,
                    allowed=isinstance(verdict, Allow),
                    state="none" if chosen is None else "granted" if chosen.granted else "withdrawn",
                    rule=ruled.rule,
                    source=verdict.source,
                    reason=verdict.reason if isinstance(verdict, Withhold) else None,
                )
            )
    return tuple(found)
