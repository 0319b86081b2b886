"""What the line holds, and what only on request."""

import json
import logging

import aiohttp
import pytest

from wasl_contracts import Address, Structured
from wasl_contracts.conformance.samples import delivery
from wasl_log import Log, LogSettings

_ADDRESS = Address(channel="log", kind="any", value="ann@example.com")
_CONTENT = Structured(title="طلبك", text="first line\nforged line", locale="ar")


async def _logged(settings: LogSettings, caplog: pytest.LogCaptureFixture) -> str:
    caplog.set_level(logging.INFO, "wasl.log")
    async with aiohttp.ClientSession() as http:
        await Log(settings, http).send(delivery(_ADDRESS, _CONTENT))
    (record,) = caplog.records
    return record.getMessage()


async def test_a_delivery_is_one_line_of_ids(caplog: pytest.LogCaptureFixture) -> None:
    line = await _logged(LogSettings(), caplog)

    event, _, facts = line.partition(" ")
    assert event == "delivery.logged"
    assert set(json.loads(facts)) == {"delivery", "attempt", "message", "topic"}


async def test_address_and_content_are_shown_on_request(caplog: pytest.LogCaptureFixture) -> None:
    line = await _logged(LogSettings(show=True), caplog)

    facts = json.loads(line.partition(" ")[2])
    assert (facts["address"], facts["title"], facts["text"]) == ("ann@example.com", "طلبك", "first line\nforged line")


async def test_arabic_is_readable_and_a_line_break_begins_no_new_line(caplog: pytest.LogCaptureFixture) -> None:
    line = await _logged(LogSettings(show=True), caplog)

    assert "طلبك" in line
    assert "\n" not in line
