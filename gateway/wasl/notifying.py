"""What an operator does with webhooks: where what happened is posted to. Gateway has these verbs too."""

from datetime import datetime, timedelta

from pydantic_core import to_json

from wasl.audited import Action
from wasl.branded import Branded
from wasl.clock import MICROSECOND, micros, moment
from wasl.errors import NotFound, Problem, Refused
from wasl.ids import new_test_event_id, new_webhook_id
from wasl.ledger.feed import START, Cursor
from wasl.ledger.webhooks import Endpoint, Secret, Wait
from wasl.outbound import Unreached, checked
from wasl.problems import validated
from wasl.sessions import reach_of
from wasl.webhooks.happening import EVENT, Happening, event_id
from wasl.webhooks.outcome import tries
from wasl.webhooks.signing import new_secret
from wasl.webhooks.webhook import NewWebhook, Replay, TriesSeen, Try, WebhookChange, WebhookSeen, WebhooksSeen

_OLD_SECRET = timedelta(hours=24)  # how long the one before a new one signs too
_MOST = 100  # of a brand
_PAGE = 500
_TEST = "webhook.test"


class Notifying(Branded):
    """The verbs of webhooks. Each is of one brand."""

    async def add_webhook(self, asked: NewWebhook | str) -> WebhookSeen:
        """Post what happens from now on to a URL. The answer holds the secret, which is shown now and never again.

        Raises:
            Refused: the URL must not be posted to, or there are 100 already.
        """
        asked = validated(NewWebhook, {"url": asked}) if isinstance(asked, str) else asked
        self._check(asked.url)
        ledger, secret = self._open.ledger, new_secret()
        if len(await ledger.webhooks.list(self.brand)) >= _MOST:
            raise Refused([Problem(pointer="", code="too_many", message=f"would be webhook {_MOST + 1}; remove one first")])
        endpoint = Endpoint(
            self.brand, new_webhook_id(), micros(ledger.clock.now()), asked.url, (Secret(secret),), asked.types, asked.topics,
            cursor=await ledger.feed.newest(self.brand),
        )  # fmt: skip
        await ledger.webhooks.add(endpoint, self._entry(Action.WEBHOOK_ADDED, endpoint.id, types=asked.types, topics=asked.topics))
        return _seen(endpoint).model_copy(update={"secret": secret})

    async def webhooks(self) -> WebhooksSeen:
        """All webhooks, oldest first."""
        return WebhooksSeen(data=tuple(map(_seen, await self._open.ledger.webhooks.list(self.brand))))

    async def webhook(self, webhook_id: str) -> WebhookSeen:
        """One webhook; raises NotFound."""
        return _seen(await self._endpoint(webhook_id))

    async def webhook_tries(self, webhook_id: str) -> TriesSeen:
        """What was posted there last, and how it ended; raises NotFound."""
        endpoint = await self._endpoint(webhook_id)
        return TriesSeen(data=tries(endpoint.tries), waiting=await self._open.ledger.webhooks.waiting(endpoint))

    async def change_webhook(self, webhook_id: str, change: WebhookChange) -> WebhookSeen:
        """Change where it posts, and what. One that is enabled again goes on where it ended.

        Raises:
            NotFound: there is none of that id.
            Refused: the URL must not be posted to.
        """
        endpoint, now = await self._endpoint(webhook_id), micros(self._open.ledger.clock.now())
        told = change.model_dump(exclude_none=True)
        if change.url is not None:
            self._check(change.url)
        if change.enabled is False and endpoint.enabled:
            told |= {"disabled_reason": "asked", "disabled_at": now}
        elif change.enabled:
            told |= {"disabled_reason": None, "disabled_at": None, "failing_since": None}
        entry = self._entry(Action.WEBHOOK_CHANGED, webhook_id, fields=sorted(change.model_fields_set))
        changed = await self._open.ledger.webhooks.change(self.brand, webhook_id, told, entry)
        return _seen(changed or endpoint)

    async def rotate_webhook(self, webhook_id: str) -> WebhookSeen:
        """A new secret, which the answer holds; for 24 hours what is posted is signed with the one before as well.

        Raises:
            NotFound: there is none of that id.
        """
        endpoint, secret = await self._endpoint(webhook_id), new_secret()
        until = micros(self._open.ledger.clock.now()) + _OLD_SECRET // MICROSECOND
        secrets = (Secret(secret), Secret(endpoint.secrets[0].text, until))
        entry = self._entry(Action.WEBHOOK_CHANGED, webhook_id, fields=["secret"])
        changed = await self._open.ledger.webhooks.change(self.brand, webhook_id, {"secrets": secrets}, entry)
        return _seen(changed or endpoint).model_copy(update={"secret": secret})

    async def remove_webhook(self, webhook_id: str) -> None:
        """Post nothing there any more; raises NotFound."""
        if not await self._open.ledger.webhooks.remove(self.brand, webhook_id, self._entry(Action.WEBHOOK_REMOVED, webhook_id)):
            raise _absent()

    async def replay_webhook(self, webhook_id: str, *, event: str | None = None, since: datetime | None = None) -> WebhookSeen:
        """Post one event again, or all that happened since a moment, with the same ids; as long as the feed keeps them.

        Raises:
            NotFound: there is no such webhook, or no such event any more.
            Refused: neither an event nor a moment is named, or both.
        """
        asked = validated(Replay, {"event": event, "since": since})
        endpoint, rows = await self._endpoint(webhook_id), self._open.ledger.webhooks
        if (asked.event is None) == (asked.since is None):
            raise Refused([Problem(pointer="", code="missing_field", message="must name either an event or a moment since which")])
        told = {"since": asked.since.isoformat()} if asked.since is not None else {"event": asked.event}
        await self._open.ledger.audit.record([self._entry(Action.WEBHOOK_REPLAYED, webhook_id, **told)])
        if asked.since is not None:
            await rows.rewind(self.brand, webhook_id, micros(asked.since))
        elif asked.event is not None and not await rows.again(self.brand, webhook_id, asked.event):
            await rows.again(self.brand, webhook_id, await self._kept(asked.event))
        return _seen(endpoint)

    async def test_webhook(self, webhook_id: str) -> Try:
        """Post an event `webhook.test` now, once, also where it is disabled; raises NotFound."""
        endpoint, now = await self._endpoint(webhook_id), self._open.ledger.clock.now()
        named = new_test_event_id()
        body = to_json({"type": _TEST, "timestamp": now.isoformat(), "data": {"webhook": webhook_id}})
        got = await self._open.posting.post(endpoint, named, body)
        return Try(event=named, type=_TEST, at=moment(got.at), attempt=1, status=got.status, code=got.code, ms=got.ms)

    async def _endpoint(self, webhook_id: str) -> Endpoint:
        found = await self._open.ledger.webhooks.get(self.brand, webhook_id)
        if found is None:
            raise _absent()
        return found

    async def _kept(self, event: str) -> Wait:
        """An event of the feed, due now."""
        try:
            wanted = Cursor.parse(event.removeprefix(EVENT))
        except ValueError:
            raise _no_event() from None
        feed, now = self._open.ledger.feed, micros(self._open.ledger.clock.now())
        place = START._replace(xid=wanted.xid, id=wanted.id - 1)
        while entries := await feed.after(self.brand, place, _PAGE):
            if (found := next((entry for entry in entries if event_id(entry) == event), None)) is not None:
                return Happening.read(found, now).waits(0, now)
            place = entries[-1].cursor
            if place.order > wanted.order:
                break
        raise _no_event()

    def _check(self, url: str) -> None:
        try:
            checked(url, reach_of(self.config))
        except Unreached as unreached:
            raise Refused([Problem(pointer="/url", code=unreached.code, message=unreached.message)]) from None


def _seen(endpoint: Endpoint) -> WebhookSeen:
    return WebhookSeen(
        id=endpoint.id,
        url=endpoint.url,
        types=endpoint.types,
        topics=endpoint.topics,
        enabled=endpoint.enabled,
        created_at=moment(endpoint.created_at),
        disabled_reason=endpoint.disabled_reason,
        disabled_at=_moment(endpoint.disabled_at),
        failing_since=_moment(endpoint.failing_since),
    )


def _moment(at: int | None) -> datetime | None:
    return moment(at) if at is not None else None


def _absent() -> NotFound:
    return NotFound("There is no webhook with this id.", suggested_action="See them all: GET /v1/webhooks, wasl webhooks list.")


def _no_event() -> NotFound:
    return NotFound(
        "There is no event with this id any more.", suggested_action="Take the header webhook-id of a post, or replay all since a moment."
    )
