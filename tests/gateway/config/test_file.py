"""What is read from wasl.toml, and what holds where it is silent."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from tests.gateway.config_files import written
from wasl import config as config_module
from wasl.config import Config, ProviderSection, load
from wasl.config.mistakes import ConfigMistakes
from wasl_contracts import Category

FULL = """\
database = "postgresql://db.example/wasl"
brand = "acme"
locale = "ar"
country = "SA"
[providers.mail]
plugin = "smtp"
host = "127.0.0.1"
concurrency = 4
timeout = "5s"
[providers.sms-main]
plugin = "twilio"
auth_token = { env = "TWILIO_TOKEN" }
[channels]
email = ["mail"]
sms = ["sms-main"]
[routes.default]
channels = ["email", "sms"]
[routes.loud]
mode = "all"
channels = ["sms", "email"]
[topics.orders]
category = "service"
route = "loud"
expires_in = "3d"
[retry]
base = "1s"
horizons = { sms = "2h" }
[server]
port = 9000
body_limit = "2MiB"
"""


def test_without_a_file_the_defaults_hold(here: Path) -> None:
    config = load(None, {})

    assert config.model_dump() == Config().model_dump()
    assert config.database == "sqlite:///wasl.db"
    assert config.topics["default"].category == "transactional"
    assert (config.server.host, config.server.port, config.server.body_limit) == ("127.0.0.1", 8080, 1024 * 1024)


def test_a_whole_file_is_read(here: Path) -> None:
    written(here, FULL)

    config = load(None, {"TWILIO_TOKEN": "t0ken"})

    assert config.brand == "acme"
    assert config.providers["mail"] == ProviderSection(
        plugin="smtp", concurrency=4, timeout=timedelta(seconds=5), settings={"host": "127.0.0.1"}
    )
    assert config.providers["sms-main"].settings == {"auth_token": "t0ken"}
    assert config.channels == {"email": ("mail",), "sms": ("sms-main",)}
    assert config.routes["loud"].mode == "all"
    assert set(config.topics) == {"default", "orders"}
    assert config.topics["orders"].expires_in == timedelta(days=3)
    assert config.server.body_limit == 2 * 1024 * 1024


def test_retries_follow_the_channel_and_the_category(here: Path) -> None:
    written(here, FULL)

    retry = load(None, {"TWILIO_TOKEN": "t"}).retry

    assert retry.base == timedelta(seconds=1)
    assert retry.longest_wait("email") == timedelta(hours=4)
    assert retry.longest_wait("sms") == timedelta(hours=1)
    assert retry.horizon("transactional", "sms") == timedelta(hours=2)
    assert retry.horizon("otp", "email") == timedelta(minutes=5)
    assert retry.horizon("transactional", "email") == timedelta(hours=72)
    assert retry.horizon("service", "chat") == timedelta(days=1)


def test_what_is_sent_again_in_doubt_and_when_a_process_hangs_are_settings(here: Path) -> None:
    written(here, '[unknown]\npromotional = "once"\n[worker]\nhang_after = "30s"\n')

    config = load(None, {"WASL_UNKNOWN__OTP": "never"})

    assert [config.unknown.of(category) for category in get_args(Category)] == ["never", "once", "once", "once"]
    assert config.worker.hang_after == timedelta(seconds=30)
    assert (load(None, {}).unknown.otp, Config().worker.hang_after) == ("until_expiry", timedelta(minutes=2))


def test_a_rule_that_there_is_not_is_told_with_those_there_are(here: Path) -> None:
    written(here, '[unknown]\notp = "twice"\n')

    with pytest.raises(ConfigMistakes, match=r"wasl.toml:2:1: unknown.otp: .*until_expiry.*once.*never"):
        load(None, {})


def test_a_byte_order_mark_and_windows_line_ends_are_read(here: Path) -> None:
    written(here, "\ufeff" + FULL.replace("\n", "\r\n"))

    config = load(None, {"TWILIO_TOKEN": "t"})

    assert config.line("topics", "orders", "route") == "wasl.toml:23"


def test_a_setting_knows_its_line(here: Path) -> None:
    written(here, FULL)

    config = load(None, {"TWILIO_TOKEN": "t", "WASL_SERVER__PORT": "1"})

    assert config.line("topics", "orders") == "wasl.toml:21"
    assert config.line("channels", "sms", 0) == "wasl.toml:15"
    assert config.line("topics", "orders", "consent") == "wasl.toml:21"
    assert config.line("server", "port") == "environment WASL_SERVER__PORT"
    assert config.line("retry", "attempts") == "wasl.toml:25"
    assert config.line("topics", "default") is None
    assert config.line("brand") == "wasl.toml:2"
    assert config.line("templates") is None


def test_templates_beside_the_file_are_found(here: Path) -> None:
    folder = here / "etc"
    (folder / "templates").mkdir(parents=True)

    beside = load(written(folder, ""), {})
    named = load(written(folder, 'templates = "templates"'), {})

    assert beside.templates == named.templates == folder / "templates"
    assert load(None, {}).templates is None


def test_a_password_in_the_file_is_a_warning(here: Path) -> None:
    written(here, 'database = "postgresql://wasl:hunter2@db/wasl"')

    config = load(None, {})

    assert [str(warning) for warning in config.warnings] == [
        'wasl.toml:1:1: database: has its password in the file; write database = { env = "NAME" }',
    ]
    assert load(None, {"WASL_DATABASE": "postgresql://wasl:hunter2@db/wasl"}).warnings == ()


def test_no_secret_is_in_a_configuration_that_is_shown_or_stored(here: Path) -> None:
    written(here, FULL)

    config = load(None, {"TWILIO_TOKEN": "t0ken", "WASL_DATABASE": "postgresql://u:hunter2@db/wasl"})

    shown = repr(config) + config.model_dump_json() + str(config.providers["sms-main"].settings)
    assert "t0ken" not in shown
    assert "hunter2" not in shown


def test_the_configuration_itself_needs_none_of_the_heavy_libraries() -> None:
    # The package's own __init__ is left out: it may offer more than the configuration.
    alone = f"""
import sys, types
package = sys.modules["wasl"] = types.ModuleType("wasl")
package.__path__ = [{str(Path(config_module.__file__).parents[1])!r}]
import wasl.config
print({{"aiohttp", "sqlalchemy", "alembic", "jinja2", "structlog"}} & sys.modules.keys())
"""

    told = subprocess.run([sys.executable, "-c", alone], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "set()"
