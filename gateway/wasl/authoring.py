"""What those ask who write templates: which there are, and which texts messages were accepted with. Gateway has these verbs too."""

from collections.abc import Sequence

from wasl.answers import TemplateLanguage, TemplateSeen, TemplatesSeen, VariableSeen
from wasl.branded import Branded
from wasl.content.templates import NoSuchLocale, Template, Templates
from wasl.ledger.rows import SourceRow
from wasl.parts import promotion_of
from wasl.registry import Specs


class Authoring(Branded):
    """The verbs of authors."""

    _specs: Specs

    @property
    def topics_without_rules(self) -> tuple[str, ...]:
        """The promotional topics that are not held to the rules yet, as nothing says who sends (content/promotion.py)."""
        promotion, brand = promotion_of(self._specs), self._open.brands.find(self.brand)
        return tuple(topic for topic in promotion.topics if not promotion.holds(topic, brand))

    async def templates(self) -> TemplatesSeen:
        """All templates as they are now, in every language."""
        return seen(self._open.pinned.templates)

    async def template_in_use(self, name: str) -> Sequence[SourceRow]:
        """A template as the last messages were accepted with it, in each of its languages; of those among the last 100,000."""
        return await self._open.ledger.sources.in_use(self.brand, name)

    async def template_versions(self, beginning: str) -> Sequence[SourceRow]:
        """The kept templates whose version begins so, at most two: one is meant only where there are no others."""
        return await self._open.ledger.sources.beginning(beginning)


def seen(templates: Templates) -> TemplatesSeen:
    """All templates as callers and authors see them."""
    return TemplatesSeen(data=tuple(_seen(name, templates) for name in templates.names))


def _seen(name: str, templates: Templates) -> TemplateSeen:
    languages = [template for template in templates.all() if template.name == name]
    variables = {
        called: VariableSeen(type=variable.type, optional=variable.optional, description=variable.description, example=variable.example)
        for called, variable in _main(name, templates, languages).variables.items()
    }
    told = [TemplateLanguage(locale=one.locale, direction=one.direction, version=one.version) for one in languages]
    return TemplateSeen(name=name, languages=tuple(told), variables=variables)


def _main(name: str, templates: Templates, languages: Sequence[Template]) -> Template:
    """The template in the default language, else in its first one."""
    try:
        return templates.find(name, templates.default_locale)
    except NoSuchLocale:
        return languages[0]
