"""The frame around a mail in a brand's face and one language: wasl's layouts, or those that the brand has in their place."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from markupsafe import Markup

from wasl.brands import layouts
from wasl.brands.brand import Brand
from wasl.content.footer import footer
from wasl.content.sandbox import Unfillable
from wasl_contracts.content import Direction


class Frame:
    """What layouts write around a text. README.md tells the variables that a layout is given."""

    def __init__(self, brand: Brand, locale: str, direction: Direction) -> None:
        self._brand = brand
        self._footer = footer(brand, locale)
        self._face: dict[str, object] = {
            "lang": locale.replace("_", "-"),
            "dir": direction,
            "start": "left" if direction == "ltr" else "right",
            "end": "right" if direction == "ltr" else "left",
            "brand": brand.titled(locale),
            "logo": brand.logo,
            "colours": brand.colours,
            "dark": brand.dark,
            # A <style> is not decoded as HTML, so quotes have to stay; `Fonts` lets in nothing that could end the style.
            "fonts": {"text": _as_css(brand.fonts.text), "heading": _as_css(brand.fonts.heading or brand.fonts.text)},
        }

    def page(self, unsubscribe: str | None, **parts: object) -> str:
        """The page around `title`, `heading`, `preheader`, `body` and `buttons`. Raises Unfillable if the layout does not work."""
        legal, postal = self._footer.legal, self._footer.postal
        below = {
            "legal": legal.text,
            "legal_dir": legal.dir,
            "postal": postal.text,
            "postal_dir": postal.dir,
            "unsubscribe_url": unsubscribe or "",
            "unsubscribe": self._footer.unsubscribe.text,
            "unsubscribe_dir": self._footer.unsubscribe.dir,
            "unsubscribe_lang": self._footer.lang,
        }
        return self._filled("default.html", parts | below)

    def button(self, label: str, url: str, *, first: bool) -> str:
        """One action. Raises Unfillable as `page` does."""
        return self._filled("button.html", {"label": label, "url": url, "first": first})

    def below_text(self, unsubscribe: str | None) -> str:
        """The footer of the text alternative, after the line that sets it apart (RFC 3676 section 4.3); empty where nothing is to say.

        In a right-to-left language a link has a line of its own, which then runs from left to right as a whole.
        """
        lines = [line.text for line in (self._footer.legal, self._footer.postal) if line.text]
        if unsubscribe is not None:
            label = self._footer.unsubscribe
            lines.append(f"{label.text}:{' ' if label.dir == 'ltr' else chr(10)}{unsubscribe}")
        return "\n".join(["\n\n-- ", *lines]) if lines else ""

    def _filled(self, name: str, values: Mapping[str, object]) -> str:
        try:
            return layouts.filled(self._brand.layouts.get(name) or _own(name), {**self._face, **values})
        except layouts.BadLayout as fact:
            raise Unfillable(f"layouts/{name} of the brand {self._brand.name!r} does not work: {fact}") from None


@cache
def _own(name: str) -> str:
    return files("wasl.content").joinpath("layouts", name).read_text(encoding="utf-8")


def _as_css(fonts: str) -> Markup:
    return Markup(fonts)  # noqa: S704 - see above
