"""A configuration whose providers capture: that of an application, or where there is none, a provider for each format."""

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel

from wasl.capturing.capture import CaptureSettings, Tray, capturing
from wasl.config import Config, ProviderSection, Retry, examine
from wasl.config.mistakes import ConfigMistakes, Findings
from wasl.config.routes import completed
from wasl.registry import Specs, installed, load_plugin
from wasl_contracts import PUBLIC_KIND, AddressKind, Capabilities, Provider, ProviderSpec
from wasl_contracts.content import Format

_ANY = r"[^\r\n]{1,4096}"
_USUAL: Mapping[str, tuple[str, Format, bool, tuple[str, ...]]] = {
    "mail": ("email", "mail", True, ("email",)),
    "texts": ("sms", "sms", True, ("phone",)),
    "devices": ("push", "push", True, ("fcm_token", "fcm_fid", "apns_token", "webpush")),
    "slack": ("chat", "slack", False, ("slack_user", "slack_channel")),
    "telegram": ("chat", "telegram", False, ("telegram_chat", "telegram_group")),
    "whatsapp": ("chat", "whatsapp", True, ("whatsapp",)),
    "discord": ("chat", "discord", False, ("discord_user", "discord_channel")),
    "teams": ("chat", "adaptive_card", False, ("teams_room", "teams_url")),
    "inapp": ("inapp", "card", True, ("inapp",)),
    "hooks": ("webhook", "structured", False, ("url",)),
    "posts": ("social", "post", False, ("mastodon_handle", "bluesky_handle", PUBLIC_KIND)),
    "messenger": ("social", "plain", True, ("messenger_psid",)),
}
"""The providers of an application that has no wasl.toml yet: channel, format, whether they tell of what arrived, and kinds of addresses
as the real plugins name them."""
_OF_GROUPS = frozenset({"slack_channel", "telegram_group", "discord_channel", "teams_room", "teams_url"})
_REPLACED = ("providers", "database", "console.oidc")
_PLACES = tuple(f"{name}." for name in _REPLACED)
_OURS: Mapping[str, object] = {"settings": {}, "timeout": None, "rate": None, "concurrency": None}
"""What of a provider's section is of no use where nothing is called."""

Changed = Callable[[Config], Config]


def specs_of(file: Path | None, folder: Path, tray: Tray) -> Specs:
    """The specs of a gateway under test, which keeps its ledger in a folder, tries again at once, and sends nothing.

    Without a file there is a provider for every usual channel. Secrets that the file refers to need not be there.

    Raises:
        ConfigMistakes: everything in the file that is wrong, but for settings of providers and the database, which are not used.
    """
    quick = Retry(base=timedelta(milliseconds=10), budget_floor=1_000_000)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WASL_")}
    return captured_specs(file, environ, tray, lambda config: _kept_in(config, folder).model_copy(update={"retry": quick}))


def captured_specs(file: Path | None, environ: Mapping[str, str], tray: Tray, changed: Changed) -> Specs:
    """The specs of a configuration as `changed` leaves it, each of its providers replaced by one that puts into the tray what it gets.

    Where it names no provider there is one for each format.

    Raises:
        ConfigMistakes: as above.
    """
    config, real = (Config(), {}) if file is None else _read(file, environ)
    if not config.providers:
        real = _invented()
        config = config.model_copy(update={"providers": {name: ProviderSection(plugin="capture") for name in real}})
    senders = {name: section.settings.get("sender") for name, section in config.providers.items()}
    sections = {name: section.model_copy(update=dict(_OURS)) for name, section in config.providers.items()}
    console = config.console.model_copy(update={"oidc": None})  # nobody leaves this machine to sign in
    config = changed(config.model_copy(update={"providers": sections, "console": console}))
    plugins: dict[str, type[Provider]] = {name: capturing(spec, tray.patience) for name, spec in real.items()}
    settings: dict[str, BaseModel] = {
        name: CaptureSettings(name=name, tray=tray, sender=sender if isinstance(sender := senders[name], str) else None) for name in real
    }
    findings = Findings(config.source)
    config = completed(config, {name: plugin.spec for name, plugin in plugins.items()}, findings)
    findings.raise_mistakes()
    return Specs(config, plugins, settings)


def _kept_in(config: Config, folder: Path) -> Config:
    return config.model_copy(update={"database": f"sqlite:///{folder}/wasl.db"})


def _invented() -> dict[str, ProviderSpec]:
    real = {}
    for name, (channel, form, reports, kinds) in _USUAL.items():
        can = Capabilities(receipts=reports, attachments=channel in ("email", "chat"))
        addresses = tuple(map(_kind, kinds))
        real[name] = ProviderSpec(
            name="capture", channel=channel, format=form, addresses=addresses, settings=CaptureSettings, capabilities=can
        )
    return real


def _kind(name: str) -> AddressKind:
    if name == PUBLIC_KIND:
        return AddressKind(kind=name, audience="public", private=False)
    return AddressKind(kind=name, pattern=_ANY, audience="group" if name in _OF_GROUPS else "person")


def _read(file: Path, environ: Mapping[str, str]) -> tuple[Config, dict[str, ProviderSpec]]:
    config, findings = examine(file, environ)
    try:
        findings.raise_mistakes()
    except ConfigMistakes as caught:
        if left := [mistake for mistake in caught.mistakes if not f"{mistake.path}.".startswith(_PLACES)]:
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
