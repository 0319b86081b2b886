"""Templates as a running gateway has them: listed, followed as their files change, and told apart by version."""

import pytest

from tests.gateway.conftest import FRONT
from tests.gateway.scripted import Carrier, message
from wasl.errors import Refused


@pytest.fixture
def database(folder):
    """Files are followed alike on both engines."""
    return f"sqlite:///{folder}/wasl.db"


def _shipped(locale="en"):
    to = {"id": "u_1", "email": "ann@example.com", "locale": locale}
    return message(to, content=None, template="order_shipped", data={"number": "1042"})


def _write(templates, body, locale="en"):
    (templates / "order_shipped" / f"{locale}.md").write_text(f"{FRONT}{body}\n", encoding="utf-8")


async def test_a_changed_file_is_used_for_what_is_accepted_after_it(opened, templates):
    mail = Carrier("email")
    sender = await opened({"mail": mail}, templates=templates)
    before = await sender.accept(_shipped())
    await sender.wait(before.id, until="sent", timeout=5)

    _write(templates, "Order {{ number }} is on its way to you.")
    await sender._open.reloading.look()
    after = await sender.accept(_shipped())
    await sender.wait(after.id, until="sent", timeout=5)

    assert [delivery.content.text for delivery in mail.script.calls] == ["Order 1042 left.", "Order 1042 is on its way to you."]


async def test_a_message_waits_with_its_text_while_the_file_changes(opened, templates):
    door, mail = await opened({"mail": Carrier("email")}, worker=False, templates=templates), Carrier("email")
    waiting = await door.accept(_shipped())

    _write(templates, "Another text for {{ number }}.")
    sender = await opened({"mail": mail}, templates=templates)
    await sender.wait(waiting.id, until="sent", timeout=5)

    assert [delivery.content.text for delivery in mail.script.calls] == ["Order 1042 left."]


async def test_a_file_that_cannot_be_used_leaves_the_last_good_one_and_shows_in_health(opened, templates):
    gateway = await opened({"mail": Carrier("email")}, worker=False, templates=templates)

    _write(templates, "Order {{ numbr }}")
    await gateway._open.reloading.look()
    health = await gateway.health()
    await gateway.accept(_shipped())

    assert health.ready
    assert health.checks["files"].startswith("the last good versions are used; ")
    assert "order_shipped/en.md:6:1: reads 'numbr'" in health.checks["files"]


async def test_templates_are_told_with_their_languages_and_data(opened, templates):
    gateway = await opened({"mail": Carrier("email")}, worker=False, templates=templates)

    (seen,) = (await gateway.templates()).data

    assert (seen.name, [(one.locale, one.direction) for one in seen.languages]) == ("order_shipped", [("ar", "rtl"), ("en", "ltr")])
    assert seen.variables["number"].model_dump() == {"type": "text", "optional": False, "description": "", "example": "1042"}


async def test_a_brand_that_changes_is_worn_by_what_is_accepted_after_it(opened, tmp_path):
    file = tmp_path / "brands" / "acme" / "brand.toml"
    file.parent.mkdir(parents=True)
    file.write_text('title = "Acme"\n')
    offers = {"offers": {"category": "promotional", "consent": "implied", "quiet_hours": False}}
    gateway = await opened({"text": Carrier("sms")}, worker=False, topics=offers, brand="acme", brands=file.parent.parent)
    offer = message({"id": "u_1", "phone": "+966501234567"}, topic="offers", channels=["sms"], content={"body": "Acme tea"})
    with pytest.raises(Refused):
        await gateway.accept(offer)

    file.write_text('title = "Acme"\nopt_out = "Reply STOP"\n')
    await gateway._open.reloading.look()
    await gateway.accept(offer)
    file.write_text("title = ")
    await gateway._open.reloading.look()
    await gateway.accept(offer)

    assert "brand.toml" in (await gateway.health()).checks["files"]
