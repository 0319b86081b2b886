"""Channels in one file: the folder that wasl.toml names, and mistakes as clear as those of distributions."""

from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from wasl import registry
from wasl.config.mistakes import ConfigMistakes
from wasl.imprint import Software
from wasl_contracts import Address, AddressKind, Capabilities, Delivery, HttpSession, Plain, Receipt, channel
from wasl_contracts.conformance.samples import delivery
from wasl_contracts.model import Frozen

PAGER = """\
from wasl_contracts import Delivery, HttpSession, Receipt, channel
from wasl_contracts.model import Frozen

class Settings(Frozen):
    desk: int = 7

@channel("pager", kind="pager_id")
async def pager(delivery: Delivery, settings: Settings, http: HttpSession) -> Receipt | None:
    return Receipt(provider_ref=f"{settings.desk}: {delivery.content.text}")
"""
CONFIG = 'plugins = "channels"\n[providers.p]\nplugin = "pager"\n'
Put = Callable[..., None]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Writes a file of the folder `channels` beside wasl.toml."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "channels").mkdir()

    def write(text: str = PAGER, name: str = "pager.py") -> None:
        (tmp_path / "channels" / name).write_text(text, encoding="utf-8")

    return write


def read(text: str = CONFIG, environ: dict[str, str] | None = None) -> registry.Specs:
    Path("wasl.toml").write_text(text, encoding="utf-8")
    return registry.read(None, environ or {})


def mistakes(text: str = CONFIG, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigMistakes) as caught:
        read(text, environ)
    return str(caught.value).splitlines()


async def test_a_function_in_a_file_is_a_channel(put: Put) -> None:
    put()
    specs = read(CONFIG + "desk = 9\n")
    sent = delivery(Address(channel="pager", kind="pager_id", value="4711"), Plain(text="مرحبا"))

    async with aiohttp.ClientSession() as http:
        opened = await registry.open_providers(specs.config, specs, lambda _: http)
        receipt = await opened["p"].send(sent)
        await opened["p"].close()

    assert specs.config.channels == {"pager": ("p",)}
    assert receipt == Receipt(provider_ref="9: مرحبا")


def test_the_settings_of_a_file_are_checked_like_all_others(put: Put) -> None:
    put()

    assert mistakes(CONFIG + 'dsk = 1\ndesk = "x"\n') == [
        "wasl.toml:4:1: providers.p.dsk: unknown setting (did you mean 'desk'?)",
        "wasl.toml:5:1: providers.p.desk: should be a valid integer, unable to parse string as an integer",
    ]


def test_no_folder_is_looked_into_that_is_not_named(put: Put) -> None:
    put()
    Path("channels").rename("plugins")

    assert "the plugin pager is not installed" in mistakes('[providers.p]\nplugin = "pager"\n')[0]


def test_a_folder_that_is_not_there_is_a_mistake(put: Put) -> None:
    assert mistakes('plugins = "plgins"\n') == ["wasl.toml:1:1: plugins: there is no such folder; create it, or correct the path"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import os\n1/0\n", "channels/pager.py:2: ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)\n", "channels/pager.py:1: SystemExit: 3"),
        ('raise BaseException("boo")\n', "channels/pager.py:1: BaseException: boo"),
        ("import nowhere_at_all\n", "channels/pager.py:1: ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("def broken(:\n", "channels/pager.py:1: invalid syntax"),
        ("x = 1\n", 'channels/pager.py makes no channel pager; write @channel("pager", kind="…") above its function'),
        (
            PAGER.replace('"pager", kind', '"beeper", kind'),
            'channels/pager.py makes no channel pager; it makes beeper; write @channel("pager", kind="…") above its function',
        ),
        (
            PAGER.replace("async def", "def"),
            "channels/pager.py:7: TypeError: a channel is an asynchronous function; write: async def pager(",
        ),
        (PAGER.replace(", http: HttpSession", ""), "TypeError: a channel's function takes a delivery, settings and http; write: "),
        (
            PAGER.replace("settings: Settings", "settings: dict"),
            "TypeError: the annotation of settings is no pydantic model, so wasl could not",
        ),
        (
            PAGER.replace('kind="pager_id"', 'kind="Pager Id"'),
            "channels/pager.py:7: ValidationError: 1 validation error for AddressKind kind",
        ),
    ],
)
def test_a_file_that_makes_no_channel_is_told_by_its_line(put: Put, text: str, told: str) -> None:
    put(text)

    (mistake,) = mistakes()

    assert mistake.startswith("wasl.toml:3:1: providers.p.plugin: the plugin pager cannot be loaded: channels/pager.py")
    assert told in mistake


def test_a_file_with_the_name_of_an_installed_plugin_is_a_mistake(put: Put) -> None:
    put(name="slack.py")

    assert mistakes(CONFIG.replace("pager", "slack")) == [
        "wasl.toml:3:1: providers.p.plugin: the plugin slack comes from channels/slack.py and from wasl-slack;"
        " rename the file, or uninstall the other"
    ]


def test_only_the_file_that_is_named_runs(put: Put) -> None:
    put()
    put("1/0", "crash.py")
    put("1/0", "_shared.py")

    assert list(read().plugins) == ["p"]


def test_what_may_not_load_does_not(put: Put) -> None:
    put("1/0")

    assert mistakes(environ={"WASL_LOAD_PLUGINS": "slack"})[0].startswith(
        "wasl.toml:3:1: providers.p.plugin: the plugin pager is not installed; installed are: slack"
    )


def test_files_are_listed_with_a_digest_as_their_version(put: Put) -> None:
    put()
    put("1/0", "crash.py")

    listed = {plugin.name: plugin for plugin in registry.plugins({"WASL_LOAD_PLUGINS": "pager,crash"}, Path("channels"))}

    assert [(one.distribution, one.channel, len(one.version)) for one in [listed["pager"]]] == [("channels/pager.py", "pager", 12)]
    assert listed["crash"].broken == "channels/crash.py:1: ZeroDivisionError: division by zero"


def test_what_was_sent_names_the_text_that_sent_it(put: Put) -> None:
    put()
    before = Software.of(read()).providers["p"]

    put(PAGER + "# changed\n")

    assert Software.of(read()).providers["p"].version != before.version


async def test_a_function_may_say_nothing_and_need_no_settings() -> None:
    told: list[str] = []

    @channel("siren", kind=AddressKind(kind="siren", pattern="[0-9]"), channel="alarm", capabilities=Capabilities(max_characters=9))
    async def siren(delivery: Delivery, settings: Frozen, http: HttpSession) -> None:
        told.append(delivery.address.value)

    async with aiohttp.ClientSession() as http:
        receipt = await siren(siren.spec.settings(), http).send(
            delivery(Address(channel="alarm", kind="siren", value="1"), Plain(text="."))
        )

    assert (receipt, told) == (Receipt(), ["1"])
    assert (siren.spec.name, siren.spec.channel, siren.spec.capabilities.max_characters) == ("siren", "alarm", 9)
