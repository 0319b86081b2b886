"""What recipients do for themselves through a link: see what they get, choose, unsubscribe. Gateway has these verbs too."""

from collections.abc import Sequence
from typing import NamedTuple

from wasl import tokens
from wasl.consent import ConsentChange, ConsentSeen
from wasl.consenting import Consenting
from wasl.errors import Conflict, NotFound, Problem, Refused
from wasl.inbound import KEYWORD
from wasl.ledger.people import Person
from wasl.ledger.suppression_list import Place, Wanted
from wasl.preferences import Chosen, Evidence, PreferenceAsk, Preferences, changes, holds_already, withdrawal
from wasl.problems import validated

_PURPOSE = "preferences"
_NONE = Evidence()


class _Link(NamedTuple):
    """What a token names."""

    recipient: str
    topic: str | None
    channel: str | None


class Preferring(Consenting):
    """The verbs of the preference page. A token that is not ours, or of somebody who was erased, does nothing and is told nothing."""

    def preference_url(self, recipient_id: str, *, topic: str | None = None, channel: str | None = None) -> str:
        """The link to their page, for a message to them.

        One click on it (RFC 8058) stops the topic on the channel, the one that is named, or everything. It does not expire; whoever has
        it may choose for them, so it belongs into no log.

        Raises:
            Refused: a topic or channel is not configured, or the id is none.
            Conflict: `[server] public_url` is missing.
        """
        asked = validated(PreferenceAsk, {"recipient": recipient_id, "topic": topic, "channel": channel})
        for name, value, known in (("topic", topic, self.config.topics), ("channel", channel, self.config.channels)):
            if value is not None and value not in known:
                told = f"is not a {name} of the configuration; there are: {', '.join(sorted(known))}"
                raise Refused([Problem(pointer=f"/{name}", code=f"unknown_{name}", message=told)])
        if (public := self.config.server.public_url) is None:
            action = 'Set public_url under [server] in wasl.toml, like "https://messages.acme.example".'
            raise Conflict("There is no public URL to make links of.", code="no_public_url", suggested_action=action)
        named = {"brand": self.config.brand, **asked.model_dump(exclude_none=True)}
        return f"{public}/u/{tokens.issue(self._open.ring, _PURPOSE, named)}"

    async def preferences(self, token: str) -> Preferences | None:
        """What holds for whom the token names; None where it names nobody."""
        if (known := await self._known(token)) is None:
            return None
        link, told = known
        person = await self._open.ledger.contacts.get(self.config.brand, link.recipient)
        if person is None:  # erased since
            return None
        return Preferences(*link, person.locale, _shown(person), await self._stopped(person), told)

    async def unsubscribe(self, token: str, *, everything: bool = False, evidence: Evidence = _NONE) -> bool:
        """Stop what one click on the token stops, or everything; False where it names nobody. Again is as good as once."""
        if (known := await self._known(token)) is None:
            return False
        link, told = known
        topic, channel = (None, None) if everything else (link.topic, link.channel)
        change = withdrawal(topic, channel, "preference_page" if everything else "one_click", evidence)
        return holds_already(told, change) or await self._say(link, [change])

    async def choose(self, token: str, chosen: Chosen, evidence: Evidence = _NONE) -> bool:
        """Make what holds equal to what they chose; False where the token names nobody."""
        if (known := await self._known(token)) is None:
            return False
        link, told = known
        found = changes(told, chosen, evidence)
        return not found or await self._say(link, found)

    async def _say(self, link: _Link, said: Sequence[ConsentChange]) -> bool:
        try:
            await self.record_consent(link.recipient, said)
        except Refused:  # erased since
            return False
        return True

    async def _known(self, token: str) -> tuple[_Link, ConsentSeen] | None:
        told = tokens.read(self._open.ring, _PURPOSE, token)
        if told is None or told.get("brand") != self.config.brand:
            return None
        named = {name: str(value) for name, value in told.items()}
        link = _Link(named["recipient"], named.get("topic"), named.get("channel"))
        try:
            return link, await self.consent(link.recipient)
        except NotFound:
            return None

    async def _stopped(self, person: Person) -> frozenset[str]:
        """The channels on which every address of theirs was stopped by a keyword."""
        ledger, open_ones, stopped = self._open.ledger, set[str](), set[str]()
        for address in person.addresses:
            place = Place(address.channel, ledger.address_hash(address.kind, address.value))
            rows = await ledger.suppressions.page(self.config.brand, Wanted(place=place), limit=10, cursor=None)
            here = any(row.source == KEYWORD and row.scope is None for row in rows.data)
            (stopped if here else open_ones).add(address.channel)
        return frozenset(stopped - open_ones)


def _shown(person: Person) -> dict[str, tuple[str, ...]]:
    """The channels on which they can be reached, each with its addresses, masked."""
    found: dict[str, tuple[str, ...]] = {}
    for address in person.addresses:
        found[address.channel] = (*found.get(address.channel, ()), address.masked())
    return found
