"""What an author should look at: languages that lack something, data without examples, texts that cannot be filled, parts nobody uses."""

from collections.abc import Collection, Iterable, Iterator

from pydantic import JsonValue

from wasl.brands.brand import DEFAULT, Brand
from wasl.content.fallback import key, widening
from wasl.content.findings import Finding, Severity
from wasl.content.formats import FORMATS
from wasl.content.mail import CLIPPED_AT
from wasl.content.mail_block import own_page
from wasl.content.places import place
from wasl.content.promotion import Promotion
from wasl.content.sandbox import Unfillable
from wasl.content.templates import Loaded, Template
from wasl_contracts.content import Format, Mail


def lint(loaded: Loaded, default_locale: str, formats: Collection[Format] = tuple(FORMATS)) -> Iterator[Finding]:
    """Everything to look at in a folder of templates, each tried in these formats with its examples."""
    for mistake in loaded.mistakes:
        yield Finding(severity="mistake", code=mistake.code or "mistake", at=_place(str(mistake), mistake.message), said=mistake.message)
    yield from _untranslated(loaded, default_locale)
    for languages in _by_name(loaded.templates).values():
        first = next((one for one in languages if key(one.locale) in widening(default_locale)), languages[0])
        for template in languages:
            yield from _of_one(template, formats)
            yield from _differing(template, first)
    yield from _unused(loaded)


def lint_promotion(promotion: Promotion, brands: Iterable[Brand], locales: Collection[str]) -> Iterator[Finding]:
    """What brands lack for promotional messages in the languages that templates are written in.

    A warning where a message is not held to the rules yet, as the brand is bare and nothing says that this is in the world.
    """
    for brand in brands:
        held = any(promotion.holds(topic, brand) for topic in promotion.topics)
        lacks = (lack for topic in promotion.topics for locale in sorted(locales) for lack in promotion.lacks_on(topic, brand, locale))
        for said in dict.fromkeys(lack.sentence for lack in lacks):
            severity: Severity = "mistake" if held else "warning"
            yield Finding(severity=severity, code="promotional_incomplete", at=f"brand {brand.name}", said=said)


def _of_one(template: Template, formats: Collection[Format]) -> Iterator[Finding]:
    for part in template.foreign:
        yield _warning("foreign_part", template, f"holds a part that is written only in {part.locale}: {part.file}; translate it")
    without = [name for name, variable in template.variables.items() if variable.example is None and not variable.optional]
    if without:
        said = f"has no example of {', '.join(without)}, so it cannot be tried; add example = …"
        yield _warning("no_example", template, said, "variables", without[0])
        return
    data: dict[str, JsonValue] = {name: variable.example for name, variable in template.variables.items() if variable.example is not None}
    for problem in template.check(data):
        yield _mistake("unfillable", template, f"{problem.pointer} {problem.message}", "variables")
    yield from dict.fromkeys(_tried(template, data, formats))
    own = own_page(template.written("mail", data, DEFAULT).source)
    if own is not None and own.whole and not own.opts_out:
        said = 'has a page of its own in [mail] without a link to opt out; promotional mail needs <a href="unsubscribe:">'
        yield _warning("mail_without_opt_out", template, said, "mail", "html")


def _tried(template: Template, data: dict[str, JsonValue], formats: Collection[Format]) -> Iterator[Finding]:
    for format in formats:
        try:
            made = FORMATS[format].render(template.written(format, data, DEFAULT))
        except Unfillable as fact:
            yield _mistake("unfillable", template, f"cannot be filled with its examples: {fact}")
        else:
            if isinstance(made, Mail) and len(made.html.encode()) > CLIPPED_AT:
                yield _warning(
                    "mail_clipped", template, f"makes a mail of more than {CLIPPED_AT // 1024} kB, which Gmail cuts off; write less"
                )


def _untranslated(loaded: Loaded, default_locale: str) -> Iterator[Finding]:
    """Languages that some templates have and others lack."""
    spoken = {template.locale for template in loaded.templates}
    for name, languages in _by_name(loaded.templates).items():
        written = {key(template.locale) for template in languages} | {locale for broken, locale in loaded.broken if broken == name}
        lacking = sorted(locale for locale in spoken if written.isdisjoint(widening(locale)))
        if lacking:
            otherwise = default_locale if key(default_locale) in written else "none"
            said = f"is not written in {', '.join(lacking)}, as other templates are; their readers get {otherwise}"
            yield Finding(severity="warning", code="untranslated", at=name, said=said)


def _differing(template: Template, first: Template) -> Iterator[Finding]:
    """What makes a template another one than in its first language."""
    names = template.variables.keys() ^ first.variables.keys()
    kinds = [
        name
        for name, variable in template.variables.items()
        if name in first.variables and (variable.type, variable.optional) != (first.variables[name].type, first.variables[name].optional)
    ]
    if differing := sorted({*names, *kinds}):
        said = f"declares {', '.join(differing)} otherwise than {first.name}/{first.locale}.md; one caller's data must fit both"
        yield _warning("variables_differ", template, said, "variables", differing[0])
    if formats := sorted(template.own_formats ^ first.own_formats):
        said = f"differs from {first.name}/{first.locale}.md in having {', '.join(f'[{format}]' for format in formats)}; write it in both"
        yield _warning("own_texts_differ", template, said, formats[0])


def _unused(loaded: Loaded) -> Iterator[Finding]:
    used = {name for template in loaded.templates for name in template.parts}
    for kind, parts in (("partial", loaded.shared.partials), ("snippet", loaded.shared.snippets)):
        for name, languages in parts.items():
            if (kind, name) not in used and not loaded.broken:
                file = next(iter(languages.values())).file
                yield Finding(severity="warning", code="unused_part", at=file, said=f"no template has the {kind} {name!r}; remove it")


def _by_name(templates: Iterable[Template]) -> dict[str, list[Template]]:
    names: dict[str, list[Template]] = {}
    for template in templates:
        names.setdefault(template.name, []).append(template)
    return names


def _place(mistake: str, message: str) -> str:
    return mistake.partition(f": {message}")[0]


def _warning(code: str, template: Template, said: str, *way: str) -> Finding:
    return _finding("warning", code, template, said).model_copy(update=_at(template, way))


def _mistake(code: str, template: Template, said: str, *way: str) -> Finding:
    return _finding("mistake", code, template, said).model_copy(update=_at(template, way))


def _finding(severity: Severity, code: str, template: Template, said: str) -> Finding:
    return Finding(severity=severity, code=code, at=f"{template.name}/{template.locale}.md", said=said)


def _at(template: Template, way: tuple[str, ...]) -> dict[str, int]:
    """The place of what a finding is about; none where it is about the whole file."""
    return dict(zip(("line", "column"), place(template.source, way), strict=True)) if way else {}
