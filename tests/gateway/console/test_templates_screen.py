"""Templates and brands as pages: what they lack, how they look in every channel, language and brand, and what changed."""

import pytest

from tests.gateway.conftest import FRONT
from tests.gateway.scripted import ANN, Carrier, message

SCRIPT = "<script>document.title='x'</script>"
LONG = "Left “now”: order {{ number }} " + "and more " * 14


@pytest.fixture
def carriers():
    return {"mail": Carrier("email", format="mail"), "text": Carrier("sms", format="sms"), "device": Carrier("push", format="push")}


@pytest.fixture
def config(templates):
    (templates / "order_shipped" / "en.md").write_text(
        FRONT.replace("[variables]", f'[sms]\ntext = "{LONG}"\n[variables]') + "Order **{{ number }}** left.\n", encoding="utf-8"
    )
    (templates / "note").mkdir()
    (templates / "note" / "fr.md").write_text(FRONT.replace(', example = "1042"', "") + "Parti {{ number }}\n", encoding="utf-8")
    channels = {"email": ["mail"], "sms": ["text"], "push": ["device"]}
    return {"templates": templates, "channels": channels, "topics": {"offers": {"category": "promotional"}}}


async def _sent(console, **told):
    fields = {"content": None, "template": "order_shipped", "data": {"number": "SECRET-1"}, **told}
    return await console.gateway.accept(message({**ANN, "locale": "en"}, **fields))


async def test_the_list_tells_languages_use_and_what_is_missing(console):
    await _sent(console)

    seen = await console.get("/templates")

    assert seen.status == 200
    for told in ("order_shipped", "fr", "missing", "1 message", "not lately"):
        assert told in seen.text


async def test_a_template_has_a_cell_for_each_channel_language_and_brand_and_findings_with_their_lines(console):
    seen = await console.get("/templates/note")

    assert seen.status == 200
    assert "note/fr.md:4:1" in seen.text
    assert "cannot be filled" in seen.text
    assert (
        "/console/templates/order_shipped/preview?brand=beta&amp;locale=ar&amp;channel=sms"
        in (await console.get("/templates/order_shipped")).text
    )


async def test_what_is_not_there_is_not_found(console):
    for path in ("/templates/nothing", "/templates/nothing/preview", "/templates/nothing/diff", "/brands/nothing"):
        assert (await console.get(path)).status == 404, path


async def test_the_parts_of_an_sms_are_counted_and_the_characters_that_force_ucs2_are_marked(console):
    seen = await console.get("/templates/order_shipped/preview?channel=sms&locale=en&brand=acme")

    assert "3 parts" in seen.text
    assert "<mark>“</mark>" in seen.text
    assert "U+201C LEFT DOUBLE QUOTATION MARK" in seen.text


async def test_a_frame_shows_the_content_alone_and_may_do_nothing(console):
    seen = await console.get("/templates/order_shipped/frame?channel=email&locale=ar&brand=acme&scheme=dark")

    assert seen.status == 200
    assert seen.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "غادر الطلب" in seen.text
    assert 'dir="rtl"' in seen.text


async def test_a_persons_data_is_shown_in_shape_alone_and_only_to_those_who_may_reveal(console):
    await _sent(console)
    path = "/templates/order_shipped/preview?channel=email&person=u_1"

    seen, of_developer = await console.get(path), await (await console.as_("developer")).get(path)

    assert "XXXXXX-1" in seen.text
    assert "SECRET" not in seen.text
    assert of_developer.status == 404


async def test_versions_are_compared_with_the_file_as_it_is_now(console, templates):
    await _sent(console)
    file = templates / "order_shipped" / "en.md"
    file.write_text(file.read_text(encoding="utf-8").replace("left.", f"left {SCRIPT}."), encoding="utf-8")
    await console.gateway._open.reloading.look()

    seen = await console.get("/templates/order_shipped/diff")

    assert "&lt;script&gt;" in seen.text
    assert SCRIPT not in seen.text
    assert 'class="added"' in seen.text
    assert 'class="removed"' in seen.text


async def test_a_brand_tells_its_contrast_and_where_it_says_nothing(console):
    listed, seen = await console.get("/brands"), await console.get("/brands/acme")

    assert "أكمي" in seen.text
    assert "missing" in seen.text
    assert " : 1" in seen.text
    assert 'fill="#0b6b4c"' in listed.text
    assert "style=" not in seen.text


async def test_a_user_of_one_brand_sees_no_other(console):
    beta = await console.as_("support", "beta")

    listed, template = await beta.get("/brands"), await beta.get("/templates/order_shipped")

    assert "acme" not in listed.text
    assert "brand=acme" not in template.text
    for path in ("/brands/acme", "/templates/order_shipped/preview?brand=acme", "/templates/order_shipped/frame?brand=acme"):
        assert (await beta.get(path)).status == 404, path


async def test_the_screens_are_complete_in_arabic(console):
    for path in (
        "/templates",
        "/templates/order_shipped",
        "/templates/order_shipped/preview",
        "/templates/order_shipped/diff",
        "/brands/acme",
    ):
        seen = await console.ask("GET", path, headers={"Accept-Language": "ar"})

        assert 'dir="rtl"' in seen.text, path
        assert "Templates" not in seen.text, path
