"""What the ends of an HTTP call mean: every status, silence, and answers that make no sense."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from wasl_contracts.conformance import samples
from wasl_contracts.conformance.http_fake import HttpFake
from wasl_contracts.conformance.http_stage import HttpStage
from wasl_contracts.conformance.loopback import refusing_port, unanswered_port
from wasl_contracts.conformance.stage import SHORT, named, networked, only_where
from wasl_contracts.conformance.wire import Ending, Request, Response
from wasl_contracts.errors import Unavailable
from wasl_contracts.receipt import Receipt

BY_STATUS = {
    **dict.fromkeys((301, 302, 303, 307, 308, 401, 402, 403, 407), "rejected:provider"),
    **dict.fromkeys((400, 404, 405, 406, 409, 410, 413, 415, 418, 421, 422, 431, 451), "rejected:content"),
    **dict.fromkeys((425, 429, 503), "unavailable"),
    **dict.fromkeys((408, 500, 501, 502, 504, 505, 507, 524), "unknown"),
}
"""What statuses mean (DESIGN section 5), where a provider proves nothing else."""
_MEANING = {
    "rejected:address": "a definite no about this address",
    "rejected:content": "a definite no about this message",
    "rejected:provider": "a fault of our account or settings; the message is kept",
    "unavailable": "certainly not taken, so it is tried again",
    "unknown": "no proof either way, so it is neither repeated nor called failed",
}
_GARBAGE = [b"", b"{}", b"[]", b"null", b'"text"', b'{"half":', b"\xff\xfe\x00", b"<html>Bad gateway</html>", b"[" * 60_000]
_OTHER_TYPES: list[object] = [None, [], {"a": 1}, 12.5, "x" * 10_000]
_HUGE = 10 * 2**20


class HttpChecks(HttpStage):
    """The outcomes of an HTTP call."""

    @only_where(networked)
    @pytest.mark.parametrize("status", sorted(BY_STATUS))
    async def test_a_status_ends_in_its_outcome(self, status: int) -> None:
        expected = {**BY_STATUS, **self.outcomes}[status]
        sends = 2 if status in self.second_try_after else 1

        found = await self.end(lambda request: self._refusal(request, status), sends=sends)

        assert named(found) == expected, f"status {status} ended {named(found)}; it is {expected}: {_MEANING[expected]}"

    @only_where(lambda contract: contract.networked and not contract.provider.spec.capabilities.shared)
    async def test_no_status_of_one_server_pauses_the_others(self) -> None:
        pausing = [status for status, outcome in {**BY_STATUS, **self.outcomes}.items() if outcome == "rejected:provider"]

        assert not pausing, (
            f"spec.capabilities.shared is False, but the statuses {pausing} of one server pause the provider for all others; give them"
            " the scope content or address in spec.errors, and say so in the test's outcomes"
        )

    def _refusal(self, request: Request, status: int) -> Response:
        answer = self.failure(request, status)
        # A redirect leads back to the fake, where following it counts as another send.
        return Response(status, {**answer.headers, **({"Location": "/elsewhere"} if status < 400 else {})}, answer.body)

    @only_where(networked)
    @pytest.mark.parametrize("status", [200, 201, 202])
    async def test_every_2xx_is_a_success(self, status: int) -> None:
        def answer(request: Request) -> Response:
            usual = self.taken(request)
            return Response(status, usual.headers, usual.body)

        found = await self.end(answer)

        assert isinstance(found, Receipt), f"status {status} with the usual body ended {named(found)}; 2xx means taken"

    @only_where(networked)
    @pytest.mark.parametrize("status", [429, 503])
    async def test_retry_after_in_seconds_is_kept(self, status: int) -> None:
        found = await self._waiting(status, "7")

        assert found is None or found.retry_after == 7, f"Retry-After: 7 became {found.retry_after}; use wasl_contracts.http.retry_after"

    @only_where(networked)
    @pytest.mark.parametrize("status", [429, 503])
    async def test_retry_after_as_a_date_is_kept(self, status: int) -> None:
        found = await self._waiting(status, format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True))

        kept = found is None or (found.retry_after is not None and 80 < found.retry_after <= 90)
        assert kept, f"Retry-After as a date in 90 s became {found and found.retry_after}; use wasl_contracts.http.retry_after"

    async def _waiting(self, status: int, retry_after: str) -> Unavailable | None:
        """The outcome of a status with that Retry-After; None where the status means something else at this provider."""
        if self.outcomes.get(status, "unavailable") != "unavailable":
            return None

        def answer(request: Request) -> Response:
            usual = self.failure(request, status)
            return Response(status, {**usual.headers, "Retry-After": retry_after}, usual.body)

        found = await self.end(answer)
        assert isinstance(found, Unavailable), f"status {status} ended {named(found)}; it is unavailable: {_MEANING['unavailable']}"
        return found

    @only_where(networked)
    async def test_a_refused_connection_is_unavailable(self) -> None:
        with refusing_port() as port:
            found = await self._unreached(port)

        assert found == "unavailable", f"a refused connection ended {found}; nothing left us, so raise Unavailable"

    @only_where(networked)
    async def test_a_connection_that_times_out_is_unavailable(self) -> None:
        with unanswered_port() as port:
            if port is None:
                pytest.skip("this system accepts connections that nobody takes")
            found = await self._unreached(port)

        assert found == "unavailable", f"a timeout before the connection ended {found}; nothing left us, so raise Unavailable"

    async def _unreached(self, port: int) -> str:
        with HttpFake(self.taken, self.before) as elsewhere:
            async with self.staged(elsewhere, {**self.settings, **self.settings_for(f"http://127.0.0.1:{port}")}) as stage:
                return named(await self.outcome(stage.provider, self.delivery()))

    @only_where(networked)
    @pytest.mark.parametrize("ending", Ending)
    async def test_a_lost_answer_is_unknown(self, ending: Ending) -> None:
        found = await self.end(lambda _: ending, patience=SHORT)

        # A cut answer has a status; a plugin that needs no more of it may believe that.
        allowed = ("unknown", "receipt") if ending is Ending.CUT else ("unknown",)
        assert named(found) in allowed, (
            f"the provider got the request and {ending.value}: that ended {named(found)}; nothing proves it, raise Unknown"
        )

    @only_where(networked)
    async def test_an_answer_that_makes_no_sense_is_no_failure(self) -> None:
        async with self.answering(self.taken) as stage:
            await self.outcome(stage.provider, self.delivery())
            usual = self.taken(stage.fake.sent[0])
        bodies = [*_GARBAGE, *_retyped(usual.body)]

        async with self.answering(lambda _: Response(200, usual.headers, body)) as stage:
            for body in bodies:
                found = await self.outcome(stage.provider, self.delivery())
                assert named(found) in ("receipt", "unknown"), (
                    f"a 200 with {body[:60]!r} ended {named(found)}; it may be taken: return a Receipt without reference or raise Unknown"
                )

            assert len(stage.fake.sent) == len(bodies), "a 200 that makes no sense was sent again; never retry, wasl is the only retrier"

    @only_where(lambda contract: getattr(contract, "openapi", None))
    async def test_what_is_sent_is_what_the_providers_description_allows(self) -> None:
        if self.document() is None:
            pytest.skip(f"{self.openapi} is not in ../shared/specs beside the repository, or openapi-schema-validator is not installed")
        async with self.stage() as stage:  # which judges each request of every check; this one is named after it
            for number, text in enumerate((None, samples.MULTILINGUAL), 1):
                await self.outcome(stage.provider, self.delivery(number, text))

            assert stage.fake.sent, "send() sent nothing that could be judged"

    @only_where(networked)
    async def test_a_huge_answer_is_not_read_whole(self) -> None:
        async with self.answering(lambda request: _inflated(self.taken(request))) as stage:
            found = await self.outcome(stage.provider, self.delivery())
            written = stage.fake.written

        assert named(found) in ("receipt", "unknown"), f"a 200 of 10 MB ended {named(found)}; return a Receipt, or raise Unknown"
        assert written < _HUGE, "send() read an answer of 10 MB whole; read at most 64 KiB (wasl_contracts.http.call does)"


def _inflated(answer: Response) -> Response:
    return Response(answer.status, answer.headers, answer.body + b" " * _HUGE)


def _retyped(body: bytes) -> Iterator[bytes]:
    """The JSON of an answer again and again, each time with one value that is of another type or far too long."""
    try:
        document = json.loads(body)
    except ValueError:
        return
    for wrong in _OTHER_TYPES:
        for changed in _with(document, wrong):
            yield json.dumps(changed).encode()


def _with(node: object, wrong: object) -> Iterator[object]:
    """The node with each of its inner values replaced in turn."""
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from ({**node, key: changed} for changed in (wrong, *_with(inner, wrong)))
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from ([*node[:index], changed, *node[index + 1 :]] for changed in (wrong, *_with(inner, wrong)))
