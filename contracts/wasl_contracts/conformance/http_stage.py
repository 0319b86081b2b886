"""The stage of a provider that is called by HTTP, and what its test class may override."""

import copy
import inspect
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import ClassVar

from wasl_contracts.conformance import openapi, samples
from wasl_contracts.conformance.http_fake import Answering, HttpFake
from wasl_contracts.conformance.stage import PATIENCE, Contract, Outcome, Stage, named
from wasl_contracts.conformance.wire import Ending, Request, Response


class HttpStage(Contract):
    """A provider before a fake HTTP server."""

    needed_settings = ("base_url",)
    outcomes: ClassVar[Mapping[int, str]] = {}
    """Statuses that mean something else at this provider, as `{404: "rejected:address"}`."""
    second_try_after: ClassVar[frozenset[int]] = frozenset()
    """Statuses after which one more send is right, since they prove that nothing was taken: 401 where a token may be stale."""
    openapi: ClassVar[str | None] = None
    """The provider's OpenAPI document, a file in `shared/specs` beside a folder above the test; it judges every request of the kit."""
    judge_errs: ClassVar[tuple[str, ...]] = ()
    """Patterns of what the document is wrong to object to; say beside each how you know."""

    def success(self, request: Request) -> Response:
        """What the provider answers when it takes it; `self.ref` is the reference to give."""
        return Response.text(200)

    def failure(self, request: Request, status: int) -> Response:
        """What the provider answers when it refuses. This one tells everything that it was sent, as careless ones do."""
        told = "; ".join(self.confidential().values())
        return Response.json(status, {"message": told, "description": told, "detail": told})

    def found(self, request: Request) -> Response:
        """What the provider answers to `find` for an attempt that it took; `self.ref` is the reference to give."""
        return self.success(request)

    def missing(self, request: Request) -> Response:
        """What the provider answers to `find` for an attempt that it never got."""
        return Response.text(404)

    def before(self, request: Request) -> Response | None:
        """The answer to a request that is not the send itself, such as a token's; None for the send."""
        return None

    def read(self, request: Request) -> Request:
        """The send as the provider understands it; override it where the plugin encrypts what it sends."""
        return request

    def settings_for(self, base_url: str) -> dict[str, object]:
        """The settings that point the provider to the fake."""
        return {"base_url": base_url}

    @asynccontextmanager
    async def answering(self, answer: Answering, patience: float = PATIENCE, delay: float = 0) -> AsyncIterator[Stage[HttpFake]]:
        """The provider before a fake that answers so."""
        with HttpFake(answer, self.before, delay, self.read) as fake:
            pointed = self.settings_for(fake.url) if self.networked else {}
            async with self.staged(fake, {**self.settings, **pointed}, patience) as stage:
                yield stage
            assert fake.fault is None, f"the fake failed: success(), failure() or before() of the test raised {fake.fault!r}"
            self._judge(fake.sent)

    def stage(self, ending: Ending | None = None, delay: float = 0) -> AbstractAsyncContextManager[Stage[HttpFake]]:
        return self.answering(lambda request: ending or self.taken(request), delay=delay)

    def taken(self, request: Request) -> Response:
        """The answer of success, with the reference of the delivery that the request carries."""
        one = copy.copy(self)
        number = samples.marked(" ".join(request.fields().values()))
        if self.ref is not None and number is not None:
            one.ref = samples.numbered(self.ref, number)
        return one.success(request)

    async def end(self, answer: Answering, patience: float = PATIENCE, sends: int = 1) -> Outcome:
        """How a send ends when it is answered so; fails where it was sent more often than once."""
        async with self.answering(answer, patience) as stage:
            found = await self.outcome(stage.provider, self.delivery())
            sent = len(stage.fake.sent)
        assert 1 <= sent <= sends, (
            f"one send() made {sent} requests and ended {named(found)}; make one and never retry, wasl is the only retrier"
        )
        return found

    def document(self) -> Path | None:
        """Where the provider's OpenAPI document is, and can be used; None where it is not."""
        folder = openapi.folder_of(Path(inspect.getfile(type(self)))) if self.openapi and openapi.validates() else None
        return None if folder is None else folder / str(self.openapi)

    def _judge(self, sent: Iterable[Request]) -> None:
        if (document := self.document()) is None:
            return
        for request in sent:
            faults = openapi.judge(document).faults(request)
            objections = [fault for fault in faults if not any(re.search(pattern, fault) for pattern in self.judge_errs)]
            assert not objections, f"{self.openapi} does not allow what was sent: {'; '.join(objections)[:1000]}"
