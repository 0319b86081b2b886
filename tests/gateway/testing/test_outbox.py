"""The fixtures for tests of applications: what was sent can be asked for, magic addresses do what they say, and nothing leaves."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.forking import Forking
from wasl.capturing.capture import Tray
from wasl.capturing.configuration import specs_of
from wasl.capturing.magic import Fate, fate_of
from wasl.config.mistakes import ConfigMistakes
from wasl.testing.outbox import Outbox
from wasl.testing.pytest_plugin import _outbox, _wasl_ledger, assert_sent, config_of, wasl_now, wasl_outbox
from wasl_contracts import Address, Mail, Sms

__all__ = ["_wasl_ledger", "assert_sent", "wasl_now", "wasl_outbox"]  # pytest finds them here where the plugin is not installed
SHOP = """\
brand = "shop"
[providers.mail]
plugin = "smtp"
host = "mail.shop.example"
password = { env = "NOWHERE_TO_BE_FOUND" }
username = "hello@shop.example"
sender = "Shop <hello@shop.example>"
[providers.texts]
plugin = "twilio"
account_sid = "AC00000000000000000000000000000001"
auth_token = { env = "NOWHERE_TO_BE_FOUND" }
sender = "Shop"
[topics.orders]
category = "transactional"
[routes.default]
channels = ["email", "sms"]
"""
TEMPLATE = '+++\ntitle = "Order {{ number }}"\n[variables]\nnumber = { type = "text", example = "1042" }\n+++\nIt left. مرحبا\n'


@pytest.fixture(scope="session")
def wasl_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The application's own, in a root of its own."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "templates" / "shipped").mkdir(parents=True)
    (folder / "templates" / "shipped" / "en.md").write_text(TEMPLATE, encoding="utf-8")
    (folder / "wasl.toml").write_text(SHOP)
    return folder / "wasl.toml"


async def send(outbox: Outbox, to: dict[str, str], **more: object) -> str:
    return (await outbox.gateway.send("shipped", to=to, data={"number": "1042"}, topic="orders", **more)).id


async def test_what_was_sent_is_found_by_what_is_known_of_it(wasl_outbox: Outbox) -> None:
    await send(wasl_outbox, {"email": "ann@example.com"})

    sent = await wasl_outbox.assert_sent(to="ann@example.com", channel="email", template="shipped", text_contains="مرحبا", times=1)

    assert sent.provider == "mail"
    assert isinstance(sent.delivery.content, Mail)  # as the real provider gets it
    assert sent.delivery.content.subject == "Order 1042"


async def test_one_key_is_sent_once(wasl_outbox: Outbox) -> None:
    for _ in range(3):
        await send(wasl_outbox, {"phone": "+966501234567"}, idempotency_key="order-1042")

    sent = await wasl_outbox.assert_sent(channel="sms", times=1)

    assert isinstance(sent.delivery.content, Sms)


@pytest.mark.parametrize(
    "asked", [{"to": "eve@example.com"}, {"channel": "sms"}, {"template": "welcome"}, {"text_contains": "1043"}, {"times": 2}]
)
async def test_what_was_not_sent_fails_with_a_list_of_what_was(assert_sent: object, wasl_outbox: Outbox, asked: dict[str, object]) -> None:
    await send(wasl_outbox, {"email": "ann@example.com"})

    with pytest.raises(AssertionError, match=r"sent was:\n  email to ann@example\.com: ") as failed:
        await assert_sent(**asked)  # type: ignore[operator]

    (name,) = asked
    assert name == "times" or f"{name}=" in str(failed.value)


async def test_nothing_was_sent(wasl_outbox: Outbox) -> None:
    await wasl_outbox.assert_nothing_sent()
    await send(wasl_outbox, {"email": "ann@example.com"})

    with pytest.raises(AssertionError, match="ann@example"):
        await wasl_outbox.assert_nothing_sent()


@pytest.mark.parametrize(
    ("to", "state", "marks", "calls"),
    [
        ({"email": "deliver@simulator.example"}, "delivered", [], 1),
        ({"email": "bounce+order-1042@simulator.example"}, "bounced", [], 1),
        ({"phone": "+1 202 555 0102"}, "delivered", ["complained"], 1),
        ({"phone": "+12025550104"}, "failed", [], 0),
        ({"email": "defer@simulator.example"}, "sent", [], 1),
        ({"email": "hang@simulator.example"}, "unknown", [], 1),
    ],
    ids=lambda one: next(iter(one.values())) if isinstance(one, dict) else None,
)
async def test_a_magic_address_does_what_it_says(wasl_outbox: Outbox, to: dict[str, str], state: str, marks: list[str], calls: int) -> None:
    message = await send(wasl_outbox, to)

    await wasl_outbox.settled(5)

    seen = await wasl_outbox.gateway.get(message)
    assert (seen.state, list(seen.marks), len(wasl_outbox.sent)) == (state, marks, calls)


async def test_what_bounced_is_suppressed_as_it_would_be(wasl_outbox: Outbox) -> None:
    await send(wasl_outbox, {"email": "bounce@simulator.example"})
    await wasl_outbox.settled()

    again = await send(wasl_outbox, {"email": "bounce@simulator.example"})
    await wasl_outbox.settled()

    seen = await wasl_outbox.gateway.get(again)
    assert (seen.state, len(wasl_outbox.sent)) == ("withheld", 1)


async def test_a_provider_can_be_made_to_report(wasl_outbox: Outbox) -> None:
    message = await send(wasl_outbox, {"email": "ann@example.com"})
    sent = await wasl_outbox.assert_sent()

    await wasl_outbox.tell(sent, "delivered", "read")

    seen = await wasl_outbox.gateway.get(message)
    assert (seen.state, "read" in seen.marks) == ("delivered", True)


class TestAtNight:
    """The moment is the test's to choose."""

    @pytest.fixture
    def wasl_now(self) -> datetime:
        return datetime(2026, 3, 1, 23, 30, tzinfo=UTC)

    async def test_the_gateway_begins_at_the_moment_that_it_is_told(self, wasl_outbox: Outbox) -> None:
        message = await send(wasl_outbox, {"email": "ann@example.com"})

        assert (await wasl_outbox.gateway.get(message)).created_at.replace(second=0, microsecond=0) == datetime(
            2026, 3, 1, 23, 30, tzinfo=UTC
        )


@pytest.mark.parametrize(
    ("value", "fate"),
    [
        ("bounce@simulator.example", Fate.BOUNCE),
        ("bounce@simulator.example.com", None),
        ("bounced@simulator.example", None),
        ("ann@example.com", None),
        ("+12025550100", Fate.DELIVER),
        ("+12025550109", None),
        ("token-simulator-hang-7", Fate.HANG),
        ("simulator-unheard", None),
    ],
)
def test_only_reserved_names_are_magic(value: str, fate: Fate | None) -> None:
    assert fate_of(Address(channel="email", kind="email", value=value)) is fate


async def test_only_what_people_read_counts_as_words_and_a_list_shows_no_markup(wasl_outbox: Outbox) -> None:
    await send(wasl_outbox, {"email": "ann@example.com"})

    with pytest.raises(AssertionError, match=r"email to ann@example\.com: Order 1042 It left\. مرحبا") as caught:
        await wasl_outbox.assert_sent(text_contains="rtl")

    assert "<" not in str(caught.value)
    assert not {"mail", "ltr"} & {*wasl_outbox.sent[0].text.splitlines()}


async def test_a_mistake_in_the_projects_files_is_told_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "wasl.toml").write_text('[topics.offers]\ncategory = "promo"\n')

    with pytest.raises(pytest.fail.Exception, match=r"wasl\.toml:2:\d+: topics\.offers\.category") as caught:
        await anext(aiter(_outbox(tmp_path / "ledger", tmp_path / "wasl.toml", None)))

    assert caught.value.pytrace is False


@pytest.mark.parametrize(("named", "found"), [("", True), ("wasl.toml", True), ("typo.toml", None)])
def test_a_configuration_that_is_named_must_be_there(tmp_path: Path, named: str, found: bool | None) -> None:
    (tmp_path / "wasl.toml").touch()
    root = cast("pytest.Config", SimpleNamespace(rootpath=tmp_path, getini=lambda _: named))

    if found:
        assert config_of(root) == tmp_path / "wasl.toml"
    else:
        with pytest.raises(pytest.fail.Exception, match=r"wasl_config names typo\.toml"):
            config_of(root)


def test_what_is_wrong_with_the_configuration_is_told_but_for_what_is_replaced(wasl_config: Path, tmp_path: Path) -> None:
    (tmp_path / "wasl.toml").write_text(SHOP + '[topics.offers]\ncategory = "promo"\n')

    with pytest.raises(ConfigMistakes) as caught:
        specs_of(tmp_path / "wasl.toml", tmp_path, Tray())

    assert [mistake.path for mistake in caught.value.mistakes] == ["topics.offers.category"]


def test_a_plugin_that_is_not_installed_is_told(tmp_path: Path) -> None:
    (tmp_path / "wasl.toml").write_text('[providers.p]\nplugin = "nowhere"\n')

    with pytest.raises(ConfigMistakes, match="the plugin nowhere is not installed; install it with: pip install wasl-nowhere"):
        specs_of(tmp_path / "wasl.toml", tmp_path, Tray())


def test_an_application_without_a_configuration_has_every_usual_channel(tmp_path: Path, forking: Forking) -> None:
    (tmp_path / "test_app.py").write_text(
        "async def test_it(wasl_outbox, assert_sent):\n"
        "    ann = {'email': 'ann@example.com', 'phone': '+966501234567'}\n"
        "    await wasl_outbox.gateway.send(content={'body': 'It left.'}, to=ann, channels=['email', 'sms'], mode='all')\n"
        "    await assert_sent(channel='email', text_contains='left')\n"
        "    await assert_sent(channel='sms', to='+966501234567')\n"
    )
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\nfilterwarnings =\n  error\n"
        "  ignore:Module already imported:pytest.PytestAssertRewriteWarning\n"  # the process that is forked has wasl
    )
    script = tmp_path / "run.py"
    script.write_text("import sys, pytest\nsys.exit(pytest.main(sys.argv[1:]))\n")
    installed = [] if entry_points(group="pytest11", name="wasl") else ["-p", "wasl.testing.pytest_plugin"]

    ran = forking.run(["-q", "-p", "no:cacheprovider", *installed], tmp_path, os.environ, tmp_path, script=script)

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_loading_the_plugin_loads_nothing_of_wasl_that_is_slow() -> None:
    asked = (
        "import sys, wasl.testing.pytest_plugin; print([n for n in ('aiohttp', 'pydantic', 'sqlalchemy', 'wasl.api') if n in sys.modules])"
    )

    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert ran.stdout == "[]\n"
