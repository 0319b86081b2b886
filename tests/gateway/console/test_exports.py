"""Exports in the console: what is told before, the progress, the link and who it is for."""

import asyncio
import csv
import io
import json
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.databases import changed, rows
from tests.gateway.console.conftest import PASSWORD, Browsing, Console, Seen, axe, picture
from tests.gateway.console.test_live import following, told
from tests.gateway.scripted import ANN, message
from wasl.audited import Action, AuditFilters
from wasl.consent import ConsentChange
from wasl.export_seen import ExportSeen
from wasl.exporting import ExportWanted
from wasl.users import Role

WHY = {"reason": "ticket 4711", "format": "csv"}
BOB = {"id": "بوب", "email": "bob@example.com"}


@pytest.fixture
def config() -> dict[str, Any]:
    return {"topics": {"offers": {"category": "promotional"}, "default": {}}}


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written by the request itself, and one row in one go."""
    monkeypatch.setattr("wasl.exports.writing.AT_ONCE", 0)
    monkeypatch.setattr("wasl.exports.writing._PIECE", 1)
    monkeypatch.setattr("wasl.exports.writing._SHARE", 0)
    monkeypatch.setattr("wasl.console.progress._LOOK", 0.02)


async def accept(console: Console, count: int = 3) -> None:
    for number in range(count):
        await console.gateway.accept(message(BOB if number % 2 else ANN, metadata={"ref": "=1042"}))


async def begun(console: Console, path: str = "/messages/export", **fields: str) -> str:
    """The page of an export that was just asked for."""
    seen = await console.post(path, {**WHY, **fields})
    assert seen.status == 303, seen.text
    return seen.location.removeprefix("/console")


async def link_of(console: Console, page: str) -> str:
    found = re.search(r'href="/console(/exports/file/[^"]+)" download', (await console.get(page)).text)
    assert found is not None
    return found[1]


async def export_of(console: Console, page: str) -> ExportSeen:
    assert console.session is not None
    return await console.gateway.export_of(console.session.user, page.rpartition("/")[2])


async def a_piece(console: Console, page: str) -> None:
    """Write one row more, as the worker does."""
    exports = console.gateway._open.ledger.exports
    held = await exports.claim(page.rpartition("/")[2])
    assert held is not None
    if (after := await console.gateway._open.exports._piece(held, 1)) is not None:
        await exports.release(after)


async def the_rest(console: Console) -> None:
    """Write all that there is."""
    await console.gateway._open.exports.look()


def plain(text: str) -> str:
    """Without the signs that keep a value in its own direction."""
    return text.translate(dict.fromkeys((0x2068, 0x2069)))


def told_in(seen: Seen) -> list[dict[str, str]]:
    assert seen.text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(seen.text.removeprefix("\ufeff"))))


@dataclass(frozen=True)
class Lowered:
    """An admin beside the one of `console`, with an export, who becomes something else."""

    console: Console
    page: str
    link: str

    @classmethod
    async def open(cls, console: Console, path: str) -> "Lowered":
        user = await console.gateway.add_user("ann", PASSWORD, Role.ADMIN)
        own = replace(console, session=await console.gateway.open_session(user))
        page = await begun(own, path)
        return cls(own, page, await link_of(own, page))

    async def lower(self, role: str, brands: tuple[str, ...]) -> tuple[Seen, Console]:
        """What the link answers before they sign in again, and the console after that."""
        user = await self.console.gateway.set_role("ann", role, brands)
        signed_out = await self.console.get(self.link)
        return signed_out, replace(self.console, session=await self.console.gateway.open_session(user))


async def test_before_it_begins_it_says_how_many_which_columns_what_is_masked_and_how_long(console: Console) -> None:
    await accept(console)

    seen = await console.get("/messages/export?q=person:u_1&brand=default")

    assert seen.status == 200
    for words in (
        "2 rows.",
        "Addresses are masked, for every role",
        "created_at",
        "person:u_1",
        "1,000,000 rows or 512 MB",
        "1,000 rows are ready",
    ):
        assert words in plain(seen.text), words
    assert rows(console.gateway.config.database, "SELECT count(*) FROM exports") == [(0,)]


async def test_a_small_one_is_ready_with_the_next_page_masked_and_safe_in_a_spreadsheet(console: Console) -> None:
    await accept(console)

    page = await begun(console, "/messages/export?q=brand:default")
    file = await console.get(await link_of(console, page))

    found = told_in(file)
    assert [row["recipient"] for row in found] == ["u_1", "بوب", "u_1"]
    assert (found[0]["address"], found[0]["ref"]) == ("a•••@e•••.com", "'=1042")
    assert file.headers["Content-Disposition"].startswith('attachment; filename="messages-2')
    assert (file.headers["X-Content-Type-Options"], file.headers["Cache-Control"]) == ("nosniff", "no-store")
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert int(file.headers["Content-Length"]) == len(file.text.encode())
    assert "default-src 'none'" in file.headers["Content-Security-Policy"]


async def test_programs_get_lines_of_json(console: Console) -> None:
    await accept(console, 1)

    file = await console.export("/messages/export", format="ndjson")

    assert [json.loads(line)["ref"] for line in file.text.splitlines()] == ["=1042"]
    assert file.headers["Content-Type"] == "application/x-ndjson"


async def test_without_a_reason_or_with_a_wrong_query_nothing_begins(console: Console) -> None:
    for path, fields in (
        ("/messages/export", {**WHY, "reason": " "}),
        ("/messages/export", {**WHY, "reason": "x" * 501}),
        ("/messages/export", {**WHY, "format": "exe"}),
        ("/messages/export?q=statsu:x", WHY),
        ("/consents/export?state=perhaps", WHY),
    ):
        assert (await console.post(path, fields)).status == 422, path
    for path in ("/messages/export?q=statsu:x", "/consents/export?state=perhaps"):
        assert (await console.get(path)).status == 422
    assert (await console.post("/audit/export?since=yesterday", WHY)).status == 404
    assert rows(console.gateway.config.database, "SELECT count(*) FROM exports") == [(0,)]


async def test_the_same_form_twice_is_one_export_and_more_than_a_few_are_refused(console: Console, behind: None) -> None:
    first, again = [await begun(console, once="once") for _ in range(2)]

    assert first == again
    for _ in range(4):
        await begun(console)
    refused = await console.post("/messages/export", WHY)

    assert (refused.status, "5 exports under way" in plain(refused.text)) == (409, True)


async def test_the_link_is_another_users_404_and_a_changed_one_too(console: Console) -> None:
    page = await begun(console)
    link, other = await link_of(console, page), await console.as_("support")

    assert (await other.get(link)).status == 404
    assert (await other.get(page)).status == 404
    assert (await other.get(f"{page}/live")).status == 404
    assert (await other.post(f"{page}/stop")).status == 404
    assert (await console.get(link[:-2])).status == 404
    assert (await (await console.as_(None)).get(link)).status == 303
    assert page not in (await other.get("/exports")).text
    assert page in (await console.get("/exports")).text


async def test_after_a_day_the_link_says_that_it_is_over(console: Console) -> None:
    page = await begun(console)
    link = await link_of(console, page)
    await changed(console.gateway.config.database, "UPDATE exports SET expires_at = 1")
    seen = await export_of(console, page)
    ended = seen.model_copy(update={"expires_at": console.gateway.now() - timedelta(seconds=1)})

    over = await console.get(f"/exports/file/{console.gateway.export_token(ended)}")

    assert (over.status, "this day is over" in over.text) == (410, True)
    assert (await console.get(link)).status in (200, 410)


async def test_what_was_deleted_is_gone_with_its_bytes(console: Console) -> None:
    page = await begun(console)
    link = await link_of(console, page)

    deleted = await console.post(f"{page}/stop")
    again = await console.post(f"{page}/stop")

    assert (deleted.status, again.status) == (303, 303)
    assert (await console.get(link)).status == 410
    assert rows(console.gateway.config.database, "SELECT count(*) FROM export_parts") == [(0,)]


@pytest.mark.parametrize(
    ("role", "brands", "status"),
    [("admin", (), 200), ("operator", (), 403), ("viewer", (), 403), ("auditor", (), 403), ("admin", ("acme",), 403)],
)
async def test_whoever_sees_less_than_when_they_asked_is_not_given_it(
    console: Console, role: str, brands: tuple[str, ...], status: int
) -> None:
    ann = await Lowered.open(console, "/messages/export")

    signed_out, after = await ann.lower(role, brands)
    file, shown = await after.get(ann.link), await after.get(ann.page)

    assert signed_out.status == 303
    assert file.status == status
    assert ("You may see less now" in file.text, "You may see less now" in shown.text) == (status == 403, status == 403)


async def test_the_audit_of_everybody_is_not_given_to_who_sees_their_own(console: Console) -> None:
    ann = await Lowered.open(console, "/audit/export")

    _, after = await ann.lower("support", ())

    assert (await after.get(ann.link)).status == 403


async def test_each_list_has_its_export_for_those_who_may(console: Console) -> None:
    await accept(console, 1)
    await console.gateway.record_consent("u_1", [ConsentChange(topic="offers", state="granted", wording="نعم، أوافق", ip="192.0.2.7")])
    await console.gateway.suppress("=x@example.com")
    auditor, viewer = await console.as_("auditor"), await console.as_("viewer")

    consents = told_in(await console.export("/consents/export?topic=offers"))
    listed = told_in(await console.export("/suppressions/export"))
    audit = told_in(await auditor.export("/audit/export?action=suppression.added"))

    assert [(row["recipient"], row["wording"], row["ip"]) for row in consents] == [("u_1", "نعم، أوافق", "192.0.•••")]
    assert [row["address"] for row in listed] == ["'=•••@e•••.com"]
    assert [row["action"] for row in audit] == ["suppression.added"]
    assert (await auditor.get("/messages/export")).status == 403
    assert [(await viewer.get(f"/{one}/export")).status for one in ("messages", "suppressions", "consents", "audit")] == [403] * 4
    for one in ("messages", "suppressions", "consents", "audit"):
        assert f"/console/{one}/export" in (await console.get(f"/{one}")).text
    assert "/console/consents/export" not in (await viewer.get("/consents")).text


async def test_asking_and_each_download_are_told_to_the_audit_with_the_reason(console: Console) -> None:
    page = await begun(console, "/messages/export?q=to:ann@example.com", format="ndjson")
    link = await link_of(console, page)
    for _ in range(2):
        await console.get(link)
    await console.ask("HEAD", link)

    entries = (await console.gateway.audited(AuditFilters(object=page.rpartition("/")[2]))).data

    assert [entry.action for entry in entries] == [Action.EXPORT_TAKEN, Action.EXPORT_TAKEN, Action.MESSAGES_EXPORTED]
    assert (entries[2].reason, entries[2].facts["format"], entries[2].actor.name) == ("ticket 4711", "ndjson", "admin")
    assert "ann@" not in repr(entries)


async def test_without_scripts_the_page_tells_how_far_it_is_each_time_it_is_loaded(console: Console, behind: None) -> None:
    await accept(console)
    page = await begun(console)

    shown = []
    for _ in range(3):
        shown.append(plain((await console.get(page)).text))
        await a_piece(console, page)
    await the_rest(console)
    shown.append((await console.get(page)).text)

    assert ["0 of about 3 rows" in shown[0], "1 of about 3 rows" in shown[1], "2 of about 3 rows" in shown[2]] == [True] * 3
    assert '<progress aria-label="How far it is" value="2" max="3">' in shown[2]
    assert ("Ready" in shown[3], "/exports/file/" in shown[3], "hx-sse:connect" in shown[3]) == (True, True, False)
    assert "/exports/file/" not in shown[2]


async def test_the_stream_tells_each_step_and_ends_with_the_link(console: Console, behind: None) -> None:
    await accept(console, 2)
    page = await begun(console)

    async with following(console, f"{page}/live") as answer:
        _, first = await told(answer)
        await a_piece(console, page)
        _, second = await told(answer)
        await the_rest(console)
        while "#export" not in (last := (await told(answer))[1]):
            pass
        async with asyncio.timeout(3):
            rest = await answer.content.read()

    assert ("0 of about 2" in plain(first), "1 of about 2" in plain(second)) == (True, True)
    assert ('hx-target="#export"' in last, "/exports/file/" in last, rest.strip()) == (True, True, b"")
    assert (await console.get(f"{page}/live")).status == 204


async def test_the_stream_ends_with_the_session(console: Console, behind: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.console.progress._SESSION", 0.05)
    assert console.session is not None
    await accept(console, 2)
    page = await begun(console)

    async with following(console, f"{page}/live") as answer:
        await told(answer)
        await console.gateway.sign_out(console.session)
        async with asyncio.timeout(3):
            rest = await answer.content.read()

    assert b"rows" not in rest


async def test_a_file_that_goes_while_it_is_taken_breaks_off(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    await accept(console)
    page = await begun(console)
    link = await link_of(console, page)
    await changed(console.gateway.config.database, "DELETE FROM export_parts")

    with pytest.raises(Exception, match=r"(?i)disconnected|payload|closed"):
        await console.get(link)


async def test_a_few_clicks_in_a_browser_bring_the_file_and_it_is_live(console: Console, page: Page, behind: None) -> None:
    await accept(console, 2)
    await page.goto("/console/messages?q=brand:default")
    await page.get_by_role("link", name="Export …").click()
    await page.get_by_label("Reason").fill("ticket 4711")
    await page.get_by_role("button", name="Begin the export").click()
    await expect(page.locator("#news").get_by_text(re.compile("0.* of about .*2.* rows"))).to_be_visible()
    here = page.url.removeprefix(f"{console.url}/console")
    await picture(page, "export-writing")
    wrong = await axe(page)

    await a_piece(console, here)
    await expect(page.locator("#news").get_by_text(re.compile("1.* of about .*2.* rows"))).to_be_visible()
    await the_rest(console)
    link = page.get_by_role("link", name="Download")
    await expect(link).to_be_visible()
    await picture(page, "export-ready")
    async with page.expect_download() as coming:
        await link.click()
    file = await coming.value

    assert wrong == []
    assert file.suggested_filename.endswith(".csv")
    assert len((await file.path()).read_bytes().splitlines()) == 3


async def test_in_arabic_and_in_the_dark_it_reads_as_well(console: Console, browsing: Browsing, behind: None) -> None:
    await accept(console, 2)
    at = await begun(console, "/messages/export?q=person:u_1")
    tab = await browsing(lang="ar", color_scheme="dark", java_script_enabled=True, viewport={"width": 1280, "height": 800})
    wrong = []
    for path in ("/messages/export?q=person:u_1", at, "/exports"):
        await tab.goto(f"/console{path}")
        await picture(tab, f"export-ar-{path.strip('/').replace('/', '-').partition('?')[0][:20]}")
        wrong += await axe(tab)

    assert wrong == []
    await expect(tab.get_by_role("heading", name="ملفاتك المُصدَّرة")).to_be_visible()


def test_what_was_asked_for_is_told_in_words() -> None:
    from wasl.consent import ConsentFilters

    assert ExportWanted("messages", query="is:failed").told == "is:failed"
    assert ExportWanted("consents", filters=ConsentFilters(topic="offers", state="granted")).told == "topic:offers state:granted"
    assert ExportWanted("audit", filters=AuditFilters(action=Action.SIGNED_IN, brands=("acme",))).told == "action:session.opened"
