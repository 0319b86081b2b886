"""Finds the installed provider plugins by entry point, and loads those that the configuration names."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from pydantic import BaseModel, ValidationError

from wasl.config import Config, check_names, examine
from wasl.config.mistakes import Findings, closest, listed, printable
from wasl.config.positions import Key
from wasl.config.references import Resolved
from wasl.config.routes import completed
from wasl.config.validation import explain, secret_settings, secrets, without
from wasl.rate import Limit
from wasl_contracts.provider import HttpSession, Provider, ProviderSpec

GROUP = "wasl.providers"


@dataclass(frozen=True, slots=True)
class Plugin:
    """An installed plugin. `broken` says in one line why it cannot be used; then there is no `provider`."""

    name: str
    distribution: str
    version: str
    provider: type[Provider] | None = None
    broken: str | None = None

    @property
    def spec(self) -> ProviderSpec | None:
        return self.provider.spec if self.provider else None

    @property
    def channel(self) -> str | None:
        return self.provider.spec.channel if self.provider else None


@dataclass(frozen=True, slots=True)
class Specs:
    """The providers of a configuration by the names that it gives them, loaded and checked, but not yet open.

    `config` is the configuration with the channels and routes filled in that it left to us.
    """

    config: Config
    plugins: Mapping[str, type[Provider]]
    settings: Mapping[str, BaseModel]

    def __getitem__(self, provider: str) -> ProviderSpec:
        return self.plugins[provider].spec

    @property
    def brands(self) -> Mapping[str, tuple[str, ...]]:
        """The brands that each provider serves; one that serves all has none."""
        return {name: self.config.providers[name].brands for name in self.plugins}

    def concurrency(self, provider: str) -> int:
        """Calls at one time: as configured, else as the plugin declares."""
        return self.config.providers[provider].concurrency or self[provider].capabilities.concurrency

    def rate(self, provider: str) -> Limit | None:
        """How fast it may be called, by all workers together; None where that is not limited."""
        return self.config.providers[provider].rate

    def breaker(self, provider: str) -> bool:
        """Whether the failures of some calls speak of all its addresses: as configured, else as the plugin declares."""
        told = self.config.providers[provider].breaker
        return self[provider].capabilities.shared if told is None else told

    def timeout_seconds(self, provider: str) -> float:
        """After this long without an answer a call counts as unknown: as configured, else as the plugin declares."""
        told = self.config.providers[provider].timeout
        return told.total_seconds() if told else self[provider].capabilities.timeout_seconds


def installed(environ: Mapping[str, str] = os.environ) -> dict[str, EntryPoint]:
    """The plugins that may load, by name; none is imported. WASL_LOAD_PLUGINS, a list with commas, leaves only those."""
    only = environ.get("WASL_LOAD_PLUGINS")
    allowed = None if only is None else {name.strip() for name in only.split(",")}
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    return {entry.name: entry for entry in found if allowed is None or entry.name in allowed}


def plugins(environ: Mapping[str, str] = os.environ) -> list[Plugin]:
    """Every plugin that may load, imported to learn whether it works."""
    return [load_plugin(entry) for entry in installed(environ).values()]


def load_plugin(entry: EntryPoint) -> Plugin:
    """Import a plugin. One that fails is told as broken; nothing is raised."""
    distribution = entry.dist.name if entry.dist else entry.value
    version = entry.dist.version if entry.dist else "?"
    try:
        provider = entry.load()
        spec = provider.spec
    except (Exception, SystemExit) as error:  # whatever a plugin does when it is imported, the rest must start
        return Plugin(entry.name, distribution, version, broken=_one_line(error))
    if not isinstance(spec, ProviderSpec):
        return Plugin(entry.name, distribution, version, broken="its spec is not a ProviderSpec")
    return Plugin(entry.name, distribution, version, provider)


def read(path: Path | None, environ: Mapping[str, str] = os.environ) -> Specs:
    """Load the configuration and the plugins that it names.

    Raises:
        ConfigMistakes: every mistake in the file, the environment, the plugins and their settings, all at once.
    """
    config, findings = examine(path, environ)
    return _loaded(config, findings, environ)


def specs(config: Config, environ: Mapping[str, str] = os.environ) -> Specs:
    """Load the plugins that a configuration names, and check their settings.

    Raises:
        ConfigMistakes: a plugin is not installed or broken, a setting is wrong, a channel or route names what is not there.
    """
    return _loaded(config, Findings(config.source), environ)


async def open_providers(config: Config, specs: Specs, http: HttpSession) -> dict[str, Provider]:
    """Construct every provider, in the running loop. If one fails, those that are open are closed again.

    Raises:
        ConfigMistakes: constructors failed; their texts are told without secrets.
    """
    findings = Findings(config.source)
    opened: dict[str, Provider] = {}
    for name, plugin in specs.plugins.items():
        try:
            opened[name] = plugin(specs.settings[name], http)
        except Exception as error:  # a plugin's constructor may raise anything
            hidden = secrets(plugin.spec.settings, config.providers[name].settings)
            findings.add(("providers", name), f"cannot be opened: {without(hidden, _one_line(error))}")
    if findings.mistaken:
        # Why they could not all open matters more than a fault in closing.
        await asyncio.gather(*(provider.close() for provider in opened.values()), return_exceptions=True)
    findings.raise_mistakes()
    return opened


def _loaded(config: Config, findings: Findings, environ: Mapping[str, str]) -> Specs:
    available = installed(environ)
    loaded: dict[str, type[Provider]] = {}
    settings: dict[str, BaseModel] = {}
    for name, section in config.providers.items():
        provider = _named(section.plugin, ("providers", name, "plugin"), available, findings)
        checked = _checked_settings(config, name, provider.spec, findings) if provider else None
        if provider and checked:
            loaded[name], settings[name] = provider, checked
    config = completed(config, {name: provider.spec for name, provider in loaded.items()}, findings)
    if not findings.mistaken:
        check_names(config, findings)
    findings.raise_mistakes()
    return Specs(config.found_in(config.source, dict.fromkeys((*config.warnings, *findings.warnings))), loaded, settings)


def _named(plugin: str, key: Key, available: Mapping[str, EntryPoint], findings: Findings) -> type[Provider] | None:
    rivals = [entry.dist.name for entry in entry_points(group=GROUP, name=plugin) if entry.dist]
    if plugin not in available:
        missing = f"is not installed; installed are: {listed(available)}; install it with: pip install wasl-{plugin}"
        findings.add(key, f"the plugin {plugin} {'is left out by WASL_LOAD_PLUGINS' if rivals else missing}", closest(plugin, available))
        return None
    if len(rivals) > 1:
        findings.add(key, f"the plugin {plugin} comes from several distributions: {listed(rivals)}; uninstall all but one")
        return None
    found = load_plugin(available[plugin])
    if found.broken:
        which = f"{plugin} ({found.distribution} {found.version})"
        findings.add(key, f"the plugin {which} cannot be loaded: {found.broken}; update or reinstall it")
    return found.provider


def _checked_settings(config: Config, name: str, spec: ProviderSpec, findings: Findings) -> BaseModel | None:
    raw, key = config.providers[name].settings, ("providers", name)
    for secret in secret_settings(spec.settings):
        if isinstance(raw.get(secret), str) and not isinstance(raw[secret], Resolved) and config.line(*key, secret):
            findings.warn((*key, secret), f'is a secret in the file; write {secret} = {{ env = "NAME" }} or {{ file = "path" }}')
    try:
        return spec.settings.model_validate(raw)
    except ValidationError as error:
        explain(error, spec.settings, findings, key, secrets(spec.settings, raw))
        return None


def _one_line(error: BaseException) -> str:
    text = printable(" ".join(str(error).split()))[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
