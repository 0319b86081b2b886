"""What a plugin that understands callbacks makes of good ones, forged ones, old ones and junk."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import aiohttp
import pytest
from multidict import CIMultiDict

from wasl_contracts.address import Address
from wasl_contracts.conformance import samples
from wasl_contracts.conformance.stage import Contract, asked_for, only_where, texts
from wasl_contracts.errors import BadSignature, CallbackError, Unreadable
from wasl_contracts.event import Callback, Event, EventKind
from wasl_contracts.provider import EventSource, Handshake

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
"""When the callbacks of the checks come in."""
_ATTEMPT, _REF = "att_0190a2b4c6d8_1_1", "ref-of-the-provider-1"
_OTHER_ATTEMPT, _OTHER_REF = "att_0190a2b4c6d8_1_2", "ref-of-the-provider-2"
_HOUR = timedelta(hours=1)
_OTHER_DIGITS = [str.maketrans("0123456789", "".join(map(chr, range(zero, zero + 10)))) for zero in (0x660, 0x6F0, 0xFF10)]
_KINDS: tuple[EventKind, ...] = (
    "sent", "deferred", "delivered", "bounced", "failed", "opened", "seen", "read", "clicked", "replied", "complained", "unsubscribed",
)  # fmt: skip
_JUNK_PROOFS = ("", " ", ",", "=", "v1", "v1,", "sha256=", "sha256=zz", "a" * 5000, "١٢٣", "nan", "-1", "1e999", "AAAA", "é")
_JUNK_BODIES = (b"", b"null", b"[]", b"{}", b"[[[[", b'"text"', b'{"half":', b"\xff\xfe\x00", b"[" * 100_000, b"a=b&c", b"\0" * 100)


def tells(contract: type[Contract]) -> bool:
    return hasattr(contract.provider, "parse")


class CallbackChecks(Contract):
    """Callbacks, where the plugin understands them.

    A subclass gives `report` and `sign`, and says where its provider differs: `proof` names the headers that prove a callback (none
    where the proof is in its URL or body), `covers_body` whether the proof is of the body, `window` after how many seconds a proof is
    too old (None: never).
    """

    proof: ClassVar[tuple[str, ...]] = ()
    covers_body: ClassVar[bool] = True
    window: ClassVar[float | None] = 300

    def report(self, kind: EventKind, attempt_id: str, ref: str, event_id: str) -> Callback | None:
        """An unsigned callback (of the moment `AT`) that tells that this happened to the attempt, as the provider writes it.

        None where the provider never tells that. Put `event_id` where it has an id of its own for what happened.
        """
        raise NotImplementedError("say what the provider's callbacks look like: write report() and sign()")

    def sign(self, callback: Callback, *, forged: bool = False) -> Callback:
        """The callback with the provider's proof, or with that of somebody who does not know the secret."""
        raise NotImplementedError("say how the provider proves its callbacks: write report() and sign()")

    @only_where(tells)
    async def test_callbacks_are_read_without_waiting(self) -> None:
        assert not inspect.iscoroutinefunction(getattr(self.provider, "parse", None)), (
            "parse() is `async def`; make it `def`: it reads what it is given, and wasl awaits nothing"
        )

    @only_where(tells)
    @pytest.mark.parametrize("kind", _KINDS)
    async def test_a_report_is_understood(self, kind: EventKind) -> None:
        told = self.report(kind, _ATTEMPT, _REF, "event-1")
        if told is None:
            pytest.skip("this provider never tells that")

        async with self.listening() as read:
            (event,) = await read(self.sign(told))

        assert event.kind == kind, f"a callback that tells {kind!r} was read as {event.kind!r}"
        assert _of_a_person(event) or (event.attempt_id, event.provider_ref) != (None, None), (
            "the event names no attempt; read the id that you sent along, or the provider's own"
        )
        assert event.attempt_id in (None, _ATTEMPT), f"the attempt's id was read as {event.attempt_id!r}"
        assert kind != "replied" or event.address is not None, "a reply without who wrote it helps nobody; give the event its address"
        assert event.address is None or self._served(event.address), (
            f"the event's address is a {event.address.kind!r} on {event.address.channel!r} that the spec does not serve; wasl could not"
            " suppress it, nor answer"
        )
        assert abs(event.at - AT) <= _HOUR, (
            f"it happened at {AT.isoformat()} and was read as {event.at.isoformat()}; read the provider's own time, in its zone, and where"
            " it tells none take callback.at"
        )

    @only_where(tells)
    async def test_two_attempts_are_told_apart(self) -> None:
        async with self.listening() as read:
            for kind in _KINDS:
                told = [
                    self.report(kind, attempt, ref, f"event-{ref[-1]}") for attempt, ref in ((_ATTEMPT, _REF), (_OTHER_ATTEMPT, _OTHER_REF))
                ]
                if None in told:
                    continue
                (one,), (other,) = [await read(self.sign(callback)) for callback in told if callback is not None]
                if _of_a_person(one):
                    continue
                assert (one.attempt_id, one.provider_ref) != (other.attempt_id, other.provider_ref), (
                    f"callbacks of two attempts were both read as {kind!r} of {one.attempt_id or one.provider_ref!r}; read the ids whole"
                )

    @only_where(tells)
    async def test_the_provider_tells_something(self) -> None:
        assert any(self.report(kind, _ATTEMPT, _REF, "event-1") for kind in _KINDS), "report() makes no callback of any kind"

    @only_where(tells)
    async def test_a_copy_is_the_same_event_and_another_is_not(self) -> None:
        told = [(self.report(kind, _ATTEMPT, _REF, "event-1"), self.report(kind, _ATTEMPT, _REF, "event-2")) for kind in _KINDS]

        async with self.listening() as read:
            for one, other in told:
                if one is None:
                    continue
                (first,), (copy,) = await read(self.sign(one)), await read(self.sign(one))
                assert first == copy, "a copy of a callback is read as another event; give it the provider's event id and its own time"
                if other is not None and first.event_id is not None:
                    (second,) = await read(self.sign(other))
                    assert first.event_id != second.event_id, "two events have one event_id; the second would be taken for a copy"

    @only_where(tells)
    async def test_the_order_of_callbacks_changes_nothing(self) -> None:
        told = [self.sign(callback) for callback in self._reports()]

        async with self.listening() as read, self.listening() as reading_backwards:
            forwards = [await read(callback) for callback in told]
            backwards = [await reading_backwards(callback) for callback in reversed(told)]

        assert forwards == backwards[::-1], "what a callback says depended on those before it; keep nothing of a callback on self"

    @only_where(tells)
    async def test_a_forged_callback_is_refused(self) -> None:
        async with self.listening() as read:
            for told in self._reports():
                await self._refused(read, self.sign(told, forged=True), "signed by somebody else")

    @only_where(tells)
    async def test_a_body_that_was_changed_is_refused(self) -> None:
        if not self.covers_body:
            pytest.skip("the provider's proof is not of the body")
        async with self.listening() as read:
            for told in map(self.sign, self._reports()):
                for body in (told.body + b" ", told.body[:-1], told.body.replace(b"1", b"2"), b""):
                    if body != told.body:
                        await self._refused(read, replace(told, body=body), "whose body was changed on its way")

    @only_where(tells)
    async def test_junk_instead_of_a_proof_is_refused(self) -> None:
        async with self.listening() as read:
            told = self.sign(self._reports()[0])
            for name in self.proof:
                good = told.headers[name]
                foreign = [good.translate(digits) for digits in _OTHER_DIGITS]
                for junk in (*_JUNK_PROOFS, *foreign, good[:-1], good + "A", good[1:], good.swapcase(), "0" + good):
                    if junk != good and not _hexadecimal_twin(good, junk):
                        await self._refused(read, replace(told, headers=_with(told.headers, name, junk)), f"with {junk[:20]!r} as {name}")
                await self._refused(read, replace(told, headers=_with(told.headers, name, None)), f"without {name}")

    @only_where(tells)
    async def test_an_old_proof_is_refused(self) -> None:
        if self.window is None:
            pytest.skip("the provider's proof has no time")
        late = timedelta(seconds=self.window + 2)
        async with self.listening() as read:
            told = self.sign(self._reports()[0])
            assert await read(replace(told, at=AT + timedelta(seconds=self.window - 2)))
            for at in (AT + late, AT - late):
                await self._refused(read, replace(told, at=at), "signed too long ago, or in the future")

    @only_where(tells)
    async def test_an_authentic_body_that_makes_no_sense_is_unreadable(self) -> None:
        async with self.listening() as read:
            shape = self._reports()[0]
            for body in _JUNK_BODIES:
                try:
                    events = await read(self.sign(replace(shape, body=body)))
                except (Unreadable, BadSignature):  # the second where the proof stands in the body
                    continue
                assert events == [], f"{body[:20]!r} was read as an event; raise Unreadable"

    @only_where(tells)
    async def test_callbacks_tell_no_secret(self) -> None:
        async with self.listening() as read:
            shape, half = self._reports()[0], f'{{"half": "{self.address.value} {samples.mark(1)}'.encode()
            for callback in (self.sign(replace(shape, body=half)), self.sign(shape, forged=True)):
                try:
                    await read(callback)
                except CallbackError as error:
                    for text in texts(error):
                        self.confides(text, f"the text of {type(error).__name__}; say what is wrong, and quote nothing")
            for told in self._reports():
                for event in await read(self.sign(told)):
                    self.confides(f"{event!r} {event.facts}", "the event's repr or facts")
                    private = [event.address and event.address.value, event.text]
                    assert not {*filter(None, private)} & {*event.facts.values()}, "the event's facts tell an address or a text"

    def listening(self) -> "_Listening":
        """The provider, ready to read callbacks."""
        return _Listening(self)

    def _served(self, address: Address) -> bool:
        spec = self.provider.spec
        return address.channel == spec.channel and spec.kind(address.kind) is not None

    def _reports(self) -> list[Callback]:
        made = (self.report(kind, _ATTEMPT, _REF, "event-1") for kind in _KINDS)
        return [told for told in made if told is not None]

    async def _refused(self, read: "Read", callback: Callback, what: str) -> None:
        try:
            events = await read(callback)
        except BadSignature:
            return
        except Unreadable:
            pytest.fail(f"a callback {what} was called Unreadable; check the proof before anything is parsed")
        pytest.fail(f"a callback {what} was read: {events}; raise BadSignature")


class _Listening:
    """Opens the provider as wasl does; gives what reads a callback."""

    def __init__(self, contract: CallbackChecks) -> None:
        self._contract = contract
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Read":
        self._http = aiohttp.ClientSession()
        self._provider = self._contract.provider(self._contract.valid(self._contract.settings), self._http)
        assert isinstance(self._provider, EventSource), "parse is no method; write `def parse(self, callback: Callback) -> Sequence[Event]`"
        return Read(self._provider)

    async def __aexit__(self, *_: object) -> None:
        await self._provider.close()
        if self._http is not None:
            await self._http.close()


class Read:
    """Reads a callback as wasl does; fails where it ends in anything else than events, BadSignature or Unreadable."""

    def __init__(self, provider: EventSource) -> None:
        self._provider = provider

    async def __call__(self, callback: Callback) -> Sequence[Event]:
        try:
            callback = replace(callback, headers=CIMultiDict(callback.headers))
            if isinstance(self._provider, Handshake) and await self._provider.handshake(callback) is not None:
                return []
            found = list(self._provider.parse(callback))
        except CallbackError:
            raise
        except BaseException as error:
            if asked_for(error):
                raise
            pytest.fail(f"parse() raised {type(error).__name__}: {error}; raise BadSignature or Unreadable")
        assert all(isinstance(event, Event) for event in found), "parse() returned something else than events"
        return found


def _of_a_person(event: Event) -> bool:
    """Whether it tells of somebody, whatever was sent to them: they wrote, complained or left."""
    return event.kind in ("replied", "complained", "unsubscribed") and event.address is not None and event.attempt_id is None


def _with(headers: Mapping[str, str], name: str, value: str | None) -> dict[str, str]:
    return {key: text for key, text in headers.items() if key != name} | ({} if value is None else {name: value})


def _hexadecimal_twin(good: str, junk: str) -> bool:
    """The same digest in other letters is the same digest."""
    return good.lower() == junk.lower() and not set(good.lower().rpartition("=")[2]) - set("0123456789abcdef")
