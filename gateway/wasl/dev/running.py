"""`wasl dev` from its first line to its last: a gateway after another, each with the configuration as it then is."""

import asyncio
import webbrowser
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass

import structlog

from wasl.api import Gateway
from wasl.aside import aside
from wasl.capturing.telling import Telling
from wasl.config.mistakes import ConfigMistakes
from wasl.console.captured import DEVELOPER, WayIn
from wasl.dev.beginning import Beginning, begin
from wasl.dev.operations import equipped
from wasl.dev.seeding import seed
from wasl.dev.workshop import Stamp, Workshop
from wasl.errors import Unusable
from wasl.lasting import run_until_told
from wasl.registry import Specs
from wasl.server.app import listening

_log = structlog.get_logger("wasl.dev")


@dataclass(frozen=True)
class Talk:
    """Where lines go: `say` is for people, `tell` for what they copy."""

    say: Callable[[str], None]
    tell: Callable[[str], None]


class Development:
    """One `wasl dev`."""

    def __init__(self, workshop: Workshop, talk: Talk, until: Callable[[], Coroutine[None, None, None]] = run_until_told) -> None:
        """It runs until `until` returns: at SIGTERM or Ctrl-C."""
        self._workshop = workshop
        self._talk = talk
        self._until = until
        self._stamp: Stamp = (None, ())
        self._link = WayIn(self._show_way_in) if workshop.place.alone else None

    async def run(self, *, seeded: bool = False, shown: bool = False) -> None:
        """Serve until told to end. `seeded` fills an empty ledger with a day of messages first, `shown` opens the console.

        Raises:
            ConfigMistakes: the configuration cannot be used as it is at the start; later ones are said, and change nothing.
            Unusable: another `wasl dev` runs here, or the address cannot be listened on.
        """
        specs = await aside(self._workshop.specs)
        self._stamp = self._workshop.stamp(specs)
        self._introduce(specs)
        if seeded:
            await self._seed(specs)
        told = asyncio.create_task(self._until(), name="wasl-dev-told")
        next_one = await self._serve(specs, told, first=True, shown=shown)
        while next_one is not None:
            next_one = await self._serve(next_one, told, first=False, shown=False)

    async def _serve(self, specs: Specs, told: asyncio.Task[None], *, first: bool, shown: bool) -> Specs | None:
        """Serve with one configuration; returns the next one, or None at the end."""
        place, gateway = self._workshop.place, self._workshop.gateway(specs)
        async with gateway, AsyncExitStack() as stack:
            if not gateway.sends:
                raise Unusable(f"Another wasl dev sends from {place.folder}; end it first, or start this one in another folder.")
            telling = Telling(gateway, self._workshop.tray, _faulty)
            self._workshop.tray.tell = telling.soon
            stack.push_async_callback(telling.close)
            equip = equipped(gateway, self._workshop.tray, telling, self._link)
            await stack.enter_async_context(listening(gateway, place.host, place.port, equip))
            if first:
                await self._welcome(gateway, await begin(gateway, place, specs), shown)
            else:
                self._talk.say("The configuration was read again.")
            next_one = await self._until_changed(specs, told)
            gateway.closing = True
        return next_one

    async def _until_changed(self, specs: Specs, told: asyncio.Task[None]) -> Specs | None:
        """The next configuration that can be used; None when it is to end."""
        while True:
            change = asyncio.create_task(self._workshop.changed(specs, self._stamp), name="wasl-dev-changed")
            await asyncio.wait({change, told}, return_when=asyncio.FIRST_COMPLETED)
            change.cancel()
            if told.done():
                return None
            self._stamp = self._workshop.stamp(specs)  # before it is read: what is written meanwhile is another change
            try:
                return await aside(self._workshop.specs)
            except ConfigMistakes as mistaken:
                for mistake in mistaken.mistakes:
                    self._talk.say(str(mistake))
                self._talk.say("The last good configuration is used until this is mended.")

    async def _seed(self, specs: Specs) -> None:
        count = await seed(self._workshop, specs)
        said = f"Made up a day of {count} messages." if count else "There are messages here already, so none were made up."
        self._talk.say(said)

    def _introduce(self, specs: Specs) -> None:
        say, file = self._talk.say, self._workshop.file
        say("Nothing leaves this machine: providers only keep what they get.")
        names = ", ".join(specs.plugins)
        if file is None:
            say(f"There is no wasl.toml, so this is a made-up shop with the providers {names}. Begin your own: wasl init")
        else:
            say(f"{file}: its routes, topics, brands and templates hold; in place of its providers stand captures: {names}.")
        for warning in specs.config.warnings:
            say(f"warning: {warning}")

    async def _welcome(self, gateway: Gateway, found: Beginning, shown: bool) -> None:
        say, tell, url = self._talk.say, self._talk.tell, self._workshop.place.url
        if (share := self._workshop.tray.chaos.share) > 0:
            say(f"Chaos: {share:.0%} of calls go wrong.")
        if found.message is not None:
            say(f"Sent a first message: {found.message}")
        tell(f"inbox    {url}/console/inbox")
        tell(f"API key  {found.key}")
        tell(f"try it   {found.curl(url)}")
        if self._link is not None:
            self._show_way_in()
        else:
            say(f"Others can reach {self._workshop.place.host}, so no link signs in; sign in as {DEVELOPER}.")
            tell(f"console  {url}/console")
            tell(f"password {found.password}")
        say("Ctrl-C ends it.")
        if shown:
            await aside(lambda: webbrowser.open(self._way_in()))

    def _show_way_in(self) -> None:
        self._talk.tell(f"console  {self._way_in()}")

    def _way_in(self) -> str:
        path = self._link.path if self._link is not None else ""
        return f"{self._workshop.place.url}/console{path}"


def _faulty(fault: Exception) -> None:
    _log.error("capture.untold", exc_info=fault)
