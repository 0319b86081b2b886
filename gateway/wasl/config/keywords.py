"""What `[keywords]` of wasl.toml may say: words that mean STOP, START or HELP for a brand, and what it answers."""

from functools import cached_property
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from wasl.keywords import LONGEST, Heard, Keywords, Meaning, WordList, normal, ours
from wasl_contracts.model import Frozen, Text
from wasl_contracts.recipient import Locale


def _keyword(word: str) -> str:
    if len(word) > LONGEST or not normal(word):
        raise PydanticCustomError("bad_keyword", f"is not a word; write letters, at most {LONGEST} characters")
    return word


Keyword = Annotated[str, AfterValidator(_keyword)]


class KeywordsSection(Frozen):
    """`[keywords]`: words beside those that wasl brings along (keywords.toml), and `without` those of them that shall not hold.

    `replies` are the texts that answer each, by locale: of a HELP, who writes and how to reach them (CTIA).
    """

    stop: tuple[Keyword, ...] = ()
    start: tuple[Keyword, ...] = ()
    help: tuple[Keyword, ...] = ()
    without: tuple[Keyword, ...] = ()
    replies: dict[Meaning, dict[Locale, Text]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_meaning_each(self) -> Self:
        if not any(listed.words for listed in self._own):
            return self
        known = Keywords(ours(self.without))
        for listed in self._own:
            for word in listed.words:
                meant = known.read(word).meaning
                if meant not in (None, listed.meaning):
                    raise PydanticCustomError("two_meanings", f'has "{word}" under {listed.meaning}, but it means {meant}; see `without`')
            known = Keywords((listed, *known.lists))
        return self

    @property
    def _own(self) -> tuple[WordList, ...]:
        return (WordList("", "stop", self.stop), WordList("", "start", self.start), WordList("", "help", self.help))

    @cached_property
    def _keywords(self) -> Keywords:
        return Keywords((*self._own, *ours(self.without)))

    def read(self, text: str) -> Heard:
        """What an inbound text means for this brand."""
        return self._keywords.read(text)

    def reply(self, heard: Heard, locale: str) -> str | None:
        """What answers it, in the language that it was written in, else in `locale`, else in any."""
        texts = self.replies.get(heard.meaning, {}) if heard.meaning is not None else {}
        return next((texts[tag] for tag in (heard.language or "", locale, locale[:2]) if tag in texts), next(iter(texts.values()), None))
