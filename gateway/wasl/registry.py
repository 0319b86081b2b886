"""Finds the installed provider plugins by entry point, and loads those that the configuration names."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pydantic import BaseModel, ValidationError

from wasl.config import Config, check_names, examine
from wasl.config.mistakes import Findings, closest, listed, printable
from wasl.config.positions import Key
from wasl.config.references import Resolved
from wasl.config.routes import completed
from wasl.config.validation import explain, secret_settings, secrets, without
from wasl.one_file import FaultyFile, OneFile, files_in
from wasl.rate import Limit
from wasl_contracts.provider import HttpSession, Provider, ProviderSpec

GROUP = "wasl.providers"
Installed = EntryPoint | OneFile
"""A plugin that may load: of a distribution, or a file in the folder that the configuration names."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """An installed plugin. `broken` says in one line why it cannot be used; then there is no `provider`.

    `package` is the folder of its package, where it has one.
    """

    name: str
    distribution: str
    version: str
    provider: type[Provider] | None = None
    broken: str | None = None
    package: Path | None = None

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


def installed(environ: Mapping[str, str] = os.environ, folder: Path | None = None) -> dict[str, Installed]:
    """The plugins that may load, by name; none is imported. WASL_LOAD_PLUGINS, a list with commas, leaves only those.

    `folder` is where files of one channel each are.
    """
    only = environ.get("WASL_LOAD_PLUGINS")
    allowed = None if only is None else {name.strip() for name in only.split(",")}
    found: list[Installed] = [*entry_points(group=GROUP), *(files_in(folder).values() if folder else ())]
    return {entry.name: entry for entry in sorted(found, key=lambda entry: entry.name) if allowed is None or entry.name in allowed}


def plugins(environ: Mapping[str, str] = os.environ, folder: Path | None = None) -> list[Plugin]:
    """Every plugin that may load, imported to learn whether it works."""
    return [load_plugin(entry) for entry in installed(environ, folder).values()]


def load_plugin(entry: Installed) -> Plugin:
    """Import a plugin. One that fails is told as broken; nothing is raised."""
    distribution = entry.dist.name if entry.dist else entry.value
    try:
        provider = entry.load()
        spec = provider.spec
    except FaultyFile as fault:
        return Plugin(entry.name, distribution, version_of(entry), broken=str(fault))
    except (Exception, SystemExit) as error:  # whatever a plugin does when it is imported, the rest must start
        return Plugin(entry.name, distribution, version_of(entry), broken=_one_line(error))
    if not isinstance(spec, ProviderSpec):
        return Plugin(entry.name, distribution, version_of(entry), broken="its spec is not a ProviderSpec")
    return Plugin(entry.name, distribution, version_of(entry), provider, package=_package(provider))


def version_of(entry: Installed) -> str:
    """The version of its distribution; of a file, a digest of its text."""
    if isinstance(entry, OneFile):
        return entry.version
    return entry.dist.version if entry.dist else "?"


def sources_of(entry: Installed) -> Path | None:
    """The folder of its distribution's sources, where it is installed from there (PEP 610); None where it is not."""
    told = entry.dist.read_text("direct_url.json") if entry.dist else None
    url = urlsplit(json.loads(told)["url"]) if told else None
    folder = Path(url2pathname(url.path)) if url is not None and url.scheme == "file" else None
    return folder if folder is not None and folder.is_dir() else None


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


async def open_providers(config: Config, specs: Specs, http: Callable[[str], HttpSession]) -> dict[str, Provider]:
    """Construct every provider, in the running loop, with the session that `http` gives it by its name.

    If one fails, those that are open are closed again.

    Raises:
        ConfigMistakes: constructors failed; their texts are told without secrets.
    """
    findings = Findings(config.source)
    opened: dict[str, Provider] = {}
    for name, plugin in specs.plugins.items():
        try:
            opened[name] = plugin(specs.settings[name], http(name))
        except Exception as error:  # a plugin's constructor may raise anything
            hidden = secrets(plugin.spec.settings, config.providers[name].settings)
            findings.add(("providers", name), f"cannot be opened: {without(hidden, _one_line(error))}")
    if findings.mistaken:
        # Why they could not all open matters more than a fault in closing.
        await asyncio.gather(*(provider.close() for provider in opened.values()), return_exceptions=True)
    findings.raise_mistakes()
    return opened


def _loaded(config: Config, findings: Findings, environ: Mapping[str, str]) -> Specs:
    available = installed(environ, config.plugins)
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


def _named(plugin: str, key: Key, available: Mapping[str, Installed], findings: Findings) -> type[Provider] | None:
    rivals = [entry.dist.name for entry in entry_points(group=GROUP, name=plugin) if entry.dist]
    entry = available.get(plugin)
    if entry is None:
        missing = f"is not installed; installed are: {listed(available)}; install it with: pip install wasl-{plugin}"
        findings.add(key, f"the plugin {plugin} {'is left out by WASL_LOAD_PLUGINS' if rivals else missing}", closest(plugin, available))
        return None
    one_file = isinstance(entry, OneFile)
    if one_file and rivals:
        findings.add(
            key, f"the plugin {plugin} comes from {entry.value} and from {listed(rivals)}; rename the file, or uninstall the other"
        )
        return None
    if len(rivals) > 1:
        findings.add(key, f"the plugin {plugin} comes from several distributions: {listed(rivals)}; uninstall all but one")
        return None
    found = load_plugin(entry)
    if found.broken:
        which = plugin if one_file else f"{plugin} ({found.distribution} {found.version})"
        findings.add(key, f"the plugin {which} cannot be loaded: {found.broken}{'' if one_file else '; update or reinstall it'}")
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


def _package(provider: type[Provider]) -> Path | None:
    file = getattr(sys.modules.get(provider.__module__.partition(".")[0]), "__file__", None)
    return Path(file).parent if file and Path(file).name == "__init__.py" else None


def _one_line(error: BaseException) -> str:
    text = printable(" ".join(str(error).split()))[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
