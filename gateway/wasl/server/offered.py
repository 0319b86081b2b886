"""What a recipient's preference page offers: their topics by channel, in pages whose form can always be sent back."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from wasl.config import Config
from wasl.consent import Effective
from wasl.preferences import Pair, Preferences
from wasl.server.pages import Words

_MOST_TOPICS, _MOST_BOXES = 200, 600  # of one page; its form then has less than a third of the bytes that are taken


class Way(NamedTuple):
    """A checkbox: a topic on a channel. `fixed` ones cannot be changed here."""

    pair: Pair
    label: str
    wording: str
    addresses: Sequence[str]
    on: bool
    fixed: bool
    stopped: bool

    @property
    def name(self) -> str:
        return "|".join(self.pair)


class OfferedTopic(NamedTuple):
    """A topic with its checkboxes."""

    title: str
    required: bool
    ways: Sequence[Way]


class Offer:
    """The topics of a configuration, for one recipient in one language."""

    def __init__(self, config: Config, found: Preferences, said: Words) -> None:
        self._config, self._found, self._said = config, found, said
        self._held: defaultdict[str, list[Effective]] = defaultdict(list)
        for held in found.consent.effective:
            if held.channel in found.addresses:
                self._held[held.topic].append(held)

    def pages(self) -> Sequence[Sequence[str]]:
        """The names of the topics, page by page, in the order of wasl.toml and `default` last; at least one page.

        Of more than one page, the topic of the link and those that they spoke of come first.
        """
        names = sorted(self._held, key=lambda name: name == "default")
        most = max(1, min(_MOST_TOPICS, _MOST_BOXES // max(1, len(self._found.addresses))))
        if len(names) > most:
            spoken = {row.topic for row in self._found.consent.rows}
            names.sort(key=lambda name: (name != self._found.topic, name not in spoken))
        return [names[first : first + most] for first in range(0, len(names), most)] or [[]]

    def topics(self, names: Collection[str]) -> list[OfferedTopic]:
        """These topics, in this order; those that are not offered are left out."""
        found = []
        for name in names:
            if name in self._held:
                ways = list(self._ways(name, self.title(name)))
                found.append(OfferedTopic(self.title(name), self._config.topics[name].rules.consent == "required", ways))
        return found

    def wordings(self, pairs: Collection[Pair]) -> Mapping[Pair, str]:
        """Those of the pairs that are offered, each with what was read beside it."""
        offered = self.topics(dict.fromkeys(topic for topic, _ in pairs))
        wordings = {way.pair: way.wording for topic in offered for way in topic.ways}
        return {pair: wordings[pair] for pair in pairs if pair in wordings}

    def title(self, topic: str) -> str:
        """The topic's title in the page's language, else in the brand's, else any; else its name."""
        titles = self._config.topics[topic].title if topic in self._config.topics else {}
        for locale in (self._said.locale, self._config.locale, self._config.locale[:2], *titles):
            if title := next((text for tag, text in titles.items() if tag.replace("_", "-").lower().startswith(locale.lower())), None):
                return title
        return self._said.text["other"] if topic == "default" else topic.replace("_", " ").replace("-", " ")

    def _ways(self, topic: str, title: str) -> Iterator[Way]:
        for held in self._held[topic]:
            label, stopped = self._said.channel(held.channel), held.channel in self._found.stopped
            yield Way(
                pair=(topic, held.channel),
                label=label,
                wording=f"{self._said.text['intro']} {title}: {label}",
                addresses=self._found.addresses[held.channel],
                on=held.allowed and not stopped,
                fixed=stopped or held.rule == "required",
                stopped=stopped,
            )
