"""Every reason of the closed list as it stands on the page of a message: its sentence, what to do and who can, in both languages."""

import asyncio
import html

import pytest

from tests.databases import rows
from tests.gateway.console.conftest import Console
from tests.gateway.scripted import message
from wasl.console.sentences import reason_sentence
from wasl.console.telling import fixer, next_step
from wasl.console.words import words
from wasl_contracts import Reason


@pytest.mark.parametrize("lang", ["en", "ar"])
async def test_no_message_that_was_not_sent_is_without_its_reason(console: Console, lang: str, database: str) -> None:
    accepted, said, lacking = await console.gateway.accept(message()), words(lang), []
    signed_in = {**console.cookies, "wasl_lang": lang}

    for reason in Reason:
        changed = "UPDATE deliveries SET state = 'failed', reason = ? RETURNING reason"
        await asyncio.to_thread(rows, database, changed, reason.value)  # the gateway may be writing just now
        page = await console.ask("GET", f"/messages/{accepted.id}?tab=text", cookies=signed_in)
        told = html.unescape(page.text)
        wanted = [reason_sentence(reason, lang), next_step(said, reason)]
        wanted += [fixer(said, reason)] if reason.who_can_fix != "nobody" else []
        lacking += [(reason, one) for one in wanted if page.status != 200 or one not in told]

    assert lacking == []
