"""What those ask who write templates: which there are, what they lack, and which texts messages were accepted with. Gateway has these
verbs too."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from wasl.answers import TemplateLanguage, TemplateSeen, TemplatesSeen, VariableSeen
from wasl.aside import aside
from wasl.branded import Branded
from wasl.catalogue.faces import face
from wasl.catalogue.matrix import Grounds, locales_of, matrix
from wasl.catalogue.seen import Changed, Detailed, Face, Listed, Written
from wasl.catalogue.shapes import shaped
from wasl.catalogue.versions import changes, told
from wasl.content.fallback import key, widening
from wasl.content.findings import Finding
from wasl.content.linting import lint
from wasl.content.parts import Shared
from wasl.content.templates import Loaded, NoSuchLocale, Template, Templates
from wasl.errors import NotFound
from wasl.ledger.rows import SourceRow
from wasl.parts import formats_of, promotion_of
from wasl.registry import Specs
from wasl.template_seen import LatelyUsed


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
        return seen(self._templates)

    @property
    def template_locales(self) -> tuple[str, ...]:
        """The languages that templates are written in, the default one first."""
        return locales_of(self._templates)

    @property
    def template_names(self) -> tuple[str, ...]:
        """The names of all templates, in order."""
        return tuple(self._templates.names)

    async def template_examples(self, name: str) -> Mapping[str, JsonValue]:
        """What fills a template where nobody says otherwise: the examples of its variables; nothing where there is no such template."""
        found = next((one for one in seen(self._templates).data if one.name == name), None)
        return {called: one.example for called, one in found.variables.items() if one.example is not None} if found is not None else {}

    async def template_list(self) -> Sequence[Listed]:
        """All templates with the languages that they lack, and how many mistakes keep their files from use."""
        spoken, mistakes = self.template_locales, Counter(Path(one.file).parent.name for one in self._open.reloading.mistakes)
        return [_listed(one, self._templates, spoken, mistakes) for one in seen(self._templates).data]

    async def template_uses(self, brands: Sequence[str] = ()) -> LatelyUsed:
        """How the last messages of these brands, or of this gateway's, used templates, and how they ended."""
        return await self._open.ledger.template_uses.lately(brands or (self.brand,))

    async def template_detail(self, name: str, brands: Collection[str]) -> Detailed:
        """A template in the faces of these brands, channel by channel and language by language, tried with its examples.

        Raises:
            NotFound: there is no such template.
        """
        languages = self._languages(name)
        grounds = self._grounds()
        faces = [self._open.brands.find(brand) for brand in sorted(brands)]
        matrices = await aside(lambda: tuple(matrix(name, one, grounds) for one in faces))
        folder = self.config.templates.name if self.config.templates is not None else ""
        written = (
            Written(locale=one.locale, direction=one.direction, version=one.version, file=f"{folder}/{_file(one)}") for one in languages
        )
        return Detailed(
            name=name, languages=tuple(written), matrices=matrices, findings=tuple(await aside(lambda: self._findings(languages)))
        )

    async def template_diff(self, name: str, before: str, after: str) -> Sequence[Changed]:
        """How two versions of a template differ, line by line; one that is loaded need not have been used.

        Raises:
            NotFound: one of them is not a version of this template, or not kept.
        """
        rows = await self._open.ledger.template_uses.versions([before, after])
        sources = {row["version"]: row["text"] for row in rows.values() if row["name"] == name}
        sources |= {one.version: one.source for one in self._templates.all() if one.name == name}
        if before not in sources or after not in sources:
            raise NotFound("There is no such version of the template.", suggested_action="See the versions that its page lists.")
        return tuple(changes(told(sources[before]), told(sources[after])))

    async def template_data_of(self, name: str, recipient_id: str) -> Mapping[str, JsonValue] | None:
        """What filled a template for a person the last time, in shape alone: as long and in the same script, but saying nothing.

        None where none of their messages has it. One-time codes are never looked at.

        Raises:
            NotFound: there is no such template.
        """
        variables = self._languages(name)[0].variables
        found = await self._open.ledger.template_uses.last_data(self.brand, recipient_id, name)
        return shaped(found, variables) if found is not None else None

    async def brand_face(self, name: str) -> Face:
        """A brand as messages wear it, with the contrast of its colours, its senders and what it lacks.

        Raises:
            NotFound: there is no such brand, or it is another one than this gateway is seen as.
        """
        if name not in self._open.brands or self.seen_as not in (None, name):
            raise NotFound("There is no such brand.")
        return face(name, self._open.brands, self.template_locales, promotion_of(self._specs))

    async def template_in_use(self, name: str) -> Sequence[SourceRow]:
        """A template as the last messages were accepted with it, in each of its languages; of those among the last 100,000."""
        return await self._open.ledger.sources.in_use(self.brand, name)

    async def template_versions(self, beginning: str) -> Sequence[SourceRow]:
        """The kept templates whose version begins so, at most two: one is meant only where there are no others."""
        return await self._open.ledger.sources.beginning(beginning)

    @property
    def _templates(self) -> Templates:
        return self._open.pinned.templates

    def _languages(self, name: str) -> list[Template]:
        """A template's languages, that of its examples first."""
        found = [template for template in self._templates.all() if template.name == name]
        if not found:
            raise NotFound("There is no such template.", suggested_action="See GET /v1/templates, or wasl template list.")
        first = _main(name, self._templates, found)
        return [first, *(one for one in found if one is not first)]

    def _grounds(self) -> Grounds:
        return Grounds(self._templates, tuple(self.config.channels), formats_of(self._specs), promotion_of(self._specs))

    def _findings(self, languages: Sequence[Template]) -> Iterator[Finding]:
        """What keeps its files from use, then what an author should look at."""
        name, formats = languages[0].name, formats_of(self._specs)
        for mistake in self._open.reloading.mistakes:
            if (file := Path(mistake.file)).parent.name == name:
                at = f"{name}/{file.name}"
                yield Finding(
                    severity="mistake",
                    code=mistake.code or "mistake",
                    at=at,
                    said=mistake.message,
                    line=mistake.line,
                    column=mistake.column,
                )
        served = {format for channel in self.config.channels for format in formats(channel, self.brand)}
        yield from lint(Loaded(Shared(), list(languages), [], [], True), self._templates.default_locale, served)


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


def _listed(one: TemplateSeen, templates: Templates, spoken: Sequence[str], mistakes: Mapping[str, int]) -> Listed:
    languages = [template for template in templates.all() if template.name == one.name]
    written = {key(template.locale) for template in languages}
    return Listed(
        name=one.name,
        locales=tuple(template.locale for template in languages),
        missing=tuple(locale for locale in spoken if written.isdisjoint(widening(locale))),
        own=tuple(sorted({format for template in languages for format in template.own_formats})),
        version=_main(one.name, templates, languages).version,
        mistakes=mistakes.get(one.name, 0),
    )


def _file(template: Template) -> str:
    return f"{template.name}/{template.locale}.md"


def _main(name: str, templates: Templates, languages: Sequence[Template]) -> Template:
    """The template in the default language, else in its first one."""
    try:
        return templates.find(name, templates.default_locale)
    except NoSuchLocale:
        return languages[0]
