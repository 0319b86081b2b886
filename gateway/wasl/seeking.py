"""Looking for messages with the query language (searching/language.py), and for what a pasted text is. Gateway has these verbs too."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import NamedTuple

from wasl.addresses import BadAddress, normal_email, normal_phone
from wasl.branded import Branded
from wasl.errors import Problem, Refused
from wasl.ledger.people import address_hash
from wasl.ledger.search_legs import Wanted
from wasl.ledger.views import Views
from wasl.registry import Specs
from wasl.searching.language import PEOPLE, TEXT, Search, Term, parse
from wasl.searching.resolving import Form, Guess, guesses
from wasl.searching.seen import Counted, MessageFound, SearchPage, Strip
from wasl.searching.tokens import Value

_LARGEST_PAGE = 1000
_TERMS: Mapping[Form | None, str] = {"reference": "ref", "request": "request"}
"""The key of the language for what a text may be that messages carry."""
_BEFORE_ALL = "msg_"
_WINDOW = timedelta(days=30)
"""How far back words are looked for that no index finds."""


class Key(NamedTuple):
    """A message or a person, by brand and id."""

    brand: str
    id: str


class Understood(NamedTuple):
    """A query as it was understood at a moment, for those who ask several things about it.

    `words`: as what its words without a key were taken.
    """

    query: str
    wanted: Wanted
    words: str | None


class Resolved(NamedTuple):
    """What a text was found to be: messages of that id, people, or messages with that reference; nothing where it is unknown.

    `refs` is also the id of a request, whose messages these are.
    """

    form: Form | None = None
    messages: tuple[Key, ...] = ()
    people: tuple[Key, ...] = ()
    refs: tuple[str, ...] = ()


class Seeking(Branded):
    """The verbs of those who look for messages. `brands` is all that they may see; without it, the gateway's own brand."""

    _specs: Specs

    async def understood(self, query: str, *, brands: Sequence[str] | None = None, zone: tzinfo = UTC) -> Understood:
        """A query, understood once: `search`, `count_found` and `strip_of` take it in place of the text. Days in it are those of the zone.

        Raises:
            Misread: the query cannot be understood; `spots` tell what of it.
        """
        return Understood(query, *await self._wanted(query, brands, zone))

    async def search(
        self,
        query: str | Understood,
        *,
        brands: Sequence[str] | None = None,
        limit: int = 50,
        cursor: str | None = None,
        zone: tzinfo = UTC,
    ) -> SearchPage:
        """Messages that a query finds, newest first. Days in it are those of the zone.

        Raises:
            Misread: the query cannot be understood; `spots` tell what of it.
            Refused: the cursor is not of this query, or the limit not from 1 to 1000.
        """
        if not 1 <= limit <= _LARGEST_PAGE:
            raise Refused([Problem(pointer="/limit", code="out_of_range", message=f"must be from 1 to {_LARGEST_PAGE}")])
        asked = await self._understood(query, brands, zone)
        page = await self._open.ledger.searching.page(asked.wanted, asked.query, limit=limit, cursor=cursor)
        return page.model_copy(update={"understood": asked.words})

    async def count_found(
        self,
        query: str | Understood,
        *,
        brands: Sequence[str] | None = None,
        most: int = 1_000,
        looked_at: int = 4_000,
        zone: tzinfo = UTC,
    ) -> Counted:
        """How many messages a query finds, up to `most`, looking at so many rows; raises Misread."""
        asked = await self._understood(query, brands, zone)
        return await self._open.ledger.searching.count(asked.wanted, most=most, budget=looked_at)

    async def strip_of(
        self,
        query: str | Understood,
        span: tuple[datetime, datetime],
        *,
        brands: Sequence[str] | None = None,
        bars: int = 48,
        zone: tzinfo = UTC,
    ) -> Strip:
        """What a query finds as a histogram over a time; raises Misread."""
        asked = await self._understood(query, brands, zone)
        return await self._open.ledger.searching.strip(asked.wanted, span, bars)

    async def keys_found(
        self, query: str, *, most: int, brands: Sequence[str] | None = None, zone: tzinfo = UTC, newer_than: str | None = None
    ) -> tuple[tuple[Key, ...], bool]:
        """The keys of what a query finds, newest first, at most so many, and whether these are all of it; raises Misread.

        With `newer_than`, the id of a message, only what came after it, of that the oldest.
        """
        wanted, _ = await self._wanted(query, brands, zone)
        found, whole = await self._open.ledger.searching.ids(wanted, most, newer_than=newer_than)
        return tuple(Key(*one) for one in found), whole

    async def oldest_message(self, *, brands: Sequence[str] | None = None) -> datetime | None:
        """When the oldest message was accepted that is kept."""
        return await self._open.ledger.searching.oldest(self._seen_brands(brands))

    async def messages_found(self, keys: Sequence[Key]) -> list[MessageFound]:
        """These messages as a list shows them, newest first, as far as they are there."""
        return await self._open.ledger.searching.these(keys)

    async def resolve(self, text: str, *, brands: Sequence[str] | None = None) -> Resolved:
        """What somebody pasted: the id of a message, an address, the id of a person, a reference such as an order number."""
        seen, meant = self._seen_brands(brands), self._guesses(text)
        for guess in meant:
            if guess.form != "reference" and (found := await self._exists(guess, seen)) is not None:
                return found
        return await self._referred([guess.value for guess in meant if guess.form == "reference"], seen)

    @property
    def views(self) -> Views:
        """What users keep of their searches."""
        return self._open.ledger.views

    async def _understood(self, query: str | Understood, brands: Sequence[str] | None, zone: tzinfo) -> Understood:
        return query if isinstance(query, Understood) else await self.understood(query, brands=brands, zone=zone)

    async def _wanted(
        self, query: str, brands: Sequence[str] | None, zone: tzinfo, now: datetime | None = None
    ) -> tuple[Wanted, str | None]:
        """What to search, after all that it names was found: people by their addresses, words by what they are."""
        now, seen = now or self._open.ledger.clock.now(), self._seen_brands(brands)
        search = parse(query, now, zone)
        terms = [await self._of_people(term, seen) if term.key == "to" else term for term in search.terms]
        understood: str | None = None
        if search.words:
            words, understood = await self._words(search, seen)
            terms += words
        if any(term.key == TEXT for term in terms):
            search = replace(search, since=max(filter(None, (search.since, now - _WINDOW))))
        # Nobody has that address: nothing can fit.
        nobody = any(term.key == PEOPLE and not term.values and not term.negated for term in terms)
        found = replace(search, terms=tuple(term for term in terms if term.values), words=())
        return Wanted(() if nobody else seen, found, tuple(self._specs.plugins)), understood

    async def _words(self, search: Search, brands: tuple[str, ...]) -> tuple[list[Term], str]:
        """The words without a key, as one text where that is something, else each by itself."""
        excluded = [word for word in search.words if not word.led]
        resolved = await self.resolve(search.bare, brands=brands) if search.bare else Resolved()
        if resolved.form is not None:
            return [_term(resolved), *excluded], resolved.form
        if search.bare and self._address(search.bare) is not None:
            return [Term(PEOPLE, ()), *excluded], "address"
        terms: list[Term] = []
        for word in search.words:
            named = await self.resolve(word.values[0].text, brands=brands) if word.led and "@" in word.values[0].text else Resolved()
            terms.append(_term(named) if named.form == "address" else word)
        return terms, "text"

    async def _of_people(self, term: Term, brands: tuple[str, ...]) -> Term:
        """`to:`, as the people whom its addresses and ids belong to."""
        people: list[Key] = []
        for value in term.values:
            for guess in self._guesses(value.text):
                if guess.form in ("address", "person") and (found := await self._exists(guess, brands)) is not None:
                    people += found.people
        return Term(PEOPLE, _pairs(people), term.negated)

    async def _exists(self, guess: Guess, brands: tuple[str, ...]) -> Resolved | None:
        searching = self._open.ledger.searching
        if guess.form == "message":
            found = await searching.by_id(brands, guess.value)
            return Resolved("message", messages=tuple(Key(*one) for one in found)) if found else None
        if guess.form == "request":  # what it asked for is looked for from its moment on
            keys, _ = await searching.ids(self._carrying("request", guess.value, brands), 2, newer_than=_BEFORE_ALL)
            return Resolved("request", messages=tuple(Key(*one) for one in keys), refs=(guess.value,)) if keys else None
        meant = [(brand, one) for brand in brands for one in await self._people_of(guess, brand)]
        people = await searching.people(meant) if meant else ()
        return Resolved(guess.form, people=tuple(Key(*one) for one in people)) if people else None

    async def _people_of(self, guess: Guess, brand: str) -> Sequence[str]:
        """The ids that those may have."""
        if guess.form == "person":
            return (guess.value,)
        hashed = address_hash(self._open.ring, guess.kind, guess.value)
        return (*await self._open.ledger.owners.of(brand, hashed), f"anon_{hashed}")

    async def _referred(self, refs: Sequence[str], brands: tuple[str, ...]) -> Resolved:
        """The first of these references that a message has, and the newest two of its messages."""
        searching = self._open.ledger.searching
        ref = await searching.referred(brands, refs, tuple(self._specs.plugins)) if refs and brands else None
        if ref is None:
            return Resolved()
        keys, _ = await searching.ids(self._carrying("ref", ref, brands), 2)
        return Resolved("reference", messages=tuple(Key(*one) for one in keys), refs=(ref,)) if keys else Resolved()

    def _carrying(self, key: str, value: str, brands: tuple[str, ...]) -> Wanted:
        return Wanted(brands, Search((Term(key, (Value(value),)),)), tuple(self._specs.plugins))

    def _guesses(self, text: str) -> tuple[Guess, ...]:
        phone = partial(_normal, lambda value: normal_phone(value, self.config.country))
        return guesses(text, partial(_normal, normal_email), phone)

    def _address(self, text: str) -> Guess | None:
        return next((guess for guess in self._guesses(text) if guess.form == "address"), None)

    def _seen_brands(self, brands: Sequence[str] | None) -> tuple[str, ...]:
        return (self.brand,) if brands is None else tuple(brands)


def _normal(read: Callable[[str], str], text: str) -> str | None:
    try:
        return read(text)
    except BadAddress:
        return None


def _term(resolved: Resolved) -> Term:
    if resolved.form == "message":
        return Term("id", tuple(Value(key.id) for key in resolved.messages))
    if resolved.form in _TERMS:
        return Term(_TERMS[resolved.form], tuple(map(Value, resolved.refs)))
    return Term(PEOPLE, _pairs(resolved.people))


def _pairs(people: Sequence[Key]) -> tuple[Value, ...]:
    """Brands and ids in turn, as a term of people has them."""
    return tuple(Value(part) for person in people for part in person)
