"""Texts by number: every plural and ordinal form of CLDR, told when a template lacks one that its language needs."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Literal

from babel.plural import PluralRule

from wasl.content.languages import Writing, known
from wasl.content.numbers import exact, number
from wasl.content.phrase import Phrase
from wasl.content.work import NotAllowed

Counting = Literal["plural", "ordinal"]
FORMS = ("zero", "one", "two", "few", "many", "other")
_EXACTLY = re.compile(r"exactly_(0|[1-9][0-9]{0,8})").fullmatch
_SAMPLES = range(201)
_HASH = re.compile("##|#")


def chosen(value: object, forms: Mapping[str, object], writing: Writing, counting: Counting) -> Phrase:
    """The form for a number, with `#` as the number and `##` as the sign itself. `exactly_5` comes before the forms of the language."""
    amount = exact(value)
    text = forms.get(f"exactly_{amount}") or forms.get(_rule(writing.locale, counting)(abs(amount))) or forms.get("other")
    if not isinstance(text, str):
        raise NotAllowed("the template has no text for a number; add other=")
    written = number(value, writing)
    return Phrase([(_HASH.sub(lambda sign: "#" if sign[0] == "##" else written, text), False)])


def lacking(forms: Mapping[str, object], locale: str, counting: Counting) -> Iterator[str]:
    """What is wrong with the forms that a template gives in its language, as sentences."""
    needed = needed_forms(locale, counting)
    language = known(locale)
    name = (language.english_name if language is not None else None) or locale
    if missing := [form for form in needed if form not in forms]:
        yield f"has no text for {_and(missing)}, which {name} needs; it needs {_and(needed)}"
    for form in forms:
        if form not in FORMS and not _EXACTLY(form):
            yield f"has a form {form!r}, which does not exist; forms are {_and(FORMS)}, and exactly_5 for that number alone"
        elif form in FORMS and form not in needed and form not in _rule(language, counting).tags:
            yield f"has a form {form!r}, which {name} never uses; write exactly_0, exactly_1 or exactly_2 for that number alone"


@lru_cache(maxsize=256)
def needed_forms(locale: str, counting: Counting = "plural") -> tuple[str, ...]:
    """The forms that a language cannot do without: those of the whole numbers up to 200, and `other`.

    Forms for fractions or millions alone, as `many` in French, fall back to `other`.
    """
    rule = _rule(known(locale), counting)
    used = {rule(sample) for sample in _SAMPLES} | {"other"}
    return tuple(form for form in FORMS if form in used)


def _rule(locale: object, counting: Counting) -> PluralRule:
    rule = getattr(locale, "plural_form" if counting == "plural" else "ordinal_form", None)
    return rule if isinstance(rule, PluralRule) else PluralRule({})


def _and(words: tuple[str, ...] | list[str]) -> str:
    return ", ".join(words[:-1]) + f" and {words[-1]}" if len(words) > 1 else words[0]
