"""Templates and brands as a running gateway tells of them: what they lack, how they were used, how their versions differ."""

import pytest

from tests.gateway.conftest import FRONT
from tests.gateway.scripted import ANN, Carrier, message
from wasl.errors import NotFound
from wasl_contracts import Reason, Rejected

_CARRIERS = {"mail": Carrier("email", format="mail"), "text": Carrier("sms", format="sms"), "device": Carrier("push", format="push")}


@pytest.fixture
def brands(tmp_path):
    for name, text in (
        ("acme", 'title = { en = "Acme" }\nlegal = { en = "Acme Ltd" }\n[colours]\naccent = "#ffee00"\n'),
        ("oasis", 'title = { ar = "واحة" }\n[senders.sms]\naddress = "OASIS"\n'),
    ):
        (tmp_path / "brands" / name).mkdir(parents=True)
        (tmp_path / "brands" / name / "brand.toml").write_text(text, encoding="utf-8")
    return tmp_path / "brands"


@pytest.fixture
def config(brands, templates):
    channels = {"email": ["mail"], "sms": ["text"], "push": ["device"]}
    topics = {"offers": {"category": "promotional", "consent": "implied", "quiet_hours": False}}
    return {"templates": templates, "brands": brands, "channels": channels, "topics": topics}


def _shipped(**told):
    return message({**ANN, "locale": "en"}, content=None, template="order_shipped", data={"number": "SECRET-1"}, **told)


def _note(templates, name, locale, text):
    (templates / name).mkdir(exist_ok=True)
    (templates / name / f"{locale}.md").write_text(text, encoding="utf-8")


async def test_a_template_is_tried_on_every_channel_in_every_language_and_brand(opened, templates, config):
    _note(
        templates, "order_shipped", "en", FRONT.replace("[variables]", '[sms]\ntext = "Left “now” {{ number }}"\n[variables]') + "Left.\n"
    )
    _note(templates, "note", "fr", FRONT + "Parti {{ number }}\n")
    gateway = await opened(_CARRIERS, worker=False, **config)

    found = await gateway.template_detail("order_shipped", ("acme", "oasis"))

    acme = found.matrices[0]
    cells = {(line.locale, cell.channel): cell for line in acme.lines for cell in line.cells}
    assert [one.brand for one in found.matrices] == ["acme", "oasis"]
    assert (cells["en", "sms"].state, cells["en", "sms"].encoding, cells["en", "sms"].segments) == ("own", "ucs2", 1)
    assert cells["ar", "email"].state == "text"
    assert (cells["fr", "email"].state, cells["fr", "email"].locale) == ("fallback", "en")
    assert any("acme has no postal address in ar" in lack for lack in acme.lacks)


async def test_a_file_that_cannot_be_used_and_a_variable_without_example_are_told_with_their_lines(opened, templates, config):
    _note(templates, "order_shipped", "ar", FRONT.replace(', example = "1042"', "") + "غادر {{ number }}\n")
    gateway = await opened(_CARRIERS, worker=False, **config)
    _note(templates, "order_shipped", "en", FRONT + "Order {{ numbr }}\n")
    await gateway._open.reloading.look()

    found = await gateway.template_detail("order_shipped", ("acme",))
    (listed,) = await gateway.template_list()

    assert found.findings[0].place.endswith("order_shipped/en.md:6:1")
    assert next(one for one in found.findings if one.code == "no_example").place == "order_shipped/ar.md:4:1"
    assert {cell.state for line in found.matrices[0].lines for cell in line.cells if line.locale == "ar"} == {"broken"}
    assert listed.mistakes == 1


async def test_a_brand_tells_its_contrast_and_the_languages_in_which_it_says_nothing(opened, config):
    gateway = await opened(_CARRIERS, worker=False, **config)

    found = await gateway.brand_face("acme")

    light = {(pair.text, pair.ground): pair for pair in found.schemes[0].pairs}
    assert not light["accent", "card"].enough
    assert light["text", "card"].enough
    assert light["text", "card"].contrast > 4.5
    assert any("brand.toml:4:1: colours.accent" in warning for warning in found.warnings)
    assert {line.field: dict(line.texts) for line in found.legal}["legal"] == {"en": "Acme Ltd", "ar": None}
    assert any("no postal address in ar" in one.said for one in found.promotions)


async def test_a_gateway_seen_as_one_brand_tells_of_no_other(opened, config):
    gateway = await opened(_CARRIERS, worker=False, **config)

    with pytest.raises(NotFound):
        await gateway.of("oasis").brand_face("acme")


async def test_templates_tell_how_their_last_messages_ended_and_their_versions_are_compared(opened, templates, config):
    carriers = {**_CARRIERS, "mail": Carrier("email", format="mail")}
    gateway = await opened(carriers, **config, routes={"default": {"channels": ["email"]}})
    first = await gateway.accept(_shipped())
    await gateway.wait(first.id, until="sent", timeout=5)
    carriers["mail"].script.then = Rejected(Reason.CONTENT_REJECTED, scope="content")
    _note(templates, "order_shipped", "en", FRONT + "Order {{ number }} left today.\n")
    await gateway._open.reloading.look()
    second = await gateway.accept(_shipped())
    await gateway.wait(second.id, until="sent", timeout=5)

    lately = await gateway.template_uses()
    newer, older = lately.versions["order_shipped"]
    found = await gateway.template_diff("order_shipped", older.version, newer.version)

    use = lately.templates["order_shipped"]
    assert (use.messages, use.ended, use.failed, use.failure_rate) == (2, 2, 1, 0.5)
    assert (newer.locale, newer.messages) == ("en", 1)
    assert [(one.kind, one.text) for one in found if one.kind in ("added", "removed")] == [
        ("removed", "Order {{ number }} left."),
        ("added", "Order {{ number }} left today."),
    ]


async def test_versions_of_other_templates_are_not_compared(opened, templates, config):
    _note(templates, "note", "en", FRONT + "Note\n")
    gateway = await opened(_CARRIERS, worker=False, **config)
    versions = {one.name: one.languages[0].version for one in (await gateway.templates()).data}

    with pytest.raises(NotFound):
        await gateway.template_diff("note", versions["note"], versions["order_shipped"])


async def test_a_persons_last_data_is_told_in_shape_alone(opened, config):
    gateway = await opened(_CARRIERS, worker=False, **config)
    await gateway.accept(_shipped())

    assert await gateway.template_data_of("order_shipped", "u_1") == {"number": "XXXXXX-1"}
    assert await gateway.template_data_of("order_shipped", "u_2") is None


async def test_one_time_codes_are_not_looked_at(opened, config):
    gateway = await opened(_CARRIERS, worker=False, **{**config, "topics": {"login": {"category": "otp"}}})
    await gateway.accept(_shipped(topic="login"))

    assert await gateway.template_data_of("order_shipped", "u_1") is None
