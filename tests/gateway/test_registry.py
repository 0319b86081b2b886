"""Plugins that are installed, missing, broken or wrongly set: real distributions on the path, never a patched look-up."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

from wasl import registry
from wasl.config import Config, ProviderSection, load
from wasl.config.mistakes import ConfigMistakes

PAGER = (Path(__file__).parent / "pager_plugin.py").read_text()
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a distribution `wasl-NAME` 1.2 with one plugin on the path, and forgets it afterwards."""
    monkeypatch.chdir(tmp_path)
    modules = []

    def put(name: str, source: str = PAGER, *, channel: str = "pager", audience: str = "person", distribution: str | None = None) -> None:
        distribution = distribution or f"wasl-{name}"
        module = distribution.replace("-", "_") + "_under_test"
        modules.append(module)
        site = tmp_path / distribution
        metadata = site / f"{distribution.replace('-', '_')}-1.2.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
        (metadata / "entry_points.txt").write_text(f"[wasl.providers]\n{name} = {module}:Pager\n")
        code = source.replace("NAME", name).replace("CHANNEL", channel).replace("AUDIENCE", audience)
        (site / f"{module}.py").write_text(code)
        monkeypatch.syspath_prepend(site)

    yield put
    for module in modules:
        sys.modules.pop(module, None)


def mistakes(text: str, environ: dict[str, str] | None = None) -> list[str]:
    Path("wasl.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigMistakes) as caught:
        registry.read(None, environ or {})
    return str(caught.value).splitlines()


def read(text: str, environ: dict[str, str] | None = None) -> registry.Specs:
    Path("wasl.toml").write_text(text, encoding="utf-8")
    return registry.read(None, environ or {})


def test_an_installed_plugin_is_found_but_not_imported(install: Install) -> None:
    install("pager", "raise RuntimeError('imported')")

    found = registry.installed({})

    assert found["pager"].value == "wasl_pager_under_test:Pager"
    assert {"smtp", "twilio", "fcm", "slack", "mastodon"} <= set(found)


def test_every_plugin_is_listed_with_the_reason_why_it_is_broken(install: Install) -> None:
    install("pager")
    install("crash", "1/0")
    install("exit", "raise SystemExit(3)")
    install("lost", "import module_that_is_not_there")
    install("empty", "")
    install("odd", "class Pager:\n    spec = 'Pager'")

    listed = {plugin.name: plugin for plugin in registry.plugins({"WASL_LOAD_PLUGINS": "pager,crash,exit,lost,empty, odd"})}

    assert [(plugin.distribution, plugin.version, plugin.channel) for plugin in [listed["pager"]]] == [("wasl-pager", "1.2", "pager")]
    assert {name: plugin.broken for name, plugin in listed.items()} == {
        "crash": "ZeroDivisionError: division by zero",
        "empty": "AttributeError: module 'wasl_empty_under_test' has no attribute 'Pager'",
        "exit": "SystemExit: 3",
        "lost": "ModuleNotFoundError: No module named 'module_that_is_not_there'",
        "odd": "its spec is not a ProviderSpec",
        "pager": None,
    }
    assert listed["crash"].channel is None
    assert listed["crash"].spec is None


def test_only_the_plugins_that_the_configuration_names_are_loaded(install: Install) -> None:
    install("pager")
    install("crash", "1/0")

    specs = read('[providers.p]\nplugin = "pager"\nretries = 2')

    assert list(specs.plugins) == ["p"]
    assert specs["p"].channel == "pager"
    assert specs.settings["p"].model_dump() == {"base_url": "https://pager.example", "retries": 2, "token": None}


def test_limits_are_the_plugins_unless_the_configuration_says_otherwise(install: Install) -> None:
    install("pager")

    specs = read('[providers.a]\nplugin = "pager"\n[providers.b]\nplugin = "pager"\nconcurrency = 2\ntimeout = "1500ms"')

    assert (specs.concurrency("a"), specs.timeout_seconds("a")) == (7, 3)
    assert (specs.concurrency("b"), specs.timeout_seconds("b")) == (2, 1.5)


def test_whether_a_call_speaks_for_all_addresses_is_as_the_plugin_declares_unless_configured() -> None:
    secret = 'secret = "whsec_' + "A" * 32 + '"\n'
    told = [f'[providers.{name}]\nplugin = "webhook"\n{secret}{more}' for name, more in (("own", ""), ("one", "breaker = true\n"))]

    specs = read("".join(told) + '[providers.notes]\nplugin = "log"\n[providers.kept]\nplugin = "log"\nbreaker = false\n')

    assert {name: specs.breaker(name) for name in specs.plugins} == {"own": False, "one": True, "notes": True, "kept": False}


def test_a_plugin_that_is_not_installed_is_a_mistake_with_the_command(install: Install) -> None:
    install("pager")

    found = mistakes('[providers.p]\nplugin = "pagr"', {"WASL_LOAD_PLUGINS": "pager,smtp"})

    assert found == [
        "wasl.toml:2:1: providers.p.plugin: the plugin pagr is not installed; installed are: pager, smtp;"
        " install it with: pip install wasl-pagr (did you mean 'pager'?)"
    ]


def test_a_plugin_that_may_not_load_is_a_mistake(install: Install) -> None:
    install("pager")

    found = mistakes('[providers.p]\nplugin = "pager"', {"WASL_LOAD_PLUGINS": ""})

    assert found == ["wasl.toml:2:1: providers.p.plugin: the plugin pager is left out by WASL_LOAD_PLUGINS"]


def test_a_plugin_that_fails_to_import_is_one_sentence(install: Install) -> None:
    install("crash", "raise OSError('no\\nlicence \\x1b[31m')")

    found = mistakes('[providers.p]\nplugin = "crash"')

    assert found == [
        "wasl.toml:2:1: providers.p.plugin: the plugin crash (wasl-crash 1.2) cannot be loaded:"
        " OSError: no licence \\x1b[31m; update or reinstall it"
    ]


def test_a_plugin_of_two_distributions_is_a_mistake(install: Install) -> None:
    install("pager")
    install("pager", distribution="evil-pager")

    found = mistakes('[providers.p]\nplugin = "pager"')

    assert found == [
        "wasl.toml:2:1: providers.p.plugin: the plugin pager comes from several distributions: evil-pager, wasl-pager;"
        " uninstall all but one"
    ]


def test_wrong_settings_are_told_at_their_lines_with_everything_else(install: Install) -> None:
    install("pager")

    found = mistakes(
        """\
[providers.a]
plugin = "pager"
retrys = 1
token = { env = "TOKEN" }
[providers.b]
plugin = "pager"
concurrency = 0
retries = 9
[server]
port = "x"
""",
        {"TOKEN": "bad-s3cret", "WASL_PROVIDERS__C__PLUGIN": "pager", "WASL_PROVIDERS__C__BASE_URL": "[1]"},
    )

    assert found == [
        "wasl.toml:3:1: providers.a.retrys: unknown setting (did you mean 'retries'?)",
        "wasl.toml:4:1: providers.a.token: not a token: •••",
        "wasl.toml:7:1: providers.b.concurrency: should be greater than or equal to 1",
        "wasl.toml:8:1: providers.b.retries: should be less than or equal to 3",
        "wasl.toml:10:1: server.port: should be a valid integer, unable to parse string as an integer",
        "environment WASL_PROVIDERS__C__BASE_URL: providers.c.base_url: should be text in quotes",
    ]


def test_a_missing_reference_is_the_only_mistake_of_its_setting(install: Install) -> None:
    install("pager")

    found = mistakes('[providers.a]\nplugin = "pager"\ntoken = { env = "NO_TOKEN" }\nretries = "x"')

    assert [line.split(": ")[1] for line in found] == ["providers.a.token", "providers.a.retries"]


def test_a_secret_in_the_file_is_a_warning(install: Install) -> None:
    install("pager")
    section = '[providers.a]\nplugin = "pager"\n'

    literal = read(f'{section}token = "t0ken"').config
    referenced = read(f'{section}token = {{ env = "T" }}', {"T": "t0ken"}).config
    overridden = read(section, {"WASL_PROVIDERS__A__TOKEN": "t0ken"}).config

    assert [str(warning) for warning in literal.warnings] == [
        'wasl.toml:3:1: providers.a.token: is a secret in the file; write token = { env = "NAME" } or { file = "path" }'
    ]
    assert referenced.warnings == overridden.warnings == ()


def test_channels_and_routes_that_are_left_out_are_filled_in(install: Install) -> None:
    install("pager")
    install("siren", channel="siren")
    install("blog", channel="blog", audience="public")

    config = read(
        """\
[providers.one]
plugin = "pager"
[providers.wall]
plugin = "blog"
[providers.loud]
plugin = "siren"
[providers.two]
plugin = "pager"
[routes.all]
mode = "all"
[routes.public]
channels = ["blog"]
"""
    ).config

    assert config.channels == {"pager": ("one", "two"), "blog": ("wall",), "siren": ("loud",)}
    assert {name: (route.mode, route.channels) for name, route in config.routes.items()} == {
        "default": ("first", ("pager", "siren")),
        "all": ("all", ("pager", "siren")),
        "public": ("first", ("blog",)),
    }
    assert config.line("providers", "wall") == "wasl.toml:3"


def test_names_are_checked_against_the_channels_that_the_plugins_carry(install: Install) -> None:
    install("pager")
    provider = '[providers.p]\nplugin = "pager"\n'

    assert mistakes(f'{provider}[routes.default]\nchannels = ["pagr"]') == [
        "wasl.toml:4:13: routes.default.channels.0: there is no channel pagr (did you mean 'pager'?)"
    ]
    assert mistakes(f'{provider}[channels]\nsms = ["p"]') == [
        "wasl.toml:4:8: channels.sms.0: p carries pager, not sms; list it under pager"
    ]


def test_a_provider_that_no_channel_uses_is_a_warning(install: Install) -> None:
    install("pager")

    config = read('[providers.p]\nplugin = "pager"\n[providers.q]\nplugin = "pager"\n[channels]\npager = ["p"]').config

    assert [str(warning) for warning in config.warnings] == [
        "wasl.toml:3:12: providers.q: is in no channel, so it is never used; add it to channels.pager"
    ]


def test_a_configuration_from_python_is_checked_the_same_way(install: Install) -> None:
    install("pager")
    good, bad = ({"p": ProviderSection(plugin="pager", settings={"retries": retries})} for retries in (1, 9))

    specs = registry.specs(Config(providers=good), {})
    with pytest.raises(ConfigMistakes) as caught:
        registry.specs(Config(providers=bad), {})

    assert specs.config.channels == {"pager": ("p",)}
    assert str(caught.value) == "configuration: providers.p.retries: should be less than or equal to 3"


async def test_providers_open_with_their_settings_and_the_shared_session(install: Install) -> None:
    install("pager")
    specs = read('[providers.p]\nplugin = "pager"\nretries = 2')

    async with aiohttp.ClientSession() as http:
        opened = await registry.open_providers(specs.config, specs, lambda _: http)

    assert vars(opened["p"]) == {"settings": specs.settings["p"], "http": http}


async def test_a_provider_that_cannot_open_is_told_without_its_secret_and_the_others_close(install: Install) -> None:
    install("pager")
    specs = read(
        '[providers.good]\nplugin = "pager"\n[providers.bad]\nplugin = "pager"\nbase_url = "nowhere"\ntoken = { env = "T" }',
        {"T": "s3cret"},
    )

    async with aiohttp.ClientSession() as http:
        with pytest.raises(ConfigMistakes) as caught:
            await registry.open_providers(specs.config, specs, lambda _: http)

    assert str(caught.value) == "wasl.toml:3:12: providers.bad: cannot be opened: RuntimeError: cannot use ••• for nowhere"
    assert vars(specs.plugins["good"])["closed"] == ["https://pager.example"]


def test_load_alone_needs_no_plugin(install: Install) -> None:
    Path("wasl.toml").write_text('[providers.p]\nplugin = "not-installed"')

    config = load(None, {})

    assert config.providers["p"].plugin == "not-installed"
