"""One request as a screen sees it: who asks, what they may, in which words, and what can be answered."""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urlencode

from aiohttp import web
from multidict import MultiDict, MultiDictProxy, MultiMapping

from wasl.api import Gateway
from wasl.audited import Action, Actor, Fact
from wasl.callers import caller, network
from wasl.console.limits import Limits
from wasl.console.permissions import Permission, allowed, fresh
from wasl.console.times import Times
from wasl.console.words import Words, msgid
from wasl.errors import NotFound
from wasl.users import Role, Session, SignedIn, User
from wasl_contracts.content import Direction

_T = TypeVar("_T")
ROLE_NAMES: Final[Mapping[Role, str]] = {
    Role.VIEWER: msgid("viewer"),
    Role.SUPPORT: msgid("support agent"),
    Role.OPERATOR: msgid("operator"),
    Role.DEVELOPER: msgid("developer"),
    Role.ADMIN: msgid("administrator"),
    Role.AUDITOR: msgid("auditor"),
}
Render = Callable[["Visit", str, dict[str, object]], str]


class Door(NamedTuple):
    """An entry of the navigation: its English label, its path below /console, and what it needs."""

    label: str
    path: str
    permission: Permission


@dataclass(frozen=True, slots=True)
class House:
    """What all visits share: the gateway, the entries of the navigation, and how a template is rendered.

    `dev`: it runs under `wasl dev`, where nothing leaves the machine.
    """

    gateway: Gateway
    doors: Sequence[Door]
    render: Render
    dev: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass
class Visit:
    """A request to a page. `user` has an empty id where nobody is signed in; then `may` is false for everything."""

    house: House
    request: web.Request
    user: User
    words: Words
    signed: SignedIn | None = field(default=None, repr=False)
    """Whose session it is, also where they are signed in half: then `user` is nobody."""
    token: str = field(default="", repr=False)
    csrf: str = field(default="", repr=False)
    flash: str = ""
    fields: MultiDictProxy[str] = field(default_factory=lambda: MultiDictProxy(MultiDict()), repr=False)
    parting: str = ""
    """What the next page says first; see `redirect`."""
    waiting: int = 0
    """How many acts wait for a yes or no of theirs."""

    @property
    def lang(self) -> str:
        """The language of the page: en, ar, …"""
        return self.words.lang

    @property
    def dir(self) -> Direction:
        """Its direction."""
        return self.words.dir

    @property
    def signed_in(self) -> bool:
        """Whether somebody is."""
        return bool(self.user.id)

    @property
    def session(self) -> Session:
        """The session that this request comes from; raises NotFound where there is none."""
        if self.signed is None:
            raise NotFound("There is no session.")
        return Session(self.token, self.signed.user, self.signed.half)

    @property
    def role_name(self) -> str:
        """Their role in English, for `t`."""
        return ROLE_NAMES[self.user.role]

    @property
    def dev(self) -> bool:
        """Whether this is `wasl dev`."""
        return self.house.dev

    @property
    def query(self) -> MultiMapping[str]:
        """The query of the URL."""
        return self.request.query

    @property
    def path(self) -> str:
        """The path of this request below /console."""
        return self.request.path.removeprefix("/console") or "/"

    @property
    def fragment(self) -> bool:
        """Whether htmx asks for a part of a page only."""
        return self.request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in self.request.headers

    @property
    def doors(self) -> list[Door]:
        """The navigation of this user."""
        return [door for door in self.house.doors if self.may(door.permission)]

    @property
    def theme(self) -> str:
        """light, dark, or empty: as the system has it."""
        found = self.request.cookies.get("wasl_theme", "")
        return found if found in ("light", "dark") else ""

    @cached_property
    def times(self) -> Times:
        """Moments in the viewer's zone and words."""
        return Times(self.words.locale, self.zone, self.house.gateway.now())

    @cached_property
    def zone(self) -> str:
        """The IANA zone that moments are told in: UTC where the query says `zone=utc`, else theirs, else the installation's."""
        if self.query.get("zone", "").lower() == "utc":
            return "UTC"
        return self.user.zone or self.house.gateway.config.console.zone or self.house.gateway.config.timezone

    def may(self, permission: Permission) -> bool:
        """Whether this user may do that."""
        return self.signed_in and allowed(self.user.role, permission, dev=self.dev)

    # Brands

    @cached_property
    def brands(self) -> tuple[str, ...]:
        """The names of the brands that this user sees."""
        known = self.house.gateway.brands
        return tuple(name for name in known if name in self.user.brands) if self.user.brands else known

    @cached_property
    def actor(self) -> Actor:
        """Who the audit says that it was."""
        return Actor("user", self.user.id, self.user.name, self.user.role)

    @cached_property
    def gateway(self) -> Gateway:
        """The gateway in the hands of this user: seen as the brand that the query names (`?brand=acme`), else as their first one.

        For whoever sees every brand and names none, it is the whole gateway. Raises NotFound for a brand that they do not see.
        """
        if asked := self.query.get("brand"):
            return self.of(asked)
        whole = self.house.gateway.by(self.actor)
        if not self.user.brands:
            return whole
        own = whole.config.brand
        return self.of(own if own in self.brands else next(iter(self.brands), ""))

    def of(self, brand: str, why: str = "") -> Gateway:
        """The gateway seen as one of their brands; `why` is what the audit tells of what is done with it. Raises NotFound."""
        if brand not in self.brands:
            raise NotFound("There is no such brand.")
        return self.house.gateway.of(brand).by(self.actor, why)

    async def anywhere(self, look: Callable[[Gateway], Awaitable[_T]]) -> tuple[Gateway, _T]:
        """What is found in the first of their brands that has it, and the gateway seen as that brand.

        `await visit.anywhere(lambda gateway: gateway.get(message_id))`. Raises NotFound where none has it.
        """
        asked = self.query.get("brand")
        for brand in (asked,) if asked else self.brands:
            gateway = self.of(brand)
            try:
                return gateway, await look(gateway)
            except NotFound:
                continue
        raise NotFound("There is no such thing, or it is not yours to see.")

    def count_try(self, name: str | None = None) -> None:
        """One more try of a password, for that name or the user's own; raises TooMany."""
        address = network(caller(self.request, self.house.gateway.config.server.proxies))
        self.house.limits.count(address, self.user.name if name is None else name)

    def count_code(self) -> None:
        """One more code of the second factor of whose session it is; raises TooMany."""
        self.house.limits.count_code(network(caller(self.request, self.house.gateway.config.server.proxies)), self.session.user.id)

    def fresh(self, permission: Permission) -> bool:
        """Whether their second factor was proved lately enough to do that."""
        proved_at = self.signed.proved_at if self.signed is not None else None
        return fresh(permission, proved_at, self.house.gateway.now(), dev=self.dev)

    # Words

    def t(self, sentence: str, **values: object) -> str:
        """The English sentence in the language of the page, with isolated values for what stands in braces; see words."""
        return self.words.t(sentence, **values)

    def tn(self, one: str, many: str, count: int, **values: object) -> str:
        """The same for a sentence with a count: `tn("{count} message", "{count} messages", 3)`."""
        return self.words.tn(one, many, count, **values)

    # Forms

    async def form(self) -> MultiDictProxy[str]:
        """The fields of a POST, which has proved by now that it comes from a form of ours."""
        return self.fields

    @staticmethod
    def once() -> str:
        """A fresh value for a form's hidden field `once`, by which it is carried out once however often it is sent."""
        return secrets.token_urlsafe(16)

    # Answers

    def page(self, template: str, *, status: int = 200, **context: object) -> web.Response:
        """A template inside the layout; where htmx asks, its main part alone."""
        return web.Response(text=self.house.render(self, template, context), status=status, content_type="text/html")

    def redirect(self, path: str, said: str = "") -> web.Response:
        """See another page (303), whose first line is `said`. `path` is below /console: `/messages/msg_1`."""
        self.parting = said
        return web.Response(status=303, headers={"Location": self.url(path)})

    def not_found(self, said: str = "") -> web.Response:
        """404 inside the layout: there is no such thing, or it is another brand's."""
        return self.page(
            "notice.html",
            status=404,
            heading=self.t("Not found"),
            lines=[said or self.t("There is nothing here, or it is not yours to see.")],
        )

    def refused(self, said: str, status: int = 422) -> web.Response:
        """A notice that it was not done, and why."""
        return self.page("notice.html", status=status, heading=self.t("This was not done"), lines=[said])

    def url(self, path: str, **query: object) -> str:
        """A path below /console as a link, with a query of what is not None; a list is a field that stands there several times."""
        given = {name: value if isinstance(value, list | tuple) else str(value) for name, value in query.items() if value is not None}
        told = urlencode(given, doseq=True)
        return f"/console{path}{'?' if told else ''}{told}"

    def here(self, **query: object) -> str:
        """This page with these fields of its query changed; None takes one away."""
        fields = {**{name: self.query.getall(name) for name in self.query}, **query}
        return self.url(self.path, **fields)

    async def audit(self, action: Action, object_id: str = "", reason: str = "", **facts: Fact) -> None:
        """Tell the audit what this user did, before it is done where the gateway's own verbs do not tell it themselves.

        `facts` are codes and counts; addresses and contents are never among them.
        """
        await self.gateway.by(self.actor, reason).audit(action, object_id, brand=None, **facts)
