"""What a recipient may choose for themselves: the link, what holds now, and the consent rows that follow from a choice."""

from collections.abc import Collection, Mapping
from typing import Annotated, NamedTuple

from pydantic import StringConstraints

from wasl.consent import EVERY, ConsentChange, ConsentSeen, Source, State, choice
from wasl_contracts.model import Frozen, Name, Slug

Pair = tuple[str, str]
"""A topic and a channel."""


class PreferenceScope(Frozen):
    """What one click on a link stops: a topic, a channel, a topic on a channel, or (neither named) everything."""

    topic: Slug | None = None
    channel: Slug | None = None


class PreferenceAsk(PreferenceScope):
    """Whose link, and what one click on it stops."""

    recipient: Name


class PreferenceLink(Frozen):
    """A link to a recipient's preference page: https, without login, for as long as the key ring is kept. Whoever has it may choose."""

    url: Annotated[str, StringConstraints(max_length=8000)]


class Preferences(NamedTuple):
    """A recipient as their page shows them. `topic` and `channel` are what one click stops; addresses are masked, by channel.

    `stopped` are the channels that they stopped by a keyword, `titles` what the brand is called, by language.
    """

    recipient: str
    topic: str | None
    channel: str | None
    locale: str | None
    addresses: Mapping[str, tuple[str, ...]]
    stopped: frozenset[str]
    consent: ConsentSeen
    titles: Mapping[str, str]


class Evidence(NamedTuple):
    """How they said it: the language of the page, the version of its words, and whence the request came."""

    locale: str | None = None
    wording_version: str | None = None
    ip: str | None = None


class Chosen(NamedTuple):
    """What they chose: of the pairs that were shown, with the words that were shown, those that are on."""

    shown: Mapping[Pair, str]
    on: Collection[Pair]


def withdrawal(topic: str | None, channel: str | None, source: Source, evidence: Evidence) -> ConsentChange:
    """The row that turns off a topic, a channel, both together or everything."""
    return _change((topic or EVERY, channel or EVERY), "withdrawn", source, evidence, None)


def holds_already(seen: ConsentSeen, change: ConsentChange) -> bool:
    """Whether just this was withdrawn, and nothing of it granted since: then another row would say nothing new."""
    for row in reversed(seen.rows):
        if (row.topic, row.channel, row.state) == (change.topic, change.channel, "withdrawn"):
            return True
        if row.state == "granted" and _overlaps(row.topic, change.topic) and _overlaps(row.channel, change.channel):
            return False
    return False


def changes(seen: ConsentSeen, chosen: Chosen, evidence: Evidence) -> list[ConsentChange]:
    """The rows that make what holds equal to what they chose; none where it is so already.

    A channel that was turned off as a whole is first turned on as a whole; then every topic of it is said, also those that were not
    shown, so that nothing comes with it that they did not choose.
    """
    held = {(one.topic, one.channel): one for one in seen.effective if one.rule != "required"}
    wanted = {pair: pair in chosen.on for pair in chosen.shown if pair in held}
    lifted = {channel for (topic, channel), on in wanted.items() if on and _turned_off(seen, topic, channel)}
    found = [_change((EVERY, channel), "granted", "preference_page", evidence, None) for channel in sorted(lifted)]
    for pair, one in held.items():
        on = wanted.get(pair, False if pair[1] in lifted else one.allowed)
        if on != one.allowed or pair[1] in lifted:
            state: State = "granted" if on else "withdrawn"
            found.append(_change(pair, state, "preference_page", evidence, chosen.shown.get(pair)))
    return found


def _turned_off(seen: ConsentSeen, topic: str, channel: str) -> bool:
    found = choice(seen.rows, topic, channel)
    return found is not None and found.hard


def _overlaps(one: str, other: str) -> bool:
    return EVERY in (one, other) or one == other


def _change(pair: Pair, state: State, source: Source, evidence: Evidence, wording: str | None) -> ConsentChange:
    told = {"topic": pair[0], "channel": pair[1], "state": state, "source": source, "actor": "recipient", "wording": wording}
    return ConsentChange.model_validate({**told, **evidence._asdict()})
