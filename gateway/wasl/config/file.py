"""The configuration: what wasl.toml and WASL_… variables may say, and what holds where they are silent."""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from pydantic import Field, PrivateAttr, ValidationError

from wasl.config import brands, folders
from wasl.config.budgets import Budget, named_in_budgets
from wasl.config.caps import Cap, named
from wasl.config.consent import ConsentSection
from wasl.config.console import ConsoleSection
from wasl.config.countries import CountriesSection
from wasl.config.database import Database, warn_of_password
from wasl.config.environment import overridden, typos
from wasl.config.feed import FeedSection
from wasl.config.files import FilesSection, OutboundSection
from wasl.config.inbox import InboxSection
from wasl.config.keywords import KeywordsSection
from wasl.config.mailbox import MailboxSection
from wasl.config.mistakes import ConfigMistakes, Findings, Mistake, Source, closest, listed
from wasl.config.positions import Key, positions, syntax_error
from wasl.config.prices import Price, check_prices, with_price_file
from wasl.config.quiet import Country, QuietSection, named_channels
from wasl.config.references import References
from wasl.config.retry import Retry
from wasl.config.server import Server
from wasl.config.sign_on import check_sign_on, warn_of_secret
from wasl.config.topics import Topics, check_tracking
from wasl.config.validation import explain
from wasl.config.worker import UnknownRules, WorkerSection
from wasl.rate import Rate
from wasl_contracts.content import ShiftTable
from wasl_contracts.duration import Duration, SmartDuration
from wasl_contracts.message import Escalation, Mode, Until
from wasl_contracts.model import Frozen, Slug
from wasl_contracts.recipient import Locale, TimeZone

DEFAULT_FILE = Path("wasl.toml")


class ProviderSection(Frozen):
    """`[providers.NAME]`: the plugin, and limits of ours in place of those that it declares. All other keys are its settings.

    `brands` are those that it serves, before the providers that serve all; empty, it serves all.
    `rate` holds for all workers together. `breaker = false` keeps asking a provider whose calls fail or that asks us to slow down: for
    one whose addresses are servers of their own, where the answers of one say nothing of the others. Without it the plugin declares it.
    `shift_tables` are national tables that it sends SMS with; `plain_typography` lets an SMS lose curly quotes, dashes and the like where
    that alone makes it cheaper.
    """

    plugin: Slug
    brands: tuple[Slug, ...] = ()
    concurrency: int | None = Field(None, ge=1, le=10_000)
    timeout: Duration | None = None
    rate: Rate | None = None
    breaker: bool | None = None
    shift_tables: tuple[ShiftTable, ...] = ()
    plain_typography: bool = False
    settings: dict[str, object] = Field(default_factory=dict, repr=False, exclude=True)


class Route(Frozen):
    """Which channels, and how. Without channels: all that are configured, except those where everybody can read.

    `until` is what ends it: with `delivered` or `read` the next channel goes where the proof has not come `escalate_after` after it was
    sent (`wasl_contracts.Escalation`). With `preferred`, the channels that a recipient prefers come first for them.
    """

    mode: Mode = "first"
    channels: tuple[Slug, ...] = ()
    until: Until = "sent"
    escalate_after: SmartDuration = "smart"
    preferred: bool = True

    @property
    def escalation(self) -> Escalation | None:
        """When the next channel goes without a failure; None: never."""
        return Escalation(until=self.until, after=self.escalate_after) if self.until != "sent" and self.mode == "first" else None


class Config(Frozen):
    """Everything that can be set. Its dump and its repr hold no secret.

    `country` is the region that phone numbers without a country code belong to; it and `timezone` are where recipients are taken to be
    of whom nothing is known. `channels` name their providers in the order of failover; empty, the registry groups all providers by the
    channel that they serve. The topic `default` always exists. `brand` is the brand of messages that name none; `brands` is the folder of
    all others, and of its own settings. `plugins` is a folder with channels of one file each; it is never looked for.
    """

    database: Database = Field("sqlite:///wasl.db", repr=False, exclude=True)
    brand: Slug = "default"
    brands: Path | None = None
    locale: Locale = "en"
    templates: Path | None = None
    plugins: Path | None = None
    country: Country | None = None
    timezone: TimeZone = "UTC"
    providers: dict[Slug, ProviderSection] = Field(default_factory=dict)
    channels: dict[Slug, tuple[Slug, ...]] = Field(default_factory=dict)
    routes: dict[Slug, Route] = Field(default_factory=dict)
    topics: Topics = Field(default={}, validate_default=True)
    quiet_hours: QuietSection = Field(default_factory=QuietSection)
    consent: ConsentSection = ConsentSection()
    caps: dict[Slug, Cap] = Field(default_factory=dict)
    prices: tuple[Price, ...] = ()
    budgets: dict[Slug, Budget] = Field(default_factory=dict)
    countries: CountriesSection = CountriesSection()
    retry: Retry = Retry()
    unknown: UnknownRules = UnknownRules()
    worker: WorkerSection = WorkerSection()
    server: Server = Server()
    keywords: KeywordsSection = KeywordsSection()
    files: FilesSection = FilesSection()
    outbound: OutboundSection = OutboundSection()
    feed: FeedSection = FeedSection()
    mailbox: MailboxSection = MailboxSection()
    inbox: InboxSection = InboxSection()
    console: ConsoleSection = ConsoleSection()
    _source: Source = PrivateAttr(default=Source("configuration"))
    _warnings: tuple[Mistake, ...] = PrivateAttr(default=())

    @property
    def source(self) -> Source:
        """Where each setting was written."""
        return self._source

    @property
    def warnings(self) -> tuple[Mistake, ...]:
        """What works, but should be changed."""
        return self._warnings

    def line(self, *key: str | int) -> str | None:
        """Where a setting, or the nearest table around it, was written: `wasl.toml:41`, `environment WASL_…`; None for a default."""
        of_names = isinstance(getattr(self, str(key[0]), None), dict)  # where one entry stands says nothing of another
        file, position = self._source.place(key, outermost=2 if of_names and len(key) > 1 else 1)
        if position is not None:
            return f"{Path(file).name}:{position[0]}"
        return file if file.startswith("environment ") else None

    def found_in(self, source: Source, warnings: Iterable[Mistake]) -> "Config":
        """The same configuration that knows where it came from."""
        copy = self.model_copy()
        copy._source, copy._warnings = source, tuple(warnings)
        return copy


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Read the configuration from `path`, else from ./wasl.toml if there is one, else take the defaults; the environment overrides.

    Raises:
        ConfigMistakes: every mistake, with its place.
    """
    config, findings = examine(path, environ)
    findings.raise_mistakes()
    return config


def examine(path: Path | None, environ: Mapping[str, str]) -> tuple[Config, Findings]:
    """As `load`, but with the mistakes as a value. The configuration then holds only its providers, so that they can be checked too.

    Raises:
        ConfigMistakes: the file cannot be read as TOML, so nothing else is known.
    """
    file = path or DEFAULT_FILE
    tree, source = _parsed(file, "" if path is None and not file.exists() else _read(file))
    tree, source = overridden(tree, source, environ, Config.model_fields)
    findings = Findings(source)
    references = References(environ, file.parent, findings)
    resolved = {name: references.resolved(value, (name,)) for name, value in tree.items()}
    config = _validated(_shaped(with_price_file(resolved, file.parent, findings)), findings)
    named = {"templates": config.templates, "brands": config.brands, "plugins": config.plugins}
    config = config.model_copy(update=folders.found(named, file.parent, findings))
    check_names(config, findings)
    return config.found_in(findings.source, (*findings.warnings, *typos(environ.keys() - references.used, Config.model_fields))), findings


def check_names(config: Config, findings: Findings) -> None:
    """Add a finding for each name that stands for nothing: providers in channels, channels in routes, routes in topics, brands."""
    _check_brands(config, findings)
    _check_money(config, findings)
    check_tracking(config.topics, config.server.public_url, findings)
    check_sign_on(config.console.oidc, config.server.public_url, brands.names(config.brand, config.brands), findings)
    for channel, providers in config.channels.items():
        for index, name in enumerate(providers):
            _check_name(("channels", channel, index), ("providers", name), config.providers, findings)
    for route, told in config.routes.items():
        for index, name in enumerate(told.channels if config.channels else ()):
            _check_name(("routes", route, "channels", index), ("channels", name), config.channels, findings)
    for channel in config.consent.channels if config.channels else ():
        _check_name(("consent", "channels", channel), ("channels", channel), config.channels, findings)
    for topic, about in config.topics.items():
        _check_name(("topics", topic, "route"), ("routes", about.route), {"default", *config.routes}, findings)
    for key, table, name in (*named(config.caps), *named_channels(config.quiet_hours), *named_in_budgets(config.budgets)):
        if table == "topics" or config.channels:
            _check_name(key, (table, name), config.topics if table == "topics" else config.channels, findings)


def _check_brands(config: Config, findings: Findings) -> None:
    known = brands.names(config.brand, config.brands)
    for provider, section in config.providers.items():
        for index, name in enumerate(section.brands):
            _check_name(("providers", provider, "brands", index), ("brands", name), known, findings)
    for name, budget in config.budgets.items():
        if budget.brand is not None:
            _check_name(("budgets", name, "brand"), ("brands", budget.brand), known, findings)


def _check_money(config: Config, findings: Findings) -> None:
    """Add a finding for each price of what is not there, and for each budget that counts nothing."""
    for index, price in enumerate(config.prices):
        if price.provider is not None:
            _check_name(("prices", index, "provider"), ("providers", price.provider), config.providers, findings)
        elif config.channels:
            _check_name(("prices", index, "channel"), ("channels", str(price.channel)), config.channels, findings)
    check_prices(config.prices, findings)
    currencies = sorted({price.currency for price in config.prices})
    for name, budget in config.budgets.items():
        if budget.currency not in currencies and not findings.touches(("prices",)):
            missing = f"no price is in {budget.currency}, so it counts nothing; there are prices in: {listed(currencies)}"
            findings.add(("budgets", name, "currency"), missing)


def _check_name(key: Key, target: tuple[str, str], known: Collection[str], findings: Findings) -> None:
    table, name = target
    if name not in known and not findings.touches(target):
        near = closest(name, known)
        missing = f"there is no {table.removesuffix('s')} {name}"
        findings.add(key, missing if near else f"{missing}; there are: {listed(known)}", near)


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")  # some editors on Windows write a byte order mark
    except OSError as error:
        message = f"cannot be read: {(error.strerror or type(error).__name__).lower()}; correct the path, or write one with wasl init"
        raise ConfigMistakes([Mistake(str(file), None, None, "", message)]) from None
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()
        place = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise ConfigMistakes([Mistake(str(file), *place, "", "is not UTF-8; save the file as UTF-8")]) from None


def _parsed(file: Path, text: str) -> tuple[dict[str, object], Source]:
    try:
        return tomllib.loads(text), Source(str(file), positions(text))
    except tomllib.TOMLDecodeError as error:
        place, message = syntax_error(str(error), text)
        raise ConfigMistakes([Mistake(str(file), *place, "", message)]) from None
    except RecursionError:
        raise ConfigMistakes([Mistake(str(file), None, None, "", "is nested too deeply")]) from None


def _shaped(tree: dict[str, object]) -> dict[str, object]:
    """The tree in the shape of the models: what is not ours in a provider's section goes to its settings."""
    providers = tree.get("providers")
    if not isinstance(providers, dict):
        return tree
    return {**tree, "providers": {name: _section(raw) if isinstance(raw, dict) else raw for name, raw in providers.items()}}


def _section(raw: dict[str, object]) -> dict[str, object]:
    ours = ProviderSection.model_fields.keys() - {"settings"}
    section = {name: value for name, value in raw.items() if name in ours}
    return {**section, "settings": {name: value for name, value in raw.items() if name not in ours}}


def _validated(tree: dict[str, object], findings: Findings) -> Config:
    warn_of_password(tree.get("database"), findings)
    warn_of_secret(tree.get("console"), findings)
    try:
        return Config.model_validate(tree)
    except ValidationError as error:
        explain(error, Config, findings)
        return _of_sound_part(tree, error)


def _of_sound_part(tree: dict[str, object], error: ValidationError) -> Config:
    tree = _sound_part(tree, error)
    try:
        return Config.model_validate(tree)
    except ValidationError as missing:  # what was left out is required where it stood
        return _of_sound_part(tree, missing)


def _sound_part(tree: dict[str, object], error: ValidationError) -> dict[str, object]:
    """The tree without what is in error, so that the rest can be checked further."""
    for detail in error.errors(include_url=False):
        *around, last = (str(part) for part in detail["loc"])
        tree = _without(tree, around if detail["type"] == "missing" or last == "[key]" else [*around, last])
    return tree


def _without(table: dict[str, object], way: list[str]) -> dict[str, object]:
    inner = table.get(way[0])
    if len(way) > 1 and isinstance(inner, dict):
        return {**table, way[0]: _without(inner, way[1:])}
    return {name: value for name, value in table.items() if name != way[0]}
