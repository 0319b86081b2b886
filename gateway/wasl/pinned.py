"""Templates by version: those of the folder, and those that waiting messages were accepted with."""

from collections.abc import Iterable

import structlog

from wasl.content.templates import TemplateMistakes, Templates
from wasl.ledger.ledger import Ledger
from wasl.ledger.rows import SourceRow
from wasl_contracts import Envelope

_log = structlog.get_logger("wasl.pipeline")


class Pinned:
    """A message is rendered by the template that it was accepted with, also when the file has changed since."""

    def __init__(self, templates: Templates, ledger: Ledger) -> None:
        self.templates = templates
        self._ledger = ledger

    async def fetch(self, envelopes: Iterable[Envelope]) -> None:
        """Read back the versions that are not at hand; one that is gone shows when it is rendered."""
        wanted = {envelope.template_version for envelope in envelopes if envelope.template_version is not None}
        for version in wanted:
            if self.templates.pinned(version) is None and (source := await self._ledger.source(version)) is not None:
                self._pin(source)

    def _pin(self, source: SourceRow) -> None:
        try:
            self.templates.pin(Templates.compile(source["text"], name=source["name"], locale=source["locale"]))
        except TemplateMistakes:
            # An older wasl took it; its messages fail when they are rendered, the others of the batch go on.
            _log.error("template.refused", template=source["name"], locale=source["locale"], version=source["version"])
