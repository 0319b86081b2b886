"""The verbs of the suppression list over HTTP, with and without `await`."""

import asyncio
import io

import pytest

from tests.gateway.test_client import Served, sends, served  # noqa: F401 - fixtures
from wasl.client import SyncClient
from wasl.errors import NotFound, Refused
from wasl_contracts import Address, Reason

FILE = b"address,reason\nann@example.com,bounce\nbo@example.com,\nnobody,\n"
PHONE = Address(channel="sms", kind="phone", value="+966501234567")


async def test_the_verbs_are_those_of_the_gateway(served: Served) -> None:  # noqa: F811 - a fixture
    async with served.client() as wasl:
        told = await wasl.suppress("ann@example.com", Reason.SUPPRESSED_COMPLAINT, scope="promotional", note="اتصلت")
        await wasl.suppress(PHONE)
        foretold, done = await wasl.import_suppressions(FILE, dry_run=True), await wasl.import_suppressions(io.BytesIO(FILE))
        listed = [row.address async for row in wasl.suppressions()]
        narrowed = [row.address async for row in wasl.suppressions(channel="sms", reason=Reason.SUPPRESSED_MANUAL)]
        text = await wasl.export_suppressions()
        gone = await wasl.unsuppress(PHONE, "a new number")
        left = await wasl.unsuppress(told.id, "she asked", listed_for=Reason.SUPPRESSED_COMPLAINT)

        assert [(row.reason, row.scope) for row in told.data] == [(Reason.SUPPRESSED_COMPLAINT, "promotional")]
        assert (foretold.new, done.new, done.invalid) == (2, 2, 1)
        assert (len(listed), narrowed) == (4, ["+9665•••••67"])
        assert len(text.splitlines()) == 5
        assert (gone.data, gone.history[-1].note) == ((), "a new number")
        assert [row.reason for row in left.data] == [Reason.SUPPRESSED_BOUNCE]
        assert await wasl.suppression(told.id) == await wasl.suppression("ann@example.com")


async def test_errors_are_those_of_the_gateway(served: Served) -> None:  # noqa: F811 - a fixture
    async with served.client() as wasl:
        with pytest.raises(NotFound):
            await wasl.suppression("ann@example.com")
        with pytest.raises(NotFound):
            await wasl.unsuppress("ann@example.com", "x")
        with pytest.raises(Refused):
            await wasl.suppress("nobody")


async def test_pages_are_fetched_until_the_end(served: Served) -> None:  # noqa: F811 - a fixture
    lines = b"".join(b"p%d@example.com\n" % n for n in range(120))
    async with served.client() as wasl:
        await wasl.import_suppressions(b"address\n" + lines)

        assert len({row.id async for row in wasl.suppressions()}) == 120


async def test_the_same_without_await(served: Served) -> None:  # noqa: F811 - a fixture
    def work() -> tuple[int, int, int, int]:
        with SyncClient(served.url, served.key) as wasl:
            story = wasl.suppress("ann@example.com")
            done = wasl.import_suppressions(FILE)
            listed = list(wasl.suppressions())
            text = wasl.export_suppressions()
            left = wasl.unsuppress("ann@example.com", "she asked")
            return len(story.data), done.new, len(listed), len(text.splitlines()) + len(left.data) + len(wasl.suppression(story.id).history)

    assert await asyncio.to_thread(work) == (1, 2, 3, 4 + 0 + 4)
