"""STOP, START and HELP: what an inbound text means as a whole. A word inside of a longer text ("bus stop") never decides."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple
from unicodedata import category, normalize

Meaning = Literal["stop", "start", "help"]

LONGEST = 64
"""Characters of a keyword; a longer text is none."""
_INVISIBLE = ("Mn", "Me", "Cf", "Cc")  # marks, format characters, controls
_INNER = str.maketrans("", "", "\u0640-‐‒–—.'’_")  # tatweel, hyphens, and what stands between the letters of S.T.O.P
_SAME = {"ا": "ٱ", "ي": "ىیے", "ه": "ةہھۃە", "ك": "ک"}  # written for one another, for want of care or of the key
_LETTERS = str.maketrans({letter: one for one, letters in _SAME.items() for letter in letters})
_NOT_WORDS = re.compile(r"[\W_]+")


class WordList(NamedTuple):
    """Words of one language that mean the same; `but` are texts that differ from one of them only in a hamza, and mean something else."""

    language: str
    meaning: Meaning
    words: tuple[str, ...]
    but: tuple[str, ...] = ()


class Heard(NamedTuple):
    """What a text means. `language` is that of the list; `maybe_stop`: a stop word stands in a longer text, so a person should read it."""

    meaning: Meaning | None
    language: str | None
    maybe_stop: bool


def normal(text: str) -> str:
    """The text as keywords are compared: NFKC, any case, without marks, invisible characters and punctuation, one space between words."""
    return _bare(normalize("NFD", normalize("NFKC", text).casefold())).translate(_LETTERS)


def _spelled(text: str) -> str:
    """As `normal`, but with hamza and madda, and each letter as it was written."""
    return _bare(normalize("NFKC", text).casefold())


def _bare(text: str) -> str:
    seen = "".join(c for c in text if c.isspace() or category(c) not in _INVISIBLE)
    return " ".join(filter(None, (_stripped(word).translate(_INNER) for word in seen.split())))


def _stripped(word: str) -> str:
    """The word without punctuation and symbols around it."""
    inner = [position for position, c in enumerate(word) if category(c)[0] not in "PS"]
    return word[inner[0] : inner[-1] + 1] if inner else ""


class Keywords:
    """The lists by which inbound texts are read; an earlier list wins where two hold the same word."""

    def __init__(self, lists: Iterable[WordList]) -> None:
        self.lists = tuple(lists)
        self._meanings: dict[str, tuple[Meaning, str]] = {}
        self._but: set[str] = set()
        for listed in self.lists:
            self._but.update(map(_spelled, listed.but))
            for word in listed.words:
                self._meanings.setdefault(normal(word), (listed.meaning, listed.language))
        self._stops = frozenset(key for key, (meaning, _) in self._meanings.items() if meaning == "stop")
        self._most_words = max((key.count(" ") + 1 for key in self._stops), default=0)

    def read(self, text: str) -> Heard:
        """What the text means."""
        short = len(text.strip()) <= LONGEST and _spelled(text) not in self._but
        if short and (found := self._meanings.get(normal(text))) is not None:
            return Heard(*found, maybe_stop=False)
        return Heard(None, None, any(phrase in self._stops for phrase in self._phrases(text)))

    def _phrases(self, text: str) -> Iterator[str]:
        for words in (normal(text).split(), normal(_NOT_WORDS.sub(" ", text)).split()):
            for start in range(len(words)):
                for length in range(1, self._most_words + 1):
                    yield " ".join(words[start : start + length])


@cache
def ours(without: tuple[str, ...] = ()) -> tuple[WordList, ...]:
    """The lists that wasl brings along (keywords.toml, each with its source there), without some words."""
    told = tomllib.loads(files("wasl").joinpath("keywords.toml").read_text(encoding="utf-8"))
    dropped = set(map(normal, without))
    return tuple(
        WordList(row["language"], row["meaning"], tuple(w for w in row["words"] if normal(w) not in dropped), tuple(row.get("but", ())))
        for row in told["lists"]
    )


@cache
def _without_a_brand() -> Keywords:
    return Keywords(ours())


def meaning(text: str) -> Meaning | None:
    """What a text means by the lists that wasl brings along."""
    return _without_a_brand().read(text).meaning
