import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.gateway.content.branded import ACME, OPT_OUT
from wasl.brands.brand import DEFAULT, Logo
from wasl.content.rendering import render
from wasl.content.templates import Templates
from wasl_contracts.content import Content, Mail

_CHROMIUM = shutil.which("chromium")
_SEEN = (Path(__file__).parent / "seen.js").read_text(encoding="utf-8")
_WIDTHS = (320, 600, 1200)
_ACTIONS = {"en": ("Track the parcel", "See the order"), "ar": ("تتبّع الشحنة", "عرض الطلب")}
_TEXTS = {
    "en": f"""Hello Ann, your order **1042** left our store. See [all orders](https://shop.example/orders), or call `+966 50 123 4567`.

- 2 × tea
- 1 × {"an-endless-name-" * 12}{"x" * 120}

> Keep the parcel cool.

    curl https://shop.example/api/orders/1042 --header "Accept: application/json" --output {"order" * 30}.json
""",
    "ar": f"""مرحبًا آمنة، طلبك رقم **1042** غادر متجرنا مع Aramex. انظر [جميع طلباتك](https://shop.example/orders) أو اتصل على `+966`.

- 2 × شاي
- 1 × {"فأسقيناكموها" * 20}

> احفظ الشحنة في مكان بارد.

    curl https://shop.example/api/orders/1042 --header "Accept: application/json" --output {"order" * 30}.json
""",
}
pytestmark = pytest.mark.skipif(_CHROMIUM is None and os.environ.get("CI") != "true", reason="needs Debian's chromium")


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield chromium.new_page()
        chromium.close()


@pytest.fixture
def mail(envelope):
    """A mail with everything that Markdown has, in a language and the face of a brand."""

    def build(locale, brand, opt_out=None) -> Mail:
        actions = [{"label": label, "url": "https://shop.example/"} for label in _ACTIONS[locale]]
        content = Content.model_validate({"title": _TEXTS[locale].partition("،")[0][:40], "body": _TEXTS[locale], "actions": actions})
        return render(envelope(content=content, locale=locale), "mail", Templates(), brand, opt_out)

    return build


@pytest.mark.parametrize("locale", ["en", "ar"])
@pytest.mark.parametrize(("brand", "opt_out", "lines"), [(DEFAULT, None, 0), (ACME, OPT_OUT, 3)], ids=["default", "acme"])
def test_a_mail_looks_right_at_every_width_in_light_and_dark(page, mail, locale, brand, opt_out, lines):
    requests = []
    page.on("request", note := partial(requests.append))
    page.set_content(mail(locale, brand, opt_out).html)

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in _WIDTHS:
            page.set_viewport_size({"width": width, "height": 700})
            seen = page.evaluate(_SEEN)

            assert seen["width"] == width, "it scrolls sideways"
            assert seen["card"] == min(width, 600) - (0 if width == 320 else 24 if width == 600 else 0)
            assert seen["faint"] == []
            assert seen["directions"] == ["rtl" if locale == "ar" else "ltr"]
            assert seen["alignments"] == ["right" if locale == "ar" else "left"]
            assert (seen["buttons"], seen["footer"]) == (2, lines)
    page.remove_listener("request", note)
    assert requests == [], "it asks a server for something"


def test_the_logo_is_the_one_for_the_scheme(page, mail):
    logo = Logo(url="https://cdn.example/light.png", dark_url="https://cdn.example/dark.png")
    page.route("https://cdn.example/**", lambda route: route.fulfill(body=b"", content_type="image/png"))
    page.set_content(mail("en", ACME.model_copy(update={"logo": logo, "version": "logo"})).html)

    shown = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        shown[scheme] = page.evaluate(_SEEN)["logos"]

    assert shown == {"light": ["logo logo-light"], "dark": ["logo logo-dark"]}
    assert page.get_by_alt_text("Acme Teas").count() == 2
