"""What the ends of a conversation over a plain socket mean: refusals, silence, and answers that make no sense."""

import asyncio
import copy
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import ClassVar

import pytest

from wasl_contracts.conformance import samples
from wasl_contracts.conformance.loopback import refusing_port, unanswered_port
from wasl_contracts.conformance.socket_fake import Heard, Manner, SocketFake
from wasl_contracts.conformance.stage import SHORT, Contract, Outcome, Stage, named
from wasl_contracts.conformance.wire import Ending
from wasl_contracts.errors import Rejected
from wasl_contracts.receipt import Receipt

_GARBAGE = (b"\n", b"what is this\n", b"\xff\xfe\x00\n", b"[" * 60_000 + b"\n")
_HUGE = 10 * 2**20


class SocketChecks(Contract):
    """The outcomes of a conversation over TCP in a protocol of its own.

    A subclass gives `success`; where it can be refused, `refusal`; where the protocol is not one of lines, `hear`; where there is more
    to it than a send and its answer, `greeting` and `before`.
    """

    needed_settings = ("host", "port")
    greeting: ClassVar[bytes] = b""
    """What the server says first."""
    impatient: ClassVar[Mapping[str, object]] = {"timeout_seconds": SHORT}
    """The settings that make it wait less than a second, for the checks of silence."""

    async def hear(self, reader: asyncio.StreamReader) -> bytes:
        """One piece as the server hears it, empty at the end of the connection; a line, unless it is overridden."""
        return await reader.readline()

    def success(self, heard: Heard) -> bytes:
        """What the server answers when it takes it; `self.ref` is the reference to give."""
        raise NotImplementedError("say what the server answers to a send: write success()")

    def refusal(self, heard: Heard) -> bytes | None:
        """What the server answers when it says a definite no; None where it never does."""
        return None

    def before(self, heard: Heard) -> bytes | None:
        """The answer to a piece that is not the send itself, such as a sign-in; None for the send."""
        return None

    def settings_for(self, host: str, port: int) -> dict[str, object]:
        """The settings that point the provider to the fake."""
        return {"host": host, "port": port}

    @asynccontextmanager
    async def answering(
        self, answer: Callable[[Heard], bytes | Ending], delay: float = 0, settings: Mapping[str, object] | None = None
    ) -> AsyncIterator[Stage[SocketFake]]:
        """The provider before a fake that answers so."""
        with SocketFake(Manner(self.hear, self.greeting, self.before, answer, delay)) as fake:
            async with self.staged(fake, {**self.settings, **(settings or {}), **self.settings_for("127.0.0.1", fake.port)}) as stage:
                yield stage
            assert fake.fault is None, f"the fake failed: success(), refusal(), before() or hear() of the test raised {fake.fault!r}"

    def stage(self, ending: Ending | None = None, delay: float = 0) -> AbstractAsyncContextManager[Stage[SocketFake]]:
        return self.answering(lambda heard: ending or self.taken(heard), delay=delay)

    def taken(self, heard: Heard) -> bytes:
        """The answer of success, with the reference of the delivery that was heard."""
        one = copy.copy(self)
        number = samples.marked(" ".join(heard.fields().values()))
        if self.ref is not None and number is not None:
            one.ref = samples.numbered(self.ref, number)
        return one.success(heard)

    async def end(self, answer: Callable[[Heard], bytes | Ending], settings: Mapping[str, object] | None = None) -> Outcome:
        """How a send ends when it is answered so; fails where it was sent more often than once."""
        async with self.answering(answer, settings=settings) as stage:
            found = await self.outcome(stage.provider, self.delivery())
            sent = len(stage.fake.sent)
        assert sent <= 1, f"one send() sent {sent} times and ended {named(found)}; send once and never retry, wasl is the only retrier"
        return found

    async def test_a_refusal_is_a_definite_no(self) -> None:
        if self.refusal(Heard(b"")) is None:
            pytest.skip("the protocol knows no refusal")
        found = await self.end(lambda heard: self.refusal(heard) or b"")

        assert isinstance(found, Rejected), f"the server refused it, and send() ended {named(found)}; raise Rejected"

    @pytest.mark.parametrize("ending", Ending)
    async def test_a_lost_answer_is_unknown(self, ending: Ending) -> None:
        found = await self.end(lambda _: ending, self.impatient)

        assert named(found) == "unknown", (
            f"the server heard it and {ending.value}: that ended {named(found)}; nothing proves it, raise Unknown"
        )

    @pytest.mark.parametrize("answer", _GARBAGE, ids=["nothing", "strange", "no UTF-8", "endless"])
    async def test_an_answer_that_makes_no_sense_is_no_failure(self, answer: bytes) -> None:
        found = await self.end(lambda _: answer, self.impatient)

        assert named(found) in ("receipt", "unknown"), f"{answer[:20]!r} ended {named(found)}; it may be taken, raise Unknown"

    async def test_a_huge_answer_is_not_read_whole(self) -> None:
        async with self.answering(lambda _: b"x" * _HUGE, settings=self.impatient) as stage:
            found = await self.outcome(stage.provider, self.delivery())
            written = stage.fake.written

        assert named(found) in ("receipt", "unknown"), f"an answer of 10 MB ended {named(found)}; raise Unknown"
        assert written < _HUGE, "send() read an answer of 10 MB whole; give open_connection a limit"

    async def test_a_refused_connection_is_unavailable(self) -> None:
        with refusing_port() as port:
            found = await self._unreached(port)

        assert found == "unavailable", f"a refused connection ended {found}; nothing left us, so raise Unavailable"

    async def test_a_connection_that_times_out_is_unavailable(self) -> None:
        with unanswered_port() as port:
            if port is None:
                pytest.skip("this system accepts connections that nobody takes")
            found = await self._unreached(port)

        assert found == "unavailable", f"a timeout before the connection ended {found}; nothing left us, so raise Unavailable"

    async def test_a_send_after_a_lost_connection_is_taken(self) -> None:
        endings: list[Ending | None] = [Ending.RESET, None]

        async with self.answering(lambda heard: endings.pop(0) or self.taken(heard), settings=self.impatient) as stage:
            await self.outcome(stage.provider, self.delivery(1))
            found = await self.outcome(stage.provider, self.delivery(2))

        assert isinstance(found, Receipt), f"after a connection was lost the next send ended {named(found)}; connect anew"

    async def _unreached(self, port: int) -> str:
        settings = {**self.settings, **self.impatient, **self.settings_for("127.0.0.1", port)}
        with SocketFake(Manner(self.hear, self.greeting, self.before, self.taken)) as elsewhere:
            async with self.staged(elsewhere, settings) as stage:
                return named(await self.outcome(stage.provider, self.delivery()))
