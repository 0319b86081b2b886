"""STOP, START and HELP: the exact lists, and nothing that only looks like them."""

import tomllib
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from wasl.config.keywords import KeywordsSection
from wasl.keywords import Keywords, meaning, normal, ours

WORDS = [(word, listed.meaning, listed.language) for listed in ours() for word in listed.words]
NEAR_MISSES = tomllib.loads((Path(__file__).parent / "near_misses.toml").read_text(encoding="utf-8"))
# What stands in threats.md, "STOP/HELP/START": Twilio's and AWS's words, and the Arabic ones.
REQUIRED = {
    "stop": [
        "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "opt out", "ARRET", "OPT-OUT", "REMOVE", "TD",
        "إلغاء", "إلغاء الاشتراك", "إيقاف", "توقف", "قف",
    ],
    "start": ["START", "UNSTOP", "YES", "اشتراك", "ابدأ"],
    "help": ["HELP", "INFO", "مساعدة"],
}  # fmt: skip


@pytest.mark.parametrize(("means", "words"), REQUIRED.items())
def test_every_word_that_must_be_obeyed_is_obeyed(means: str, words: list[str]) -> None:
    assert {word: meaning(word) for word in words} == dict.fromkeys(words, means)


@pytest.mark.parametrize(("word", "means", "language"), WORDS)
def test_a_word_is_obeyed_however_it_is_written(word: str, means: str, language: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in word)
    stretched = "".join(f"{c}\u0640" if "\u0620" <= c <= "\u064a" else c for c in word)
    forms = [
        word, word.lower(), word.title(), f"  {word}\n", f"{word}.", f"{word}!!!", f"«{word}»", f"“{word}”", f"{word}؟", f"{word} 🛑",
        f"*{word}*", f"\u200f{word}\u200e", f"\u2067{word}\u2069", word.replace(" ", "\u00a0 "), wide, stretched,
    ]  # fmt: skip

    assert {form: meaning(form) for form in forms} == dict.fromkeys(forms, means)
    assert Keywords(ours()).read(word).language in (language, "en", "ar")  # a word of several languages is told once


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("إِلْغَاء", "stop"), ("الغاء", "stop"), ("ٱلغاء", "stop"), ("ايقاف", "stop"), ("الغاء الإشتراك", "stop"), ("ﻗﻒ", "stop"),
        ("مساعده", "help"), ("إشتراك", "start"), ("إبدأ", "start"), ("arrêt", "stop"), ("Arre\u0302t", "stop"), ("DESABONNER", "stop"),
        ("S.T.O.P", "stop"), ("opt-out", "stop"), ("Opt Out", "stop"), ("STO\u200bP", "stop"), ("بند كريں", "stop"), ("بند کريں", "stop"),
        ("شروع كريں", "start"),
    ],
)  # fmt: skip
def test_marks_alef_forms_and_keyboards_make_no_difference(text: str, means: str) -> None:
    assert meaning(text) == means


def test_no_near_miss_is_obeyed() -> None:
    texts = [text for listed in NEAR_MISSES.values() for text in listed]

    assert [text for text in texts if meaning(text) is not None] == []
    assert len(set(texts)) >= 200
    assert min(len(set(listed)) for listed in NEAR_MISSES.values()) >= 50


@pytest.mark.parametrize(
    "text", ["STOP PLEASE", "please stop", "bus stop", "أريد إلغاء الموعد", "stop/start", "آرڈر منسوخ", "je veux annuler le rendez-vous"]
)
def test_a_person_reads_what_may_mean_stop(text: str) -> None:
    heard = Keywords(ours()).read(text)

    assert (heard.meaning, heard.maybe_stop) == (None, True)


@pytest.mark.parametrize("text", ["Where is my parcel?", "لا تتوقف", "nonstop", "merci", "شکریہ", "أبدًا"])
def test_nobody_is_troubled_by_what_cannot_mean_stop(text: str) -> None:
    assert Keywords(ours()).read(text).maybe_stop is False


LETTERS = st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nd"]), min_size=1, max_size=12)


@given(word=st.sampled_from([word for word, *_ in WORDS]), other=LETTERS, before=st.booleans())
def test_a_word_beside_it_makes_it_another_text(word: str, other: str, before: bool) -> None:
    text = f"{other} {word}" if before else f"{word} {other}"

    known = {normal(listed) for listed, *_ in WORDS}
    assert meaning(text) is None or normal(text) in known  # "stop all" is a keyword of its own


@given(text=st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    heard = Keywords(ours()).read(text)

    assert heard.meaning is None or normal(text) in {normal(word) for word, *_ in WORDS}
    assert not (heard.meaning and heard.maybe_stop)


def test_a_very_long_text_is_read_quickly_and_means_nothing() -> None:
    assert meaning("stop " * 2000) is None
    assert meaning("stop" + " " * 9000) == "stop"


def test_every_list_tells_its_source_and_when_it_was_checked() -> None:
    told = tomllib.loads(files("wasl").joinpath("keywords.toml").read_text(encoding="utf-8"))["lists"]

    assert {row["language"] for row in told} == {"en", "ar", "fr", "ur"}
    assert all(row["source"] and isinstance(row["checked"], date) for row in told)
    assert all(
        {"stop", "start", "help"} == {row["meaning"] for row in told if row["language"] == tongue} for tongue in ("en", "ar", "fr", "ur")
    )


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"start": ["stop"]}, 'has "stop" under start, but it means stop; see `without`'),
        ({"stop": ["go"], "help": ["GO!"]}, 'has "GO!" under help, but it means stop; see `without`'),
        ({"stop": ["!!"]}, "is not a word; write letters, at most 64 characters"),
        ({"stop": ["x" * 65]}, "is not a word; write letters, at most 64 characters"),
    ],
)
def test_a_word_has_one_meaning(section: dict[str, list[str]], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        KeywordsSection.model_validate(section)

    assert caught.value.errors()[0]["msg"] == said


def test_a_brand_has_words_and_answers_of_its_own() -> None:
    brand = KeywordsSection(
        stop=("DND",),
        without=("YES", "ستوب"),
        replies={"help": {"en": "Acme: help@acme.example", "ar": "أكمي"}, "stop": {"fr": "C’est fait."}},
    )

    assert [brand.read(text).meaning for text in ("dnd!", "STOP", "yes", "ستوب")] == ["stop", "stop", None, None]
    assert brand.reply(brand.read("HELP"), "ar") == "Acme: help@acme.example"
    assert brand.reply(brand.read("مساعدة"), "en") == "أكمي"
    assert brand.reply(brand.read("AIDE"), "ar-SA") == "أكمي"
    assert brand.reply(brand.read("STOP"), "en") == "C’est fait."
    assert brand.reply(brand.read("START"), "en") is None
    assert brand.reply(brand.read("thanks"), "en") is None
