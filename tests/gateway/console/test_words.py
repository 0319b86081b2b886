"""The console's words: every sentence has an Arabic one that keeps its values, and plurals have all their forms."""

import re
from pathlib import Path
from string import Formatter

import pytest
from babel import Locale

from tests.gateway.console.spoken import every
from wasl.console.permissions import Role
from wasl.console.telling import CHANNELS, FIXERS, MARKS, STATES, fixer, next_step, sentence
from wasl.console.visit import ROLE_NAMES
from wasl.console.words import Words, catalogue, languages, read_all, spoken, words
from wasl_contracts import Mark, Reason, State

FSI, PDI = "\u2068", "\u2069"


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_sentence_has_an_arabic_one() -> None:
    arabic = catalogue("ar")

    assert {place: said for said, place in every().items() if said not in arabic} == {}


def test_an_arabic_sentence_has_the_same_values() -> None:
    wrong = []
    for said, forms in catalogue("ar").items():
        for text in [forms] if isinstance(forms, str) else forms.values():
            if not holes(text) <= holes(said) or (isinstance(forms, str) and holes(text) != holes(said)):
                wrong.append((said, text))

    assert wrong == []


def test_a_count_has_every_form_that_arabic_has() -> None:
    needed = (set(Locale.parse("ar").plural_form.tags) | {"other"}) - {"zero"}  # none is told apart where a file says so
    counted = {said: forms for said, forms in catalogue("ar").items() if not isinstance(forms, str)}

    assert counted
    assert {said: needed - forms.keys() for said, forms in counted.items() if not needed <= forms.keys()} == {}


def test_files_that_say_the_same_sentence_say_it_in_the_same_words() -> None:
    said: dict[str, tuple[str, object]] = {}
    wrong = []
    for file, told in read_all("ar").items():
        for sentence_, arabic in told.items():
            if said.setdefault(sentence_, (file, arabic))[1] != arabic:
                wrong.append((sentence_, said[sentence_], (file, arabic)))

    assert wrong == []


def test_every_state_mark_role_and_fixer_has_a_name() -> None:
    assert STATES.keys() == set(State)
    assert MARKS.keys() == set(Mark)
    assert ROLE_NAMES.keys() == set(Role)
    assert {reason.who_can_fix for reason in Reason} <= FIXERS.keys()
    assert "email" in CHANNELS


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_every_reason_is_told_whole(lang: str) -> None:
    said = words(lang)

    for reason in Reason:
        assert sentence(said, reason)
        assert fixer(said, reason)
        assert bool(next_step(said, reason)) is bool(reason.next_step)


def test_a_value_keeps_its_own_direction() -> None:
    said = Words("ar")

    assert said.t("Signed in as {role}", role="admin") == f"الدور: {FSI}admin{PDI}"


def test_a_value_that_is_markup_leaves_all_else_escaped() -> None:
    from markupsafe import Markup

    found = Words("en").t("Hello {name} & {id}", name="<b>Ann</b>", id=Markup("<bdi>1</bdi>"))

    assert found == f"Hello {FSI}&lt;b&gt;Ann&lt;/b&gt;{PDI} &amp; {FSI}<bdi>1</bdi>{PDI}"


@pytest.mark.parametrize(
    ("count", "lang", "found"),
    [
        (1, "en", "1 thing needs a look."),
        (1204, "en", "1,204 things need a look."),
        (1, "ar", "شيء واحد يحتاج نظرة."),
        (3, "ar", "3 أشياء"),
    ],
)
def test_a_count_takes_its_form(count: int, lang: str, found: str) -> None:
    said = Words(lang).tn("{count} thing needs a look.", "{count} things need a look.", count)

    assert found in said.replace(FSI, "").replace(PDI, "")


@pytest.mark.parametrize(
    ("wanted", "accepted", "lang"),
    [(("ar-SA",), "", "ar"), ((None, "xx"), "fr;q=0.9, ar-EG", "ar"), ((), "", "en"), ((), "de, fr", "en"), (("en_GB",), "ar", "en")],
)
def test_it_speaks_the_language_that_is_wanted(wanted: tuple[str | None, ...], accepted: str, lang: str) -> None:
    assert spoken(*wanted, accepted=accepted) == lang


def test_another_language_is_another_folder() -> None:
    folder = Path(__file__).parents[3] / "gateway" / "wasl" / "console" / "words"

    assert languages() == ("en", *sorted(one.name for one in folder.iterdir() if one.is_dir() and not re.match(r"[_.]", one.name)))
