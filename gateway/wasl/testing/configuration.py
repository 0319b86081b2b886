"""The configuration of a gateway under test: that of the application, with its providers capturing, or a channel of each kind."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel

from wasl.config import Config, ProviderSection, Retry, examine
from wasl.config.mistakes import ConfigMistakes, Findings
from wasl.config.routes import completed
from wasl.registry import Specs, installed, load_plugin
from wasl.testing.capture import CaptureSettings, Tray, capturing
from wasl_contracts import PUBLIC_KIND, AddressKind, Provider, ProviderSpec
from wasl_contracts.content import Format

_ANY = r"[^\r\n]{1,4096}"
_USUAL: Mapping[str, tuple[Format, tuple[str, ...]]] = {
    "email": ("mail", ("email",)),
    "sms": ("sms", ("phone",)),
    "push": ("push", ("fcm_token", "apns_token", "webpush_subscription")),
    "chat": ("plain", ("slack_user", "slack_channel", "telegram_chat", "whatsapp", "discord_user", "discord_channel", "teams_webhook")),
    "inapp": ("card", ("inapp_user",)),
    "webhook": ("structured", ("url",)),
    "social": ("post", ("mastodon_handle", PUBLIC_KIND)),
}
"""The channels of an application that has no wasl.toml yet: in which format, and for which kinds of addresses."""
_REPLACED = ("providers", "database")


def specs_of(file: Path | None, folder: Path, tray: Tray) -> Specs:
    """The specs of a gateway that keeps its ledger in a folder and sends nothing.

    Without a file there is a provider for every usual channel. Secrets that the file refers to need not be there.

    Raises:
        ConfigMistakes: everything in the file that is wrong, but for settings of providers and the database, which are not used.
    """
    config, real = _invented() if file is None else _read(file)
    quick = Retry(base=timedelta(milliseconds=10), budget_floor=1_000_000)
    sections = {name: ProviderSection(plugin=section.plugin, brands=section.brands) for name, section in config.providers.items()}
    changed = {"database": f"sqlite:///{folder}/wasl.db", "providers": sections, "retry": quick}
    config = config.model_copy(update=changed)
    plugins: dict[str, type[Provider]] = {name: capturing(spec) for name, spec in real.items()}
    settings: dict[str, BaseModel] = {name: CaptureSettings(name=name, tray=tray) for name in real}
    findings = Findings(config.source)
    config = completed(config, {name: plugin.spec for name, plugin in plugins.items()}, findings)
    findings.raise_mistakes()
    return Specs(config, plugins, settings)


def _invented() -> tuple[Config, dict[str, ProviderSpec]]:
    real = {}
    for channel, (form, kinds) in _USUAL.items():
        addresses = tuple(
            AddressKind(kind=kind, audience="public") if kind == PUBLIC_KIND else AddressKind(kind=kind, pattern=_ANY) for kind in kinds
        )
        real[channel] = ProviderSpec(name="capture", channel=channel, format=form, addresses=addresses, settings=CaptureSettings)
    return Config(providers={name: ProviderSection(plugin="capture") for name in real}), real


def _read(file: Path) -> tuple[Config, dict[str, ProviderSpec]]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WASL_")}
    config, findings = examine(file, environ)
    try:
        findings.raise_mistakes()
    except ConfigMistakes as caught:
        if left := [mistake for mistake in caught.mistakes if mistake.path.partition(".")[0] not in _REPLACED]:
            raise ConfigMistakes(left) from None
    available = installed(environ, config.plugins)
    real, missing = {}, Findings(config.source)
    for name, section in config.providers.items():
        plugin = load_plugin(available[section.plugin]) if section.plugin in available else None
        if plugin is None or plugin.spec is None:
            why = (
                f"cannot be loaded: {plugin.broken}" if plugin else f"is not installed; install it with: pip install wasl-{section.plugin}"
            )
            missing.add(("providers", name, "plugin"), f"the plugin {section.plugin} {why}")
        else:
            real[name] = plugin.spec
    missing.raise_mistakes()
    return config, real
