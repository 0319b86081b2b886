"""Templates and brands by version: those of the folders, and those that waiting messages were accepted with."""

from collections.abc import Iterable

import structlog
from pydantic import ValidationError

from wasl.brands.brand import Brand
from wasl.brands.brands import Brands
from wasl.config import Config
from wasl.content.rendering import RenderingFailed, render
from wasl.content.templates import TemplateMistakes, Templates
from wasl.ledger.ledger import Ledger
from wasl.ledger.rows import SourceRow
from wasl_contracts import Envelope, Reason
from wasl_contracts.content import Format, Rendered

_log = structlog.get_logger("wasl.pipeline")


def brands_of(config: Config) -> Brands:
    """The brands of an installation.

    Raises:
        BrandMistakes: every mistake in them.
    """
    return Brands.load(config.brands, config.brand, tuple(config.channels))


def brand_row(brand: Brand) -> SourceRow:
    """A brand as it is kept, once for all messages that will wear it."""
    return {"version": brand.version, "kind": "brand", "name": brand.name, "locale": "", "text": brand.model_dump_json()}


class Pinned:
    """A message is rendered by the template and in the face that it was accepted with, also when the files have changed since."""

    def __init__(self, templates: Templates, brands: Brands, ledger: Ledger) -> None:
        self.templates = templates
        self.brands = brands
        self._ledger = ledger

    async def fetch(self, envelopes: Iterable[Envelope]) -> None:
        """Read back the versions that are not at hand; one that is gone shows when it is rendered."""
        named = {(envelope.template_version, envelope.brand_version) for envelope in envelopes}
        for version in {template for template, _ in named if template is not None}:
            if self.templates.pinned(version) is None and (source := await self._ledger.source(version)) is not None:
                self._pin_template(source)
        for version in {brand for _, brand in named if brand is not None}:
            if self.brands.pinned(version) is None and (source := await self._ledger.source(version)) is not None:
                self._pin_brand(source)

    def face(self, envelope: Envelope) -> Brand:
        """The brand that a message wears.

        Raises:
            RenderingFailed: its version is gone.
        """
        brand = self.brands.pinned(envelope.brand_version)
        if brand is None:
            raise RenderingFailed(Reason.TEMPLATE_ERROR, f"version {envelope.brand_version} of the brand is not pinned")
        return brand

    def render(self, envelope: Envelope, format: Format, unsubscribe: str | None = None) -> Rendered:
        """What an envelope says, in a format, by the versions that it names; with the link to turn it off, if it has one.

        Raises:
            RenderingFailed: one of these is gone, or the data does not fit.
        """
        return render(envelope, format, self.templates, self.face(envelope), unsubscribe)

    def _pin_template(self, source: SourceRow) -> None:
        try:
            self.templates.pin(Templates.compile(source["text"], name=source["name"], locale=source["locale"]))
        except TemplateMistakes:
            # An older wasl took it; its messages fail when they are rendered, the others of the batch go on.
            _log.error("template.refused", template=source["name"], locale=source["locale"], version=source["version"])

    def _pin_brand(self, source: SourceRow) -> None:
        try:
            self.brands.pin(Brand.model_validate_json(source["text"]))
        except ValidationError:  # as above
            _log.error("brand.refused", brand=source["name"], version=source["version"])
