"""What `wasl doctor` and the setup page of the console look at.

It changes nothing: a database that is not there is not made, one that is older is not migrated."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from filelock import FileLock, Timeout
from pydantic import JsonValue

from wasl.answers import ProviderSeen, ProvidersSeen, WhyNot
from wasl.api import Gateway
from wasl.clock import SystemClock
from wasl.config import DEFAULT_FILE
from wasl.config.mistakes import ConfigMistakes
from wasl.content.templates import Templates
from wasl.errors import Unusable, WaslError
from wasl.ledger.migrate import HEAD
from wasl.ledger.opening import schema_version, sqlite_path
from wasl.oidc import NotSignedOn, redirect_uri
from wasl.oidc.issuer import Issuer
from wasl.pinned import brands_of
from wasl.registry import Specs, open_providers, read
from wasl.webhooks.webhook import WebhookSeen
from wasl.writing import sender_of
from wasl_contracts import EventSource, Provider, SenderCheck

_MEGABYTE = 1024 * 1024
_MOST_APART = 5.0  # seconds
_PATIENCE = 5.0  # seconds for each answer of an identity provider


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `said` names the fix where it is not ok."""

    what: str
    ok: bool
    said: str

    def described(self) -> JsonValue:
        return {"check": self.what, "ok": self.ok, "said": self.said}


async def examine(config: Path | None) -> Sequence[Finding]:
    """Everything that can be wrong before a message is sent."""
    try:
        specs = read(config, os.environ)
    except ConfigMistakes as mistakes:
        return [Finding("configuration", False, str(mistake)) for mistake in mistakes.mistakes]
    return [
        *_configuration(config, specs), *await _database(specs), *await _providers(specs), *await _sign_on(specs), *_brands(specs),
        *_templates(specs),
    ]  # fmt: skip


async def examine_running(gateway: Gateway) -> Sequence[Finding]:
    """The same of a gateway that is open: its database is in use, so that nothing is opened twice."""
    specs, path = gateway.specs, sqlite_path(gateway.config)
    where = "PostgreSQL" if path is None else str(path)
    database = [*await _running(gateway, where), *([_free(path), _worker(path)] if path is not None else [])]
    file = Path(gateway.config.source.file)
    return [
        *_configuration(file, specs), *database, _clock(gateway), *await _providers(specs), *await _sign_on(specs), *_brands(specs),
        *_templates(specs),
    ]  # fmt: skip


def _configuration(config: Path | None, specs: Specs) -> Iterator[Finding]:
    file = config or DEFAULT_FILE
    if not specs.config.warnings:
        yield Finding("configuration", True, str(file) if file.exists() else "none, so the defaults hold; write one with: wasl init")
    for warning in specs.config.warnings:
        yield Finding("configuration", False, str(warning))


async def _database(specs: Specs) -> Sequence[Finding]:
    try:
        path = sqlite_path(specs.config)
        at = await schema_version(specs.config)
    except Unusable as error:
        return [Finding("database", False, error.message)]
    where = "PostgreSQL" if path is None else str(path)
    free = [_free(path)] if path is not None else []
    if at is None:
        return [
            _unmade(path) if path is not None else Finding("database", True, f"{where}, without a schema; the first start makes it"),
            *free,
        ]
    if at != HEAD:
        newer = at > HEAD
        said = "written by a newer wasl; update wasl" if newer else "older; the next `wasl serve` or `wasl worker` migrates it"
        return [Finding("database", not newer, f"{where}, schema {at} ({said})"), *free]
    return [*await _opened(specs, where), *free, *([_worker(path)] if path is not None else [])]


def _unmade(path: Path) -> Finding:
    folder = path.absolute().parent
    if folder.is_dir() and os.access(folder, os.W_OK):
        return Finding("database", True, f"{path} will be made, with its key ring, at the first start")
    return Finding("database", False, f"{folder} is not a folder that can be written; make it, or name another file in wasl.toml")


async def _opened(specs: Specs, where: str) -> Sequence[Finding]:
    """Opening it proves that it is writable, whole, and belongs to the key ring; whether it is durable is told."""
    try:
        async with Gateway(specs, worker=False, unsafe_durability=True) as gateway:
            return await _running(gateway, where)
    except (ConfigMistakes, WaslError) as error:
        return [Finding("database", False, str(error))]


async def _running(gateway: Gateway, where: str) -> Sequence[Finding]:
    health, providers, strangers = await gateway.health(), await gateway.providers(), await gateway.strangers()
    webhooks = await _webhooks(gateway)
    writable, weakness = health.checks["ledger"], health.checks["durability"]
    if weakness != "ok":
        said = f"{where}: {weakness} Until then only --unsafe-durability starts."
        return [Finding("database", False, said), *_standings(providers), *webhooks, *map(_stranger, strangers)]
    said = f"{where}, schema {HEAD}, every commit is synced to disk, its key ring fits"
    database = Finding("database", writable == "ok", said if writable == "ok" else f"{where}: {writable}; free disk space, or try again")
    return [database, *_standings(providers), *webhooks, *map(_stranger, strangers)]


async def _webhooks(gateway: Gateway) -> Sequence[Finding]:
    """Those that get nothing."""
    found = [(brand, one) for brand in gateway.brands for one in (await gateway.of(brand).webhooks()).data]
    return [_silent(brand, one) for brand, one in found if not one.enabled or one.failing_since is not None]


def _silent(brand: str, webhook: WebhookSeen) -> Finding:
    """The URL is not told: it may hold a secret."""
    if webhook.enabled:
        said = f"takes nothing since {webhook.failing_since:%Y-%m-%d %H:%M} UTC; see: wasl webhooks show {webhook.id} --brand {brand}"
    else:
        since, then = f"{webhook.disabled_at:%Y-%m-%d %H:%M} UTC", f"wasl webhooks enable {webhook.id} --brand {brand}"
        said = f"disabled since {since} ({webhook.disabled_reason}); mend what it posts to, then: {then}"
    return Finding(f"webhook {webhook.id}", webhook.disabled_reason == "asked", said)


def _stranger(brand: str) -> Finding:
    then = "put its folder into `brands`, or start `wasl worker` with the configuration that has it"
    return Finding(f"brand {brand}", False, f"its messages are due, and this configuration does not serve it: {then}")


def _standings(providers: ProvidersSeen) -> Iterator[Finding]:
    for provider in providers.data:
        if provider.reason is not None:
            yield _standing(provider, provider.reason)
        if provider.silent_since is not None:
            yield _silence(provider.name, provider.silent_since)


def _silence(name: str, since: datetime) -> Finding:
    """A provider that does not confirm any more. Its calls may go well all the same."""
    then = f"check there that it still calls /hooks/{name}, and that the secret of its callbacks is the one in wasl.toml"
    refused = "what was refused: wasl callbacks list --state quarantine"
    return Finding(f"provider {name}", False, f"it confirmed what it took, but nothing since {since:%Y-%m-%d %H:%M} UTC; {then}; {refused}")


def _standing(provider: ProviderSeen, reason: WhyNot) -> Finding:
    """A provider that is not called as usual."""
    code = f" ({reason.provider_code})" if reason.provider_code else ""
    since = f" since {provider.since:%Y-%m-%d %H:%M:%S} UTC" if provider.since is not None else ""
    then = f" Then: wasl providers resume {provider.name}" if provider.state == "paused" else ""
    said = f"{provider.state}{code}{since}: {reason.sentence} {reason.next_step}{then}"
    return Finding(f"provider {provider.name}", provider.state == "closed", said)


def _clock(gateway: Gateway) -> Finding:
    """How far the clock of the ledger is from this machine's; where several machines share it, it is the database's."""
    apart = abs((gateway.now() - datetime.now(UTC)).total_seconds())
    said = f"{apart:.1f} s apart from that of the ledger"
    return Finding("clock", apart < _MOST_APART, said if apart < _MOST_APART else f"{said}; let NTP set the clocks of both machines")


def _free(path: Path) -> Finding:
    folder = next(folder for folder in path.absolute().parents if folder.exists())
    megabytes = shutil.disk_usage(folder).free // _MEGABYTE
    enough = megabytes >= 1024
    return Finding("disk", enough, f"{megabytes} MB free{'' if enough else '; wasl accepts nothing below 64 MB, free some'}")


def _worker(path: Path) -> Finding:
    lock = FileLock(f"{path}.worker")
    if not Path(lock.lock_file).exists():
        return Finding("worker", True, "nobody sends yet; start `wasl serve` or `wasl worker`")
    try:
        with lock.acquire(blocking=False):
            return Finding("worker", True, "nobody sends just now; start `wasl serve` or `wasl worker`")
    except Timeout:
        return Finding("worker", True, "a running process sends")


async def _providers(specs: Specs) -> Sequence[Finding]:
    if not specs.plugins:
        return [Finding("providers", False, "none are configured, so nothing can be sent; add one to wasl.toml")]
    try:
        async with aiohttp.ClientSession() as session:
            opened = await open_providers(specs.config, specs, lambda _: session)  # it sends nothing
            doubts = [*_doubts(opened, specs), *_callbacks(specs, opened)]
            for provider in opened.values():
                await provider.close()
    except ConfigMistakes as mistakes:
        return [Finding("providers", False, str(mistake)) for mistake in mistakes.mistakes]
    channels = specs.config.channels.items()
    return [*(Finding(f"channel {name}", True, _in_order(providers, specs)) for name, providers in channels), *doubts]


def _callbacks(specs: Specs, opened: Mapping[str, Provider]) -> Iterator[Finding]:
    """Where providers that read callbacks are to call. Whoever waits for their reports must say under which name wasl is reached."""
    public = specs.config.server.public_url
    for name, provider in opened.items():
        if not isinstance(provider, EventSource):
            continue
        what, at = f"callbacks of {name}", f"{public or 'https://YOUR.HOST'}/hooks/{name}"
        if getattr(provider, "reports", True) is False:
            yield Finding(
                what, True, f"its settings tell of none, so what it sends stays unconfirmed; its README says what it needs to call {at}"
            )
        elif public is None and specs[name].capabilities.receipts:
            yield Finding(what, False, f"say how wasl is reached, by `public_url` under [server] in wasl.toml; then let it call {at}")
        else:
            yield Finding(what, True, f"it is to call {at}")


async def _sign_on(specs: Specs) -> Sequence[Finding]:
    """Whether the identity provider says of itself what signing in needs, and what it has to know of wasl."""
    told = specs.config.console.oidc
    if told is None:
        return []
    what, back = f"single sign-on with {told.title}", redirect_uri(told, specs.config.server.public_url)
    try:
        known = await Issuer(told, SystemClock(), _PATIENCE).known()
    except NotSignedOn as fact:
        return [Finding(what, False, f"{fact.detail}; it must know the redirect URI {back}")]
    return [Finding(what, True, f"{known.metadata.issuer} answers, with {len(known.keys)} keys; it must know the redirect URI {back}")]


def _doubts(opened: Mapping[str, Provider], specs: Specs) -> Iterator[Finding]:
    """What speaks against sending as one of the brands."""
    try:
        brands = brands_of(specs.config)
    except ConfigMistakes:
        return  # told as a mistake in the brands
    for name, provider in opened.items():
        if isinstance(provider, SenderCheck):
            for brand in map(brands.find, specs.brands[name] or brands.names):
                sender = sender_of(brand, specs[name].channel, specs.config.locale)
                yield from (Finding(f"provider {name}", False, f"brand {brand.name}: {doubt}") for doubt in provider.doubts(sender))


def _in_order(providers: Sequence[str], specs: Specs) -> str:
    return ", then ".join(f"{name} ({specs[name].name}{_only(specs.brands[name])})" for name in providers)


def _only(brands: Sequence[str]) -> str:
    return f", for {' and '.join(brands)} only" if brands else ""


def _brands(specs: Specs) -> Iterator[Finding]:
    try:
        brands = brands_of(specs.config)
    except ConfigMistakes as mistakes:
        yield from (Finding("brands", False, str(mistake)) for mistake in mistakes.mistakes)
        return
    yield from (Finding("brands", False, str(warning)) for warning in brands.warnings)
    for name in brands.names:
        if specs.plugins and not any(name in (served or (name,)) for served in specs.brands.values()):
            yield Finding("brands", False, f"no provider serves {name}; let one in wasl.toml, by its `brands` or by having none")
    yield Finding("brands", True, ", ".join(brands.names))


def _templates(specs: Specs) -> Iterator[Finding]:
    try:
        templates = Templates.load(specs.config.templates, specs.config.locale)
    except ConfigMistakes as mistakes:
        yield from (Finding("templates", False, str(mistake)) for mistake in mistakes.mistakes)
        return
    named = ", ".join(f"{name} ({', '.join(templates.locales(name))})" for name in templates.names)
    yield Finding("templates", True, named or "none")
