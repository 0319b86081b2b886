"""What recipients do for themselves through a link: see what they get, choose, unsubscribe. Gateway has these verbs too."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

from wasl import tokens
from wasl.consent import ConsentChange, ConsentSeen
from wasl.consenting import Consenting
from wasl.errors import Conflict, NotFound, Problem, Refused
from wasl.inbound import KEYWORD
from wasl.ledger.people import Person
from wasl.ledger.suppression_list import Place, Wanted
from wasl.opting_out import MADE, PURPOSE
from wasl.preferences import Chosen, Evidence, PreferenceAsk, Preferences, changes, holds_already, withdrawal
from wasl.problems import validated

_NONE = Evidence()


class _Link(NamedTuple):
    """What a token names, beside the brand."""

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
            Conflict: `[server] public_url` is missing, and the brand has no `link_domain`.
        """
        asked = validated(PreferenceAsk, {"recipient": recipient_id, "topic": topic, "channel": channel})
        for name, value, known in (("topic", topic, self.config.topics), ("channel", channel, self.config.channels)):
            if value is not None and value not in known:
                told = f"is not a {name} of the configuration; there are: {', '.join(sorted(known))}"
                raise Refused([Problem(pointer=f"/{name}", code=f"unknown_{name}", message=told)])
        face, now = self._open.brands.find(self.brand), self._open.ledger.clock.now()
        link = self._open.opt_out.link(face.link_domain, {"brand": face.name, **asked.model_dump(exclude_none=True)}, now)
        if link is None:
            action = 'Set public_url under [server] in wasl.toml, like "https://messages.acme.example".'
            raise Conflict("There is no public URL to make links of.", code="no_public_url", suggested_action=action)
        return link

    async def preferences(self, token: str) -> Preferences | None:
        """What holds for whom the token names; None where it names nobody."""
        if (known := await self._known(token)) is None:
            return None
        seen, link, told = known
        person = await self._open.ledger.contacts.get(seen.brand, link.recipient)
        if person is None:  # erased since
            return None
        return Preferences(*link, person.locale, _shown(person), await seen._stopped(person), told, seen._titles())

    async def unsubscribe(self, token: str, *, everything: bool = False, evidence: Evidence = _NONE) -> bool:
        """Stop what one click on the token stops, or everything; False where it names nobody. Again is as good as once."""
        if (known := await self._known(token)) is None:
            return False
        seen, link, told = known
        topic, channel = (None, None) if everything else (link.topic, link.channel)
        change = withdrawal(topic, channel, "preference_page" if everything else "one_click", evidence)
        return holds_already(told, change) or await seen._say(link, [change])

    async def choose(self, token: str, chosen: Chosen, evidence: Evidence = _NONE) -> bool:
        """Make what holds equal to what they chose; False where the token names nobody."""
        if (known := await self._known(token)) is None:
            return False
        seen, link, told = known
        found = changes(told, chosen, evidence)
        return not found or await seen._say(link, found)

    async def _say(self, link: _Link, said: Sequence[ConsentChange]) -> bool:
        try:
            await self._record(link.recipient, said)  # of whatever topic: an old link may name one that is configured no more
        except Refused:  # erased since
            return False
        return True

    async def _known(self, token: str) -> tuple[Self, _Link, ConsentSeen] | None:
        """Who the token names, and the gateway as their brand sees it."""
        told = tokens.read(self._open.ring, PURPOSE, token)
        if told is None or self.seen_as not in (None, told.get("brand")):
            return None
        named, made = {name: str(value) for name, value in told.items()}, int(told.get(MADE, 0))
        seen, link = self._as(named["brand"]), _Link(named["recipient"], named.get("topic"), named.get("channel"))
        erased_at = await self._open.ledger.contacts.erased_at(seen.brand, link.recipient)
        if erased_at is not None and made < int(erased_at.timestamp()):
            return None  # of the life before: who has this id now may be somebody else
        try:
            return seen, link, await seen.consent(link.recipient)
        except NotFound:
            return None

    def _titles(self) -> Mapping[str, str]:
        brands = self._open.brands
        return brands.find(self.brand).title if self.brand in brands else {}

    async def _stopped(self, person: Person) -> frozenset[str]:
        """The channels on which every address of theirs was stopped by a keyword."""
        ledger, open_ones, stopped = self._open.ledger, set[str](), set[str]()
        for address in person.addresses:
            place = Place(address.channel, ledger.address_hash(address))
            rows = await ledger.suppressions.page(self.brand, Wanted(place=place), limit=10, cursor=None)
            here = any(row.source == KEYWORD and row.scope is None for row in rows.data)
            (stopped if here else open_ones).add(address.channel)
        return frozenset(stopped - open_ones)


def _shown(person: Person) -> dict[str, tuple[str, ...]]:
    """The channels on which they can be reached, each with its addresses, masked."""
    found: dict[str, tuple[str, ...]] = {}
    for address in person.addresses:
        found[address.channel] = (*found.get(address.channel, ()), address.masked())
    return found
