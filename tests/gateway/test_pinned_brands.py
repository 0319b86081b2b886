"""A message wears the face that it was accepted with, on either engine: after the file changed, and sent by another process."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.databases import changed, rows
from tests.gateway.brands.faces import written
from tests.gateway.scripted import Carrier, Script, message
from wasl.api import Gateway

Opened = Callable[..., Awaitable[Gateway]]


def worn(script: Script) -> list[str]:
    """The titles of the faces in which messages left, which their senders are called by."""
    return [call.sender.name for call in script.calls]


async def test_a_message_wears_the_face_that_it_was_accepted_with(opened: Opened, tmp_path: Path, database: str) -> None:
    folder = written(tmp_path / "brands", {"acme": 'title = "Old"'})
    accepting = await opened({"mail": Carrier("email")}, worker=False, brands=folder)
    first = await accepting.of("acme").accept(message())
    written(folder, {"acme": 'title = "New"'})
    script = Script()
    sending = await opened({"mail": Carrier("email", script)}, brands=folder)

    await sending.of("acme").wait(first.id)
    second = await sending.of("acme").accept(message())
    await sending.of("acme").wait(second.id)

    assert worn(script) == ["Old", "New"]
    assert len(rows(database, "SELECT version FROM sources WHERE kind = 'brand' AND name = 'acme'")) == 2


async def test_a_message_wears_its_face_also_when_its_brand_comes_back_with_another(opened: Opened, tmp_path: Path) -> None:
    accepting = await opened({"mail": Carrier("email")}, worker=False, brands=written(tmp_path / "brands", {"acme": 'title = "Acme"'}))
    first = await accepting.of("acme").accept(message())
    script = Script()
    await opened({"mail": Carrier("email", script)}, brands=written(tmp_path / "back", {"acme": 'title = "Back"'}))

    await accepting.of("acme").wait(first.id)

    assert (worn(script), [call.brand for call in script.calls]) == (["Acme"], ["acme"])


async def test_what_was_accepted_before_there_were_brands_wears_wasls_own_face(opened: Opened, database: str) -> None:
    accepting = await opened({"mail": Carrier("email")}, worker=False)
    first = await accepting.accept(message())
    await changed(database, "UPDATE messages SET brand_version = NULL")
    script = Script()
    await opened({"mail": Carrier("email", script)})

    seen = await accepting.wait(first.id)

    assert (seen.state, worn(script)) == ("sent", [""])


async def test_a_message_whose_face_is_gone_fails_and_the_others_go(opened: Opened, tmp_path: Path, database: str) -> None:
    folder = written(tmp_path / "brands", {"acme": 'title = "Acme"'})
    accepting = await opened({"mail": Carrier("email")}, worker=False, brands=folder)
    gone = await accepting.of("acme").accept(message())
    await changed(database, "DELETE FROM sources WHERE kind = 'brand' AND name = 'acme'")
    other = await accepting.accept(message())
    await opened({"mail": Carrier("email")}, brands=written(tmp_path / "later", {"acme": 'title = "Later"'}))

    failed, sent = await accepting.of("acme").wait(gone.id), await accepting.wait(other.id)

    assert failed.reason is not None
    assert (failed.state, failed.reason.code, sent.state) == ("failed", "template_error", "sent")


async def test_accepting_writes_no_row_for_the_face(opened: Opened, tmp_path: Path, database: str) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False, brands=written(tmp_path / "brands", {"acme": ""}))
    before = rows(database, "SELECT version FROM sources ORDER BY version")

    accepted = await gateway.of("acme").accept(message())

    assert rows(database, "SELECT version FROM sources ORDER BY version") == before
    ((version,),) = rows(database, "SELECT brand_version FROM messages WHERE id = ?", accepted.id)
    assert (version,) in [tuple(row) for row in before]
