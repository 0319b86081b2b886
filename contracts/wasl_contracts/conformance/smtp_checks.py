"""What the ends of an SMTP conversation mean: every reply at every stage, and silence before and after the final dot."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import ClassVar

import pytest

from wasl_contracts.attachment import Attachment
from wasl_contracts.conformance import samples
from wasl_contracts.conformance.loopback import refusing_port, unanswered_port
from wasl_contracts.conformance.smtp_fake import EXTENSIONS, Mailed, Reply, SmtpFake
from wasl_contracts.conformance.stage import SHORT, Contract, Outcome, Stage, named, only_where
from wasl_contracts.conformance.wire import Ending
from wasl_contracts.receipt import Receipt

_BUSY = ("421 4.3.2 closing", "450 4.2.1 mailbox busy", "451 4.3.0 try later", "452 4.3.1 no space")
_REPLIES = [
    *((stage, reply, "unavailable") for stage in ("MAIL", "RCPT", "DATA", "DOT") for reply in _BUSY),
    ("BANNER", "421 4.3.2 too busy", "unavailable"),
    ("RCPT", "550 5.1.1 no such user", "rejected:address"),
    ("RCPT", "550 5.1.2 no such domain", "rejected:address"),
    ("RCPT", "552 5.2.2 mailbox full", "rejected:content"),
    ("RCPT", "554 5.7.1 refused by policy", "rejected:content"),
    ("DATA", "554 5.7.1 refused by policy", "rejected:content"),
    ("DOT", "552 5.3.4 too big", "rejected:content"),
    ("DOT", "554 5.7.1 looks like spam", "rejected:content"),
    ("DOT", "550 5.7.1 looks like spam", "rejected:content"),
]
_BEFORE_THE_DOT = [(stage, ending) for stage in ("BANNER", "MAIL", "RCPT", "DATA") for ending in (Ending.HANG, Ending.RESET)]
_PLAIN = tuple(extension for extension in EXTENSIONS if extension != "PIPELINING")
_GARBAGE = ("what is this", "999 strange", "x" * 100_000)


class SmtpChecks(Contract):
    """The outcomes of an SMTP conversation."""

    needed_settings = ("host", "port")
    ref: str | None = "4F2A000100"
    """The queue id in the fake's reply to the final dot."""
    impatient: ClassVar[Mapping[str, object]] = {"timeout_seconds": SHORT}
    """The settings that make it wait less than a second, for the checks of silence."""
    credentials: ClassVar[Mapping[str, object]] = {}
    """The settings that make it sign in; without any, signing in is not checked."""

    def settings_for(self, host: str, port: int) -> dict[str, object]:
        """The settings that point the provider to the fake."""
        return {"host": host, "port": port}

    def taken(self, mail: Mailed) -> str:
        """The reply to the final dot of a mail that is taken."""
        number = samples.marked(" ".join(mail.fields().values()))
        ref = samples.numbered(str(self.ref), number) if number else self.ref
        return f"250 2.0.0 Ok: queued as {ref}"

    @asynccontextmanager
    async def replying(
        self,
        replies: Mapping[str, Reply],
        extensions: tuple[str, ...] = EXTENSIONS,
        delay: float = 0,
        settings: Mapping[str, object] | None = None,
    ) -> AsyncIterator[Stage[SmtpFake]]:
        """The provider before a fake that replies so."""
        with SmtpFake(self.taken, replies, extensions, delay) as fake:
            async with self.staged(fake, {**self.settings, **(settings or {}), **self.settings_for("127.0.0.1", fake.port)}) as stage:
                yield stage
            assert fake.fault is None, f"the fake failed: {fake.fault!r}"

    def stage(self, ending: Ending | None = None, delay: float = 0) -> AbstractAsyncContextManager[Stage[SmtpFake]]:
        return self.replying({"DOT": ending} if ending else {}, delay=delay)

    async def end(
        self, replies: Mapping[str, Reply], settings: Mapping[str, object] | None = None, extensions: tuple[str, ...] = EXTENSIONS
    ) -> Outcome:
        """How a send ends when it is replied to so; fails where the mail came to its final dot more often than once."""
        async with self.replying(replies, extensions, settings=settings) as stage:
            found = await self.outcome(stage.provider, self.delivery())
            sent = len(stage.fake.sent)
        assert sent <= 1, f"one send() mailed {sent} times and ended {named(found)}; wasl is the only retrier"
        return found

    @pytest.mark.parametrize("extensions", [EXTENSIONS, _PLAIN, ()], ids=["pipelining", "no pipelining", "no extensions"])
    async def test_mail_is_taken_with_and_without_extensions(self, extensions: tuple[str, ...]) -> None:
        found = await self.end({}, extensions=extensions)

        assert isinstance(found, Receipt), f"the server offered {extensions} and took the mail; that ended {named(found)}"

    async def test_the_envelope_names_the_recipient(self) -> None:
        async with self.stage() as stage:
            await self.outcome(stage.provider, self.delivery())
            mail = stage.fake.sent[0]

        assert mail.recipients == (self.address.value,), (
            f"RCPT named {len(mail.recipients)} recipients, or another one; name the address alone"
        )

    @only_where(lambda contract: contract.provider.spec.capabilities.attachments)
    async def test_attachments_arrive_as_they_are(self) -> None:
        files = (
            Attachment(name="فاتورة مارس.pdf", media_type="application/pdf", content=bytes(range(256)) * 40),
            Attachment(name='a "b".csv', media_type="text/csv", content=b".\r\n..\nFrom a\n"),
        )
        async with self.stage() as stage:
            found = await self.outcome(stage.provider, self.delivery().model_copy(update={"attachments": files}))
            mail = stage.fake.sent[0]

        assert isinstance(found, Receipt), f"a mail with attachments was taken; that ended {named(found)}"
        assert mail.attachments() == [(file.name, file.media_type, file.content) for file in files], (
            "the spec promises attachments, and they did not arrive with their names, media types and bytes"
        )

    @pytest.mark.parametrize("extensions", [EXTENSIONS, _PLAIN], ids=["pipelining", "no pipelining"])
    @pytest.mark.parametrize(("stage", "reply", "expected"), _REPLIES)
    async def test_a_reply_ends_in_its_outcome(self, stage: str, reply: str, expected: str, extensions: tuple[str, ...]) -> None:
        found = await self.end({stage: reply}, extensions=extensions)

        assert named(found) == expected, f"{reply!r} at {stage} ended {named(found)}; it is {expected}"

    async def test_a_refusal_of_the_recipient_counts_though_data_was_let_in(self) -> None:
        async with self.replying({"RCPT": "550 5.1.1 no such user"}) as stage:
            refused = [await self.outcome(stage.provider, self.delivery(number)) for number in (1, 2)]
            sent = len(stage.fake.sent)

        assert [named(one) for one in refused] == ["rejected:address"] * 2, "after a refused RCPT, a 354 must be closed by a lone dot"
        assert sent == 0, "a mail went out to nobody"

    @pytest.mark.parametrize(("stage", "ending"), _BEFORE_THE_DOT)
    async def test_silence_before_the_final_dot_is_unavailable(self, stage: str, ending: Ending) -> None:
        found = await self.end({stage: ending}, self.impatient)

        assert named(found) == "unavailable", (
            f"the server {ending.value} at {stage}: that ended {named(found)}; it took nothing, raise Unavailable"
        )

    @pytest.mark.parametrize("ending", Ending)
    async def test_silence_after_the_final_dot_is_unknown(self, ending: Ending) -> None:
        found = await self.end({"DOT": ending}, self.impatient)

        assert named(found) == "unknown", (
            f"the server {ending.value} after the final dot: that ended {named(found)}; it may have it, raise Unknown"
        )

    @pytest.mark.parametrize("reply", _GARBAGE, ids=["no number", "strange number", "endless line"])
    async def test_a_reply_that_makes_no_sense_after_the_final_dot_is_no_failure(self, reply: str) -> None:
        found = await self.end({"DOT": reply}, self.impatient)

        assert named(found) in ("receipt", "unknown"), (
            f"{reply[:20]!r} after the final dot ended {named(found)}; it may have it, raise Unknown"
        )

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

    async def _unreached(self, port: int) -> str:
        settings = {**self.settings, **self.impatient, **self.settings_for("127.0.0.1", port)}
        with SmtpFake(self.taken, {}) as elsewhere:
            async with self.staged(elsewhere, settings) as stage:
                return named(await self.outcome(stage.provider, self.delivery()))

    @only_where(lambda contract: getattr(contract, "credentials", None))
    async def test_a_refused_sign_in_pauses_the_provider(self) -> None:
        found = await self.end({"AUTH": "535 5.7.8 bad credentials"}, self.credentials)

        assert named(found) == "rejected:provider", (
            f"535 to AUTH ended {named(found)}; our credentials are wrong, reject with scope provider"
        )

    @only_where(lambda contract: getattr(contract, "credentials", None))
    async def test_signing_in_is_no_obstacle(self) -> None:
        found = await self.end({}, self.credentials)

        assert isinstance(found, Receipt), f"the server took our credentials and the mail; that ended {named(found)}"
