"""What stays of a `wasl dev` while its gateways come and go, and how each of them is configured."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import SystemRandom
from typing import Final

from wasl.api import Gateway
from wasl.aside import aside
from wasl.assembly import World
from wasl.capturing.capture import Tray
from wasl.capturing.configuration import captured_specs
from wasl.capturing.mishaps import CALM, PATIENCE
from wasl.clock import Clock, SystemClock, micros
from wasl.config import DEFAULT_FILE, Config
from wasl.config.mailbox import MailboxSection
from wasl.content.templates import Templates
from wasl.dev.place import Place
from wasl.ids import MessageIds
from wasl.pinned import brands_of
from wasl.registry import Specs

SHOP: Final = Path(__file__).with_name("shop") / "wasl.toml"
"""The configuration where there is none."""
_KEPT: Final = 500  # captured messages
_HERE: Final = ("127.0.0.1", "localhost", "[::1]")
_EVERY: Final = 0.5  # seconds between two looks at wasl.toml
_NOT_OURS: Final = ("WASL_KEYS", "WASL_DATABASE")

Stamp = tuple[tuple[int, int, int] | None, tuple[str, ...]]


def new_tray() -> Tray:
    """An empty tray for the 500 newest messages, of providers that report by themselves what arrived."""
    tray = Tray(most=_KEPT, patience=PATIENCE, random=SystemRandom())
    tray.chaos = CALM
    return tray


@dataclass(frozen=True)
class Workshop:
    """Where it is, which file it goes by, and what its providers keep. `named` is the file of --config."""

    place: Place
    named: Path | None = None
    tray: Tray = field(default_factory=new_tray)
    environ: Mapping[str, str] = field(default_factory=lambda: {**os.environ}, repr=False)

    @property
    def file(self) -> Path | None:
        """The application's own configuration; None where there is none."""
        return self.named or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)

    def specs(self) -> Specs:
        """The specs of a gateway from the files as they are now.

        Raises:
            ConfigMistakes: every mistake in the configuration, its templates and its brands, with its place.
        """
        specs = captured_specs(self.file or SHOP, self._world(SystemClock()).environ, self.tray, self._kept_here)
        Templates.load(specs.config.templates, specs.config.locale, specs.config.timezone)
        brands_of(specs.config)
        return specs

    def gateway(self, specs: Specs, clock: Clock | None = None) -> Gateway:
        """A gateway on the ledger of this place; not open yet. With a clock, also its messages' ids carry the time of that one."""
        if clock is None:
            return Gateway(specs, world=self._world(SystemClock()))
        ids = MessageIds(lambda: micros(clock.now()) * 1000)
        return Gateway(specs, world=replace(self._world(clock), ids=ids))

    async def changed(self, specs: Specs, since: Stamp) -> None:
        """Returns when the configuration is another one than it was, which only a new gateway can go by."""
        while await aside(lambda: self.stamp(specs)) == since:  # noqa: ASYNC110 - files tell nobody that they were written
            await asyncio.sleep(_EVERY)

    def stamp(self, specs: Specs) -> Stamp:
        """What is another one when wasl.toml was written, and when a brand has come or gone."""
        folder = specs.config.brands
        brands = folder.glob("*/brand.toml") if folder is not None else ()
        return _written(self.file), tuple(sorted(one.parent.name for one in brands))

    def _kept_here(self, config: Config) -> Config:
        hosts = _HERE if self.place.alone else config.server.hosts
        server = config.server.model_copy(update={"public_url": self.place.url, "hosts": hosts, "proxies": ()})
        shown = config.console.model_copy(update={"enabled": True})
        kept = {"database": f"sqlite:///{self.place.database}", "server": server, "mailbox": MailboxSection(), "console": shown}
        return config.model_copy(update=kept)

    def _world(self, clock: Clock) -> World:
        return World(clock, SystemRandom(), {name: value for name, value in self.environ.items() if name not in _NOT_OURS})


def _written(file: Path | None) -> tuple[int, int, int] | None:
    try:
        found = file.stat() if file is not None else None
    except OSError:  # an editor is just replacing it
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if found is not None else None
