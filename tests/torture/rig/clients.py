"""People who post messages, keep what was acknowledged, and do what good clients do: after no answer, the same key again."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import aiohttp

_CLIENTS = 4
_PAUSE = 0.03  # seconds at most between two posts of one client, so that the machine also gets to send
_TRIES = 40
_AWAY = 0.05  # seconds between two tries
_TOPICS = ("codes", "orders", "news", "offers")
_CANCELLED_LATER = 0.05  # of the posts
ROUTES = ("keyed", "unkeyed", "either", "both")


@dataclass
class Record:
    """What the clients know."""

    accepted: set[str] = field(default_factory=set)
    """Ids for which a client saw 202."""
    by_key: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The ids that each idempotency key was answered with."""
    cancelled: set[str] = field(default_factory=set)
    """Ids for which a client saw that the cancellation was carried out."""
    posted: int = 0
    """Distinct messages that were asked for."""
    turned_away: set[int] = field(default_factory=set)
    """Numbers of messages whose only post was answered with 503: nothing was kept of them."""
    refusals: list[str] = field(default_factory=list)
    """Answers that no client should have got."""


class Clients:
    """Posts at an address that comes and goes, until told to stop."""

    def __init__(self, url: str, key: str, chance: Random) -> None:
        self.record = Record()
        self._url = url
        self.headers = {"Authorization": f"Bearer {key}"}
        self._chance = chance
        self._stopping = False

    async def run(self) -> None:
        """Post until `stop`; each message that was begun is seen to its end."""
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(headers=self.headers, timeout=timeout) as http:
            await asyncio.gather(*(self._client(http) for _ in range(_CLIENTS)))

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopping = True

    async def _client(self, http: aiohttp.ClientSession) -> None:
        while not self._stopping:
            self.record.posted += 1
            cancelling = self._chance.random() < _CANCELLED_LATER
            number = self.record.posted
            body = self._message(number, later=cancelling)
            key = str(UUID(int=self._chance.getrandbits(128))) if self._chance.random() < 0.5 else None
            found = await self._accepted(http, number, body, key)
            if found is not None and cancelling:
                await self._cancel(http, found)
            await asyncio.sleep(self._chance.uniform(0, _PAUSE))

    async def _accepted(self, http: aiohttp.ClientSession, number: int, body: dict[str, object], key: str | None) -> str | None:
        """The id of the message. Without a key a client cannot know whether asking again is safe, and gives up."""
        headers = {"Idempotency-Key": key} if key else {}
        for _ in range(_TRIES if key else 1):
            status, answer = await self._post(http, "/v1/messages", body, headers)
            if status == 202:
                self.record.accepted.add(answer["id"])
                if key:
                    self.record.by_key[key].add(answer["id"])
                return answer["id"]
            if status == 503 and not key:
                self.record.turned_away.add(number)
            elif status not in (None, 409, 503):  # away, still storing the twin, database away
                self.record.refusals.append(f"{status} {answer.get('code')}")
            await asyncio.sleep(_AWAY)
        return None

    async def _cancel(self, http: aiohttp.ClientSession, message_id: str) -> None:
        status, _ = await self._post(http, f"/v1/messages/{message_id}:cancel", {}, {})
        if status == 200:
            self.record.cancelled.add(message_id)

    async def _post(
        self, http: aiohttp.ClientSession, path: str, body: dict[str, object], headers: dict[str, str]
    ) -> tuple[int | None, dict[str, str]]:
        try:
            async with http.post(self._url + path, json=body, headers=headers) as answer:
                return answer.status, await answer.json(content_type=None)
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None, {}

    def _message(self, number: int, *, later: bool) -> dict[str, object]:
        addresses = [{"channel": "webhook", "kind": "url", "value": f"https://shop.example.com/{number % 40}"}]
        route = self._chance.choice(ROUTES)
        body: dict[str, object] = {
            "to": {"id": f"u{number % 40}", "phone": f"+96650{number % 40:07}", "addresses": addresses},
            "content": {"title": "Shipped", "body": f"Order {number} left. طلبك في الطريق"},
            "topic": f"{self._chance.choice(_TOPICS)}-{route}",
            "metadata": {"number": number},
        }
        # Some time ahead, so that it can still be cancelled, and soon enough for the end of the round.
        return {**body, "send_at": _ahead(self._chance.uniform(0.1, 1.0))} if later else body


def _ahead(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
