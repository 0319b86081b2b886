"""The call an application makes: `async with Gateway.from_config() as gateway: await gateway.send(…)`."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from random import SystemRandom
from typing import Literal, NamedTuple, Self

import structlog
from pydantic import JsonValue

from wasl import log
from wasl.acting import Acting
from wasl.admitting import Admitting
from wasl.answers import Accepted, Health, MessageSeen
from wasl.apikeys import ApiKey
from wasl.assembly import Assembly, Part, World, assemble
from wasl.attending import Attending
from wasl.auditing import Auditing
from wasl.authoring import Authoring
from wasl.clock import SystemClock
from wasl.config import Config
from wasl.errors import IdempotencyInProgress, StorageLow, WaslError
from wasl.exporting import Exporting
from wasl.filing import Filing
from wasl.following import Following
from wasl.hearing import Hearing
from wasl.ledger.accept import Draft, Stored
from wasl.ledger.reads import Filters
from wasl.preferring import Preferring
from wasl.previewing import Previewing
from wasl.problems import validated
from wasl.proving import Proving
from wasl.questioning import Questioning
from wasl.receiving import Receiving
from wasl.registry import Specs, read
from wasl.reporting import Reporting
from wasl.signing_on import SigningOn
from wasl.suppressing import Suppressing
from wasl.working_off import WorkingOff
from wasl_contracts import Content, Escalation, Message, Mode, Recipient
from wasl_contracts.enclosure import Enclosure

__all__ = ["ApiKey", "Filters", "Gateway", "Submission"]

_TWIN_WAITS = 1.0  # seconds for the first request with the same idempotency key to be stored
_POLL = 0.1
_LEAST_YIELD = 100  # messages of a batch that are checked before other requests get a turn


class Submission(NamedTuple):
    """A message of a batch, with its idempotency key."""

    message: Message
    idempotency_key: str | None = None


class Gateway(
    Admitting,
    Filing,
    Attending,
    Auditing,
    Authoring,
    Questioning,
    Previewing,
    Acting,
    Preferring,
    Suppressing,
    Exporting,
    Receiving,
    Reporting,
    Hearing,
    Following,
    Proving,
    SigningOn,
):
    """Accepts, sends and answers for every brand. Use it as an asynchronous context manager.

    A message may name its brand; all else is of the brand that the configuration names, or of one that it is seen as: `of("acme")`.
    With `worker` it also takes the worker role if no other process has it, and lets its calls end before it closes. Messages are on
    disk when `send` returns, so it does not matter which process sends them. On PostgreSQL any number of processes send.
    What people ask of messages is in operating.py, of providers in attending.py, what would become of one in questioning.py, what they
    say of topics in consenting.py, what they do for themselves in preferring.py and hearing.py, what happens in following.py.
    """

    def __init__(  # noqa: PLR0913 - each a choice with a name
        self,
        specs: Specs,
        *,
        worker: bool = True,
        unsafe_durability: bool = False,
        after_restore: bool = False,
        watchdog: bool = False,
        world: World | None = None,
    ) -> None:
        self.config: Config = specs.config
        self.closing = False
        self._specs = specs
        self._part = Part(worker, unsafe_durability, after_restore, watchdog)
        self._world = world or World(SystemClock(), SystemRandom(), os.environ)
        self._stack = AsyncExitStack()
        self._parts: Assembly | None = None
        self._storing: dict[tuple[str, str], asyncio.Future[Stored]] = {}
        self._keys: dict[bytes, tuple[ApiKey, datetime]] = {}

    @classmethod
    def from_config(  # noqa: PLR0913 - each a choice with a name
        cls,
        path: Path | str | None = None,
        *,
        worker: bool = True,
        unsafe_durability: bool = False,
        after_restore: bool = False,
        watchdog: bool = False,
        environ: Mapping[str, str] = os.environ,
    ) -> Self:
        """A gateway as `path` says, else ./wasl.toml, else the defaults.

        With `unsafe_durability` it opens even where a power cut could lose what was accepted. With `after_restore` it first holds all
        that waits in a database restored from a backup, which may long be sent, until `retry_all` releases it. With `watchdog` the
        process ends itself where its event loop hangs (`[worker] hang_after`).

        Raises:
            ConfigMistakes: every mistake in it, with its place.
        """
        specs, world = read(Path(path) if path is not None else None, environ), World(SystemClock(), SystemRandom(), environ)
        told = {"worker": worker, "unsafe_durability": unsafe_durability, "after_restore": after_restore, "watchdog": watchdog}
        return cls(specs, **told, world=world)

    async def __aenter__(self) -> Self:
        """Open the ledger and the providers.

        Raises:
            Unusable: the database or the key ring cannot be used; the text says what to do.
        """
        if not structlog.is_configured():
            log.configure(self._world.environ)  # the default of structlog would print everything as it is
        async with AsyncExitStack() as stack:
            self._parts = await assemble(self._specs, self._world, stack, self._part)
            if self._part.worker:
                acts = WorkingOff(self)
                acts.start()
                stack.push_async_callback(acts.close)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.closing = True
        await self._stack.aclose()

    @property
    def sends(self) -> bool:
        """Whether this process has the worker role."""
        return self._open.worker is not None and self._open.worker.sends

    async def send(  # noqa: PLR0913 - the fields of a message, each with a name
        self,
        template: str | None = None,
        *,
        to: Recipient | Mapping[str, JsonValue],
        content: Content | Mapping[str, JsonValue] | None = None,
        data: Mapping[str, JsonValue] | None = None,
        topic: str | None = None,
        channels: Sequence[str] | None = None,
        mode: Mode | None = None,
        escalate: Escalation | Mapping[str, str] | None = None,
        send_at: datetime | None = None,
        expires_in: str | timedelta | None = None,
        about: str | None = None,
        supersedes: bool = False,
        fact: str | None = None,
        ordering_key: str | None = None,
        attachments: Sequence[Enclosure | Mapping[str, object]] | None = None,
        attachments_optional: bool = False,
        metadata: Mapping[str, JsonValue] | None = None,
        brand: str | None = None,
        idempotency_key: str | None = None,
    ) -> Accepted:
        """Send a template with its data, or inline content, to one recipient; on disk when it returns.

        Raises:
            Refused: names each field that is wrong; nothing was kept.
            IdempotencyMismatch: the key was used for another message.
            LedgerUnavailable, StorageLow: nothing was kept; the same call again is safe with an idempotency key.
        """
        given = {
            "to": to, "template": template, "content": content, "data": data, "topic": topic, "channels": channels, "mode": mode,
            "escalate": escalate, "send_at": send_at, "expires_in": expires_in, "about": about, "supersedes": supersedes, "fact": fact,
            "ordering_key": ordering_key, "attachments": attachments, "attachments_optional": attachments_optional,
            "metadata": metadata, "brand": brand,
        }  # fmt: skip
        message = validated(Message, {name: value for name, value in given.items() if value is not None})
        return await self.accept(message, idempotency_key)

    async def accept(self, message: Message, idempotency_key: str | None = None) -> Accepted:
        """As `send`, for a message that is built already."""
        self._room()
        draft = await self._enclosed(self._draft(message, idempotency_key), message)
        if idempotency_key is not None:
            await self._after_twin((draft.row["brand"], idempotency_key))
        return await self._stored(draft, self._store(draft))

    async def accept_many(self, submissions: Sequence[Submission]) -> Sequence[Accepted | WaslError]:
        """Accept each, with others in one commit; one that is refused never fails the others. Results are in order."""
        self._room()
        waiting: list[tuple[Draft, asyncio.Future[Stored]] | WaslError] = []
        with_files = await self._with_files(submissions)
        for position, (message, key) in enumerate(submissions, 1):
            try:
                draft = with_files[position].result() if position in with_files else self._draft(message, key)
                waiting.append((draft, self._store(draft)))
            except WaslError as error:
                waiting.append(error)
            if position % _LEAST_YIELD == 0:
                await asyncio.sleep(0)
        return [await self._outcome(one) for one in waiting]

    async def wait(self, message_id: str, *, until: Literal["sent", "delivered"] = "sent", timeout: float = 5) -> MessageSeen:  # noqa: ASYNC109 - the name that callers expect
        """The message when each of its deliveries got that far, or nothing more will happen to it by itself.

        Raises:
            TimeoutError: neither within so many seconds. The message goes on.
            NotFound: there is no such message.
        """
        async with asyncio.timeout(timeout):
            while True:
                seen = await self.get(message_id)
                if seen.reached(until):
                    return seen
                await asyncio.sleep(_POLL)

    async def health(self) -> Health:
        """Whether this process can accept, and who sends."""
        try:
            ledger, brands = await self._open.ledger.writable(), await self._brands_left()
        except WaslError as error:
            ledger, brands = error.message, {}
        worker = "here" if self.sends else "in another process"
        checks = {"ledger": ledger, "durability": self._open.durability, "worker": worker, **brands}
        return Health(ready=ledger == "ok" and not self.closing, checks={**checks, **self._open.reloading.checks})

    @property
    def _open(self) -> Assembly:
        if self._parts is None:
            raise RuntimeError("the gateway is not open; use `async with Gateway.from_config() as gateway`")
        return self._parts

    def _room(self) -> None:
        if self._open.ledger.low():
            raise StorageLow("There is too little disk space to accept more.")

    def _draft(self, message: Message, key: str | None) -> Draft:
        return self._open.drafting.draft(message, key, self._open.ledger.clock.now(), caller=self.caller)

    async def _with_files(self, submissions: Sequence[Submission]) -> "Mapping[int, asyncio.Task[Draft]]":
        """The drafts of those that have files, by their position from 1, each done."""

        async def drafted(submission: Submission) -> Draft:
            return await self._enclosed(self._draft(*submission), submission.message)

        places = [place for place, (message, _) in enumerate(submissions, 1) if message.attachments]
        drafts = {place: asyncio.create_task(drafted(submissions[place - 1])) for place in places}
        if drafts:
            await asyncio.wait(drafts.values())
        return drafts

    def _store(self, draft: Draft) -> "asyncio.Future[Stored]":
        storing = self._open.ledger.accept(draft)
        if draft.row["idempotency_key"] is not None:
            key = draft.row["brand"], draft.row["idempotency_key"]
            self._storing[key] = storing
            storing.add_done_callback(lambda _: self._storing.pop(key, None))
        return storing

    async def _stored(self, draft: Draft, storing: "asyncio.Future[Stored]") -> Accepted:
        stored = await storing
        if self._open.worker is not None:
            self._open.worker.wake()
        self._open.measuring.counters.accepted[draft.row["brand"], draft.row["category"]] += not stored.replayed
        return self._open.drafting.accepted(draft, stored)

    async def _outcome(self, one: "tuple[Draft, asyncio.Future[Stored]] | WaslError") -> Accepted | WaslError:
        if isinstance(one, WaslError):
            return one
        try:
            return await self._stored(*one)
        except WaslError as error:
            return error

    async def _after_twin(self, key: tuple[str, str]) -> None:
        """Wait for the request that is storing the same key just now; the ledger then answers by it."""
        if (twin := self._storing.get(key)) is not None:
            _, late = await asyncio.wait([twin], timeout=_TWIN_WAITS)
            if late:
                raise IdempotencyInProgress("The first request with this idempotency key is still being stored.")
