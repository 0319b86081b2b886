"""The installed plugins as the console shows them: who they are, how good, what they can, and why one cannot be loaded."""

import asyncio
from functools import cache
from os import environ
from pathlib import Path

from wasl.api import Gateway
from wasl.errors import NotFound
from wasl.quality.said import recorded
from wasl.registry import Plugin, installed, load_plugin, version_of
from wasl_contracts import Capabilities
from wasl_contracts.model import Frozen


class PluginName(Frozen):
    """An installed plugin by what can be told without importing it."""

    name: str
    distribution: str
    version: str


class PluginCard(PluginName):
    """A plugin that was imported; `broken` says why that failed, and then there is no more to tell. `tier` is the one that it claims."""

    channel: str | None = None
    tier: str | None = None
    docs_url: str | None = None
    kinds: tuple[str, ...] = ()
    capabilities: Capabilities | None = None
    broken: str | None = None


def unused(gateway: Gateway) -> tuple[PluginName, ...]:
    """The plugins that are installed and that no provider of the configuration uses."""
    used = {section.plugin for section in gateway.config.providers.values()}
    return tuple(one for one in _names(gateway.config.plugins, environ.get("WASL_LOAD_PLUGINS")) if one.name not in used)


async def plugin_card(gateway: Gateway, name: str) -> PluginCard:
    """One plugin; importing it may take a while, so it is done beside everything else, and once.

    Raises:
        NotFound: none of that name is installed.
    """
    found = await asyncio.to_thread(_card, gateway.config.plugins, environ.get("WASL_LOAD_PLUGINS"), name)
    if found is None:
        raise NotFound("No plugin of that name is installed.")
    return found


@cache
def _names(folder: Path | None, only: str | None) -> tuple[PluginName, ...]:
    """What is installed does not change while a process runs; looking through all distributions takes a tenth of a second."""
    found = installed(environ, folder).items()
    return tuple(
        PluginName(name=name, distribution=entry.dist.name if entry.dist else entry.value, version=version_of(entry))
        for name, entry in found
    )


@cache
def _card(folder: Path | None, only: str | None, name: str) -> PluginCard | None:
    entry = installed(environ, folder).get(name)
    return _described(load_plugin(entry)) if entry is not None else None


def _described(plugin: Plugin) -> PluginCard:
    spec = plugin.spec
    return PluginCard(
        name=plugin.name,
        distribution=plugin.distribution,
        version=plugin.version,
        channel=plugin.channel,
        tier=recorded(plugin.package) if plugin.package is not None else None,
        docs_url=spec.docs_url if spec else None,
        kinds=tuple(kind.kind for kind in spec.addresses) if spec else (),
        capabilities=spec.capabilities if spec else None,
        broken=plugin.broken,
    )
