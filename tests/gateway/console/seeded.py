"""One served console in which every screen has something to show, written by a provider, a recipient or a tenant.

`say` is what they wrote, field by field: plain words, or an attack. It runs as under `wasl dev`, so the dev inbox is there too.
"""

import json
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from argon2 import PasswordHasher

from tests.gateway.authenticator import enrolled
from tests.gateway.brands.faces import written
from tests.gateway.conftest import hurry
from tests.gateway.console.atlas import View as Viewed
from tests.gateway.console.conftest import PASSWORD, Console
from tests.gateway.scripted import OFFERS, Carrier, Script, message, outcome, specs
from wasl.acts_seen import Aim
from wasl.api import Gateway
from wasl.assembly import World
from wasl.audited import Action, Actor
from wasl.capturing.capture import Captured, Tray
from wasl.capturing.telling import Telling
from wasl.clock import SystemClock
from wasl.consent import ConsentChange
from wasl.console.captured import WayIn
from wasl.console.paths import message_path, person_path
from wasl.dev.operations import equipped
from wasl.exporting import ExportWanted
from wasl.ledger.views import View
from wasl.server.app import listening
from wasl.users import Role
from wasl.working_off import WorkingOff
from wasl_contracts import Callback, Delivery, Event, Reason, Receipt, Rejected, Unavailable

Say = Callable[[str], str]
LATER = timedelta(days=2)


class Voiced(Carrier):
    """A provider that also tells: a callback is a list of events in JSON."""

    def plugin(self) -> type[Any]:
        class Telling(super().plugin()):  # type: ignore[misc]  # made anew for each
            def parse(self, callback: Callback) -> list[Event]:
                return [Event.model_validate(one) for one in json.loads(callback.body)]

        return Telling


@dataclass(frozen=True)
class Seeded:
    """The console as an admin, and where on it everything is: names to be put into paths such as `/messages/{failed}`."""

    console: Console
    places: Mapping[str, str]

    async def seen_by(self, view: Viewed) -> Console:
        """The console as whoever is to look at that page."""
        if view.nobody or not view.by:
            return await self.console.as_(None) if view.nobody else self.console
        gateway = self.console.gateway
        user = await gateway.user(self.places["enrolling" if view.by == "enrolling" else "enrolled"])
        proved_at = None if view.by == "half" else gateway.now()
        return replace(self.console, session=await gateway.open_session(user, proved_at=proved_at))

    def path(self, pattern: str) -> str:
        """The path below /console."""
        return pattern.format_map(self.places)


@asynccontextmanager
async def seeded(fresh_ledger: Path, folder: Path, say: Say) -> AsyncIterator[Seeded]:
    """Everything there is to see; `folder` is an empty one, for the ledger and the rest."""
    shutil.copytree(fresh_ledger, folder, dirs_exist_ok=True)
    tray = Tray(most=50)
    async with AsyncExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        hurry(patch)
        patch.setattr("wasl.exports.writing._EVERY", 3600.0)
        patch.setattr("wasl.working_off._EVERY", 3600.0)
        patch.setattr("wasl.passwords._hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        config = _configured(folder, say)
        whole = specs(folder, _carriers(say), **config)
        gateway = await stack.enter_async_context(Gateway(whole, world=World(SystemClock(), Random(7), {})))
        telling = Telling(gateway, tray, _raised)
        stack.push_async_callback(telling.close)
        served = equipped(gateway, tray, telling, WayIn(lambda: None))
        url = await stack.enter_async_context(listening(gateway, "127.0.0.1", 0, served))
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        user = await gateway.add_user(say("user"), PASSWORD, Role.ADMIN)
        console = Console(url, gateway, http, await gateway.open_session(user))
        yield Seeded(console, await _Life(console, say, tray, whole).lived())


def _raised(fault: Exception) -> None:
    raise fault


def _carriers(say: Say) -> dict[str, Carrier]:
    taken = Receipt(provider_ref=say("reference"), facts={"note": say("fact"), say("fact-name"): "1"})

    async def mail(delivery: Delivery) -> Receipt:
        if "refused" in delivery.topic:
            raise Rejected(Reason.PROVIDER_REJECTED, "content", say("code"))
        if "away" in delivery.topic:
            raise Unavailable(code=say("code"))
        return taken

    return {
        "mail": Voiced("email", Script(then=mail), format="mail"),  # type: ignore[arg-type]
        "text": Voiced("sms", Script(then=taken), format="sms"),
        "spare": Voiced("sms", format="sms"),
        "device": Voiced("push", Script(then=taken), format="push"),
    }


def _configured(folder: Path, say: Say) -> dict[str, Any]:
    front = f'+++\ntitle = {json.dumps(say("template-title"))}\n[variables]\nnumber = {{ type = "text", example = "1042" }}\n+++\n'
    order = folder / "templates" / "order_shipped"
    order.mkdir(parents=True)
    for locale, body in (("en", "Order {{ number }} left."), ("ar", "غادر الطلب {{ number }}.")):
        (order / f"{locale}.md").write_text(f"{front}{body} {say('template-body')}\n", encoding="utf-8")
    title = json.dumps(say("brand-title"))
    shop = f'title = {{ en = {title}, ar = "المتجر" }}\nlegal = {{ en = {json.dumps(say("legal"))}, ar = "المتجر" }}'
    brands = {"acme": f"title = {title}", "beta": 'title = "Beta"', "default": shop}
    topics = {
        "default": {}, "codes": {"category": "otp"}, "refused": {"route": "mail"}, "away": {"route": "mail"},
        "offers": {**OFFERS, "title": {"en": say("topic-title"), "ar": "عروض"}}, "news": {"category": "service", "consent": "opt_in"},
    }  # fmt: skip
    single = {"issuer": "http://127.0.0.1:1", "client_id": "wasl", "client_secret": "x", "name": "Example ID", "roles": {"a": "admin"}}
    return {
        "console": {"oidc": single},  # nobody is there: what it would do is in test_single_sign_on.py
        "templates": folder / "templates", "brands": written(folder / "brands", brands), "topics": topics, "country": "SA",
        "routes": {"default": {"channels": ["email", "sms", "push"]}, "mail": {"channels": ["email"]}},
        "channels": {"email": ["mail"], "sms": ["text", "spare"], "push": ["device"]},
        "retry": {"base": "10ms", "reconcile_after": "20ms", "budget_floor": 1_000_000},
    }  # fmt: skip


class _Life:
    """What happened, step by step; the names of `places` are what the table of pages asks for."""

    def __init__(self, console: Console, say: Say, tray: Tray, whole: Any) -> None:
        self.console, self.say, self.tray, self.specs = console, say, tray, whole
        self.gateway = console.gateway.of("default")
        self.person = {
            "id": say("person"), "email": "ann@example.com", "phone": "+966501234567", "locale": "en",
            "attributes": {"name": say("name"), "first_name": say("first-name")},
        }  # fmt: skip

    async def lived(self) -> dict[str, str]:
        """The places."""
        places = {**await self._messages(), **await self._people(), **await self._staff(), **await self._users()}
        await self._heard(places)
        places["captured"] = self._captured()
        await self.console.gateway._open.ledger.tallying.fold("default")
        return places

    def _message(self, **fields: Any) -> Any:
        say = self.say
        told = {"metadata": {"ref": say("order"), say("meta-name"): say("meta")}, "about": say("about"), "ordering_key": say("key")}
        text = {"title": say("subject"), "body": f"{say('body')}\n\n![x](https://evil.example/pixel) [link](https://evil.example/link)"}
        return message(self.person, **{"content": text, **told, **fields})

    async def _messages(self) -> dict[str, str]:
        gateway, found = self.gateway, {}
        filled = {"content": None, "template": "order_shipped", "data": {"number": self.say("data")}}
        self.sms = await outcome(gateway, self._message(channels=["sms"], fact=self.say("fact-of")))
        self.sent = await outcome(gateway, self._message())
        found["sent"] = self.sent.id
        self.templated = await outcome(gateway, self._message(**filled))
        found["templated"], found["filled"] = self.templated.id, self.templated.deliveries[0].attempts[0].id
        found["failed"] = (await outcome(gateway, self._message(topic="refused", ordering_key=None))).id
        found["call"] = self.sent.deliveries[0].attempts[0].id
        found["code"] = f"/codes/mail/{quote(Rejected(Reason.PROVIDER_REJECTED, 'content', self.say('code')).code or '', safe='')}"
        found["texted"], self.again = self.sms.id, found["failed"]
        found["bulk"] = f"default/{found['failed']}"
        found["withheld"] = (await outcome(gateway, self._message(topic="news", ordering_key=None))).id
        await gateway.accept(self._message(topic="away", ordering_key=None))
        found["scheduled"] = (await gateway.accept(self._message(send_at=datetime.now(UTC) + LATER, ordering_key=None))).id
        await gateway.put_recipient(message({"id": "nothing-yet", "email": "bob@example.org", "phone": self.person["phone"]}).to)
        return {**found, "message": message_path(found["sent"], "default"), "refusal": message_path(found["failed"], "default")}

    async def _people(self) -> dict[str, str]:
        gateway, say, ann = self.gateway, self.say, str(self.person["id"])
        granted = ConsentChange(
            topic="offers", channel="email", state="granted", wording=say("wording"), wording_version=say("version"), locale="ar",
            actor=say("consent-by"), ip="203.0.113.7",
        )  # fmt: skip
        await gateway.record_consent(ann, [granted, ConsentChange(topic="news", state="withdrawn", source="one_click")])
        story = await gateway.suppress(
            "eve@example.com", Reason.SUPPRESSED_COMPLAINT, note=say("note"), actor=say("noted-by"), source=say("source")
        )
        await gateway.suppress("ann@example.com", Reason.SUPPRESSED_BOUNCE, scope="promotional", note=say("note"))
        link = await gateway.share_recipient(ann, by=say("desk"), lasts=timedelta(days=1))
        address = (await gateway.glance(ann)).writes_to[0].id
        return {
            "who": quote(ann, safe=""), "person": person_path(ann, "default"),
            "desk": f"/d/{link.token}", "suppression": f"/suppressions/{story.id}",
            "stop": person_path(ann, "default", "stop", {"address": address}), "nobody": person_path("nothing-yet", "default"),
            **{part: person_path(ann, "default", part) for part in ("ticket", "links", "erase", "export", "reveal")},
        }  # fmt: skip

    async def _staff(self) -> dict[str, str]:
        console, say = self.console, self.say
        assert console.session is not None
        await console.gateway.views.put(console.session.user.id, View(say("view"), "is:failed"))
        done = await console.post("/messages/bulk", {"act": "retry", "ids": f"default/{self.again}", "reason": say("bulk"), "once": "once"})
        await console.post("/channels/spare/pause", {"reason": say("pause"), "once": "paused"})
        by = Actor("user", "usr_1", say("actor"), "support")
        await self.gateway.by(by, say("reason")).audit(Action.MESSAGE_REVEALED, say("object"), note=say("audit-fact"))
        for one in (self.sent, self.templated):
            await console.post(f"/messages/{one.id}/reveal", {"reason": say("reveal"), "once": one.id})
        return {"done": done.location.removeprefix("/console"), **await self._exports(), **await self._acts(by)}

    async def _acts(self, by: Actor) -> dict[str, str]:
        """One that is over, one that was refused, one that nobody works at, one that waits for this user, and an erasure."""
        gateway, say, now = self.gateway.by(by, self.say("act")), self.say, datetime.now(UTC)
        aim = Aim(query=f'topic:"{say("act-query")}",default', until=now, brands=("default",))
        found: dict[str, str] = {}
        over = await gateway.ask_act("cancel", aim.model_copy(update={"query": "is:failed"}), 1, second=False)
        while not (await gateway.act(over.id)).over:
            await WorkingOff(self.console.gateway).look()
        refused = await gateway.ask_act("retry", aim, 1, second=True)
        assert self.console.session is not None
        await self.console.gateway.by(by, say("refusal")).refuse_act(refused, self.console.session.user)
        going = await gateway.ask_act("retry", aim, 7, second=False)
        waits = await gateway.ask_act("retry", aim, 7, second=True)
        erasing = await gateway.ask_act("erase", aim.model_copy(update={"recipient": str(self.person["id"])}), 1, second=True)
        for name, act in (("over", over), ("refused", refused), ("going", going), ("waits", waits), ("erasing", erasing)):
            found[f"act_{name}"] = f"/acts/{act.id}"
        return found

    async def _exports(self) -> dict[str, str]:
        """One that is ready, and one that nobody writes."""
        assert self.console.session is not None
        wanted = ExportWanted("messages", self.console.gateway.brands, query=f'topic:"{self.say("export")}",default')
        ready = await self.console.gateway.ask_export(self.console.session.user, wanted)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("wasl.exports.writing.AT_ONCE", 0)
            waiting = await self.console.gateway.ask_export(self.console.session.user, wanted)
        return {"exported": f"/exports/{ready.id}", "exporting": f"/exports/{waiting.id}"}

    async def _users(self) -> dict[str, str]:
        """One who has enrolled a second factor, and one who is about to."""
        gateway, own = self.console.gateway, self.console.session
        assert own is not None
        colleague = await gateway.add_user(self.say("colleague"), PASSWORD, Role.ADMIN, ("acme", "beta"))
        enrolling = await gateway.add_user(self.say("new-colleague"), PASSWORD, Role.SUPPORT)
        await enrolled(gateway, colleague)
        await gateway.begin_factor(enrolling)
        places = {"colleague": f"/users/{colleague.id}", "oneself": f"/users/{own.user.id}"}
        return {**places, "enrolled": colleague.name, "enrolling": enrolling.name}

    async def _heard(self, places: Mapping[str, str]) -> None:
        """What the provider and the person tell afterwards."""
        call, now = self.sms.deliveries[0].attempts[0].id, datetime.now(UTC)
        told = {"at": now, "attempt_id": call, "facts": {"note": self.say("event-fact"), self.say("event-name"): "1"}}
        events = [
            Event.model_validate({"kind": "delivered", "code": self.say("event-code"), **told}),
            Event.model_validate({"kind": "replied", "text": self.say("reply"), "thread": self.say("thread"), **told}),
        ]
        body = json.dumps([one.model_dump(mode="json") for one in events]).encode()
        headers = {"User-Agent": self.say("agent"), self.say("header"): self.say("header-value")}
        await self.gateway.take_callback("text", Callback("POST", "https://wasl.example/hooks/text", headers, body, now))
        await self.gateway.inbound_text("sms", "+966509999999", "STOP", kind="phone")

    def _captured(self) -> str:
        """What the mail's provider got, as the dev inbox has it; the newest one's id."""
        for name in ("text", "mail"):
            for delivery in self.specs.settings[name].script.calls:
                self.tray.keep(Captured(name, delivery, self.specs[name], "Shop <shop@sender.example>"))
        return self.tray.sent[-1].id
